/*
 * Validators that agree, in a world of faults (consensus_world.h).
 *
 *     test_consensus [--first SEED] [--seeds COUNT | --seconds SECONDS]
 *                    [--slots SLOTS] [--least VALIDATORS] [--most VALIDATORS]
 *                    [--stop 1]
 *     test_consensus --seed SEED [--slots SLOTS] ...
 *
 * Each seed is a network of its own: how many validators with what stakes, how
 * slow, which faults, how many traitors, and what they do. Faults end after a
 * while; then the network must go on by itself. --seed repeats one and prints
 * what it is; --stop 1 ends at the first that fails.
 */
#include "consensus_world.h"

#include "base/clock.h"
#include "base/random.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MS 1000u
#define HOUR_US UINT64_C(3600000000)

/* Slots that a network makes after the faults, and the longest that it may take
 * for them in all. The first block's own limit is the world's. */
#define SLOTS_AFTER (2 * WINDOW_SLOTS)
#define AFTER_MS_MAX 60000u
/* Delays that who only watches has for it. */
#define WATCH_STEPS 200
/* So many networks meet every situation of the list. */
#define SEEDS_OF_ALL 1000

struct totals {
    uint64_t count;
    uint64_t slots;
    uint64_t blocks;
    uint64_t accused;
    uint64_t taken_back;
    uint64_t heal_ms;      /* the longest that a network took */
    uint64_t heal_percent; /* of what it may take, the most that one did */
    uint64_t seen;
    uint64_t digest;
};

struct sizes {
    uint64_t slots;
    uint64_t least; /* validators */
    uint64_t most;
    uint64_t stop; /* at the first that fails? */
};

/* ---- what a seed is ---- */

static bool toss(struct random *random)
{
    return random_below(random, 2);
}

/* One below most, small ones as likely as large ones. */
static uint64_t scale(struct random *random, uint64_t most)
{
    return random_below(random, 1 + (most >> random_below(random, 12)));
}

static void draw_network(struct random *random, struct world_options *options)
{
    options->delta_us = 50 * MS;
    options->slot_us = 20 * MS;
    options->delay_min_us = 1 * MS;
    options->delay_max_us = 1 * MS + random_below(random, 20 * MS);
    options->execute_us = random_below(random, 3 * MS);
    options->disk_us = toss(random) ? random_below(random, 5 * MS) : 0;
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
    if (toss(random))
        options->loss = random_below(random, 150);
    if (toss(random))
        options->twice = random_below(random, 200);
    if (toss(random))
        options->late = random_below(random, 100);
    if (toss(random)) {
        options->crash_us = 100 * MS + random_below(random, 3000 * MS);
        options->down_us = random_below(random, 2000 * MS);
        options->forget = toss(random) ? 900 : 0;
    }
    if (toss(random)) {
        options->pause_us = 200 * MS + random_below(random, 3000 * MS);
        options->paused_us = HOUR_US >> random_below(random, 20);
    }
    if (toss(random))
        options->skew_us = scale(random, 2000 * MS);
    if (toss(random))
        options->drift = random_below(random, 500);
    if (options->skew_us && toss(random))
        options->jump_us = 200 * MS + random_below(random, 3000 * MS);
    if (toss(random)) {
        options->cut_us = 200 * MS + random_below(random, 3000 * MS);
        options->heal_us = random_below(random, 3000 * MS);
        options->cuts =
            1 + (unsigned)random_below(random, (1 << CUT_COUNT) - 1);
    }
    options->is_partial = toss(random);
    options->watching = random_below(random, 4) == 0;
    if (toss(random))
        options->cannot = random_below(random, 100);
}

