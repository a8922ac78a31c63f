/*
 * Processes of a simulated network: they begin with what is on their disk, end
 * at any moment, and begin again.
 */
#include "consensus_world_internal.h"

#include "base/memory.h"

#include <stdlib.h>

/* ---- connections come and go ---- */

static void tell_link(struct world *world, size_t here, size_t there)
{
    struct instance *instance = instance_at(world, here);
    struct consensus_status status;
    bool is_up = world_connected(world, here, there);

    if (!instance->is_up || world_watches(instance_at(world, there)) ||
        instance->validator == instance_at(world, there)->validator)
        return;
    if (is_up)
        consensus_status(instance_at(world, there)->consensus, &status);
    consensus_peer(instance->consensus, world_local_ns(world, instance),
                   instance_at(world, there)->validator,
                   is_up ? &status : NULL);
    world_drive(world, here);
}

void world_link_changed(struct world *world, size_t a, size_t b)
{
    tell_link(world, a, b);
    tell_link(world, b, a);
}

void world_links_changed(struct world *world, size_t index)
{
    for (size_t i = 0; i < world->count; i++)
        if (i != index)
            world_link_changed(world, index, i);
}

/* ---- begin ---- */

/* The blocks after the root, as they were executed: what was begun is begun
 * anew. */
static void tell_blocks(struct world *world, size_t index)
{
    struct instance *instance = instance_at(world, index);
    uint64_t first =
        world->block_number > BLOCKS ? world->block_number - BLOCKS + 1 : 1;

    for (uint64_t i = first; i <= world->block_number && instance->is_up; i++) {
        const struct block *block = world_block(world, i);
        enum block_state state = world_block_state(instance, i);
        if (!block || state == BLOCK_UNKNOWN)
            continue;
        if (state != BLOCK_EXECUTED) {
            world_set_block_state(instance, i, BLOCK_UNKNOWN);
            continue;
        }
        if (block->slot <= instance->root_slot)
            continue;
        world_tell_block(world, index, i, CONSENSUS_EXECUTED, true);
        world_drive(world, index);
    }
}

static void tell_kept(struct world *world, size_t index)
{
    struct instance *instance = instance_at(world, index);
    size_t kept = instance->kept_durable;

    for (size_t i = 0; i < kept && instance->is_up; i++) {
        consensus_certificate(instance->consensus,
                              world_local_ns(world, instance), CONSENSUS_NONE,
                              &instance->kept[i]);
        world_drive(world, index);
    }
}

/* The process has its own clock: where it begins says nothing. */
static void begin_clock(struct world *world, struct instance *instance)
{
    const struct world_options *options = &world->options;

    instance->begin_us = world->now_us;
    instance->begin_ns =
        random_below(&world->clocks, UINT64_C(1000000000000)) + 1;
    instance->drift =
        options->drift
            ? (int64_t)random_below(&world->clocks, 2 * options->drift + 1) -
                  (int64_t)options->drift
            : 0;
}

static void note_begin(struct world *world, const struct instance *instance)
{
    uint64_t window = window_of(instance->root_slot + 1);

    if (!instance->has_record)
        return;
    if (instance->record.window > window)
        world_see(world, SEEN_RECORD_AHEAD);
    if (window_place(instance->root_slot + 1))
        world_see(world, SEEN_ROOT_INSIDE);
    if (instance->record.window == window && instance->record.led)
        world_see(world, SEEN_LED_BEFORE);
}

void world_begin(struct world *world, size_t index)
{
    struct instance *instance = instance_at(world, index);

    begin_clock(world, instance);
    int64_t age_us =
        (int64_t)(world_unix_us(world, instance) - instance->root_unix_us);
    int64_t root_ns =
        (int64_t)world_local_ns(world, instance) - age_us * (int64_t)NS_PER_US;
    const struct consensus_options options = {
        .set = world->set,
        .self = instance->validator,
        .root_slot = instance->root_slot,
        .root = instance->root,
        .root_time_ns = root_ns > 0 ? (uint64_t)root_ns : 0,
        .record = instance->has_record ? &instance->record : NULL,
        .delta_ns = world->options.delta_us * NS_PER_US,
        .slot_ns = world->options.slot_us * NS_PER_US};

    note_begin(world, instance);
    instance->is_up = true;
    instance->life++;
    instance->tick_us = 0;
    instance->window = 0;
    memset(instance->led, 0, sizeof(instance->led));
    instance->consensus =
        consensus_new(&options, world_local_ns(world, instance));
    world_drive(world, index);
    tell_blocks(world, index);
    tell_kept(world, index);
    if (instance->is_up)
        world_links_changed(world, index);
}

/* ---- end ---- */

/* The newest block whose finalisation is durable is where it begins again. */
static void move_root(struct world *world, struct instance *instance)
{
    for (size_t i = 0; i < instance->kept_count; i++) {
        const struct certificate *kept = &instance->kept[i];
        const struct block *block =
            world_block(world, hash_number(&kept->block));
        if (kept->kind != VOTE_FINALIZE || !block ||
            kept->slot <= instance->root_slot)
            continue;
        instance->root_slot = block->slot;
        instance->root = block->hash;
        instance->root_unix_us = block->unix_us;
    }
    instance->final_slot = instance->root_slot;
    instance->final_hash = instance->root;
    world->least_final = world_least_final(world);
}

