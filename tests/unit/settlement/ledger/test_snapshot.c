#include "settlement/ledger/snapshot.h"

#include "base/check.h"
#include "base/error.h"
#include "base/file.h"
#include "settlement/ledger/packed_file.h"
#include "settlement/ledger/snapshot_format.h"
#include "settlement/ledger/snapshot_watch.h"
#include "settlement/ledger_fixture.h"

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

static const struct pubkey target = {{1, 2, 3}};

/* A ledger with some history, and folders for its snapshots. */
struct place {
    struct ledger_fixture fixture;
    char folder[64];
    char snapshots[128];
    char copy[128]; /* of the ledger */
    struct arena arena;
};

static void transfer_in_slot(struct ledger_fixture *fixture, uint64_t slot,
                             int from, uint64_t lamports)
{
    struct transaction transaction =
        ledger_fixture_transfer(fixture, from, &target, lamports);
    ledger_fixture_block(fixture, slot, &transaction, 1);
}

static int setup(void **state)
{
    struct place *place = calloc(1, sizeof(*place));
    ledger_fixture_open(&place->fixture);
    strcpy(place->folder, "/tmp/pond-snapshot-XXXXXX");
    CHECK(mkdtemp(place->folder));
    snprintf(place->snapshots, sizeof(place->snapshots), "%s/snapshots",
             place->folder);
    snprintf(place->copy, sizeof(place->copy), "%s/ledger", place->folder);
    for (uint64_t slot = 1; slot < 12; slot++) {
        if (slot % 3 == 2)
            transfer_in_slot(&place->fixture, slot, (int)slot, 5000000 + slot);
        else
            ledger_fixture_block(&place->fixture, slot, NULL, 0);
    }
    *state = place;
    return 0;
}

static int teardown(void **state)
{
    struct place *place = *state;
    ledger_fixture_close(&place->fixture);
    file_remove_tree(place->folder);
    arena_free(&place->arena);
    free(place);
    return 0;
}

static const struct hash *genesis_of(const struct place *place)
{
    return &place->fixture.chain.genesis.hash;
}

static struct snapshot write_export(struct place *place,
                                    struct ledger_export *transfer)
{
    struct snapshot out;
    if (snapshot_write(transfer, place->snapshots, NULL, &place->arena, &out))
        fail_msg("%s", err_text());
    ledger_export_close(transfer);
    return out;
}

static struct snapshot write_snapshot(struct place *place)
{
    struct ledger_export *transfer;
    assert_int_equal(ledger_export_open(place->fixture.ledger, &transfer), 0);
    return write_export(place, transfer);
}

/* The lock's file stays in the folder (base/folder_lock.h). */
static unsigned files_in(const char *folder)
{
    unsigned count = 0;
    DIR *directory = opendir(folder);
    if (!directory)
        return 0;
    for (struct dirent *entry; (entry = readdir(directory));)
        count += entry->d_name[0] != '.' && strcmp(entry->d_name, "lock");
    closedir(directory);
    return count;
}

/* Every row of two ledgers is the same. */
static void assert_same_rows(struct ledger_export *a, struct ledger_export *b)
{
    struct bytes key_a, value_a, key_b, value_b;
    assert_memory_equal(ledger_export_info(a), ledger_export_info(b),
                        sizeof(struct ledger_export_info));
    for (;;) {
        int end = ledger_export_next(a, &key_a, &value_a);
        assert_int_equal(ledger_export_next(b, &key_b, &value_b), end);
        if (end)
            break;
        assert_true(bytes_equal(key_a, key_b));
        assert_true(bytes_equal(value_a, value_b));
    }
}

static void restore(struct place *place, const char *path)
{
    struct ledger_export_info info;
    if (snapshot_restore(path, genesis_of(place), place->copy, &info))
        fail_msg("%s", err_text());
}

