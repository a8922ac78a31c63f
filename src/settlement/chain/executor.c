/*
 * Executed banks are kept while they are in the tree, and those of final blocks
 * until they are durable, because their children read through their layers.
 * Durable ones are released from the oldest on, and each goes into the row
 * cache first (row_cache.h).
 *
 * The cache serves all forks alike: it has rows of the disk alone, and what is
 * on disk is final, so every bank that is still executed on stands on it.
 */
#include "settlement/chain/executor_internal.h"

#include "base/check.h"
#include "base/memory.h"
#include <stdlib.h>

/* A block of which the bank alone is known; the disk has the rest. */
static struct executed_block *root_block(struct bank *bank,
                                         const struct hash *hash)
{
    struct executed_block *block = executed_block_new();
    block->bank = bank_retain(bank);
    block->hash = *hash;
    return block;
}

struct executor *executor_new(const struct genesis *genesis,
                              const struct keypair *identity,
                              struct bank *newest, const struct hash *tip_hash)
{
    struct executor *executor = mem_zero(1, sizeof(*executor));
    executor->genesis = genesis;
    executor->identity = identity;
    executor->schedule = leader_schedule_new(genesis);
    executor->tree = block_tree_new(root_block(newest, tip_hash));
    executor->base_slot = bank_info(newest)->slot;
    executor->cache = row_cache_new();
    bank_set_durable(newest);
    return executor;
}

void executor_free(struct executor *executor)
{
    if (!executor)
        return;
    executor_give_up(executor);
    for (size_t i = 0; i < executor->waiting_count; i++)
        bank_release(executor->waiting[i]);
    block_tree_free(executor->tree);
    leader_schedule_free(executor->schedule);
    row_cache_free(executor->cache);
    arena_free(&executor->scratch);
    free(executor);
}

void executor_ask(struct executor *executor, executor_recognize *recognize,
                  void *user)
{
    executor->recognize = recognize;
    executor->user = user;
}

struct block_tree *executor_tree(const struct executor *executor)
{
    return executor->tree;
}

/* ---- The disk ---- */

/* All banks up to the newest durable one are released at once:
 * bank_set_durable() cuts its layers off from the banks on top of it. The cache
 * gets the rows, in order, before the layers are freed. */
void executor_set_durable(struct executor *executor, uint64_t slot)
{
    size_t gone = 0;
    CHECK(!executor->is_open);
    while (gone < executor->waiting_count &&
           bank_info(executor->waiting[gone])->slot <= slot)
        gone++;
    if (gone == 0)
        return;
    struct bank *newest = executor->waiting[gone - 1];
    bank_set_durable(newest);
    executor->base_slot = bank_info(newest)->slot;
    for (size_t i = 0; i < gone; i++) {
        row_cache_change(executor->cache, bank_layer(executor->waiting[i]));
        bank_release(executor->waiting[i]);
    }
    executor->waiting_count -= gone;
    memmove(executor->waiting, executor->waiting + gone,
            executor->waiting_count * sizeof(*executor->waiting));
}

void executor_open(struct executor *executor, const struct state_base *base)
{
    CHECK(!executor->is_open);
    row_cache_begin(executor->cache, base);
    executor->is_open = true;
}

void executor_close(struct executor *executor)
{
    CHECK(executor->is_open && !executor->making.block);
    executor->is_open = false;
}

/* ---- Sums ---- */

struct block_node *executor_sum(struct executor *executor)
{
    struct block_node *node = block_tree_unsummed(executor->tree);
    if (node)
        bank_sum_up(node->block->bank);
    return node;
}

/* ---- What is final ---- */

struct block_node *executor_advance(struct executor *executor,
                                    const struct block_node *final,
                                    struct block_node **dead)
{
    if (final == block_tree_root(executor->tree))
        return NULL;
    struct block_node *root = block_tree_advance(executor->tree, final, dead);
    struct bank *bank = root->block->bank;
    CHECK(bank_is_summed(bank));
    CHECK(executor->waiting_count < EXECUTOR_WAITING_MAX);
    executor->waiting[executor->waiting_count++] = bank_retain(bank);
    return root;
}

/* What the block under way stands on is spared. */
void executor_shed(struct executor *executor)
{
    struct block_node *worst;
    while ((worst = block_tree_worst(executor->tree, executor->making.parent)))
        block_tree_sleep(executor->tree, worst);
}
