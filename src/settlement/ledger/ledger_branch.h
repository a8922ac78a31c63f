/*
 * A branch: a published tip, and the executed blocks below it that were not on
 * disk when it was published. It never changes, so who holds it needs no lock;
 * two forks are two branches. What stands below a branch is on disk, and final.
 *
 * Thread: any. It is counted by references.
 */
#ifndef POND_SETTLEMENT_LEDGER_LEDGER_BRANCH_H
#define POND_SETTLEMENT_LEDGER_LEDGER_BRANCH_H

#include "settlement/ledger/executed_block.h"
#include <stdatomic.h>

/* Invariants: the last of blocks is the tip's, and each is the parent of the
 * next. With no blocks the tip is on disk, and floor_slot is its slot. */
struct ledger_branch {
    atomic_size_t references;
    struct bank *bank;   /* of the tip; one reference */
    struct hash hash;    /* of its block */
    uint64_t base_slot;  /* executed_block's */
    uint64_t floor_slot; /* the newest slot below the blocks: on disk */
    size_t count;
    struct executed_block *blocks[]; /* ascending by slot; a reference each */
};

/* A branch of the block and its ancestors above a slot that is on disk with all
 * before it; the block itself is always there. Lets go of the blocks below
 * (executed_block.parent), so: thread: the one that publishes. */
struct ledger_branch *ledger_branch_make(struct executed_block *block,
                                         uint64_t durable_slot);

/* A branch of a tip that is on disk. */
struct ledger_branch *ledger_branch_on_disk(struct bank *bank,
                                            const struct hash *hash);

struct ledger_branch *ledger_branch_retain(struct ledger_branch *branch);
void ledger_branch_release(struct ledger_branch *branch); /* NULL is allowed */

/* The first block at or past a slot; branch->count without one. */
size_t ledger_branch_from(const struct ledger_branch *branch, uint64_t slot);

/* The block of a slot; NULL: there is none, or it is on disk. */
struct executed_block *ledger_branch_block(const struct ledger_branch *branch,
                                           uint64_t slot);

/* Whether the branch holds that block, or stands on it. A block at or below
 * floor_slot must be one of those on disk. */
bool ledger_branch_has(const struct ledger_branch *branch, uint64_t slot,
                       const struct hash *hash);

#endif
