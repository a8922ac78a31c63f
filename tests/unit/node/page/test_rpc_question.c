/* What the explorer may ask of settlement. */
#include "../../test.h"

#include "base/error.h"
#include "node/page/rpc_question.h"

#define CALL(id, method)                                                       \
    "{\"jsonrpc\":\"2.0\",\"id\":" id ",\"method\":\"" method "\"}"

static int read(const char *text, struct rpc_questions *out,
                struct json_object **body)
{
    assert_ok(json_parse(bytes_text(text), body));
    return rpc_questions_read(*body, out);
}

static void assert_refused(const char *text, int status)
{
    struct rpc_questions questions;
    struct json_object *body;

    assert_int_equal(read(text, &questions, &body), status);
    json_object_put(body);
}

static void test_calls_are_read_in_their_order(void **state)
{
    struct rpc_questions questions;
    struct json_object *body;

    assert_ok(read(
        "[" CALL(
            "1",
            "getSlot") ",{\"jsonrpc\":\"2.0\",\"id\":\"b\","
                       "\"method\":\"getBlock\",\"params\":[7],\"more\":true}]",
        &questions, &body));
    assert_true(questions.is_batch);
    assert_int_equal(questions.count, 2);
    assert_string_equal(questions.list[0].method, "getSlot");
    assert_null(questions.list[0].params);
    assert_string_equal(questions.list[1].method, "getBlock");
    assert_int_equal(json_object_array_length(questions.list[1].params), 1);
    assert_string_equal(json_object_get_string(questions.list[1].id), "b");
    json_object_put(body);

    assert_ok(read(CALL("3", "getSlot"), &questions, &body));
    assert_false(questions.is_batch);
    assert_int_equal(questions.count, 1);
    json_object_put(body);
}

static void test_nothing_that_sends_is_passed_on(void **state)
{
    static const char *const bodies[] = {
        CALL("1", "sendTransaction"),
        CALL("1", "requestAirdrop"),
        CALL("1", "simulateTransaction"),
        CALL("1", "surfnet_setAccount"),
        CALL("1", "getSlot\\u0000Leader"),
        CALL("1", "GetSlot"),
        CALL("1", "getSlot "),
        CALL("1", ""),
    };

    for (size_t i = 0; i < sizeof(bodies) / sizeof(*bodies); i++) {
        struct rpc_questions questions;
        struct json_object *body;
        int status = read(bodies[i], &questions, &body);

        if (!status)
            assert_null(questions.list[0].method);
        json_object_put(body);
    }
}

static void test_what_is_no_call_is_refused(void **state)
{
    static const char *const bodies[] = {
        "{}",
        "[]",
        "[[]]",
        "[null]",
        "{\"id\":1,\"method\":\"getSlot\"}",
        "{\"jsonrpc\":\"1.0\",\"id\":1,\"method\":\"getSlot\"}",
        "{\"jsonrpc\":\"2.0\",\"method\":\"getSlot\"}",
        "{\"jsonrpc\":\"2.0\",\"id\":null,\"method\":\"getSlot\"}",
        "{\"jsonrpc\":\"2.0\",\"id\":{},\"method\":\"getSlot\"}",
        "{\"jsonrpc\":\"2.0\",\"id\":1}",
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":7}",
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"getSlot\",\"params\":{}}",
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"getSlot\",\"params\":1}",
        "[" CALL("1", "getSlot") ",{}]",
    };

    for (size_t i = 0; i < sizeof(bodies) / sizeof(*bodies); i++)
        assert_refused(bodies[i], ERR_INVALID);
}

static void test_a_list_and_an_id_have_a_limit(void **state)
{
    struct buffer text = {0};

    for (unsigned count = RPC_QUESTIONS_MAX; count <= RPC_QUESTIONS_MAX + 1;
         count++) {
        struct rpc_questions questions;
        struct json_object *body;

        buffer_clear(&text);
        for (unsigned i = 0; i < count; i++)
            buffer_format(&text, "%c%s", i ? ',' : '[', CALL("1", "getSlot"));
        buffer_text(&text, "]");
        assert_int_equal(read(buffer_string(&text), &questions, &body),
                         count > RPC_QUESTIONS_MAX ? ERR_LIMIT : 0);
        json_object_put(body);
    }
    buffer_clear(&text);
    buffer_text(&text, "{\"jsonrpc\":\"2.0\",\"method\":\"getSlot\",\"id\":\"");
    for (unsigned i = 0; i <= RPC_ID_MAX; i++)
        buffer_text(&text, "x");
    buffer_text(&text, "\"}");
    assert_refused(buffer_string(&text), ERR_INVALID);
    buffer_free(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_calls_are_read_in_their_order),
        cmocka_unit_test(test_nothing_that_sends_is_passed_on),
        cmocka_unit_test(test_what_is_no_call_is_refused),
        cmocka_unit_test(test_a_list_and_an_id_have_a_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
