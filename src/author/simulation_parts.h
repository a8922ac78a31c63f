/*
 * Inside the simulation: its state, shared by simulation.c (the course of the
 * rounds) and simulation_host.c (what the task asks for).
 */
#ifndef POND_AUTHOR_SIMULATION_PARTS_H
#define POND_AUTHOR_SIMULATION_PARTS_H

#include "author/simulation.h"
#include "base/error.h"
#include "net/http_client.h"
#include "node/money/journal.h"
#include "node/money/sender.h"
#include "node/money/signer.h"
#include "node/parts/node_parts.h"
#include "node/reach/fetch_set.h"
#include "node/reach/socket_set.h"
#include "runtime/host/host.h"
#include "storage/store/store.h"

/* Lives on the stack of simulation_run(). worker is NULL from the moment it
 * ended; nothing is answered from then on. stage is enum stage of simulation.c;
 * what is called next is function stage of round. submission is "" until the
 * round has one. */
struct simulation {
    const struct simulation_options *options;
    const struct simulation_events *events;
    void *user;
    uv_loop_t loop;
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

/* host_events.request: each request is answered once, at once or later. */
void simulation_request(void *user, struct host *worker, uint64_t request_id,
                        const char *method, struct json_object *params,
                        struct bytes payload);

/* host_events.cancelled. */
void simulation_cancelled(void *user, struct host *worker, uint64_t request_id);

#endif
