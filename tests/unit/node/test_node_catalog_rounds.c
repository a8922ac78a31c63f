/*
 * Rounds of a task's state, counted for its creator.
 */
#include "test.h"

#include "base/error.h"
#include "node/node_catalog_rounds.h"

#include <stdio.h>

static struct json_object *rounds_of(const char *text)
{
    struct json_object *state;

    assert_ok(json_parse(bytes_text(text), &state));
    struct json_object *rounds = catalog_rounds(state);
    json_object_put(state);
    return rounds;
}

static void expect(const char *state, const char *wanted)
{
    struct json_object *rounds = rounds_of(state);
    struct buffer text = {0};

    json_text(rounds, &text);
    assert_string_equal(buffer_string(&text), wanted);
    buffer_free(&text);
    json_object_put(rounds);
}

static void test_what_each_round_has_is_counted(void **state)
{
    expect("{\"submissions\":{\"9\":{\"a\":{},\"b\":{}},\"10\":{\"a\":{}}},"
           "\"submissions_audit_trigger\":{\"9\":{\"b\":{}}},"
           "\"distribution_rewards_submission\":{\"9\":{\"a\":{}}},"
           "\"distributions_audit_trigger\":{\"8\":{\"a\":{}}},"
           "\"distributions_audit_record\":{\"8\":\"PayoutFailed\","
           "\"9\":\"PayoutSuccessful\",\"10\":\"Uninitialized\"}}",
           "[{\"round\":10,\"proofs\":1,\"accused\":0,\"lists\":0,"
           "\"lists_accused\":0,\"payout\":null},"
           "{\"round\":9,\"proofs\":2,\"accused\":1,\"lists\":1,"
           "\"lists_accused\":0,\"payout\":\"paid\"},"
           "{\"round\":8,\"proofs\":0,\"accused\":0,\"lists\":0,"
           "\"lists_accused\":1,\"payout\":\"failed\"}]");
}

static void test_a_task_without_rounds_has_none(void **state)
{
    expect("{}", "[]");
    expect("{\"submissions\":{}}", "[]");
}

static void test_what_has_not_the_form_is_passed_over(void **state)
{
    expect("{\"submissions\":{\"x\":{},\"-1\":{},\"\":{},"
           "\"99999999999999999999\":{},\"7\":5},"
           "\"distributions_audit_record\":[1],"
           "\"distributions_audit_trigger\":\"7\"}",
           "[{\"round\":7,\"proofs\":0,\"accused\":0,\"lists\":0,"
           "\"lists_accused\":0,\"payout\":null}]");
}

static void test_many_rounds_are_cut_to_the_newest(void **state)
{
    struct buffer text = {0};

    buffer_text(&text, "{\"submissions\":{");
    for (int i = 0; i < 100; i++) {
        char item[32];

        /* Every number once, in no order. */
        snprintf(item, sizeof(item), "%s\"%d\":{}", i ? "," : "", i * 37 % 100);
        buffer_text(&text, item);
    }
    buffer_text(&text, "}}");
    struct json_object *rounds = rounds_of(buffer_string(&text));
    assert_int_equal(json_object_array_length(rounds), CATALOG_ROUNDS_MAX);
    for (size_t i = 0; i < CATALOG_ROUNDS_MAX; i++) {
        uint64_t number;

        assert_ok(json_get_u64(json_object_array_get_idx(rounds, i), "round",
                               &number));
        assert_int_equal(number, 99 - i);
    }
    json_object_put(rounds);
    buffer_free(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_each_round_has_is_counted),
        cmocka_unit_test(test_a_task_without_rounds_has_none),
        cmocka_unit_test(test_what_has_not_the_form_is_passed_over),
        cmocka_unit_test(test_many_rounds_are_cut_to_the_newest),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
