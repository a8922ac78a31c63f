#include "test.h"

#include "base/error.h"
#include "base/json.h"
#include <stdio.h>

static void test_malformed_text_is_refused(void **state)
{
    const char *bad[] = {
        "",          "{",          "[1,",     "{\"a\":1}x",
        "nul",       "1 2",        "\"a",     " ",
        "{a:1}",     "'a'",        "[1 2]",   "\"\xff\"",
        "[1,]",      "{\"a\":1,}", "NaN",     "[Infinity]",
        "-Infinity", "[1,-NaN]",   "{'a':1}", "{\"it's\":1,'b':2}"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct json_object *value = NULL;
        assert_int_equal(json_parse(bytes_text(bad[i]), &value), ERR_INVALID);
        assert_null(value);
        assert_true(err_text()[0]);
    }
    struct json_object *value;
    assert_int_equal(json_parse((struct bytes){0}, &value), ERR_INVALID);
    assert_ok(json_parse(bytes_text("{\"it's\":\"'\"}"), &value));
    json_object_put(value);
}

static void test_nesting_past_the_limit_is_refused(void **state)
{
    char deep[2 * JSON_DEPTH_MAX];
    memset(deep, '[', sizeof(deep));
    struct json_object *value;
    assert_int_equal(json_parse(bytes_make(deep, sizeof(deep)), &value),
                     ERR_INVALID);
}

static void
test_values_are_counted_before_anything_is_made_of_them(void **state)
{
    static const struct {
        const char *text;
        size_t values;
    } cases[] = {
        {"", 0},
        {"1", 1},
        {"\"a,[{:\\\",\"", 1},
        {"[]", 2},
        {"[1, 2, 3]", 4},
        {"{}", 1 + JSON_OBJECT_VALUES},
        {"{\"a\": 1, \"b\": [2]}", 5 + JSON_OBJECT_VALUES},
        {"[{}, {}]", 3 + 2 * JSON_OBJECT_VALUES},
        {"\"cut\\", 1},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct bytes text = bytes_text(cases[i].text);
        assert_ok(json_check_values(text, cases[i].values));
        if (cases[i].values)
            assert_int_equal(json_check_values(text, cases[i].values - 1),
                             ERR_LIMIT);
    }
    assert_int_equal(json_check_values(bytes_text("[1,2,3,4]"), 4), ERR_LIMIT);
    assert_non_null(strstr(err_text(), "more than 4 values"));
}

static struct json_object *parsed(const char *text)
{
    struct json_object *value;
    assert_ok(json_parse(bytes_text(text), &value));
    return value;
}

static void test_numbers_are_exact_to_64_bits(void **state)
{
    struct json_object *value = parsed("{\"u\":18446744073709551615,"
                                       "\"i\":-9223372036854775808}");
    uint64_t u;
    int64_t i;
    assert_ok(json_get_u64(value, "u", &u));
    assert_true(u == UINT64_MAX);
    assert_ok(json_get_i64(value, "i", &i));
    assert_true(i == INT64_MIN);
    assert_int_equal(json_get_i64(value, "u", &i), ERR_INVALID);
    assert_int_equal(json_get_u64(value, "i", &u), ERR_INVALID);
    json_object_put(value);
}

static void test_numbers_that_do_not_fit_are_never_cut(void **state)
{
    const char *large[] = {"18446744073709551616", "100000000000000000000",
                           "-9223372036854775809", "99999999999999999999999"};
    for (size_t i = 0; i < sizeof(large) / sizeof(large[0]); i++) {
        char text[100];
        uint64_t u;
        int64_t s;
        /* At every place in the text, and after strings with digits. */
        for (int shift = 0; shift < 20; shift++) {
            snprintf(text, sizeof(text), "%*s{\"s\":\"\\\"1\",\"n\":%s }",
                     shift, "", large[i]);
            struct json_object *value = parsed(text);
            assert_int_equal(json_get_u64(value, "n", &u), ERR_INVALID);
            assert_int_equal(json_get_i64(value, "n", &s), ERR_INVALID);
            json_object_put(value);
        }
        struct json_object *value = parsed(large[i]);
        assert_false(json_is_u64(value, &u));
        assert_false(json_is_i64(value, &s));
        json_object_put(value);
    }
}

