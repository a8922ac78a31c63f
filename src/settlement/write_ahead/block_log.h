/*
 * The block log: blocks and certificates that a validator's votes rely on, on
 * disk before those votes. What is final is flushed from here to the ledger
 * later. The form of its files: block_log_form.h.
 *
 *     blocks/00000001.log    segments, appended to one after the other
 *
 * An entry that can't be read when the log is opened was torn by a crash, if
 * nothing after it says that it was on disk, and is cut off; else it is damage
 * of the disk, which is counted. Either way the entries after it are kept.
 *
 * Entries have numbers, which rise in the order of appending and hold as long
 * as the log is open. What was appended can be found and read at once; it is
 * durable, and there when the log is opened again, when block_log_sync() has
 * returned 0. An entry may be there twice.
 *
 * Memory: 64 bytes an entry and up to 16 for finding it; what is not on disk
 * yet, which is 1 MiB and an entry at most. One segment is open for writing,
 * and one more file for each read under way.
 *
 * Thread: one for appending, syncing and dropping; any for the others.
 */
#ifndef POND_SETTLEMENT_WRITE_AHEAD_BLOCK_LOG_H
#define POND_SETTLEMENT_WRITE_AHEAD_BLOCK_LOG_H

#include "base/disk.h"
#include "crypto/key.h"

/* Twice the largest block. */
#define BLOCK_LOG_BYTES_MAX (16u << 20)
/* 80 MiB of memory. A chain that gives up every window of 1.6 s reaches it
 * after 19 days without a final block. */
#define BLOCK_LOG_ENTRIES_MAX (1u << 20)
/* When the next one is begun. Segments are read into memory one by one when the
 * log is opened. */
#define BLOCK_LOG_SEGMENT_SIZE (16u << 20)

enum block_log_kind {
    BLOCK_LOG_BLOCK = 1,
    BLOCK_LOG_NOTARISATION = 2,
    BLOCK_LOG_NULLIFICATION = 3, /* its hash is zero */
    BLOCK_LOG_FINALISATION = 4,
    /* The network began anew from the block of the slot (consensus_network()):
     * certificates before it, and blocks after the slot before it, are of
     * another network. Its hash is zero, its bytes are the network's name. */
    BLOCK_LOG_RESTART = 5,
};

struct block_log;

struct block_log_options {
    struct disk *disk;  /* borrowed */
    const char *folder; /* made if it is not there */
    /* For a log that is new; random. */
    uint64_t salt;
    /* 0: BLOCK_LOG_SEGMENT_SIZE; tests use less, never more. */
    uint64_t segment_size_bytes;
};

/* What opening found. */
struct block_log_report {
    uint64_t torn_bytes; /* cut off at the end: never reported as durable */
    uint64_t damaged_regions; /* that had been on disk, and can't be read */
    uint64_t damaged_bytes;
};

/* Reads all of it. ERR_CORRUPT: it is no block log; ERR_UNSUPPORTED: of another
 * version; ERR_LIMIT: more entries than may be, or a segment that is too large;
 * ERR_IO, ERR_FULL. */
int block_log_open(const struct block_log_options *options,
                   struct block_log **out, struct block_log_report *report);
/* Nothing is synced. NULL is allowed. */
void block_log_close(struct block_log *log);

struct block_log_entry {
    enum block_log_kind kind;
    uint64_t slot;
    struct hash hash;
    uint32_t size;
};

/* entry->size bytes are at bytes (CHECKed to be 1 … BLOCK_LOG_BYTES_MAX).
 * ERR_LIMIT: BLOCK_LOG_ENTRIES_MAX; ERR_FULL, ERR_IO: the disk, and every later
 * call fails as well. */
int block_log_append(struct block_log *log, const struct block_log_entry *entry,
                     const void *bytes);

/* All that was appended is durable. An error is final. */
int block_log_sync(struct block_log *log);

/* Remove the oldest segments, as long as all in them is of slots before that
 * one. The newest segment stays. */
int block_log_drop_before(struct block_log *log, uint64_t slot);

/* The numbers of the entries that are there: first … end-1. */
void block_log_range(struct block_log *log, uint64_t *first, uint64_t *end);

/* False if it is not there (any more). */
bool block_log_entry_of(struct block_log *log, uint64_t number,
                        struct block_log_entry *out);

/* The newest entry of a kind and hash; false if there is none. Nullifications
 * have no hash, and are found by their slot. */
bool block_log_find(struct block_log *log, enum block_log_kind kind,
                    const struct hash *hash, uint64_t *number);

/* The oldest entry of a slot, of whatever kind, whose number is at least
 * *number, which it becomes; false if there is none. */
bool block_log_find_slot(struct block_log *log, uint64_t slot,
                         uint64_t *number);

/* Append its bytes to out. ERR_NOT_FOUND: it was dropped; ERR_CORRUPT, ERR_IO:
 * the disk gives other bytes or none; out is unchanged then. */
int block_log_read(struct block_log *log, uint64_t number, struct buffer *out);

#endif
