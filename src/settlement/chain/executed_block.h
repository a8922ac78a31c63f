/*
 * A block that is executed, on its way from the producer to the disk.
 */
#ifndef POND_SETTLEMENT_CHAIN_EXECUTED_BLOCK_H
#define POND_SETTLEMENT_CHAIN_EXECUTED_BLOCK_H

#include "settlement/bank/bank.h"
#include "settlement/ledger/ledger_record.h"

/* Owns all it points to. */
struct executed_block {
    struct bank *bank;    /* one reference */
    uint64_t base_slot;   /* ledger_publish() */
    uint64_t executed_ms; /* monotonic */
    struct buffer data;   /* the encoded block */
    struct hash hash;
    struct ledger_records records; /* of its transactions */
};

struct executed_block *executed_block_new(void);        /* empty */
void executed_block_free(struct executed_block *block); /* NULL is allowed */

/* Make it empty and keep its memory for the next block. Returns false and does
 * nothing if the block used little of its memory, so that the memory is given
 * back after a burst. */
bool executed_block_reuse(struct executed_block *block);

/* The memory that the block takes until it is on disk. It does not change after
 * the block has been executed. */
size_t executed_block_used_bytes(const struct executed_block *block);

/* True if the block must be on disk before it is shown: if it has transactions,
 * or is the first one after slots that were left out because the last run did
 * not end in order. The next run counts from the tip on disk. If that were
 * still the block before the gap, the next run would publish the slots after
 * the gap a second time. */
bool executed_block_waits_for_disk(const struct executed_block *block);

#endif
