/*
 * Votes and what they rely on: on disk in that order, whatever happens.
 */
#include "test.h"

#include "base/disk_memory.h"
#include "base/error.h"
#include "base/file.h"
#include "base/random.h"
#include "settlement/write_ahead/write_ahead_thread.h"

#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#define SEEDS 1500
#define SEGMENT 8000

static int try_open(struct disk *disk, const char *folder,
                    struct write_ahead **out)
{
    const struct write_ahead_options options = {.disk = disk,
                                                .folder = folder,
                                                .tag = {.bytes = {5}},
                                                .salt = 77,
                                                .segment_size_bytes = SEGMENT};

    return write_ahead_open(&options, out);
}

static struct write_ahead *open_ahead(struct disk *disk, const char *folder)
{
    struct write_ahead *ahead;

    assert_ok(disk_make_folder(disk, folder));
    assert_ok(try_open(disk, folder, &ahead));
    return ahead;
}

static struct hash hash_of(uint64_t i)
{
    struct hash hash = {{0}};

    u64le_write(hash.bytes, i + 1);
    return hash;
}

static uint64_t put_block(struct write_ahead *ahead, uint64_t i)
{
    const struct block_log_entry entry = {
        .kind = BLOCK_LOG_BLOCK, .slot = i, .hash = hash_of(i), .size = 700};
    uint8_t bytes[700];

    memset(bytes, (int)i, sizeof(bytes));
    return write_ahead_put(ahead, &entry, bytes);
}

/* A record that relies on all blocks before that one. */
static uint64_t put_record(struct write_ahead *ahead, uint64_t sequence,
                           uint64_t blocks)
{
    const struct vote_record record = {
        .sequence = sequence, .known = 1, .root_slot = blocks};

    return write_ahead_put_record(ahead, &record);
}

static bool has_block(struct write_ahead *ahead, uint64_t i)
{
    const struct hash hash = hash_of(i);
    struct block_log *log = write_ahead_log(ahead);
    struct buffer read = {0};
    uint64_t number;

    if (!block_log_find(log, BLOCK_LOG_BLOCK, &hash, &number))
        return false;
    assert_ok(block_log_read(log, number, &read));
    assert_int_equal(read.size, 700);
    assert_int_equal(read.data[699], (uint8_t)i);
    buffer_free(&read);
    return true;
}

static void test_a_batch_costs_two_writes(void **state)
{
    struct disk_memory *memory = disk_memory_new(1);
    struct write_ahead *ahead = open_ahead(disk_memory_disk(memory), "folder");
    uint64_t ticket = 0;

    put_record(ahead, 1, 0);
    assert_ok(write_ahead_commit(ahead));
    struct disk_memory_counts before = disk_memory_counts(memory);
    for (uint64_t i = 0; i < 5; i++) {
        assert_int_equal(put_block(ahead, i), 2 + 2 * i);
        ticket = put_record(ahead, 2 + i, i + 1);
        assert_int_equal(ticket, 3 + 2 * i);
    }
    assert_int_equal(write_ahead_durable(ahead), 1);
    assert_true(write_ahead_is_waiting(ahead));
    assert_ok(write_ahead_commit(ahead));
    assert_int_equal(write_ahead_durable(ahead), ticket);
    assert_false(write_ahead_is_waiting(ahead));
    struct disk_memory_counts after = disk_memory_counts(memory);
    assert_int_equal(after.syncs - before.syncs, 0);
    assert_int_equal(after.durable_writes - before.durable_writes, 2);
    write_ahead_close(ahead);
    ahead = open_ahead(disk_memory_disk(memory), "folder");
    assert_int_equal(write_ahead_record(ahead, NULL)->sequence, 6);
    write_ahead_close(ahead);
    disk_memory_free(memory);
}

static uint64_t put_certificate(struct write_ahead *ahead,
                                enum block_log_kind kind, uint64_t slot)
{
    const struct block_log_entry entry = {
        .kind = kind,
        .slot = slot,
        .hash = kind == BLOCK_LOG_NULLIFICATION ? (struct hash){{0}}
                                                : hash_of(slot),
        .size = 5};

    return write_ahead_put(ahead, &entry, "votes");
}

static bool has_certificate(struct write_ahead *ahead, enum block_log_kind kind,
                            uint64_t slot)
{
    const struct hash hash = hash_of(slot);
    uint64_t number;

    return block_log_find(write_ahead_log(ahead), kind, &hash, &number);
}