/* From here on the fixture goes on with the restored ledger. */
static void move_to_copy(struct place *place)
{
    struct ledger_fixture *fixture = &place->fixture;
    file_remove_tree(fixture->folder);
    strcpy(fixture->folder, place->copy);
    ledger_fixture_reopen(fixture, false);
}

static void test_restored_ledger_holds_the_same_rows(void **state)
{
    struct place *place = *state;
    struct snapshot snapshot = write_snapshot(place);
    struct ledger_export *before, *after;
    assert_int_equal(snapshot.header.slot, 11);
    restore(place, snapshot.path);
    assert_int_equal(ledger_export_open(place->fixture.ledger, &before), 0);
    assert_int_equal(ledger_export_open_path(place->copy, &after), 0);
    assert_same_rows(before, after);
    ledger_export_close(before);
    ledger_export_close(after);
}

static void test_chain_goes_on_from_the_snapshot(void **state)
{
    struct place *place = *state;
    struct ledger_fixture *fixture = &place->fixture;
    struct ledger_report report;
    struct ledger_header header;
    struct ledger_view *view;
    uint64_t first = 0;
    struct bank_info before = *bank_info(fixture->tip);
    struct hash hash = fixture->tip_hash;
    restore(place, write_snapshot(place).path);
    move_to_copy(place);
    const struct bank_info *after = bank_info(fixture->tip);
    assert_true(hash_equal(&after->state_hash, &before.state_hash));
    assert_int_equal(after->block_height, before.block_height);
    assert_true(hash_equal(&fixture->tip_hash, &hash));
    assert_false(ledger_was_clean(fixture->ledger));

    /* A transfer that names a blockhash from before the snapshot. */
    transfer_in_slot(fixture, 15, 3, 7000000);
    for (uint64_t slot = 16; slot < 20; slot++)
        ledger_fixture_block(fixture, slot, NULL, 0);
    ledger_fixture_reopen(fixture, true);
    assert_int_equal(ledger_view_open(fixture->ledger, LEDGER_FINALIZED, &view),
                     0);
    assert_int_equal(ledger_first_slot(view, &first), 0);
    assert_int_equal(first, 11);
    assert_int_equal(ledger_header(view, 10, &header), ERR_NOT_FOUND);
    assert_int_equal(ledger_header(view, 11, &header), 0);
    assert_true(hash_equal(&header.blockhash, &before.blockhash));
    ledger_view_close(view);
    if (ledger_check(fixture->ledger, &report))
        fail_msg("%s", err_text());
    assert_int_equal(report.slot, 19);
    assert_int_equal(report.transactions, 1);
}

static void
test_message_from_before_the_snapshot_is_not_taken_again(void **state)
{
    struct place *place = *state;
    struct ledger_fixture *fixture = &place->fixture;
    struct arena arena = {0};
    struct bank_result result;
    struct ledger_view *view;
    struct transaction once =
        ledger_fixture_transfer(fixture, 0, &target, 5000000);
    ledger_fixture_block(fixture, 12, &once, 1);
    restore(place, write_snapshot(place).path);
    move_to_copy(place);
    assert_int_equal(ledger_view_open(fixture->ledger, LEDGER_FINALIZED, &view),
                     0);
    bank_simulate(ledger_view_bank(view), ledger_view_base(view), &once, false,
                  &arena, &result, NULL);
    assert_int_equal(result.status.error, TRANSACTION_ALREADY_PROCESSED);
    ledger_view_close(view);
    arena_free(&arena);
}

static void test_empty_block_as_the_root_passes_the_check(void **state)
{
    struct place *place = *state;
    struct ledger_report report;
    ledger_fixture_block(&place->fixture, 12, NULL, 0);
    ledger_fixture_block(&place->fixture, 13, NULL, 0);
    restore(place, write_snapshot(place).path);
    move_to_copy(place);
    ledger_fixture_block(&place->fixture, 14, NULL, 0);
    if (ledger_check(place->fixture.ledger, &report))
        fail_msg("%s", err_text());
    assert_int_equal(report.runs, 2);
}

