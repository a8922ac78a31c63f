/*
 * The block log: finding, reading, dropping; and what is there after crashes
 * and damage.
 */
#include "test.h"

#include "base/check.h"
#include "base/disk_memory.h"
#include "base/error.h"
#include "base/file.h"
#include "base/random.h"
#include "settlement/write_ahead/block_log_form.h"

#include <pthread.h>
#include <stdatomic.h>

#define FOLDER "folder/blocks"
#define FIRST FOLDER "/00000001.log"
#define SEEDS 2000
#define SALT 0x1234567890abcdefu

struct world {
    struct disk_memory *memory;
    struct block_log *log;
    struct block_log_report report;
};

static int try_open(struct world *world, uint64_t segment_size)
{
    const struct block_log_options options = {
        .disk = disk_memory_disk(world->memory),
        .folder = FOLDER,
        .salt = SALT,
        .segment_size_bytes = segment_size};

    return block_log_open(&options, &world->log, &world->report);
}

static struct world make_world(uint64_t seed, uint64_t segment_size)
{
    struct world world = {.memory = disk_memory_new(seed)};

    assert_ok(try_open(&world, segment_size));
    return world;
}

static void free_world(struct world *world)
{
    block_log_close(world->log);
    disk_memory_free(world->memory);
}

static void open_again(struct world *world, uint64_t segment_size)
{
    /* A log that has failed is not synced any more. */
    (void)block_log_sync(world->log);
    block_log_close(world->log);
    assert_ok(try_open(world, segment_size));
}

/* Entry number i of a kind: its hash and bytes follow from both. */
static struct block_log_entry entry_of(enum block_log_kind kind, uint64_t i)
{
    struct block_log_entry entry = {
        .kind = kind, .slot = i, .size = (uint32_t)(1 + i * 37 % 1500)};

    if (kind != BLOCK_LOG_NULLIFICATION)
        memset(entry.hash.bytes, (int)i, sizeof(entry.hash.bytes));
    u64le_write(entry.hash.bytes,
                kind == BLOCK_LOG_NULLIFICATION ? 0 : i * 4 + kind);
    return entry;
}

static void fill_bytes(const struct block_log_entry *entry, uint8_t *bytes)
{
    for (uint32_t i = 0; i < entry->size; i++)
        bytes[i] = (uint8_t)(entry->slot * 7 + i * 13 + entry->kind);
}

static int append(struct world *world, enum block_log_kind kind, uint64_t i)
{
    struct block_log_entry entry = entry_of(kind, i);
    uint8_t bytes[2000];

    fill_bytes(&entry, bytes);
    return block_log_append(world->log, &entry, bytes);
}

/* Is it there, with its bytes? */
static bool has_block(struct world *world, uint64_t i)
{
    struct block_log_entry entry = entry_of(BLOCK_LOG_BLOCK, i), found;
    struct buffer read = {0};
    uint8_t bytes[2000];
    uint64_t number;

    if (!block_log_find(world->log, BLOCK_LOG_BLOCK, &entry.hash, &number))
        return false;
    fill_bytes(&entry, bytes);
    assert_true(block_log_entry_of(world->log, number, &found));
    assert_int_equal(found.slot, entry.slot);
    assert_int_equal(found.kind, entry.kind);
    assert_ok(block_log_read(world->log, number, &read));
    assert_int_equal(read.size, entry.size);
    assert_memory_equal(read.data, bytes, entry.size);
    buffer_free(&read);
    return true;
}

static uint64_t count_entries(struct world *world)
{
    uint64_t first, end;

    block_log_range(world->log, &first, &end);
    return end - first;
}

static size_t count_segments(struct world *world)
{
    struct disk_names names;

    assert_ok(disk_list(disk_memory_disk(world->memory), FOLDER, &names));
    size_t count = names.count;
    disk_names_free(&names);
    return count;
}

static void test_entries_are_found_before_and_after_opening(void **state)
{
    struct world world = make_world(1, 10000);

    for (int times = 0; times < 2; times++) {
        for (uint64_t i = 0; !times && i < 3000; i++)
            assert_ok(append(&world, BLOCK_LOG_BLOCK, i));
        for (uint64_t i = 0; i < 3000; i++)
            assert_true(has_block(&world, i));
        assert_false(has_block(&world, 3000));
        assert_int_equal(count_entries(&world), 3000);
        assert_true(count_segments(&world) > 10);
        open_again(&world, 10000);
        assert_int_equal(world.report.torn_bytes, 0);
        assert_int_equal(world.report.damaged_regions, 0);
    }
    free_world(&world);
}

