/*
 * What operators do where a third of the stake has forgotten its votes: end
 * all, look which block is the newest final one that any disk has, and begin
 * anew from it, as cluster_network.c and cluster_disk.c do.
 */
#include "cluster_world_internal.h"

#include "base/check.h"
#include "base/error.h"
#include "settlement/cluster/replica_log.h"

#include <inttypes.h>

struct newest {
    uint64_t slot;
    struct hash hash;
};

static void take_newer(struct newest *newest, uint64_t slot,
                       const struct hash *hash)
{
    if (slot < newest->slot)
        return;
    newest->slot = slot;
    newest->hash = *hash;
}

/* As a start that says what is on disk, and an end. */
static int look_at_disk(struct process *process, struct newest *newest)
{
    uint64_t slot;
    struct hash hash;
    int status = ledger_open(process->folder, &process->world->genesis,
                             &process->ledger);

    if (status)
        return status;
    struct bank *tip = ledger_newest(process->ledger, LEDGER_FINALIZED);
    take_newer(newest, bank_info(tip)->slot, ledger_tip_hash(process->ledger));
    bank_release(tip);
    status = world_open_disk(process);
    if (!status && replica_log_newest_final(process->ahead, &slot, &hash))
        take_newer(newest, slot, &hash);
    write_ahead_close(process->ahead);
    ledger_close(process->ledger);
    process->ahead = NULL;
    process->ledger = NULL;
    return status;
}

/* What the network before said of later slots counts no more. */
static void forget_books(struct world *world)
{
    for (size_t i = 0; i < SLOTS; i++)
        if (world->slots[i].slot > world->restart_slot)
            world->slots[i] = (struct slot_book){0};
    sim_votes_free(world->votes);
    world->votes = sim_votes_new(world->options.validators, SLOTS);
}

void world_begin_anew(struct world *world)
{
    struct newest newest = {.hash = world->genesis.hash};

    for (size_t i = 0; i < world->count; i++)
        world_end(process_at(world, i), false);
    for (size_t i = 0; i < world->count; i++)
        if (look_at_disk(process_at(world, i), &newest))
            world_fail(world, "validator %u can't be looked at: %s",
                       process_at(world, i)->validator, err_text());
    if (newest.slot < world->highest_final)
        world_fail(world,
                   "the block of slot %" PRIu64
                   " was final, and no disk shows one after %" PRIu64,
                   world->highest_final, newest.slot);
    world->restart_slot = newest.slot;
    world->restart = newest.hash;
    world->network =
        consensus_network(&world->network, newest.slot, &newest.hash);
    world->tag = vote_tag_of(&world->network);
    forget_books(world);
    for (size_t i = 0; i < world->count; i++) {
        struct process *process = process_at(world, i);
        world_make_votes(process, window_of(newest.slot));
        process->has_forgotten = false;
        world_begin(process);
        process->is_alone = false;
        world_links_changed(world, i);
    }
    world_see(world, SEEN_ANEW);
}