static void draw_traitors(struct random *random, struct world_options *options)
{
    size_t third = (options->validators - 1) / 3;

    if (third && toss(random)) {
        options->traitors = 1 + random_below(random, third);
        /* A quarter of all kinds. */
        options->lies = (unsigned)random_below(random, 1 << LIE_COUNT);
        options->lies &= (unsigned)random_below(random, 1 << LIE_COUNT);
        /* What only two rules keep from being a fork. */
        options->lies |= (unsigned)toss(random) << LIE_ASTRAY;
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

static struct world_options draw(uint64_t seed, const struct sizes *sizes)
{
    struct random random = random_make(seed);
    struct world_options options = {
        .seed = seed,
        .validators = sizes->least +
                      random_below(&random, sizes->most - sizes->least + 1)};

    draw_network(&random, &options);
    draw_faults(&random, &options);
    draw_traitors(&random, &options);
    if (options.crash_us && !options.forget && toss(&random))
        options.lose = 500;
    /* Some long ones, for what takes many slots. */
    uint64_t slots = seed % 16 ? sizes->slots : 10 * sizes->slots;
    options.faults_us = 1000 * MS + slots * options.slot_us;
    return options;
}

/* ---- running ---- */

static void add_up(struct totals *totals, const struct world_result *result)
{
    totals->count++;
    totals->slots += result->slots;
    totals->blocks += result->blocks;
    totals->accused += result->accused;
    totals->taken_back += result->taken_back;
    totals->seen |= result->seen;
    totals->digest ^= result->digest;
    if (result->healed_us / MS > totals->heal_ms)
        totals->heal_ms = result->healed_us / MS;
    if (result->heal_max_us &&
        100 * result->healed_us / result->heal_max_us > totals->heal_percent)
        totals->heal_percent = 100 * result->healed_us / result->heal_max_us;
}

static bool run(uint64_t seed, const struct sizes *sizes, struct totals *totals)
{
    struct world_options options = draw(seed, sizes);
    struct world *world = world_new(&options);

    world_run(world, UINT64_MAX, options.faults_us);
    uint64_t target = world_highest(world) + SLOTS_AFTER;
    uint64_t most_us =
        (uint64_t)AFTER_MS_MAX * MS + 20 * (options.delta_us + options.skew_us);
    bool is_reached = world_run(world, target, options.faults_us + most_us);
    /* Who only watches asks for what is final, so it comes later. */
    for (unsigned i = 0;
         is_reached && i < WATCH_STEPS && world_watched_slot(world) < target;
         i++)
        world_run(world, UINT64_MAX, world_now_us(world) + options.delta_us);
    is_reached &= world_watched_slot(world) >= target;
    const struct world_result *result = world_result(world);
    bool is_good = is_reached && !*result->violation;
    if (*result->violation)
        printf("# %s\n", result->violation);
    else if (!is_reached)
        printf("# final up to slot %" PRIu64 " (%" PRIu64
               " by who only watches) of %" PRIu64
               " when the faults are over\n",
               result->slots, world_watched_slot(world), target);
    if (!is_good) {
        printf("# again: test_consensus --seed %" PRIu64 " --slots %" PRIu64
               " --least %" PRIu64 " --most %" PRIu64 "\n# ",
               seed, sizes->slots, sizes->least, sizes->most);
        world_print(stdout, &options);
        printf("\n");
        fflush(stdout);
    }
    add_up(totals, result);
    world_free(world);
    return is_good;
}

static void print_totals(const struct totals *totals)
{
    printf(
        "# %" PRIu64 " networks, %" PRIu64 " slots, %" PRIu64
        " blocks, %" PRIu64 " taken back, %" PRIu64
        " traitors shown; after the faults the slowest took %" PRIu64
        " ms, and one %" PRIu64 " %% of what it may; digest %016" PRIx64 "\n",
        totals->count, totals->slots, totals->blocks, totals->taken_back,
        totals->accused, totals->heal_ms, totals->heal_percent, totals->digest);
    fflush(stdout);
}

/* So many seeds; or, if seconds is not 0, those that the time suffices for. */
static bool test_seeds(uint64_t first, uint64_t seeds, uint64_t seconds,
                       const struct sizes *sizes, struct totals *totals)
{
    uint64_t end_ns = clock_monotonic_ns() + seconds * 1000000000u;
    bool is_good = true;

    while ((is_good || !sizes->stop) &&
           (seconds ? clock_monotonic_ns() < end_ns : totals->count < seeds))
        is_good &= run(first + totals->count, sizes, totals);
    print_totals(totals);
    return is_good && totals->blocks;
}

/* A simulation is worth what it meets; a few networks needn't meet all. */
static bool test_situations(const struct totals *totals)
{
    bool is_good = true;

    if (totals->count < SEEDS_OF_ALL)
        return true;
    for (size_t i = 0; i < SEEN_COUNT; i++)
        if (!(totals->seen >> i & 1)) {
            printf("# never seen: %s\n", world_situation_names[i]);
            is_good = false;
        }
    return is_good;
}

static bool test_alike(uint64_t first)
{
    const struct sizes sizes = {.slots = 100, .least = 4, .most = 7};
    bool is_good = true;

    for (uint64_t seed = first; seed < first + 8; seed++) {
        struct totals one = {0}, other = {0};
        is_good &= run(seed, &sizes, &one) && run(seed, &sizes, &other) &&
                   one.digest == other.digest;
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

static int report(int number, bool is_good, const char *what)
{
    printf("%s %d - %s\n", is_good ? "ok" : "not ok", number, what);
    fflush(stdout);
    return !is_good;
}

int main(int argc, char **argv)
{
    uint64_t first = 1, seeds = 100, seed = 0, seconds = 0;
    struct sizes sizes = {.slots = 200, .least = 4, .most = 7};
    const struct {
        const char *name;
        uint64_t *value;
    } flags[] = {{"--first", &first},       {"--seeds", &seeds},
                 {"--seconds", &seconds},   {"--seed", &seed},
                 {"--slots", &sizes.slots}, {"--least", &sizes.least},
                 {"--most", &sizes.most},   {"--stop", &sizes.stop}};

    for (int i = 1; i + 1 < argc; i += 2)
        for (size_t k = 0; k < sizeof(flags) / sizeof(*flags); k++)
            if (!strcmp(argv[i], flags[k].name))
                *flags[k].value = strtoull(argv[i + 1], NULL, 10);
    struct totals totals = {0};
    if (seed) {
        struct world_options options = draw(seed, &sizes);
        world_print(stdout, &options);
        printf("\n");
        fflush(stdout);
        return !test_seeds(seed, 1, 0, &sizes, &totals);
    }
    printf("1..4\n");
    int failed = report(1, test_seeds(first, seeds, seconds, &sizes, &totals),
                        "validators agree, and go on when faults are over");
    failed += report(2, test_situations(&totals),
                     "every situation of the list was met");
    failed += report(3, test_alike(first), "two runs of one seed are alike");
    failed +=
        report(4, test_three_delays(), "a block is final after three delays");
    return failed;
}
