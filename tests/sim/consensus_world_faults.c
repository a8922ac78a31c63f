/*
 * Faults by chance, and their end: after it a set that is a quorum is up and
 * connected, with clocks that are right; the rest may stay as it is.
 */
#include "consensus_world_internal.h"

/* Outputs after which a process may crash that is to crash amid them. */
#define OUTPUTS_MAX 40
/* Slots between looks at who is too far behind. */
#define WATCH_SLOTS 16
/* Who is so far behind begins from a snapshot; consensus_votes.c. */
#define BEHIND_MAX 1000
/* How far clocks are off that are kept right. */
#define SKEW_KEPT_US 10000

static uint64_t after(struct world *world, struct random *random,
                      uint64_t mean_us)
{
    return world->now_us + sim_after(random, mean_us);
}

static size_t anyone(struct world *world, struct random *random)
{
    return (size_t)random_below(random, world->count);
}

/* ---- processes ---- */

static void end_one(struct world *world, size_t index)
{
    uint64_t down_us =
        1 + random_below(&world->crashes, world->options.down_us + 1);

    world_end(world, index);
    world_add_fault(world, world->now_us + down_us, EVENT_RESTART, index);
    /* It may be up long before it is connected. */
    if (world->is_over || random_below(&world->crashes, 3))
        return;
    instance_at(world, index)->is_alone = true;
    down_us += random_below(&world->crashes, 20 * world->options.delta_us);
    world_add_fault(world, world->now_us + down_us, EVENT_JOIN, index);
}

static void join(struct world *world, size_t index)
{
    instance_at(world, index)->is_alone = false;
    world_links_changed(world, index);
}

static void crash(struct world *world, size_t index)
{
    struct instance *instance = instance_at(world, index);
    const struct world_options *options = &world->options;

    /* It was to crash after an output, and that was it. */
    if (instance->consensus && !instance->is_up) {
        end_one(world, index);
        return;
    }
    if (world->is_over)
        return;
    if (instance->is_up && random_below(&world->crashes, 2))
        instance->crash_after = 1 + random_below(&world->crashes, OUTPUTS_MAX);
    else if (instance->is_up)
        end_one(world, index);
    /* Who forgets is worth most crashes: few can. */
    size_t next = anyone(world, &world->crashes);
    if (options->forget && options->forgetful &&
        random_below(&world->crashes, 4))
        next = options->validators - 1;
    world_add_fault(world, after(world, &world->crashes, options->crash_us),
                    EVENT_CRASH, next);
}

static void restart(struct world *world, size_t index)
{
    struct instance *instance = instance_at(world, index);

    if (!instance->consensus && (!world->is_over || instance->is_healed))
        world_begin(world, index);
}

static void pause(struct world *world, size_t index)
{
    const struct world_options *options = &world->options;
    uint64_t *paused_until_us = &instance_at(world, index)->paused_until_us;

    if (world->is_over)
        return;
    uint64_t until_us =
        world->now_us + sim_pause(&world->pauses, options->paused_us);
    if (until_us > options->faults_us)
        until_us = options->faults_us;
    if (until_us > world->now_us + 5 * options->delta_us)
        world_see(world, SEEN_LONG_PAUSE);
    if (until_us > *paused_until_us)
        *paused_until_us = until_us;
    world_add_fault(world, after(world, &world->pauses, options->pause_us),
                    EVENT_PAUSE, anyone(world, &world->pauses));
}

static void jump(struct world *world, size_t index)
{
    const struct world_options *options = &world->options;

    if (world->is_over)
        return;
    instance_at(world, index)->skew_us =
        sim_around_zero(&world->clocks, options->skew_us);
    world_see(world, SEEN_CLOCK_SET);
    world_add_fault(world, after(world, &world->clocks, options->jump_us),
                    EVENT_JUMP, anyone(world, &world->clocks));
}

/* ---- connections ---- */

void world_set_links(struct world *world, size_t a, size_t b, enum link there,
                     enum link back)
{
    bool stood = sim_links_stand(&world->links, a, b);

    sim_links_set(&world->links, a, b, there, back);
    if (stood != sim_links_stand(&world->links, a, b))
        world_link_changed(world, a, b);
}

static void cut(struct world *world)
{
    if (world->is_over)
        return;
    uint64_t lasts_us =
        sim_links_cut(&world->links, &world->options, &world->cuts);
    world_add_fault(world, world->now_us + lasts_us, EVENT_MEND, 0);
}

static void mend(struct world *world)
{
    if (world->is_over)
        return;
    uint64_t wait_us =
        sim_links_mend(&world->links, &world->options, &world->cuts);
    world_add_fault(world, world->now_us + wait_us, EVENT_CUT, 0);
}

/* ---- the end of all faults ---- */

