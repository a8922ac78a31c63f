/*
 * What task_money.c and task_money_stake.c keep: for those, and for the tests,
 * which can't wait a minute. Nothing else includes this (docs/house.md).
 *
 * Invariant: of claims (is_claiming) and of questions about one (is_noting) one
 * is under way at most.
 */
#ifndef POND_NODE_TASK_TASK_MONEY_INTERNAL_H
#define POND_NODE_TASK_TASK_MONEY_INTERNAL_H

#include "node/task/backoff.h"
#include "node/task/task_money.h"

struct task_money {
    uint64_t stake_wanted;   /* 0: none, or it is there */
    uint64_t stake_after_ms; /* not tried again before; monotonic clock */
    struct backoff stake_backoff;
    bool is_refused; /* for want of coins, before it is sent, or by the chain */
    bool is_claiming;
    uint64_t claiming; /* what that one moves; counts while is_claiming */
    bool claim_wanted; /* by the operator */
    bool is_noting;    /* asking what the claim of the journal entry brought */
    int64_t noting;    /* that entry */
    bool has_noting_failed; /* the last question about it */
};

#endif
