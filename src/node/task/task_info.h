/*
 * What a task asks about one round of its own: submissions, or lists, with
 * their audits, in the form of K2's methods. For a KPL task, of which endpoints
 * have no such methods, the same comes out of its account.
 */
#ifndef POND_NODE_TASK_TASK_INFO_H
#define POND_NODE_TASK_TASK_INFO_H

#include "node/task/host_ask.h"

enum task_info {
    TASK_INFO_SUBMISSIONS,   /* getTaskSubmissionInfo */
    TASK_INFO_DISTRIBUTIONS, /* getTaskDistributionInfo */
};

/* Answer the request with it. */
void task_info_ask(struct host_ask *ask, enum task_info info, uint64_t round);

#endif
