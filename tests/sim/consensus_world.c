#include "consensus_world_internal.h"

#include "base/check.h"
#include "base/memory.h"

#include <inttypes.h>
#include <stdlib.h>

/* ---- going on ---- */

static void step(struct world *world, const struct wheel_item *item)
{
    struct event *event = item->what;
    struct instance *instance = instance_at(world, item->to);

    world->now_us = item->at_us;
    if (event->kind >= EVENT_RESTART) {
        world_fault(world, event->kind, item->to);
    } else if (instance->is_up && instance->life == item->life) {
        if (instance->paused_until_us > world->now_us) {
            struct wheel_item later = *item;
            later.at_us = instance->paused_until_us;
            event_wheel_add(world->wheel, &later);
            return;
        }
        world_handle(world, item->to, event);
        if (instance->is_up)
            world_drive(world, item->to);
    }
    world_drop_event(world, event);
}

/* Windows since the faults ended that a traitor leads, or one that is not
 * there. */
static uint64_t bad_windows(const struct world *world, uint64_t to)
{
    uint64_t bad = 0;

    for (uint64_t window = world->healed_window; window <= to; window++)
        bad += !instance_at(world, validator_set_leader(world->set, window))
                    ->is_healed;
    return bad;
}

static uint64_t heal_max_us(const struct world *world)
{
    uint64_t window = world_highest(world) / WINDOW_SLOTS;
    uint64_t windows = window - window_of(world->healed_final);

    return sim_heal_max_us(&world->options, windows, bad_windows(world, window),
                           world->healed_stall_us);
}

static void note_healed(struct world *world)
{
    struct world_result *result = &world->result;

    if (!world->is_over || result->healed_us ||
        world->least_final <= world->healed_final)
        return;
    result->healed_us = world->now_us - world->options.faults_us;
    result->heal_max_us = heal_max_us(world);
    if (result->healed_us > result->heal_max_us)
        world_fail(world,
                   "a block is final %" PRIu64
                   " us after the faults, and not after %" PRIu64,
                   result->healed_us, result->heal_max_us);
}

bool world_run(struct world *world, uint64_t slot, uint64_t until_us)
{
    struct wheel_item item;

    while (!*world->result.violation && world->least_final < slot) {
        if (!event_wheel_next(world->wheel, until_us, &item)) {
            world->now_us = until_us;
            break;
        }
        step(world, &item);
        note_healed(world);
    }
    world->result.slots = world->least_final;
    world->result.now_us = world->now_us;
    return world->result.slots >= slot;
}

/* ---- life ---- */

static void make_set(struct world *world)
{
    const struct world_options *options = &world->options;
    struct validator validators[WORLD_VALIDATORS_MAX] = {0};
    struct hash seed = {0};

    for (size_t i = 0; i < options->validators; i++) {
        u64le_write(validators[i].identity.bytes, i + 1);
        validators[i].voter = validators[i].identity;
        validators[i].stake = options->stakes[i] ? options->stakes[i] : 1000;
    }
    u64le_write(seed.bytes, options->seed);
    CHECK(!validator_set_new(validators, options->validators, 0, &seed,
                             &world->set));
}

static void make_instance(struct world *world, size_t index)
{
    const struct world_options *options = &world->options;
    struct instance *instance = instance_at(world, index);
    size_t n = options->validators;

    /* The validators, the traitors' other processes, and who only watches. */
    instance->validator = index < n ? (uint16_t)index
                          : index < n + options->traitors
                              ? (uint16_t)(index - n)
                              : CONSENSUS_NONE;
    instance->is_traitor = instance->validator < options->traitors;
    instance->is_healed =
        instance->validator >= options->traitors + options->odd &&
        !world_watches(instance);
    instance->root_unix_us = world->now_us;
    instance->record = vote_record_new(0);
    instance->has_record = !world_watches(instance);
    instance->net = random_make(sim_mix(options->seed, 4 * index + 1000));
    instance->disk = random_make(sim_mix(options->seed, 4 * index + 1001));
    instance->lies = random_make(sim_mix(options->seed, 4 * index + 1002));
}

static void make_books(struct world *world)
{
    world->blocks = mem_zero(BLOCKS, sizeof(*world->blocks));
    world->slots = mem_zero(SLOTS, sizeof(*world->slots));
    world->votes = sim_votes_new(world->options.validators, SLOTS);
}

static void make_links(struct world *world)
{
    world->links = sim_links_make(world->count);
    world->links.change = world_set_links;
    world->links.world = world;
}

struct world *world_new(const struct world_options *options)
{
    struct world *world = mem_zero(1, sizeof(*world));
    size_t n = options->validators;

