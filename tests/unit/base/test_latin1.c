/* Bytes as characters: every byte there and back, and what is no byte. */
#include "test.h"

#include "base/error.h"
#include "base/latin1.h"

static void test_every_byte_comes_back(void **state)
{
    struct buffer bytes = {0}, text = {0}, back = {0};

    for (unsigned byte = 0; byte < 256; byte++)
        buffer_u8(&bytes, (uint8_t)byte);
    latin1_to_utf8(buffer_view(&bytes), &text);
    assert_int_equal(text.size, 128 + 2 * 128);
    assert_true(bytes_is_utf8(buffer_view(&text)));
    assert_ok(latin1_from_utf8(buffer_view(&text), &back));
    assert_true(bytes_equal(buffer_view(&back), buffer_view(&bytes)));
    buffer_free(&bytes);
    buffer_free(&text);
    buffer_free(&back);
}

static void test_a_character_that_is_no_byte_is_refused(void **state)
{
    static const char *const wrong[] = {"\xc4\x80", "\xe2\x98\x83",
                                        "\xf0\x9f\x98\x80", "\xc3"};

    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
        struct buffer out = {0};

        buffer_text(&out, "before");
        assert_int_equal(latin1_from_utf8(bytes_text(wrong[i]), &out),
                         ERR_INVALID);
        assert_int_equal(out.size, 6);
        buffer_free(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_byte_comes_back),
        cmocka_unit_test(test_a_character_that_is_no_byte_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
