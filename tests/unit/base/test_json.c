#include "test.h"

#include "base/error.h"
#include "base/json.h"

static void test_malformed_text_is_refused(void **state)
{
    const char *bad[] = {"",      "{",        "[1,",  "{\"a\":1}x", "nul",
                         "1 2",   "\"a",      " ",    "{a:1}",      "'a'",
                         "[1 2]", "\"\xff\"", "[1,]", "{\"a\":1,}"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct json_object *value = NULL;
        assert_int_equal(json_parse(bytes_text(bad[i]), &value), ERR_INVALID);
        assert_null(value);
        assert_true(err_text()[0]);
    }
}

static void test_nesting_past_the_limit_is_refused(void **state)
{
    char deep[2 * JSON_DEPTH_MAX];
    memset(deep, '[', sizeof(deep));
    struct json_object *value;
    assert_int_equal(json_parse(bytes_make(deep, sizeof(deep)), &value),
                     ERR_INVALID);
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
        cmocka_unit_test(test_numbers_are_exact_to_64_bits),
        cmocka_unit_test(test_getters_name_the_field),
        cmocka_unit_test(test_writer_writes_what_the_parser_reads),
        cmocka_unit_test(test_bytes_that_are_no_utf8_are_replaced),
        cmocka_unit_test(test_size_of_a_string_is_what_is_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
