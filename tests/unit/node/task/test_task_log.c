#include "test.h"

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "node/task/task_log.h"

#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64];

static int setup(void **state)
{
    strcpy(folder, "/tmp/pond-task-log-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static int teardown(void **state)
{
    file_remove_tree(folder);
    return 0;
}

/* So that the next line is the first of another file. */
static void fill(struct task_log *log)
{
    char *text = mem_zero(1, TASK_LOG_SIZE_MAX + 1);

    memset(text, 'a', TASK_LOG_SIZE_MAX);
    task_log_line(log, LOG_INFO, text);
    free(text);
}

static bool is_in(const char *name, const char *text)
{
    char *path = mem_format("%s/%s", folder, name);
    struct buffer whole = {0};

    assert_ok(file_read(path, 2 * TASK_LOG_SIZE_MAX, &whole));
    bool found = strstr(buffer_string(&whole), text) != NULL;
    buffer_free(&whole);
    free(path);
    return found;
}

static void test_a_full_file_is_moved_and_another_begun(void **state)
{
    struct task_log *log;

    assert_ok(task_log_open(folder, &log));
    task_log_line(log, LOG_WARN, "first");
    fill(log);
    task_log_line(log, LOG_INFO, "second");
    task_log_close(log);
    assert_true(is_in("task.log.1", "WARNING: first\n"));
    assert_true(is_in("task.log", "second\n"));
    assert_false(is_in("task.log.1", "second\n"));
}

/* As where the process has no descriptor left for a moment. */
static void test_no_line_is_lost_where_the_file_cannot_be_opened(void **state)
{
    struct rlimit before, none;
    struct task_log *log;

    assert_ok(task_log_open(folder, &log));
    fill(log);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    none = before;
    none.rlim_cur = 0;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    task_log_line(log, LOG_INFO, "meanwhile");
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    task_log_line(log, LOG_INFO, "afterwards");
    task_log_close(log);
    assert_true(is_in("task.log.1", "meanwhile\n"));
    assert_true(is_in("task.log", "afterwards\n"));
}

/* As Koii's node writes what a task says. */
static void test_output_has_koiis_prefixes(void **state)
{
    struct task_log *log;
    struct buffer whole = {0};
    char *path = mem_format("%s/task.log", folder);
    unsigned month, day, year, hour, minute, second;
    char half[3];

    assert_ok(task_log_open(folder, &log));
    task_log_output(log, false, bytes_text("one\ntwo\x1b[31m\r\a\n"));
    task_log_output(log, true, bytes_text("an Error of mine"));
    task_log_output(log, true, bytes_text("careful\n"));
    task_log_output(log, false, bytes_text(""));
    task_log_close(log);
    assert_ok(file_read(path, 4096, &whole));
    const char *text = buffer_string(&whole);
    assert_int_equal(sscanf(text, "[%u/%u/%u, %u:%u:%u %2s]", &month, &day,
                            &year, &hour, &minute, &second, half),
                     7);
    assert_true(hour >= 1 && hour <= 12);
    assert_non_null(strstr(text, "M] one\ntwo[31m\n["));
    assert_non_null(strstr(text, "M] ERROR: an Error of mine\n["));
    assert_non_null(strstr(text, "M] WARNING: careful\n["));
    buffer_free(&whole);
    free(path);
}

/* The folder is the task's: what it puts there must not lead the node
 * elsewhere, or make it wait. */
static void test_what_is_no_file_of_its_own_is_not_written(void **state)
{
    char *path = mem_format("%s/task.log", folder);
    char *other = mem_format("%s/other", folder);
    struct buffer text = {0};
    struct task_log *log;

    assert_int_equal(symlink(other, path), 0);
    assert_int_equal(task_log_open(folder, &log), ERR_IO);
    assert_int_equal(task_log_tail(folder, 100, &text), ERR_IO);
    assert_false(file_exists(other));
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(task_log_open(folder, &log), ERR_IO);
    assert_int_equal(task_log_tail(folder, 100, &text), ERR_IO);
    buffer_free(&text);
    free(other);
    free(path);
}

#define TEST(function)                                                         \
    cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_full_file_is_moved_and_another_begun),
        TEST(test_no_line_is_lost_where_the_file_cannot_be_opened),
        TEST(test_output_has_koiis_prefixes),
        TEST(test_what_is_no_file_of_its_own_is_not_written),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