/* All certificates but that of the root, which stands with it. */
static void lose_kept(struct instance *instance)
{
    size_t left = 0;

    for (size_t i = 0; i < instance->kept_count; i++) {
        struct certificate *kept = &instance->kept[i];
        if (kept->kind == VOTE_FINALIZE && kept->slot == instance->root_slot)
            instance->kept[left++] = *kept;
        else
            certificate_free(kept);
    }
    instance->kept_dropped += instance->kept_count - left;
    instance->kept_count = left;
    instance->kept_durable = left;
}

static bool forgets(struct world *world, const struct instance *instance)
{
    const struct world_options *options = &world->options;

    return instance->validator + options->forgetful >= options->validators &&
           random_below(&world->crashes, 1000) < options->forget;
}

static bool loses(struct world *world, const struct instance *instance)
{
    const struct world_options *options = &world->options;

    return options->lose && !world->is_over && !instance->is_traitor &&
           !world_watches(instance) &&
           instance->validator + options->forgetful >= options->validators &&
           random_below(&world->crashes, 1000) < options->lose;
}

void world_lose_record(struct world *world, struct instance *instance)
{
    world_see(world, SEEN_FORGOT_VOTES);
    instance->has_record = false;
    instance->is_weak = true;
}

static void lose_disk(struct world *world, struct instance *instance)
{
    instance->kept_dropped += instance->kept_count;
    while (instance->kept_count)
        certificate_free(&instance->kept[--instance->kept_count]);
    instance->kept_durable = 0;
    memset(instance->blocks, 0, sizeof(instance->blocks));
    instance->root_slot = instance->final_slot = 0;
    instance->root = instance->final_hash = (struct hash){0};
    instance->root_unix_us = WORLD_BEGIN_US;
    world->least_final = world_least_final(world);
}

void world_end(struct world *world, size_t index)
{
    struct instance *instance = instance_at(world, index);

    if (!instance->consensus)
        return;
    consensus_free(instance->consensus);
    instance->consensus = NULL;
    instance->is_up = false;
    instance->crash_after = 0;
    instance->disk_free_us = 0;
    instance->paused_until_us = 0;
    instance->life++;
    if (instance->kept_count > instance->kept_durable)
        world_see(world, SEEN_LOST_RECORD);
    while (instance->kept_count > instance->kept_durable)
        certificate_free(&instance->kept[--instance->kept_count]);
    move_root(world, instance);
    if (forgets(world, instance)) {
        lose_kept(instance);
        world_see(world, SEEN_FORGOT_KEPT);
    }
    if (loses(world, instance)) {
        world_lose_record(world, instance);
        if (random_below(&world->crashes, 2))
            lose_disk(world, instance);
    }
    world_links_changed(world, index);
}

/* ---- the disk ---- */

void world_drop_kept(struct instance *instance, uint64_t root)
{
    size_t left = 0;
    size_t durable = 0;

    for (size_t i = 0; i < instance->kept_count; i++) {
        if (window_of(instance->kept[i].slot) < window_of(root)) {
            certificate_free(&instance->kept[i]);
            continue;
        }
        if (i < instance->kept_durable)
            durable++;
        instance->kept[left++] = instance->kept[i];
    }
    instance->kept_dropped += instance->kept_count - left;
    instance->kept_count = left;
    instance->kept_durable = durable;
}

const struct certificate *world_newest_final(const struct instance *instance)
{
    const struct certificate *newest = NULL;

    for (size_t i = 0; i < instance->kept_durable; i++)
        if (instance->kept[i].kind == VOTE_FINALIZE &&
            (!newest || instance->kept[i].slot > newest->slot))
            newest = &instance->kept[i];
    return newest;
}

void world_take_snapshot(struct world *world, size_t index, size_t from)
{
    struct instance *instance = instance_at(world, index);
    const struct certificate *newest =
        world_newest_final(instance_at(world, from));
    const struct block *block =
        newest ? world_block(world, hash_number(&newest->block)) : NULL;

    if (!block || block->slot <= instance->final_slot)
        return;
    struct certificate proof = *newest;
    proof.votes = mem_copy(proof.votes, proof.count * sizeof(*proof.votes));
    world_see(world, SEEN_SNAPSHOT);
    world_end(world, index);
    instance->kept_dropped += instance->kept_count;
    while (instance->kept_count)
        certificate_free(&instance->kept[--instance->kept_count]);
    instance->kept = mem_resize(instance->kept, 64 * sizeof(*instance->kept));
    instance->kept_capacity = 64;
    instance->kept[0] = proof;
    instance->kept_count = instance->kept_durable = 1;
    world_set_block_state(instance, block->number, BLOCK_EXECUTED);
    instance->root_slot = instance->final_slot = block->slot;
    instance->root = instance->final_hash = block->hash;
    instance->root_unix_us = block->unix_us;
    world->least_final = world_least_final(world);
    world_begin(world, index);
}
