/*
 * What the modules of a private network share: network.c (processes),
 * network_task.c (a task on it), network_watch.c (what is seen of it) and
 * network_verify.c (whether it holds). network_child.c knows nothing of them.
 */
#ifndef POND_DEVNET_NETWORK_PARTS_H
#define POND_DEVNET_NETWORK_PARTS_H

#include "author/deployment.h"
#include "client/client.h"
#include "devnet/network.h"
#include "devnet/network_child.h"
#include "net/http_server.h"
#include "node/control_client.h"
#include "node/money/recipe.h"
#include "node/money/signer.h"
#include "node/task/round.h"
#include "storage/store/store.h"

/* "netw". */
#define NETWORK_MAGIC 0x6e657477u

/* A validator. peer is "" where there is but one. The texts are "" until it has
 * said that it is ready, and stay when it ends. */
struct network_validator {
    struct network_child child;
    char rpc[NETWORK_TEXT_SIZE], ws[NETWORK_TEXT_SIZE];
    char peer[NETWORK_TEXT_SIZE]; /* host:port for other validators */
    struct pubkey identity;
    uint64_t again_ns; /* monotonic: when it is started again; 0: it runs */
};

/*
 * Invariants:
 *
 *  1. nodes[0 .. node_count) were started or are to be; network_stop_nodes()
 *     makes node_count 0, while view.node_count and what the view says of them
 *     stay.
 *  2. Where client is set, every validator has said that it is ready.
 *  3. The gateway's threads read store and shared_store and nothing else; both
 *     are closed after the gateway.
 *  4. Once is_interrupted is set it stays, and every wait ends with
 *     ERR_CANCELLED.
 */
struct network {
    uint32_t magic;
    uv_loop_t *loop;
    char *folder, *program, *node_argument;
    struct folder_lock *lock; /* on the folder */
    unsigned node_count;
    uint16_t rpc_port;
    uint64_t slot_ms;
    void (*note)(void *user, const char *text);
    void *user;

    bool is_interrupted;
    unsigned validator_count; /* 0: as many as the folder has, or one */
    struct network_validator validators[NETWORK_VALIDATORS_MAX];
    /* Ends a wait when one is to be started again; NULL: none has ended. */
    uv_timer_t *again;
    struct network_child nodes[NETWORK_NODES_MAX];
    struct control_client controls[NETWORK_NODES_MAX];

    struct client *client;
    struct signer *signer;    /* with the wallet, on a loop of its own */
    uint64_t supply_at_start; /* roe, when the validator was first asked */
    uint64_t slot_at_start;

    /* Serves the code of deployed tasks to the nodes. */
    struct store *store;
    struct store *shared_store; /* or NULL */
    struct http_server *gateway;
    char gateway_url[NETWORK_TEXT_SIZE];

    /* The slots, for those who wait for them. */
    struct client_slots *slots;
    uint64_t slot;

    struct round_clock clock; /* of the task */
    struct network_view view;
};

/* Print a line for the user. */
void network_note(struct network *network, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Turn the loop once; a caller that waits for something does so until it is
 * there. ERR_CANCELLED if the network was interrupted; ERR_CLOSED and the like
 * if a process ended that nothing replaces. */
int network_turn(struct network *network);

/* Make the validators' folders where they are missing, start all, and wait
 * until each is ready. ERR_STATE if the folder has a network of another number
 * of them. */
int network_validators_start(struct network *network);

/* A path below a validator's folder; name "" is the folder itself. The caller
 * frees it. */
char *network_validator_path(const struct network *network, unsigned index,
                             const char *name);

/* Start the process of one; its folder is there, unless it is the only one. */
int network_validator_start(struct network *network, unsigned index);

/* In every turn: one of several that has died is started again after a while;
 * the end of the only one is an error. */
int network_validators_look(struct network *network);

/* Stop all, and wait until they are gone. */
void network_validators_stop(struct network *network);

/* Whether all validators have one chain; unchecked where there is but one. */
int network_agreed(struct network *network, struct network_claim *claim);

/* Sign against the newest blockhash, send, wait until it is confirmed.
 * ERR_REMOTE if the chain refused it. */
int network_send(struct network *network, const struct recipe *recipe);

/* Give key at least that much from the faucet, if it has less than half.
 * Private networks only: it asks for an airdrop. */
int network_fill(struct network *network, const struct pubkey *key,
                 uint64_t roe);

/* The private network's own token; its amounts look like KOII's. */
#define NETWORK_TOKEN_DECIMALS 9

/* Have a KPL task be paid in the network's own token, in place of the one that
 * its configuration names: make it where it is missing, give the wallet the
 * bounty and each node tokens to stake. */
int network_tokens(struct network *network, struct deployment *deployment,
                   uint64_t stake);

/* Wait for a slot newer than that one. */
int network_next_slot(struct network *network, uint64_t slot);

/* Stop the nodes and leave the validator. Blocks until they are gone, however
 * long they take up to NETWORK_CHILD_STOP_MS; interrupting does not shorten it.
 */
void network_stop_nodes(struct network *network);

#endif
