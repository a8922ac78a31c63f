/*
 * The vote file: after any crash the record is at least as new as what was
 * reported, and where it can't be, the validator has forgotten.
 */
#include "test.h"

#include "base/disk_memory.h"
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/random.h"
#include "settlement/write_ahead/vote_file.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATH "folder/votes"
#define SEEDS 2000

static const struct vote_tag tag = {.bytes = {1, 2, 3}};

/* Every byte of it depends on the sequence. */
static struct vote_record make_record(uint64_t sequence)
{
    struct vote_record record = {.sequence = sequence,
                                 .known = 1,
                                 .root_slot = sequence * 3,
                                 .window = sequence * 5,
                                 .header_size = 300};

    memset(record.root.bytes, (int)sequence, sizeof(record.root.bytes));
    memset(record.notarized, (int)sequence, sizeof(record.notarized));
    memset(record.finalized, (int)sequence, sizeof(record.finalized));
    memset(record.header, (int)sequence, record.header_size);
    return record;
}

static void check_record(const struct vote_record *record, uint64_t sequence)
{
    struct vote_record expected = make_record(sequence);

    expected.sequence = record->sequence;
    memcpy(expected.replaced, record->replaced, sizeof(expected.replaced));
    assert_memory_equal(record, &expected, sizeof(expected));
}

static struct vote_file *make(struct disk *disk, uint64_t sequence)
{
    struct vote_record record = make_record(sequence);
    struct vote_file *file;

    assert_ok(disk_make_folder(disk, "folder"));
    assert_ok(vote_file_make(disk, PATH, &tag, &record, &file));
    return file;
}

static int write_next(struct vote_file *file, uint64_t sequence)
{
    struct vote_record record = make_record(sequence);

    return vote_file_write(file, &record);
}

/* The content of the record that counts: its root is three times what its
 * sequence was when it was made. */
static uint64_t content_of(const struct vote_record *record)
{
    check_record(record, record->root_slot / 3);
    return record->root_slot / 3;
}

static void check_forgotten(struct disk *disk, const char *why)
{
    struct vote_record record;
    struct vote_file *file;

    assert_int_equal(vote_file_open(disk, PATH, &tag, &file, &record),
                     ERR_NOT_FOUND);
    assert_non_null(strstr(err_text(), "does not know what it has voted"));
    assert_non_null(strstr(err_text(), why));
}

static void test_the_newest_record_counts(void **state)
{
    struct disk_memory *memory = disk_memory_new(1);
    struct disk *disk = disk_memory_disk(memory);
    struct vote_file *file = make(disk, 7);
    struct vote_record record;

    for (uint64_t sequence = 8; sequence < 300; sequence++) {
        if (sequence % 3 == 0) {
            vote_file_close(file);
            assert_ok(vote_file_open(disk, PATH, &tag, &file, &record));
            check_record(&record, sequence - 1);
            assert_int_equal(record.sequence, sequence - 1);
        }
        assert_ok(write_next(file, sequence));
    }
    vote_file_close(file);
    disk_memory_free(memory);
}

static void test_a_missing_or_foreign_file_means_forgotten(void **state)
{
    static const struct vote_tag other = {.bytes = {9}};
    struct disk_memory *memory = disk_memory_new(1);
    struct disk *disk = disk_memory_disk(memory);
    struct buffer zeros = {0};
    struct vote_record record;
    struct vote_file *file;

    check_forgotten(disk, "no file folder/votes");
    vote_file_close(make(disk, 1));
    assert_int_equal(vote_file_open(disk, PATH, &other, &file, &record),
                     ERR_NOT_FOUND);
    assert_non_null(strstr(err_text(), "another network or voter"));
    buffer_resize(&zeros, VOTE_FILE_SIZE);
    disk_memory_change(memory, PATH, 0, buffer_view(&zeros));
    check_forgotten(disk, "holds no valid record");
    buffer_free(&zeros);
    disk_memory_free(memory);
}

