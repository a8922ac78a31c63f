/*
 * What `pond task simulate` shows of a simulation, as it happens: calls, lines
 * of the log, and of many nodes the rounds as tables. With --json everything is
 * an object, one a line. Thread: the main one.
 */
#ifndef POND_CLI_SIMULATE_VIEW_H
#define POND_CLI_SIMULATE_VIEW_H

#include "simulation/simulation.h"

/* Of one node, and of many; user is the struct cli. */
extern const struct simulation_events simulate_view_functions;
extern const struct simulation_events simulate_view_network;

#endif
