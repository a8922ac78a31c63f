/*
 * The blocks that a replica knows: those above the root, whatever leaders made,
 * and the final ones of the last REPLICA_SLOTS_AHEAD_MAX slots below it, for
 * those who are behind. In a table by hash, and a list by slots.
 */
#include "base/check.h"
#include "base/memory.h"
#include "settlement/cluster/replica_internal.h"

#include <stdlib.h>

#define NS_PER_MS UINT64_C(1000000)

static struct bytes key_of(const struct hash *hash)
{
    return bytes_make(hash->bytes, sizeof(hash->bytes));
}

struct replica_block *replica_find(const struct replica *replica,
                                   const struct hash *hash)
{
    return map_get(replica->blocks, key_of(hash));
}

bool replica_is_within_reach(const struct replica *replica, uint64_t slot)
{
    return slot > replica->root_slot &&
           slot - replica->root_slot <= REPLICA_SLOTS_AHEAD_MAX;
}

/* ---- the list ---- */

/* New blocks are mostly the newest. */
static void put_in_order(struct replica *replica, struct replica_block *block)
{
    struct replica_block *before = replica->last;

    while (before && before->header.slot > block->header.slot)
        before = before->before;
    block->before = before;
    block->after = before ? before->after : replica->first;
    *(before ? &before->after : &replica->first) = block;
    *(block->after ? &block->after->before : &replica->last) = block;
}

static void take_out(struct replica *replica, struct replica_block *block)
{
    *(block->before ? &block->before->after : &replica->first) = block->after;
    *(block->after ? &block->after->before : &replica->last) = block->before;
}

size_t replica_blocks_of(const struct replica *replica, uint64_t slot,
                         const struct replica_block **first)
{
    const struct replica_block *at = replica->last;
    size_t count = 0;

    while (at && at->header.slot > slot)
        at = at->before;
    for (; at && at->header.slot == slot; at = at->before) {
        *first = at;
        count++;
    }
    return count;
}

bool replica_log_has_room(const struct replica *replica)
{
    size_t bytes = 0;

    for (const struct replica_block *at = replica->last;
         at && at->header.slot > replica->root_slot; at = at->before)
        if (at->bytes && at->ticket > replica->durable)
            bytes += at->bytes->size;
    return bytes < REPLICA_UNDURABLE_BYTES_MAX;
}

/* ---- blocks come and go ---- */

/* If a block says that it is of the future, a clock is wrong, here or there,
 * and this validator's timers must not stop for as long. It was sent when its
 * slot had ended. */
uint64_t replica_time_ns(const struct replica *replica,
                         struct replica_clock clock, uint64_t unix_ms)
{
    uint64_t ago_ms = unix_ms > clock.unix_ms ? replica->options.slot_ms
                                              : clock.unix_ms - unix_ms;

    return ago_ms >= clock.ns / NS_PER_MS ? 0 : clock.ns - ago_ms * NS_PER_MS;
}

struct replica_block *replica_add(struct replica *replica,
                                  struct replica_clock clock,
                                  const struct block_header *header,
                                  const struct hash *hash)
{
    bool is_above = header->slot > replica->root_slot;

    if (is_above && replica->block_count >= REPLICA_BLOCKS_MAX)
        return NULL;
    struct replica_block *block = mem_zero(1, sizeof(*block));
    block->hash = *hash;
    block->header = *header;
    block->time_ns = replica_time_ns(replica, clock, header->unix_ms);
    block->stage = is_above ? STAGE_HEADER : STAGE_FINAL;
    replica->block_count += is_above;
    CHECK(!map_put(replica->blocks, key_of(hash), block));
    put_in_order(replica, block);
    return block;
}

static void drop_bytes(struct replica *replica, struct replica_block *block)
{
    if (!block->bytes)
        return;
    if (block->stage == STAGE_FINAL)
        replica->cached_bytes -= block->bytes->size;
    replica_bytes_release(block->bytes);
    block->bytes = NULL;
}

/* The oldest go first, but for one that has just come: somebody asked for it.
 */
static void shrink_cache(struct replica *replica,
                         const struct replica_block *newest)
{
    struct replica_block *at = replica->first;

    while (replica->cached_bytes > REPLICA_CACHE_BYTES_MAX && at) {
        /* What was removed is in the order no longer; the analyzer does not
         * see that. NOLINTNEXTLINE(clang-analyzer-unix.Malloc) */
        if (at->stage == STAGE_FINAL && at != newest)
            drop_bytes(replica, at);
        at = at->after;
    }
}

void replica_set_bytes(struct replica *replica, struct replica_block *block,
                       struct replica_bytes *bytes)
{
    drop_bytes(replica, block);
    block->bytes = bytes;
    if (block->stage != STAGE_FINAL)
        return;
    replica->cached_bytes += bytes->size;
    shrink_cache(replica, block);
}

void replica_body_free(struct replica *replica, struct replica_block *block)
{
    if (!block->body)
        return;
    replica->bodies--;
    replica_bytes_release(block->body->bytes);
    free(block->body);
    block->body = NULL;
}

static void remove_block(struct replica *replica, struct replica_block *block)
{
    map_remove(replica->blocks, key_of(&block->hash));
    take_out(replica, block);
    replica->block_count -= block->stage != STAGE_FINAL;
    replica_body_free(replica, block);
    drop_bytes(replica, block);
    free(block);
}

void replica_blocks_free(struct replica *replica)
{
    struct replica_block *next;

    for (struct replica_block *at = replica->first; at; at = next) {
        next = at->after;
        remove_block(replica, at);
    }
    map_free(replica->blocks);
}

/* ---- the root ---- */

/* What a final block has decided: others of its slots are of no use. What
 * stands on them goes when its own slot is decided. */
static void drop_decided(struct replica *replica)
{
    struct replica_block *next;

    for (struct replica_block *at = replica->first;
         at && at->header.slot <= replica->root_slot; at = next) {
        next = at->after;
        if (at->stage != STAGE_FINAL ||
            at->header.slot + REPLICA_SLOTS_AHEAD_MAX < replica->root_slot)
            remove_block(replica, at);
    }
}

void replica_move_root(struct replica *replica, struct replica_block *block)
{
    CHECK(block->stage == STAGE_EXECUTED && block->bytes);
    block->stage = STAGE_FINAL;
    replica->block_count--;
    replica->cached_bytes += block->bytes->size;
    replica->root_slot = block->header.slot;
    replica->root = block->hash;
    replica->root_unix_ms = block->header.unix_ms;
    drop_decided(replica);
    shrink_cache(replica, block);
}
