/*
 * The disk in memory keeps the promises of base/disk.h, and no other.
 */
#include "test.h"

#include "base/disk_memory.h"
#include "base/error.h"

#define SEEDS 200
#define SIZE (8 * DISK_SECTOR)

static struct disk_file *open_file(struct disk_memory *memory, const char *path,
                                   int ways)
{
    struct disk_file *file;

    assert_ok(disk_open(disk_memory_disk(memory), path, ways, &file));
    return file;
}

/* SIZE times that letter, from a place on. */
static int write_letter(struct disk_file *file, uint64_t at, char letter)
{
    uint8_t bytes[SIZE];

    memset(bytes, letter, sizeof(bytes));
    return disk_write(file, at, bytes_make(bytes, sizeof(bytes)));
}

/* A file of letters, on disk with its name. */
static struct disk_file *make_file(struct disk_memory *memory, char letter)
{
    struct disk_file *file =
        open_file(memory, "folder/file", DISK_WRITE | DISK_MAKE);

    assert_ok(disk_make_folder(disk_memory_disk(memory), "folder"));
    assert_ok(write_letter(file, 0, letter));
    assert_ok(disk_sync(file));
    assert_ok(disk_sync_folder(disk_memory_disk(memory), "folder"));
    return file;
}

static void read_all(struct disk_memory *memory, struct buffer *out)
{
    buffer_clear(out);
    assert_true(disk_memory_copy(memory, "folder/file", out));
}

/* How many sectors of the file are of the letter; each is of one only. */
static size_t count_sectors(const struct buffer *bytes, char letter)
{
    size_t found = 0;

    for (size_t i = 0; i < bytes->size; i++) {
        assert_int_equal(bytes->data[i],
                         bytes->data[i / DISK_SECTOR * DISK_SECTOR]);
        if (i % DISK_SECTOR == 0 && bytes->data[i] == (uint8_t)letter)
            found++;
    }
    return found;
}

static void test_a_crash_keeps_what_was_synced(void **state)
{
    size_t lost = 0, kept = 0, torn = 0;

    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        struct disk_memory *memory = disk_memory_new(seed);
        struct disk_file *file = make_file(memory, 'a');
        struct buffer bytes = {0};

        if (seed % 2) {
            assert_ok(write_letter(file, 0, 'b'));
            assert_ok(disk_sync(file));
        }
        assert_ok(write_letter(file, 0, 'c'));
        disk_memory_crash(memory);
        assert_int_equal(disk_sync(file), ERR_IO);
        disk_close(file);
        read_all(memory, &bytes);
        assert_int_equal(bytes.size, SIZE);
        size_t new = count_sectors(&bytes, 'c');
        assert_int_equal(new + count_sectors(&bytes, seed % 2 ? 'b' : 'a'),
                         SIZE / DISK_SECTOR);
        lost += new == 0;
        kept += new == SIZE / DISK_SECTOR;
        torn += new &&new < SIZE / DISK_SECTOR;
        buffer_free(&bytes);
        disk_memory_free(memory);
    }
    assert_true(lost && kept && torn);
}

static void test_a_crash_leaves_a_size_between(void **state)
{
    size_t old = 0, new = 0, between = 0;

    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        struct disk_memory *memory = disk_memory_new(seed);
        struct disk_file *file = make_file(memory, 'a');
        struct buffer bytes = {0};

        assert_ok(write_letter(file, SIZE, 'b'));
        disk_memory_crash(memory);
        disk_close(file);
        read_all(memory, &bytes);
        old += bytes.size == SIZE;
        new += bytes.size == 2 * SIZE;
        between += bytes.size > SIZE && bytes.size < 2 * SIZE;
        assert_true(bytes.size >= SIZE && bytes.size <= 2 * SIZE);
        for (size_t i = 0; i < bytes.size; i++)
            assert_true(i < SIZE ? bytes.data[i] == 'a'
                                 : bytes.data[i] == 'b' || !bytes.data[i]);
        buffer_free(&bytes);
        disk_memory_free(memory);
    }
    assert_true(old && new &&between);
}

static void test_a_name_is_durable_with_its_folder(void **state)
{
    size_t kept = 0;

    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        struct disk_memory *memory = disk_memory_new(seed);
        struct disk *disk = disk_memory_disk(memory);
        struct disk_names names;

        disk_close(make_file(memory, 'a'));
        disk_close(open_file(memory, "folder/b", DISK_WRITE | DISK_MAKE));
        assert_ok(disk_rename(disk, "folder/file", "folder/c"));
        disk_memory_crash(memory);
        assert_ok(disk_list(disk, "folder", &names));
        assert_in_range(names.count, 1, 2);
        bool is_renamed = !strcmp(names.names[names.count - 1], "c");
        if (is_renamed)
            assert_int_equal(names.count, 2);
        else
            assert_string_equal(names.names[names.count - 1], "file");
        kept += is_renamed;
        disk_names_free(&names);
        assert_ok(disk_sync_folder(disk, "folder"));
        assert_ok(disk_remove(disk, "folder/b"));
        assert_ok(disk_sync_folder(disk, "folder"));
        disk_memory_crash(memory);
        assert_ok(disk_list(disk, "folder", &names));
        assert_int_equal(names.count, 1);
        disk_names_free(&names);
        disk_memory_free(memory);
    }
    assert_true(kept && kept < SEEDS);
}

