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

/* Make it empty and keep its memory for the next block. False, and nothing
 * happens, if the block made little use of its memory: after a burst the memory
 * is given back. */
bool executed_block_reuse(struct executed_block *block);

/* The memory that the block takes until it is on disk. It does not change once
 * the block is executed. */
size_t executed_block_used_bytes(const struct executed_block *block);

/* True if a crash must not take the block back once it is shown: if it has
 * transactions, or is the first one after slots that were left out because the
 * last run did not end in order. The next run counts from the tip on disk; were
 * that still the one before the gap, it would tell the slots after the gap a
 * second time. */
bool executed_block_waits_for_disk(const struct executed_block *block);

#endif
