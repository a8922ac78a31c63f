#include "fixture.h"

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define SMALL_SEGMENT 20000

static void test_what_is_put_is_got(void **state)
{
    char *folder = fixture_folder();
    struct store *store = fixture_store(folder, SMALL_SEGMENT);
    struct cid cids[40];

    for (size_t i = 0; i < 40; i++)
        cids[i] = fixture_put(store, i * 100, i);
    for (size_t i = 0; i < 40; i++)
        assert_true(fixture_has(store, &cids[i], i * 100, i));
    store_close(store);
    store = fixture_store(folder, SMALL_SEGMENT);
    for (size_t i = 0; i < 40; i++)
        assert_true(fixture_has(store, &cids[i], i * 100, i));
    store_close(store);
    fixture_remove(folder);
}

static void test_the_same_block_is_kept_once(void **state)
{
    char *folder = fixture_folder();
    struct store *store = fixture_store(folder, 0);
    struct store_stat before, after;
    struct cid cid = fixture_put(store, 5000, 1), other;

    assert_ok(store_sync(store));
    assert_ok(store_stat(store, &before));
    fixture_put(store, 5000, 1);
    assert_ok(store_sync(store));
    assert_ok(store_stat(store, &after));
    assert_int_equal(before.disk_bytes, after.disk_bytes);
    assert_int_equal(after.blocks, 1);
    /* The same bytes are there under any codec and version. */
    other = cid;
    other.codec = CID_DAG_PB;
    assert_true(store_has(store, &other, NULL));
    other.version = 0;
    assert_true(store_has(store, &other, NULL));
    store_close(store);
    fixture_remove(folder);
}

static void test_wrong_bytes_are_not_put(void **state)
{
    char *folder = fixture_folder();
    struct store *store = fixture_store(folder, 0);
    struct cid cid;

    cid_of(1, CID_RAW, bytes_text("one"), &cid);
    assert_int_equal(store_put(store, &cid, bytes_text("two")), ERR_CORRUPT);
    assert_false(store_has(store, &cid, NULL));
    store_close(store);
    fixture_remove(folder);
}

static void test_a_block_over_the_limit_is_refused(void **state)
{
    char *folder = fixture_folder();
    struct store *store = fixture_store(folder, 0);
    struct buffer data = fixture_bytes(STORE_BLOCK_SIZE_MAX + 1, 1);
    struct cid cid;

    cid_of(1, CID_RAW, buffer_view(&data), &cid);
    assert_int_equal(store_put(store, &cid, buffer_view(&data)), ERR_LIMIT);
    assert_non_null(strstr(err_text(), "2097152"));
    data.size--;
    cid_of(1, CID_RAW, buffer_view(&data), &cid);
    assert_ok(store_put(store, &cid, buffer_view(&data)));
    buffer_free(&data);
    store_close(store);
    fixture_remove(folder);
}

static void test_identity_cids_are_always_there(void **state)
{
    char *folder = fixture_folder();
    struct store *store = fixture_store(folder, 0);
    struct buffer data = {0};
    struct cid cid;

    assert_ok(cid_parse(bytes_text("bafkqac3imvwgy3zao5xxe3de"), &cid));
    assert_true(store_has(store, &cid, NULL));
    assert_ok(store_get(store, &cid, &data));
    assert_string_equal(buffer_string(&data), "hello world");
    buffer_free(&data);
    store_close(store);
    fixture_remove(folder);
}

static char *segment_path(const char *folder, unsigned number)
{
    return mem_format("%s/segments/%08u.car", folder, number);
}

static void flip_byte(const char *path, off_t offset)
{
    int fd = open(path, O_RDWR);
    uint8_t byte;

    assert_true(fd >= 0);
    assert_int_equal(pread(fd, &byte, 1, offset), 1);
    byte ^= 0x40;
    assert_int_equal(pwrite(fd, &byte, 1, offset), 1);
    close(fd);
}

static void test_a_flipped_bit_is_found_and_can_be_mended(void **state)
{
    char *folder = fixture_folder();
    struct store *store = fixture_store(folder, 0);
    struct cid cid = fixture_put(store, 5000, 1);
    struct buffer data = {0};
    char *path = segment_path(folder, 1);

    assert_ok(store_sync(store));
    flip_byte(path, 3000);
    assert_true(store_has(store, &cid, NULL));
    assert_int_equal(store_get(store, &cid, &data), ERR_CORRUPT);
    assert_int_equal(data.size, 0);
    /* It can be had again, and is sound then. */
    assert_false(store_has(store, &cid, NULL));
    fixture_put(store, 5000, 1);
    assert_true(fixture_has(store, &cid, 5000, 1));
    store_close(store);
    store = fixture_store(folder, 0);
    assert_true(fixture_has(store, &cid, 5000, 1));
    store_close(store);
    free(path);
    buffer_free(&data);
    fixture_remove(folder);
}

