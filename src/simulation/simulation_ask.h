/*
 * Inside the simulation: one request of the worker being served, as a node has
 * it in node/task/host_ask.h.
 */
#ifndef POND_SIMULATION_SIMULATION_ASK_H
#define POND_SIMULATION_SIMULATION_ASK_H

#include "node/reach/host_world.h"
#include "simulation/simulation_parts.h"

/* From the request until its answer, which frees it. */
struct host_ask {
    struct simulation *simulation;
    uint64_t request_id;
};

/* End the request; nothing is answered to a worker that has gone. */
void simulation_answer(struct host_ask *ask, struct bytes json,
                       struct bytes payload);
/* The error's text is err_text(). */
void simulation_refuse(struct host_ask *ask, int code);

/* Parameter number place as text, or "". */
const char *simulation_text(struct json_object *params, size_t place);

/* The network: simulation_net.c. */
host_serve simulation_serve_fetch, simulation_serve_fetch_read,
    simulation_serve_fetch_cancel, simulation_serve_socket_open,
    simulation_serve_socket_read, simulation_serve_socket_send,
    simulation_serve_socket_close;

#endif