static void test_list_is_newest_first_and_prune_keeps_the_newest(void **state)
{
    struct place *place = *state;
    const struct snapshot *list;
    size_t count;
    uint64_t newest = 0;
    assert_int_equal(snapshot_newest(place->snapshots, &newest), ERR_NOT_FOUND);
    for (uint64_t slot = 12; slot < 16; slot++) {
        ledger_fixture_block(&place->fixture, slot, NULL, 0);
        write_snapshot(place);
    }
    assert_int_equal(
        snapshot_list(place->snapshots, &place->arena, &list, &count), 0);
    assert_int_equal(count, 4);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(list[i].status, 0);
        assert_int_equal(list[i].header.slot, 15 - i);
        assert_true(list[i].size_bytes > PACKED_TRAILER_SIZE);
    }
    assert_int_equal(snapshot_prune(place->snapshots, 2), 0);
    assert_int_equal(
        snapshot_list(place->snapshots, &place->arena, &list, &count), 0);
    assert_int_equal(count, 2);
    assert_int_equal(snapshot_newest(place->snapshots, &newest), 0);
    assert_int_equal(newest, 15);
}

static void touch(const char *folder, time_t changed)
{
    const struct timespec times[2] = {{.tv_sec = changed}, {.tv_sec = changed}};
    assert_int_equal(utimensat(AT_FDCWD, folder, times, 0), 0);
}

static void test_watched_folder_is_read_when_it_changed(void **state)
{
    struct place *place = *state;
    struct snapshot_watch *watch = snapshot_watch_new(place->snapshots);
    uint64_t newest;
    /* None yet, and no folder. */
    assert_int_equal(snapshot_watch_newest(watch, &newest), ERR_NOT_FOUND);
    write_snapshot(place);
    assert_int_equal(snapshot_watch_newest(watch, &newest), 0);
    assert_int_equal(newest, 11);
    ledger_fixture_block(&place->fixture, 12, NULL, 0);
    write_snapshot(place);
    assert_int_equal(snapshot_watch_newest(watch, &newest), 0);
    assert_int_equal(newest, 12);
    /* A folder that has not changed for long is read once for all calls: a file
     * that goes unseen stays the newest. */
    touch(place->snapshots, 1000000000);
    assert_int_equal(snapshot_watch_newest(watch, &newest), 0);
    assert_int_equal(snapshot_prune(place->snapshots, 0), 0);
    touch(place->snapshots, 1000000000);
    assert_int_equal(snapshot_watch_newest(watch, &newest), 0);
    assert_int_equal(newest, 12);
    touch(place->snapshots, 1000000001);
    assert_int_equal(snapshot_watch_newest(watch, &newest), ERR_NOT_FOUND);
    snapshot_watch_free(watch);
}

static void test_list_says_what_is_wrong_with_a_file(void **state)
{
    struct place *place = *state;
    const struct snapshot *list;
    size_t count;
    char path[256], other[256];
    struct snapshot good = write_snapshot(place);
    snprintf(path, sizeof(path), "%s/snapshot-99-%s.zst", place->snapshots,
             HASH_TEXT(&good.header.state_hash));
    assert_int_equal(file_replace(path, bytes_text("nothing"), 0600), 0);
    snprintf(other, sizeof(other), "%s/snapshot-x.zst", place->snapshots);
    assert_int_equal(file_replace(other, bytes_text("not one"), 0600), 0);
    assert_int_equal(
        snapshot_list(place->snapshots, &place->arena, &list, &count), 0);
    assert_int_equal(count, 2);
    assert_int_equal(list[0].status, ERR_CORRUPT);
    assert_non_null(strstr(list[0].problem, "cut off"));
    uint64_t newest = 0;
    assert_int_equal(snapshot_newest(place->snapshots, &newest), 0);
    assert_int_equal(newest, 11);
}

