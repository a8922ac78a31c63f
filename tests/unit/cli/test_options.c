#include "base/error.h"
#include "cli/options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

struct values {
    bool flag;
    const char *text;
    uint64_t number, amount;
    struct option_list list;
};

#define AT(member) offsetof(struct values, member)

static const struct option table[] = {
    {"flag", 'f', OPTION_FLAG, AT(flag), NULL, "a flag", 0, 0},
    {"text", 't', OPTION_TEXT, AT(text), "TEXT", "some text", 0, 0},
    {"nodes", 'n', OPTION_NUMBER, AT(number), "N", "how many", 1, 64},
    {"amount", 0, OPTION_ROE, AT(amount), "KOII", "how much", 0, 0},
    {"item", 'i', OPTION_LIST, AT(list), "ITEM", "may be given again", 0, 0},
    {0},
};

static struct values values;
static const char *arguments[64];
static size_t argument_count;

static int parse(int argc, const char **argv)
{
    struct option_set set = {table, &values};

    memset(&values, 0, sizeof(values));
    return options_parse(&set, 1, argc, (char **)argv, arguments,
                         &argument_count);
}

#define PARSE(...)                                                             \
    parse(sizeof((const char *[]){"pond", __VA_ARGS__}) / sizeof(char *),      \
          (const char *[]){"pond", __VA_ARGS__})

static void expect_refused(int status, const char *words)
{
    assert_int_equal(status, ERR_INVALID);
    if (!strstr(err_text(), words))
        fail_msg("'%s' does not say '%s'", err_text(), words);
}

static void test_every_spelling_of_a_value_is_taken(void **state)
{
    assert_int_equal(PARSE("--text", "a"), 0);
    assert_string_equal(values.text, "a");
    assert_int_equal(PARSE("--text=b=c"), 0);
    assert_string_equal(values.text, "b=c");
    assert_int_equal(PARSE("-t", "d"), 0);
    assert_string_equal(values.text, "d");
    assert_int_equal(PARSE("-te"), 0);
    assert_string_equal(values.text, "e");
    assert_int_equal(PARSE("--text="), 0);
    assert_string_equal(values.text, "");
}

static void test_options_and_arguments_mix(void **state)
{
    assert_int_equal(PARSE("one", "-f", "two", "--nodes", "4", "-", "--", "-f"),
                     0);
    assert_true(values.flag);
    assert_int_equal(values.number, 4);
    assert_int_equal(argument_count, 4);
    assert_string_equal(arguments[0], "one");
    assert_string_equal(arguments[2], "-");
    assert_string_equal(arguments[3], "-f");
}

static void test_a_list_keeps_the_order(void **state)
{
    assert_int_equal(PARSE("-i", "a", "--item=b", "-ic"), 0);
    assert_int_equal(values.list.count, 3);
    assert_string_equal(values.list.values[2], "c");
}

static void test_a_list_has_an_end(void **state)
{
    const char *argv[OPTION_LIST_MAX + 2] = {"pond"};

    for (int i = 1; i <= OPTION_LIST_MAX + 1; i++)
        argv[i] = "-ix";
    assert_int_equal(parse(OPTION_LIST_MAX + 1, argv), 0);
    expect_refused(parse(OPTION_LIST_MAX + 2, argv), "more than 32 times");
}

static void test_errors_say_what_was_expected(void **state)
{
    expect_refused(PARSE("--nodes", "0"),
                   "--nodes takes a number from 1 to 64");
    expect_refused(PARSE("--nodes", "65"), "not '65'");
    expect_refused(PARSE("--nodes", "4x"), "not '4x'");
    expect_refused(PARSE("--nodes"), "--nodes N");
    expect_refused(PARSE("--flag=1"), "--flag takes no value");
    expect_refused(PARSE("-x"), "no option -x");
    expect_refused(PARSE("--amount", "1.0000000001"), "at most 9 decimals");
}

static void test_a_mistyped_option_gets_a_suggestion(void **state)
{
    expect_refused(PARSE("--node", "3"), "did you mean --nodes?");
    expect_refused(PARSE("--txet=1"), "did you mean --text?");
    expect_refused(PARSE("--entirely-else"), "there is no option");
    assert_null(strstr(err_text(), "did you mean"));
}

static void test_koii_become_roe(void **state)
{
    uint64_t roe;

    assert_int_equal(options_roe("2", &roe), 0);
    assert_int_equal(roe, 2000000000);
    assert_int_equal(options_roe("0.5", &roe), 0);
    assert_int_equal(roe, 500000000);
    assert_int_equal(options_roe(".000000001", &roe), 0);
    assert_int_equal(roe, 1);
    assert_int_equal(options_roe("18446744073.709551615", &roe), 0);
    assert_true(roe == UINT64_MAX);
    expect_refused(options_roe("18446744073.709551616", &roe), "KOII");
    expect_refused(options_roe("", &roe), "KOII");
    expect_refused(options_roe(".", &roe), "KOII");
    expect_refused(options_roe("-1", &roe), "KOII");
    expect_refused(options_roe("1e3", &roe), "KOII");
}

static void test_roe_become_koii_without_idle_zeros(void **state)
{
    static const struct {
        uint64_t roe;
        const char *text;
    } cases[] = {{0, "0"},
                 {1, "0.000000001"},
                 {1500000000, "1.5"},
                 {2000000000, "2"},
                 {UINT64_MAX, "18446744073.709551615"}};

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct buffer text = {0};
        uint64_t back;

        options_roe_text(cases[i].roe, &text);
        assert_string_equal(buffer_string(&text), cases[i].text);
        assert_int_equal(options_roe(buffer_string(&text), &back), 0);
        assert_true(back == cases[i].roe);
        buffer_free(&text);
    }
}

static void test_help_names_every_option_and_fits_80_columns(void **state)
{
    struct option_set set = {table, &values};
    struct buffer text = {0};

    options_help(&set, 1, &text);
    for (const struct option *option = table; option->name; option++)
        assert_non_null(strstr(buffer_string(&text), option->name));
    for (const char *line = buffer_string(&text); *line;) {
        size_t size = strcspn(line, "\n");

        assert_true(size < 80);
        line += size + 1;
    }
    buffer_free(&text);
}

static void test_distance_counts_changed_letters(void **state)
{
    assert_int_equal(options_distance("", ""), 0);
    assert_int_equal(options_distance("up", "up"), 0);
    assert_int_equal(options_distance("up", "cup"), 1);
    assert_int_equal(options_distance("kitten", "sitting"), 3);
    assert_int_equal(options_distance("", "abc"), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_spelling_of_a_value_is_taken),
        cmocka_unit_test(test_options_and_arguments_mix),
        cmocka_unit_test(test_a_list_keeps_the_order),
        cmocka_unit_test(test_a_list_has_an_end),
        cmocka_unit_test(test_errors_say_what_was_expected),
        cmocka_unit_test(test_a_mistyped_option_gets_a_suggestion),
        cmocka_unit_test(test_koii_become_roe),
        cmocka_unit_test(test_roe_become_koii_without_idle_zeros),
        cmocka_unit_test(test_help_names_every_option_and_fits_80_columns),
        cmocka_unit_test(test_distance_counts_changed_letters),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
