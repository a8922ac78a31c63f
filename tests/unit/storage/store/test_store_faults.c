#include "faults.h"
#include "fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#define SMALL_SEGMENT 8000
#define BLOCK_SIZE 900

/* Options for a disk that may be full. */
static const struct store_options small = {.segment_size_bytes = SMALL_SEGMENT,
                                           .free_floor_bytes = 1};

static char *segment_path(const char *folder, unsigned number)
{
    return mem_format("%s/segments/%08u.car", folder, number);
}

static uint64_t file_size(const char *path)
{
    struct stat info;

    return stat(path, &info) ? 0 : (uint64_t)info.st_size;
}

/* A copy of the folder as a killed process leaves it. */
static char *copy_of(const char *folder)
{
    char *copy = fixture_folder_in_memory(), *command;

    command = mem_format("cp -r %s/. %s", folder, copy);
    assert_int_equal(system(command), 0);
    free(command);
    return copy;
}

/* A segment as a crash leaves it when its header was half written. */
static void make_torn(const char *folder, unsigned number)
{
    char *first = segment_path(folder, 1), *path = segment_path(folder, number);
    struct buffer bytes = {0};

    assert_ok(file_read(first, 1 << 20, &bytes));
    assert_ok(file_replace(path, bytes_make(bytes.data, 7), 0600));
    buffer_free(&bytes);
    free(first);
    free(path);
}

static int disarm(void **state)
{
    faults_end();
    return 0;
}

static void test_a_torn_header_on_a_full_disk_is_no_trouble(void **state)
{
    static const struct fault full = {.calls = FAULT_WRITE | FAULT_MAKE,
                                      .at = 1,
                                      .error = ENOSPC,
                                      .lasting = true,
                                      .path = "segments/"};
    char *folder = fixture_folder_in_memory();
    struct store *store = fixture_store(folder, SMALL_SEGMENT);
    struct cid cid = fixture_put(store, BLOCK_SIZE, 1), other;
    struct buffer data = fixture_bytes(BLOCK_SIZE, 2);

    store_close(store);
    make_torn(folder, 2);
    faults_begin(&full);
    store = fixture_store(folder, SMALL_SEGMENT);
    assert_true(fixture_has(store, &cid, BLOCK_SIZE, 1));
    cid_of(1, CID_RAW, buffer_view(&data), &other);
    assert_int_equal(store_put(store, &other, buffer_view(&data)), ERR_FULL);
    assert_true(faults_end());
    /* There is room again, in the same process. */
    assert_ok(store_put(store, &other, buffer_view(&data)));
    store_close(store);
    buffer_free(&data);
    fixture_remove(folder);
}

static void test_a_file_that_is_no_segment_is_left_alone(void **state)
{
    char *folder = fixture_folder_in_memory(), *path = segment_path(folder, 2);
    struct store *store = fixture_store(folder, SMALL_SEGMENT);

    fixture_put(store, BLOCK_SIZE, 1);
    store_close(store);
    assert_ok(file_replace(path, bytes_text("somebody's notes"), 0600));
    assert_int_equal(store_open(folder, &small, &store), ERR_CORRUPT);
    assert_int_equal(file_size(path), strlen("somebody's notes"));
    free(path);
    fixture_remove(folder);
}

/* What a kernel does: the flush fails once, the bytes are gone, and the next
 * flush of the same file says that all is well. */
static void test_a_failed_flush_is_not_trusted_again(void **state)
{
    static const struct fault once = {
        .calls = FAULT_SYNC, .at = 1, .error = EIO, .path = ".car"};
    char *folder = fixture_folder_in_memory(), *first = segment_path(folder, 1),
         *copy;
    struct store *store = fixture_store(folder, 0);
    struct cid before = fixture_put(store, BLOCK_SIZE, 1), after;
    uint64_t synced;

    assert_ok(store_sync(store));
    synced = file_size(first);
    after = fixture_put(store, BLOCK_SIZE, 2);
    faults_begin(&once);
    assert_int_equal(store_sync(store), ERR_IO);
    assert_true(faults_end());
    assert_true(fixture_has(store, &after, BLOCK_SIZE, 2));
    assert_ok(store_sync(store));

    copy = copy_of(folder);
    free(first);
    first = segment_path(copy, 1);
    assert_int_equal(truncate(first, (off_t)synced), 0);
    store_close(store);
    store = fixture_store(copy, 0);
    assert_true(fixture_has(store, &before, BLOCK_SIZE, 1));
    assert_true(fixture_has(store, &after, BLOCK_SIZE, 2));
    store_close(store);
    free(first);
    fixture_remove(copy);
    fixture_remove(folder);
}

/* The page cache has lost the bytes, too. */
static void
test_what_a_failed_flush_has_lost_is_never_called_durable(void **state)
{
    static const struct fault once = {
        .calls = FAULT_SYNC, .at = 1, .error = EIO, .path = ".car"};
    char *folder = fixture_folder_in_memory(), *first = segment_path(folder, 1);
    struct store *store = fixture_store(folder, 0);
    struct cid before = fixture_put(store, BLOCK_SIZE, 1), again;
    struct buffer data = fixture_bytes(BLOCK_SIZE, 3);
    uint64_t synced;

    assert_ok(store_sync(store));
    synced = file_size(first);
    fixture_put(store, BLOCK_SIZE, 2);
    faults_begin(&once);
    assert_int_equal(store_sync(store), ERR_IO);
    assert_true(faults_end());
    assert_int_equal(truncate(first, (off_t)synced), 0);
    assert_true(store_sync(store) < 0);
    assert_int_equal(store_sync(store), ERR_IO);
    cid_of(1, CID_RAW, buffer_view(&data), &again);
    assert_int_equal(store_put(store, &again, buffer_view(&data)), ERR_IO);
    assert_true(fixture_has(store, &before, BLOCK_SIZE, 1));
    store_close(store);
    store = fixture_store(folder, 0);
    assert_true(fixture_has(store, &before, BLOCK_SIZE, 1));
    assert_ok(store_put(store, &again, buffer_view(&data)));
    store_close(store);
    buffer_free(&data);
    free(first);
    fixture_remove(folder);
}

