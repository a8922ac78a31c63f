/*
 * Inside the simulation: one simulated node, which is a worker and what it asks
 * for. Shared by simulation.c (one node's functions in turn),
 * simulated_node.c (many nodes on one chain) and simulation_host.c (what a task
 * asks for).
 */
#ifndef POND_SIMULATION_SIMULATION_PARTS_H
#define POND_SIMULATION_SIMULATION_PARTS_H

#include "base/error.h"
#include "net/http_client.h"
#include "node/money/journal.h"
#include "node/money/sender.h"
#include "node/money/signer.h"
#include "node/parts/node_parts.h"
#include "node/reach/fetch_set.h"
#include "node/reach/socket_set.h"
#include "runtime/host/host.h"
#include "simulation/simulation.h"
#include "storage/store/store.h"

struct simulated_chain;

/* worker is NULL from the moment it ended; nothing is answered from then on.
 * Without a chain all that a chain would say is made up: stage is enum stage of
 * simulation.c, and what is called next is function stage of round; submission
 * is "" until the round has one. */
struct simulation {
    const struct simulation_options *options;
    const struct simulation_events *events;
    void *user;
    unsigned node;                 /* from 1; 0: the only one */
    struct simulated_chain *chain; /* NULL: it is made up */
    uv_loop_t *loop;
    struct node_parts parts; /* loop and store alone */
    struct http_client *http;
    struct fetch_set *fetches;  /* the worker's, and gone with it */
    struct socket_set *sockets; /* the same */
    struct signer *signer;      /* has two keys, as a node's */
    struct pubkey task, other;
    struct host *worker;
    struct memory *memory;
    uint64_t round; /* the one whose work is looked at */
    uint64_t now;   /* the one the clock is in */
    unsigned stage;
    char submission[512 * 6 + 3]; /* as JSON: every byte may be escaped */
    bool is_ending;
    int status;
    char text[ERR_TEXT_SIZE];
};

/* What amounts of the task are in: "roe" or "base units". */
const char *simulation_unit(const struct simulation_options *options);

/* Draw from the seed by a use and a number. */
void simulation_draw(const struct simulation_options *options, char use,
                     uint64_t number, struct hash *out);

/* Make keys, memory and the worker, which loads the task. The members before
 * http are set, and task and parts.store. seed: of the keys; NULL: made up.
 * folder: the task's. After an error only simulation_end() is to be called. */
int simulation_begin(struct simulation *simulation, const uint8_t seed[32],
                     const char *folder, const struct host_events *events);

/* Call a function of the task, once the clock is where a node would: round and
 * place in it follow from now and the function. Errors of host_call(). */
int simulation_call(struct simulation *simulation, const char *function,
                    const char *args, host_callback callback, void *user);

/* How long a node lets it take. */
uint32_t simulation_window_ms(const struct simulation *simulation,
                              const char *function);

/* host_events.log. */
void simulation_log(void *user, struct host *worker, enum log_level level,
                    const char *text);

/* The worker has gone: give up what it had asked for. */
void simulation_worker_gone(struct simulation *simulation);

/* Free what simulation_begin() made. The loop has run empty, and runs here. */
void simulation_end(struct simulation *simulation);

/* host_events.request: each request is answered once, at once or later. */
void simulation_request(void *user, struct host *worker, uint64_t request_id,
                        const char *method, struct json_object *params,
                        struct bytes payload);

/* host_events.cancelled. */
void simulation_cancelled(void *user, struct host *worker, uint64_t request_id);

#endif