/* A copy of the folder as a crash would leave it: no close, no sync. */
static char *crash_copy(const char *folder)
{
    char *copy = fixture_folder();
    char *command = mem_format("cp -r %s/. %s", folder, copy);

    assert_int_equal(system(command), 0);
    free(command);
    return copy;
}

/* Two blocks are synced, two more are only written. The file is cut at every
 * length after the sync: the synced blocks and every whole one exist, and a new
 * block can be put. */
static void test_a_torn_tail_is_cut_off_at_any_byte(void **state)
{
    char *folder = fixture_folder();
    struct store *store = fixture_store(folder, 0);
    struct cid cids[4];
    struct stat synced, whole;
    char *path = segment_path(folder, 1);

    cids[0] = fixture_put(store, 300, 0);
    cids[1] = fixture_put(store, 0, 1);
    assert_ok(store_sync(store));
    assert_int_equal(stat(path, &synced), 0);
    cids[2] = fixture_put(store, 200, 2);
    cids[3] = fixture_put(store, 150, 3);
    assert_int_equal(stat(path, &whole), 0);
    for (off_t cut = synced.st_size; cut <= whole.st_size; cut += 7) {
        char *copy = crash_copy(folder), *torn = segment_path(copy, 1);
        struct store *opened;
        struct cid added;

        assert_int_equal(truncate(torn, cut), 0);
        opened = fixture_store(copy, 0);
        assert_true(fixture_has(opened, &cids[0], 300, 0));
        assert_true(fixture_has(opened, &cids[1], 0, 1));
        assert_int_equal(fixture_has(opened, &cids[2], 200, 2),
                         cut >= whole.st_size - 150 - 38);
        assert_int_equal(fixture_has(opened, &cids[3], 150, 3),
                         cut == whole.st_size);
        added = fixture_put(opened, 100, 9);
        store_close(opened);
        opened = fixture_store(copy, 0);
        assert_true(fixture_has(opened, &added, 100, 9));
        store_close(opened);
        free(torn);
        fixture_remove(copy);
    }
    free(path);
    store_close(store);
    fixture_remove(folder);
}

static void test_bytes_that_never_reached_the_disk_are_cut_off(void **state)
{
    char *folder = fixture_folder();
    struct store *store = fixture_store(folder, 0);
    struct cid kept = fixture_put(store, 300, 0), lost, behind;
    char *copy, *path;

    assert_ok(store_sync(store));
    lost = fixture_put(store, 5000, 1);
    behind = fixture_put(store, 100, 2);
    copy = crash_copy(folder);
    path = segment_path(copy, 1);
    flip_byte(path, 2500);
    store_close(store);
    store = fixture_store(copy, 0);
    assert_true(fixture_has(store, &kept, 300, 0));
    assert_false(store_has(store, &lost, NULL));
    assert_false(store_has(store, &behind, NULL));
    store_close(store);
    free(path);
    fixture_remove(copy);
    fixture_remove(folder);
}

static void test_a_lost_index_is_made_anew(void **state)
{
    char *folder = fixture_folder();
    struct store *store = fixture_store(folder, SMALL_SEGMENT);
    char *index = mem_format("%s/index", folder);
    struct cid cids[60];

    for (size_t i = 0; i < 60; i++)
        cids[i] = fixture_put(store, 1000, i);
    store_close(store);
    assert_ok(file_remove_tree(index));
    store = fixture_store(folder, SMALL_SEGMENT);
    for (size_t i = 0; i < 60; i++)
        assert_true(fixture_has(store, &cids[i], 1000, i));
    store_close(store);
    free(index);
    fixture_remove(folder);
}

static void test_a_segment_shorter_than_synced_is_reported(void **state)
{
    char *folder = fixture_folder(), *path = segment_path(folder, 1);
    struct store *store = fixture_store(folder, 0);

    fixture_put(store, 1000, 1);
    store_close(store);
    assert_int_equal(truncate(path, 500), 0);
    assert_int_equal(store_open(folder, NULL, &store), ERR_CORRUPT);
    free(path);
    fixture_remove(folder);
}

