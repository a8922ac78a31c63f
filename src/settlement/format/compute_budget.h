/*
 * The Compute Budget program's instructions, which do nothing when they run:
 * they are read before the transaction executes, and set its limit of compute
 * units and the price it bids for them.
 *
 * Source: solana-compute-budget-interface; Agave's
 * compute-budget-instruction (defaults, and which error at which instruction).
 */
#ifndef POND_SETTLEMENT_FORMAT_COMPUTE_BUDGET_H
#define POND_SETTLEMENT_FORMAT_COMPUTE_BUDGET_H

#include "settlement/format/transaction.h"
#include "settlement/format/transaction_error.h"

/* Compute units of a transaction: the most; and what an instruction adds when
 * the transaction sets no limit (a builtin program's, another program's; one of
 * the task programs adds the most). */
#define COMPUTE_UNIT_LIMIT_MAX 1400000
#define COMPUTE_UNITS_DEFAULT 200000
#define COMPUTE_UNITS_DEFAULT_BUILTIN 3000

/* Bytes of account data a transaction may load. */
#define LOADED_DATA_SIZE_MAX (64u * 1024 * 1024)

/* What a transaction may use and what it bids; limits are at most the above. */
struct compute_budget {
    uint32_t unit_limit;
    uint64_t unit_price; /* micro-lamports a unit */
    uint32_t loaded_data_size_max;
};

/* Read a transaction's budget. On an error that refuses the transaction the
 * status says which. */
struct transaction_status
compute_budget_read(const struct transaction *transaction,
                    struct compute_budget *out);

/* The most that a block's transactions use together, by the length of slots; at
 * least two transactions' most. */
uint64_t compute_budget_block_units(uint64_t slot_ms);

/* Lamports for the priority: price × limit, in millionths, rounded up. */
uint64_t compute_budget_priority_fee(const struct compute_budget *budget);

#endif
