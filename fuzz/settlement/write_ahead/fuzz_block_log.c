/*
 * A block log made of arbitrary bytes. Opening it may fail; if it does not, all
 * that it says it has can be read, and what is appended is there after it is
 * opened again.
 *
 * The input: records of a segment (a byte), a kind (a byte), a size (u16le) and
 * bytes, which are appended to the segment
 *     0  as they are
 *     1  as an entry, of the slot and kind that the first nine bytes say
 *     2  as an entry with a byte changed: the first two bytes say which
 *     3  after the beginning of a segment
 */
#include "base/check.h"
#include "base/disk_memory.h"
#include "base/memory.h"
#include "settlement/write_ahead/block_log_form.h"

#include <stdlib.h>

#define SALT 0x5eed
#define FOLDER "blocks"
#define SEGMENTS 4

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void put_entry(struct bytes bytes, struct buffer *out)
{
    struct block_log_entry entry = {.kind = BLOCK_LOG_BLOCK};
    struct reader reader = reader_make(bytes);
    uint8_t kind;

    if (reader_u64le(&reader, &entry.slot) || reader_u8(&reader, &kind) ||
        !reader.left.size)
        return;
    entry.kind = BLOCK_LOG_BLOCK + kind % 5;
    entry.hash.bytes[0] = kind;
    entry.size = (uint32_t)reader.left.size;
    block_log_entry_encode(&entry, reader.left.data, SALT, entry.slot >> 48,
                           out);
}

static void put_changed(struct bytes bytes, struct buffer *out)
{
    struct reader reader = reader_make(bytes);
    size_t before = out->size;
    uint16_t at;

    if (reader_u16le(&reader, &at))
        return;
    put_entry(reader.left, out);
    if (out->size > before)
        out->data[before + at % (out->size - before)] ^= 0x55;
}

static void put_beginning(uint32_t number, struct bytes bytes,
                          struct buffer *out)
{
    const struct block_log_beginning beginning = {
        .number = number,
        .salt = SALT,
        .before = bytes.size ? bytes.data[0] * 64u : 0};
    uint8_t header[BLOCK_LOG_SEGMENT_HEADER];

    block_log_beginning_encode(&beginning, header);
    buffer_append(out, header, sizeof(header));
    buffer_bytes(out, bytes);
}

/* One record; false at the end. */
static bool take(struct reader *reader, struct buffer *segments)
{
    uint8_t segment, kind;
    uint16_t size;
    struct bytes bytes;

    if (reader_u8(reader, &segment) || reader_u8(reader, &kind) ||
        reader_u16le(reader, &size) || reader_take(reader, size, &bytes))
        return false;
    struct buffer *out = &segments[segment % SEGMENTS];
    if (kind % 4 == 0)
        buffer_bytes(out, bytes);
    else if (kind % 4 == 1)
        put_entry(bytes, out);
    else if (kind % 4 == 2)
        put_changed(bytes, out);
    else
        put_beginning(segment % SEGMENTS + 1u, bytes, out);
    return true;
}

static void write_segment(struct disk *disk, uint32_t number,
                          const struct buffer *bytes)
{
    char *path = mem_format("%s/%08u.log", FOLDER, number);
    struct disk_file *file;

    CHECK(!disk_open(disk, path, DISK_WRITE | DISK_MAKE, &file));
    CHECK(!disk_write(file, 0, buffer_view(bytes)));
    disk_close(file);
    free(path);
}

static int open_log(struct disk *disk, struct block_log **out)
{
    const struct block_log_options options = {.disk = disk,
                                              .folder = FOLDER,
                                              .salt = SALT,
                                              .segment_size_bytes = 2048};
    struct block_log_report report;

    return block_log_open(&options, out, &report);
}

static void read_all(struct block_log *log)
{
    uint64_t number, end;
    struct block_log_entry entry;

    block_log_range(log, &number, &end);
    for (; number < end; number++) {
        struct buffer bytes = {0};
        CHECK(block_log_entry_of(log, number, &entry));
        CHECK(!block_log_read(log, number, &bytes));
        CHECK(bytes.size == entry.size);
        buffer_free(&bytes);
    }
}

static void use(struct disk *disk)
{
    struct block_log_entry entry = {
        .kind = BLOCK_LOG_BLOCK, .slot = 7, .hash = {{1, 2, 3}}, .size = 5};
    struct buffer bytes = {0};
    struct block_log *log;
    uint64_t number;

    if (open_log(disk, &log))
        return;
    read_all(log);
    CHECK(!block_log_append(log, &entry, "hello"));
    CHECK(!block_log_sync(log));
    block_log_close(log);
    CHECK(!open_log(disk, &log));
    CHECK(block_log_find(log, BLOCK_LOG_BLOCK, &entry.hash, &number));
    CHECK(!block_log_read(log, number, &bytes));
    CHECK(bytes_equal(buffer_view(&bytes), bytes_text("hello")));
    CHECK(!block_log_drop_before(log, UINT64_MAX));
    read_all(log);
    block_log_close(log);
    buffer_free(&bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct reader reader = reader_make(bytes_make(data, size));
    struct disk_memory *memory = disk_memory_new(1);
    struct disk *disk = disk_memory_disk(memory);
    struct buffer segments[SEGMENTS] = {{0}};

    CHECK(!disk_make_folder(disk, FOLDER));
    while (take(&reader, segments))
        ;
    for (uint32_t i = 0; i < SEGMENTS; i++) {
        if (segments[i].size)
            write_segment(disk, i + 1, &segments[i]);
        buffer_free(&segments[i]);
    }
    use(disk);
    disk_memory_free(memory);
    return 0;
}
