#include "test.h"

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/random.h"

#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[] = "/tmp/pond-file-XXXXXX";

static char *path_of(const char *name)
{
    return mem_format("%s/%s", folder, name);
}

static void test_replaced_file_reads_back_with_its_mode(void **state)
{
    char *path = path_of("key.json");
    struct buffer read = {0};
    struct stat found;
    assert_ok(file_replace(path, bytes_text("old"), 0600));
    assert_ok(file_replace(path, bytes_text("new text"), 0600));
    assert_ok(file_read(path, 8, &read));
    assert_string_equal(buffer_string(&read), "new text");
    assert_int_equal(stat(path, &found), 0);
    assert_int_equal(found.st_mode & 0777, 0600);
    buffer_free(&read);
    free(path);
}

static void test_a_file_over_the_limit_is_refused(void **state)
{
    char *path = path_of("large");
    struct buffer read = {0};
    assert_ok(file_replace(path, bytes_text("123456789"), 0600));
    assert_int_equal(file_read(path, 8, &read), ERR_LIMIT);
    assert_int_equal(read.size, 0);
    buffer_free(&read);
    free(path);
}

static void test_errors_name_the_path(void **state)
{
    struct buffer read = {0};
    char *path = path_of("absent");
    assert_int_equal(file_read(path, 8, &read), ERR_NOT_FOUND);
    assert_non_null(strstr(err_text(), path));
    char *deep = path_of("absent/file");
    assert_int_equal(file_replace(deep, bytes_text("x"), 0600), ERR_IO);
    assert_non_null(strstr(err_text(), deep));
    free(deep);
    free(path);
    buffer_free(&read);
}

static void test_what_is_no_plain_file_is_not_read_as_one(void **state)
{
    struct buffer read = {0};
    char *path = path_of("plain"), *link = path_of("link"),
         *pipe = path_of("pipe");

    assert_ok(file_replace(path, bytes_text("x"), 0600));
    assert_int_equal(symlink(path, link), 0);
    assert_int_equal(mkfifo(pipe, 0600), 0);
    assert_ok(file_read_plain(path, 8, &read));
    assert_string_equal(buffer_string(&read), "x");
    assert_int_equal(file_read_plain(link, 8, &read), ERR_IO);
    assert_int_equal(file_read_plain(pipe, 8, &read), ERR_IO);
    assert_non_null(strstr(err_text(), pipe));
    assert_int_equal(read.size, 1);
    (void)unlink(link);
    (void)unlink(pipe);
    (void)unlink(path);
    free(pipe);
    free(link);
    free(path);
    buffer_free(&read);
}

static void test_folders_are_made_and_removed_whole(void **state)
{
    char *deep = path_of("a/b/c");
    char *top = path_of("a");
    char *file = path_of("a/b/file");
    assert_ok(file_make_folder(deep, 0700));
    assert_ok(file_make_folder(deep, 0700));
    assert_ok(file_replace(file, bytes_text("x"), 0600));
    assert_int_equal(file_make_folder(file, 0700), ERR_EXISTS);
    assert_ok(file_remove_tree(top));
    assert_false(file_exists(top));
    assert_ok(file_remove_tree(top));
    uint64_t free_bytes;
    assert_ok(file_free_bytes(folder, &free_bytes));
    assert_true(free_bytes > 0);
    free(deep);
    free(top);
    free(file);
}

/* In the child: the file is all "a", or all "b", time and again. */
static void replace_for_ever(const char *path)
{
    static char text[50000];
    for (char letter = 'a';; letter = letter == 'a' ? 'b' : 'a') {
        memset(text, letter, sizeof(text));
        if (file_replace(path, bytes_make(text, sizeof(text)), 0600))
            _exit(1);
    }
}

static void test_a_change_has_its_time(void **state)
{
    const struct timespec times[2] = {{0}, {.tv_sec = 12, .tv_nsec = 34999999}};
    char path[] = "/tmp/pond-file-XXXXXX";
    uint64_t changed_ms;
    int file = mkstemp(path);

    assert_true(file >= 0);
    assert_int_equal(futimens(file, times), 0);
    assert_ok(file_changed_ms(path, &changed_ms));
    assert_int_equal(changed_ms, 12034);
    close(file);
    unlink(path);
    assert_int_equal(file_changed_ms(path, &changed_ms), ERR_NOT_FOUND);
}

static void test_a_killed_replacer_leaves_old_or_new(void **state)
{
    struct random random = random_make(random_seed());
    struct buffer read = {0};
    char *path = path_of("replaced");
    assert_ok(file_replace(path, bytes_text("first"), 0600));
    for (int i = 0; i < 20; i++) {
        pid_t child = fork();
        if (child == 0)
            replace_for_ever(path);
        usleep((useconds_t)random_below(&random, 10000));
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
        buffer_clear(&read);
        assert_ok(file_read(path, 100000, &read));
        if (read.size == 5)
            continue; /* killed before it began */
        assert_int_equal(read.size, 50000);
        for (size_t at = 1; at < read.size; at++)
            assert_int_equal(read.data[at], read.data[0]);
    }
    buffer_free(&read);
    free(path);
}

static int make_folder(void **state)
{
    return mkdtemp(folder) ? 0 : -1;
}

static int drop_folder(void **state)
{
    return file_remove_tree(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_replaced_file_reads_back_with_its_mode),
        cmocka_unit_test(test_a_file_over_the_limit_is_refused),
        cmocka_unit_test(test_errors_name_the_path),
        cmocka_unit_test(test_what_is_no_plain_file_is_not_read_as_one),
        cmocka_unit_test(test_folders_are_made_and_removed_whole),
        cmocka_unit_test(test_a_change_has_its_time),
        cmocka_unit_test(test_a_killed_replacer_leaves_old_or_new),
    };
    return cmocka_run_group_tests(tests, make_folder, drop_folder);
}
