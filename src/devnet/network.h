/*
 * A private network on one machine: a genesis, validators, N task nodes, and on
 * it, if wanted, a task that earns.
 *
 * Every node is a process of its own with its own folder, keys, store and
 * port; so is the validator. This process only starts them, watches them
 * through the interfaces that everybody has (JSON-RPC, the control port, the
 * gateways) and stops them.
 *
 *     FOLDER/wallet.json     pays for tasks and nodes; filled by the faucet
 *     FOLDER/mint.json       of the token that KPL tasks are paid in
 *     FOLDER/validator/      genesis, identity and ledger
 *     FOLDER/validator-2/ .. the others, where there are several
 *     FOLDER/validators.json the list that their genesis was made of
 *     FOLDER/node-1/ ...     node/money/wallet.h has the layout
 *     FOLDER/store/          code and metadata of tasks deployed from here
 *     FOLDER/validator.log, node-1.log ...
 *
 * The calls below run one after the other like a script; each turns the loop
 * until it is done. While they wait, network_interrupt() (from a callback on
 * the loop, such as a signal's) makes them return ERR_CANCELLED. Nothing waits
 * for the wall clock: children say that they are ready, and slots are the time.
 *
 * Errors are ERR_*, and the text names the process or file at fault; with a
 * child that ended it holds the last lines of its log. After an error the
 * network is still to be closed, which ends what is running.
 *
 * Started again on the same folder a network goes on: ledger, keys and stakes
 * are there, and only what is missing is made.
 *
 * Thread: the loop's, all of it.
 */
#ifndef POND_DEVNET_NETWORK_H
#define POND_DEVNET_NETWORK_H

#include "base/buffer.h"
#include "crypto/key.h"
#include <uv.h>

/* The view has a place for each. */
#define NETWORK_NODES_MAX 64

/* More share a machine's cores for nothing that fewer don't show. */
#define NETWORK_VALIDATORS_MAX 16

/* Rounds of which a record is kept; later ones are not recorded. */
#define NETWORK_ROUNDS_MAX 256

struct network;

struct network_options { /* all copied */
    const char *folder;
    const char *program; /* path of `pond` */
    unsigned nodes;      /* at most NETWORK_NODES_MAX; 0: a chain alone */
    /* At most NETWORK_VALIDATORS_MAX; 0: as many as the folder's network has,
     * one for a new network. */
    unsigned validators;
    uint16_t rpc_port; /* the first validator's; WebSocket: the one after */
    uint64_t slot_ms;
    /* One more argument of every `pond node`, or NULL. */
    const char *node_argument;
    /* A block store whose contents the nodes can fetch too, or NULL: where
     * `pond task create` puts tasks. Made if absent, opened read-only. */
    const char *shared_store;
    /* Called for what happens, with one line each, without a line end; or NULL.
     */
    void (*note)(void *user, const char *text);
    void *user;
};

/* Make the folder, the wallet and the gateway; no process yet. Any ERR_* of
 * files, keys and the store; ERR_LOCKED if another network has the folder. *out
 * is set only on success. */
int network_open(uv_loop_t *loop, const struct network_options *options,
                 struct network **out);

/* Start validators and nodes; returns when each is ready, and each node's
 * wallet has coins. ERR_CLOSED if one of them ended instead, ERR_CANCELLED,
 * ERR_STATE if the folder has another number of validators. From then on one of
 * several validators that dies is started again after 30 s. */
int network_start(struct network *network);

/* Give up whatever runs, and whatever is begun later; there is no way back.
 * Only network_close() still does its work. */
void network_interrupt(struct network *network);

/* Wait until it is interrupted (ERR_CANCELLED) or a child that nothing replaces
 * ends by itself (ERR_CLOSED): a node, or the only validator. */
int network_wait(struct network *network);

/* Stop every process in order (nodes, then validators) and free. NULL is
 * allowed. The loop is left without handles of the network. */
void network_close(struct network *network);

/* Valid while the network is open. The URLs, the first validator's, are ""
 * before network_start(). */
const char *network_rpc_url(const struct network *network);
const char *network_websocket_url(const struct network *network);
const char *network_folder(const struct network *network);

/* A validator as it is now; the texts live as long as the network. */
struct network_validator_view {
    const char *rpc, *ws;
    char name[24]; /* its folder, below the network's */
    struct pubkey identity;
    int pid; /* 0: it has ended, and is not started again yet */
};
unsigned network_validator_count(const struct network *network);
/* index: less than the count (CHECKed). */
void network_validator_look(const struct network *network, unsigned index,
                            struct network_validator_view *out);

/* A link that opens the page of a node (0 … node_count of the view), once and
 * within ten minutes: appended. ERR_NETWORK, ERR_REMOTE with the node's words.
 */
int network_page_link(struct network *network, size_t node, struct buffer *out);

/* ---- A task on it ---- */

