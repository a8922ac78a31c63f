/*
 * What this node thinks of a submission, or of a distribution list: asked of
 * the task, or found by comparing. Which ones are looked at, and what follows,
 * is task_review.c's to say.
 */
#ifndef POND_NODE_TASK_TASK_VERDICT_H
#define POND_NODE_TASK_TASK_VERDICT_H

#include "node/task/duty.h"

/* Somebody's submission or list as it stood on chain when this duty looked.
 * Also what the callbacks of its call, its account and its vote are given. */
struct item {
    struct duty *duty;
    struct pubkey key;
    char *value;                /* submissions */
    struct pubkey data_account; /* lists */
    bool is_audited;
};

/* items are allocated once, by take_items(), and not moved: callbacks point at
 * them. */
struct review {
    bool is_lists;
    void (*decided)(struct duty *duty); /* all its verdicts are there */
    struct item *items; /* what stands on chain, but for this node's own */
    size_t count;
};

/* Submissions and lists of a round have verdicts of their own. */
struct verdicts *task_verdicts_of(struct duty *duty);

/* Begin to ask the task about a submission, or to compare a list with this
 * node's own. 0: the verdict comes later, and the caller counts it in the
 * duty's waiting; with the last one the review's decided() is called. Else
 * ERR_* of duty_call(). */
int task_verdict_audit(struct item *item);
int task_verdict_compare(struct item *item);

#endif
