/* The table of what a task may ask, and what is refused before it is served. */
#include "test.h"

#include "base/error.h"
#include "node/reach/host_world.h"

/* This world's. */
struct host_ask {
    unsigned served;
};

#define SERVE(member, ...)                                                     \
    static void serve_##member(struct host_ask *ask,                           \
                               struct json_object *params,                     \
                               struct bytes payload)                           \
    {                                                                          \
        ask->served++;                                                         \
    }
HOST_CALLS(SERVE)
#undef SERVE

static const struct host_world world = {
#define MEMBER(member, ...) .member = serve_##member,
    HOST_CALLS(MEMBER)
#undef MEMBER
};

static int ask(const char *method, const char *params, size_t payload_size,
               struct host_ask *out)
{
    struct json_object *tree = NULL;
    const struct host_call_row *row;
    host_serve *serve;

    assert_ok(json_parse(bytes_text(params), &tree));
    int status = host_world_find(&world, method, tree,
                                 bytes_make("", payload_size), &row, &serve);
    if (!status) {
        assert_string_equal(row->method, method);
        serve(out, tree, (struct bytes){0});
    }
    json_object_put(tree);
    return status;
}

static void test_every_call_finds_its_function(void **state)
{
    struct host_ask out = {0};
    unsigned count = 0;

#define ASK(member, method, ...)                                               \
    count++;                                                                   \
    assert_ok(ask(method, "[]", 0, &out));
    HOST_CALLS(ASK)
#undef ASK
    assert_int_equal(out.served, count);
    /* And says what it is: nothing of the table is empty. */
#define SAID(member, method, params, most, bytes, cost, gives)                 \
    assert_true(params[0] == '[' && gives[0]);
    HOST_CALLS(SAID)
#undef SAID
}

static void test_what_a_row_does_not_allow_is_refused(void **state)
{
    struct host_ask out = {0};

    assert_int_equal(ask("getRound", "null", 0, &out), ERR_INVALID);
    assert_int_equal(ask("getRound", "{}", 0, &out), ERR_INVALID);
    assert_int_equal(ask("getRound", "5", 0, &out), ERR_INVALID);
    assert_int_equal(ask("getRound", "[1,2,3,4,5]", 0, &out), ERR_LIMIT);
    assert_int_equal(ask("getRound", "[]", 1, &out), ERR_LIMIT);
    assert_int_equal(ask("storageGet", "[\"a\",\"b\",\"c\"]", 0, &out),
                     ERR_LIMIT);
    assert_int_equal(ask("signData", "[\"main\"]", HOST_SIGNED_MAX + 1, &out),
                     ERR_LIMIT);
    assert_ok(ask("fetch", "[{}]", HOST_PAYLOAD_MAX, &out));
    assert_int_equal(out.served, 1);
}

static void test_what_is_the_node_s_own_affair_is_refused_by_name(void **state)
{
    static const char *const methods[] = {
        "sendTransaction", "claimReward", "auditSubmission",
        "uploadDistributionList", "payloadTrigger"};
    struct host_ask out = {0};

    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
        assert_int_equal(ask(methods[i], "[]", 0, &out), ERR_DENIED);
        assert_non_null(strstr(err_text(), "by itself"));
    }
    assert_int_equal(ask("", "[]", 0, &out), ERR_UNSUPPORTED);
    assert_int_equal(ask("getround", "[]", 0, &out), ERR_UNSUPPORTED);
    assert_int_equal(ask("constructor", "[]", 0, &out), ERR_UNSUPPORTED);
    assert_int_equal(out.served, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_call_finds_its_function),
        cmocka_unit_test(test_what_a_row_does_not_allow_is_refused),
        cmocka_unit_test(test_what_is_the_node_s_own_affair_is_refused_by_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
