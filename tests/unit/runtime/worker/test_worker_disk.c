/*
 * The disk of a worker's task: counted when it is first asked about, and held
 * to its limit.
 */
#include "test.h"

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "runtime/worker/worker_disk.h"

#include <errno.h>
#include <pthread.h>

#define LIMIT_BYTES (1u << 20)

static char folder[] = "/tmp/pond-worker-disk-XXXXXX";

static void add_file(const char *name, size_t size)
{
    char *path = mem_format("%s/%s", folder, name);
    uint8_t *data = mem_zero(1, size + 1);

    memset(data, 7, size);
    assert_ok(file_replace(path, bytes_make(data, size), 0600));
    free(data);
    free(path);
}

static int make_folder(void **state)
{
    strcpy(folder, "/tmp/pond-worker-disk-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    return file_remove_tree(folder);
}

/* What is there when the task begins to write counts, and not what was there
 * when the process did. */
static void test_a_start_does_not_walk_the_folder(void **state)
{
    worker_disk_start(folder, LIMIT_BYTES);
    add_file("large", 2 * LIMIT_BYTES);
    assert_false(worker_disk_take(1));
    assert_int_equal(errno, EDQUOT);
    /* Far above the limit, which the next look says. */
    worker_disk_start(folder, LIMIT_BYTES);
    assert_false(worker_disk_look());
}

static void
test_the_limit_holds_for_what_is_there_and_what_is_written(void **state)
{
    add_file("half", LIMIT_BYTES / 2);
    worker_disk_start(folder, LIMIT_BYTES);
    assert_true(worker_disk_look());
    assert_true(worker_disk_take(LIMIT_BYTES / 4));
    assert_false(worker_disk_take(LIMIT_BYTES / 4 + WORKER_DISK_ENTRY));
    assert_true(worker_disk_take(WORKER_DISK_ENTRY));
}

static void test_without_a_folder_there_is_no_limit(void **state)
{
    worker_disk_start(NULL, 0);
    assert_true(worker_disk_look());
    assert_true(worker_disk_take(1u << 30));
}

#define TAKES 64
#define THREADS 4

static void *take_all(void *user)
{
    unsigned *taken = user;

    for (unsigned i = 0; i < TAKES; i++)
        *taken += worker_disk_take(WORKER_DISK_ENTRY);
    return NULL;
}

/* The first count is made once, whoever comes first. */
static void test_threads_that_write_at_once_have_one_count(void **state)
{
    unsigned taken[THREADS] = {0}, sum = 0;
    pthread_t threads[THREADS];

    add_file("half", LIMIT_BYTES / 2);
    worker_disk_start(folder, 2 * LIMIT_BYTES);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, take_all, &taken[i]),
                         0);
    assert_true(worker_disk_look());
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        sum += taken[i];
    }
    assert_int_equal(sum, TAKES * THREADS);
}

#define CASE(test)                                                             \
    cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_a_start_does_not_walk_the_folder),
        CASE(test_the_limit_holds_for_what_is_there_and_what_is_written),
        CASE(test_without_a_folder_there_is_no_limit),
        CASE(test_threads_that_write_at_once_have_one_count),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
