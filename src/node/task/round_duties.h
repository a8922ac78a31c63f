/*
 * The duties of the rounds that a task is in, for people: when each can be
 * done, and how it stands with it.
 *
 * Pure. Thread: any.
 */
#ifndef POND_NODE_TASK_ROUND_DUTIES_H
#define POND_NODE_TASK_ROUND_DUTIES_H

#include "node/task/round.h"

enum round_duty_state {
    ROUND_DUTY_WAITING, /* its time comes */
    ROUND_DUTY_OPEN,    /* it can be done now */
    ROUND_DUTY_RUNNING,
    ROUND_DUTY_DONE,
    ROUND_DUTY_FAILED, /* the last try; there is time for another */
    ROUND_DUTY_MISSED, /* it was tried, and its time is over */
    ROUND_DUTY_NONE,   /* its time is over, and nothing was to be done: what
                          nodes do by turns, or where somebody accuses */
};

/* "waiting", "open", ... */
const char *round_duty_state_name(enum round_duty_state state);

struct round_duty_view {
    enum round_action action;
    uint64_t round;
    uint64_t from_slot, until_slot; /* of this round of the clock; until is not
                                       included */
    enum round_duty_state state;
    uint64_t done_slot; /* of DONE */
    uint32_t failures;  /* in a row */
};

/* In the order of round_due(): of the clock's round, the one before it, the one
 * before that, and older ones whose payout is not done. None before the task's
 * first slot. Whether a proof is on chain that was sent before progress began
 * is the caller's to know. */
size_t round_duties(const struct round_clock *clock,
                    const struct round_progress *progress, uint64_t slot,
                    struct round_duty_view out[ROUND_DUTIES_MAX]);

#endif
