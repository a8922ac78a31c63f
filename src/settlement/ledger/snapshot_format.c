/*
 * The form of a snapshot, without folders or ledgers, so that it can be fuzzed
 * from memory. The reader holds one row and the key before it; every length is
 * checked before memory is taken.
 *
 * The header has the number of rows, so missing rows at the end show even
 * without the digest.
 *
 * The header is read before the digest is checked, which stands at the end of
 * the file. snapshot.c shows it in lists, and compares it with the rows before
 * it makes a ledger of them.
 *
 * Rows have one order and the header has one form, so the same state always
 * gives the same contents.
 */
#include "settlement/ledger/snapshot_format.h"

#include "base/check.h"
#include "base/error.h"
#include "base/memory.h"
#include "settlement/ledger/packed_file.h"
#include <inttypes.h>
#include <stdlib.h>

#define WRITER_MAGIC 0x534e5057u
#define READER_MAGIC 0x534e5052u

static const char file_magic[8] = {'P', 'O', 'N', 'D', 'S', 'N', 'A', 'P'};

/* Magic, version, genesis, slot, three hashes, number of rows. */
#define HEADER_SIZE (8 + 4 + 32 + 8 + 3 * 32 + 8)
#define ROW_HEAD_SIZE 5 /* the two sizes */

/* ---- Writing ---- */

/* The caller owns the FILE. */
struct snapshot_writer {
    unsigned magic;
    struct packed_writer *file;
    uint64_t left; /* rows to come */
};

static void write_header(const struct ledger_export_info *header,
                         struct buffer *out)
{
    buffer_append(out, file_magic, sizeof(file_magic));
    buffer_u32le(out, SNAPSHOT_VERSION);
    buffer_append(out, header->genesis.bytes, 32);
    buffer_u64le(out, header->slot);
    buffer_append(out, header->blockhash.bytes, 32);
    buffer_append(out, header->block_hash.bytes, 32);
    buffer_append(out, header->state_hash.bytes, 32);
    buffer_u64le(out, header->rows);
    CHECK(out->size == HEADER_SIZE);
}

/* The header is written at once. */
int snapshot_writer_open(FILE *file, const struct ledger_export_info *header,
                         struct snapshot_writer **out)
{
    struct snapshot_writer *writer = mem_zero(1, sizeof(*writer));
    struct buffer bytes = {0};
    writer->magic = WRITER_MAGIC;
    writer->left = header->rows;
    write_header(header, &bytes);
    int status = packed_writer_open(file, &writer->file);
    if (!status)
        status = packed_write(writer->file, buffer_view(&bytes));
    buffer_free(&bytes);
    if (status) {
        snapshot_writer_close(writer);
        return status;
    }
    *out = writer;
    return 0;
}

/* The limits are the reader's. The order is not checked because rows come from
 * a sorted table. */
int snapshot_writer_put(struct snapshot_writer *writer, struct bytes key,
                        struct bytes value)
{
    CHECK_MAGIC(writer, WRITER_MAGIC);
    CHECK(writer->left > 0);
    uint8_t head[ROW_HEAD_SIZE];
    if (!key.size || key.size > STATE_KEY_SIZE_MAX ||
        value.size > SNAPSHOT_VALUE_MAX)
        return err_set(ERR_LIMIT, "a row of %zu bytes is too large",
                       value.size);
    writer->left--;
    head[0] = (uint8_t)key.size;
    u32le_write(head + 1, (uint32_t)value.size);
    int status = packed_write(writer->file, bytes_make(head, sizeof(head)));
    if (!status)
        status = packed_write(writer->file, key);
    return status ? status : packed_write(writer->file, value);
}

int snapshot_writer_finish(struct snapshot_writer *writer)
{
    CHECK_MAGIC(writer, WRITER_MAGIC);
    CHECK(writer->left == 0);
    return packed_writer_finish(writer->file);
}

/* Without snapshot_writer_finish() the file can't be read. */
void snapshot_writer_close(struct snapshot_writer *writer)
{
    if (!writer)
        return;
    CHECK_MAGIC(writer, WRITER_MAGIC);
    packed_writer_close(writer->file);
    writer->magic = 0;
    free(writer);
}

/* ---- Reading ---- */

/* left: rows that are still to come. key and value are the present row;
 * last_key serves to check the order. The three keep their memory from row to
 * row. */
struct snapshot_reader {
    unsigned magic;
    struct packed_reader *file;
    struct ledger_export_info header;
    uint64_t left;
    struct buffer key, value, last_key;
};

