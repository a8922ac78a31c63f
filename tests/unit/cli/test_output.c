/*
 * What is printed is read back through a file that stands in for stdout.
 */
#include "base/check.h"
#include "cli/output.h"
#include "heap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

static char printed[4096];

/* Of the longest seed phrase, with the NUL. */
#define MNEMONIC_LENGTH 216

/* Print the output and keep what came. */
static void print(struct output *output)
{
    FILE *file = tmpfile();
    int kept = dup(STDOUT_FILENO);

    CHECK(file && kept >= 0);
    fflush(stdout);
    CHECK(dup2(fileno(file), STDOUT_FILENO) >= 0);
    output_print(output);
    fflush(stdout);
    CHECK(dup2(kept, STDOUT_FILENO) >= 0);
    close(kept);
    /* Not by stdio, whose buffer would be a copy. */
    size_t size = (size_t)pread(fileno(file), printed, sizeof(printed) - 1, 0);
    CHECK(size < sizeof(printed));
    printed[size] = 0;
    fclose(file);
}

static void add_pair(struct output *output, const char *name, uint64_t roe)
{
    output_text(output, "name", name);
    output_roe(output, "balance_roe", roe);
    output_record(output);
}

static void test_one_record_is_lines_of_name_and_value(void **state)
{
    struct output output = {0};

    output_text(&output, "stake_pot", "abc");
    output_bool(&output, "active", true);
    output_roe(&output, "bounty_roe", 1500000000);
    output_record(&output);
    print(&output);
    assert_string_equal(printed, "stake pot: abc\n"
                                 "active:    yes\n"
                                 "bounty:    1.5 KOII\n");
}

static void test_several_records_are_a_table_without_trailing_blanks(void **st)
{
    struct output output = {0};

    add_pair(&output, "a", 1000000000);
    add_pair(&output, "longer", 2);
    print(&output);
    assert_string_equal(printed, "name    balance\n"
                                 "a       1 KOII\n"
                                 "longer  0.000000002 KOII\n");
}

static void test_a_list_of_one_is_a_table_too(void **state)
{
    struct output output = {0};

    output_list(&output, "nothing");
    add_pair(&output, "a", 0);
    print(&output);
    assert_string_equal(printed, "name  balance\na     0 KOII\n");
}

static void test_an_empty_list_says_so_to_people_only(void **state)
{
    struct output output = {0};

    output_list(&output, "nothing is there");
    print(&output);
    assert_string_equal(printed, "nothing is there\n");

    output.json = true;
    output_list(&output, "nothing is there");
    print(&output);
    assert_string_equal(printed, "");
}

static void test_json_is_one_object_a_line_with_exact_numbers(void **state)
{
    struct output output = {.json = true};

    output_u64(&output, "large", UINT64_MAX);
    output_roe_signed(&output, "reward_roe", -2800000000);
    output_text(&output, "none", NULL);
    output_text(&output, "quoted", "\"\n");
    output_record(&output);
    output_bool(&output, "second", false);
    output_record(&output);
    print(&output);
    assert_string_equal(printed, "{\"large\":18446744073709551615,"
                                 "\"reward_roe\":-2800000000,\"none\":null,"
                                 "\"quoted\":\"\\\"\\n\"}\n"
                                 "{\"second\":false}\n");
}

static void test_a_negative_amount_keeps_its_decimals(void **state)
{
    struct output output = {0};

    output_roe_signed(&output, "reward_roe", -840000000);
    output_record(&output);
    print(&output);
    assert_string_equal(printed, "reward: -0.84 KOII\n");
}

/* What an endpoint says of an amount is printed, whatever it says. */
static void test_any_amount_can_be_printed(void **state)
{
    struct output output = {0};

    output_roe(&output, "bounty_roe", UINT64_MAX);
    output_roe_signed(&output, "reward_roe", INT64_MIN);
    output_record(&output);
    print(&output);
    assert_string_equal(printed, "bounty: 18446744073.709551615 KOII\n"
                                 "reward: -9223372036.854775808 KOII\n");

    output.json = true;
    output_roe(&output, "bounty_roe", UINT64_MAX);
    output_roe_signed(&output, "reward_roe", INT64_MIN);
    output_record(&output);
    print(&output);
    assert_string_equal(printed, "{\"bounty_roe\":18446744073709551615,"
                                 "\"reward_roe\":-9223372036854775808}\n");
}

