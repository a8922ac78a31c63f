/*
 * Whole validators in a world of faults (cluster_world.h).
 *
 *     test_cluster [--first SEED] [--seeds COUNT | --seconds SECONDS]
 *                  [--slots SLOTS] [--least VALIDATORS] [--most VALIDATORS]
 *     test_cluster --seed SEED [--slots SLOTS] ...
 *
 * Each seed is a network of its own: how many validators with what stakes, how
 * slow, which faults, how many traitors and what they do, what clients send.
 * Faults end after a while; then the network must go on by itself, and all
 * endpoints must tell the same. --seed repeats one and prints what it is.
 */
#include "cluster_world.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "consensus/validator_set.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MS 1000u

/* Slots that a network makes after the faults, and the longest that it may take
 * for them in all. The first block's own limit is the world's. */
#define SLOTS_AFTER 48
#define AFTER_MS_MAX 240000u
/* So many networks meet every situation of the list. */
#define SEEDS_OF_ALL 300

struct totals {
    uint64_t count;
    uint64_t slots;
    uint64_t blocks;
    uint64_t transactions;
    uint64_t crashes;
    uint64_t looks;
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
    options->slot_us = 50 * MS;
    options->delay_min_us = 1 * MS;
    options->delay_max_us = 1 * MS + random_below(random, 20 * MS);
    options->execute_us = random_below(random, 5 * MS);
    options->disk_us = toss(random) ? random_below(random, 5 * MS) : 0;
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
    if (toss(random))
        options->loss = random_below(random, 100);
    if (toss(random))
        options->twice = random_below(random, 200);
    if (toss(random))
        options->late = random_below(random, 100);
    if (toss(random))
        options->break_us = 50 * MS + random_below(random, 2000 * MS);
    if (toss(random)) {
        options->crash_us = 200 * MS + random_below(random, 4000 * MS);
        options->down_us = random_below(random, 2000 * MS);
        options->forget = toss(random) ? 400 : 0;
    }
    if (random_below(random, 4) == 0) {
        options->all_us = 2000 * MS + random_below(random, 5000 * MS);
        options->down_us += random_below(random, 500 * MS);
    }
    if (random_below(random, 4) == 0)
        options->full_us = 500 * MS + random_below(random, 5000 * MS);
    if (toss(random)) {
        options->pause_us = 200 * MS + random_below(random, 3000 * MS);
        options->paused_us = 30000 * MS >> random_below(random, 12);
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
}

static void draw_traitors(struct random *random, struct world_options *options)
{
    size_t third = (options->validators - 1) / 3;

    if (third && toss(random)) {
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
    /* Some long ones, for what takes many slots. */
    uint64_t slots = seed % 16 ? sizes->slots : 5 * sizes->slots;
    options.faults_us = 1000 * MS + slots * options.slot_us;
    return options;
}

/* ---- running ---- */

static void add_up(struct totals *totals, const struct world_result *result)
{
    totals->count++;
    totals->slots += result->slots;
    totals->blocks += result->blocks;
    totals->transactions += result->transactions;
    totals->crashes += result->crashes;
    totals->looks += result->looks;
    totals->taken_back += result->taken_back;
    totals->seen |= result->seen;
    totals->digest ^= result->digest;
    if (result->healed_us / MS > totals->heal_ms)
        totals->heal_ms = result->healed_us / MS;
    if (result->heal_max_us &&
        100 * result->healed_us / result->heal_max_us > totals->heal_percent)
        totals->heal_percent = 100 * result->healed_us / result->heal_max_us;
}

static void print_again(const struct world_options *options,
                        const struct sizes *sizes)
{
    printf("# again: test_cluster --seed %" PRIu64 " --slots %" PRIu64
           " --least %" PRIu64 " --most %" PRIu64 "\n# ",
           options->seed, sizes->slots, sizes->least, sizes->most);
    world_print(stdout, options);
    printf("\n");
    fflush(stdout);
}

static bool run(uint64_t seed, const struct sizes *sizes, struct totals *totals)
{
    struct world_options options = draw(seed, sizes);
    struct world *world = world_new(&options);

    world_run(world, UINT64_MAX, options.faults_us);
    uint64_t target = world_highest(world) + SLOTS_AFTER;
    bool is_reached = world_run(
        world, target, options.faults_us + (uint64_t)AFTER_MS_MAX * MS);
    if (is_reached)
        world_settle(world);
    const struct world_result *result = world_result(world);
    bool is_good = is_reached && !*result->violation;
    if (*result->violation)
        printf("# %s\n", result->violation);
    else if (!is_reached)
        printf("# final up to slot %" PRIu64 " of %" PRIu64
               " when the faults are over\n",
               result->slots, target);
    if (!is_good) {
        world_print_state(stdout, world);
        print_again(&options, sizes);
    }
    add_up(totals, result);
    world_free(world);
    return is_good;
}

static void print_totals(const struct totals *totals)
{
    printf("# %" PRIu64 " networks, %" PRIu64 " slots, %" PRIu64
           " blocks, %" PRIu64 " transactions, %" PRIu64 " crashes, %" PRIu64
           " looks, %" PRIu64
           " taken back; after the faults the slowest took %" PRIu64
           " ms, and one %" PRIu64 " %% of what it may; digest %016" PRIx64
           "\n",
           totals->count, totals->slots, totals->blocks, totals->transactions,
           totals->crashes, totals->looks, totals->taken_back, totals->heal_ms,
           totals->heal_percent, totals->digest);
    fflush(stdout);
}

/* Not the world's clock. */
static uint64_t seconds_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec;
}

/* So many seeds; or, if seconds is not 0, those that the time suffices for. */
static bool test_seeds(uint64_t first, uint64_t seeds, uint64_t seconds,
                       const struct sizes *sizes, struct totals *totals)
{
    uint64_t end = seconds_now() + seconds;
    bool is_good = true;

    while (seconds ? seconds_now() < end : totals->count < seeds)
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
    const struct sizes sizes = {.slots = 60, .least = 4, .most = 5};
    bool is_good = true;

    for (uint64_t seed = first; seed < first + 4; seed++) {
        struct totals one = {0}, other = {0};
        is_good &= run(seed, &sizes, &one) && run(seed, &sizes, &other) &&
                   one.digest == other.digest;
    }
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
    uint64_t first = 1, seeds = 20, seed = 0, seconds = 0;
    struct sizes sizes = {.slots = 100, .least = 4, .most = 7};
    const struct {
        const char *name;
        uint64_t *value;
    } flags[] = {{"--first", &first},       {"--seeds", &seeds},
                 {"--seconds", &seconds},   {"--seed", &seed},
                 {"--slots", &sizes.slots}, {"--least", &sizes.least},
                 {"--most", &sizes.most}};

    log_configure(getenv("POND_LOG") ? getenv("POND_LOG") : "quiet");
    for (int i = 1; i + 1 < argc; i += 2)
        for (size_t k = 0; k < sizeof(flags) / sizeof(*flags); k++)
            if (!strcmp(argv[i], flags[k].name))
                *flags[k].value = strtoull(argv[i + 1], NULL, 10);
    struct totals totals = {0};
    if (seed) {
        struct world_options options = draw(seed, &sizes);
        world_print(stdout, &options);
        printf("\n");
        return !test_seeds(seed, 1, 0, &sizes, &totals);
    }
    printf("1..3\n");
    int failed =
        report(1, test_seeds(first, seeds, seconds, &sizes, &totals),
               "whole validators agree, and go on when faults are over");
    failed += report(2, test_situations(&totals),
                     "every situation of the list was met");
    failed += report(3, test_alike(first), "two runs of one seed are alike");
    return failed;
}