/* Magic and version come first, so that a later version may change the rest.
 * packed_file.c refuses a file that is no zstd. */
static int read_header(struct snapshot_reader *reader)
{
    struct ledger_export_info *header = &reader->header;
    uint8_t bytes[HEADER_SIZE];
    uint32_t version = 0;
    int status = packed_read(reader->file, bytes, sizeof(bytes));
    if (status)
        return status;
    if (memcmp(bytes, file_magic, sizeof(file_magic)))
        return err_set(ERR_CORRUPT, "this is no snapshot");
    struct reader from = reader_make(bytes_make(
        bytes + sizeof(file_magic), sizeof(bytes) - sizeof(file_magic)));
    status = reader_u32le(&from, &version);
    if (!status && version != SNAPSHOT_VERSION)
        return err_set(ERR_UNSUPPORTED,
                       "the snapshot is of version %" PRIu32
                       ", and this Pond reads version %d: use the Pond that "
                       "wrote it",
                       version, SNAPSHOT_VERSION);
    status = status ? status : reader_copy(&from, header->genesis.bytes, 32);
    status = status ? status : reader_u64le(&from, &header->slot);
    status = status ? status : reader_copy(&from, header->blockhash.bytes, 32);
    status = status ? status : reader_copy(&from, header->block_hash.bytes, 32);
    status = status ? status : reader_copy(&from, header->state_hash.bytes, 32);
    status = status ? status : reader_u64le(&from, &header->rows);
    CHECK(!status && !from.left.size); /* the size was right */
    if (header->rows > SNAPSHOT_ROWS_MAX)
        return err_set(ERR_LIMIT, "the snapshot has %" PRIu64 " rows",
                       header->rows);
    return 0;
}

/* On an error nothing is left open. */
int snapshot_reader_open(FILE *file, struct snapshot_reader **out)
{
    struct snapshot_reader *reader = mem_zero(1, sizeof(*reader));
    reader->magic = READER_MAGIC;
    int status = packed_reader_open(file, &reader->file);
    if (!status)
        status = read_header(reader);
    if (status) {
        snapshot_reader_close(reader);
        return status;
    }
    reader->left = reader->header.rows;
    *out = reader;
    return 0;
}

const struct ledger_export_info *
snapshot_reader_header(const struct snapshot_reader *reader)
{
    return &reader->header;
}

/* Read exactly size bytes, which is within its limit, into out. */
static int read_into(struct snapshot_reader *reader, struct buffer *out,
                     size_t size)
{
    buffer_resize(out, size);
    return packed_read(reader->file, out->data, size);
}

/* Keys must ascend: the import relies on that, and so a state has one form.
 * After the last row the packed file must end, with the right digest. Errors
 * are final. */
int snapshot_reader_next(struct snapshot_reader *reader, struct bytes *key,
                         struct bytes *value)
{
    CHECK_MAGIC(reader, READER_MAGIC);
    uint8_t head[ROW_HEAD_SIZE];
    int status;
    if (!reader->left) {
        status = packed_reader_finish(reader->file);
        return status ? status : ERR_NOT_FOUND;
    }
    status = packed_read(reader->file, head, sizeof(head));
    if (status)
        return status;
    uint32_t size = u32le_read(head + 1);
    if (!head[0])
        return err_set(ERR_CORRUPT, "a row of the snapshot has no key");
    if (size > SNAPSHOT_VALUE_MAX)
        return err_set(ERR_LIMIT, "a row of the snapshot has %" PRIu32 " bytes",
                       size);
    /* The two keys change places instead of being copied. Before the first row
     * both are empty. */
    struct buffer before = reader->last_key;
    reader->last_key = reader->key;
    reader->key = before;
    status = read_into(reader, &reader->key, head[0]);
    if (!status)
        status = read_into(reader, &reader->value, size);
    if (status)
        return status;
    *key = buffer_view(&reader->key);
    *value = buffer_view(&reader->value);
    if (bytes_compare(*key, buffer_view(&reader->last_key)) <= 0)
        return err_set(ERR_CORRUPT, "the snapshot's rows are out of order");
    reader->left--;
    return 0;
}

void snapshot_reader_close(struct snapshot_reader *reader)
{
    if (!reader)
        return;
    CHECK_MAGIC(reader, READER_MAGIC);
    packed_reader_close(reader->file);
    buffer_free(&reader->key);
    buffer_free(&reader->value);
    buffer_free(&reader->last_key);
    reader->magic = 0;
    free(reader);
}