static void test_a_failed_sync_is_not_believed_after_opening(void **state)
{
    const struct disk_memory_faults faults = {.sync_fails = 1};
    size_t lost = 0;

    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        struct disk_memory *memory = disk_memory_new(seed);
        struct disk_file *file = make_file(memory, 'a');
        struct buffer seen = {0}, bytes = {0};
        uint8_t read[SIZE];
        size_t got;

        disk_memory_set_faults(memory, &faults);
        assert_ok(write_letter(file, 0, 'b'));
        assert_int_equal(disk_sync(file), ERR_IO);
        assert_int_equal(disk_sync(file), ERR_IO);
        /* The memory shows it still. */
        assert_ok(disk_read(file, 0, read, SIZE, &got));
        assert_int_equal(read[SIZE - 1], 'b');
        disk_close(file);
        file = open_file(memory, "folder/file", DISK_WRITE);
        read_all(memory, &seen);
        lost += count_sectors(&seen, 'a');
        disk_memory_crash(memory);
        disk_close(file);
        read_all(memory, &bytes);
        assert_true(bytes_equal(buffer_view(&seen), buffer_view(&bytes)));
        buffer_free(&seen);
        buffer_free(&bytes);
        disk_memory_free(memory);
    }
    assert_true(lost);
}

static void test_a_lying_disk_loses_what_it_confirmed(void **state)
{
    const struct disk_memory_faults lies = {.sync_lies = 1};
    const struct disk_memory_faults loses = {.write_lost = 1};
    size_t lied = 0;

    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        struct disk_memory *memory = disk_memory_new(seed);
        struct disk_file *file = make_file(memory, 'a');
        struct buffer bytes = {0};

        disk_memory_set_faults(memory, seed % 2 ? &lies : &loses);
        assert_ok(write_letter(file, 0, 'b'));
        assert_ok(disk_sync(file));
        disk_memory_crash(memory);
        disk_close(file);
        read_all(memory, &bytes);
        if (seed % 2)
            lied += count_sectors(&bytes, 'a') > 0;
        else
            assert_int_equal(count_sectors(&bytes, 'a'), SIZE / DISK_SECTOR);
        buffer_free(&bytes);
        disk_memory_free(memory);
    }
    assert_true(lied);
}

static void test_bad_sectors_and_a_full_disk(void **state)
{
    const struct disk_memory_faults full = {.size_max_bytes = SIZE + 100};
    struct disk_memory *memory = disk_memory_new(1);
    struct disk_file *file = make_file(memory, 'a');
    uint8_t read[SIZE];
    uint64_t size;
    size_t got;

    disk_memory_spoil(memory, "folder/file", 2 * DISK_SECTOR + 5);
    assert_ok(disk_read(file, 0, read, 2 * DISK_SECTOR, &got));
    assert_int_equal(disk_read(file, 0, read, SIZE, &got), ERR_IO);
    assert_ok(write_letter(file, 0, 'b'));
    assert_ok(disk_read(file, 0, read, SIZE, &got));
    disk_memory_set_faults(memory, &full);
    assert_ok(write_letter(file, 0, 'c'));
    assert_int_equal(write_letter(file, SIZE, 'd'), ERR_FULL);
    assert_ok(disk_size(file, &size));
    assert_int_equal(size, SIZE + 100);
    disk_close(file);
    disk_memory_free(memory);
}

/* A write that the power failed under may be there; none after it is. */
static void test_the_power_goes_during_a_change(void **state)
{
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        struct disk_memory *memory = disk_memory_new(seed);
        struct disk_file *file = make_file(memory, 'a');
        struct buffer bytes = {0};

        disk_memory_power_off_after(memory, 2);
        assert_ok(write_letter(file, 0, 'b'));
        assert_ok(disk_sync(file));
        assert_false(disk_memory_is_off(memory));
        assert_int_equal(write_letter(file, 0, 'c'), ERR_IO);
        assert_true(disk_memory_is_off(memory));
        disk_close(file);
        assert_int_equal(
            disk_open(disk_memory_disk(memory), "folder/file", 0, &file),
            ERR_IO);
        disk_memory_crash(memory);
        read_all(memory, &bytes);
        assert_int_equal(count_sectors(&bytes, 'b') +
                             count_sectors(&bytes, 'c'),
                         SIZE / DISK_SECTOR);
        buffer_free(&bytes);
        disk_memory_free(memory);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_crash_keeps_what_was_synced),
        cmocka_unit_test(test_a_crash_leaves_a_size_between),
        cmocka_unit_test(test_a_name_is_durable_with_its_folder),
        cmocka_unit_test(test_a_failed_sync_is_not_believed_after_opening),
        cmocka_unit_test(test_a_lying_disk_loses_what_it_confirmed),
        cmocka_unit_test(test_bad_sectors_and_a_full_disk),
        cmocka_unit_test(test_the_power_goes_during_a_change),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
