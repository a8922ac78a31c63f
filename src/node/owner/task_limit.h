/*
 * What one task may take and reach, where its operator has said so for this
 * task, by name:
 *
 *   cpu      processor time, in percent of one processor
 *   memory   resident memory, in MiB
 *   disk     of the task's folder, in MiB
 *   network  the addresses that it may connect to: "public", "private",
 *            "loopback" (net/address_rule.h)
 *
 * One that is not set is what the node gives every task. What all tasks may
 * take together (condition.h) holds beside it. Pure.
 */
#ifndef POND_NODE_OWNER_TASK_LIMIT_H
#define POND_NODE_OWNER_TASK_LIMIT_H

#include "base/json.h"
#include "net/address_rule.h"

enum task_limit {
    TASK_LIMIT_CPU,
    TASK_LIMIT_MEMORY,
    TASK_LIMIT_DISK,
    TASK_LIMITS,
};

#define TASK_LIMIT_NETWORK "network"

/* 0, NULL: not set. */
struct task_limits {
    uint64_t numbers[TASK_LIMITS];
    const struct address_rule *network;
};

/* "cpu" … of a number. */
const char *task_limit_name(enum task_limit limit);

/* Whether none is set. */
bool task_limits_are_empty(const struct task_limits *limits);

/* Take those that an object names: a number (network: a text) sets one, null
 * unsets it, other members are passed over. ERR_INVALID says which is wrong and
 * what it takes, *wrong (NULL is allowed) is its name, static, and nothing is
 * changed then. */
int task_limits_take(struct json_object *object, struct task_limits *limits,
                     const char **wrong);

/* All of them as members of an open object; null: not set. */
void task_limits_write(const struct task_limits *limits,
                       struct json_writer *writer);

#endif