/* ---- What must be refused ---- */

static struct buffer contents_of(const char *path)
{
    struct buffer out = {0};
    assert_int_equal(file_read(path, 1 << 24, &out), 0);
    return out;
}

static int verify_bytes(struct bytes data)
{
    struct ledger_export_info info;
    FILE *file = fmemopen((void *)data.data, data.size, "rb");
    assert_non_null(file);
    err_clear();
    int status = snapshot_verify_file(file, &info);
    fclose(file);
    return status;
}

static void test_every_flipped_bit_is_found(void **state)
{
    struct place *place = *state;
    struct buffer data = contents_of(write_snapshot(place).path);
    assert_int_equal(verify_bytes(buffer_view(&data)), 0);
    /* All bits of the heads of frame and trailer, then one bit a byte. */
    for (size_t i = 0; i < data.size; i++) {
        bool all = i < 32 || i + PACKED_TRAILER_SIZE + 8 >= data.size;
        for (unsigned bit = all ? 0 : i % 8; bit < (all ? 8 : i % 8 + 1);
             bit++) {
            data.data[i] ^= (uint8_t)(1u << bit);
            if (verify_bytes(buffer_view(&data)) == 0)
                fail_msg("bit %u of byte %zu", bit, i);
            assert_true(*err_text());
            data.data[i] ^= (uint8_t)(1u << bit);
        }
    }
    buffer_free(&data);
}

static void test_every_shorter_or_longer_file_is_refused(void **state)
{
    struct place *place = *state;
    struct buffer data = contents_of(write_snapshot(place).path);
    for (size_t size = 1; size < data.size; size++)
        assert_int_not_equal(verify_bytes(bytes_make(data.data, size)), 0);
    buffer_u8(&data, 0);
    assert_int_not_equal(verify_bytes(buffer_view(&data)), 0);
    buffer_free(&data);
}

static void assert_refused(struct place *place, const char *path,
                           const struct hash *genesis, int expected)
{
    struct ledger_export_info info;
    unsigned before = files_in(place->folder);
    assert_int_equal(snapshot_restore(path, genesis, place->copy, &info),
                     expected);
    assert_true(*err_text());
    assert_int_equal(files_in(place->folder), before);
}

static void test_refused_restore_leaves_nothing_behind(void **state)
{
    struct place *place = *state;
    char path[256];
    struct hash other = fixture_hash(7);
    struct snapshot good = write_snapshot(place);
    struct buffer data = contents_of(good.path);
    assert_refused(place, good.path, &other, ERR_STATE);

    snprintf(path, sizeof(path), "%s/damaged", place->snapshots);
    data.data[data.size - 1] ^= 1;
    assert_int_equal(file_replace(path, buffer_view(&data), 0600), 0);
    assert_refused(place, path, genesis_of(place), ERR_CORRUPT);
    assert_int_equal(
        file_replace(path, bytes_make(data.data, data.size / 2), 0600), 0);
    assert_refused(place, path, genesis_of(place), ERR_CORRUPT);
    unlink(path);
    assert_refused(place, path, genesis_of(place), ERR_NOT_FOUND);
    buffer_free(&data);
}

static void test_ledger_that_is_there_is_not_replaced(void **state)
{
    struct place *place = *state;
    struct snapshot snapshot = write_snapshot(place);
    restore(place, snapshot.path);
    assert_refused(place, snapshot.path, genesis_of(place), ERR_EXISTS);
    move_to_copy(place);
}

