/*
 * What the modules of a private network share.
 */
#ifndef POND_NODE_NETWORK_PARTS_H
#define POND_NODE_NETWORK_PARTS_H

#include "net/http_server.h"
#include "node/control_client.h"
#include "node/network.h"
#include "node/network_child.h"
#include "node/recipe.h"
#include "node/round.h"
#include "settlement/client.h"
#include "storage/store.h"

#define NETWORK_MAGIC 0x6e657477u

struct network {
    uint32_t magic;
    uv_loop_t *loop;
    char *folder, *program;
    unsigned node_count;
    uint16_t rpc_port;
    uint64_t slot_ms;
    void (*note)(void *user, const char *text);
    void *user;

    bool is_interrupted;
    struct network_child validator;
    struct network_child nodes[NETWORK_NODES_MAX];
    struct control_client controls[NETWORK_NODES_MAX];
    char rpc_url[NETWORK_TEXT_SIZE];
    char websocket_url[NETWORK_TEXT_SIZE];

    struct client *client;
    struct keypair wallet;
    uint64_t supply_at_start; /* roe, when the validator was first asked */
    uint64_t slot_at_start;

    /* Serves the code of deployed tasks to the nodes. */
    struct store *store;
    struct store *shared_store; /* or NULL */
    struct http_server *gateway;
    char gateway_url[NETWORK_TEXT_SIZE];

    /* The slots, for whom waits on them. */
    struct client_slots *slots;
    uint64_t slot;

    struct round_clock clock; /* of the task */
    struct network_view view;
};

/* Tell the user a line. */
void network_note(struct network *network, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* One turn of the loop. ERR_CANCELLED if it was interrupted, ERR_CLOSED if a
 * child is gone. */
int network_turn(struct network *network);

/* Sign against the newest blockhash, send, wait until it is confirmed. */
int network_send(struct network *network, const struct recipe *recipe);

/* Give key at least that much from the faucet, if it has less than half. */
int network_fill(struct network *network, const struct pubkey *key,
                 uint64_t roe);

/* Wait for a slot newer than that one. */
int network_next_slot(struct network *network, uint64_t slot);

/* Stop the nodes and leave the validator. */
void network_stop_nodes(struct network *network);

/* The round's record in the view, made if it is new; NULL past
 * NETWORK_ROUNDS_MAX. */
struct network_round *network_round_of(struct network *network, uint64_t round);

#endif
