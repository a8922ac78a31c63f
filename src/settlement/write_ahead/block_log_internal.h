/*
 * The state of a block log, for its opening (block_log_open.c) and its life
 * (block_log.c).
 */
#ifndef POND_SETTLEMENT_WRITE_AHEAD_BLOCK_LOG_INTERNAL_H
#define POND_SETTLEMENT_WRITE_AHEAD_BLOCK_LOG_INTERNAL_H

#include "base/lock.h"
#include "settlement/write_ahead/block_log_form.h"
#include "settlement/write_ahead/block_log_index.h"

struct block_log_segment {
    uint32_t number;
    uint64_t salt;
    size_t entries;
    uint64_t slot_max;
};

/* 1. The lock is held for index and segments, and to change tail, tail_at and
 *    synced or to read them on other threads than the writer's. The rest is the
 *    writer's, and disk, folder and segment_size never change.
 * 2. Segments stand by rising number; the last is the one that file is open on.
 *    All but the last are on disk whole.
 * 3. The index has the entries of the segments, in their order.
 * 4. Of the file synced bytes are on disk, of size. The tail has those from
 *    tail_at on, a sector's beginning: all that are not on disk, and before
 *    them what their first sector has already. */
struct block_log {
    struct disk *disk;
    char *folder;
    uint64_t segment_size;
    uint64_t salt; /* of new segments */
    struct disk_file *file;
    uint64_t size;
    uint64_t synced;
    uint32_t tail_segment; /* its number */
    uint64_t tail_at;
    struct buffer tail;
    bool has_failed;

    struct lock lock;
    struct block_log_index *index;
    struct block_log_segment *segments;
    size_t segment_count;
};

/* The caller frees it. */
char *block_log_path(const struct block_log *log, uint32_t number);

/* Take up a segment that is on disk, without its entries. */
void block_log_add_segment(struct block_log *log, uint32_t number,
                           uint64_t salt);

/* An entry of the last segment is at that place of it. */
void block_log_add_entry(struct block_log *log,
                         const struct block_log_entry *entry, size_t at);

/* Go on at the end of a segment, whose bytes are on disk. */
void block_log_set_tail(struct block_log *log, uint32_t number,
                        struct bytes segment);

/* Make the next segment, durably. Of the last one, size bytes count, which are
 * on disk. ERR_IO, ERR_FULL. */
int block_log_begin_segment(struct block_log *log, uint32_t number);

#endif
