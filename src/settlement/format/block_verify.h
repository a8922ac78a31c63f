/*
 * What can be said of a block without a state: whether its leader made it,
 * whether its body is the header's, whether its entries are in its proof of
 * history, whether its transactions are signed. In parts, so that threads can
 * share a block; all parts together are the whole.
 *
 * Errors: ERR_CORRUPT with a text that names the slot. Thread: any, several at
 * once on one block.
 */
#ifndef POND_SETTLEMENT_FORMAT_BLOCK_VERIFY_H
#define POND_SETTLEMENT_FORMAT_BLOCK_VERIFY_H

#include "settlement/format/block.h"
#include "settlement/format/leader.h"

/* The block is as large as the network's may be, its ticks are those that every
 * slot has, and it has a body just if it has transactions or its proof of
 * history is at work. Comes first: it bounds the hashes that the entries can
 * ask for. */
int block_verify_shape(const struct block *block,
                       const struct genesis *genesis);

/* The slot's leader signed the header, and the validators that it names are
 * those of its epoch. hash: the block's. */
int block_verify_header(const struct block_header *header,
                        const struct hash *hash,
                        struct leader_schedule *schedule);

/* The header's parent is the block of that hash, slot and time, and it may come
 * after it: slots ascend, and block_time_least() has passed. */
int block_verify_parent(const struct block_header *header,
                        const struct hash *parent_hash, uint64_t parent_slot,
                        uint64_t parent_ms, const struct genesis *genesis);

/* The body is that of the header. */
int block_verify_body(const struct block_header *header, struct bytes body);

/* Entries first … end - 1, each from the hash before it; parent_blockhash:
 * before entry 0. */
int block_verify_entries(const struct block *block,
                         const struct hash *parent_blockhash, size_t first,
                         size_t end);

/* The signatures of count transactions, many of them at once, and notes that
 * they were checked; those of which that was noted before are passed over.
 * first: the place of the first in the block. */
int block_verify_signatures(const struct block *block,
                            struct transaction *transactions, size_t first,
                            size_t count);

#endif
