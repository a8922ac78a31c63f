/*
 * The machine's beginning. And a new one by decree of all operators, where so
 * many validators have forgotten their votes that no quorum is left: the block
 * that they name is brought here like any other that is needed, and is final
 * once it is executed. Until then this validator only watches, so that nobody
 * votes on another root than the others.
 */
#include "base/check.h"
#include "base/memory.h"
#include "settlement/cluster/replica_internal.h"

#include <stdlib.h>

#define NS_PER_MS UINT64_C(1000000)

void replica_begin_machine(struct replica *replica, struct replica_clock clock,
                           uint64_t root_time_ns)
{
    const struct replica_options *options = &replica->options;
    const struct consensus_options consensus = {
        .set = options->set,
        .self = replica->is_restarting ? CONSENSUS_NONE : options->self,
        .root_slot = replica->root_slot,
        .root = replica->root,
        .root_time_ns = root_time_ns,
        .record = replica->has_record && !replica->is_restarting
                      ? &replica->record
                      : NULL,
        .has_forgotten = options->has_forgotten,
        .delta_ns = options->delta_ms * NS_PER_MS,
        .slot_ns = options->slot_ms * NS_PER_MS};

    consensus_free(replica->consensus);
    replica->consensus = consensus_new(&consensus, clock.ns);
    replica->window = UINT64_MAX;
}

/* From the block down to the one after the root; 0: it does not stand on the
 * root. What is executed stands on what is executed. */
static size_t chain_of(const struct replica *replica,
                       struct replica_block *block,
                       struct replica_block **chain)
{
    size_t count = 0;

    while (block && count < REPLICA_SLOTS_AHEAD_MAX) {
        chain[count++] = block;
        if (hash_equal(&block->header.parent_hash, &replica->root))
            return count;
        block = replica_find(replica, &block->header.parent_hash);
    }
    return 0;
}

bool replica_restart(struct replica *replica, struct replica_clock clock)
{
    struct replica_block *block =
        replica->is_restarting
            ? replica_find(replica, &replica->options.restart)
            : NULL;

    if (!block || block->stage != STAGE_EXECUTED)
        return false;
    struct replica_block **chain =
        mem_zero(REPLICA_SLOTS_AHEAD_MAX, sizeof(struct replica_block *));
    size_t count = chain_of(replica, block, chain);
    uint64_t time_ns = block->time_ns;
    for (size_t i = count; i-- > 0;) {
        replica_say_final(replica, chain[i]);
        replica_move_root(replica, chain[i]);
    }
    free(chain);
    if (!count)
        return false;
    replica->is_restarting = false;
    replica->is_order_due = true;
    replica_begin_machine(replica, clock, time_ns);
    for (size_t i = 0; i < replica->count; i++)
        if (replica->peers[i].has_status)
            consensus_peer(replica->consensus, clock.ns, (uint16_t)i,
                           &replica->peers[i].status.consensus);
    return true;
}
