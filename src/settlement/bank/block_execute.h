/*
 * Executing the transactions of one block on a bank that was opened for it: for
 * the leader that fills the block, and for those who check it afterwards. Both
 * hold to the same bounds: a leader asks for room before each transaction, the
 * others look at what has come of them all.
 *
 * Pure: no clock, no file, no lock. Thread: the one that executes on the bank.
 */
#ifndef POND_SETTLEMENT_BANK_BLOCK_EXECUTE_H
#define POND_SETTLEMENT_BANK_BLOCK_EXECUTE_H

#include "settlement/bank/bank.h"

/* In a network of several validators a block must not take the others longer
 * than its slot lasts: else one leader could keep all from following the chain.
 * So its cost is bounded: units, and what its signatures and bytes take, in
 * units. A core does some 20,000 units in a millisecond (a payout's 1.4 million
 * take 80 ms), and checks a signature in 6 to 19 µs. */
#define BLOCK_COST_PER_MS 20000
#define BLOCK_COST_SIGNATURE 200
#define BLOCK_COST_BYTES 4 /* of a transaction, for one unit */

/* The most units of a block, with what else it costs. */
uint64_t block_execute_units_max(const struct genesis *genesis);

/* A block under way. */
struct block_execution {
    struct bank *bank;  /* borrowed */
    uint64_t units_max; /* of all its transactions together, with cost */
    bool is_costed;     /* signatures and bytes count */
    uint64_t cost;      /* of those */
    /* In the blocks with good blockhashes, this one included; and how many
     * there are. */
    uint64_t messages_max;
    uint64_t messages;
};

/* genesis: the network's. */
struct block_execution block_execute_begin(struct bank *bank,
                                           const struct genesis *genesis);

/* Units that a block of so many bytes has used, with what else it costs. */
uint64_t block_execute_cost(const struct bank_info *info, size_t bytes);

/* True if another transaction fits, even one that uses the most that a
 * transaction may. A leader asks before each, so that the block holds to
 * block_execute_check(). */
bool block_execute_has_room(const struct block_execution *execution);

/* Execute the block's next transaction; arguments as bank_execute() has them.
 * True if it belongs into the block, maybe with an error, because it paid.
 * False if it was refused and has left no trace. */
bool block_execute_next(struct block_execution *execution,
                        const struct transaction *transaction, unsigned want,
                        struct arena *arena, struct bank_result *result);

/* The same for a transaction that the block's leader has put in: ERR_CORRUPT,
 * naming the slot, if it was refused, or the block is past a bound with it: a
 * block without end is not executed to its end. */
int block_execute_made(struct block_execution *execution,
                       const struct transaction *transaction, unsigned want,
                       struct arena *arena, struct bank_result *result);

/* Whether what was executed holds to the bounds. ERR_CORRUPT, naming the slot
 * and the bound. */
int block_execute_check(const struct block_execution *execution);

/* All transactions of a block that was made before, in their order, and
 * block_execute_check(). ERR_CORRUPT, naming the slot. */
int block_execute(struct bank *bank, const struct transaction *transactions,
                  size_t count, const struct genesis *genesis);

#endif
