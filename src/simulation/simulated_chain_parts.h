/*
 * Inside the simulated chain: its state, shared by simulated_genesis.c (what it
 * begins with), simulated_chain.c (what changes it) and simulated_state.c (what
 * is read of it).
 */
#ifndef POND_SIMULATION_SIMULATED_CHAIN_PARTS_H
#define POND_SIMULATION_SIMULATED_CHAIN_PARTS_H

#include "simulation/simulated_chain.h"
#include "simulation/simulated_instruction.h"
#include "simulation/simulated_ledger.h"

struct simulated_chain {
    const struct deployment *deployment;
    struct pubkey *staking_keys; /* of node_count */
    size_t node_count;
    uint64_t seed;
    uint8_t decimals; /* of the mint, if there is one */
    struct pubkey task, pot, leader;
    struct simulated_payer payer;
    struct simulated_ledger ledger;
    struct bank *parent; /* NULL before the second block */
    struct bank *bank;   /* open */
    uint64_t first_slot; /* of round 0 */
    uint64_t lamports_at_first, tokens_at_first;
    uint64_t *claimed; /* of each node */
};

/* Keys are drawn from the seed by their use and number. */
enum simulated_use {
    USE_TASK,
    USE_PAYER,
    USE_LEADER,
    USE_LIST,
    USE_BLOCK,
    USE_WALLET
};

struct hash simulated_draw(uint64_t seed, enum simulated_use use,
                           uint64_t number);

/* The account that a node uploads its list of a round to. */
struct pubkey simulated_list_account(const struct simulated_chain *chain,
                                     size_t node, uint64_t round);

/* What a node claims to. */
struct pubkey simulated_wallet(const struct simulated_chain *chain,
                               size_t node);

/* Of the tokens that the task is paid in; NULL: in coins. */
const struct pubkey *simulated_chain_mint(const struct simulated_chain *chain);

/* Draw the chain's own keys, and make the bank of slot 0. The caller's. */
struct bank *simulated_genesis(struct simulated_chain *chain, uint64_t stake);

#endif
