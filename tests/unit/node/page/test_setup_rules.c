/*
 * What a passphrase must be, and which words are asked for.
 */
#include "test.h"

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "crypto/key.h"
#include "node/page/setup.h"

#include <stdlib.h>
#include <string.h>

static const char phrase[] =
    "secret public similar metal escape castle belt payment team equal desk "
    "arctic";

static void test_a_passphrase_has_12_characters_and_256_bytes_at_most(void **s)
{
    char longest[SETUP_PASSPHRASE_MAX + 1];

    memset(longest, 'x', sizeof(longest));
    assert_ok(setup_check_passphrase(bytes_make(longest, 256)));
    assert_int_equal(setup_check_passphrase(bytes_make(longest, 257)),
                     ERR_INVALID);
    assert_ok(setup_check_passphrase(bytes_text("twelve chars")));
    assert_int_equal(setup_check_passphrase(bytes_text("eleven char")),
                     ERR_INVALID);
    assert_int_equal(setup_check_passphrase(bytes_text("")), ERR_INVALID);
}

static void test_characters_are_counted_and_not_bytes(void **state)
{
    assert_ok(setup_check_passphrase(bytes_text("двенадцать с")));
    assert_int_equal(setup_check_passphrase(bytes_text("двенадцать ")),
                     ERR_INVALID);
    /* Blanks at either end are part of it. */
    assert_ok(setup_check_passphrase(bytes_text("     x      ")));
}

static void test_what_no_field_has_is_refused(void **state)
{
    static const char *const wrong[] = {
        "twelve chars\n",       "twelve\rchars",     "twelve\tchars",
        "twelve\x7f chars",     "twelve chars\xff",  "twelve chars\xc3",
        "twelve chars\xe2\x82", "twelve chars\xc3(", "twelve chars\xc0\xaf"};

    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
        assert_int_equal(setup_check_passphrase(bytes_text(wrong[i])),
                         ERR_INVALID);
    assert_int_equal(setup_check_passphrase(bytes_make("twelve\0chars", 12)),
                     ERR_INVALID);
}

static void test_any_random_draws_three_rising_places(void **state)
{
    for (unsigned i = 0; i < 256; i++) {
        const uint8_t random[SETUP_PLACES] = {(uint8_t)i, (uint8_t)(i * 7),
                                              (uint8_t)(255 - i)};
        unsigned places[SETUP_PLACES];

        setup_draw_places(random, 12, places);
        assert_in_range(places[0], 1, 4);
        assert_in_range(places[1], 5, 8);
        assert_in_range(places[2], 9, 12);
    }
}

static void test_a_word_is_the_one_at_its_place(void **state)
{
    assert_true(setup_word_is(phrase, 1, bytes_text("secret")));
    assert_true(setup_word_is(phrase, 7, bytes_text(" Belt\n")));
    assert_true(setup_word_is(phrase, 12, bytes_text("ARCTIC")));
    assert_false(setup_word_is(phrase, 7, bytes_text("bel")));
    assert_false(setup_word_is(phrase, 7, bytes_text("belts")));
    assert_false(setup_word_is(phrase, 7, bytes_text("belt payment")));
    assert_false(setup_word_is(phrase, 7, bytes_text("")));
    assert_false(setup_word_is(phrase, 13, bytes_text("")));
    assert_false(setup_word_is(phrase, 13, bytes_text("arctic")));
    assert_false(setup_word_is("", 1, bytes_text("")));
}

static void test_steps_have_names(void **state)
{
    enum setup_step step;

    for (unsigned i = SETUP_DONE; i <= SETUP_WORKS; i++) {
        assert_ok(setup_step_parse(setup_step_name((enum setup_step)i), &step));
        assert_int_equal(step, i);
    }
    assert_int_equal(setup_step_parse("locked", &step), ERR_INVALID);
    assert_int_equal(setup_step_parse("10", &step), ERR_INVALID);
    assert_int_equal(setup_step_parse("", &step), ERR_INVALID);
}

static void on_imported(void *user, int status)
{
    assert_ok(status);
    ++*(int *)user;
}

static void on_open(void *user)
{
    fail_msg("it was closed before");
}

static void on_closed(void *user)
{
    ++*(int *)user;
}

/* Whoever closes it frees what it was given. */
static void test_what_is_being_written_ends_after_a_close(void **state)
{
    char folder[] = "/tmp/pond-setup-XXXXXX", name[] = "two";
    uv_loop_t loop;
    int ended = 0;

    assert_non_null(mkdtemp(folder));
    assert_int_equal(uv_loop_init(&loop), 0);
    const struct setup_options options = {.loop = &loop,
                                          .folder = folder,
                                          .account = name,
                                          .is_added = true,
                                          .opened = on_open,
                                          .user = &ended};
    struct setup *setup = setup_new(&options);
    char *path = mem_format("%s/wallets/two_mainSystemWallet.json", folder);

    memset(name, 'x', sizeof(name) - 1);
    assert_ok(setup_import(setup, bytes_text(phrase), on_imported, &ended));
    setup_close(setup, on_closed, &ended);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(ended, 2);
    assert_true(file_exists(path));
    assert_int_equal(uv_loop_close(&loop), 0);
    file_remove_tree(folder);
    free(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            test_a_passphrase_has_12_characters_and_256_bytes_at_most),
        cmocka_unit_test(test_characters_are_counted_and_not_bytes),
        cmocka_unit_test(test_what_no_field_has_is_refused),
        cmocka_unit_test(test_any_random_draws_three_rising_places),
        cmocka_unit_test(test_a_word_is_the_one_at_its_place),
        cmocka_unit_test(test_steps_have_names),
        cmocka_unit_test(test_what_is_being_written_ends_after_a_close),
    };

    crypto_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
