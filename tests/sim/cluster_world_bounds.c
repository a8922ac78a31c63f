/*
 * What a validator holds is bounded, whatever happens to it.
 */
#include "cluster_world_internal.h"

#include "settlement/chain/execution_internal.h"
#include "settlement/cluster/replica_internal.h"

#include <inttypes.h>

/* An order of the execution is a block of the replica, a slot to lead, or says
 * of a block that it is certified or final. */
#define ORDERS_MAX (REPLICA_ORDERED_MAX + 2 + 2 * REPLICA_BLOCKS_MAX)
/* Entries of the log for a slot: a block and its certificates, and what is left
 * of blocks and windows that came to nothing; and those of its last segments,
 * which go together. */
#define ENTRIES_A_SLOT 5
#define ENTRIES_LEFT 2000

static void bound(const struct process *process, const char *what,
                  uint64_t value, uint64_t most)
{
    if (value > most)
        world_fail(process->world,
                   "validator %u holds %" PRIu64 " of %s, and %" PRIu64
                   " is the most",
                   process->validator, value, what, most);
}

static void check_replica(const struct process *process)
{
    const struct replica *replica = process->replica;
    uint64_t blocks = 0, bodies = 0, waiting = 0, finals = 0, cached_bytes = 0;

    for (const struct replica_block *at = replica->first; at; at = at->after) {
        blocks++;
        bodies += at->body != NULL;
        if (at->stage == STAGE_FINAL && at->bytes)
            cached_bytes += at->bytes->size;
    }
    for (const struct waiting_question *at = replica->waiting; at;
         at = at->next)
        waiting++;
    for (const struct queued_act *at = replica->finals.first; at; at = at->next)
        finals++;
    bound(process, "blocks above the root", replica->block_count,
          REPLICA_BLOCKS_MAX);
    bound(process, "blocks in all", blocks,
          replica->block_count + REPLICA_SLOTS_AHEAD_MAX + 1);
    bound(process, "blocks being executed", replica->ordered_count,
          REPLICA_ORDERED_MAX);
    bound(process, "bodies being fetched", bodies, REPLICA_BODIES_MAX);
    bound(process, "questions for the disk", waiting,
          replica->count * REPLICA_WAITING_MAX);
    bound(process, "final blocks that are not durable", finals,
          REPLICA_BLOCKS_MAX);
    bound(process, "bytes of final blocks", cached_bytes,
          REPLICA_CACHE_BYTES_MAX);
    if (cached_bytes != replica->cached_bytes || bodies != replica->bodies)
        world_fail(process->world, "validator %u has miscounted its blocks",
                   process->validator);
}

static void check_execution(const struct process *process)
{
    const struct execution *execution = process->execution;
    uint64_t orders = 0;

    for (const struct waiting_order *at = execution->first; at; at = at->next)
        orders++;
    bound(process, "orders", orders, ORDERS_MAX);
    bound(process, "bytes for the flusher", process->queue.waiting_bytes,
          2 * (uint64_t)FLUSH_QUEUE_BYTES_MAX);
    bound(process, "transactions", mempool_count(process->mempool),
          PLACES_OWN + world_validators(process->world) * PLACES_OTHER);
}

static void check_log(const struct process *process)
{
    uint64_t first, end;
    uint64_t slots = process->final_slot < REPLICA_SLOTS_AHEAD_MAX
                         ? process->final_slot
                         : REPLICA_SLOTS_AHEAD_MAX;

    block_log_range(write_ahead_log(process->ahead), &first, &end);
    bound(process, "entries of the log", end - first,
          ENTRIES_A_SLOT * slots + ENTRIES_LEFT);
}

void world_check_bounds(const struct process *process)
{
    check_replica(process);
    check_execution(process);
    check_log(process);
}
