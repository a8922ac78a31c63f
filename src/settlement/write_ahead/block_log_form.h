/*
 * The bytes of the block log (block_log.h).
 *
 *     segment:  "PONDBLOG", version u32 = 1, number u32, salt u64,
 *               before u32, 0 u32, XXH3-64 u64, entries
 *     entry:    salt u64, kind u8, 0[3], size u32, slot u64, hash[32],
 *               synced u64, XXH3-64 of its bytes u64, XXH3-64 of all before
 *               u64, bytes[size]
 *
 * little-endian. synced: how much of the segment was on disk when the entry
 * was written; so what can't be read before that was damaged on the disk, and
 * what can't be read after it may have been torn by a crash. before: how much
 * of the segment before this one counts; what it holds beyond was torn, or
 * fills its last sector up with zeros. The
 * salt is random, stands before each entry and seeds the sums: nobody outside
 * can make a block in whose bytes an entry is found.
 */
#ifndef POND_SETTLEMENT_WRITE_AHEAD_BLOCK_LOG_FORM_H
#define POND_SETTLEMENT_WRITE_AHEAD_BLOCK_LOG_FORM_H

#include "settlement/write_ahead/block_log.h"

#define BLOCK_LOG_SEGMENT_HEADER 40
#define BLOCK_LOG_ENTRY_HEADER 80

struct block_log_beginning {
    uint32_t number;
    uint64_t salt;
    uint32_t before;
};

void block_log_beginning_encode(const struct block_log_beginning *beginning,
                                uint8_t out[BLOCK_LOG_SEGMENT_HEADER]);
/* ERR_CORRUPT: it is no beginning of a segment; ERR_UNSUPPORTED: of another
 * version. */
int block_log_beginning_decode(struct bytes bytes,
                               struct block_log_beginning *out);

/* Append the entry. */
void block_log_entry_encode(const struct block_log_entry *entry,
                            const void *bytes, uint64_t salt, uint64_t synced,
                            struct buffer *out);
/* The entry that begins with bytes, which hold its header and all that it has,
 * or less. ERR_CORRUPT. Its header is right if *synced is not UINT64_MAX. */
int block_log_entry_decode(struct bytes bytes, uint64_t salt,
                           struct block_log_entry *out, uint64_t *synced);

/* A walk over all of a segment, whatever is in it. */
struct block_log_scan {
    struct bytes segment;
    uint64_t salt;
    size_t at;       /* of what comes next */
    uint64_t synced; /* the highest of the entries so far */
};

struct block_log_piece {
    size_t at;
    size_t size;   /* with the header */
    bool is_entry; /* or bytes that are none */
    struct block_log_entry entry;
};

struct block_log_scan block_log_scan_make(struct bytes segment, uint64_t salt);
/* The pieces follow each other without a gap, up to the end: then false. */
bool block_log_scan_next(struct block_log_scan *scan,
                         struct block_log_piece *out);

#endif
