#include "test.h"

#include "base/error.h"
#include "node/owner/task_limit.h"

static int take(const char *json, struct task_limits *limits,
                const char **wrong)
{
    struct json_object *object = NULL;

    assert_ok(json_parse(bytes_text(json), &object));
    int status = task_limits_take(object, limits, wrong);

    json_object_put(object);
    return status;
}

static void test_what_is_named_is_changed(void **state)
{
    struct task_limits limits = {0};

    assert_true(task_limits_are_empty(&limits));
    assert_ok(take("{\"memory\":600,\"cpu\":150,\"other\":1}", &limits, NULL));
    assert_int_equal(limits.numbers[TASK_LIMIT_MEMORY], 600);
    assert_int_equal(limits.numbers[TASK_LIMIT_CPU], 150);
    assert_int_equal(limits.numbers[TASK_LIMIT_DISK], 0);
    assert_ok(take("{\"memory\":null,\"disk\":10}", &limits, NULL));
    assert_int_equal(limits.numbers[TASK_LIMIT_MEMORY], 0);
    assert_int_equal(limits.numbers[TASK_LIMIT_CPU], 150);
    assert_int_equal(limits.numbers[TASK_LIMIT_DISK], 10);
    assert_false(task_limits_are_empty(&limits));
    limits = (struct task_limits){0};
    assert_ok(take("{\"network\":\"loopback\"}", &limits, NULL));
    assert_ptr_equal(limits.network, &address_rule_loopback);
    assert_false(task_limits_are_empty(&limits));
    assert_ok(take("{\"network\":null}", &limits, NULL));
    assert_true(task_limits_are_empty(&limits));
}

static void test_a_wrong_one_is_named_and_changes_nothing(void **state)
{
    static const struct {
        const char *json, *wrong;
    } cases[] = {
        {"{\"cpu\":10,\"memory\":47}", "memory"},
        {"{\"memory\":1073741825}", "memory"},
        {"{\"memory\":\"600\"}", "memory"},
        {"{\"memory\":600.5}", "memory"},
        {"{\"cpu\":0}", "cpu"},
        {"{\"cpu\":-1}", "cpu"},
        {"{\"cpu\":102401}", "cpu"},
        {"{\"disk\":[]}", "disk"},
        {"{\"cpu\":5,\"network\":\"all\"}", "network"},
        {"{\"network\":1}", "network"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct task_limits limits = {{7, 8, 9}};
        const char *wrong = NULL;

        assert_int_equal(take(cases[i].json, &limits, &wrong), ERR_INVALID);
        assert_string_equal(wrong, cases[i].wrong);
        assert_non_null(strstr(err_text(), wrong));
        assert_int_equal(limits.numbers[TASK_LIMIT_CPU], 7);
    }
}

static void test_they_are_written_as_they_are_read(void **state)
{
    const struct task_limits limits = {{50, 0, 3}, &address_rule_private};
    struct buffer out = {0};
    struct json_writer writer = json_writer_make(&out);

    json_open_object(&writer);
    task_limits_write(&limits, &writer);
    json_close_object(&writer);
    assert_string_equal(buffer_string(&out),
                        "{\"cpu\":50,\"memory\":null,\"disk\":3,"
                        "\"network\":\"private\"}");
    buffer_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_named_is_changed),
        cmocka_unit_test(test_a_wrong_one_is_named_and_changes_nothing),
        cmocka_unit_test(test_they_are_written_as_they_are_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