/* Of one commit: the newest finalisation, and each window's last notarisation;
 * all that give up a slot. */
static void
test_certificates_that_others_make_superfluous_are_left_out(void **state)
{
    struct disk_memory *memory = disk_memory_new(1);
    struct write_ahead *ahead = open_ahead(disk_memory_disk(memory), "folder");
    uint64_t ticket = 0, number = 0;

    for (uint64_t slot = 0; slot < 3 * WINDOW_SLOTS; slot++) {
        put_block(ahead, slot);
        put_certificate(ahead, BLOCK_LOG_NOTARISATION, slot);
        put_certificate(ahead, BLOCK_LOG_NULLIFICATION, 100 + slot);
        ticket = put_certificate(ahead, BLOCK_LOG_FINALISATION, slot);
    }
    assert_ok(write_ahead_commit(ahead));
    assert_int_equal(write_ahead_durable(ahead), ticket);
    for (uint64_t slot = 0; slot < 3 * WINDOW_SLOTS; slot++) {
        assert_true(has_block(ahead, slot));
        assert_int_equal(has_certificate(ahead, BLOCK_LOG_NOTARISATION, slot),
                         slot % WINDOW_SLOTS == WINDOW_SLOTS - 1);
        assert_int_equal(has_certificate(ahead, BLOCK_LOG_FINALISATION, slot),
                         slot == 3 * WINDOW_SLOTS - 1);
        assert_true(
            block_log_find_slot(write_ahead_log(ahead), 100 + slot, &number));
    }
    /* Not of another commit. */
    put_certificate(ahead, BLOCK_LOG_FINALISATION, 50);
    assert_ok(write_ahead_commit(ahead));
    put_certificate(ahead, BLOCK_LOG_FINALISATION, 51);
    assert_ok(write_ahead_commit(ahead));
    assert_true(has_certificate(ahead, BLOCK_LOG_FINALISATION, 50));
    write_ahead_close(ahead);
    disk_memory_free(memory);
}

static void test_who_has_no_votes_file_has_forgotten(void **state)
{
    struct disk_memory *memory = disk_memory_new(1);
    struct disk *disk = disk_memory_disk(memory);
    struct write_ahead *ahead = open_ahead(disk, "folder");
    const uint8_t zeros[VOTE_RECORD_SIZE] = {0};
    const char *why;

    assert_null(write_ahead_record(ahead, &why));
    assert_non_null(strstr(why, "no file folder/votes"));
    put_record(ahead, 9, 0);
    assert_ok(write_ahead_commit(ahead));
    put_record(ahead, 10, 3);
    assert_ok(write_ahead_commit(ahead));
    write_ahead_close(ahead);
    ahead = open_ahead(disk, "folder");
    assert_int_equal(write_ahead_record(ahead, &why)->sequence, 10);
    assert_int_equal(write_ahead_record(ahead, &why)->root_slot, 3);
    assert_null(why);
    write_ahead_close(ahead);
    disk_memory_change(memory, "folder/votes", VOTE_RECORD_SIZE,
                       bytes_make(zeros, sizeof(zeros)));
    disk_memory_change(memory, "folder/votes", 0,
                       bytes_make(zeros, sizeof(zeros)));
    ahead = open_ahead(disk, "folder");
    assert_null(write_ahead_record(ahead, &why));
    assert_non_null(strstr(why, "no valid record"));
    write_ahead_close(ahead);
    disk_memory_free(memory);
}

/* The puts of a life, and which of them were reported. */
struct history {
    uint64_t blocks;
    uint64_t sequence;
    uint64_t durable_blocks; /* so many at least */
    uint64_t durable_sequence;
};

static void put_until_power_is_off(struct disk_memory *memory,
                                   struct write_ahead *ahead,
                                   struct random *random,
                                   struct history *history)
{
    do {
        struct history at = *history;
        for (uint64_t puts = random_below(random, 6); puts; puts--) {
            if (random_below(random, 2))
                put_block(ahead, at.blocks++);
            else
                put_record(ahead, ++at.sequence, at.blocks);
        }
        bool is_durable = !write_ahead_commit(ahead);
        *history = at;
        if (is_durable) {
            history->durable_blocks = at.blocks;
            history->durable_sequence = at.sequence;
        }
    } while (!disk_memory_is_off(memory));
}

