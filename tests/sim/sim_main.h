/*
 * The programs that run a simulated network for many seeds: what they are told,
 * the runs, what is reported of them.
 *
 *     PROGRAM [--first SEED] [--seeds COUNT | --seconds SECONDS]
 *             [--slots SLOTS] [--least VALIDATORS] [--most VALIDATORS]
 *             [--stop 1]
 *     PROGRAM --seed SEED [--slots SLOTS] ...
 *
 * Each seed is a network of its own. Faults end after a while; then the network
 * must go on by itself. --seed repeats one and prints what it is; --stop 1 ends
 * at the first that fails.
 */
#ifndef POND_TESTS_SIM_SIM_MAIN_H
#define POND_TESTS_SIM_SIM_MAIN_H

#include "sim_world.h"

struct sim_sizes {
    uint64_t seeds; /* as long as nothing else is said */
    uint64_t slots; /* with faults */
    uint64_t least; /* validators */
    uint64_t most;
};

/* One test by its name. */
struct sim_case {
    const char *name;
    bool (*run)(void);
};
/* A function test_WHAT_IT_SHOWS. */
#define SIM_CASE(function)                                                     \
    {                                                                          \
#function, function                                                    \
    }

struct sim_test {
    const char *program;
    const char *claim; /* of the test that runs the seeds */
    struct sim_sizes sizes;
    /* What a seed is, but how many validators and how long there are faults. */
    void (*draw)(struct random *random, struct world_options *options);
    uint64_t slots_long; /* times as many of every 16th seed */
    /* Slots that a network makes after the faults, and the longest that it may
     * take for them in all. The first block's own limit is the world's. */
    uint64_t slots_after;
    uint64_t after_us;
    /* The end of a run that came there; false: something is missing. NULL:
     * nothing is left to do. */
    bool (*end)(struct world *world, const struct world_options *options,
                uint64_t slot);
    /* Where a run that failed stands; NULL: nothing is printed. */
    void (*print_state)(FILE *file, const struct world *world);
    size_t situations;
    uint64_t seeds_of_all;     /* so many networks meet each of them */
    struct sim_sizes repeated; /* which are run twice */
    /* Tests after the three of every world. */
    size_t more_count;
    const struct sim_case *more;
};

/* Prints TAP. Returns the program's status. */
int sim_main(const struct sim_test *test, int argc, char **argv);

/* Run tests by name and print TAP. Returns the program's status. */
int sim_cases(const struct sim_case *cases, size_t count);

#endif
