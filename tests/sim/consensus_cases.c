#include "consensus_cases.h"

#include <inttypes.h>
#include <stdio.h>

struct world_options cases_network(uint64_t seed, size_t validators)
{
    return (struct world_options){.seed = seed,
                                  .validators = validators,
                                  .delta_us = CASES_DELTA,
                                  .slot_us = CASES_SLOT,
                                  .delay_min_us = 2 * MS,
                                  .delay_max_us = 8 * MS,
                                  .execute_us = 1 * MS,
                                  .disk_us = 2 * MS};
}

void cases_run_for(struct world *world, uint64_t time_us)
{
    world_run(world, UINT64_MAX, world_now_us(world) + time_us);
}

bool cases_go_on(struct world *world, uint64_t time_us)
{
    return world_run(world, world_highest(world) + WINDOW_SLOTS,
                     world_now_us(world) + time_us);
}

bool cases_end(struct world *world, bool is_good, const char *what)
{
    const struct world_result *result = world_result(world);

    if (*result->violation)
        printf("# %s\n", result->violation);
    else if (!is_good)
        printf("# %s, at %" PRIu64 " ms with slot %" PRIu64 " final\n", what,
               result->now_us / MS, result->slots);
    is_good = is_good && !*result->violation;
    world_free(world);
    return is_good;
}

bool cases_all_reach(struct world_options options, uint64_t seeds,
                     uint64_t slot, uint64_t time_us, uint64_t seen)
{
    uint64_t met = 0;
    bool is_good = true;

    for (options.seed = 1; options.seed <= seeds; options.seed++) {
        struct world *world = world_new(&options);
        bool is_reached = world_run(world, slot, world_now_us(world) + time_us);
        met |= world_result(world)->seen;
        is_good &= cases_end(world, is_reached, "it does not go on");
    }
    if ((met & seen) != seen)
        printf("# something was never met: %" PRIx64 " of %" PRIx64 "\n", met,
               seen);
    return is_good && (met & seen) == seen;
}

int cases_run(const struct consensus_case *cases, size_t count)
{
    int failed = 0;

    printf("1..%zu\n", count);
    for (size_t i = 0; i < count; i++) {
        bool is_good = cases[i].run();
        printf("%s %zu - %s\n", is_good ? "ok" : "not ok", i + 1,
               cases[i].name);
        fflush(stdout);
        failed += !is_good;
    }
    return failed != 0;
}
