/*
 * Faults by chance, and their end: after it a set that is a quorum is up and
 * connected, with clocks that are right; the rest may stay as it is.
 */
#include "cluster_world_internal.h"

#include "base/check.h"

/* Outputs after which a process may crash that is to crash amid them. */
#define OUTPUTS_MAX 60
/* How far clocks are off that are kept right. */
#define SKEW_KEPT_US 10000
/* How long a disk has no room. */
#define FULL_US 300000
#define TWIN_SLOTS 12

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

static bool may_forget(const struct world *world, const struct process *process)
{
    return process->validator + world->options.forgetful >=
           world->options.validators;
}

static void end_one(struct world *world, size_t index, uint64_t down_us)
{
    struct process *process = process_at(world, index);
    bool has_lost_disk =
        world_has_faults(world) && may_forget(world, process) &&
        random_below(&world->crashes, 1000) < world->options.forget;

    world_end(process, has_lost_disk);
    world_add_fault(world, world->now_us + down_us, EVENT_RESTART, index);
}

static uint64_t down_time(struct world *world)
{
    return 1 + random_below(&world->crashes, world->options.down_us + 1);
}

static void crash(struct world *world, size_t index)
{
    struct process *process = process_at(world, index);
    const struct world_options *options = &world->options;

    /* It was to crash after an output, or its disk failed. */
    if (process->replica && !process->is_up) {
        end_one(world, index, down_time(world));
        return;
    }
    if (world->is_over || !options->crash_us)
        return;
    if (process->is_up && random_below(&world->crashes, 2))
        process->crash_after = 1 + random_below(&world->crashes, OUTPUTS_MAX);
    else if (process->is_up)
        end_one(world, index, down_time(world));
    world_add_fault(world, after(world, &world->crashes, options->crash_us),
                    EVENT_CRASH, anyone(world, &world->crashes));
}

static void crash_all(struct world *world)
{
    if (world->is_over)
        return;
    for (size_t i = 0; i < world->count; i++)
        if (process_at(world, i)->is_up)
            end_one(world, i, down_time(world));
    world_see(world, SEEN_CRASHED_ALL);
    world_add_fault(world, after(world, &world->crashes, world->options.all_us),
                    EVENT_CRASH_ALL, 0);
}

/* Connecting takes some messages. */
static void restart(struct world *world, size_t index)
{
    struct process *process = process_at(world, index);

    if (process->replica || (world->is_over && !process->is_healed))
        return;
    world_begin(process);
    world_add_fault(world,
                    world->now_us + world_takes(&world->crashes,
                                                2 * world->options.delta_us),
                    EVENT_JOIN, index);
}

static void join(struct world *world, size_t index)
{
    if (!process_at(world, index)->is_alone)
        return;
    process_at(world, index)->is_alone = false;
    world_links_changed(world, index);
}

static void pause(struct world *world, size_t index)
{
    const struct world_options *options = &world->options;
    uint64_t *paused_until_us = &process_at(world, index)->paused_until_us;

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
    process_at(world, index)->skew_us =
        sim_around_zero(&world->clocks, options->skew_us);
    world_see(world, SEEN_CLOCK_SET);
    world_add_fault(world, after(world, &world->clocks, options->jump_us),
                    EVENT_JUMP, anyone(world, &world->clocks));
}

/* The next write fails; the process ends, and begins again when there is
 * room. */
static void fill(struct world *world, size_t index)
{
    struct process *process = process_at(world, index);
    const struct disk_memory_faults faults = {.size_max_bytes = 1};

    if (world->is_over)
        return;
    if (process->is_up) {
        process->is_full = true;
        disk_memory_set_faults(process->memory, &faults);
    }
    world_add_fault(world, after(world, &world->disks, world->options.full_us),
                    EVENT_FILL, anyone(world, &world->disks));
}

static void spoil(struct world *world)
{
    size_t first = world->options.validators - world->options.forgetful;

    if (world->is_over)
        return;
    /* Of a third at most, or nobody might have what all need. */
    if (world->options.forgetful)
        world_spoil_log(process_at(
            world, first + (size_t)random_below(&world->disks,
                                                world->options.forgetful)));
    world_add_fault(world, after(world, &world->disks, world->options.spoil_us),
                    EVENT_SPOIL, 0);
}

/* ---- connections ---- */

/* A connection breaks, and is made again. */
static void break_pair(struct world *world, size_t a, size_t b)
{
    if (a == b || !world_connected(world, a, b))
        return;
    enum link there = sim_link(&world->links, a, b),
              back = sim_link(&world->links, b, a);
    world_set_links(world, a, b, LINK_DOWN, LINK_DOWN);
    world_set_links(world, a, b, there, back);
}

