/*
 * A task at work without a network, in real workers and in virtual time. What
 * its functions give is held against the rules of the task program. Storage is
 * a store of its own, and fetch is real.
 *
 * simulation_run() has one node and calls each function once a round. The chain
 * is made up: there are two submitters, this node and one that was voted down.
 *
 * simulated_network_run() has many nodes, each with a worker and keys of its
 * own, on one chain that runs the real task program. Some may cheat. Slots go
 * by when there is nothing to do in the present one. Nodes reach each other
 * through chain and storage alone: no routes are served.
 *
 * Clocks and timers inside the task go with the slots (struct host_clock), so a
 * round takes as long as the task's functions work; what they wait is skipped.
 *
 * Thread: any; both block, on a loop of their own.
 *
 * Ownership: everything is borrowed until they return. The folder is left as it
 * is, with what the task wrote.
 */
#ifndef POND_SIMULATION_SIMULATION_H
#define POND_SIMULATION_SIMULATION_H

#include "author/deployment.h"
#include "base/log.h"
#include "runtime/host/host.h"

/* Each has a worker; a machine with 8 GB has room for more. */
#define SIMULATION_NODES_MAX 64

/* What a node does in place of what the task says. */
enum simulation_cheat {
    SIMULATION_HONEST,
    SIMULATION_WRONG,  /* submits another text of the same form */
    SIMULATION_SILENT, /* submits nothing */
    SIMULATION_LIAR,   /* calls true submissions false, and false ones true */
    SIMULATION_LIST,   /* sends a list that gives it the whole bounty */
    SIMULATION_CHEATS
};

/* "honest", "wrong", "silent", "liar", "list". */
const char *simulation_cheat_name(enum simulation_cheat cheat);

/* Amounts of the deployment, and all that are said, are in roe, or with is_kpl
 * in base units of the token (deployment_use_units()), of which one has as many
 * decimals. */
struct simulation_options {
    const struct deployment *deployment;
    uint8_t token_decimals;
    struct bytes source;     /* main.js */
    const char *variables;   /* JSON object of texts; NULL: none */
    const char *worker_path; /* pond-worker */
    const char *folder;      /* scratch: the task's folder and the store */
    uint64_t rounds;
    uint64_t memory_bytes; /* resident limit; 0: the worker's default */
    bool is_real_time;     /* clocks and timers are the machine's; else: */
    uint64_t unix_ms;      /* what they begin with */
    /* Of keys, of Math.random() of each node, and of what cheats. Without one
     * these are drawn, which a network does not allow. */
    bool has_seed;
    uint64_t seed;

    /* Of a network alone. cheats: one for each node. */
    unsigned nodes; /* 1 to SIMULATION_NODES_MAX */
    const enum simulation_cheat *cheats;
};

/* One call of one of the task's functions, and how it ended. */
struct simulation_step {
    unsigned node;    /* from 1; 0: there is one alone */
    unsigned subject; /* the node whose submission is audited; 0: none */
    uint64_t round;
    const char *function;  /* "setup", "task", "submission", ... */
    enum host_limit limit; /* that it ran into */
    int status;            /* 0, or why it does not do */
    const char *text;      /* the value as JSON, or what was wrong */
    const char *stack;     /* of what it threw, a line a call; or NULL */
    uint32_t taken_ms;     /* worked and waited */
    uint32_t window_ms;    /* what a node gives it, with slots of 400 ms */
};

/* What a node of a network did in a round, and what became of it. Amounts are
 * those that the chain paid. */
struct simulation_work {
    unsigned node;
    enum simulation_cheat cheat;
    const char *submission; /* NULL: none */
    bool is_accused;        /* the submission was */
    unsigned votes_for, votes_against;
    bool has_list; /* it has sent one for this round */
    bool is_list_accused;
    unsigned list_for, list_against;
    uint64_t reward;
    uint64_t lost;  /* of its stake */
    uint64_t stake; /* afterwards */
};

struct simulation_round {
    uint64_t round;
    bool is_paid;
    uint64_t failed; /* payouts that failed */
    const struct simulation_work *works;
    unsigned count;
};

/* At the end, after all have claimed. Coins of the whole chain are in roe;
 * tokens: of the task's mint, all there are. */
struct simulation_total {
    uint64_t rounds_paid, bounty_left, claimed, tokens;
    uint64_t coins_at_first_roe, coins_burned_roe, coins_roe;
};

/* Called on the calling thread. step: after each call of a function that the
 * task has. log: a line of a node's log; NULL is allowed. The others are a
 * network's: round: one was paid or given up; fault: something is wrong with
 * the task (node 0: with none of them alone); total: at a good end. */
struct simulation_events {
    void (*step)(void *user, const struct simulation_step *step);
    void (*log)(void *user, unsigned node, enum log_level level,
                const char *text);
    void (*round)(void *user, const struct simulation_round *round);
    void (*fault)(void *user, uint64_t round, unsigned node, const char *text);
    void (*total)(void *user, const struct simulation_total *total);
};

/* 0 if every step was as it should be. Ends at the first that was not, with its
 * status. ERR_RANGE for a value that the task program would not take,
 * ERR_REMOTE for a task that threw, ERR_TIMEOUT for one that did not come back;
 * errors of the worker and the store as they are. */
int simulation_run(const struct simulation_options *options,
                   const struct simulation_events *events, void *user);

/* 0 if every round was paid and nothing was wrong. ERR_RANGE, with the first
 * fault in its text, if something was; the rounds go on after it, unless a
 * function other than audit() failed. Other errors as above; ERR_CORRUPT if
 * coins came or went. */
int simulated_network_run(const struct simulation_options *options,
                          const struct simulation_events *events, void *user);

#endif
