/*
 * Whole validators in a world of faults (cluster_world.h). Each seed is a
 * network of its own: how many validators with what stakes, how slow, which
 * faults, how many traitors and what they do, what clients send. When the
 * faults have ended all endpoints must tell the same. What it is told:
 * sim_main.h.
 */
#include "cluster_world.h"
#include "sim_main.h"

#include "base/log.h"

#include <stdlib.h>

#define MS 1000u

/* ---- what a seed is ---- */

static void draw_network(struct random *random, struct world_options *options)
{
    options->delta_us = 50 * MS;
    options->slot_us = 50 * MS;
    options->delay_min_us = 1 * MS;
    options->delay_max_us = 1 * MS + random_below(random, 20 * MS);
    options->execute_us = random_below(random, 5 * MS);
    options->disk_us = sim_toss(random) ? random_below(random, 5 * MS) : 0;
    options->is_real = random_below(random, 16) == 0;
    options->client_us = 10 * MS + random_below(random, 200 * MS);
    options->look_us = 50 * MS + random_below(random, 200 * MS);
    /* Over the world, with times to fit. */
    if (random_below(random, 8) == 0) {
        options->is_map = true;
        options->delta_us = 250 * MS;
        options->slot_us = 100 * MS;
    }
    /* A slow disk. */
    if (random_below(random, 8) == 0)
        options->disk_us = random_below(random, 100 * MS);
}

/* Half of the kinds of faults, by chance, each as much as chance has it. */
static void draw_faults(struct random *random, struct world_options *options)
{
    if (sim_toss(random))
        options->loss = random_below(random, 100);
    if (sim_toss(random))
        options->twice = random_below(random, 200);
    if (sim_toss(random))
        options->late = random_below(random, 100);
    if (sim_toss(random))
        options->break_us = 50 * MS + random_below(random, 2000 * MS);
    if (sim_toss(random)) {
        options->crash_us = 200 * MS + random_below(random, 4000 * MS);
        options->down_us = random_below(random, 2000 * MS);
        options->forget = sim_toss(random) ? 400 : 0;
    }
    if (random_below(random, 4) == 0) {
        options->all_us = 2000 * MS + random_below(random, 5000 * MS);
        options->down_us += random_below(random, 500 * MS);
    }
    if (random_below(random, 4) == 0)
        options->full_us = 500 * MS + random_below(random, 5000 * MS);
    if (sim_toss(random)) {
        options->pause_us = 200 * MS + random_below(random, 3000 * MS);
        options->paused_us = 30000 * MS >> random_below(random, 12);
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
}

static void draw_traitors(struct random *random, struct world_options *options)
{
    size_t third = (options->validators - 1) / 3;

    if (third && sim_toss(random)) {
        options->traitors = 1 + random_below(random, third);
        options->lies = (unsigned)random_below(random, 1 << LIE_COUNT) &
                        (unsigned)random_below(random, 1 << LIE_COUNT);
        options->has_twins = random_below(random, 3) == 0;
        /* Who only hears is dull. */
        if (random_below(random, 8))
            options->lies &= ~(1u << LIE_SILENT);
    } else if (third && random_below(random, 4) == 0) {
        options->silent = third;
    }
    options->forgetful = third - options->traitors - options->silent;
    /* Of unequal stakes, none is a third, and two may be more. */
    if (random_below(random, 3) == 0 && !options->traitors && !options->silent)
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
    if (random_below(random, 4) == 0)
        options->spoil_us = 100 * MS + random_below(random, 2000 * MS);
}

static bool settle(struct world *world, const struct world_options *options,
                   uint64_t slot)
{
    (void)options;
    (void)slot;
    world_settle(world);
    return true;
}

int main(int argc, char **argv)
{
    const struct sim_test test = {
        .program = "test_cluster",
        .claim = "whole validators agree, and go on when faults are over",
        .sizes = {.seeds = 20, .slots = 100, .least = 4, .most = 7},
        .draw = draw,
        .slots_long = 5,
        .slots_after = 48,
        .after_us = 240000 * MS,
        .end = settle,
        .print_state = world_print_state,
        .situations = SEEN_COUNT,
        .seeds_of_all = 300,
        .repeated = {.seeds = 4, .slots = 60, .least = 4, .most = 5}};

    log_configure(getenv("POND_LOG") ? getenv("POND_LOG") : "quiet");
    return sim_main(&test, argc, argv);
}