static void test_digits_elsewhere_stay_as_they_are(void **state)
{
    const char *same[] = {"\"18446744073709551616 NaN Infinity\"",
                          "{\"100000000000000000000\":18446744073709551615}",
                          "0.10000000000000000000000555",
                          "[1e5,\"Infinity\\\"\",-9223372036854775808]"};
    for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
        struct json_object *value = parsed(same[i]);
        struct buffer text = {0};
        json_text(value, &text);
        assert_string_equal(buffer_string(&text), same[i]);
        buffer_free(&text);
        json_object_put(value);
    }
}

static void test_whole_numbers_are_distinguished_from_all_else(void **state)
{
    struct json_object *value = parsed("[7,-7,1.0,\"7\",true,null]");
    uint64_t u;
    int64_t s;
    for (size_t i = 0; i < json_object_array_length(value); i++) {
        struct json_object *item = json_object_array_get_idx(value, i);
        assert_int_equal(json_is_u64(item, &u), i == 0);
        assert_int_equal(json_is_i64(item, &s), i < 2);
    }
    json_object_put(value);
}

static void test_what_follows_a_nul_is_not_passed_over(void **state)
{
    const char text[] = "{\"a\":1}\0more";
    struct json_object *value;
    assert_int_equal(json_parse(bytes_make(text, sizeof(text) - 1), &value),
                     ERR_INVALID);
    assert_int_equal(json_parse(bytes_make(text, 8), &value), ERR_INVALID);
    assert_int_equal(json_parse(bytes_make("1\0", 2), &value), ERR_INVALID);
    assert_int_equal(json_parse(bytes_text("{\"a\\u0000b\" : 1}"), &value),
                     ERR_INVALID);
    assert_ok(json_parse(bytes_text("[\"a\\u0000b\",{\"a\":1}]"), &value));
    json_object_put(value);
    assert_ok(json_parse(bytes_make(text, 7), &value));
    json_object_put(value);
}

static void test_what_a_tree_does_not_hold_is_refused_where_asked(void **state)
{
    static const char *const inexact[] = {
        "\"\\ud800\"",
        "\"\\uDFFF\"",
        "[\"a\", {\"b\": \"\\udbff\\u0041\"}]",
        "\"\\ud800\\ud800\\udc00\"",
        "\"\\udc00\\ud800\"",
        "\"\\\\\\ud800\"",
        "{\"\\ud800\": 1}",
        "{\"id\": 1, \"id\": 1}",
        "{\"a\": {\"b\": 1, \"c\": 2, \"\\u0062\": 3}}",
        "\"\\ud83d\\n\\ude00\"",
        "\"\\ud83d\"",
        "[{}, {\"\": 1, \"\": null}]"};
    static const char *const exact[] = {
        "\"\\ud83d\\ude00\"",
        "\"\\\\ud800\"",
        "\"\\ue000\\ud7ff\"",
        "{\"a\": {\"a\": \":\"}, \"b\": [{\"a\": 1}, {\"a\": 1}]}",
        "null",
        "[]",
        "\"\\\":\"",
        "{\"A\": 1, \"a\": 2}"};
    struct json_object *value;
    for (size_t i = 0; i < sizeof(inexact) / sizeof(inexact[0]); i++) {
        struct bytes text = bytes_text(inexact[i]);
        if (json_parse_exact(text, &value) != ERR_INVALID)
            fail_msg("%s was taken", inexact[i]);
        assert_null(value);
        assert_ok(json_parse(text, &value));
        json_object_put(value);
    }
    for (size_t i = 0; i < sizeof(exact) / sizeof(exact[0]); i++) {
        if (json_parse_exact(bytes_text(exact[i]), &value))
            fail_msg("%s: %s", exact[i], err_text());
        json_object_put(value);
    }
    assert_int_equal(json_parse_exact(bytes_text("{"), &value), ERR_INVALID);
}

