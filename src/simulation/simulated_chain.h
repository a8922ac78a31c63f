/*
 * A chain of one task in virtual time: a bank that runs the real task program,
 * keys for every node, and slots that come when they are asked for.
 *
 * Nothing is signed and nothing is sent: a transaction is executed when it is
 * made. All that makes it up follows from the deployment, the keys and the
 * seed, so the same calls always leave the same state.
 *
 * A task that is paid in tokens has the KPL program and a mint of its own.
 * Amounts of the task are in roe, or in base units of its token.
 *
 * Errors of instructions are ERR_REMOTE, with the program's own words, and
 * leave the chain as it was.
 *
 * Thread: any, one at a time.
 */
#ifndef POND_SIMULATION_SIMULATED_CHAIN_H
#define POND_SIMULATION_SIMULATED_CHAIN_H

#include "author/deployment.h"
#include "settlement/task/task_rows.h"

struct simulated_chain;

/* Borrowed for the call, but for the deployment, which must outlive the chain.
 * Each node has a staking key. */
struct simulated_chain_options {
    const struct deployment *deployment;
    const struct pubkey *staking_keys;
    size_t node_count;
    uint64_t stake;   /* of each node */
    uint8_t decimals; /* of the task's token, if it has one */
    uint64_t seed;
};

/* A chain on which the task exists and every node has staked. ERR_REMOTE if the
 * program does not take the task's terms, or not so many nodes, ERR_RANGE for
 * more than a mint can have: then there is nothing to close. */
int simulated_chain_open(const struct simulated_chain_options *options,
                         struct simulated_chain **out);
void simulated_chain_close(struct simulated_chain *chain);

const struct pubkey *simulated_chain_task(const struct simulated_chain *chain);

/* The staking key of a node, by its index. */
const struct pubkey *simulated_chain_key(const struct simulated_chain *chain,
                                         size_t node);

uint64_t simulated_chain_slot(const struct simulated_chain *chain);

/* Make slots go by until that place of a round. The slot there is the present
 * one, or later (CHECKed). offset may be the round's whole length. */
void simulated_chain_go(struct simulated_chain *chain, uint64_t round,
                        uint64_t offset);

/* ---- What nodes do; a node is its index ---- */

int simulated_chain_submit(struct simulated_chain *chain, size_t node,
                           uint64_t round, struct bytes value);

/* Accuse or vote on what another node has submitted or listed. */
int simulated_chain_vote(struct simulated_chain *chain, bool is_list,
                         size_t voter, size_t candidate, uint64_t round,
                         bool is_valid);

/* Upload a list's JSON text and send it. */
int simulated_chain_list(struct simulated_chain *chain, size_t node,
                         uint64_t round, struct bytes text);

int simulated_chain_payout(struct simulated_chain *chain, uint64_t round);

/* Bring what a node can claim to its wallet. */
int simulated_chain_claim(struct simulated_chain *chain, size_t node);

/* ---- What stands there ---- */

/* Read a row by its kind, round, key and voter; false if there is none. */
bool simulated_chain_find(const struct simulated_chain *chain,
                          struct task_row *row);

/* The stake of a node, what it can claim, and what it has claimed. */
struct simulated_purse {
    uint64_t stake;
    uint64_t claimable;
    uint64_t claimed;
};

struct simulated_purse
simulated_chain_purse(const struct simulated_chain *chain, size_t node);

/* The votes on a node's submission or list. */
struct simulated_votes {
    bool is_accused;
    unsigned in_favour;
    unsigned against;
};

struct simulated_votes
simulated_chain_votes(const struct simulated_chain *chain, bool is_list,
                      size_t candidate, uint64_t round);

/* Append the JSON text of the list that a key has sent for a round.
 * ERR_NOT_FOUND. */
int simulated_chain_list_text(const struct simulated_chain *chain,
                              const struct pubkey *submitter, uint64_t round,
                              struct buffer *out);

/* Append what K2's endpoints answer about the task (task_render.h): its state
 * without submissions and lists, and those of all rounds. */
void simulated_chain_state(const struct simulated_chain *chain,
                           struct buffer *out);
void simulated_chain_submissions(const struct simulated_chain *chain,
                                 struct buffer *out);
void simulated_chain_distributions(const struct simulated_chain *chain,
                                   struct buffer *out);

/* Bounty that is left. */
uint64_t simulated_chain_bounty(const struct simulated_chain *chain);

struct simulated_sum {
    uint64_t at_first, burned, now; /* lamports of all accounts */
    uint64_t tokens;                /* of the task's mint, if it has one */
};

/* Count all coins and tokens, and check every invariant of the task's rows.
 * ERR_CORRUPT if some came or went, or a row is wrong. */
int simulated_chain_check(struct simulated_chain *chain,
                          struct simulated_sum *out);

#endif
