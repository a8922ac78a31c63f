/*
 * What a task comes to next, for people: one duty, and its slots.
 *
 * A duty that is under way comes first. Then the proof and the audit of the
 * round before, while they are not done and can be; then the next proof, which
 * is sent in the round to come. What nodes do by turns, and votes, which come
 * only where somebody accuses, are named only while they are under way.
 *
 * Pure. Thread: any.
 */
#ifndef POND_NODE_TASK_ROUND_NEXT_H
#define POND_NODE_TASK_ROUND_NEXT_H

#include "node/task/round.h"

struct round_next {
    enum round_action action;
    uint64_t round;
    uint64_t from_slot;  /* may have passed */
    uint64_t until_slot; /* not included */
};

/* false before the task's first slot. */
bool round_next(const struct round_clock *clock,
                const struct round_progress *progress, uint64_t slot,
                struct round_next *out);

#endif
