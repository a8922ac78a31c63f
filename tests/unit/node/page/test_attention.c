/* Rows of what needs the operator. */
#include "../../test.h"

#include "base/error.h"
#include "base/memory.h"
#include "node/owner/notice_book.h"
#include "node/page/attention.h"

#include <stdlib.h>

static const char notices[] =
    "[{\"id\":1,\"time\":\"2026-11-30T12:00:00.250Z\",\"variant\":\"ERROR\","
    "\"kind\":\"slashed\",\"task\":\"T\",\"text\":\"It took 1.\",\"read\":"
    "false,\"open\":false},"
    "{\"id\":2,\"time\":\"2026-11-30T12:00:01.000Z\",\"variant\":\"SUCCESS\","
    "\"kind\":\"reward_claimed\",\"task\":\"T\",\"text\":\"It came.\",\"read\":"
    "false,\"open\":false},"
    "{\"id\":3,\"time\":\"2026-11-30T12:00:02.000Z\",\"variant\":\"WARNING\","
    "\"kind\":\"task_inactive\",\"task\":\"T\",\"text\":\"Off.\",\"read\":true,"
    "\"open\":true},"
    "{\"id\":4,\"time\":\"2026-11-30T12:00:03.000Z\",\"variant\":\"INFO\","
    "\"kind\":\"task_note\",\"task\":\"T\",\"text\":\"Hello\",\"read\":false,"
    "\"open\":false},"
    "{\"id\":5,\"time\":\"2026-11-30T12:00:04.000Z\",\"variant\":\"WARNING\","
    "\"kind\":\"endpoint_away\",\"task\":null,\"text\":\"Away.\",\"read\":"
    "false,\"open\":true},"
    "{\"id\":6,\"time\":\"2026-11-30T12:00:05.000Z\",\"variant\":\"ERROR\","
    "\"kind\":\"balance_critical\",\"task\":null,\"text\":\"Poor.\",\"read\":"
    "false,\"open\":false}]"; /* it is over */

static struct json_object *parse(const char *text)
{
    struct json_object *tree = NULL;

    assert_ok(json_parse(bytes_text(text), &tree));
    return tree;
}

static void check_rows(bool is_locked, size_t max, const char *expected)
{
    struct json_object *list = parse(notices), *wanted = parse(expected);
    struct json_object *rows = attention_rows(list, is_locked, max);

    if (!json_object_equal(rows, wanted))
        fail_msg("%s", json_object_to_json_string(rows));
    json_object_put(rows);
    json_object_put(wanted);
    json_object_put(list);
}

static void test_what_was_not_read_is_a_row(void **state)
{
    check_rows(
        false, 10,
        "{\"n5\":{\"kind\":\"settlement_away\",\"level\":\"amber\",\"at\":"
        "1796040004000,\"text\":\"Away.\",\"read\":false},"
        "\"n4\":{\"kind\":\"said\",\"level\":\"info\",\"at\":"
        "1796040003000,\"task\":\"T\",\"text\":\"Hello\",\"read\":"
        "false},"
        "\"n1\":{\"kind\":\"told\",\"level\":\"red\",\"at\":"
        "1796040000250,\"task\":\"T\",\"text\":\"It took 1.\",\"read\":"
        "false}}");
}

static void test_a_lock_is_a_row_beyond_the_limit(void **state)
{
    check_rows(
        true, 1,
        "{\"locked\":{\"kind\":\"locked\",\"level\":\"red\"},"
        "\"n5\":{\"kind\":\"settlement_away\",\"level\":\"amber\",\"at\":"
        "1796040004000,\"text\":\"Away.\",\"read\":false}}");
}

static void check_row(const char *text, const char *expected)
{
    struct json_object *notice = parse(text), *wanted = parse(expected);
    char id[24];
    struct json_object *row = attention_row(notice, id);

    if (!json_object_equal(row, wanted))
        fail_msg("%s", json_object_to_json_string(row));
    json_object_put(row);
    json_object_put(wanted);
    json_object_put(notice);
}

static void test_facts_are_in_the_row(void **state)
{
    check_row("{\"id\":1,\"variant\":\"ERROR\",\"kind\":\"slashed\","
              "\"text\":\"It took 1.\",\"facts\":{\"round\":54,"
              "\"amount\":\"7\"}}",
              "{\"kind\":\"slashed\",\"level\":\"red\",\"at\":0,\"round\":54,"
              "\"amount\":\"7\",\"text\":\"It took 1.\",\"read\":false}");
    check_row("{\"id\":1,\"variant\":\"ERROR\",\"kind\":\"accused\","
              "\"open\":true,\"facts\":{\"round\":54,\"n\":2,\"until\":5}}",
              "{\"kind\":\"accused\",\"level\":\"red\",\"at\":0,\"round\":54,"
              "\"n\":2,\"until\":5,\"read\":false}");
    /* Of tokens, or of a version that had none. */
    check_row("{\"id\":1,\"variant\":\"ERROR\",\"kind\":\"slashed\","
              "\"text\":\"It took 1.\",\"facts\":{\"round\":54}}",
              "{\"kind\":\"told\",\"level\":\"red\",\"at\":0,\"round\":54,"
              "\"text\":\"It took 1.\",\"read\":false}");
    /* What begins again by itself is no failure. */
    check_row("{\"id\":1,\"variant\":\"ERROR\",\"kind\":\"task_failed\","
              "\"open\":true,\"facts\":{\"reason\":\"crashed\",\"error\":"
              "\"x\",\"n\":3}}",
              "{\"kind\":\"restarting\",\"level\":\"amber\",\"at\":0,"
              "\"reason\":\"crashed\",\"error\":\"x\",\"n\":3,\"read\":false}");
    check_row("{\"id\":1,\"variant\":\"ERROR\",\"kind\":\"task_failed\","
              "\"open\":true,\"facts\":{\"reason\":\"code_missing\"}}",
              "{\"kind\":\"failed\",\"level\":\"red\",\"at\":0,"
              "\"reason\":\"code_missing\",\"read\":false}");
}

