#include "simulation/simulated_network_parts.h"

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

/* Never the same text, and every character of the kind that it was. */
static void test_a_wrong_text_has_the_form_of_the_true_one(void **state)
{
    static const char *const texts[] = {
        "a", "0", "bafybeigdyrzt5", "{\"count\": 12, \"Name\": \"x\"}", "é z"};
    struct random random = random_make(1);

    for (size_t round = 0; round < 1000; round++) {
        const char *text = texts[round % 5];
        struct buffer out = {0};

        simulated_cheat_text(&random, text, &out);
        assert_int_equal(out.size, strlen(text));
        assert_memory_not_equal(out.data, text, out.size);
        for (size_t i = 0; i < out.size; i++) {
            unsigned char was = (unsigned char)text[i], is = out.data[i];

            assert_int_equal(!isdigit(was), !isdigit(is));
            assert_int_equal(!islower(was), !islower(is));
            assert_int_equal(!isupper(was), !isupper(is));
            if (!isalnum(was))
                assert_int_equal(was, is);
        }
        buffer_free(&out);
    }
}

static void test_a_text_without_letters_grows(void **state)
{
    struct random random = random_make(1);
    struct buffer out = {0};

    simulated_cheat_text(&random, "--", &out);
    assert_string_equal(buffer_string(&out), "--x");
    buffer_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_wrong_text_has_the_form_of_the_true_one),
        cmocka_unit_test(test_a_text_without_letters_grows),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
