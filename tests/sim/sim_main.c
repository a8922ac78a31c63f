#include "sim_main.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MS 1000u
#define FAULTS_BEGIN_US (1000 * MS)

struct totals {
    uint64_t count;
    struct world_result sums; /* those of its fields that are counts */
    uint64_t heal_ms;         /* the longest that a network took */
    uint64_t heal_percent;    /* of what it may take, the most that one did */
    uint64_t digest;
};

struct flags {
    uint64_t first, seed, seconds, stop;
    struct sim_sizes sizes;
};

/* ---- one ---- */

static struct world_options draw(const struct sim_test *test, uint64_t seed,
                                 const struct sim_sizes *sizes)
{
    struct random random = random_make(seed);
    struct world_options options = {
        .seed = seed,
        .validators = sizes->least +
                      random_below(&random, sizes->most - sizes->least + 1)};

    test->draw(&random, &options);
    /* Some long ones, for what takes many slots. */
    uint64_t slots = seed % 16 ? sizes->slots : test->slots_long * sizes->slots;
    options.faults_us = FAULTS_BEGIN_US + slots * options.slot_us;
    return options;
}

static void add_up(struct totals *totals, const struct world_result *result)
{
    struct world_result *sums = &totals->sums;
    uint64_t healed_us = result->healed_us;

    totals->count++;
    sums->slots += result->slots;
    sums->blocks += result->blocks;
    sums->messages += result->messages;
    sums->transactions += result->transactions;
    sums->crashes += result->crashes;
    sums->looks += result->looks;
    sums->accused += result->accused;
    sums->taken_back += result->taken_back;
    sums->seen |= result->seen;
    totals->digest ^= result->digest;
    if (healed_us / MS > totals->heal_ms)
        totals->heal_ms = healed_us / MS;
    if (result->heal_max_us &&
        100 * healed_us / result->heal_max_us > totals->heal_percent)
        totals->heal_percent = 100 * healed_us / result->heal_max_us;
}

static void print_again(const struct sim_test *test,
                        const struct world_options *options,
                        const struct sim_sizes *sizes)
{
    printf("# again: %s --seed %" PRIu64 " --slots %" PRIu64 " --least %" PRIu64
           " --most %" PRIu64 "\n# ",
           test->program, options->seed, sizes->slots, sizes->least,
           sizes->most);
    world_print(stdout, options);
    printf("\n");
    fflush(stdout);
}

static bool run(const struct sim_test *test, uint64_t seed,
                const struct sim_sizes *sizes, struct totals *totals)
{
    struct world_options options = draw(test, seed, sizes);
    struct world *world = world_new(&options);

    world_run(world, UINT64_MAX, options.faults_us);
    uint64_t target = world_highest(world) + test->slots_after;
    uint64_t most_us =
        test->after_us + 20 * (options.delta_us + options.skew_us);
    bool is_reached = world_run(world, target, options.faults_us + most_us) &&
                      (!test->end || test->end(world, &options, target));
    const struct world_result *result = world_result(world);
    bool is_good = is_reached && !*result->violation;
    if (*result->violation)
        printf("# %s\n", result->violation);
    else if (!is_reached)
        printf("# final up to slot %" PRIu64 " of %" PRIu64
               " when the faults are over\n",
               result->slots, target);
    if (!is_good && test->print_state)
        test->print_state(stdout, world);
    if (!is_good)
        print_again(test, &options, sizes);
    add_up(totals, result);
    world_free(world);
    return is_good;
}

/* ---- many ---- */

static void print_count(uint64_t count, const char *what)
{
    if (count)
        printf(", %" PRIu64 " %s", count, what);
}

static void print_totals(const struct totals *totals)
{
    printf("# %" PRIu64 " networks", totals->count);
    print_count(totals->sums.slots, "slots");
    print_count(totals->sums.blocks, "blocks");
    print_count(totals->sums.taken_back, "taken back");
    print_count(totals->sums.accused, "traitors shown");
    print_count(totals->sums.messages, "messages");
    print_count(totals->sums.transactions, "transactions");
    print_count(totals->sums.crashes, "crashes");
    print_count(totals->sums.looks, "looks");
    printf("; after the faults the slowest took %" PRIu64
           " ms, and one %" PRIu64 " %% of what it may; digest %016" PRIx64
           "\n",
           totals->heal_ms, totals->heal_percent, totals->digest);
    fflush(stdout);
}