static void test_a_slot_has_its_entries_in_order(void **state)
{
    static const enum block_log_kind kinds[] = {
        BLOCK_LOG_BLOCK, BLOCK_LOG_NULLIFICATION, BLOCK_LOG_NOTARISATION,
        BLOCK_LOG_FINALISATION};
    struct world world = make_world(1, 0);
    struct block_log_entry entry;
    uint64_t number = 0;

    for (uint64_t i = 0; i < 100; i++)
        for (size_t k = 0; k < 4; k++)
            assert_ok(append(&world, kinds[k], i));
    open_again(&world, 0);
    for (size_t k = 0; k < 4; k++, number++) {
        assert_true(block_log_find_slot(world.log, 50, &number));
        assert_true(block_log_entry_of(world.log, number, &entry));
        assert_int_equal(entry.kind, kinds[k]);
        assert_int_equal(entry.slot, 50);
        assert_int_equal(number, 200 + k);
    }
    assert_false(block_log_find_slot(world.log, 50, &number));
    /* One hash for all nullifications finds none of them. */
    entry = entry_of(BLOCK_LOG_NULLIFICATION, 5);
    assert_false(block_log_find(world.log, BLOCK_LOG_NULLIFICATION, &entry.hash,
                                &number));
    free_world(&world);
}

static void test_the_newest_of_equal_entries_is_found(void **state)
{
    struct world world = make_world(1, 0);
    struct block_log_entry entry = entry_of(BLOCK_LOG_BLOCK, 7);
    uint64_t number;

    for (int i = 0; i < 3; i++)
        assert_ok(append(&world, BLOCK_LOG_BLOCK, 7));
    assert_true(
        block_log_find(world.log, BLOCK_LOG_BLOCK, &entry.hash, &number));
    assert_int_equal(number, 2);
    free_world(&world);
}

static void test_old_segments_go(void **state)
{
    struct world world = make_world(1, 10000);
    struct buffer read = {0};
    uint64_t first, end;

    for (uint64_t i = 0; i < 2000; i++)
        assert_ok(append(&world, BLOCK_LOG_BLOCK, i));
    size_t segments = count_segments(&world);
    assert_ok(block_log_drop_before(world.log, 0));
    assert_int_equal(count_segments(&world), segments);
    assert_ok(block_log_drop_before(world.log, 1000));
    assert_true(count_segments(&world) < segments);
    block_log_range(world.log, &first, &end);
    assert_true(first > 900 && first <= 1000 && end == 2000);
    assert_int_equal(block_log_read(world.log, first - 1, &read),
                     ERR_NOT_FOUND);
    for (uint64_t i = 0; i < 2000; i++)
        assert_int_equal(has_block(&world, i), i >= first);
    /* The newest stays, whatever is in it. */
    assert_ok(block_log_drop_before(world.log, 5000));
    assert_int_equal(count_segments(&world), 1);
    assert_ok(append(&world, BLOCK_LOG_BLOCK, 2000));
    open_again(&world, 10000);
    assert_true(has_block(&world, 2000));
    assert_int_equal(world.report.damaged_regions, 0);
    free_world(&world);
}

/* What is known of blocks 0 … next-1, of which those before dropped may be
 * gone. */
struct history {
    uint64_t next;
    uint64_t dropped;
    bool is_durable[400];
    bool is_lost[400]; /* a crash has taken it */
};

/* Append, sync and drop until the power goes. */
static void use(struct world *world, struct random *random,
                struct history *history)
{
    uint64_t before = history->next;

    while (!disk_memory_is_off(world->memory)) {
        uint64_t what = random_below(random, 8);
        if (what < 5) {
            assert_true(history->next < 400);
            (void)append(world, BLOCK_LOG_BLOCK, history->next++);
        } else if (what < 7) {
            if (!block_log_sync(world->log))
                for (uint64_t i = before; i < history->next; i++)
                    history->is_durable[i] = true;
        } else if (history->next > 20) {
            history->dropped = history->next - 20;
            (void)block_log_drop_before(world->log, history->dropped);
        }
    }
}

static void check_history(struct world *world, struct history *history)
{
    for (uint64_t i = 0; i < history->next; i++) {
        bool is_there = has_block(world, i);
        if (i >= history->dropped && history->is_durable[i])
            assert_true(is_there);
        /* What was there once stays, and what was not does not come. */
        if (history->is_lost[i])
            assert_false(is_there);
        history->is_durable[i] = is_there;
        history->is_lost[i] = !is_there;
    }
    assert_int_equal(world->report.damaged_regions, 0);
}

