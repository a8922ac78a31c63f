/*
 * Days of a node, in virtual time: the node's own runner, duties, sender,
 * journal, store and client against a simulated settlement (node_chain.h).
 *
 * The task puts evidence for each proof, which is its CID. At the beginning of
 * each round the evidence of the proofs that are on chain is looked for: it
 * must be pinned as long as anybody may ask for it, and no pin may stay for
 * longer.
 *
 * What is not real: time (timers, the pool and both clocks are wrapped at link
 * time, and everything happens on one thread, in an order that the seed
 * decides), the HTTP client below the JSON-RPC client, and the worker.
 *
 * Each life of the node is a process, which kills itself with SIGKILL where the
 * plan says so: what it leaves is its folder, on a tmpfs. The settlement lies
 * in memory that all of them share.
 *
 * A step is a moment at which something outside the node's memory changes or is
 * learnt: before and after each write on the pool (the journal's and the
 * store's), each question to the endpoint and its answer, each call into the
 * worker and its end, each signature. A round has some hundred of them.
 */
#ifndef POND_TESTS_SIM_NODE_DAYS_H
#define POND_TESTS_SIM_NODE_DAYS_H

#include "node/money/journal_earning.h"
#include "node_chain.h"

#define DAYS_STRIKES_MAX 4
/* Of an order of more stake, beside the number of the round. */
#define DAYS_STAKE 100000
#define DAYS_MEASURES_MAX 4

enum days_victim {
    DAYS_NODE,   /* kill -9 */
    DAYS_WORKER, /* its process ends, and its calls fail */
    DAYS_SIGNER, /* what it is asked fails */
};

struct days_strike {
    uint64_t step; /* of the round; 0: none */
    enum days_victim victim;
};

/* What a node takes. */
struct days_measure {
    uint64_t heap_bytes; /* that it has allocated */
    uint64_t disk_bytes; /* of all files in its folder */
    uint64_t book_rows;  /* of the journal: sums of a day, which stay */
    uint64_t rows;       /* and all others */
};

struct days {
    struct chain chain;
    struct random random;
    char folder[64];
    uint64_t now_ms;

    /* What goes wrong; the endpoint's faults hold from slot to slot. */
    struct days_strike strikes[DAYS_STRIKES_MAX];
    uint64_t deaf_from, deaf_until;       /* no answer at all */
    uint64_t garbled_from, garbled_until; /* answers that are no JSON-RPC */
    uint64_t late_ms;                     /* added to each answer, at most */
    uint64_t jump_at_slot, jump_ms;       /* sleep and resume */
    uint64_t full_from, full_until;       /* the disk is full */

    bool has_stakes; /* the operator orders more stake in every round */

    uint64_t claim_threshold; /* roe; 0: a round's bounty */

    uint64_t round, step; /* of that round */
    uint64_t steps_quiet; /* the most that a round had in which nobody died */
    uint64_t lives, kills[3];
    uint64_t lives_slot; /* of the newest start */
    /* Slots of the window for submissions, by the round of the clock, in which
     * the task was running: the rest is kills and the pauses after them. */
    uint64_t ready_slots[CHAIN_ROUNDS_KEPT];
    uint64_t end_round; /* a life ends by itself when the clock comes there */
    uint64_t journal_claimed; /* as the last life's journal has it */
    /* And its account book, by kind (money/journal_earning.h). */
    uint64_t book[JOURNAL_EARNING_KINDS];
    /* What was under way when it ended: fees, and claims. */
    uint64_t open_fees, open_claims, open_stakes;
    uint64_t stakes; /* orders of more that came to their end */
    uint64_t worker_calls, questions;
    uint64_t missed; /* submissions; the test's */

    /* Measured while a life goes on, at the beginning of these rounds; 0 ends
     * the list. */
    uint64_t measure_at[DAYS_MEASURES_MAX];
    struct days_measure measures[DAYS_MEASURES_MAX];
};

/* Called by the node's process at the beginning of each round: plan its
 * strikes. */
typedef void days_plan(struct days *days);

/* Shared memory and a folder. */
struct days *days_open(uint64_t seed);
void days_close(struct days *days);

/* Run lives until the clock is in this round; the last of them ends in order.
 * plan NULL: nobody is killed. */
void days_run(struct days *days, uint64_t until_round, days_plan *plan);

#endif
