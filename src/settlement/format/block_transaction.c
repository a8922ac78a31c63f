/*
 * Why one run and not a general compression: a transaction is made of
 * signatures, keys and hashes, which can't be compressed, and of one padded
 * text. Looking at eight bytes in sixteen finds a run, and a single transaction
 * can be read from the middle of a block without the others.
 *
 * Keys and signatures stay as they are, so that the indexes' rows are made from
 * a block's bytes in place.
 */
#include "settlement/format/block_transaction.h"

#include "base/check.h"
#include "base/error.h"
#include "settlement/format/byte_run.h"
#include "settlement/format/transaction.h"

#define SIGNATURE_SIZE 64
#define KEY_SIZE 32
/* In a message's first byte: a version follows, and no count yet. */
#define VERSION_BIT 0x80

/* Offset of the end of the static keys; of the end of wire if its bytes are not
 * those of a transaction. */
static size_t keys_end(struct bytes wire)
{
    struct reader reader = reader_make(wire);
    struct bytes taken;
    uint16_t signatures, keys;
    if (compact_u16_read(&reader, &signatures) ||
        reader_take(&reader, signatures * (size_t)SIGNATURE_SIZE, &taken) ||
        reader_take(&reader, 1, &taken) ||
        ((taken.data[0] & VERSION_BIT) && reader_take(&reader, 1, &taken)) ||
        reader_take(&reader, 2, &taken) || compact_u16_read(&reader, &keys) ||
        reader_take(&reader, keys * (size_t)KEY_SIZE, &taken))
        return wire.size;
    return wire.size - reader.left.size;
}

/* The run that every writer leaves out. */
static struct byte_run find_run(struct bytes wire)
{
    return byte_run_longest(wire, keys_end(wire));
}

/* The size's top bit serves as the flag: sizes are below 2,048, and most
 * transactions have no run. */
void block_transaction_write(struct bytes wire, struct buffer *out)
{
    CHECK(wire.size <= TRANSACTION_SIZE_MAX);
    struct byte_run run = find_run(wire);
    if (!run.size) {
        buffer_u16le(out, (uint16_t)wire.size);
        buffer_bytes(out, wire);
        return;
    }
    size_t end = run.at + run.size;
    buffer_u16le(out, (uint16_t)(BLOCK_TRANSACTION_RUN | wire.size));
    buffer_u16le(out, (uint16_t)run.at);
    buffer_u16le(out, (uint16_t)run.size);
    buffer_u8(out, run.byte);
    buffer_append(out, wire.data, run.at);
    buffer_append(out, wire.data + end, wire.size - end);
}

/* The rest of an encoding with a run, into bytes of its own. The run is looked
 * for again in the result: an encoding with a shorter run, or without one,
 * would give the block another hash for the same contents. */
static int read_with_run(struct reader *reader, size_t size,
                         struct arena *arena, struct bytes *wire)
{
    uint16_t at, run_size;
    uint8_t byte;
    struct bytes left;
    int status = reader_u16le(reader, &at);
    status = status ? status : reader_u16le(reader, &run_size);
    status = status ? status : reader_u8(reader, &byte);
    if (status)
        return status;
    if (at > size || run_size > size - at)
        return err_set(ERR_INVALID, "a run of %u bytes at %u of %zu", run_size,
                       at, size);
    status = reader_take(reader, size - run_size, &left);
    if (status)
        return status;
    uint8_t *whole = arena_alloc(arena, size);
    memcpy(whole, left.data, at);
    memset(whole + at, byte, run_size);
    memcpy(whole + at + run_size, left.data + at, left.size - at);
    *wire = bytes_make(whole, size);
    struct byte_run run = find_run(*wire);
    return run.size && run.at == at && run.size == run_size
               ? 0
               : err_set(
                     ERR_INVALID,
                     "a transaction leaves out another run than its longest");
}

/* Without a run the wire bytes stay where they are. reader_take() refuses a
 * size that the input does not have. */
int block_transaction_read(struct reader *reader, struct arena *arena,
                           struct bytes *wire)
{
    uint16_t head;
    int status = reader_u16le(reader, &head);
    if (status)
        return status;
    size_t size = head & ~BLOCK_TRANSACTION_RUN;
    if (size > TRANSACTION_SIZE_MAX)
        return err_set(ERR_LIMIT, "a transaction of %zu bytes", size);
    if (head & BLOCK_TRANSACTION_RUN)
        return read_with_run(reader, size, arena, wire);
    status = reader_take(reader, size, wire);
    if (!status && find_run(*wire).size)
        status = err_set(ERR_INVALID,
                         "a transaction holds a run that should be left out");
    return status;
}