static void test_blocks_of_a_deleted_segment_can_be_put_again(void **state)
{
    char *folder = fixture_folder(), *path = segment_path(folder, 1);
    struct store *store = fixture_store(folder, SMALL_SEGMENT);
    struct cid cids[40];

    for (size_t i = 0; i < 40; i++)
        cids[i] = fixture_put(store, 1000, i);
    store_close(store);
    assert_int_equal(unlink(path), 0);
    store = fixture_store(folder, SMALL_SEGMENT);
    assert_false(fixture_has(store, &cids[0], 1000, 0));
    assert_true(fixture_has(store, &cids[39], 1000, 39));
    fixture_put(store, 1000, 0);
    assert_true(fixture_has(store, &cids[0], 1000, 0));
    store_close(store);
    free(path);
    fixture_remove(folder);
}

static void test_a_second_writer_is_turned_away(void **state)
{
    char *folder = fixture_folder();
    struct store *store = fixture_store(folder, 0);
    pid_t child = fork();
    int result;

    assert_true(child >= 0);
    if (!child) {
        struct store *second;

        _exit(store_open(folder, NULL, &second) == ERR_LOCKED ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &result, 0), child);
    assert_int_equal(result, 0);
    store_close(store);
    fixture_remove(folder);
}

/* A writer that opens the store, starts a process that inherits all it has
 * open, as any does until it is another program, and is killed. */
static void be_killed_while_forking(const char *folder)
{
    struct store *store;

    if (store_open(folder, NULL, &store))
        _exit(1);
    if (!fork()) {
        usleep(50000);
        _exit(0);
    }
    kill(getpid(), SIGKILL);
}

static void test_a_writer_killed_while_forking_is_soon_replaced(void **state)
{
    char *folder = fixture_folder();
    struct store *store;
    pid_t child = fork();
    int result;

    assert_true(child >= 0);
    if (!child)
        be_killed_while_forking(folder);
    assert_int_equal(waitpid(child, &result, 0), child);
    assert_true(WIFSIGNALED(result));
    assert_ok(store_open(folder, NULL, &store));
    store_close(store);
    fixture_remove(folder);
}

static void test_a_reader_beside_a_writer_sees_what_is_synced(void **state)
{
    static const struct store_options read_only = {.read_only = true};
    char *folder = fixture_folder();
    struct store *store = fixture_store(folder, SMALL_SEGMENT), *reader;
    struct cid synced = fixture_put(store, 1000, 1);
    int ready[2], result;
    pid_t child;
    char byte;

    assert_ok(store_sync(store));
    assert_int_equal(pipe(ready), 0);
    child = fork();
    assert_true(child >= 0);
    if (!child) {
        bool good;

        close(ready[1]);
        if (store_open(folder, &read_only, &reader))
            _exit(1);
        good = fixture_has(reader, &synced, 1000, 1) &&
               store_put(reader, &synced, bytes_text("")) == ERR_DENIED;
        /* Later blocks are seen once they are synced, in new segments too. */
        (void)!read(ready[0], &byte, 1);
        for (size_t i = 0; i < 50; i++) {
            struct buffer data = fixture_bytes(1000, 100 + i);
            struct cid cid;

            cid_of(1, CID_RAW, buffer_view(&data), &cid);
            good = good && store_has(reader, &cid, NULL);
            good = good && fixture_has(reader, &cid, 1000, 100 + i);
        }
        _exit(good ? 0 : 2);
    }
    for (size_t i = 0; i < 50; i++)
        fixture_put(store, 1000, 100 + i);
    assert_ok(store_sync(store));
    assert_int_equal(write(ready[1], "x", 1), 1);
    assert_int_equal(waitpid(child, &result, 0), child);
    assert_int_equal(result, 0);
    store_close(store);
    fixture_remove(folder);
}

static void test_a_reader_counts_all_segments(void **state)
{
    static const struct store_options read_only = {.read_only = true};
    char *folder = fixture_folder();
    struct store *store = fixture_store(folder, SMALL_SEGMENT), *reader;
    struct store_stat written, found;

    for (size_t i = 0; i < 50; i++)
        fixture_put(store, 1000, i);
    assert_ok(store_sync(store));
    assert_ok(store_stat(store, &written));
    assert_true(written.segments >= 3);
    assert_ok(store_open(folder, &read_only, &reader));
    assert_ok(store_stat(reader, &found));
    assert_memory_equal(&found, &written, sizeof(found));
    assert_ok(store_stat_quick(reader, &found));
    written.block_bytes = 0;
    assert_memory_equal(&found, &written, sizeof(found));
    store_close(reader);
    store_close(store);
    fixture_remove(folder);
}

