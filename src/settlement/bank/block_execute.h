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

/* A block under way. */
struct block_execution {
    struct bank *bank;  /* borrowed */
    uint64_t units_max; /* of all its transactions together */
    /* In the blocks with good blockhashes, this one included; and how many
     * there are. */
    uint64_t messages_max;
    uint64_t messages;
};

/* slot_ms: the network's. */
struct block_execution block_execute_begin(struct bank *bank, uint64_t slot_ms);

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
 * naming the slot, if it was refused. */
int block_execute_made(struct block_execution *execution,
                       const struct transaction *transaction, unsigned want,
                       struct arena *arena, struct bank_result *result);

/* Whether what was executed holds to the bounds. ERR_CORRUPT, naming the slot
 * and the bound. */
int block_execute_check(const struct block_execution *execution);

/* All transactions of a block that was made before, in their order, and
 * block_execute_check(). ERR_CORRUPT, naming the slot. */
int block_execute(struct bank *bank, const struct transaction *transactions,
                  size_t count, uint64_t slot_ms);

#endif
