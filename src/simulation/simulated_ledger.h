/*
 * The rows of a simulated chain, in memory: what a validator has on disk. Banks
 * stand on it, so that no bank has more than two layers, however many slots go
 * by.
 *
 * Thread: that of the bank. Rows are put between two banks, while nobody reads.
 */
#ifndef POND_SIMULATION_SIMULATED_LEDGER_H
#define POND_SIMULATION_SIMULATED_LEDGER_H

#include "settlement/bank/bank.h"

/* Owns its rows. */
struct simulated_ledger {
    struct state *rows;
    struct state_base base; /* over rows: what banks are opened on */
};

void simulated_ledger_open(struct simulated_ledger *ledger);
void simulated_ledger_close(struct simulated_ledger *ledger);

/* Take over the changes of a frozen bank, which is durable from then on. */
void simulated_ledger_flush(struct simulated_ledger *ledger, struct bank *bank);

/* The lamports of all accounts together, counted anew. */
uint64_t simulated_ledger_sum(const struct simulated_ledger *ledger);

/* The tokens of a mint in all accounts together. Wrapped coins are counted as
 * any other token. */
uint64_t simulated_ledger_tokens(const struct simulated_ledger *ledger,
                                 const struct pubkey *mint);

#endif
