/*
 * Checks the state hashes of executed blocks: a thread sums up the rows of one
 * block while the caller executes the next ones on the signed hash
 * (bank_internal.h). So a wrong hash is reported some blocks late, but before
 * all errors that follow from it.
 *
 * Thread: all calls come from one.
 */
#ifndef POND_SETTLEMENT_LEDGER_REPLAY_SUM_H
#define POND_SETTLEMENT_LEDGER_REPLAY_SUM_H

#include "settlement/bank/bank_internal.h"

struct replay_sum;

/* Begin after this bank, whose lattice is copied. */
struct replay_sum *replay_sum_open(const struct bank *bank);

/* Add the next block, frozen by bank_freeze_signed(). The bank is retained;
 * changes is taken over, also on an error. Waits while too many blocks wait.
 * ERR_CORRUPT names the first block so far with a wrong hash. */
int replay_sum_add(struct replay_sum *sum, struct bank *bank,
                   struct bank_changes *changes);

/* Wait until all are summed up. ERR_CORRUPT as above. */
int replay_sum_finish(struct replay_sum *sum);

/* Allowed at any time: waiting blocks are dropped. */
void replay_sum_close(struct replay_sum *sum);

#endif
