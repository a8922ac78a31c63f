/* Rounds and stops of a task as the operator asks for them, from the journal of
 * a node on which the task does not run. */
#include "test.h"

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "node/money/journal_round.h"
#include "node/money/journal_stop.h"
#include "node/money/journal_writer.h"
#include "node/node_owner_internal.h"

#include <stdio.h>
#include <stdlib.h>

static char folder[64];
static uv_loop_t loop;
static struct journal *journal;
static struct node *node;
static const struct pubkey task = {.bytes = {7}};

static int setup(void **state)
{
    strcpy(folder, "/tmp/pond-rounds-XXXXXX");
    if (!mkdtemp(folder))
        return -1;
    char *path = mem_format("%s/journal.db", folder);

    assert_int_equal(uv_loop_init(&loop), 0);
    assert_ok(journal_open(path, &journal));
    node = mem_zero(1, sizeof(*node));
    node->magic = NODE_MAGIC;
    node->parts.loop = &loop;
    node->parts.journal = journal;
    assert_ok(journal_writer_open(&loop, path, &node->parts.writer));
    free(path);
    return 0;
}

static void on_closed(void *user)
{
}

static int teardown(void **state)
{
    journal_writer_close(node->parts.writer, on_closed, NULL);
    uv_run(&loop, UV_RUN_DEFAULT);
    journal_close(journal);
    free(node);
    assert_int_equal(uv_loop_close(&loop), 0);
    file_remove_tree(folder);
    return 0;
}

static void write_down(uint64_t round)
{
    char *brief = mem_format("{\"round\":%d,\"outcome\":\"paid\"}", (int)round);
    const struct journal_round one = {.task = task,
                                      .round = round,
                                      .level = JOURNAL_ROUND_WHOLE,
                                      .brief = brief,
                                      .detail = "{\"verdicts\":[]}"};

    assert_ok(journal_round_put(journal, &one));
    free(brief);
}

/* ---- asking ---- */

struct told {
    int status;
    bool is_told;
    char text[20000];
    char error[ERR_TEXT_SIZE];
};

static void on_answered(void *user, int status, struct buffer *answer)
{
    struct told *told = user;

    told->is_told = true;
    told->status = status;
    snprintf(told->text, sizeof(told->text), "%s", buffer_string(answer));
    snprintf(told->error, sizeof(told->error), "%s", status ? err_text() : "");
}

static struct json_object *body_of(const char *more)
{
    struct json_object *body;
    char *text = mem_format("{\"task\":\"%s\"%s}", PUBKEY_TEXT(&task), more);

    assert_ok(json_parse(bytes_text(text), &body));
    free(text);
    return body;
}

/* Its text is valid until the next. */
static const struct told *ask(int (*order)(const struct order *),
                              const char *more)
{
    static struct told told;
    struct buffer answer = {0};
    struct json_object *body = body_of(more);
    const struct order one = {.node = node,
                              .body = body,
                              .answer = &answer,
                              .answered = on_answered,
                              .user = &told};

    told = (struct told){0};
    told.status = order(&one);
    if (told.status) {
        snprintf(told.error, sizeof(told.error), "%s", err_text());
    } else if (answer.size) {
        snprintf(told.text, sizeof(told.text), "%s", buffer_string(&answer));
    } else {
        assert_false(told.is_told); /* never from inside the call */
        while (!told.is_told)
            uv_run(&loop, UV_RUN_ONCE);
    }
    buffer_free(&answer);
    json_object_put(body);
    return &told;
}

/* "5 4- 3" of a page: a dash stands behind what nothing is known of; and what
 * "next" is. */
static const char *page(const char *more, char next[24])
{
    static char shown[2000];
    const struct told *told = ask(node_owner_list_rounds, more);
    struct json_object *tree, *items;
    const char *text;

    assert_int_equal(told->status, 0);
    assert_ok(json_parse(bytes_text(told->text), &tree));
    assert_ok(json_get_array(tree, "items", &items));
    *shown = 0;
    for (size_t i = 0; i < json_object_array_length(items); i++) {
        struct json_object *item = json_object_array_get_idx(items, i);
        const char *outcome;
        uint64_t round;
        size_t size = strlen(shown);

        assert_ok(json_get_u64(item, "round", &round));
        assert_ok(json_get_text(item, "outcome", &outcome));
        snprintf(shown + size, sizeof(shown) - size, "%s%d%s", i ? " " : "",
                 (int)round, strcmp(outcome, "paid") ? "-" : "");
    }
    snprintf(next, 24, "%s", json_get_text(tree, "next", &text) ? "" : text);
    json_object_put(tree);
    return shown;
}

