#include "cluster_world_internal.h"

#include "base/check.h"
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "crypto/key.h"

#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#define FOLDER "/pond-cluster-XXXXXX"

/* ---- the clocks that endpoints read ---- */

static const struct world *telling;

uint64_t __wrap_clock_monotonic_ms(void);
uint64_t __wrap_clock_unix_ms(void);

uint64_t __wrap_clock_monotonic_ms(void)
{
    return telling->now_us / 1000;
}

uint64_t __wrap_clock_unix_ms(void)
{
    return WORLD_UNIX_MS + telling->now_us / 1000;
}

/* ---- going on ---- */

static void step(struct world *world, const struct wheel_item *item)
{
    struct event *event = item->what;
    struct process *process = process_at(world, item->to);

    world->now_us = item->at_us;
    if (event->kind >= EVENT_RESTART) {
        world_fault(world, event, item->to);
    } else if (process->is_up && process->life == item->life) {
        if (process->paused_until_us > world->now_us) {
            struct wheel_item later = *item;
            later.at_us = process->paused_until_us;
            event_wheel_add(world->wheel, &later);
            return;
        }
        world_take(process, event);
    }
    world_drop_event(event);
}

/* Windows since the faults ended that a traitor leads, or one that is not
 * there. */
static uint64_t bad_windows(const struct world *world, uint64_t to)
{
    uint64_t bad = 0;

    for (uint64_t window = world->healed_window; window <= to; window++)
        bad += !process_at(world, validator_set_leader(world->set, window))
                    ->is_healed;
    return bad;
}

