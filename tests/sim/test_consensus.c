/*
 * Validators that agree, in a world of faults (consensus_world.h).
 *
 *     test_consensus [--first SEED] [--seeds COUNT] [--slots SLOTS] | --seed
 * SEED
 *
 * Each seed is a network of its own: how many validators with what stakes, how
 * slow, which faults, how many traitors. Faults end after a while; then the
 * network must go on by itself. --seed repeats one and prints what it is.
 */
#include "consensus_world.h"

#include "base/clock.h"
#include "base/random.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MS 1000u

/* From the end of the faults until blocks become final again: what timers have
 * grown to meanwhile (consensus_timer.c), twelve times the delay assumed, and
 * three windows. */
#define HEAL_MS_MAX 30000u

struct totals {
    uint64_t slots;
    uint64_t blocks;
    uint64_t accused;
    uint64_t heal_ms; /* the longest that a network took */
};

/* Half of the kinds of faults, by chance, each as much as chance has it. */
static struct world_options draw(uint64_t seed)
{
    struct random random = random_make(seed);
    struct world_options options = {
        .seed = seed,
        .validators = 4 + random_below(&random, 4),
        .delta_us = 50 * MS,
        .slot_us = 20 * MS,
        .delay_min_us = 1 * MS,
        .delay_max_us = 1 * MS + random_below(&random, 20 * MS),
        .execute_us = random_below(&random, 3 * MS),
        .disk_us = random_below(&random, 2) * random_below(&random, 5 * MS)};

    if (random_below(&random, 2))
        options.loss = random_below(&random, 150);
    if (random_below(&random, 2)) {
        options.crash_us = 100 * MS + random_below(&random, 3000 * MS);
        options.down_us = random_below(&random, 2000 * MS);
        options.forget = random_below(&random, 2) * 900;
    }
    if (random_below(&random, 2)) {
        options.cut_us = 200 * MS + random_below(&random, 3000 * MS);
        options.heal_us = random_below(&random, 3000 * MS);
    }
    if (random_below(&random, 2))
        options.traitors =
            1 + random_below(&random, (options.validators - 1) / 3);
    else if (random_below(&random, 4) == 0)
        options.silent = (options.validators - 1) / 3;
    options.forgetful = (options.validators - 1) / 3 - options.traitors;
    /* Of unequal stakes, none is a third, and two may be more. */
    if (random_below(&random, 3) == 0 && !options.traitors && !options.silent)
        for (size_t i = 0; i < options.validators; i++) {
            options.stakes[i] = 1000 + random_below(&random, 500);
            options.forgetful = 1;
        }
    return options;
}

static bool run(uint64_t seed, uint64_t slots, uint64_t *digest,
                struct totals *totals)
{
    struct world_options options = draw(seed);
    options.faults_us = 1000 * MS + slots * options.slot_us;
    struct world *world = world_new(&options);

    world_run(world, UINT64_MAX, options.faults_us);
    uint64_t target = world_highest(world) + 2 * WINDOW_SLOTS;
    bool is_reached = world_run(world, target,
                                options.faults_us + (uint64_t)HEAL_MS_MAX * MS);
    const struct world_result *result = world_result(world);
    if (*result->violation)
        printf("# %s\n", result->violation);
    else if (!is_reached)
        printf("# seed %" PRIu64 ": final up to slot %" PRIu64 " of %" PRIu64
               " when the faults are over\n",
               seed, result->slots, target);
    bool is_good = is_reached && !*result->violation;
    if (digest)
        *digest = result->digest;
    if (totals) {
        uint64_t heal_ms = (result->now_us - options.faults_us) / MS;
        totals->slots += result->slots;
        totals->blocks += result->blocks;
        totals->accused += result->accused;
        if (is_good && heal_ms > totals->heal_ms)
            totals->heal_ms = heal_ms;
    }
    world_free(world);
    return is_good;
}

/* So many seeds; or, if seconds is not 0, those that the time suffices for. */
static bool test_seeds(uint64_t first, uint64_t seeds, uint64_t seconds,
                       uint64_t slots)
{
    uint64_t end_ns = clock_monotonic_ns() + seconds * 1000000000u;
    struct totals totals = {0};
    uint64_t count = 0;
    bool is_good = true;

    while (seconds ? clock_monotonic_ns() < end_ns : count < seeds)
        is_good &= run(first + count++, slots, NULL, &totals);
    printf("# %" PRIu64 " networks, %" PRIu64 " slots, %" PRIu64
           " blocks, %" PRIu64 " traitors shown; after the faults the slowest "
           "took %" PRIu64 " ms\n",
           count, totals.slots, totals.blocks, totals.accused, totals.heal_ms);
    return is_good && totals.blocks;
}

static bool test_alike(uint64_t first)
{
    bool is_good = true;

    for (uint64_t seed = first; seed < first + 8; seed++) {
        uint64_t one = 0, other = 1;
        is_good &= run(seed, 100, &one, NULL) && run(seed, 100, &other, NULL) &&
                   one == other;
    }
    return is_good;
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

static void report(int number, bool is_good, const char *what)
{
    printf("%s %d - %s\n", is_good ? "ok" : "not ok", number, what);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    uint64_t first = 1, seeds = 100, slots = 200, seed = 0, seconds = 0;

    for (int i = 1; i + 1 < argc; i += 2) {
        if (!strcmp(argv[i], "--first"))
            first = strtoull(argv[i + 1], NULL, 10);
        else if (!strcmp(argv[i], "--seeds"))
            seeds = strtoull(argv[i + 1], NULL, 10);
        else if (!strcmp(argv[i], "--slots"))
            slots = strtoull(argv[i + 1], NULL, 10);
        else if (!strcmp(argv[i], "--seconds"))
            seconds = strtoull(argv[i + 1], NULL, 10);
        else if (!strcmp(argv[i], "--seed"))
            seed = strtoull(argv[i + 1], NULL, 10);
    }
    if (seed)
        return !test_seeds(seed, 1, 0, slots);
    printf("1..3\n");
    bool agree = test_seeds(first, seeds, seconds, slots);
    report(1, agree, "validators agree, and go on when faults are over");
    bool alike = test_alike(first);
    report(2, alike, "two runs of one seed are alike");
    bool fast = test_three_delays();
    report(3, fast, "a block is final after three delays");
    return !(agree && alike && fast);
}