/* A file whose digest is right, with one row or the header changed. */
static void forge(struct place *place, const char *path, bool in_header)
{
    struct ledger_export *transfer;
    struct snapshot_writer *writer;
    struct bytes key, value;
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(ledger_export_open(place->fixture.ledger, &transfer), 0);
    struct ledger_export_info header = *ledger_export_info(transfer);
    if (in_header)
        header.blockhash.bytes[0] ^= 1;
    assert_int_equal(snapshot_writer_open(file, &header, &writer), 0);
    bool is_done = in_header;
    while (!ledger_export_next(transfer, &key, &value)) {
        struct buffer changed = {0};
        buffer_bytes(&changed, value);
        /* The low byte of the first account's lamports. */
        if (!is_done && key.data[0] == ACCOUNT_ROW_PREFIX) {
            changed.data[0] ^= 1;
            is_done = true;
        }
        assert_int_equal(
            snapshot_writer_put(writer, key, buffer_view(&changed)), 0);
        buffer_free(&changed);
    }
    assert_int_equal(snapshot_writer_finish(writer), 0);
    snapshot_writer_close(writer);
    ledger_export_close(transfer);
    fclose(file);
}

static void test_rows_that_are_not_the_state_hash_are_refused(void **state)
{
    struct place *place = *state;
    struct ledger_export_info info;
    char path[256];
    snprintf(path, sizeof(path), "%s/forged", place->folder);
    forge(place, path, false);
    assert_int_equal(snapshot_verify(path, &info), ERR_CORRUPT);
    assert_non_null(strstr(err_text(), "rows are not those"));
    assert_refused(place, path, genesis_of(place), ERR_CORRUPT);
    forge(place, path, true);
    assert_refused(place, path, genesis_of(place), ERR_CORRUPT);
    assert_non_null(strstr(err_text(), "header"));
}

/* ---- kill -9 ---- */

/* Runs in a child process, which must not use what its parent opened. */
static void work_until_killed(struct place *place, const char *snapshot)
{
    for (;;) {
        struct ledger_export *transfer;
        struct ledger_export_info info;
        if (ledger_export_open_path(place->fixture.folder, &transfer))
            _exit(1);
        write_export(place, transfer);
        if (snapshot_restore(snapshot, genesis_of(place), place->copy, &info) ||
            file_remove_tree(place->copy))
            _exit(1);
    }
}

static void test_killed_writer_and_restorer_leave_all_or_nothing(void **state)
{
    struct place *place = *state;
    struct snapshot good = write_snapshot(place);
    struct ledger_export_info info;
    unsigned restored = 0;
    for (unsigned round = 0; round < 40; round++) {
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0)
            work_until_killed(place, good.path);
        const struct timespec pause = {.tv_nsec = 1000000 + round * 700000};
        nanosleep(&pause, NULL);
        int status;
        kill(child, SIGKILL);
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFSIGNALED(status));
        assert_int_equal(snapshot_verify(good.path, &info), 0);
        /* Removing it is not atomic, but making it is. */
        if (!snapshot_restore(good.path, genesis_of(place), place->copy, &info))
            restored++;
        assert_int_equal(file_remove_tree(place->copy), 0);
    }
    assert_true(restored > 0);
    write_snapshot(place);
    assert_int_equal(files_in(place->snapshots), 1);
    restore(place, good.path);
    assert_int_equal(files_in(place->folder), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        TEST(test_restored_ledger_holds_the_same_rows),
        TEST(test_chain_goes_on_from_the_snapshot),
        TEST(test_message_from_before_the_snapshot_is_not_taken_again),
        TEST(test_empty_block_as_the_root_passes_the_check),
        TEST(test_list_is_newest_first_and_prune_keeps_the_newest),
        TEST(test_watched_folder_is_read_when_it_changed),
        TEST(test_list_says_what_is_wrong_with_a_file),
        TEST(test_every_flipped_bit_is_found),
        TEST(test_every_shorter_or_longer_file_is_refused),
        TEST(test_refused_restore_leaves_nothing_behind),
        TEST(test_ledger_that_is_there_is_not_replaced),
        TEST(test_rows_that_are_not_the_state_hash_are_refused),
        TEST(test_killed_writer_and_restorer_leave_all_or_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
