/*
 * Inside a simulated network: simulated_network.c (from outside),
 * simulated_node.c (workers and calls) and simulated_round.c (what is done in a
 * round).
 */
#ifndef POND_SIMULATION_SIMULATED_NETWORK_PARTS_H
#define POND_SIMULATION_SIMULATED_NETWORK_PARTS_H

#include "base/random.h"
#include "simulation/simulated_chain.h"
#include "simulation/simulation_parts.h"

enum simulated_verdict { VERDICT_OPEN, VERDICT_TRUE, VERDICT_FALSE };

/* What a node holds of one round until the round is closed. */
struct simulated_share {
    char *submission; /* text as on chain; NULL: none */
    char *list;       /* its own, JSON; NULL: none */
    bool has_list;    /* it was sent in this attempt */
    uint64_t reward, lost;
};

struct simulated_round {
    uint64_t round;
    bool is_open; /* submissions may come, or it may be paid */
    bool is_paid;
    uint64_t attempts;              /* payouts that failed */
    struct simulated_share *shares; /* one for each node */
};

/* world is the first member, so that what is handed to a worker's events is
 * both. Of its call: has_result says that the last round of calls gave status
 * and json, or text. */
struct simulated_node {
    struct simulation world;
    struct simulated_network *network;
    unsigned at; /* world.node - 1 */
    enum simulation_cheat cheat;
    bool is_ready, has_result;
    int status;
    char *json;
};

#define SIMULATED_SIGNALS 2
struct simulated_network {
    const struct simulation_options *options;
    const struct simulation_events *events;
    void *user;
    uv_loop_t loop;
    struct store *store;
    struct simulated_chain *chain;
    struct random random; /* of what cheats */
    struct simulated_node *nodes;
    unsigned count;
    struct simulated_round *rounds; /* options->rounds */
    uv_signal_t signals[SIMULATED_SIGNALS];
    struct simulation_step call; /* under way: function, round, subject */
    unsigned pending;            /* calls, or starts */
    uint64_t paid;
    uint64_t faults;
    char fault[ERR_TEXT_SIZE]; /* the first */
    int status;                /* why it can't go on, with text */
    char text[ERR_TEXT_SIZE];
};

/* ---- simulated_node.c ---- */

/* Derive the staking key of a node, by its index; the chain has it then. */
void simulated_node_key(const struct simulated_network *network, unsigned at,
                        struct pubkey *out);

/* It can't go on: what waits for a call returns. The first reason counts. */
void simulated_give_up(struct simulated_network *network, int status,
                       const char *text);

/* Start all workers; 0 once each has loaded the task. */
int simulated_nodes_start(struct simulated_network *network);

/* Stop all that run and free them. */
void simulated_nodes_stop(struct simulated_network *network);

/* Append a node's arguments for the call, or say that it is not to make it. */
typedef bool simulated_arguments(struct simulated_node *node,
                                 struct buffer *out);

/* Call a function on every node at the same time, and wait for all of them.
 * subject: the node that it is about, from 1; 0: none. After 0 has_result says
 * who gave something. What a function threw stands in node->status, and is
 * reported; the error of this function is that of a worker that is gone. */
int simulated_call(struct simulated_network *network, const char *function,
                   uint64_t round, unsigned subject,
                   simulated_arguments *arguments);

/* ---- simulated_verdict.c ---- */

/* Say that something is wrong; node NULL: with no single one. */
void simulated_fault(struct simulated_network *network, uint64_t round,
                     const struct simulated_node *node, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* The chain has refused what a node did: a fault, if the node is honest. */
void simulated_refusal(struct simulated_network *network, uint64_t round,
                       const struct simulated_node *node, const char *what);

/* ERR_RANGE if a function of the last simulated_call() threw. */
int simulated_check_calls(struct simulated_network *network);

/* What a node says, who has found that. */
enum simulated_verdict simulated_told(const struct simulated_node *node,
                                      enum simulated_verdict verdict);

/* Accuse and vote as the nodes' verdicts on a candidate are, one for each. */
void simulated_vote(struct simulated_network *network, uint64_t round,
                    bool is_list, unsigned candidate,
                    const enum simulated_verdict *verdicts);

/* ---- simulated_round.c ---- */

/* All that is due while the clock is in that round. */
int simulated_clock_round(struct simulated_network *network, uint64_t now);

/* Whether all rounds are closed. */
bool simulated_rounds_are_over(const struct simulated_network *network);

/* ---- simulated_list.c ---- */

/* Of all rounds whose lists are due in that round of the clock: make and send
 * the lists, compare them, and pay. */
int simulated_lists_send(struct simulated_network *network, uint64_t now);
void simulated_lists_audit(struct simulated_network *network, uint64_t now);
void simulated_payouts(struct simulated_network *network, uint64_t now);

/* ---- simulated_cheat.c ---- */

/* Append a text of the same form as a true submission: each letter and digit is
 * another one of its kind, from the network's randomness. */
void simulated_cheat_text(struct random *random, const char *text,
                          struct buffer *out);

#endif