static void test_a_task_without_rounds_has_an_empty_page(void **state)
{
    char next[24];

    assert_string_equal(page("", next), "");
    assert_string_equal(next, "");
}

static void test_pages_lead_from_the_newest_to_the_oldest(void **state)
{
    char next[24];

    for (uint64_t round = 3; round <= 7; round++)
        write_down(round);
    assert_string_equal(page("", next), "7 6 5 4 3");
    assert_string_equal(next, "");
    assert_string_equal(page(",\"limit\":\"2\"", next), "7 6");
    assert_string_equal(next, "6");
    assert_string_equal(page(",\"limit\":\"2\",\"before\":\"6\"", next), "5 4");
    assert_string_equal(next, "4");
    assert_string_equal(page(",\"limit\":\"2\",\"before\":\"4\"", next), "3");
    assert_string_equal(next, "");
    assert_string_equal(page(",\"limit\":\"5\"", next), "7 6 5 4 3");
    assert_string_equal(next, "");
}

/* The node was not there: those between are said to have had no proof. */
static void test_a_gap_is_told_over_pages(void **state)
{
    static const char *const pages[] = {"10 9- 8-", "7- 6- 5-", "4- 3- 2"};
    char next[24], more[64] = ",\"limit\":\"3\"";

    write_down(10);
    write_down(2);
    for (size_t i = 0; i < 3; i++) {
        assert_string_equal(page(more, next), pages[i]);
        snprintf(more, sizeof(more), ",\"limit\":\"3\",\"before\":\"%s\"",
                 next);
    }
    assert_string_equal(next, "");
}

static void test_a_round_has_its_details(void **state)
{
    write_down(4);
    const struct told *told = ask(node_owner_show_round, ",\"round\":\"4\"");

    assert_int_equal(told->status, 0);
    assert_non_null(strstr(told->text, "\"outcome\":\"paid\""));
    assert_non_null(strstr(told->text, "\"verdicts\":[]"));
    told = ask(node_owner_show_round, ",\"round\":\"5\"");
    assert_int_equal(told->status, ERR_NOT_FOUND);
    assert_non_null(strstr(told->error, "round 5"));
}

static void test_numbers_have_their_form(void **state)
{
    static const char *const odd[] = {
        ",\"limit\":\"0\"",   ",\"limit\":\"201\"",
        ",\"limit\":\"-1\"",  ",\"limit\":\"1x\"",
        ",\"before\":\"\"",   ",\"before\":\"+1\"",
        ",\"before\":\" 1\"", ",\"before\":\"99999999999999999999\""};

    for (size_t i = 0; i < sizeof(odd) / sizeof(*odd); i++)
        assert_int_equal(ask(node_owner_list_rounds, odd[i])->status,
                         ERR_INVALID);
    assert_int_equal(ask(node_owner_show_round, ",\"round\":\"x\"")->status,
                     ERR_INVALID);
    assert_true(ask(node_owner_show_round, "")->status < 0);
}

static void test_stops_have_their_reasons(void **state)
{
    const struct journal_stop stop = {.task = task,
                                      .at_ms = 5,
                                      .slot = 6,
                                      .reason = "crashed",
                                      .text = "a \"word\""};

    assert_string_equal(ask(node_owner_list_stops, "")->text,
                        "{\"items\":[],\"next\":null}");
    assert_ok(journal_stop_put(journal, &stop));
    assert_string_equal(
        ask(node_owner_list_stops, "")->text,
        "{\"items\":[{\"at\":5,\"slot\":6,\"reason\":\"crashed\",\"text\":"
        "\"a \\\"word\\\"\"}],\"next\":null}");
}

#define EACH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        EACH(test_a_task_without_rounds_has_an_empty_page),
        EACH(test_pages_lead_from_the_newest_to_the_oldest),
        EACH(test_a_gap_is_told_over_pages),
        EACH(test_a_round_has_its_details),
        EACH(test_numbers_have_their_form),
        EACH(test_stops_have_their_reasons),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
