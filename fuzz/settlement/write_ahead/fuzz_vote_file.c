/*
 * A file of votes that a failing disk has changed. Either the validator has
 * forgotten, or a record counts that was written; and what is written next
 * counts after the file is opened again.
 *
 * The input: how many records the file has (a byte), then changes of a place
 * (u16le), a size (a byte) and bytes. If the place is odd the sum of the record
 * there is made right.
 */
#include "base/check.h"
#include "base/disk_memory.h"
#include "settlement/write_ahead/vote_file.h"

#include <xxhash.h>

#define PATH "votes"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct vote_tag tag = {.bytes = {1}};

static void make_file(struct disk *disk, uint8_t records)
{
    struct vote_record record = vote_record_new(9);
    struct vote_file *file;

    CHECK(!vote_file_make(disk, PATH, &tag, &record, &file));
    for (uint8_t i = 0; i < records; i++) {
        record.sequence++;
        record.notarized[i % 4].bytes[0] = i;
        CHECK(!vote_file_write(file, &record));
    }
    vote_file_close(file);
}

/* One change; false at the end. */
static bool change(struct reader *reader, struct buffer *ring)
{
    uint16_t at;
    uint8_t size;
    struct bytes bytes;

    if (reader_u16le(reader, &at) || reader_u8(reader, &size) ||
        reader_take(reader, size, &bytes))
        return false;
    if (bytes.size > ring->size - at)
        bytes.size = ring->size - at;
    if (bytes.size)
        memcpy(ring->data + at, bytes.data, bytes.size);
    if (at % 2) {
        uint8_t *record = ring->data + at / VOTE_RECORD_SIZE * VOTE_RECORD_SIZE;
        const size_t summed = VOTE_RECORD_SIZE - 8;
        u64le_write(record + summed, XXH3_64bits(record, summed));
    }
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct reader reader = reader_make(bytes_make(data, size));
    struct disk_memory *memory = disk_memory_new(1);
    struct disk *disk = disk_memory_disk(memory);
    struct vote_record record, again;
    struct buffer ring = {0};
    struct vote_file *file;
    uint8_t records = 0;

    (void)reader_u8(&reader, &records);
    make_file(disk, records);
    CHECK(disk_memory_copy(memory, PATH, &ring));
    while (change(&reader, &ring))
        ;
    disk_memory_change(memory, PATH, 0, buffer_view(&ring));
    buffer_free(&ring);
    if (!vote_file_open(disk, PATH, &tag, &file, &record)) {
        record.sequence++;
        CHECK(!vote_file_write(file, &record));
        vote_file_close(file);
        CHECK(!vote_file_open(disk, PATH, &tag, &file, &again));
        CHECK(again.sequence == record.sequence);
        vote_file_close(file);
    }
    disk_memory_free(memory);
    return 0;
}
