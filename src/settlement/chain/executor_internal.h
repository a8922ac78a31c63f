/*
 * What the parts of the executor share: executor.c has the tree and the disk,
 * executor_make.c the block that is being made, executor_check.c those of
 * others. Only these include this.
 */
#ifndef POND_SETTLEMENT_CHAIN_EXECUTOR_INTERNAL_H
#define POND_SETTLEMENT_CHAIN_EXECUTOR_INTERNAL_H

#include "settlement/bank/block_execute.h"
#include "settlement/chain/executor.h"
#include "settlement/format/leader.h"
#include "settlement/state/row_cache.h"

/* The block being made. Its bytes grow as entries come. block_end()
 * gets header. */
struct making {
    struct block_node *parent;
    struct block_execution execution; /* on the block's bank; one reference */
    struct proof_of_history poh;
    uint64_t ticks;
    struct executed_block *block; /* NULL: none is under way */
    struct block_header header;
    size_t entry_count;
};

/* An entry under way: its transactions and their results, until they are in the
 * block. There are up to 64 because one hash of the proof of history orders all
 * of them, and the clock is read between two entries. */
struct batch {
    uint64_t units_before; /* the block's */
    struct buffer taken[EXECUTOR_ENTRY_TRANSACTIONS_MAX];
    size_t taken_count;
    struct transaction transactions[EXECUTOR_ENTRY_TRANSACTIONS_MAX];
    struct bank_result results[EXECUTOR_ENTRY_TRANSACTIONS_MAX];
    struct bytes wires[EXECUTOR_ENTRY_TRANSACTIONS_MAX];
    size_t count; /* of those that go into the block */
};

/* Invariants: waiting holds the final banks whose slot is after base_slot,
 * ascending, with a reference to each; the last of them is the tree's root's,
 * unless that is on disk. The bank of base_slot is marked as durable, so that a
 * child of any bank here reads no further down than that bank. */
struct executor {
    const struct genesis *genesis;
    const struct keypair *identity;
    struct leader_schedule *schedule;
    executor_recognize *recognize; /* or NULL */
    void *user;                    /* its */
    struct block_tree *tree;
    struct bank *waiting[EXECUTOR_WAITING_MAX];
    size_t waiting_count;
    uint64_t base_slot;      /* newest slot marked as durable */
    struct row_cache *cache; /* has all rows up to that slot */
    bool is_open;
    struct making making;
    struct batch batch;
    struct arena scratch; /* of the transactions of one entry */
};

/* The block gets its place in the tree: what readers of its bank need beside
 * the bank and the bytes. base_slot goes with the block because a view needs it
 * to find the rows under its bank. A parent that is on disk is found there. */
static inline void executor_link(const struct executor *executor,
                                 const struct block_node *parent,
                                 struct executed_block *block)
{
    block->base_slot = executor->base_slot;
    block->parent_hash = parent->hash;
    if (parent->slot > executor->base_slot)
        block->parent = executed_block_retain(parent->block);
}

#endif