/* As many honest ones as are needed, from a place that chance has; the others
 * stay away, or cut off to one side. */
static void choose_healed(struct world *world)
{
    const struct world_options *options = &world->options;
    size_t first = (size_t)random_below(&world->cuts, options->validators);
    uint64_t stake = 0;

    for (size_t i = 0; i < options->validators; i++) {
        size_t at = (first + i) % options->validators;
        struct instance *instance = instance_at(world, at);
        bool is_there = !instance->is_traitor && instance->life &&
                        instance->validator >= options->odd;
        /* Who has forgotten its votes is none of those who are needed. */
        instance->is_healed =
            is_there && (!options->is_partial ||
                         (!instance->is_weak &&
                          !validator_set_is_quorum(world->set, stake)));
        if (!instance->is_healed)
            continue;
        stake += validator_set_at(world->set, (uint16_t)at)->stake;
    }
}

static void heal(struct world *world)
{
    world->is_over = true;
    /* Mended links let everybody speak, and nobody may crash of that; who was
     * to end at this moment ends now, or would come after it is begun again. */
    for (size_t i = 0; i < world->count; i++) {
        instance_at(world, i)->crash_after = 0;
        if (!instance_at(world, i)->is_up)
            world_end(world, i);
    }
    sim_links_mend_all(&world->links, &world->cuts);
    choose_healed(world);
    for (size_t i = 0; i < world->count; i++) {
        struct instance *instance = instance_at(world, i);
        instance->is_alone = false;
        instance->skew_us = sim_around_zero(&world->clocks, SKEW_KEPT_US);
        if (!instance->is_healed && !instance->is_traitor &&
            !world_watches(instance))
            sim_links_leave_out(&world->links, &world->cuts, i);
        else if (instance->life && !instance->consensus)
            world_begin(world, i);
        else
            world_links_changed(world, i);
    }
    world->least_final = world_least_final(world);
    world->healed_final = world->highest_final;
    world->healed_window = world_highest(world) / WINDOW_SLOTS;
    world->healed_stall_us = world->now_us - world->last_final_us;
}

/* ---- who is behind ---- */

static void catch_up(struct world *world, size_t index)
{
    struct instance *instance = instance_at(world, index);

    if (!instance->is_up || instance->paused_until_us > world->now_us ||
        instance->final_slot + BEHIND_MAX >= world->highest_final)
        return;
    for (size_t i = 0; i < world->count; i++)
        if (world_connected(world, index, i) &&
            instance_at(world, i)->final_slot >
                instance->final_slot + BEHIND_MAX) {
            world_take_snapshot(world, index, i);
            return;
        }
}

static void watch(struct world *world)
{
    for (size_t i = 0; i < world->count; i++) {
        struct instance *instance = instance_at(world, i);
        const struct certificate *newest = world_newest_final(instance);
        if (newest)
            world_drop_kept(instance, newest->slot);
        catch_up(world, i);
    }
    world_add_fault(world, world->now_us + WATCH_SLOTS * world->options.slot_us,
                    EVENT_WATCH, 0);
}

/* ---- all of them ---- */

void world_begin_faults(struct world *world)
{
    const struct world_options *options = &world->options;

    for (size_t i = 0; i < world->count; i++)
        instance_at(world, i)->skew_us =
            sim_around_zero(&world->clocks, options->skew_us);
    if (options->crash_us)
        world_add_fault(world, after(world, &world->crashes, options->crash_us),
                        EVENT_CRASH, anyone(world, &world->crashes));
    if (options->pause_us)
        world_add_fault(world, after(world, &world->pauses, options->pause_us),
                        EVENT_PAUSE, anyone(world, &world->pauses));
    if (options->jump_us)
        world_add_fault(world, after(world, &world->clocks, options->jump_us),
                        EVENT_JUMP, anyone(world, &world->clocks));
    if (options->cut_us)
        world_add_fault(world, after(world, &world->cuts, options->cut_us),
                        EVENT_CUT, 0);
    if (options->faults_us)
        world_add_fault(world, options->faults_us, EVENT_HEAL, 0);
    world_add_fault(world, world->now_us, EVENT_WATCH, 0);
}

void world_fault(struct world *world, enum event_kind kind, size_t index)
{
    switch (kind) {
    case EVENT_RESTART:
        restart(world, index);
        break;
    case EVENT_JOIN:
        join(world, index);
        break;
    case EVENT_CRASH:
        crash(world, index);
        break;
    case EVENT_PAUSE:
        pause(world, index);
        break;
    case EVENT_JUMP:
        jump(world, index);
        break;
    case EVENT_CUT:
        cut(world);
        break;
    case EVENT_MEND:
        mend(world);
        break;
    case EVENT_HEAL:
        heal(world);
        break;
    default:
        watch(world);
    }
}