static void test_a_segment_that_could_not_be_made_is_made_later(void **state)
{
    static const unsigned calls[] = {FAULT_WRITE, FAULT_MAKE, FAULT_SYNC,
                                     FAULT_WRITE | FAULT_UNLINK};

    for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
        struct fault fault = {.calls = calls[i],
                              .at = 1,
                              .error = ENOSPC,
                              .lasting = true,
                              .path = "segments"};
        char *folder = fixture_folder_in_memory();
        struct store *store = fixture_store(folder, SMALL_SEGMENT);
        struct buffer data = fixture_bytes(BLOCK_SIZE, 1);
        struct cid cid;

        cid_of(1, CID_RAW, buffer_view(&data), &cid);
        faults_begin(&fault);
        assert_true(store_put(store, &cid, buffer_view(&data)) < 0);
        assert_true(store_put(store, &cid, buffer_view(&data)) < 0);
        assert_true(faults_end());
        assert_ok(store_put(store, &cid, buffer_view(&data)));
        assert_ok(store_sync(store));
        store_close(store);
        store = fixture_store(folder, SMALL_SEGMENT);
        assert_true(fixture_has(store, &cid, BLOCK_SIZE, 1));
        store_close(store);
        buffer_free(&data);
        fixture_remove(folder);
    }
}

/* ---- every call in turn ---- */

#define BLOCKS 24

/* A store after a crash: some blocks synced, some not, a torn tail, and a
 * segment with half a header. */
static char *make_crashed(struct cid *synced)
{
    char *folder = fixture_folder_in_memory(), *copy, *path;
    struct store *store = fixture_store(folder, SMALL_SEGMENT);
    FILE *file;

    for (size_t i = 0; i < BLOCKS / 2; i++)
        synced[i] = fixture_put(store, BLOCK_SIZE, i);
    assert_ok(store_sync(store));
    for (size_t i = 100; i < 112; i++)
        fixture_put(store, BLOCK_SIZE, i);
    copy = copy_of(folder);
    store_close(store);
    fixture_remove(folder);
    make_torn(copy, 4);
    path = segment_path(copy, 3);
    file = fopen(path, "a");
    assert_non_null(file);
    fputs("torn", file);
    fclose(file);
    free(path);
    return copy;
}

/* Open and use the store under a fault; *count are the blocks that a sync has
 * promised. True if the fault was met. */
static bool run_faulty(const char *folder, const struct fault *fault,
                       struct cid *promised, size_t *count)
{
    struct store *store;

    faults_begin(fault);
    if (store_open(folder, &small, &store))
        return faults_end();
    for (size_t i = BLOCKS / 2; i < BLOCKS; i++) {
        struct buffer data = fixture_bytes(BLOCK_SIZE, i);
        int status;

        cid_of(1, CID_RAW, buffer_view(&data), &promised[i]);
        status = store_put(store, &promised[i], buffer_view(&data));
        buffer_free(&data);
        if (status || (i % 5 == 0 && store_sync(store)))
            break;
        if (i % 5 == 0)
            *count = i + 1;
    }
    store_close(store);
    return faults_end();
}

static void check_after(const char *folder, const struct cid *promised,
                        size_t count)
{
    struct store *store = fixture_store(folder, SMALL_SEGMENT);
    struct cid cid;

    for (size_t i = 0; i < count; i++)
        assert_true(fixture_has(store, &promised[i], BLOCK_SIZE, i));
    cid = fixture_put(store, BLOCK_SIZE, 1000);
    assert_ok(store_sync(store));
    store_close(store);
    store = fixture_store(folder, SMALL_SEGMENT);
    assert_true(fixture_has(store, &cid, BLOCK_SIZE, 1000));
    store_close(store);
}

static void test_no_failing_call_loses_what_was_promised(void **state)
{
    static const struct fault faults[] = {
        {.calls = FAULT_WRITE | FAULT_MAKE, .error = ENOSPC, .lasting = true},
        {.calls = FAULT_WRITE | FAULT_MAKE, .error = ENOSPC},
        {.calls = FAULT_WRITE, .error = 0},
        {.calls = FAULT_ANY, .error = EIO, .lasting = true},
        {.calls = FAULT_ANY, .error = EIO},
    };

    for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
        struct fault fault = faults[i];
        bool met = true;

        for (fault.at = 1; met; fault.at++) {
            struct cid promised[BLOCKS];
            size_t count = BLOCKS / 2;
            char *folder = make_crashed(promised);

            met = run_faulty(folder, &fault, promised, &count);
            check_after(folder, promised, count);
            fixture_remove(folder);
        }
        print_message("fault %zu: %u calls\n", i, fault.at - 2);
        assert_true(fault.at > 5);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(
            test_a_torn_header_on_a_full_disk_is_no_trouble, disarm),
        cmocka_unit_test_teardown(test_a_file_that_is_no_segment_is_left_alone,
                                  disarm),
        cmocka_unit_test_teardown(test_a_failed_flush_is_not_trusted_again,
                                  disarm),
        cmocka_unit_test_teardown(
            test_what_a_failed_flush_has_lost_is_never_called_durable, disarm),
        cmocka_unit_test_teardown(
            test_a_segment_that_could_not_be_made_is_made_later, disarm),
        cmocka_unit_test_teardown(test_no_failing_call_loses_what_was_promised,
                                  disarm),
    };

    fixture_begin();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