/* The page has a sentence for each kind, and none for "told". */
static void test_every_notification_has_a_kind(void **state)
{
    for (enum notice_kind kind = 0; kind < NOTICE_KINDS; kind++) {
        char *text = mem_format(
            "{\"id\":1,\"kind\":\"%s\",\"open\":true,\"facts\":{\"amount\":"
            "\"1\",\"mib\":1,\"reason\":\"crashed\",\"n\":1}}",
            notice_kind_name(kind));
        struct json_object *notice = parse(text);
        char id[24];
        const char *shown = "";
        struct json_object *row = attention_row(notice, id);

        if (kind != NOTICE_REWARD_CLAIMED) {
            assert_ok(json_get_text(row, "kind", &shown));
            assert_string_not_equal(shown, "told");
        }
        json_object_put(row);
        json_object_put(notice);
        free(text);
    }
}

static void test_what_is_no_notification_is_no_row(void **state)
{
    static const char *const texts[] = {
        "{}",          "[]",
        "5",           "{\"id\":\"1\"}",
        "{\"id\":-1}", "{\"id\":1,\"kind\":\"reward_claimed\"}"};
    char id[24];

    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        struct json_object *notice = parse(texts[i]);

        assert_null(attention_row(notice, id));
        json_object_put(notice);
    }
}

static void test_an_id_names_a_notification(void **state)
{
    uint64_t number;

    assert_true(attention_number("n12", 'n', &number));
    assert_int_equal(number, 12);
    assert_false(attention_number("locked", 'n', &number));
    assert_false(attention_number("n", 'n', &number));
    assert_false(attention_number("n0", 'n', &number));
    assert_false(attention_number("n-1", 'n', &number));
    assert_false(attention_number("n1x", 'n', &number));
    assert_false(attention_number("n99999999999999999999", 'n', &number));
    assert_false(attention_number("", 'n', &number));
}

/* Opened one after the other, a second apart. */
static void open_sessions(struct sessions *sessions, uint8_t first, uint8_t end)
{
    for (uint8_t i = first; i < end; i++) {
        uint8_t random[3 * SESSION_SECRET_BYTES] = {i, 1, 1, 1};
        struct session_halves halves;
        char code[SESSION_SECRET_SIZE];
        uint64_t expires, id, ended, wait, now = 1000000 + i * 1000ull;

        random[2 * SESSION_SECRET_BYTES + 1] = (uint8_t)(8 * (i + 1));
        sessions_link(sessions, random, now, code, &expires);
        assert_ok(sessions_open(sessions, code, "B", random, now, &halves, &id,
                                &ended, &wait));
    }
}

static void test_a_second_browser_is_a_row_until_it_is_known(void **state)
{
    static const uint8_t random[SESSION_SECRET_BYTES];
    struct sessions *sessions = sessions_new(random);
    struct json_object *rows = json_object_new_object();
    struct buffer text = {0};

    open_sessions(sessions, 0, 1);
    attention_add_sessions(sessions, rows);
    assert_int_equal(json_object_object_length(rows), 0);
    open_sessions(sessions, 1, 3);
    attention_add_sessions(sessions, rows);
    assert_int_equal(json_object_object_length(rows), 3);
    json_object_put(rows);
    for (size_t i = 0; sessions_at(sessions, i); i++)
        assert_ok(sessions_know(sessions, sessions_at(sessions, i)->id));
    assert_int_equal(sessions_know(sessions, 77), ERR_NOT_FOUND);
    /* It stays known. */
    sessions_write(sessions, &text);
    assert_ok(sessions_read(sessions, buffer_view(&text), 1000000));
    rows = json_object_new_object();
    attention_add_sessions(sessions, rows);
    assert_int_equal(json_object_object_length(rows), 0);
    json_object_put(rows);
    buffer_free(&text);
    sessions_free(sessions);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_was_not_read_is_a_row),
        cmocka_unit_test(test_a_lock_is_a_row_beyond_the_limit),
        cmocka_unit_test(test_facts_are_in_the_row),
        cmocka_unit_test(test_every_notification_has_a_kind),
        cmocka_unit_test(test_what_is_no_notification_is_no_row),
        cmocka_unit_test(test_an_id_names_a_notification),
        cmocka_unit_test(test_a_second_browser_is_a_row_until_it_is_known),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
