/*
 * A check of all invariants of the task programs' rows, for `pond validator
 * --check` and for tests.
 */
#ifndef POND_SETTLEMENT_TASK_TASK_CHECK_H
#define POND_SETTLEMENT_TASK_TASK_CHECK_H

#include "settlement/state/state.h"

/* Sums over the native tasks, in roe. */
struct task_check_totals {
    uint64_t tasks; /* KPL tasks included */
    uint64_t stakes;
    uint64_t balances; /* claimable */
    uint64_t bounties;
    uint64_t pot_surplus; /* what the pots hold beyond the three */
};

/*
 * For every task, native or KPL: the pot covers bounty, stakes and balances and
 * is the program's; the header's totals and text size are those of the rows;
 * every row decodes and belongs to a task with a header; a vote has an audit,
 * an audit has a submission or list and at least one vote. ERR_CORRUPT names
 * the first task that fails. totals may be NULL, and is set on success only.
 * Thread: that of the state.
 */
int task_check(const struct state *state, struct task_check_totals *totals);

#endif
