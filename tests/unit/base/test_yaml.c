#include "base/error.h"
#include "base/json.h"
#include "base/yaml.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static void expect_json(const char *yaml, const char *json)
{
    struct json_object *value;
    struct buffer text = {0};

    assert_int_equal(yaml_parse(bytes_text(yaml), &value), 0);
    json_text(value, &text);
    assert_string_equal(buffer_string(&text), json);
    buffer_free(&text);
    json_object_put(value);
}

static void expect_error(const char *yaml, int error, const char *words)
{
    struct json_object *value;

    assert_int_equal(yaml_parse(bytes_text(yaml), &value), error);
    assert_null(value);
    assert_non_null(strstr(err_text(), words));
}

static void test_scalars_get_the_types_of_the_core_schema(void **state)
{
    expect_json("a: 1\nb: -2\nc: 1.5\nd: true\ne: null\nf: text\ng: ~\n",
                "{\"a\":1,\"b\":-2,\"c\":1.5,\"d\":true,\"e\":null,"
                "\"f\":\"text\",\"g\":null}");
    expect_json("[18446744073709551615, 1e3, .5]",
                "[18446744073709551615,1000.0,0.5]");
}

static void test_quoted_and_odd_scalars_stay_text(void **state)
{
    expect_json(
        "['1', \"true\", 0x10, 0o17, 0xg, 0o8, 0x, 1.2.3, 1-2, '']",
        "[\"1\",\"true\",16,15,\"0xg\",\"0o8\",\"0x\",\"1.2.3\",\"1-2\",\"\"]");
}

static void test_a_number_past_64_bits_stays_text(void **state)
{
    expect_json("[18446744073709551616, -9223372036854775809]",
                "[\"18446744073709551616\",\"-9223372036854775809\"]");
}

/* A program that heeds them would read something else. */
static void test_tags_are_refused_by_line(void **state)
{
    expect_error("a: 1\nb: !!int \"5\"\n", ERR_INVALID, "line 2: the tag");
    expect_error("!!float 1", ERR_INVALID, "tag:yaml.org,2002:float");
    expect_error("a: !!binary aGk=\n", ERR_INVALID, "binary");
    expect_error("- !mine x\n", ERR_INVALID, "the tag !mine");
    expect_error("a: !!set {x, y}\n", ERR_INVALID, "set");
    expect_error("!!int 1: x\n", ERR_INVALID, "int");
    expect_json("a: !!str text\nb: !!map {}\nc: !!seq []\n",
                "{\"a\":\"text\",\"b\":{},\"c\":[]}");
}

static void test_nesting_comments_and_anchors(void **state)
{
    expect_json("# of a task\ntags:\n  - type: CPU\n    value: &v 4 cores\n"
                "  - type: RAM\n    value: *v\n",
                "{\"tags\":[{\"type\":\"CPU\",\"value\":\"4 cores\"},"
                "{\"type\":\"RAM\",\"value\":\"4 cores\"}]}");
}

static void test_empty_text_is_null(void **state)
{
    expect_json("", "null");
    expect_json("# nothing\n", "null");
}

static void test_errors_name_the_line(void **state)
{
    expect_error("a: 1\nb: [1\n", ERR_INVALID, "line 3");
    expect_error("a: 1\na: 2\n", ERR_INVALID, "line 2: a is there twice");
    expect_error("? [1]\n: 2\n", ERR_INVALID, "a key must be text");
    expect_error("a: 1\n---\nb: 2\n", ERR_INVALID, "more than one document");
}

static void test_a_bomb_of_aliases_hits_a_limit(void **state)
{
    expect_error("a: &a [1,1,1,1,1,1,1,1,1]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\n"
                 "c: &c [*b,*b,*b,*b,*b,*b,*b,*b]\n"
                 "d: &d [*c,*c,*c,*c,*c,*c,*c,*c]\n"
                 "e: &e [*d,*d,*d,*d,*d,*d,*d,*d]\n",
                 ERR_LIMIT, "values");
}

static void test_depth_hits_a_limit(void **state)
{
    char text[2 * YAML_DEPTH_MAX + 4] = "";

    memset(text, '[', YAML_DEPTH_MAX + 1);
    memset(text + YAML_DEPTH_MAX + 1, ']', YAML_DEPTH_MAX + 1);
    expect_error(text, ERR_LIMIT, "deeper");
}

static void test_a_key_has_its_line(void **state)
{
    struct bytes text = bytes_text("# a\nfirst: 1\n\n\"second\":\n  third: 3\n"
                                   "fourth: {fifth: 5}\n");

    assert_int_equal(yaml_key_line(text, "first"), 2);
    assert_int_equal(yaml_key_line(text, "second"), 4);
    assert_int_equal(yaml_key_line(text, "third"), 0); /* of another mapping */
    assert_int_equal(yaml_key_line(text, "fourth"), 6);
    assert_int_equal(yaml_key_line(text, "fifth"), 0);
    assert_int_equal(yaml_key_line(bytes_text("[first]"), "first"), 0);
    assert_int_equal(yaml_key_line(bytes_text("first: ["), "first"), 0);
    assert_int_equal(yaml_key_line((struct bytes){0}, "first"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scalars_get_the_types_of_the_core_schema),
        cmocka_unit_test(test_quoted_and_odd_scalars_stay_text),
        cmocka_unit_test(test_a_number_past_64_bits_stays_text),
        cmocka_unit_test(test_tags_are_refused_by_line),
        cmocka_unit_test(test_nesting_comments_and_anchors),
        cmocka_unit_test(test_empty_text_is_null),
        cmocka_unit_test(test_errors_name_the_line),
        cmocka_unit_test(test_a_key_has_its_line),
        cmocka_unit_test(test_a_bomb_of_aliases_hits_a_limit),
        cmocka_unit_test(test_depth_hits_a_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