static void crash_often(uint64_t seed, uint64_t *torn)
{
    struct world world = make_world(seed, 6000);
    struct random random = random_make(seed);
    struct history history = {0};

    for (int life = 0; life < 5; life++) {
        disk_memory_power_off_after(world.memory, random_below(&random, 60));
        use(&world, &random, &history);
        disk_memory_crash(world.memory);
        block_log_close(world.log);
        if (random_below(&random, 2))
            disk_memory_power_off_after(world.memory, random_below(&random, 6));
        while (try_open(&world, 6000)) {
            assert_true(disk_memory_is_off(world.memory));
            disk_memory_crash(world.memory);
        }
        disk_memory_power_off_after(world.memory, UINT64_MAX);
        *torn += world.report.torn_bytes > 0;
        check_history(&world, &history);
    }
    free_world(&world);
}

static void test_no_crash_takes_back_what_was_synced(void **state)
{
    uint64_t torn = 0;

    for (uint64_t seed = 0; seed < SEEDS; seed++)
        crash_often(seed, &torn);
    assert_true(torn > SEEDS / 2);
}

/* A log of 100 blocks that are on disk, and damage at a place of its first
 * segment. Returns how many blocks are there. */
static size_t damage(uint64_t place, bool is_bad_sector, struct world *world)
{
    static const uint8_t other[3] = {0xee, 0xdd, 0xcc};
    size_t found = 0;

    *world = make_world(1, 20000);
    for (uint64_t i = 0; i < 100; i++) {
        assert_ok(append(world, BLOCK_LOG_BLOCK, i));
        assert_ok(block_log_sync(world->log));
    }
    if (is_bad_sector)
        disk_memory_spoil(world->memory, FIRST, place);
    else
        disk_memory_change(world->memory, FIRST, place,
                           bytes_make(other, sizeof(other)));
    open_again(world, 20000);
    for (uint64_t i = 0; i < 100; i++)
        found += has_block(world, i);
    return found;
}

static void test_damage_is_counted_and_the_rest_is_found(void **state)
{
    for (uint64_t place = 0; place < 20000; place += 611) {
        struct world world;
        assert_in_range(damage(place, false, &world), 98, 100);
        assert_int_equal(world.report.damaged_regions, 1);
        assert_true(world.report.damaged_bytes > 0);
        assert_int_equal(world.report.torn_bytes, 0);
        free_world(&world);
        assert_in_range(damage(place, true, &world), 94, 99);
        assert_in_range(world.report.damaged_regions, 1, 2);
        assert_ok(append(&world, BLOCK_LOG_BLOCK, 200));
        open_again(&world, 20000);
        assert_true(has_block(&world, 200));
        free_world(&world);
    }
}

/* Later entries say that it was on disk. */
static void test_damage_of_the_newest_segment_is_none_of_a_crash(void **state)
{
    const uint8_t zeros[10] = {0};
    struct world world = make_world(1, 0);

    for (uint64_t i = 0; i < 10; i++) {
        assert_ok(append(&world, BLOCK_LOG_BLOCK, i));
        assert_ok(block_log_sync(world.log));
    }
    disk_memory_change(world.memory, FIRST, 100, bytes_make(zeros, 10));
    open_again(&world, 0);
    for (uint64_t i = 0; i < 10; i++)
        assert_int_equal(has_block(&world, i), i != 0);
    assert_int_equal(world.report.damaged_regions, 1);
    assert_int_equal(world.report.torn_bytes, 0);
    assert_int_equal(count_segments(&world), 1);
    free_world(&world);
}

static void test_a_torn_end_is_cut_off_once(void **state)
{
    const uint8_t zeros[40] = {0};
    struct world world = make_world(1, 0);
    uint64_t size = BLOCK_LOG_SEGMENT_HEADER;

    for (uint64_t i = 0; i < 10; i++) {
        assert_ok(append(&world, BLOCK_LOG_BLOCK, i));
        size += BLOCK_LOG_ENTRY_HEADER + entry_of(BLOCK_LOG_BLOCK, i).size;
    }
    assert_ok(block_log_sync(world.log));
    disk_memory_change(world.memory, FIRST, size - 200, bytes_make(zeros, 40));
    open_again(&world, 0);
    assert_in_range(world.report.torn_bytes, BLOCK_LOG_ENTRY_HEADER + 334,
                    BLOCK_LOG_ENTRY_HEADER + 334 + DISK_SECTOR - 1);
    open_again(&world, 0);
    assert_int_equal(world.report.torn_bytes, 0);
    assert_int_equal(world.report.damaged_regions, 0);
    assert_int_equal(count_entries(&world), 9);
    free_world(&world);
}

