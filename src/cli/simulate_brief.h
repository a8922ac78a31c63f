/*
 * A simulation in one JSON object, printed when it is over, for a program that
 * shows it whole (`pond task simulate --brief --json`):
 *
 *   {"seed":n, "decimals":n (of the amounts),
 *    "works":[{"round", "node", "is", "submission", "accused", "round_paid",
 *      "reward", "lost" (base units, decimal texts)}],
 *    "faults":[{"round", "node" or null, "function" or null, "text", "stack" or
 *      null}], the first SIMULATE_FAULTS_MAX of "fault_count",
 *    "rounds_paid":n or null}
 *
 * It is printed after an error, too. Thread: the main one.
 */
#ifndef POND_CLI_SIMULATE_BRIEF_H
#define POND_CLI_SIMULATE_BRIEF_H

#include "base/json.h"
#include "cli/cli.h"
#include "simulation/simulation.h"

/* What is wrong with a task is mostly the same on every node. */
#define SIMULATE_FAULTS_MAX 8

struct simulate_brief {
    const struct cli *cli;
    const struct simulation_options *options;
    uint64_t fault_count, rounds_paid;
    bool is_over; /* at a good end */
    struct json_object *works, *faults;
};

/* user is the brief. */
extern const struct simulation_events simulate_brief_events;

/* All are borrowed until the end. */
void simulate_brief_begin(struct simulate_brief *brief, const struct cli *cli,
                          const struct simulation_options *options);
/* Prints it, and frees what it holds. */
void simulate_brief_end(struct simulate_brief *brief);

#endif