static void break_one(struct world *world, const struct event *event,
                      size_t index)
{
    if (event->number) {
        break_pair(world, index, event->number - 1);
        return;
    }
    if (world->is_over)
        return;
    break_pair(world, anyone(world, &world->cuts), anyone(world, &world->cuts));
    world_add_fault(world, after(world, &world->cuts, world->options.break_us),
                    EVENT_BREAK, 0);
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

static void turn_to_twin(struct world *world)
{
    struct process *one = process_at(world, anyone(world, &world->cuts));
    size_t validator =
        (size_t)random_below(&world->cuts, world->options.traitors);

    world_add_fault(world, world->now_us + TWIN_SLOTS * world->options.slot_us,
                    EVENT_TWIN, 0);
    if (one->is_traitor)
        return;
    one->met ^= (uint16_t)(1u << validator);
    for (size_t i = 0; i < world->count; i++)
        if (process_at(world, i)->validator == validator)
            world_set_links(world, one->index, i, LINK_DOWN, LINK_DOWN);
    for (size_t i = 0; i < world->count; i++)
        if (process_at(world, i)->validator == validator)
            world_set_links(world, one->index, i, LINK_OPEN, LINK_OPEN);
    world_see(world, SEEN_TWINS);
}

/* ---- the end of all faults ---- */

/* As many honest ones as are needed, from a place that chance has; the others
 * stay away, or cut off to one side. */
static void choose_healed(struct world *world)
{
    const struct world_options *options = &world->options;
    size_t first = (size_t)random_below(&world->cuts, options->validators);
    uint64_t stake = 0;
    bool is_partial = options->is_partial;

    /* Who has forgotten needs a quorum of the others. */
    for (size_t i = 0; i < world->count; i++)
        is_partial &= !process_at(world, i)->has_forgotten;
    for (size_t i = 0; i < options->validators; i++) {
        size_t at = (first + i) % options->validators;
        struct process *process = process_at(world, at);
        if (!is_honest(process) || !process->life)
            continue;
        process->is_healed =
            !is_partial || !validator_set_is_quorum(world->set, stake);
        stake += validator_set_at(world->set, (uint16_t)at)->stake;
    }
}

static void heal_one(struct world *world, size_t index)
{
    struct process *process = process_at(world, index);
    const struct disk_memory_faults none = {0};

    process->crash_after = 0;
    process->skew_us = sim_around_zero(&world->clocks, SKEW_KEPT_US);
    if (process->is_full)
        disk_memory_set_faults(process->memory, &none);
    process->is_full = false;
    if (!process->is_healed && is_honest(process)) {
        sim_links_leave_out(&world->links, &world->cuts, index);
        return;
    }
    if (!process->life)
        return;
    if (!process->replica)
        world_begin(process);
    if (process->is_alone)
        join(world, index);
}

static void heal(struct world *world)
{
    world->is_over = true;
    sim_links_mend_all(&world->links, &world->cuts);
    choose_healed(world);
    for (size_t i = 0; i < world->count; i++)
        heal_one(world, i);
    world->least_final = world_least_final(world);
    world->healed_final = world->highest_final;
    world->healed_height = world->final_height;
    world->healed_behind = world->highest_final - world->least_final;
    world->healed_window = world_highest(world) / WINDOW_SLOTS;
    world->healed_stall_us = world->now_us - world->last_final_us;
}

/* ---- clients ---- */

static void take_client(struct world *world, enum event_kind kind)
{
    const struct world_options *options = &world->options;

    if (kind == EVENT_LOOK)
        world_look(world);
    else if (!world->is_over)
        world_send_transaction(world);
    world_add_fault(
        world,
        after(world, &world->people,
              kind == EVENT_LOOK ? options->look_us : options->client_us),
        kind, 0);
}

/* ---- all of them ---- */

static void begin(struct world *world, struct random *random, uint64_t mean_us,
                  enum event_kind kind)
{
    if (mean_us)
        world_add_fault(world, after(world, random, mean_us), kind,
                        anyone(world, random));
}

void world_begin_faults(struct world *world)
{
    const struct world_options *options = &world->options;

    for (size_t i = 0; i < world->count; i++)
        process_at(world, i)->skew_us =
            sim_around_zero(&world->clocks, options->skew_us);
    begin(world, &world->crashes, options->crash_us, EVENT_CRASH);
    begin(world, &world->crashes, options->all_us, EVENT_CRASH_ALL);
    begin(world, &world->pauses, options->pause_us, EVENT_PAUSE);
    begin(world, &world->clocks, options->jump_us, EVENT_JUMP);
    begin(world, &world->cuts, options->cut_us, EVENT_CUT);
    begin(world, &world->cuts, options->break_us, EVENT_BREAK);
    begin(world, &world->disks, options->full_us, EVENT_FILL);
    begin(world, &world->disks, options->spoil_us, EVENT_SPOIL);
    begin(world, &world->people, options->client_us, EVENT_CLIENT);
    begin(world, &world->people, options->look_us, EVENT_LOOK);
    if (options->has_twins && options->traitors)
        world_add_fault(world, world->now_us, EVENT_TWIN, 0);
    if (options->faults_us)
        world_add_fault(world, options->faults_us, EVENT_HEAL, 0);
}

void world_fault(struct world *world, const struct event *event, size_t index)
{
    switch (event->kind) {
    case EVENT_RESTART:
        restart(world, index);
        break;
    case EVENT_JOIN:
        join(world, index);
        break;
    case EVENT_CRASH:
        crash(world, index);
        break;
    case EVENT_CRASH_ALL:
        crash_all(world);
        break;
    case EVENT_BREAK:
        break_one(world, event, index);
        break;
    case EVENT_FILL:
        fill(world, index);
        break;
    case EVENT_SPOIL:
        spoil(world);
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
    case EVENT_TWIN:
        turn_to_twin(world);
        break;
    case EVENT_HEAL:
        heal(world);
        break;
    default:
        take_client(world, event->kind);
    }
}