/* Borrowed for the call. */
struct network_task_options {
    const char *config;    /* path of config-task.yml */
    uint64_t stake_roe;    /* of each node; 0: twice the minimum */
    const char *variables; /* of every node: JSON object of texts; NULL: none */
    const char *executable; /* of every node in place of the code on chain, read
                             * anew at each start; NULL: the chain's */
    unsigned cheater;       /* 1 … nodes; 0: nobody cheats */
    const char *cheater_executable; /* its main.js in place of the task's */
};

/* Put the task into a store, create it on chain, and have every node stake on
 * it and run it. Returns when each node has accepted it; network_watch() shows
 * how they fare. ERR_INVALID for a wrong configuration, ERR_NOT_FOUND for a
 * missing bundle, ERR_REMOTE with a node's or the chain's words. */
int network_deploy(struct network *network,
                   const struct network_task_options *options);

/* Have every node begin again with the executable as it is now. Chain, stakes
 * and what the task keeps in runtime memory stay. ERR_REMOTE and the like, with
 * the node's name. */
int network_reload(struct network *network);

/* ---- What is seen of it ---- */

/* Of the texts in a view, with the NUL; longer ones are cut. An error may hold
 * where in main.js it happened. */
#define NETWORK_TEXT_SIZE 160
#define NETWORK_ERROR_SIZE 1024

/* What one node did in one round, as the chain and the node say. */
struct network_work {
    char submission[NETWORK_TEXT_SIZE]; /* "" while there is none */
    unsigned votes_for, votes_against;  /* against counts the accusation */
    bool is_accused;
    bool has_reward;    /* it stands on the round's list: */
    int64_t reward_roe; /* negative: slashed */
};

/* Filled while the round goes by and kept when the chain has dropped its
 * rows. */
struct network_round {
    uint64_t round;
    bool is_paid;
    bool has_failed; /* the newest list was refused */
    struct network_work work[NETWORK_NODES_MAX];
};

/* Keys and URL are known once the network has started; the figures are those of
 * the last look. first_stake_roe is what this program had it stake. */
struct network_node {
    char name[16];
    bool is_cheater;
    struct pubkey main, staking;
    char public_url[NETWORK_TEXT_SIZE];
    char state[32];                 /* node/node.h, /status */
    char error[NETWORK_ERROR_SIZE]; /* "" if it says none */
    bool has_no_functions;          /* main.js gave its worker none */
    uint64_t first_stake_roe;       /* what it staked at the beginning */
    uint64_t stake_roe, claimable_roe, claimed_roe, balance_roe;
};

/* What keeps a node from its task; NULL if nothing does. A node whose state is
 * "running" works in spite of its error, unless main.js gave it no functions to
 * call. Lives as long as the node's record. */
const char *network_node_trouble(const struct network_node *node);

/* All that is seen of the task. A pointer to it stays valid while the network
 * is open; what it shows changes with each look. It is too large for the stack,
 * because each round has a record of each node. */
struct network_view {
    struct pubkey task;
    bool is_kpl; /* amounts but balance_roe are billionths of a token */
    uint64_t slot, round, offset, round_time;
    const char *window; /* "submission", "audit" or "rest" */
    uint64_t bounty_left_roe, bounty_per_round_roe, minimum_stake_roe;
    uint64_t rounds_paid; /* in which somebody submitted */
    size_t node_count;
    struct network_node nodes[NETWORK_NODES_MAX];
    size_t round_count;
    /* Oldest first; new ones come at the end, and none ever goes. */
    struct network_round rounds[NETWORK_ROUNDS_MAX];
};

const struct network_view *network_view(const struct network *network);

/* Watch until that many rounds are paid and the honest nodes have claimed what
 * they are owed, calling changed after each look; looks follow slots. One that
 * fails is noted and made again; what fails in three in a row ends it.
 * ERR_TIMEOUT, counted in slots, if it takes some rounds more than it should,
 * with the first node's trouble in its text. rounds 0: until it is interrupted.
 */
int network_watch(struct network *network, uint64_t rounds,
                  void (*changed)(void *user), void *user);

/* ---- Does it hold? ---- */

enum network_claim_kind {
    NETWORK_PAID,      /* rounds were paid, and everybody honest in each */
    NETWORK_CAUGHT,    /* the cheater was accused, voted down and slashed */
    NETWORK_CLAIMED,   /* honest nodes claimed what they were owed */
    NETWORK_CONSERVED, /* supply at the start - what was burned = all accounts
                        */
    NETWORK_EVIDENCE,  /* fetched by CID from another node, and verified */
    NETWORK_COLLECTED, /* past its retention, it is gone everywhere */
    NETWORK_AGREED,    /* all validators have the same final blocks */
    NETWORK_CLAIM_KINDS
};

struct network_claim {
    bool is_checked; /* false: does not apply (no cheater, too few rounds) */
    bool holds;
    char text[512]; /* the figures behind it */
};

/* Check all of them; the nodes are stopped on the way, so that nothing moves
 * while the chain's accounts are summed up. Returns 0 if they could be
 * checked, whether or not they hold. */
int network_verify(struct network *network,
                   struct network_claim claims[NETWORK_CLAIM_KINDS]);

#endif
