/*
 * What `pond task simulate` shows of a simulation, as it happens: calls, lines
 * of the log, and of many nodes the rounds as tables. With --json everything is
 * an object, one a line. Thread: the main one.
 */
#ifndef POND_CLI_SIMULATE_VIEW_H
#define POND_CLI_SIMULATE_VIEW_H

#include "cli/cli.h"
#include "simulation/simulation.h"

/* What is shown where; amounts are in KOII, or in tokens with as many decimals.
 */
struct simulate_view {
    struct cli *cli;
    bool is_brief; /* no calls but those that failed, and no log */
    bool is_kpl;
    unsigned decimals;
};

/* Of one node, and of many; user is the view. */
extern const struct simulation_events simulate_view_functions;
extern const struct simulation_events simulate_view_network;

#endif
