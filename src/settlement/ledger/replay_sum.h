/*
 * Computes and checks the states of executed blocks: a thread sums up the rows
 * of one block (bank_sum_up()) while the caller executes the next ones. So a
 * wrong state is reported some blocks late, but before all errors that follow
 * from it.
 *
 * Thread: all calls come from one.
 */
#ifndef POND_SETTLEMENT_LEDGER_REPLAY_SUM_H
#define POND_SETTLEMENT_LEDGER_REPLAY_SUM_H

#include "settlement/bank/bank.h"

struct replay_sum;

struct replay_sum *replay_sum_open(void);

/* Add the next block, frozen and durable. The bank is retained. state_hash: the
 * state that it should have. Waits while too many blocks wait. ERR_CORRUPT
 * names the first block so far with another state. */
int replay_sum_add(struct replay_sum *sum, struct bank *bank,
                   const struct hash *state_hash);

/* Wait until all are summed up. ERR_CORRUPT as above. */
int replay_sum_finish(struct replay_sum *sum);

/* Allowed at any time: waiting blocks are dropped. */
void replay_sum_close(struct replay_sum *sum);

#endif
