/*
 * What scripts of simulated validators share (test_consensus_attacks.c,
 * test_consensus_accidents.c): a small network, ways to go on, a runner.
 */
#ifndef POND_TESTS_SIM_CONSENSUS_CASES_H
#define POND_TESTS_SIM_CONSENSUS_CASES_H

#include "consensus_world.h"

#define MS UINT64_C(1000)
#define SECOND (1000 * MS)
#define CASES_DELTA (50 * MS)
#define CASES_SLOT (20 * MS)
/* The longest that a window takes which is given up. */
#define CASES_WINDOW_US (5 * CASES_DELTA + WINDOW_SLOTS * CASES_SLOT)

#define MET(situation) (UINT64_C(1) << (situation))
#define LIE(lie) (1u << (lie))

/* A network without faults. */
struct world_options cases_network(uint64_t seed, size_t validators);

void cases_run_for(struct world *world, uint64_t time_us);
/* A new block is final at all within that time. */
bool cases_go_on(struct world *world, uint64_t time_us);
/* The end of a case: is all so that was to be? If not, say what was not. Frees
 * the world. */
bool cases_end(struct world *world, bool is_good, const char *what);
/* The same network with many seeds: each reaches the slot in time, and together
 * they meet the situations of those bits. */
bool cases_all_reach(struct world_options options, uint64_t seeds,
                     uint64_t slot, uint64_t time_us, uint64_t seen);

struct consensus_case {
    const char *name;
    bool (*run)(void);
};
#define CONSENSUS_CASE(name)                                                   \
    {                                                                          \
#name, name                                                            \
    }

/* Run them and print TAP. Returns the program's status. */
int cases_run(const struct consensus_case *cases, size_t count);

#endif
