/*
 * The state hashes of executed blocks, found out behind who executes them: a
 * thread sums up the rows of one block while the next ones execute on the hash
 * that was signed (bank_internal.h). So a wrong one is told some blocks late,
 * but before all that went wrong behind it.
 *
 * Thread: all calls come from one.
 */
#ifndef POND_SETTLEMENT_LEDGER_REPLAY_SUM_H
#define POND_SETTLEMENT_LEDGER_REPLAY_SUM_H

#include "settlement/bank/bank_internal.h"

struct replay_sum;

/* Begin after this bank, of which the lattice is taken. */
struct replay_sum *replay_sum_open(const struct bank *bank);

/* The next block, frozen by bank_freeze_signed(). The bank is retained, changes
 * is taken over. Waits while too many blocks do. ERR_CORRUPT if the hash of
 * this one or of one before it is wrong: the first of them is named. */
int replay_sum_add(struct replay_sum *sum, struct bank *bank,
                   struct bank_changes *changes);

/* Wait until all are summed up. ERR_CORRUPT as above. */
int replay_sum_finish(struct replay_sum *sum);

/* At any time: what waits is dropped. */
void replay_sum_close(struct replay_sum *sum);

#endif
