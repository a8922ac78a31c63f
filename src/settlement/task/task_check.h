/*
 * A check of everything that must hold of the native task program's rows, for
 * `pond validator --check` and for tests.
 */
#ifndef POND_SETTLEMENT_TASK_TASK_CHECK_H
#define POND_SETTLEMENT_TASK_TASK_CHECK_H

#include "settlement/state/state.h"

/* Sums over the native tasks, in roe. */
struct task_check_totals {
    uint64_t tasks; /* those of the KPL program too */
    uint64_t stakes;
    uint64_t balances; /* claimable */
    uint64_t bounties;
    uint64_t pot_surplus; /* what the pots hold beyond the three */
};

/*
 * For every task, native or KPL: its pot covers bounty, stakes and balances and
 * is its program's; the totals and the text's size kept in the header are those
 * of the rows; every row decodes and belongs to a task that has a header; votes
 * stand on raised audits, audits on submissions or lists, and each audit has a
 * vote. ERR_CORRUPT names the first task that fails. totals may be NULL.
 */
int task_check(const struct state *state, struct task_check_totals *totals);

#endif