static void crash_often(uint64_t seed, uint64_t *relied)
{
    struct disk_memory *memory = disk_memory_new(seed);
    struct disk *disk = disk_memory_disk(memory);
    struct write_ahead *ahead = open_ahead(disk, "folder");
    struct random random = random_make(seed);
    struct history history = {0};

    for (int life = 0; life < 4; life++) {
        disk_memory_power_off_after(memory, random_below(&random, 40));
        put_until_power_is_off(memory, ahead, &random, &history);
        disk_memory_crash(memory);
        write_ahead_close(ahead);
        assert_ok(try_open(disk, "folder", &ahead));
        const struct vote_record *record = write_ahead_record(ahead, NULL);
        assert_true(record || !history.durable_sequence);
        uint64_t blocks = history.durable_blocks;
        if (record) {
            assert_true(record->sequence >= history.durable_sequence);
            if (record->root_slot > blocks) {
                *relied += 1;
                blocks = record->root_slot;
            }
        }
        history.sequence = history.durable_sequence =
            record ? record->sequence : 0;
        for (uint64_t i = 0; i < blocks; i++)
            assert_true(has_block(ahead, i));
        /* The driver begins with what is there. */
        while (has_block(ahead, blocks))
            blocks++;
        history.blocks = history.durable_blocks = blocks;
    }
    write_ahead_close(ahead);
    disk_memory_free(memory);
}

static void test_no_record_is_there_without_what_it_relies_on(void **state)
{
    uint64_t relied = 0;

    for (uint64_t seed = 0; seed < SEEDS; seed++)
        crash_often(seed, &relied);
    assert_true(relied > SEEDS / 20);
}

static void test_a_failing_disk_is_final(void **state)
{
    const struct disk_memory_faults faults = {.write_fails = 1};
    struct disk_memory *memory = disk_memory_new(1);
    struct write_ahead *ahead = open_ahead(disk_memory_disk(memory), "folder");

    put_block(ahead, 0);
    put_record(ahead, 1, 1);
    disk_memory_set_faults(memory, &faults);
    assert_int_equal(write_ahead_commit(ahead), ERR_IO);
    disk_memory_set_faults(memory, &(struct disk_memory_faults){0});
    assert_int_equal(write_ahead_commit(ahead), ERR_IO);
    assert_int_equal(write_ahead_durable(ahead), 0);
    write_ahead_close(ahead);
    ahead = open_ahead(disk_memory_disk(memory), "folder");
    assert_null(write_ahead_record(ahead, NULL));
    write_ahead_close(ahead);
    disk_memory_free(memory);
}

static void test_old_blocks_go(void **state)
{
    struct disk_memory *memory = disk_memory_new(1);
    struct write_ahead *ahead = open_ahead(disk_memory_disk(memory), "folder");

    for (uint64_t i = 0; i < 100; i++)
        put_block(ahead, i);
    assert_ok(write_ahead_commit(ahead));
    write_ahead_drop_before(ahead, 50);
    assert_true(write_ahead_is_waiting(ahead));
    assert_ok(write_ahead_commit(ahead));
    assert_false(write_ahead_is_waiting(ahead));
    assert_false(has_block(ahead, 20));
    assert_true(has_block(ahead, 50));
    write_ahead_close(ahead);
    disk_memory_free(memory);
}

/* ---- the thread ---- */

struct driver {
    uv_loop_t loop;
    struct write_ahead_thread *thread;
    uint64_t durable;
    int failed;
    bool is_closed;
};

static void on_durable(void *user, uint64_t ticket)
{
    struct driver *driver = user;

    assert_true(ticket > driver->durable);
    driver->durable = ticket;
}

static void on_failed(void *user, int status)
{
    struct driver *driver = user;

    assert_int_equal(driver->failed, 0);
    assert_non_null(strstr(err_text(), "disk failed"));
    driver->failed = status;
}

static void on_closed(void *user)
{
    ((struct driver *)user)->is_closed = true;
}

static void start(struct driver *driver, struct write_ahead *ahead)
{
    const struct write_ahead_events events = {
        .durable = on_durable, .failed = on_failed, .user = driver};

    *driver = (struct driver){0};
    uv_loop_init(&driver->loop);
    driver->thread = write_ahead_thread_start(ahead, &driver->loop, &events);
}