static void test_reading_without_a_store_says_so(void **state)
{
    static const struct store_options read_only = {.read_only = true};
    char *folder = fixture_folder();
    struct store *store;

    assert_int_equal(store_open(folder, &read_only, &store), ERR_NOT_FOUND);
    fixture_remove(folder);
}

static void test_a_full_store_refuses_and_names_its_limit(void **state)
{
    struct store_options options = {.size_max_bytes = 10000,
                                    .free_floor_bytes = 1};
    char *folder = fixture_folder();
    struct buffer data = fixture_bytes(3000, 5);
    struct store *store;
    struct cid cid;

    assert_ok(store_open(folder, &options, &store));
    for (size_t i = 0; i < 3; i++)
        fixture_put(store, 3000, i);
    cid_of(1, CID_RAW, buffer_view(&data), &cid);
    assert_int_equal(store_put(store, &cid, buffer_view(&data)), ERR_FULL);
    assert_non_null(strstr(err_text(), "10000"));
    store_close(store);
    buffer_free(&data);
    fixture_remove(folder);
}

static void test_the_free_floor_is_kept(void **state)
{
    struct store_options options = {.free_floor_bytes = UINT64_MAX / 2};
    char *folder = fixture_folder();
    struct store *store;
    struct cid cid;

    assert_ok(store_open(folder, &options, &store));
    cid_of(1, CID_RAW, bytes_text("x"), &cid);
    assert_int_equal(store_put(store, &cid, bytes_text("x")), ERR_FULL);
    assert_non_null(strstr(err_text(), "free"));
    store_close(store);
    fixture_remove(folder);
}

struct worker {
    struct store *store;
    unsigned number;
};

static void *put_and_get(void *user)
{
    struct worker *worker = user;

    for (size_t i = 0; i < 300; i++) {
        uint64_t seed = i % 2 ? i : worker->number * 1000 + i;
        struct cid cid = fixture_put(worker->store, 500, seed);

        assert_true(fixture_has(worker->store, &cid, 500, seed));
        if (i % 50 == 0)
            assert_ok(store_sync(worker->store));
    }
    return NULL;
}

static void test_threads_share_a_store(void **state)
{
    char *folder = fixture_folder();
    struct store *store = fixture_store(folder, SMALL_SEGMENT);
    struct worker workers[6];
    pthread_t threads[6];
    struct store_stat stat;

    for (unsigned i = 0; i < 6; i++) {
        workers[i] = (struct worker){store, i + 1};
        assert_int_equal(
            pthread_create(&threads[i], NULL, put_and_get, &workers[i]), 0);
    }
    for (unsigned i = 0; i < 6; i++)
        pthread_join(threads[i], NULL);
    assert_ok(store_sync(store));
    assert_ok(store_stat(store, &stat));
    assert_int_equal(stat.blocks, 150 + 6 * 150);
    assert_true(stat.segments > 10);
    store_close(store);
    fixture_remove(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_put_is_got),
        cmocka_unit_test(test_the_same_block_is_kept_once),
        cmocka_unit_test(test_wrong_bytes_are_not_put),
        cmocka_unit_test(test_a_block_over_the_limit_is_refused),
        cmocka_unit_test(test_identity_cids_are_always_there),
        cmocka_unit_test(test_a_flipped_bit_is_found_and_can_be_mended),
        cmocka_unit_test(test_a_torn_tail_is_cut_off_at_any_byte),
        cmocka_unit_test(test_bytes_that_never_reached_the_disk_are_cut_off),
        cmocka_unit_test(test_a_lost_index_is_made_anew),
        cmocka_unit_test(test_a_segment_shorter_than_synced_is_reported),
        cmocka_unit_test(test_blocks_of_a_deleted_segment_can_be_put_again),
        cmocka_unit_test(test_a_second_writer_is_turned_away),
        cmocka_unit_test(test_a_writer_killed_while_forking_is_soon_replaced),
        cmocka_unit_test(test_a_reader_beside_a_writer_sees_what_is_synced),
        cmocka_unit_test(test_a_reader_counts_all_segments),
        cmocka_unit_test(test_reading_without_a_store_says_so),
        cmocka_unit_test(test_a_full_store_refuses_and_names_its_limit),
        cmocka_unit_test(test_the_free_floor_is_kept),
        cmocka_unit_test(test_threads_share_a_store),
    };

    fixture_begin();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
