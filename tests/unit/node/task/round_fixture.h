/*
 * Rounds of 100 slots from slot 1,000 on: submissions in 0 … 29, audits in
 * 30 … 69 (accusations up to 49), rest 70 … 99.
 */
#ifndef POND_TESTS_NODE_ROUND_FIXTURE_H
#define POND_TESTS_NODE_ROUND_FIXTURE_H

#include "node/task/round.h"

static const struct round_clock timing = {
    .starting_slot = 1000,
    .round_time = 100,
    .submission_window = 30,
    .audit_window = 40,
    .allowed_failed_distributions = 2,
};

/* Of a node that has done nothing yet. */
static inline struct round_progress fresh(void)
{
    struct round_progress progress;
    struct pubkey key = {.bytes = {1}}, task = {.bytes = {2}};

    round_progress_init(&progress, &key, &task);
    return progress;
}

#endif