static int stop(struct driver *driver)
{
    int status = write_ahead_thread_stop(driver->thread, on_closed, driver);

    uv_run(&driver->loop, UV_RUN_DEFAULT);
    assert_true(driver->is_closed);
    assert_int_equal(uv_loop_close(&driver->loop), 0);
    return status;
}

static void test_the_loop_learns_what_is_durable(void **state)
{
    char folder[] = "/var/tmp/pond-ahead-XXXXXX";
    struct driver driver;

    assert_non_null(mkdtemp(folder));
    struct write_ahead *ahead = open_ahead(disk_real(), folder);
    start(&driver, ahead);
    for (uint64_t i = 0; i < 20; i++) {
        put_block(ahead, i);
        uint64_t ticket = put_record(ahead, i + 1, i + 1);
        write_ahead_thread_wake(driver.thread, 0);
        while (i % 5 == 4 && driver.durable < ticket)
            uv_run(&driver.loop, UV_RUN_ONCE);
    }
    /* What was put last is committed by the stop. */
    put_block(ahead, 20);
    put_record(ahead, 21, 21);
    assert_ok(stop(&driver));
    write_ahead_close(ahead);
    ahead = open_ahead(disk_real(), folder);
    assert_int_equal(write_ahead_record(ahead, NULL)->sequence, 21);
    for (uint64_t i = 0; i <= 20; i++)
        assert_true(has_block(ahead, i));
    write_ahead_close(ahead);
    assert_ok(file_remove_tree(folder));
}

/* What may wait an hour goes with what may not, or after its time. */
static void test_what_may_wait_shares_a_commit(void **state)
{
    char folder[] = "/var/tmp/pond-ahead-XXXXXX";
    struct driver driver;

    assert_non_null(mkdtemp(folder));
    struct write_ahead *ahead = open_ahead(disk_real(), folder);
    start(&driver, ahead);
    put_block(ahead, 0);
    write_ahead_thread_wake(driver.thread, 3600000);
    uint64_t ticket = put_record(ahead, 1, 1);
    assert_int_equal(write_ahead_durable(ahead), 0);
    write_ahead_thread_wake(driver.thread, 0);
    while (driver.durable < ticket)
        uv_run(&driver.loop, UV_RUN_ONCE);
    assert_int_equal(driver.durable, ticket);
    ticket = put_block(ahead, 1);
    write_ahead_thread_wake(driver.thread, 20);
    /* A later one moves nothing. */
    write_ahead_thread_wake(driver.thread, 3600000);
    while (driver.durable < ticket)
        uv_run(&driver.loop, UV_RUN_ONCE);
    put_block(ahead, 2);
    write_ahead_thread_wake(driver.thread, 3600000);
    assert_ok(stop(&driver));
    assert_true(has_block(ahead, 2));
    write_ahead_close(ahead);
    assert_ok(file_remove_tree(folder));
}

static void test_the_loop_learns_of_a_failure_once(void **state)
{
    const struct disk_memory_faults faults = {.write_fails = 1};
    struct disk_memory *memory = disk_memory_new(1);
    struct write_ahead *ahead = open_ahead(disk_memory_disk(memory), "folder");
    struct driver driver;

    disk_memory_set_faults(memory, &faults);
    start(&driver, ahead);
    put_block(ahead, 0);
    write_ahead_thread_wake(driver.thread, 0);
    while (!driver.failed)
        uv_run(&driver.loop, UV_RUN_ONCE);
    put_block(ahead, 1);
    write_ahead_thread_wake(driver.thread, 0);
    assert_int_equal(stop(&driver), ERR_IO);
    assert_int_equal(driver.durable, 0);
    write_ahead_close(ahead);
    disk_memory_free(memory);
}

/* ---- a full disk ---- */

/* In the child, which has a file system of 600 KB of its own: put until there
 * is no room, and go on when there is. Returns what went wrong; 0: nothing. */