/* Segments whose beginning, end or all is lost. */
static void test_damaged_segments_are_counted(void **state)
{
    const char *second = FOLDER "/00000002.log";
    const uint8_t zeros[BLOCK_LOG_SEGMENT_HEADER] = {0};
    struct world world = make_world(1, 20000);
    struct disk *disk = disk_memory_disk(world.memory);
    struct disk_file *file;
    size_t found = 0;

    for (uint64_t i = 0; i < 100; i++)
        assert_ok(append(&world, BLOCK_LOG_BLOCK, i));
    assert_ok(block_log_sync(world.log));
    disk_memory_change(world.memory, second, 0,
                       bytes_make(zeros, sizeof(zeros)));
    open_again(&world, 20000);
    for (uint64_t i = 0; i < 100; i++)
        assert_true(has_block(&world, i));
    assert_int_equal(world.report.damaged_regions, 1);
    assert_int_equal(world.report.damaged_bytes, BLOCK_LOG_SEGMENT_HEADER);

    assert_ok(disk_open(disk, second, DISK_WRITE, &file));
    assert_ok(disk_truncate(file, 10000));
    disk_close(file);
    open_again(&world, 20000);
    assert_in_range(world.report.damaged_regions, 2, 3);
    assert_true(world.report.damaged_bytes > 10000);

    assert_ok(disk_remove(disk, second));
    open_again(&world, 20000);
    for (uint64_t i = 0; i < 100; i++)
        found += has_block(&world, i);
    assert_in_range(found, 50, 80);
    assert_int_equal(world.report.damaged_regions, 1);
    free_world(&world);
}

/* As damage of the newest entries is taken, because nothing says that they were
 * on disk; those behind are kept all the same. */
static void test_what_is_whole_behind_a_torn_entry_is_kept(void **state)
{
    static const uint8_t zeros[90];
    struct world world = make_world(1, 0);

    for (uint64_t i = 0; i < 10; i++)
        assert_ok(append(&world, BLOCK_LOG_BLOCK, i));
    assert_ok(block_log_sync(world.log));
    disk_memory_change(world.memory, FIRST,
                       BLOCK_LOG_SEGMENT_HEADER + BLOCK_LOG_ENTRY_HEADER + 1,
                       bytes_make(zeros, sizeof(zeros)));
    for (int times = 0; times < 3; times++) {
        open_again(&world, 0);
        for (uint64_t i = 0; i < 10; i++)
            assert_int_equal(has_block(&world, i), i != 1);
        assert_int_equal(world.report.torn_bytes,
                         times ? 0 : BLOCK_LOG_ENTRY_HEADER + 38);
        assert_int_equal(world.report.damaged_regions, 0);
    }
    free_world(&world);
}

static void test_an_entry_in_a_blocks_bytes_is_not_found(void **state)
{
    struct world world = make_world(1, 0);
    struct block_log_entry inner = entry_of(BLOCK_LOG_BLOCK, 3);
    struct block_log_entry outer = entry_of(BLOCK_LOG_BLOCK, 9);
    struct buffer forged = {0};
    uint8_t bytes[2000];

    /* The outsider knows the form and not the salt. */
    fill_bytes(&inner, bytes);
    block_log_entry_encode(&inner, bytes, SALT + 1, 0, &forged);
    outer.size = (uint32_t)forged.size;
    assert_ok(block_log_append(world.log, &outer, forged.data));
    assert_ok(append(&world, BLOCK_LOG_BLOCK, 10));
    assert_ok(block_log_sync(world.log));
    /* The header of the outer one is damaged, so what follows is searched. */
    disk_memory_change(world.memory, FIRST, BLOCK_LOG_SEGMENT_HEADER + 20,
                       bytes_make(bytes, 4));
    open_again(&world, 0);
    assert_int_equal(count_entries(&world), 1);
    assert_true(has_block(&world, 10));
    buffer_free(&forged);
    free_world(&world);
}

