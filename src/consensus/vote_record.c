#include "consensus/vote_record.h"

#include "base/error.h"
#include "crypto/hash.h"

#include <xxhash.h>

#define MAGIC 0x504e4456u /* "VDNP" */
#define VERSION 1

#define SUM_AT (VOTE_RECORD_SIZE - 8)
#define REPLACED_AT (SUM_AT - 16)

struct vote_record vote_record_new(uint64_t window)
{
    return (struct vote_record){.sequence = 1, .window = window, .known = 1};
}

struct vote_tag vote_record_tag(const struct hash *network,
                                const struct pubkey *voter)
{
    const struct bytes pieces[] = {bytes_text("pond record 1"),
                                   bytes_make(network->bytes, 32),
                                   pubkey_bytes(voter)};
    struct hash hash;
    struct vote_tag tag;

    hash_sha256_pieces(pieces, 3, &hash);
    memcpy(tag.bytes, hash.bytes, sizeof(tag.bytes));
    return tag;
}

/* A place in the record's bytes, which moves on. */
static void put(uint8_t **at, const void *bytes, size_t size)
{
    memcpy(*at, bytes, size);
    *at += size;
}

static void put_u64(uint8_t **at, uint64_t value)
{
    u64le_write(*at, value);
    *at += sizeof(value);
}

void vote_record_encode(const struct vote_record *record,
                        const struct vote_tag *tag,
                        uint8_t out[VOTE_RECORD_SIZE])
{
    uint8_t *at = out;

    memset(out, 0, VOTE_RECORD_SIZE);
    u32le_write(at, MAGIC);
    u16le_write(at + 4, VERSION);
    at += 8;
    put_u64(&at, record->sequence);
    put(&at, tag->bytes, sizeof(tag->bytes));
    put_u64(&at, record->root_slot);
    put(&at, record->root.bytes, 32);
    put_u64(&at, record->window);
    at[0] = record->led;
    at[1] = record->known;
    at += 4;
    for (size_t i = 0; i < VOTE_RECORD_WINDOWS; i++) {
        const struct vote_bits *bits = &record->bits[i];
        const uint8_t bytes[4] = {bits->nullified, bits->notarized,
                                  bits->finalized, 0};
        put(&at, bytes, sizeof(bytes));
    }
    put(&at, record->notarized, sizeof(record->notarized));
    put(&at, record->finalized, sizeof(record->finalized));
    u16le_write(at, record->header_size);
    at += 2;
    put(&at, record->header, record->header_size);
    u64le_write(out + REPLACED_AT, record->replaced[0]);
    u64le_write(out + REPLACED_AT + 8, record->replaced[1]);
    u64le_write(out + SUM_AT, XXH3_64bits(out, SUM_AT));
}

static int read_body(struct reader *reader, struct vote_record *out)
{
    uint8_t zeros[2];
    int status = reader_u64le(reader, &out->root_slot);

    if (!status)
        status = reader_copy(reader, out->root.bytes, 32);
    if (!status)
        status = reader_u64le(reader, &out->window);
    if (!status)
        status = reader_u8(reader, &out->led);
    if (!status)
        status = reader_u8(reader, &out->known);
    if (!status && (!out->known || out->known > VOTE_RECORD_WINDOWS))
        status = err_set(ERR_INVALID, "it knows %u windows", out->known);
    if (!status)
        status = reader_copy(reader, zeros, sizeof(zeros));
    for (size_t i = 0; !status && i < VOTE_RECORD_WINDOWS; i++) {
        uint8_t bytes[4] = {0};
        status = reader_copy(reader, bytes, sizeof(bytes));
        out->bits[i] = (struct vote_bits){.nullified = bytes[0],
                                          .notarized = bytes[1],
                                          .finalized = bytes[2]};
    }
    if (!status)
        status = reader_copy(reader, out->notarized, sizeof(out->notarized));
    if (!status)
        status = reader_copy(reader, out->finalized, sizeof(out->finalized));
    if (!status)
        status = reader_u16le(reader, &out->header_size);
    if (!status && out->header_size > VOTE_RECORD_HEADER_MAX)
        status = err_set(ERR_INVALID, "a header of %u bytes", out->header_size);
    if (!status)
        status = reader_copy(reader, out->header, out->header_size);
    return status;
}

int vote_record_decode(const uint8_t bytes[VOTE_RECORD_SIZE],
                       const struct vote_tag *tag, struct vote_record *out)
{
    struct reader reader = reader_make(bytes_make(bytes, SUM_AT));
    uint32_t magic = 0;
    uint16_t version = 0, zero = 0;
    struct vote_tag found;

    *out = (struct vote_record){0};
    if (u64le_read(bytes + SUM_AT) != XXH3_64bits(bytes, SUM_AT))
        return err_set(ERR_CORRUPT, "the record's sum does not hold");
    int status = reader_u32le(&reader, &magic);
    if (!status)
        status = reader_u16le(&reader, &version);
    if (!status)
        status = reader_u16le(&reader, &zero);
    if (!status && (magic != MAGIC || version != VERSION))
        status = err_set(ERR_INVALID, "it is no record of this version");
    if (!status)
        status = reader_u64le(&reader, &out->sequence);
    if (!status)
        status = reader_copy(&reader, found.bytes, sizeof(found.bytes));
    if (!status && memcmp(found.bytes, tag->bytes, sizeof(found.bytes)) != 0)
        return err_set(ERR_DENIED,
                       "the record is of another network or another voter");
    if (!status)
        status = read_body(&reader, out);
    out->replaced[0] = u64le_read(bytes + REPLACED_AT);
    out->replaced[1] = u64le_read(bytes + REPLACED_AT + 8);
    return status
               ? err_set(ERR_CORRUPT, "the record is damaged: %s", err_text())
               : 0;
}

struct vote_bits *vote_record_bits(struct vote_record *record, uint64_t window)
{
    if (window > record->window || record->window - window >= record->known)
        return NULL;
    return &record->bits[record->window - window];
}

void vote_record_enter(struct vote_record *record, uint64_t window)
{
    if (window <= record->window)
        return;
    uint64_t by = window - record->window;
    size_t kept =
        by < VOTE_RECORD_WINDOWS ? (size_t)(VOTE_RECORD_WINDOWS - by) : 0;

    memmove(record->bits + VOTE_RECORD_WINDOWS - kept, record->bits,
            kept * sizeof(record->bits[0]));
    memset(record->bits, 0,
           (VOTE_RECORD_WINDOWS - kept) * sizeof(record->bits[0]));
    memset(record->notarized, 0, sizeof(record->notarized));
    memset(record->finalized, 0, sizeof(record->finalized));
    if (by > (uint64_t)(VOTE_RECORD_WINDOWS - record->known))
        by = VOTE_RECORD_WINDOWS - record->known;
    record->known += (uint8_t)by;
    record->window = window;
    record->led = 0;
    record->header_size = 0;
}
