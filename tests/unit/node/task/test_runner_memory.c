/* What a task keeps with `persist: true` is there after its node was started
 * again; the rest is not. */
#include "runner_fixture.h"
#include "test.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "node/task/runner.h"
#include "node/task/runner_worker.h"
#include "runtime/host/memory.h"

#include <sys/stat.h>
#include <unistd.h>

static void keep(struct fixture *fixture, const char *key, bool persists)
{
    const struct memory_options options = {.persists = persists};

    assert_ok(memory_set(runner_worker_memory(fixture->runner->worker),
                         clock_monotonic_ms(), bytes_text(key),
                         bytes_text("\"value\""), &options));
}

static bool has(struct fixture *fixture, const char *key)
{
    struct bytes value;

    return !memory_get(runner_worker_memory(fixture->runner->worker),
                       clock_monotonic_ms(), bytes_text(key), &value);
}

static char *file_of(const struct fixture *fixture, const char *end)
{
    return mem_format("%s/memory/%s%s", fixture->folder,
                      PUBKEY_TEXT(&fixture_task), end);
}

static bool is_there(const struct fixture *fixture, const char *end)
{
    char *path = file_of(fixture, end);
    bool there = file_exists(path);

    free(path);
    return there;
}

static void restart(struct fixture *fixture)
{
    fixture_end_runner(fixture);
    fixture_connect(fixture);
    fixture_start(fixture, 0);
}

static void test_what_persists_is_there_after_a_restart(void **state)
{
    struct fixture *fixture = *state;
    struct stat found;

    fixture_start(fixture, 0);
    keep(fixture, "stays", true);
    keep(fixture, "goes", false);
    restart(fixture);
    assert_true(has(fixture, "stays"));
    assert_false(has(fixture, "goes"));
    char *path = file_of(fixture, "");
    assert_int_equal(stat(path, &found), 0);
    assert_int_equal(found.st_mode & 0777, 0600);
    free(path);
    /* And after another, in which nothing has changed. */
    restart(fixture);
    assert_true(has(fixture, "stays"));
}

static void test_a_task_that_asks_for_nothing_costs_no_file(void **state)
{
    struct fixture *fixture = *state;

    fixture_start(fixture, 0);
    keep(fixture, "goes", false);
    task_runner_tick(fixture->runner, clock_monotonic_ms());
    restart(fixture);
    assert_false(is_there(fixture, ""));
}

static void test_a_crash_loses_a_minute_at_most(void **state)
{
    struct fixture *fixture = *state;
    uint64_t now_ms = clock_monotonic_ms();
    char *path = file_of(fixture, "");

    fixture_start(fixture, 0);
    keep(fixture, "first", true);
    task_runner_tick(fixture->runner, now_ms);
    fixture_settle(fixture);
    assert_true(file_exists(path));
    /* Not at every tick; but with the next minute. */
    unlink(path);
    keep(fixture, "second", true);
    task_runner_tick(fixture->runner, now_ms + 59000);
    fixture_settle(fixture);
    assert_false(file_exists(path));
    task_runner_tick(fixture->runner, now_ms + 60000);
    fixture_settle(fixture);
    assert_true(file_exists(path));
    /* Without a change nothing is written. */
    unlink(path);
    task_runner_tick(fixture->runner, now_ms + 180000);
    fixture_settle(fixture);
    assert_false(file_exists(path));
    free(path);
}

static void test_a_damaged_snapshot_is_said_and_put_aside(void **state)
{
    struct fixture *fixture = *state;
    struct buffer text = {0};

    fixture_start(fixture, 0);
    keep(fixture, "stays", true);
    fixture_end_runner(fixture);
    char *path = file_of(fixture, "");
    assert_ok(file_read(path, 1u << 20, &text));
    text.data[text.size - 1] ^= 1;
    assert_ok(file_replace(path, buffer_view(&text), 0600));
    fixture_connect(fixture);
    fixture_start(fixture, 0);
    assert_false(has(fixture, "stays"));
    assert_false(is_there(fixture, ""));
    assert_true(is_there(fixture, ".bad"));
    char *log = mem_format("%s/namespace/%s/task.log", fixture->folder,
                           PUBKEY_TEXT(&fixture_task));
    buffer_clear(&text);
    assert_ok(file_read(log, 1u << 20, &text));
    assert_non_null(strstr(buffer_string(&text), "persist is lost"));
    /* The memory works on. */
    keep(fixture, "new", true);
    restart(fixture);
    assert_true(has(fixture, "new"));
    free(log);
    free(path);
    buffer_free(&text);
}

static void
test_a_disk_that_takes_nothing_keeps_no_node_from_ending(void **state)
{
    struct fixture *fixture = *state;
    char *folder = mem_format("%s/memory", fixture->folder);

    /* A file where the folder should be. */
    assert_ok(file_replace(folder, bytes_text(""), 0600));
    fixture_start(fixture, 0);
    keep(fixture, "stays", true);
    task_runner_tick(fixture->runner, clock_monotonic_ms());
    fixture_settle(fixture);
    assert_true(
        memory_is_changed(runner_worker_memory(fixture->runner->worker)));
    restart(fixture);
    assert_false(has(fixture, "stays"));
    free(folder);
}

#define TEST(function)                                                         \
    cmocka_unit_test_setup_teardown(function, fixture_open, fixture_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_what_persists_is_there_after_a_restart),
        TEST(test_a_task_that_asks_for_nothing_costs_no_file),
        TEST(test_a_crash_loses_a_minute_at_most),
        TEST(test_a_damaged_snapshot_is_said_and_put_aside),
        TEST(test_a_disk_that_takes_nothing_keeps_no_node_from_ending),
    };

    crypto_init();
    log_configure("quiet");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
