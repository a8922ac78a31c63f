/*
 * How a task stands, in one of Koii's words (its desktop node shows them; the
 * reference's "Tasks lists"). Pure.
 */
#ifndef POND_NODE_TASK_TASK_STANDING_H
#define POND_NODE_TASK_TASK_STANDING_H

#include <stdbool.h>
#include <stdint.h>

struct task_standing {
    bool is_known;  /* the chain has said what follows */
    bool is_active; /* its creator has it switched on */
    uint64_t bounty, bounty_per_round;
    bool has_failed; /* it can't run, and there is a reason */
    unsigned proofs; /* in how many of the last three rounds one was sent */
};

/* "BLACKLISTED" (switched off), "ERROR", "COMPLETE" (the bounty does not pay
 * another round), "PRE_SUBMISSION", "WARMING_UP" (a proof in one or two of the
 * last three rounds), "ACTIVE" (in all three). Of a stopped task:
 * stopped_task_write(). Static. */
const char *task_standing_name(const struct task_standing *standing);

#endif