/* The newest record is at that place after as many writes. */
static void damage_newest(uint64_t writes, bool is_bad_sector, size_t at)
{
    struct disk_memory *memory = disk_memory_new(1);
    struct disk *disk = disk_memory_disk(memory);
    struct vote_file *file = make(disk, 1);
    struct buffer bytes = {0};
    uint64_t place = writes % VOTE_FILE_PLACES * VOTE_RECORD_SIZE + at;

    for (uint64_t i = 0; i < writes; i++)
        assert_ok(write_next(file, i + 2));
    vote_file_close(file);
    assert_true(disk_memory_copy(memory, PATH, &bytes));
    bytes.data[place] ^= 4;
    if (is_bad_sector)
        disk_memory_spoil(memory, PATH, place);
    else
        disk_memory_change(memory, PATH, place,
                           bytes_make(bytes.data + place, 1));
    check_forgotten(disk, writes ? "damaged where its newest record"
                                 : "holds no valid record");
    buffer_free(&bytes);
    disk_memory_free(memory);
}

/* An older record is not taken for the newest. */
static void test_a_damaged_newest_record_means_forgotten(void **state)
{
    static const uint64_t writes[] = {0, 1, 5, 63, 64, 100};

    for (size_t i = 0; i < sizeof(writes) / sizeof(writes[0]); i++)
        for (size_t at = 0; at < VOTE_RECORD_SIZE; at += 37) {
            damage_newest(writes[i], false, at);
            damage_newest(writes[i], true, at);
        }
}

static void test_a_file_that_was_cut_off_is_not_believed(void **state)
{
    struct disk_memory *memory = disk_memory_new(1);
    struct disk *disk = disk_memory_disk(memory);
    struct vote_file *file = make(disk, 1);
    struct disk_file *raw;

    for (uint64_t i = 2; i < 12; i++)
        assert_ok(write_next(file, i));
    vote_file_close(file);
    assert_ok(disk_open(disk, PATH, DISK_WRITE, &raw));
    assert_ok(disk_truncate(raw, 10 * VOTE_RECORD_SIZE));
    disk_close(raw);
    check_forgotten(disk, "damaged where its newest record");
    disk_memory_free(memory);
}

/* Damage elsewhere is of no concern: those records are not relied upon. */
static void test_a_damaged_old_record_does_not_matter(void **state)
{
    struct disk_memory *memory = disk_memory_new(1);
    struct disk *disk = disk_memory_disk(memory);
    struct vote_file *file = make(disk, 1);
    struct vote_record record;

    for (uint64_t i = 2; i < 100; i++)
        assert_ok(write_next(file, i));
    vote_file_close(file);
    disk_memory_spoil(memory, PATH, 0);
    disk_memory_spoil(memory, PATH, 50 * VOTE_RECORD_SIZE);
    assert_ok(vote_file_open(disk, PATH, &tag, &file, &record));
    check_record(&record, 99);
    vote_file_close(file);
    disk_memory_free(memory);
}

static void test_a_failed_write_is_final(void **state)
{
    const struct disk_memory_faults faults = {.write_fails = 1}, none = {0};
    struct disk_memory *memory = disk_memory_new(1);
    struct vote_file *file = make(disk_memory_disk(memory), 1);

    disk_memory_set_faults(memory, &faults);
    assert_int_equal(write_next(file, 2), ERR_IO);
    disk_memory_set_faults(memory, &none);
    assert_int_equal(write_next(file, 3), ERR_IO);
    vote_file_close(file);
    disk_memory_free(memory);
}

/* Write until the power goes, begin anew, and so on: what was reported is there
 * each time, although opening itself may be what the power goes under. */
static void crash_often(uint64_t seed, size_t *torn)
{
    struct disk_memory *memory = disk_memory_new(seed);
    struct disk *disk = disk_memory_disk(memory);
    struct random random = random_make(seed + 1);
    struct vote_file *file = make(disk, 1);
    uint64_t content = 1, reported = 1;
    struct vote_record record = vote_record_new(0);

    for (int life = 0; life < 6; life++) {
        /* Often at once: torn records follow each other then. */
        disk_memory_power_off_after(
            memory, random_below(&random, random_below(&random, 2) ? 3 : 200));
        while (file) {
            struct vote_record next = make_record(content + 1);
            next.sequence = ++record.sequence;
            content++;
            if (vote_file_write(file, &next))
                break;
            reported = content;
        }
        vote_file_close(file);
        disk_memory_crash(memory);
        if (random_below(&random, 2))
            disk_memory_power_off_after(memory, random_below(&random, 2));
        while (vote_file_open(disk, PATH, &tag, &file, &record)) {
            /* A torn record was being mended. */
            *torn += 1;
            assert_true(disk_memory_is_off(memory));
            disk_memory_crash(memory);
            file = NULL;
        }
        assert_in_range(content_of(&record), reported, content);
        reported = content_of(&record);
    }
    vote_file_close(file);
    disk_memory_free(memory);
}

