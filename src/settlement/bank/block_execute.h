/*
 * Executing a block that was made before, on a bank that was opened for it.
 */
#ifndef POND_SETTLEMENT_BANK_BLOCK_EXECUTE_H
#define POND_SETTLEMENT_BANK_BLOCK_EXECUTE_H

#include "settlement/bank/bank.h"

/* The block's transactions in their order, and whether the block holds to what
 * producers fill blocks with. slot_ms: the network's. ERR_CORRUPT, naming the
 * slot. Thread: the one that executes on the bank. */
int block_execute(struct bank *bank, const struct transaction *transactions,
                  size_t count, uint64_t slot_ms);

#endif