/* Strangers write the texts on chain. */
static void test_a_text_can_not_steer_the_terminal(void **state)
{
    struct output output = {0};

    output_text(&output, "esc", "a\033[2Jb");
    output_text(&output, "lines", "x\r\n\ty\177");
    output_text(&output, "c1",
                "\xc2\x9b"
                "31m\xc2\x85");
    output_text(&output, "broken",
                "\x9b"
                "31m\xe2\x82");
    output_text(&output, "good", "\xc2\xa0\xe2\x82\xac \xf0\x9f\x90\x9f");
    output_record(&output);
    print(&output);
    assert_string_equal(printed,
                        "esc:    a\\x1b[2Jb\n"
                        "lines:  x\\x0d\\x0a\\x09y\\x7f\n"
                        "c1:     \\xc2\\x9b31m\\xc2\\x85\n"
                        "broken: \\x9b31m\\xe2\\x82\n"
                        "good:   \xc2\xa0\xe2\x82\xac \xf0\x9f\x90\x9f\n");
}

static void test_a_log_keeps_its_lines(void **state)
{
    struct buffer out = {0};

    output_harmless(bytes_make("one\n\ttwo\033\0", 10), "\n\t", &out);
    assert_string_equal(buffer_string(&out), "one\n\ttwo\\x1b\\x00");
    buffer_free(&out);
}

static void test_an_output_can_be_used_again(void **state)
{
    struct output output = {.json = true};

    for (int i = 0; i < 2; i++) {
        output_u64(&output, "n", 1);
        output_record(&output);
        print(&output);
        assert_string_equal(printed, "{\"n\":1}\n");
    }
}

/* Made here, so that no copy stands in a constant. */
static void make_secret(char *out, size_t size)
{
    for (size_t i = 0; i + 1 < size; i++)
        out[i] = (char)('a' + i * 7 % 26);
    out[size - 1] = 0;
}

static void print_secret(struct output *output, const char *secret)
{
    output_text(output, "address", "x");
    output_text(output, "seed_phrase", secret);
    output_record(output);
    print(output);
    assert_non_null(strstr(printed, secret));
}

static void test_nothing_of_a_secret_is_left_in_memory(void **state)
{
    char secret[MNEMONIC_LENGTH];
    struct output output = {.is_secret = true};

    make_secret(secret, sizeof(secret));
    print_secret(&output, secret);
    output.json = true;
    print_secret(&output, secret);
    /* And one that is never printed. */
    output_text(&output, "seed_phrase", secret);
    output_drop(&output);
    assert_false(heap_has(secret, sizeof(secret) - 1));
#if !defined(__SANITIZE_ADDRESS__)
    /* The search does find what is there. */
    output = (struct output){0};
    output_text(&output, "seed_phrase", secret);
    assert_true(heap_has(secret, sizeof(secret) - 1));
    output_drop(&output);
#endif
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_record_is_lines_of_name_and_value),
        cmocka_unit_test(
            test_several_records_are_a_table_without_trailing_blanks),
        cmocka_unit_test(test_a_list_of_one_is_a_table_too),
        cmocka_unit_test(test_an_empty_list_says_so_to_people_only),
        cmocka_unit_test(test_json_is_one_object_a_line_with_exact_numbers),
        cmocka_unit_test(test_a_negative_amount_keeps_its_decimals),
        cmocka_unit_test(test_any_amount_can_be_printed),
        cmocka_unit_test(test_a_text_can_not_steer_the_terminal),
        cmocka_unit_test(test_a_log_keeps_its_lines),
        cmocka_unit_test(test_an_output_can_be_used_again),
        cmocka_unit_test(test_nothing_of_a_secret_is_left_in_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
