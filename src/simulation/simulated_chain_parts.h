/*
 * Inside the simulated chain: its state, shared by simulated_chain.c (what
 * changes it) and simulated_state.c (what is read of it).
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
    struct pubkey task, pot, leader;
    struct simulated_payer payer;
    struct simulated_ledger ledger;
    struct bank *parent; /* NULL before the second block */
    struct bank *bank;   /* open */
    uint64_t first_slot; /* of round 0 */
    uint64_t lamports_at_first;
};

/* Go to the next slot, so that all that was executed is on the ledger. */
void simulated_chain_end_block(struct simulated_chain *chain);

#endif