/* Not the world's clock. */
static uint64_t seconds_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec;
}

/* So many seeds; or, if seconds are given, those that the time suffices for. */
static bool test_seeds(const struct sim_test *test, const struct flags *flags,
                       struct totals *totals)
{
    uint64_t end = seconds_now() + flags->seconds;
    bool is_good = true;

    while ((is_good || !flags->stop) &&
           (flags->seconds ? seconds_now() < end
                           : totals->count < flags->sizes.seeds))
        is_good &=
            run(test, flags->first + totals->count, &flags->sizes, totals);
    print_totals(totals);
    return is_good && totals->sums.blocks;
}

/* A simulation is worth what it meets; a few networks needn't meet all. */
static bool test_situations(const struct sim_test *test,
                            const struct totals *totals)
{
    bool is_good = true;

    if (totals->count < test->seeds_of_all)
        return true;
    for (size_t i = 0; i < test->situations; i++)
        if (!(totals->sums.seen >> i & 1)) {
            printf("# never seen: %s\n", world_situation_names[i]);
            is_good = false;
        }
    return is_good;
}

static bool test_alike(const struct sim_test *test, uint64_t first)
{
    const struct sim_sizes *sizes = &test->repeated;
    bool is_good = true;

    for (uint64_t seed = first; seed < first + sizes->seeds; seed++) {
        struct totals one = {0}, other = {0};
        is_good &= run(test, seed, sizes, &one) &&
                   run(test, seed, sizes, &other) && one.digest == other.digest;
    }
    return is_good;
}

static bool report(size_t number, bool is_good, const char *claim)
{
    printf("%s %zu - %s\n", is_good ? "ok" : "not ok", number, claim);
    fflush(stdout);
    return is_good;
}

static struct flags read_flags(const struct sim_test *test, int argc,
                               char **argv)
{
    struct flags flags = {.first = 1, .sizes = test->sizes};
    const struct {
        const char *name;
        uint64_t *value;
    } known[] = {
        {"--first", &flags.first},       {"--seeds", &flags.sizes.seeds},
        {"--seconds", &flags.seconds},   {"--seed", &flags.seed},
        {"--slots", &flags.sizes.slots}, {"--least", &flags.sizes.least},
        {"--most", &flags.sizes.most},   {"--stop", &flags.stop}};

    for (int i = 1; i < argc; i += 2) {
        size_t at = 0, count = sizeof(known) / sizeof(*known);
        while (at < count && strcmp(argv[i], known[at].name))
            at++;
        if (at == count || i + 1 == argc) {
            fprintf(stderr,
                    "%s: see tests/sim/sim_main.h for what comes "
                    "after it; %s is nothing of that\n",
                    test->program, argv[i]);
            exit(2);
        }
        *known[at].value = strtoull(argv[i + 1], NULL, 10);
    }
    return flags;
}

int sim_main(const struct sim_test *test, int argc, char **argv)
{
    struct flags flags = read_flags(test, argc, argv);
    struct totals totals = {0};

    if (flags.seed) {
        struct world_options options = draw(test, flags.seed, &flags.sizes);
        world_print(stdout, &options);
        printf("\n");
        fflush(stdout);
        flags.first = flags.seed;
        flags.sizes.seeds = 1;
        flags.seconds = 0;
        return !test_seeds(test, &flags, &totals);
    }
    printf("1..%zu\n", 3 + test->more_count);
    bool is_good = report(1, test_seeds(test, &flags, &totals), test->claim);
    is_good &= report(2, test_situations(test, &totals),
                      "every situation of the list was met");
    is_good &= report(3, test_alike(test, flags.first),
                      "two runs of one seed are alike");
    for (size_t i = 0; i < test->more_count; i++)
        is_good &= report(4 + i, test->more[i].run(), test->more[i].name);
    return !is_good;
}

int sim_cases(const struct sim_case *cases, size_t count)
{
    bool is_good = true;

    printf("1..%zu\n", count);
    for (size_t i = 0; i < count; i++)
        is_good &= report(i + 1, cases[i].run(), cases[i].name);
    return !is_good;
}
