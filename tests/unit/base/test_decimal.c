#include "test.h"

#include "base/decimal.h"

static void test_units_have_the_digits_that_they_need(void **state)
{
    static const struct {
        uint64_t units;
        unsigned decimals;
        const char *text;
    } cases[] = {
        {0, 0, "0"},
        {0, 6, "0"},
        {7, 0, "7"},
        {100, 0, "100"},
        {20, 1, "2"},
        {1, 6, "0.000001"},
        {1500000, 6, "1.5"},
        {1000000, 6, "1"},
        {12345, 5, "0.12345"},
        {123450, 5, "1.2345"},
        {1, 20, "0.00000000000000000001"},
        {UINT64_MAX, 9, "18446744073.709551615"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct buffer text = {0};

        decimal_units(cases[i].units, cases[i].decimals, &text);
        assert_string_equal(buffer_string(&text), cases[i].text);
        buffer_free(&text);
    }
}

static void test_digits_may_be_more_than_a_number_holds(void **state)
{
    struct buffer text = {0};

    decimal_digits("1234567890123456789012345678900", 9, &text);
    assert_string_equal(buffer_string(&text), "1234567890123456789012.3456789");
    buffer_free(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_units_have_the_digits_that_they_need),
        cmocka_unit_test(test_digits_may_be_more_than_a_number_holds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
