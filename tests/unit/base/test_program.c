#include "test.h"

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/program.h"

#include <stdlib.h>
#include <sys/stat.h>

static void expect(const struct program_run *run, const char *said,
                   bool has_succeeded)
{
    struct buffer text = {0};
    bool succeeded = !has_succeeded;

    assert_ok(program_run(run, &text, &succeeded));
    assert_string_equal(buffer_string(&text), said);
    assert_int_equal(succeeded, has_succeeded);
    buffer_free(&text);
}

static void test_what_a_program_says_and_how_it_ends_is_known(void **state)
{
    const char *words[] = {"sh", "-c", "echo a; echo b >&2; pwd", NULL};
    struct program_run run = {.words = words, .folder = "/", .said_max = 100};

    expect(&run, "a\nb\n/\n", true);
    words[2] = "echo no; exit 3";
    expect(&run, "no\n", false);
    words[2] = "kill -9 $$";
    expect(&run, "", false);
    /* It has no input to wait for. */
    words[2] = "cat; echo over";
    expect(&run, "over\n", true);
}

static void test_a_program_that_says_much_is_cut_and_ends(void **state)
{
    const char *words[] = {"sh", "-c", "yes | head -c 300000; echo end; exit 0",
                           NULL};
    struct program_run run = {.words = words, .said_max = 6};

    expect(&run, "y\ny\ny\n", true);
}

static void test_a_program_that_is_not_there_is_named(void **state)
{
    const char *words[] = {"no-such-program-of-ours", NULL};
    const struct program_run run = {.words = words, .said_max = 6};
    struct buffer text = {0};
    bool succeeded;

    assert_int_equal(program_run(&run, &text, &succeeded), ERR_NOT_FOUND);
    assert_non_null(strstr(err_text(), words[0]));
    buffer_free(&text);
}

static void
test_a_program_is_found_in_the_first_folder_that_has_it(void **state)
{
    char folder[] = "/tmp/pond-program-XXXXXX";

    assert_non_null(mkdtemp(folder));
    char *path = mem_format(":%s/none:%s", folder, folder);
    char *file = mem_format("%s/it", folder);
    char *place = mem_format("%s/none/it", folder);

    assert_null(program_find("it", path));
    assert_null(program_find("it", NULL));
    assert_ok(file_replace(file, bytes_text("#!/bin/sh\n"), 0600));
    assert_null(program_find("it", path)); /* not to be executed */
    assert_int_equal(chmod(file, 0700), 0);
    assert_ok(file_make_folder(place, 0700)); /* a folder is no program */
    char *found = program_find("it", path);
    assert_string_equal(found, file);
    free(found);
    free(place);
    free(file);
    free(path);
    assert_ok(file_remove_tree(folder));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_a_program_says_and_how_it_ends_is_known),
        cmocka_unit_test(test_a_program_that_says_much_is_cut_and_ends),
        cmocka_unit_test(test_a_program_that_is_not_there_is_named),
        cmocka_unit_test(
            test_a_program_is_found_in_the_first_folder_that_has_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
