/*
 * Validators that agree, in a world of faults (consensus_world.h). Each seed is
 * a network of its own: how many validators with what stakes, how slow, which
 * faults, how many traitors, and what they do. What it is told: sim_main.h.
 */
#include "consensus_world.h"
#include "sim_main.h"

#include <inttypes.h>

#define MS 1000u
#define HOUR_US UINT64_C(3600000000)

/* Delays that who only watches has for what is final. */
#define WATCH_STEPS 200

/* ---- what a seed is ---- */

static void draw_network(struct random *random, struct world_options *options)
{
    options->delta_us = 50 * MS;
    options->slot_us = 20 * MS;
    options->delay_min_us = 1 * MS;
    options->delay_max_us = 1 * MS + random_below(random, 20 * MS);
    options->execute_us = random_below(random, 3 * MS);
    options->disk_us = sim_toss(random) ? random_below(random, 5 * MS) : 0;
    /* Over the world, with times to fit. */
    if (random_below(random, 8) == 0) {
        options->is_map = true;
        options->delta_us = 250 * MS;
        options->slot_us = 100 * MS;
    }
}

/* Half of the kinds of faults, by chance, each as much as chance has it. */
static void draw_faults(struct random *random, struct world_options *options)
{
    if (sim_toss(random))
        options->loss = random_below(random, 150);
    if (sim_toss(random))
        options->twice = random_below(random, 200);
    if (sim_toss(random))
        options->late = random_below(random, 100);
    if (sim_toss(random)) {
        options->crash_us = 100 * MS + random_below(random, 3000 * MS);
        options->down_us = random_below(random, 2000 * MS);
        options->forget = sim_toss(random) ? 900 : 0;
    }
    if (sim_toss(random)) {
        options->pause_us = 200 * MS + random_below(random, 3000 * MS);
        options->paused_us = HOUR_US >> random_below(random, 20);
    }
    if (sim_toss(random))
        options->skew_us = sim_scale(random, 2000 * MS);
    if (sim_toss(random))
        options->drift = random_below(random, 500);
    if (options->skew_us && sim_toss(random))
        options->jump_us = 200 * MS + random_below(random, 3000 * MS);
    if (sim_toss(random)) {
        options->cut_us = 200 * MS + random_below(random, 3000 * MS);
        options->heal_us = random_below(random, 3000 * MS);
        options->cuts =
            1 + (unsigned)random_below(random, (1 << CUT_COUNT) - 1);
    }
    options->is_partial = sim_toss(random);
    options->watching = random_below(random, 4) == 0;
    if (sim_toss(random))
        options->cannot = random_below(random, 100);
}

static void draw_traitors(struct random *random, struct world_options *options)
{
    size_t third = (options->validators - 1) / 3;

    if (third && sim_toss(random)) {
        options->traitors = 1 + random_below(random, third);
        /* A quarter of all kinds. */
        options->lies = (unsigned)random_below(random, 1 << LIE_COUNT);
        options->lies &= (unsigned)random_below(random, 1 << LIE_COUNT);
        /* What only two rules keep from being a fork. */
        options->lies |= (unsigned)sim_toss(random) << LIE_ASTRAY;
    } else if (third && random_below(random, 4) == 0) {
        options->silent = third;
    } else if (third && random_below(random, 8) == 0) {
        options->odd = third;
    }
    options->forgetful =
        third - options->traitors - options->silent - options->odd;
    /* Of unequal stakes, none is a third, and two may be more. */
    if (random_below(random, 3) == 0 && options->forgetful == third)
        for (size_t i = 0; i < options->validators; i++) {
            options->stakes[i] = 1000 + random_below(random, 500);
            options->forgetful = third > 0;
        }
}

static void draw(struct random *random, struct world_options *options)
{
    draw_network(random, options);
    draw_faults(random, options);
    draw_traitors(random, options);
    if (options->crash_us && !options->forget && sim_toss(random))
        options->lose = 500;
}

/* ---- running ---- */

/* Who only watches asks for what is final, so it comes later. */
static bool wait_for_watching(struct world *world,
                              const struct world_options *options,
                              uint64_t slot)
{
    for (unsigned i = 0; i < WATCH_STEPS && world_watched_slot(world) < slot;
         i++)
        world_run(world, UINT64_MAX, world_now_us(world) + options->delta_us);
    return world_watched_slot(world) >= slot;
}

/* Where nothing but distance takes time, a block is final after the three hops
 * of block, notarize and finalize. */
static bool test_three_delays(void)
{
    const struct world_options options = {.seed = 1,
                                          .validators = 40,
                                          .delta_us = 50 * MS,
                                          .slot_us = 100 * MS,
                                          .delay_min_us = 10 * MS,
                                          .delay_max_us = 10 * MS};
    struct world *world = world_new(&options);
    bool is_reached = world_run(world, 100, 60000 * MS);
    const struct world_result *result = world_result(world);
    double delays = result->finality_count
                        ? (double)result->finality_us /
                              (double)result->finality_count / (10 * MS)
                        : 0;

    printf("# %" PRIu64 " blocks, final after %.2f delays\n", result->blocks,
           delays);
    bool is_good = is_reached && !*result->violation && delays >= 3 &&
                   delays <= 3.05 && result->blocks >= 100;
    world_free(world);
    return is_good;
}

int main(int argc, char **argv)
{
    const struct sim_case more[] = {
        {"a block is final after three delays", test_three_delays}};
    const struct sim_test test = {
        .program = "test_consensus",
        .claim = "validators agree, and go on when faults are over",
        .sizes = {.seeds = 100, .slots = 200, .least = 4, .most = 7},
        .draw = draw,
        .slots_long = 10,
        .slots_after = 2 * WINDOW_SLOTS,
        .after_us = 60000 * MS,
        .end = wait_for_watching,
        .situations = SEEN_COUNT,
        .seeds_of_all = 1000,
        .repeated = {.seeds = 8, .slots = 100, .least = 4, .most = 7},
        .more = more,
        .more_count = sizeof(more) / sizeof(*more)};

    return sim_main(&test, argc, argv);
}
