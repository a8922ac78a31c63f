/*
 * Processes: they begin with what is on their disks, connect, end at any
 * moment, and begin again.
 */
#include "cluster_world_internal.h"

#include "base/check.h"
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- connections ---- */

static void tell_link(struct world *world, size_t here, size_t there)
{
    struct process *process = process_at(world, here);
    uint16_t validator = process_at(world, there)->validator;

    if (!process->is_up || process->validator == validator)
        return;
    replica_peer(process->replica, world_clock(process), validator,
                 world_connected(world, here, there));
    world_drive(process);
}

void world_link_changed(struct world *world, size_t a, size_t b)
{
    (*world_connection(world, a, b))++;
    tell_link(world, a, b);
    tell_link(world, b, a);
}

void world_links_changed(struct world *world, size_t index)
{
    for (size_t i = 0; i < world->count; i++)
        if (i != index && process_at(world, i)->validator !=
                              process_at(world, index)->validator)
            world_link_changed(world, index, i);
}

void world_set_links(struct world *world, size_t a, size_t b, enum link there,
                     enum link back)
{
    bool was_up = world_connected(world, a, b);

    sim_links_set(&world->links, a, b, there, back);
    if (was_up != world_connected(world, a, b))
        world_link_changed(world, a, b);
}

/* ---- begin ---- */

static void begin_clock(struct process *process)
{
    struct world *world = process->world;
    const struct world_options *options = &world->options;

    process->begin_us = world->now_us;
    process->begin_ns = UINT64_C(1000000000000) +
                        random_below(&world->clocks, UINT64_C(1000000000000));
    process->drift =
        options->drift
            ? (int64_t)random_below(&world->clocks, 2 * options->drift + 1) -
                  (int64_t)options->drift
            : 0;
}

static void open_endpoint(struct process *process)
{
    struct world *world = process->world;
    size_t count = world->options.validators;
    size_t places[WORLD_VALIDATORS_MAX + 1] = {PLACES_OWN};
    struct cluster_validator *validators = mem_zero(count, sizeof(*validators));

    for (size_t i = 0; i < count; i++) {
        places[i + 1] = PLACES_OTHER;
        validators[i] = (struct cluster_validator){
            .identity = world->identities[i].pubkey,
            .vote = world->identities[i].pubkey,
            .stake = world->genesis.validators[i].stake,
            .root_slot = CLUSTER_NO_SLOT,
            .last_vote = CLUSTER_NO_SLOT};
    }
    process->mempool =
        mempool_new_of_several(places, count + 1, WORLD_KEPT_MAX);
    process->view = cluster_view_new(validators, count);
    free(validators);
    const struct rpc_options options = {
        .ledger = process->ledger,
        .mempool = process->mempool,
        .identity = world->identities[process->validator].pubkey,
        .cluster = process->view};
    process->rpc = rpc_new(&options);
}

/* The ledger's tip is final and executed: nothing else can be a root. */
static void open_replica(struct process *process)
{
    struct world *world = process->world;
    struct bank *tip = ledger_newest(process->ledger, LEDGER_FINALIZED);
    const struct replica_options options = {
        .set = world->set,
        .schedule = world->schedule,
        .self = process->validator,
        .signing = world_signing(process),
        .root_slot = bank_info(tip)->slot,
        .root = *ledger_tip_hash(process->ledger),
        .root_unix_ms = bank_info(tip)->unix_ms,
        .record = write_ahead_record(process->ahead, NULL),
        .restart_slot = world->restart_slot,
        .restart = world->restart,
        .delta_ms = world->options.delta_us / 1000,
        .slot_ms = world->genesis.slot_ms};

    if (options.root_slot > process->final_slot)
        process->final_slot = options.root_slot;
    process->queue = flush_queue_make(options.root_slot);
    bank_release(tip);
    process->replica = replica_new(&options, world_clock(process));
}

static int open_ledger(struct process *process)
{
    return ledger_open(process->folder, &process->world->genesis,
                       &process->ledger);
}

void world_begin(struct process *process)
{
    struct world *world = process->world;

    begin_clock(process);
    process->is_up = process->is_alone = true;
    process->life++;
    process->tick_us = process->step_us = process->flush_us = 0;
    process->busy_until_us = process->crash_after = 0;
    memset(process->told, 0, sizeof(process->told));
    memset(&process->forwarding, 0, sizeof(process->forwarding));
    if (open_ledger(process) || world_open_disk(process)) {
        world_fail(world, "validator %u can't begin: %s", process->validator,
                   err_text());
        process->is_up = false;
        return;
    }
    open_endpoint(process);
    const struct execution_options execution = {
        .ledger = process->ledger,
        .mempool = process->mempool,
        .identity = &world->identities[process->validator]};
    process->execution = execution_new(&execution);
    open_replica(process);
    world_restore(process);
    world_step_at(process, world->now_us);
    world_drive(process);
    uint64_t slot_us = world->options.slot_us;
    world_post(world, world->now_us + slot_us / 8, process->index,
               world_event(EVENT_FORWARD));
    world_post(world, world->now_us + slot_us, process->index,
               world_event(EVENT_WATCH));
    if (process->is_traitor)
        world_post(world, world->now_us + slot_us, process->index,
                   world_event(EVENT_SHOUT));
}

/* ---- end ---- */

static void lose_disk(struct process *process)
{
    struct world *world = process->world;

    world_see(world, SEEN_FORGOT);
    process->has_forgotten = true;
    disk_memory_free(process->memory);
    process->memory = disk_memory_new(random_u64(&process->disk));
    if (random_below(&process->disk, 2))
        return;
    file_remove_tree(process->folder);
    process->final_slot = 0;
}

void world_end(struct process *process, bool has_lost_disk)
{
    struct world *world = process->world;

    if (!process->replica)
        return;
    process->is_up = false;
    world->result.crashes++;
    world_forget_taken(process);
    world_links_changed(world, process->index);
    replica_free(process->replica);
    execution_free(process->execution);
    world_close_disk(process);
    rpc_free(process->rpc);
    cluster_view_free(process->view);
    mempool_free(process->mempool);
    ledger_close(process->ledger);
    process->replica = NULL;
    process->execution = NULL;
    process->ledger = NULL;
    process->life++;
    if (has_lost_disk)
        lose_disk(process);
}