/* Who was behind fetches and executes the blocks that it missed, too. */
static uint64_t heal_max_us(const struct world *world)
{
    uint64_t window = world_highest(world) / WINDOW_SLOTS;
    uint64_t windows = window - window_of(world->healed_final);
    const struct world_options *options = &world->options;
    uint64_t missed_us =
        world->healed_behind *
        (options->execute_us + options->disk_us + options->delta_us / 4);

    return missed_us + sim_heal_max_us(options, windows,
                                       bad_windows(world, window),
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

    telling = world;
    while (!*world->result.violation && world->least_final < slot &&
           event_wheel_next(world->wheel, until_us, &item)) {
        step(world, &item);
        note_healed(world);
    }
    world->result.slots = world->least_final;
    world->result.now_us = world->now_us;
    return world->result.slots >= slot;
}

void world_settle(struct world *world)
{
    telling = world;
    world_check_taken(world);
    world_check_endpoints(world);
}

/* ---- life ---- */

static uint64_t mix(uint64_t seed, uint64_t number)
{
    struct random random = random_make(seed * 1000003 + number);

    return random_u64(&random);
}

static void make_process(struct world *world, size_t index)
{
    const struct world_options *options = &world->options;
    struct process *process = process_at(world, index);
    size_t n = options->validators;

    process->world = world;
    process->index = index;
    process->validator = (uint16_t)(index < n ? index : index - n);
    process->twin = index >= n;
    process->is_traitor = process->validator < options->traitors;
    process->is_healed = !process->is_traitor;
    process->net = random_make(mix(options->seed, 8 * index + 1000));
    process->disk = random_make(mix(options->seed, 8 * index + 1001));
    process->lies = random_make(mix(options->seed, 8 * index + 1002));
    process->work = random_make(mix(options->seed, 8 * index + 1003));
    /* Those that are second meet each other. */
    process->met = process->twin ? UINT16_MAX : 0;
    world_make_disk(process);
    process->final_hash = world->genesis.hash;
    snprintf(process->folder, sizeof(process->folder), "%s/%zu", world->folder,
             index);
}

static void make_books(struct world *world)
{
    world->slots = mem_zero(SLOTS, sizeof(*world->slots));
    world->votes = sim_votes_new(world->options.validators, SLOTS);
    world->finals = map_new();
    world->sent = mem_zero(SENT_MAX, sizeof(*world->sent));
    world->sent_by_signature = map_new();
    for (size_t i = 0; i < world->genesis.account_count; i++)
        world->capitalization += world->genesis.accounts[i].account.lamports;
}

/* In memory, if there is such a place. */
static void make_folder(struct world *world)
{
    const char *parent = access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm";

    snprintf(world->folder, sizeof(world->folder), "%s%s", parent, FOLDER);
    CHECK(mkdtemp(world->folder));
}

static void make_links(struct world *world)
{
    world->links = sim_links_make(world->count);
    world->links.change = world_set_links;
    world->links.world = world;
    world->links.is_stream = true;
}

struct world *world_new(const struct world_options *options)
{
    struct world *world = mem_zero(1, sizeof(*world));
    size_t n = options->validators;

    CHECK(n && n <= WORLD_VALIDATORS_MAX && options->traitors <= n);
    crypto_init();
    telling = world;
    world->options = *options;
    world->now_us = world->last_final_us = 1000000;
    world->crashes = random_make(mix(options->seed, 1));
    world->pauses = random_make(mix(options->seed, 2));
    world->clocks = random_make(mix(options->seed, 3));
    world->cuts = random_make(mix(options->seed, 4));
    world->disks = random_make(mix(options->seed, 5));
    world->people = random_make(mix(options->seed, 6));
    world->tasks = random_make(mix(options->seed, 7));
    world->wheel = event_wheel_new();
    world->count = n + (options->has_twins ? options->traitors : 0);
    world->processes = mem_zero(world->count, sizeof(*world->processes));
    make_links(world);
    world->connections =
        mem_zero(world->count * world->count, sizeof(*world->connections));
    world->arrivals =
        mem_zero(world->count * world->count, sizeof(*world->arrivals));
    make_folder(world);
    world_make_keys(world);
    make_books(world);
    for (size_t i = 0; i < world->count; i++)
        make_process(world, i);
    world_begin_faults(world);
    for (size_t i = 0; i < world->count; i++)
        if (i < n - options->silent || i >= n) {
            world_begin(process_at(world, i));
            process_at(world, i)->is_alone = false;
            world_links_changed(world, i);
        }
    return world;
}

void world_free(struct world *world)
{
    struct wheel_item item;

    telling = world;
    for (size_t i = 0; i < world->count; i++) {
        world_end(process_at(world, i), false);
        disk_memory_free(process_at(world, i)->memory);
    }
    while (event_wheel_next(world->wheel, UINT64_MAX, &item))
        world_drop_event(item.what);
    event_wheel_free(world->wheel);
    for (size_t i = 0; i < SENT_MAX; i++)
        buffer_free(&world->sent[i].wire);
    map_free(world->sent_by_signature);
    map_free(world->finals);
    file_remove_tree(world->folder);
    world_free_keys(world);
    free(world->processes);
    free(world->links.ways);
    free(world->connections);
    free(world->arrivals);
    free(world->slots);
    sim_votes_free(world->votes);
    free(world->sent);
    free(world);
}

/* ---- what there is to know ---- */

uint64_t world_highest(const struct world *world)
{
    uint64_t highest = 0;

    for (size_t i = 0; i < world->count; i++) {
        const struct process *process = process_at(world, i);
        struct consensus_status status;
        if (process->final_slot > highest)
            highest = process->final_slot;
        if (!process->replica)
            continue;
        replica_status(process->replica, &status);
        if ((status.window + 1) * WINDOW_SLOTS > highest)
            highest = (status.window + 1) * WINDOW_SLOTS;
    }
    return highest;
}

const struct world_result *world_result(struct world *world)
{
    return &world->result;
}

uint64_t world_now_us(const struct world *world)
{
    return world->now_us;
}

size_t world_leader(const struct world *world, uint64_t window)
{
    return validator_set_leader(world->set, window);
}

uint64_t world_highest_final(const struct world *world)
{
    return world->highest_final;
}

uint64_t world_final_slot(const struct world *world, size_t validator)
{
    return process_at(world, validator)->final_slot;
}

static void print_replica(FILE *file, const struct process *process)
{
    struct consensus_status status;
    struct replica_health health;
    struct replica_counters counters;

    replica_status(process->replica, &status);
    replica_health(process->replica, &health);
    replica_counters(process->replica, &counters);
    fprintf(file,
            "; root %" PRIu64 ", window %" PRIu64 ", certified %" PRIu64
            ", behind %" PRIu64 ", fetching %" PRIu64 ", fetched %" PRIu64
            ", wrong frames %" PRIu64 " headers %" PRIu64 " bodies %" PRIu64,
            status.root_slot, status.window, status.certified,
            health.behind_slots, health.fetching, counters.blocks_fetched,
            counters.frames_wrong, counters.headers_wrong,
            counters.bodies_wrong);
}

void world_print_state(FILE *file, const struct world *world)
{
    for (size_t i = 0; i < world->count; i++) {
        const struct process *process = process_at(world, i);
        fprintf(file, "# validator %u%s%s%s: life %u, final %" PRIu64,
                process->validator, process->is_traitor ? ", a traitor" : "",
                process->is_healed ? "" : ", left out",
                process->is_up ? "" : ", down", process->life,
                process->final_slot);
        if (process->replica)
            print_replica(file, process);
        fprintf(file, "\n");
    }
}

/* ---- a script in place of chance ---- */

void world_cut(struct world *world, size_t a, size_t b, bool is_one_way)
{
    world_set_links(world, a, b, is_one_way ? LINK_MUTE : LINK_DOWN,
                    is_one_way ? LINK_OPEN : LINK_DOWN);
}

void world_mend(struct world *world, size_t a, size_t b)
{
    world_set_links(world, a, b, LINK_DOWN, LINK_DOWN);
    world_set_links(world, a, b, LINK_OPEN, LINK_OPEN);
}

static void crash(struct world *world, size_t validator, uint64_t down_us,
                  bool has_lost_disk)
{
    telling = world;
    world_end(process_at(world, validator), has_lost_disk);
    if (down_us < UINT64_MAX)
        world_add_fault(world, world->now_us + down_us, EVENT_RESTART,
                        validator);
}

void world_crash(struct world *world, size_t validator, uint64_t down_us)
{
    crash(world, validator, down_us, false);
}

void world_forget(struct world *world, size_t validator, uint64_t down_us)
{
    crash(world, validator, down_us, true);
}

void world_spoil(struct world *world, size_t validator)
{
    world_spoil_log(process_at(world, validator));
}
