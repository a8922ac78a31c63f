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

/* Whether its operator is to be told that it can't run: where it can't, and
 * where its process has ended again and again; and whether that is over. One
 * whose process ends over and over has to work for a minute first: else each
 * end would be news. Neither: as it was. */
struct task_run {
    bool has_failed;     /* it can't run */
    bool is_backing_off; /* it waits for its next start */
    bool is_running;
    uint32_t ends;       /* of its process, in a row */
    uint64_t end_age_ms; /* since the last of them */
    uint64_t age_ms;     /* of its process */
};

bool task_run_is_trouble(const struct task_run *run);
bool task_run_is_well(const struct task_run *run);

#endif
