/*
 * What is executed when: a block after its parent, at its time at the earliest,
 * and those of a quorum at once. And what the machine is told of blocks.
 */
#include "base/check.h"
#include "base/error.h"
#include "settlement/cluster/replica_internal.h"
#include "settlement/format/block_time.h"
#include "settlement/format/block_verify.h"

#include <inttypes.h>

#define NS_PER_MS UINT64_C(1000000)
/* A block that is further ahead than that is looked at again then: the clock
 * may have been set. */
#define EARLY_LOOK_MS 10000

int replica_check_header(const struct replica *replica,
                         const struct block_header *header,
                         const struct hash *hash)
{
    if (header->slot <= header->parent_slot)
        return err_set(ERR_CORRUPT,
                       "the block of slot %" PRIu64 " is not after its parent",
                       header->slot);
    if (block_header_size(header) + header->body_size > REPLICA_BLOCK_SIZE_MAX)
        return err_set(ERR_LIMIT,
                       "the block of slot %" PRIu64
                       " has %u bytes, of at most %u",
                       header->slot, header->body_size, REPLICA_BLOCK_SIZE_MAX);
    return block_verify_header(header, hash, replica->options.schedule);
}

/* ---- the machine ---- */

void replica_tell(struct replica *replica, struct replica_clock clock,
                  const struct replica_block *block)
{
    const struct consensus_block news = {
        .slot = block->header.slot,
        .hash = block->hash,
        .parent_slot = block->header.parent_slot,
        .parent = block->header.parent_hash,
        .time_ns = block->time_ns,
    };
    enum consensus_news what = CONSENSUS_HEADER;

    if (block->stage == STAGE_EXECUTED)
        what = CONSENSUS_EXECUTED;
    if (block->stage == STAGE_INVALID)
        what = CONSENSUS_INVALID;
    consensus_block(replica->consensus, clock.ns, &news, what,
                    block->has_state ? &block->state : NULL);
}

/* ---- order ---- */

void replica_restore_whole(struct replica *replica, struct replica_block *block,
                           struct replica_bytes *bytes)
{
    replica_set_bytes(replica, block, bytes);
    block->stage = STAGE_WHOLE;
    block->is_wanted = true;
    block->is_agreed = true;
    replica->is_order_due = true;
}

void replica_whole(struct replica *replica, struct replica_block *block,
                   struct replica_bytes *bytes)
{
    CHECK(block->stage == STAGE_HEADER);
    replica_body_free(replica, block);
    replica_set_bytes(replica, block, bytes);
    block->stage = STAGE_WHOLE;
    block->ticket = replica_append_block(replica, block);
    replica->is_order_due = true;
}

/* No block may be older than its parent allows. If clocks are set back, the
 * chain's time is ahead of them, and it goes on as slowly as it may. */
static bool is_as_old_as_it_may(const struct replica *replica,
                                const struct replica_block *block,
                                uint64_t parent_ms)
{
    return block->header.unix_ms <=
           block_time_paced(replica->options.slot_ms, block->header.parent_slot,
                            parent_ms, block->header.slot);
}

/* The clock may jump, so the time is computed anew whenever it is looked at. */
static bool is_early(struct replica *replica, struct replica_clock clock,
                     struct replica_block *block, uint64_t parent_ms)
{
    uint64_t from_ms = block->header.unix_ms - REPLICA_BLOCK_AHEAD_MS;

    if (block->is_agreed ||
        block->header.unix_ms <= clock.unix_ms + REPLICA_BLOCK_AHEAD_MS ||
        is_as_old_as_it_may(replica, block, parent_ms))
        return false;
    uint64_t wait_ms = from_ms - clock.unix_ms;
    if (wait_ms > EARLY_LOOK_MS)
        wait_ms = EARLY_LOOK_MS;
    replica->counters.blocks_early += !block->early_ns;
    block->early_ns = clock.ns + wait_ms * NS_PER_MS;
    return true;
}

static void order(struct replica *replica, struct replica_clock clock,
                  struct replica_block *block)
{
    struct replica_output *output =
        replica_do(replica, REPLICA_EXECUTE, block->bytes);

    output->slot = block->header.slot;
    output->hash = block->hash;
    block->time_ns = replica_time_ns(replica, clock, block->header.unix_ms);
    block->early_ns = 0;
    block->stage = STAGE_ORDERED;
    replica->ordered[replica->ordered_count].hash = block->hash;
    replica->ordered[replica->ordered_count].size = block->bytes->size;
    replica->ordered_count++;
    replica->ordered_bytes += block->bytes->size;
}

/* A block whose answer is late may be known anew and be ordered again: then it
 * is there twice. */
void replica_order_done(struct replica *replica, const struct hash *hash)
{
    for (size_t i = 0; i < replica->ordered_count; i++) {
        if (!hash_equal(&replica->ordered[i].hash, hash))
            continue;
        replica->ordered_bytes -= replica->ordered[i].size;
        replica->ordered[i] = replica->ordered[--replica->ordered_count];
        replica->is_order_due = true;
        return;
    }
}

/* One may always be executed. */
static bool has_room(const struct replica *replica,
                     const struct replica_block *block)
{
    return replica->ordered_count < REPLICA_ORDERED_MAX &&
           (!replica->ordered_count ||
            replica->ordered_bytes + block->bytes->size <=
                REPLICA_ORDERED_BYTES_MAX);
}

/* What stands on an invalid block is invalid; what stands on a block that is
 * not here waits. */
static bool try_order(struct replica *replica, struct replica_clock clock,
                      struct replica_block *block)
{
    const struct hash *parent_hash = &block->header.parent_hash;
    const struct replica_block *parent = replica_find(replica, parent_hash);

    if (hash_equal(parent_hash, &replica->root))
        parent = NULL;
    else if (!parent || parent->stage < STAGE_ORDERED ||
             parent->stage == STAGE_FINAL)
        return false;
    if (parent && parent->stage == STAGE_INVALID) {
        block->stage = STAGE_INVALID;
        replica_tell(replica, clock, block);
        return true;
    }
    uint64_t parent_ms =
        parent ? parent->header.unix_ms : replica->root_unix_ms;
    if (block->early_ns <= clock.ns &&
        !is_early(replica, clock, block, parent_ms))
        order(replica, clock, block);
    return false;
}

/* By slots, so that parents come first. */
bool replica_order(struct replica *replica, struct replica_clock clock)
{
    struct replica_block *at = replica->last;
    bool is_told = false;

    if (!replica->is_order_due && replica_order_due_ns(replica) > clock.ns)
        return false;
    replica->is_order_due = false;
    while (at && at->before && at->before->header.slot > replica->root_slot)
        at = at->before;
    for (; at; at = at->after) {
        if (at->stage != STAGE_WHOLE)
            continue;
        if (!has_room(replica, at)) {
            replica->is_order_due = true;
            break;
        }
        is_told |= try_order(replica, clock, at);
    }
    return is_told;
}

uint64_t replica_order_due_ns(const struct replica *replica)
{
    uint64_t due = UINT64_MAX;

    for (const struct replica_block *at = replica->last;
         at && at->header.slot > replica->root_slot; at = at->before)
        if (at->stage == STAGE_WHOLE && at->early_ns && at->early_ns < due)
            due = at->early_ns;
    return due;
}
