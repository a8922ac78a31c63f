#include "test.h"

#include "base/buffer.h"
#include "base/bytes.h"
#include "base/error.h"
#include <stdio.h>

static void test_reader_takes_numbers_in_both_orders(void **state)
{
    const uint8_t data[] = {1, 0x34, 0x12, 4, 3, 2, 1, 8, 7, 6, 5, 4, 3, 2,
                            1, 1,    2,    3, 4, 1, 2, 3, 4, 5, 6, 7, 8};
    struct reader reader = reader_make(bytes_make(data, sizeof(data)));
    uint8_t one;
    uint16_t two;
    uint32_t four;
    uint64_t eight;
    assert_int_equal(reader_u8(&reader, &one), 0);
    assert_int_equal(one, 1);
    assert_int_equal(reader_u16le(&reader, &two), 0);
    assert_int_equal(two, 0x1234);
    assert_int_equal(reader_u32le(&reader, &four), 0);
    assert_int_equal(four, 0x01020304);
    assert_int_equal(reader_u64le(&reader, &eight), 0);
    assert_int_equal(eight, 0x0102030405060708);
    assert_int_equal(reader_u32be(&reader, &four), 0);
    assert_int_equal(four, 0x01020304);
    assert_int_equal(reader_u64be(&reader, &eight), 0);
    assert_int_equal(eight, 0x0102030405060708);
    assert_int_equal(reader_end(&reader), 0);
}

static void test_reader_refuses_to_run_past_the_end(void **state)
{
    struct reader reader = reader_make(bytes_text("abc"));
    uint32_t four = 7;
    struct bytes part;
    assert_int_equal(reader_u32le(&reader, &four), ERR_INVALID);
    assert_string_equal(err_text(), "4 bytes wanted, 3 left");
    assert_int_equal(four, 7);
    assert_int_equal(reader_take(&reader, SIZE_MAX, &part), ERR_INVALID);
    /* nothing was consumed */
    assert_int_equal(reader_take(&reader, 3, &part), 0);
    assert_true(bytes_equal(part, bytes_text("abc")));
}

static void test_reader_end_counts_what_is_left(void **state)
{
    struct reader reader = reader_make(bytes_text("abc"));
    assert_int_equal(reader_end(&reader), ERR_INVALID);
    assert_string_equal(err_text(), "3 bytes too many");
}

static void test_varint_comes_back(void **state)
{
    const uint64_t values[] = {0,     1,     127,        128,
                               16383, 16384, UINT32_MAX, INT64_MAX};
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        struct buffer buffer = {0};
        buffer_varint(&buffer, values[i]);
        struct reader reader = reader_make(buffer_view(&buffer));
        uint64_t value;
        assert_int_equal(reader_varint(&reader, &value), 0);
        assert_int_equal(value, values[i]);
        assert_int_equal(reader_end(&reader), 0);
        buffer_free(&buffer);
    }
}

/* multiformats/unsigned-varint: minimal encodings of at most nine bytes. */
static void test_bad_varints_are_refused(void **state)
{
    const struct bytes bad[] = {
        bytes_make("", 0),
        bytes_make("\x80", 1),
        bytes_make("\x81\x00", 2),
        bytes_make("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 10),
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct reader reader = reader_make(bad[i]);
        uint64_t value;
        assert_int_equal(reader_varint(&reader, &value), ERR_INVALID);
    }
}

static void test_compare_orders_a_prefix_first(void **state)
{
    assert_true(bytes_compare(bytes_text("ab"), bytes_text("abc")) < 0);
    assert_true(bytes_compare(bytes_text("b"), bytes_text("abc")) > 0);
    assert_int_equal(bytes_compare(bytes_text("ab"), bytes_text("ab")), 0);
    assert_int_equal(bytes_compare(bytes_make(NULL, 0), bytes_text("")), 0);
    assert_true(bytes_begin_with(bytes_text("abc"), bytes_text("ab")));
    assert_false(bytes_begin_with(bytes_text("a"), bytes_text("ab")));
}

static void test_trim_takes_the_pad_at_the_right_only(void **state)
{
    struct bytes trimmed = bytes_trim_right(bytes_text("  a b  "), ' ');
    assert_true(bytes_equal(trimmed, bytes_text("  a b")));
    assert_int_equal(bytes_trim_right(bytes_text("   "), ' ').size, 0);
    /* Every length of text and of padding around the steps of eight. */
    for (size_t text = 0; text < 20; text++)
        for (size_t padding = 0; padding < 20; padding++) {
            uint8_t field[40];
            memset(field, 'x', text);
            memset(field + text, ' ', padding);
            assert_int_equal(
                bytes_trim_right(bytes_make(field, text + padding), ' ').size,
                text);
        }
}

static void test_utf8_follows_rfc_3629(void **state)
{
    const char *good[] = {"",
                          "plain",
                          "\xc3\xa4",
                          "\xe2\x82\xac",
                          "\xf0\x9f\x9a\x80",
                          "\xed\x9f\xbf",
                          "\xf4\x8f\xbf\xbf"};
    const char *bad[] = {"\x80",
                         "\xc3",
                         "\xc0\xaf",
                         "\xc1\xbf",
                         "\xe0\x80\xaf",
                         "\xed\xa0\x80",
                         "\xf0\x80\x80\xaf",
                         "\xf4\x90\x80\x80",
                         "\xf8\x88\x80\x80",
                         "\xe2\x82"};
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        assert_true(bytes_is_utf8(bytes_text(good[i])));
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(bytes_is_utf8(bytes_text(bad[i])));
    /* Behind and before any number of plain letters. */
    for (size_t before = 0; before < 20; before++)
        for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
            char text[48];
            snprintf(text, sizeof(text), "%.*s%s%s", (int)before,
                     "12345678901234567890", bad[i], "plain letters");
            assert_false(bytes_is_utf8(bytes_text(text)));
        }
}

static void test_buffer_grows_and_consumes(void **state)
{
    struct buffer buffer = {0};
    for (int i = 0; i < 1000; i++)
        buffer_format(&buffer, "%03d;", i);
    assert_int_equal(buffer.size, 4000);
    buffer_consume(&buffer, 4);
    assert_memory_equal(buffer.data, "001;002;", 8);
    buffer_resize(&buffer, 4);
    assert_string_equal(buffer_string(&buffer), "001;");
    assert_int_equal(buffer.size, 4);
    buffer_resize(&buffer, 6);
    assert_memory_equal(buffer.data, "001;\0\0", 6);
    buffer_free(&buffer);
    assert_int_equal(buffer.size, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reader_takes_numbers_in_both_orders),
        cmocka_unit_test(test_reader_refuses_to_run_past_the_end),
        cmocka_unit_test(test_reader_end_counts_what_is_left),
        cmocka_unit_test(test_varint_comes_back),
        cmocka_unit_test(test_bad_varints_are_refused),
        cmocka_unit_test(test_compare_orders_a_prefix_first),
        cmocka_unit_test(test_trim_takes_the_pad_at_the_right_only),
        cmocka_unit_test(test_utf8_follows_rfc_3629),
        cmocka_unit_test(test_buffer_grows_and_consumes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