static void test_no_crash_takes_back_what_was_reported(void **state)
{
    size_t torn = 0;

    for (uint64_t seed = 0; seed < SEEDS; seed++)
        crash_often(seed, &torn);
    assert_true(torn > SEEDS / 10);
}

/* A disk that loses writes, puts them elsewhere or goes bad: never is an older
 * record taken for the newest because of what is in its place. Of a lost write
 * nothing tells, so it may cost the records that it lost. */
static void test_a_failing_disk_is_noticed(void **state)
{
    size_t forgot = 0;

    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        const struct disk_memory_faults faults = {
            .write_elsewhere = seed % 2 ? 40 : 0,
            .sector_goes_bad = seed % 2 ? 0 : 40};
        struct disk_memory *memory = disk_memory_new(seed);
        struct disk *disk = disk_memory_disk(memory);
        struct vote_file *file = make(disk, 1);
        struct vote_record record;
        uint64_t last = 2 + seed % 150;

        disk_memory_set_faults(memory, &faults);
        for (uint64_t i = 2; i <= last; i++)
            assert_ok(write_next(file, i));
        vote_file_close(file);
        disk_memory_crash(memory);
        int status = vote_file_open(disk, PATH, &tag, &file, &record);
        if (status) {
            assert_int_equal(status, ERR_NOT_FOUND);
            forgot++;
        } else {
            uint64_t content = content_of(&record);
            assert_true(seed % 2 ? content <= last : content == last);
            vote_file_close(file);
        }
        disk_memory_free(memory);
    }
    assert_true(forgot > SEEDS / 100 && forgot < SEEDS / 2);
}

/* In the child: write records and say which are on disk, for ever. */
static void write_for_ever(struct disk *disk, const char *path, int to)
{
    struct vote_record record;
    struct vote_file *file;

    if (vote_file_open(disk, path, &tag, &file, &record))
        _exit(1);
    for (uint64_t sequence = record.sequence + 1;; sequence++) {
        if (write_next(file, sequence) ||
            write(to, &sequence, sizeof(sequence)) != sizeof(sequence))
            _exit(1);
    }
}

static void test_a_killed_process_loses_nothing(void **state)
{
    char folder[] = "/var/tmp/pond-votes-XXXXXX";
    struct vote_record record = make_record(1);
    struct random random = random_make(random_seed());
    struct disk *disk = disk_real();
    struct vote_file *file;

    assert_non_null(mkdtemp(folder));
    char *path = mem_format("%s/votes", folder);
    assert_ok(vote_file_make(disk, path, &tag, &record, &file));
    vote_file_close(file);
    for (int i = 0; i < 8; i++) {
        uint64_t reported = record.sequence, last;
        int pipes[2];
        assert_int_equal(pipe(pipes), 0);
        pid_t child = fork();
        if (!child)
            write_for_ever(disk, path, pipes[1]);
        close(pipes[1]);
        for (uint64_t left = 1 + random_below(&random, 40); left; left--)
            assert_int_equal(read(pipes[0], &reported, sizeof(reported)),
                             sizeof(reported));
        kill(child, SIGKILL);
        while (read(pipes[0], &last, sizeof(last)) == sizeof(last))
            reported = last;
        waitpid(child, NULL, 0);
        close(pipes[0]);
        assert_ok(vote_file_open(disk, path, &tag, &file, &record));
        vote_file_close(file);
        assert_in_range(record.sequence, reported, reported + 1);
        check_record(&record, record.sequence);
    }
    free(path);
    assert_ok(file_remove_tree(folder));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_newest_record_counts),
        cmocka_unit_test(test_a_missing_or_foreign_file_means_forgotten),
        cmocka_unit_test(test_a_damaged_newest_record_means_forgotten),
        cmocka_unit_test(test_a_file_that_was_cut_off_is_not_believed),
        cmocka_unit_test(test_a_damaged_old_record_does_not_matter),
        cmocka_unit_test(test_a_failed_write_is_final),
        cmocka_unit_test(test_no_crash_takes_back_what_was_reported),
        cmocka_unit_test(test_a_failing_disk_is_noticed),
        cmocka_unit_test(test_a_killed_process_loses_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
