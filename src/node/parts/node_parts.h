/*
 * What a node lends to the modules it is made of. Everything here outlives
 * them and is used on the loop's thread only, but for the store (any).
 *
 * It is a struct of pointers and not a set of calls into the node, so that the
 * parts don't know the node, and a test or the simulation can hand them what it
 * has: a simulation fills in loop and store alone.
 *
 * The loop's thread writes slot and slot_ms; the parts only read.
 */
#ifndef POND_NODE_PARTS_NODE_PARTS_H
#define POND_NODE_PARTS_NODE_PARTS_H

#include "base/bytes.h"
#include "node/parts/node_options.h"
#include <uv.h>

struct client;
struct host_spares;
struct http_client;
struct http_server;
struct journal;
struct limit_book;
struct notice_book;
struct sender;
struct signer;
struct stopped_book;
struct store;
struct variable_book;

/* Solana's slot of 400 ms, until this node has seen slots go by. */
#define NODE_SLOT_MS_DEFAULT 400

/* client becomes NULL when the node stops; nothing may be asked of it from then
 * on. */
struct node_parts {
    uv_loop_t *loop;
    const struct node_options *options; /* the node's own copy */
    struct signer *signer;              /* has the keys */
    struct journal *journal;            /* the account's, read on the loop */
    struct journal_writer *writer;      /* written off it */
    /* The folder's, for what the operator has set (node_journals.h). Often the
     * same two. */
    struct journal *settings;
    struct journal_writer *settings_writer;
    struct variable_book *variables; /* NULL: none but those given */
    struct limit_book *limits;       /* NULL: no task has its own */
    struct stopped_book *stopped;
    struct notice_book *notices; /* NULL: nothing is told */
    struct store *store;
    struct client *client;
    struct sender *sender;
    struct http_client *task_http; /* restricted to the network rule */
    const char *public_url;
    struct host_spares *spares; /* of the engine pond; NULL: none are made */
    /* For tasks of the engine node: the server of their requests, and its port
     * on 127.0.0.1 (node_face.h). */
    struct http_server *inside;
    uint16_t inside_port;
    /* Tell open pages that watch a topic (page/live.h): a JSON object. NULL:
     * nobody is to hear. Nothing comes of it. */
    void (*say)(void *user, const char *topic, struct bytes message);
    void *say_user;
    /* The newest; 0 until the first is known. It may be taken back where the
     * endpoint was wrong (slot_watch.h). */
    uint64_t slot;
    uint64_t sure_slot; /* what can't be undone rests on this; 0: none yet */
    uint32_t slot_ms;   /* measured average */
};

#endif
