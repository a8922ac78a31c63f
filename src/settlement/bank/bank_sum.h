/*
 * The sum over all rows of a state, and its comparison with the bank: whether
 * these are the rows of the state hash. For walks over all rows
 * (ledger_check(), reading a snapshot). Thread: any; one for each sum.
 */
#ifndef POND_SETTLEMENT_BANK_BANK_SUM_H
#define POND_SETTLEMENT_BANK_BANK_SUM_H

#include "settlement/bank/bank.h"
#include "settlement/state/lattice_hash.h"

/* Zero-initialise. */
struct bank_sum {
    struct lattice lattice;
    uint64_t rows;
    uint64_t lamports; /* of all accounts */
};

/* Rows in any order, each once. ERR_CORRUPT if an account is not readable. */
int bank_sum_add(struct bank_sum *sum, struct bytes key, struct bytes value);

/* ERR_CORRUPT unless rows, state hash and capitalization belong together. */
int bank_sum_check(const struct bank_sum *sum, const struct bank *bank);

#endif
