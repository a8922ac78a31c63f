/*
 * What is of the network before a restart stays in the log, and counts no more.
 * What the log shows to be final.
 */
#include "test.h"

#include "base/disk_memory.h"
#include "base/error.h"
#include "settlement/cluster/replica_log.h"

static struct write_ahead *open_ahead(struct disk *disk)
{
    const struct write_ahead_options options = {
        .disk = disk, .folder = "folder", .tag = {.bytes = {5}}, .salt = 77};
    struct write_ahead *ahead;

    assert_ok(disk_make_folder(disk, "folder"));
    assert_ok(write_ahead_open(&options, &ahead));
    return ahead;
}

static void put_kind(struct write_ahead *ahead, enum block_log_kind kind,
                     uint64_t slot, const char *text)
{
    const struct block_log_entry entry = {.kind = kind,
                                          .slot = slot,
                                          .hash = {{(uint8_t)slot}},
                                          .size = (uint32_t)strlen(text)};

    write_ahead_put(ahead, &entry, text);
    assert_ok(write_ahead_commit(ahead));
}

static void put(struct write_ahead *ahead, uint64_t slot, const char *text)
{
    put_kind(ahead, BLOCK_LOG_NOTARISATION, slot, text);
}

/* The certificates from slot 0 on that others would get. */
static void assert_given(struct write_ahead *ahead, const char *expected)
{
    const struct replica_output output = {.act = REPLICA_LOAD_CERTIFICATES};
    struct buffer out = {0}, texts = {0};

    replica_log_read(ahead, &output, &out);
    for (size_t at = 0; at < out.size;) {
        uint32_t size = u32le_read(out.data + at);
        buffer_append(&texts, out.data + at + 4, size);
        at += 4 + size;
    }
    assert_string_equal(buffer_string(&texts), expected);
    buffer_free(&out);
    buffer_free(&texts);
}

static uint64_t entries(struct write_ahead *ahead)
{
    uint64_t first, end;

    block_log_range(write_ahead_log(ahead), &first, &end);
    return end - first;
}

static void test_certificates_of_the_network_before_are_not_given(void **state)
{
    const struct hash network = {{1}}, next = {{2}};
    struct disk_memory *memory = disk_memory_new(1);
    struct write_ahead *ahead = open_ahead(disk_memory_disk(memory));

    put(ahead, 3, "a");
    put(ahead, 6, "b");
    assert_given(ahead, "ab");
    assert_ok(replica_log_begin_anew(ahead, &network, 4));
    assert_given(ahead, "");
    put(ahead, 5, "c");
    assert_given(ahead, "c");
    write_ahead_close(ahead);
    ahead = open_ahead(disk_memory_disk(memory));
    assert_given(ahead, "c");
    assert_ok(replica_log_begin_anew(ahead, &next, 5));
    put(ahead, 6, "d");
    assert_given(ahead, "d");
    write_ahead_close(ahead);
    disk_memory_free(memory);
    (void)state;
}

static void test_a_restart_is_marked_once(void **state)
{
    const struct hash network = {{1}};
    struct disk_memory *memory = disk_memory_new(1);
    struct write_ahead *ahead = open_ahead(disk_memory_disk(memory));

    assert_ok(replica_log_begin_anew(ahead, &network, 4));
    put(ahead, 5, "c");
    write_ahead_close(ahead);
    ahead = open_ahead(disk_memory_disk(memory));
    assert_ok(replica_log_begin_anew(ahead, &network, 4));
    assert_int_equal(entries(ahead), 2);
    assert_given(ahead, "c");
    write_ahead_close(ahead);
    disk_memory_free(memory);
    (void)state;
}

static void assert_newest(struct write_ahead *ahead, uint64_t expected)
{
    const struct hash expected_hash = {{(uint8_t)expected}};
    uint64_t slot = 0;
    struct hash hash = {{0}};

    assert_int_equal(replica_log_newest_final(ahead, &slot, &hash),
                     expected != 0);
    assert_int_equal(slot, expected);
    assert_true(hash_equal(&hash, &expected_hash));
}

static void test_the_newest_final_block_is_that_of_the_network(void **state)
{
    const struct hash network = {{1}};
    struct disk_memory *memory = disk_memory_new(1);
    struct write_ahead *ahead = open_ahead(disk_memory_disk(memory));

    put(ahead, 9, "notarised");
    assert_newest(ahead, 0);
    put_kind(ahead, BLOCK_LOG_FINALISATION, 7, "a");
    put_kind(ahead, BLOCK_LOG_FINALISATION, 8, "b");
    put_kind(ahead, BLOCK_LOG_FINALISATION, 6, "c");
    assert_newest(ahead, 8);
    assert_false(replica_log_is_anew(ahead, &network));
    assert_ok(replica_log_begin_anew(ahead, &network, 5));
    assert_true(replica_log_is_anew(ahead, &network));
    assert_newest(ahead, 0);
    put_kind(ahead, BLOCK_LOG_FINALISATION, 6, "d");
    assert_newest(ahead, 6);
    write_ahead_close(ahead);
    disk_memory_free(memory);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_certificates_of_the_network_before_are_not_given),
        cmocka_unit_test(test_a_restart_is_marked_once),
        cmocka_unit_test(test_the_newest_final_block_is_that_of_the_network),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