static void test_getters_name_the_field(void **state)
{
    struct json_object *value = parsed("{\"n\":1,\"t\":\"x\",\"z\":null,"
                                       "\"c\":\"a\\u0000b\"}");
    const char *text;
    uint64_t number;
    bool flag;
    assert_ok(json_get_text(value, "t", &text));
    assert_string_equal(text, "x");
    assert_int_equal(json_get_text(value, "n", &text), ERR_INVALID);
    assert_string_equal(err_text(), "\"n\" must be a string");
    assert_int_equal(json_get_u64(value, "absent", &number), ERR_NOT_FOUND);
    assert_string_equal(err_text(), "\"absent\" is missing");
    assert_int_equal(json_get_bool(value, "z", &flag), ERR_NOT_FOUND);
    assert_int_equal(json_get_text(value, "c", &text), ERR_INVALID);
    json_object_put(value);
    value = parsed("[1]");
    assert_int_equal(json_get_u64(value, "n", &number), ERR_INVALID);
    json_object_put(value);
}

static void test_writer_writes_what_the_parser_reads(void **state)
{
    struct buffer out = {0};
    struct json_writer writer = json_writer_make(&out);
    json_open_object(&writer);
    json_field_text(&writer, "text", "a\"b\\c\n\t\x01/\xc3\xa4");
    json_name(&writer, "list");
    json_open_array(&writer);
    json_write_u64(&writer, UINT64_MAX);
    json_write_i64(&writer, INT64_MIN);
    json_write_double(&writer, 0.1);
    json_write_double(&writer, 5);
    json_write_double(&writer, 1.0 / 0.0);
    json_open_object(&writer);
    json_close_object(&writer);
    json_close_array(&writer);
    json_field_bool(&writer, "flag", false);
    json_field_null(&writer, "nothing");
    json_name(&writer, "raw");
    json_write_raw(&writer, bytes_text("[1]"));
    json_close_object(&writer);
    assert_string_equal(
        buffer_string(&out),
        "{\"text\":\"a\\\"b\\\\c\\n\\t\\u0001/\xc3\xa4\","
        "\"list\":[18446744073709551615,-9223372036854775808,0.1,5.0,null,{}],"
        "\"flag\":false,\"nothing\":null,\"raw\":[1]}");
    struct json_object *value = parsed(buffer_string(&out));
    struct buffer again = {0};
    json_text(value, &again);
    assert_true(bytes_equal(buffer_view(&again), buffer_view(&out)));
    json_object_put(value);
    buffer_free(&out);
    buffer_free(&again);
}

static void test_bytes_that_are_no_utf8_are_replaced(void **state)
{
    struct buffer out = {0};
    struct json_writer writer = json_writer_make(&out);
    json_write_bytes(&writer, bytes_text("a\xff"
                                         "b"));
    assert_string_equal(buffer_string(&out), "\"a\xef\xbf\xbd"
                                             "b\"");
    buffer_free(&out);
}

static void test_size_of_a_string_is_what_is_written(void **state)
{
    for (int byte = 0; byte < 0x80; byte++) {
        struct buffer text = {0}, out = {0};
        struct json_writer writer = json_writer_make(&out);
        buffer_text(&text, "\xc3\xa4x");
        buffer_u8(&text, (uint8_t)byte);
        json_write_bytes(&writer, buffer_view(&text));
        assert_int_equal(json_string_size(buffer_view(&text)), out.size);
        buffer_free(&text);
        buffer_free(&out);
    }
    assert_int_equal(json_string_size((struct bytes){0}), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_malformed_text_is_refused),
        cmocka_unit_test(test_nesting_past_the_limit_is_refused),
        cmocka_unit_test(
            test_values_are_counted_before_anything_is_made_of_them),
        cmocka_unit_test(test_numbers_are_exact_to_64_bits),
        cmocka_unit_test(test_numbers_that_do_not_fit_are_never_cut),
        cmocka_unit_test(test_digits_elsewhere_stay_as_they_are),
        cmocka_unit_test(test_whole_numbers_are_distinguished_from_all_else),
        cmocka_unit_test(test_what_follows_a_nul_is_not_passed_over),
        cmocka_unit_test(test_what_a_tree_does_not_hold_is_refused_where_asked),
        cmocka_unit_test(test_getters_name_the_field),
        cmocka_unit_test(test_writer_writes_what_the_parser_reads),
        cmocka_unit_test(test_bytes_that_are_no_utf8_are_replaced),
        cmocka_unit_test(test_size_of_a_string_is_what_is_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