static int fill_disk(const char *folder)
{
    struct write_ahead *ahead = NULL;
    uint64_t blocks = 0;
    int status = 0;

    if (try_open(disk_real(), folder, &ahead))
        return 1;
    while (!status && blocks < 10000) {
        put_block(ahead, blocks++);
        put_record(ahead, blocks, blocks);
        status = write_ahead_commit(ahead);
    }
    if (status != ERR_FULL || !strstr(err_text(), "No space left"))
        return 2;
    write_ahead_close(ahead);
    if (try_open(disk_real(), folder, &ahead))
        return 3;
    const struct vote_record *record = write_ahead_record(ahead, NULL);
    if (record->root_slot + 1 != blocks)
        return 4;
    for (uint64_t i = 0; i + 1 < blocks; i++)
        if (!has_block(ahead, i))
            return 5;
    /* Old segments make room. */
    write_ahead_drop_before(ahead, blocks / 2);
    if (write_ahead_commit(ahead))
        return 6;
    put_block(ahead, blocks);
    put_record(ahead, record->sequence + 1, blocks);
    return write_ahead_commit(ahead) ? 7 : 0;
}

static void test_a_full_disk_loses_nothing(void **state)
{
    char folder[] = "/tmp/pond-full-XXXXXX";
    int ended;

    assert_non_null(mkdtemp(folder));
    pid_t child = fork();
    if (!child) {
        bool is_there =
            !unshare(CLONE_NEWNS | (getuid() ? CLONE_NEWUSER : 0)) &&
            !mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) &&
            !mount("tmpfs", folder, "tmpfs", 0, "size=600k");
        _exit(is_there ? fill_disk(folder) : 77);
    }
    assert_int_equal(waitpid(child, &ended, 0), child);
    assert_true(WIFEXITED(ended));
    assert_ok(file_remove_tree(folder));
    if (WEXITSTATUS(ended) == 77)
        skip();
    assert_int_equal(WEXITSTATUS(ended), 0);
}

/* ---- kill -9 ---- */

/* In the child: block after block with a record that relies on it, and words
 * about what is on disk. */
static void put_for_ever(const char *folder, int to)
{
    struct write_ahead *ahead;

    if (try_open(disk_real(), folder, &ahead))
        _exit(1);
    const struct vote_record *record = write_ahead_record(ahead, NULL);
    for (uint64_t i = record ? record->root_slot : 0;; i++) {
        put_block(ahead, i);
        put_record(ahead, i + 1, i + 1);
        if (i > 30)
            write_ahead_drop_before(ahead, i - 30);
        if (write_ahead_commit(ahead) || write(to, &i, sizeof(i)) != sizeof(i))
            _exit(1);
    }
}

static void test_a_killed_process_loses_nothing(void **state)
{
    char folder[] = "/var/tmp/pond-ahead-XXXXXX";
    struct random random = random_make(random_seed());

    assert_non_null(mkdtemp(folder));
    for (int i = 0; i < 10; i++) {
        uint64_t reported = 0, last;
        int pipes[2];
        assert_int_equal(pipe(pipes), 0);
        pid_t child = fork();
        if (!child)
            put_for_ever(folder, pipes[1]);
        close(pipes[1]);
        for (uint64_t left = 1 + random_below(&random, 40); left; left--)
            assert_int_equal(read(pipes[0], &reported, sizeof(reported)),
                             sizeof(reported));
        kill(child, SIGKILL);
        while (read(pipes[0], &last, sizeof(last)) == sizeof(last))
            reported = last;
        waitpid(child, NULL, 0);
        close(pipes[0]);
        struct write_ahead *ahead = open_ahead(disk_real(), folder);
        const struct vote_record *record = write_ahead_record(ahead, NULL);
        assert_in_range(record->root_slot, reported + 1, reported + 2);
        for (uint64_t k = reported > 30 ? reported - 30 : 0;
             k < record->root_slot; k++)
            assert_true(has_block(ahead, k));
        assert_int_equal(write_ahead_report(ahead)->damaged_regions, 0);
        write_ahead_close(ahead);
    }
    assert_ok(file_remove_tree(folder));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_batch_costs_two_writes),
        cmocka_unit_test(
            test_certificates_that_others_make_superfluous_are_left_out),
        cmocka_unit_test(test_who_has_no_votes_file_has_forgotten),
        cmocka_unit_test(test_no_record_is_there_without_what_it_relies_on),
        cmocka_unit_test(test_a_failing_disk_is_final),
        cmocka_unit_test(test_old_blocks_go),
        cmocka_unit_test(test_the_loop_learns_what_is_durable),
        cmocka_unit_test(test_what_may_wait_shares_a_commit),
        cmocka_unit_test(test_the_loop_learns_of_a_failure_once),
        cmocka_unit_test(test_a_full_disk_loses_nothing),
        cmocka_unit_test(test_a_killed_process_loses_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
