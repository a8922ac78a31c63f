/*
 * A branch is an array and not a walk along the parents, because the thread
 * that publishes lets go of parents while others read.
 */
#include "settlement/ledger/ledger_branch.h"

#include "base/check.h"
#include "base/memory.h"
#include <stdlib.h>

static struct ledger_branch *branch_new(struct bank *bank,
                                        const struct hash *hash, size_t count)
{
    struct ledger_branch *branch =
        mem_zero(1, sizeof(*branch) + count * sizeof(struct executed_block *));
    atomic_init(&branch->references, 1);
    branch->bank = bank_retain(bank);
    branch->hash = *hash;
    branch->count = count;
    return branch;
}

static uint64_t slot_of(const struct executed_block *block)
{
    return bank_info(block->bank)->slot;
}

/* The lowest block keeps no parent: that one and all below it are on disk, and
 * would stay in memory for ever. */
struct ledger_branch *ledger_branch_make(struct executed_block *block,
                                         uint64_t durable_slot)
{
    size_t count = 1;
    struct executed_block *at = block;
    for (; slot_of(at) > durable_slot && at->parent &&
           slot_of(at->parent) > durable_slot;
         at = at->parent)
        count++;
    struct executed_block *gone = at->parent;
    at->parent = NULL;
    struct ledger_branch *branch = branch_new(block->bank, &block->hash, count);
    branch->base_slot = block->base_slot;
    at = block;
    for (size_t i = count; i > 0; at = at->parent)
        branch->blocks[--i] = executed_block_retain(at);
    branch->floor_slot = bank_info(branch->blocks[0]->bank)->parent_slot;
    CHECK(branch->floor_slot <= durable_slot); /* no parent was left out */
    executed_block_release(gone);
    return branch;
}

struct ledger_branch *ledger_branch_on_disk(struct bank *bank,
                                            const struct hash *hash)
{
    struct ledger_branch *branch = branch_new(bank, hash, 0);
    branch->base_slot = branch->floor_slot = bank_info(bank)->slot;
    return branch;
}

struct ledger_branch *ledger_branch_retain(struct ledger_branch *branch)
{
    atomic_fetch_add_explicit(&branch->references, 1, memory_order_relaxed);
    return branch;
}

void ledger_branch_release(struct ledger_branch *branch)
{
    if (!branch || atomic_fetch_sub_explicit(&branch->references, 1,
                                             memory_order_acq_rel) != 1)
        return;
    for (size_t i = 0; i < branch->count; i++)
        executed_block_release(branch->blocks[i]);
    bank_release(branch->bank);
    free(branch);
}

size_t ledger_branch_from(const struct ledger_branch *branch, uint64_t slot)
{
    size_t low = 0, high = branch->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (slot_of(branch->blocks[middle]) < slot)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct executed_block *ledger_branch_block(const struct ledger_branch *branch,
                                           uint64_t slot)
{
    size_t at = ledger_branch_from(branch, slot);
    return at < branch->count && slot_of(branch->blocks[at]) == slot
               ? branch->blocks[at]
               : NULL;
}

bool ledger_branch_has(const struct ledger_branch *branch, uint64_t slot,
                       const struct hash *hash)
{
    if (slot <= branch->floor_slot)
        return true;
    const struct executed_block *block = ledger_branch_block(branch, slot);
    return block && hash_equal(&block->hash, hash);
}