static void test_what_is_no_log_is_refused(void **state)
{
    struct world world = make_world(1, 0);
    uint8_t header[BLOCK_LOG_SEGMENT_HEADER] = {0};

    assert_ok(append(&world, BLOCK_LOG_BLOCK, 1));
    assert_ok(block_log_sync(world.log));
    block_log_close(world.log);
    disk_memory_change(world.memory, FIRST, 0,
                       bytes_make(header, sizeof(header)));
    assert_int_equal(try_open(&world, 0), ERR_CORRUPT);
    assert_non_null(strstr(err_text(), "move the folder away"));
    disk_memory_free(world.memory);
}

static void test_a_full_disk_ends_writing(void **state)
{
    const struct disk_memory_faults faults = {.size_max_bytes = 30000};
    struct world world = make_world(1, 10000);
    uint64_t i = 0;
    int status;

    disk_memory_set_faults(world.memory, &faults);
    while (!(status = append(&world, BLOCK_LOG_BLOCK, i)) &&
           !(status = block_log_sync(world.log)))
        i++;
    assert_int_equal(status, ERR_FULL);
    assert_non_null(strstr(err_text(), "writing the block log"));
    assert_int_equal(append(&world, BLOCK_LOG_BLOCK, 1), ERR_IO);
    assert_int_equal(block_log_sync(world.log), ERR_IO);
    for (uint64_t k = 0; k < i; k++)
        assert_true(has_block(&world, k));
    disk_memory_set_faults(world.memory, &(struct disk_memory_faults){0});
    open_again(&world, 10000);
    for (uint64_t k = 0; k < i; k++)
        assert_true(has_block(&world, k));
    assert_ok(append(&world, BLOCK_LOG_BLOCK, i));
    free_world(&world);
}

static void test_a_failed_sync_is_final(void **state)
{
    const struct disk_memory_faults faults = {.write_fails = 1};
    struct world world = make_world(1, 0);

    assert_ok(append(&world, BLOCK_LOG_BLOCK, 1));
    disk_memory_set_faults(world.memory, &faults);
    assert_int_equal(block_log_sync(world.log), ERR_IO);
    disk_memory_set_faults(world.memory, &(struct disk_memory_faults){0});
    assert_int_equal(block_log_sync(world.log), ERR_IO);
    assert_int_equal(append(&world, BLOCK_LOG_BLOCK, 2), ERR_IO);
    free_world(&world);
}

static void test_bytes_that_changed_later_are_not_given(void **state)
{
    struct world world = make_world(1, 0);
    struct buffer read = {0};
    uint8_t byte = 0xfe;

    assert_ok(append(&world, BLOCK_LOG_BLOCK, 1));
    assert_ok(block_log_sync(world.log));
    disk_memory_change(world.memory, FIRST,
                       BLOCK_LOG_SEGMENT_HEADER + BLOCK_LOG_ENTRY_HEADER + 3,
                       bytes_make(&byte, 1));
    assert_int_equal(block_log_read(world.log, 0, &read), ERR_CORRUPT);
    assert_int_equal(read.size, 0);
    disk_memory_spoil(world.memory, FIRST, 0);
    assert_int_equal(block_log_read(world.log, 0, &read), ERR_IO);
    assert_int_equal(read.size, 0);
    free_world(&world);
}

/* Zeros behind the last entry, at each place of its sector, are neither torn
 * nor damage; a sector of them is more than fills one up. */
static void test_what_fills_a_sector_up_is_nothing(void **state)
{
    struct world world = make_world(1, 0);
    uint8_t bytes[DISK_SECTOR] = {1};
    struct buffer file = {0};

    for (uint64_t i = 0; i < 2 * DISK_SECTOR; i++) {
        const struct block_log_entry entry = {
            .kind = BLOCK_LOG_NULLIFICATION,
            .slot = i,
            .size = (uint32_t)(1 + i % DISK_SECTOR)};
        assert_ok(block_log_append(world.log, &entry, bytes));
        open_again(&world, 0);
        assert_int_equal(world.report.torn_bytes, 0);
        assert_int_equal(world.report.damaged_regions, 0);
        assert_int_equal(count_entries(&world), i + 1);
    }
    assert_int_equal(count_segments(&world), 1);
    assert_true(disk_memory_copy(world.memory, FIRST, &file));
    assert_int_equal(file.size % DISK_SECTOR, 0);
    memset(bytes, 0, sizeof(bytes));
    disk_memory_change(world.memory, FIRST, file.size,
                       bytes_make(bytes, sizeof(bytes)));
    open_again(&world, 0);
    assert_in_range(world.report.torn_bytes, DISK_SECTOR, 2 * DISK_SECTOR - 1);
    buffer_free(&file);
    free_world(&world);
}

