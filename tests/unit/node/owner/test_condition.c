#include "test.h"

#include "base/error.h"
#include "node/owner/condition.h"

static int set(struct conditions *conditions, const char *name,
               const char *text)
{
    enum condition condition = CONDITION_BATTERY;

    assert_ok(condition_find(name, &condition));
    return condition_set(conditions, condition, text);
}

static const char *text_of(const struct conditions *conditions,
                           const char *name)
{
    static char text[CONDITION_TEXT_SIZE];
    enum condition condition = CONDITION_BATTERY;

    assert_ok(condition_find(name, &condition));
    return condition_text(conditions, condition, text);
}

static void test_what_is_set_reads_back(void **state)
{
    static const char *const given[][2] = {
        {"battery", "never"},    {"battery", "40"},     {"busy", "20"},
        {"metered", "wwan*,u0"}, {"traffic-day", "1"},  {"memory", "48"},
        {"traffic-month", "99"}, {"disk-free", "2048"}, {"cpu", "100"}};
    struct conditions conditions = {0};

    for (size_t i = 0; i < sizeof(given) / sizeof(*given); i++) {
        assert_string_equal(text_of(&conditions, given[i][0]),
                            i == 1 ? "never" : "none");
        assert_ok(set(&conditions, given[i][0], given[i][1]));
        assert_string_equal(text_of(&conditions, given[i][0]), given[i][1]);
    }
    for (enum condition i = 0; i < CONDITIONS; i++) {
        assert_ok(condition_set(&conditions, i, "none"));
        assert_string_equal(text_of(&conditions, condition_name(i)), "none");
    }
}

static void test_what_says_nothing_is_refused_and_changes_nothing(void **state)
{
    static const char *const given[][2] = {
        {"battery", ""},
        {"battery", "0"},
        {"battery", "101"},
        {"battery", "-5"},
        {"busy", "100"},
        {"busy", "never"},
        {"busy", "5 "},
        {"busy", "5%"},
        {"memory", "47"},
        {"memory", "0x80"},
        {"cpu", "101"},
        {"cpu", "+5"},
        {"disk-free", "9999999999999999999999"},
        {"metered", ""},
        {"metered", "a,,b"},
        {"metered", "a,"},
        {"metered", "w*n"},
        {"metered", "sixteen-letters-"},
        {"metered", "a b"},
        {"metered", "../x"},
        {"traffic-day", "1.5"},
        {"cpu", "None"}};
    struct conditions conditions = {0};

    for (enum condition i = 0; i < CONDITIONS; i++)
        if (i != CONDITION_METERED)
            assert_ok(condition_set(&conditions, i, "60"));
    assert_ok(set(&conditions, "metered", "eth9"));
    for (size_t i = 0; i < sizeof(given) / sizeof(*given); i++) {
        assert_int_equal(set(&conditions, given[i][0], given[i][1]),
                         ERR_INVALID);
        assert_non_null(strstr(err_text(), given[i][0]));
        assert_string_equal(text_of(&conditions, given[i][0]),
                            strcmp(given[i][0], "metered") ? "60" : "eth9");
    }
    enum condition none;
    assert_int_equal(condition_find("battry", &none), ERR_NOT_FOUND);
    assert_non_null(strstr(err_text(), "disk-free"));
}

static void test_a_pattern_names_interfaces(void **state)
{
    struct conditions conditions = {0};

    assert_false(condition_is_metered(&conditions, "eth0"));
    assert_ok(set(&conditions, "metered", "wwan*,usb0"));
    assert_true(condition_is_metered(&conditions, "wwan"));
    assert_true(condition_is_metered(&conditions, "wwan12"));
    assert_true(condition_is_metered(&conditions, "usb0"));
    assert_false(condition_is_metered(&conditions, "usb01"));
    assert_false(condition_is_metered(&conditions, "usb"));
    assert_false(condition_is_metered(&conditions, "wwa"));
    assert_ok(set(&conditions, "metered", "*"));
    assert_true(condition_is_metered(&conditions, "eth0"));
}

static void test_json_goes_there_and_back(void **state)
{
    struct conditions conditions = {0}, again = {0};
    struct buffer text = {0}, other = {0};
    struct json_writer writer = json_writer_make(&text);
    struct json_writer second = json_writer_make(&other);
    struct json_object *tree = NULL;

    assert_ok(set(&conditions, "battery", "never"));
    assert_ok(set(&conditions, "metered", "ppp*"));
    conditions_write(&conditions, &writer);
    assert_string_equal(buffer_string(&text),
                        "{\"battery\":\"never\",\"metered\":\"ppp*\"}");
    assert_ok(json_parse(buffer_view(&text), &tree));
    assert_ok(conditions_read(tree, &again));
    conditions_write(&again, &second);
    assert_string_equal(buffer_string(&text), buffer_string(&other));
    json_object_put(tree);
    buffer_free(&text);
    buffer_free(&other);
}

static void test_json_that_is_none_changes_nothing(void **state)
{
    static const char *const texts[] = {"[]", "{\"battery\":50}",
                                        "{\"bettery\":\"50\"}",
                                        "{\"cpu\":\"10\",\"busy\":\"0\"}"};

    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        struct conditions conditions = {0};
        struct json_object *tree = NULL;

        assert_ok(set(&conditions, "cpu", "30"));
        assert_ok(json_parse(bytes_text(texts[i]), &tree));
        assert_int_equal(conditions_read(tree, &conditions), ERR_INVALID);
        assert_string_equal(text_of(&conditions, "cpu"), "30");
        json_object_put(tree);
    }
}

static int change(struct conditions *conditions, const char *json,
                  const char **wrong)
{
    struct json_object *tree = NULL;

    assert_ok(json_parse(bytes_text(json), &tree));
    int status = conditions_change(tree, conditions, wrong);
    /* It is the tree's. */
    *wrong = *wrong && !strcmp(*wrong, "busy") ? "busy" : NULL;
    json_object_put(tree);
    return status;
}

static void test_several_are_changed_at_once_or_none(void **state)
{
    struct conditions conditions = {0};
    const char *wrong = NULL;

    assert_ok(change(&conditions, "{\"cpu\":\"30\",\"busy\":\"50\"}", &wrong));
    assert_ok(
        change(&conditions, "{\"cpu\":null,\"battery\":\"never\"}", &wrong));
    assert_null(wrong);
    assert_string_equal(text_of(&conditions, "cpu"), "none");
    assert_string_equal(text_of(&conditions, "busy"), "50");
    assert_string_equal(text_of(&conditions, "battery"), "never");
    assert_int_equal(
        change(&conditions, "{\"cpu\":\"40\",\"busy\":\"100\"}", &wrong),
        ERR_INVALID);
    assert_string_equal(wrong, "busy");
    assert_string_equal(text_of(&conditions, "cpu"), "none");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_set_reads_back),
        cmocka_unit_test(test_what_says_nothing_is_refused_and_changes_nothing),
        cmocka_unit_test(test_a_pattern_names_interfaces),
        cmocka_unit_test(test_json_goes_there_and_back),
        cmocka_unit_test(test_json_that_is_none_changes_nothing),
        cmocka_unit_test(test_several_are_changed_at_once_or_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
