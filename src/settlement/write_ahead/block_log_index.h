/*
 * Which entries the block log has, and where: in the order of their numbers,
 * by hash and by slot.
 *
 * Thread: one at a time.
 */
#ifndef POND_SETTLEMENT_WRITE_AHEAD_BLOCK_LOG_INDEX_H
#define POND_SETTLEMENT_WRITE_AHEAD_BLOCK_LOG_INDEX_H

#include "settlement/write_ahead/block_log.h"

struct block_log_index;

/* Where an entry is. */
struct block_log_place {
    uint32_t segment; /* its number */
    uint32_t at;      /* of its header */
};

/* The salt keeps others from aiming at collisions. */
struct block_log_index *block_log_index_new(uint64_t salt);
void block_log_index_free(struct block_log_index *index); /* NULL is allowed */

/* The numbers are first … end-1. */
uint64_t block_log_index_first(const struct block_log_index *index);
uint64_t block_log_index_end(const struct block_log_index *index);

/* The entry gets the number that was the end. There is room (CHECKed):
 * BLOCK_LOG_ENTRIES_MAX. */
void block_log_index_add(struct block_log_index *index,
                         const struct block_log_entry *entry,
                         const struct block_log_place *place);
bool block_log_index_is_full(const struct block_log_index *index);

/* The oldest entries go. */
void block_log_index_drop(struct block_log_index *index, size_t count);

/* False if the number is none of these. */
bool block_log_index_get(const struct block_log_index *index, uint64_t number,
                         struct block_log_entry *entry,
                         struct block_log_place *place);

/* As block_log_find() and block_log_find_slot(). */
bool block_log_index_find(const struct block_log_index *index,
                          enum block_log_kind kind, const struct hash *hash,
                          uint64_t *number);
bool block_log_index_find_slot(const struct block_log_index *index,
                               uint64_t slot, uint64_t *number);

#endif