/* The sectors of what was appended, once, and what is in the first one. */
static void test_a_sync_writes_few_sectors(void **state)
{
    struct world world = make_world(1, 0);

    for (uint64_t i = 0; i < 50; i++) {
        struct disk_memory_counts before = disk_memory_counts(world.memory);
        size_t size =
            BLOCK_LOG_ENTRY_HEADER + entry_of(BLOCK_LOG_BLOCK, i).size;
        assert_ok(append(&world, BLOCK_LOG_BLOCK, i));
        assert_ok(block_log_sync(world.log));
        assert_ok(block_log_sync(world.log));
        struct disk_memory_counts after = disk_memory_counts(world.memory);
        assert_int_equal(after.durable_writes - before.durable_writes, 1);
        assert_int_equal(after.syncs - before.syncs, 0);
        assert_in_range(after.bytes - before.bytes, size,
                        size + 2 * DISK_SECTOR - 2);
    }
    free_world(&world);
}

/* ---- readers beside the writer ---- */

struct reading {
    struct block_log *log;
    atomic_bool is_over;
    atomic_uint found;
};

/* What the log names is there whole, or was dropped meanwhile. */
static void *read_for_ever(void *user)
{
    struct reading *reading = user;
    struct random random = random_make(1);
    struct buffer bytes = {0};
    struct block_log_entry entry;
    uint64_t first, end, number;

    while (!atomic_load(&reading->is_over)) {
        block_log_range(reading->log, &first, &end);
        if (first == end)
            continue;
        number = first + random_below(&random, end - first);
        buffer_clear(&bytes);
        int status = block_log_read(reading->log, number, &bytes);
        CHECK(!status || status == ERR_NOT_FOUND);
        if (status || !block_log_entry_of(reading->log, number, &entry))
            continue;
        CHECK(bytes.size == entry.size);
        atomic_fetch_add(&reading->found, 1);
    }
    buffer_free(&bytes);
    return NULL;
}

static void test_readers_do_not_wait_for_the_writer(void **state)
{
    char folder[] = "/tmp/pond-blocks-XXXXXX";
    const struct block_log_options options = {.disk = disk_real(),
                                              .folder = folder,
                                              .salt = SALT,
                                              .segment_size_bytes = 20000};
    struct world world = {0};
    struct reading reading = {0};
    pthread_t thread;

    assert_non_null(mkdtemp(folder));
    assert_ok(block_log_open(&options, &world.log, &world.report));
    reading.log = world.log;
    assert_int_equal(pthread_create(&thread, NULL, read_for_ever, &reading), 0);
    uint64_t i = 0;
    for (; i < 2000 || atomic_load(&reading.found) < 100; i++) {
        assert_ok(append(&world, BLOCK_LOG_BLOCK, i));
        if (i % 100 == 99)
            assert_ok(block_log_drop_before(world.log, i - 60));
    }
    assert_ok(block_log_sync(world.log));
    atomic_store(&reading.is_over, true);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_true(has_block(&world, i - 1));
    assert_false(has_block(&world, 1000));
    block_log_close(world.log);
    assert_ok(file_remove_tree(folder));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_entries_are_found_before_and_after_opening),
        cmocka_unit_test(test_a_slot_has_its_entries_in_order),
        cmocka_unit_test(test_the_newest_of_equal_entries_is_found),
        cmocka_unit_test(test_old_segments_go),
        cmocka_unit_test(test_no_crash_takes_back_what_was_synced),
        cmocka_unit_test(test_damage_is_counted_and_the_rest_is_found),
        cmocka_unit_test(test_damage_of_the_newest_segment_is_none_of_a_crash),
        cmocka_unit_test(test_a_torn_end_is_cut_off_once),
        cmocka_unit_test(test_damaged_segments_are_counted),
        cmocka_unit_test(test_what_is_whole_behind_a_torn_entry_is_kept),
        cmocka_unit_test(test_an_entry_in_a_blocks_bytes_is_not_found),
        cmocka_unit_test(test_what_is_no_log_is_refused),
        cmocka_unit_test(test_a_full_disk_ends_writing),
        cmocka_unit_test(test_a_failed_sync_is_final),
        cmocka_unit_test(test_bytes_that_changed_later_are_not_given),
        cmocka_unit_test(test_what_fills_a_sector_up_is_nothing),
        cmocka_unit_test(test_a_sync_writes_few_sectors),
        cmocka_unit_test(test_readers_do_not_wait_for_the_writer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
