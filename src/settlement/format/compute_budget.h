/*
 * The Compute Budget program's instructions. They do nothing when they run:
 * they are read before the transaction executes, and set its limits of compute
 * units and of loaded data, and the price that it bids for a unit. Pure; any
 * thread.
 *
 * Source: solana-compute-budget-interface; Agave's
 * compute-budget-instruction (defaults, and which error at which instruction).
 */
#ifndef POND_SETTLEMENT_FORMAT_COMPUTE_BUDGET_H
#define POND_SETTLEMENT_FORMAT_COMPUTE_BUDGET_H

#include "settlement/format/transaction.h"
#include "settlement/format/transaction_error.h"

/* Compute units: the most that a transaction may use; and what an instruction
 * adds if the transaction sets no limit: one of a program that is not builtin,
 * and one of a builtin program. One of a task program adds the most. */
#define COMPUTE_UNIT_LIMIT_MAX 1400000
#define COMPUTE_UNITS_DEFAULT 200000
#define COMPUTE_UNITS_DEFAULT_BUILTIN 3000

/* Bytes of account data that a transaction may load. */
#define LOADED_DATA_SIZE_MAX (64u * 1024 * 1024)

/* What a transaction may use and what it bids. The limits are at most the ones
 * above. */
struct compute_budget {
    uint32_t unit_limit;
    uint64_t unit_price; /* micro-lamports a unit */
    uint32_t loaded_data_size_max;
};

/* Read a transaction's budget. Returns the error that refuses the transaction,
 * or TRANSACTION_OK. */
struct transaction_status
compute_budget_read(const struct transaction *transaction,
                    struct compute_budget *out);

/* The most units that a block's transactions use together, by the length of
 * slots; at least twice the most of one transaction. */
uint64_t compute_budget_block_units(uint64_t slot_ms);

/* The priority fee in lamports: price × limit / 1,000,000, rounded up. */
uint64_t compute_budget_priority_fee(const struct compute_budget *budget);

#endif