    CHECK(n && n <= WORLD_VALIDATORS_MAX && options->traitors <= n);
    world->options = *options;
    world->now_us = world->last_final_us = WORLD_BEGIN_US;
    world->crashes = random_make(sim_mix(options->seed, 1));
    world->pauses = random_make(sim_mix(options->seed, 2));
    world->clocks = random_make(sim_mix(options->seed, 3));
    world->cuts = random_make(sim_mix(options->seed, 4));
    world->wheel = event_wheel_new();
    world->count = n + options->traitors + options->watching;
    world->instances = mem_zero(world->count, sizeof(*world->instances));
    make_links(world);
    make_set(world);
    make_books(world);
    for (size_t i = 0; i < world->count; i++)
        make_instance(world, i);
    world_begin_faults(world);
    for (size_t i = 0; i < world->count; i++)
        if (i < n - options->silent || i >= n)
            world_begin(world, i);
    return world;
}

static void free_instance(struct instance *instance)
{
    consensus_free(instance->consensus);
    for (size_t i = 0; i < instance->kept_count; i++)
        certificate_free(&instance->kept[i]);
    free(instance->kept);
}

void world_free(struct world *world)
{
    struct wheel_item item;

    while (event_wheel_next(world->wheel, UINT64_MAX, &item))
        world_drop_event(world, item.what);
    while (world->free_events) {
        struct event *next = world->free_events->next_free;
        free(world->free_events);
        world->free_events = next;
    }
    event_wheel_free(world->wheel);
    for (size_t i = 0; i < world->count; i++)
        free_instance(instance_at(world, i));
    validator_set_free(world->set);
    free(world->instances);
    free(world->links.ways);
    free(world->blocks);
    free(world->slots);
    sim_votes_free(world->votes);
    free(world);
}

/* ---- what there is to know ---- */

uint64_t world_highest(const struct world *world)
{
    uint64_t highest = 0;

    for (size_t i = 0; i < world->count; i++) {
        struct consensus_status status;
        if (!instance_at(world, i)->consensus)
            continue;
        consensus_status(instance_at(world, i)->consensus, &status);
        if ((status.window + 1) * WINDOW_SLOTS > highest)
            highest = (status.window + 1) * WINDOW_SLOTS;
    }
    return highest;
}

const struct world_result *world_result(struct world *world)
{
    return &world->result;
}

void world_set_filter(struct world *world, world_filter filter, void *context)
{
    world->filter = filter;
    world->filter_context = context;
}

uint64_t world_now_us(const struct world *world)
{
    return world->now_us;
}

uint64_t world_final_slot(const struct world *world, size_t validator)
{
    return instance_at(world, validator)->final_slot;
}

uint64_t world_current_window(const struct world *world, size_t validator)
{
    struct consensus_status status = {0};

    if (instance_at(world, validator)->consensus)
        consensus_status(instance_at(world, validator)->consensus, &status);
    return status.window;
}

uint64_t world_watched_slot(const struct world *world)
{
    uint64_t least = UINT64_MAX;

    for (size_t i = 0; i < world->count; i++) {
        const struct instance *instance = instance_at(world, i);
        if (world_watches(instance) && instance->final_slot < least)
            least = instance->final_slot;
    }
    return least;
}

static int compare(const void *a, const void *b)
{
    uint64_t one = *(const uint64_t *)a, other = *(const uint64_t *)b;

    return (one > other) - (one < other);
}

size_t world_finality(struct world *world, uint64_t **sorted_us)
{
    size_t count =
        world->finality_count < FINALITIES ? world->finality_count : FINALITIES;

    qsort(world->finalities, count, sizeof(*world->finalities), compare);
    *sorted_us = world->finalities;
    return count;
}

/* ---- a script in place of chance ---- */

void world_cut(struct world *world, size_t a, size_t b, bool is_one_way)
{
    world_set_links(world, a, b, is_one_way ? LINK_MUTE : LINK_DOWN,
                    is_one_way ? LINK_OPEN : LINK_DOWN);
}

void world_mend(struct world *world, size_t a, size_t b)
{
    world_set_links(world, a, b, LINK_OPEN, LINK_OPEN);
}

void world_crash(struct world *world, size_t validator, uint64_t down_us)
{
    world_end(world, validator);
    if (down_us < UINT64_MAX)
        world_add_fault(world, world->now_us + down_us, EVENT_RESTART,
                        validator);
}

void world_forget(struct world *world, size_t validator, uint64_t down_us)
{
    world_crash(world, validator, down_us);
    world_lose_record(world, instance_at(world, validator));
}

void world_pause(struct world *world, size_t validator, uint64_t pause_us)
{
    instance_at(world, validator)->paused_until_us = world->now_us + pause_us;
}
