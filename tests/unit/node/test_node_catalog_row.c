/* A task of the chain as a row: what it says, and what an odd one comes to. */
#include "test.h"

#include "base/error.h"
#include "base/memory.h"
#include "node/node_catalog_row.h"

#include <stdio.h>
#include <stdlib.h>

#define KEY_7                                                                  \
    "[7,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0]"

static const struct pubkey task = {.bytes = {9}};

static struct json_object *row_of(const char *state, bool is_kpl)
{
    struct json_object *tree;

    assert_ok(json_parse(bytes_text(state), &tree));
    struct json_object *row = catalog_row(&task, is_kpl, tree);
    json_object_put(tree);
    return row;
}

static const char *field(struct json_object *row, const char *name)
{
    struct json_object *value = NULL;

    assert_true(json_object_object_get_ex(row, name, &value));
    return value ? json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN)
                 : "null";
}

static void test_a_task_has_its_terms(void **state)
{
    static const struct pubkey creator = {.bytes = {7}};
    struct json_object *row = row_of(
        "{\"task_name\":\"weather\",\"is_active\":true,\"is_allowlisted\":true,"
        "\"task_manager\":" KEY_7 ",\"token_type\":" KEY_7
        ",\"total_bounty_amount\":18446744073709551615,"
        "\"bounty_amount_per_round\":10,\"minimum_stake_amount\":2,"
        "\"round_time\":50,\"submission_window\":20,\"audit_window\":24,"
        "\"starting_slot\":3,\"stake_list\":{\"a\":1,\"b\":2},"
        "\"distributions_audit_record\":{\"1\":\"PayoutSuccessful\","
        "\"12\":\"PayoutSuccessful\",\"3\":\"PayoutFailed\",\"4\":7},"
        "\"is_migrated\":false,\"migrated_to\":\"x\"}",
        false);
    char *key = mem_format("\"%s\"", PUBKEY_TEXT(&creator));

    assert_string_equal(field(row, "name"), "\"weather\"");
    assert_string_equal(field(row, "active"), "true");
    assert_string_equal(field(row, "creator"), key);
    assert_string_equal(field(row, "token"), "null");
    /* No double holds it. */
    assert_string_equal(field(row, "bounty"), "\"18446744073709551615\"");
    assert_string_equal(field(row, "round_time"), "50");
    assert_string_equal(field(row, "nodes"), "2");
    assert_string_equal(field(row, "payouts"),
                        "{\"successful\":2,\"failed\":1}");
    assert_string_equal(field(row, "last_paid"), "12");
    assert_string_equal(field(row, "migrated_to"), "null");
    free(key);
    json_object_put(row);
}

static void test_one_that_is_paid_in_a_token_names_it(void **state)
{
    static const struct pubkey mint = {.bytes = {7}};
    struct json_object *row = row_of("{\"token_type\":" KEY_7 "}", true);
    char *key = mem_format("\"%s\"", PUBKEY_TEXT(&mint));

    assert_string_equal(field(row, "token"), key);
    free(key);
    json_object_put(row);
    row = row_of("{\"is_migrated\":true,\"migrated_to\":\"Next\"}", false);
    assert_string_equal(field(row, "migrated_to"), "\"Next\"");
    json_object_put(row);
}

/* One task of a stranger's must not hide the others. */
static void test_an_odd_task_is_a_row_still(void **state)
{
    static const char *const odd[] = {
        "{}",
        "{\"task_name\":5,\"is_active\":\"yes\",\"task_manager\":[1,2],"
        "\"total_bounty_amount\":-1,\"stake_list\":[],"
        "\"distributions_audit_record\":7,\"round_time\":\"x\"}",
        "{\"task_name\":null,\"task_manager\":[256,0,0,0,0,0,0,0,0,0,0,0,0,0,"
        "0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0],\"total_bounty_amount\":1.5,"
        "\"distributions_audit_record\":{\"x\":null}}"};

    for (size_t i = 0; i < sizeof(odd) / sizeof(*odd); i++) {
        struct json_object *row = row_of(odd[i], i == 1);

        assert_string_equal(field(row, "name"), "\"\"");
        assert_string_equal(field(row, "active"), "false");
        assert_string_equal(field(row, "creator"), "null");
        assert_string_equal(field(row, "token"), "null");
        assert_string_equal(field(row, "bounty"), "\"0\"");
        assert_string_equal(field(row, "nodes"), "0");
        assert_string_equal(field(row, "round_time"), "0");
        assert_string_equal(field(row, "last_paid"), "null");
        json_object_put(row);
    }
}

/* Between characters. */
static void test_a_long_name_is_cut(void **state)
{
    char name[2 * CATALOG_NAME_MAX + 1] = "x", text[sizeof(name) + 32];

    for (size_t i = 1; i + 2 < sizeof(name); i += 2)
        memcpy(name + i, "\xc3\xa9", 3);
    snprintf(text, sizeof(text), "{\"task_name\":\"%s\"}", name);
    struct json_object *row = row_of(text, false);
    const char *shown;

    assert_ok(json_get_text(row, "name", &shown));
    assert_int_equal(strlen(shown), CATALOG_NAME_MAX - 1);
    assert_int_equal((uint8_t)shown[CATALOG_NAME_MAX - 2], 0xa9);
    json_object_put(row);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_task_has_its_terms),
        cmocka_unit_test(test_one_that_is_paid_in_a_token_names_it),
        cmocka_unit_test(test_an_odd_task_is_a_row_still),
        cmocka_unit_test(test_a_long_name_is_cut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
