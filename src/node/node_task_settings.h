/*
 * Inside the node: all that its operator has set for one task alone: its limits
 * (owner/limit_book.h), its hours (node_schedule.h) and which variables it gets
 * (owner/variable_book.h). The folder keeps them, for all of its accounts.
 *
 * Each call is one write, all of it or nothing; done comes then, later and
 * once, and status says whether it was written.
 *
 * Thread: the loop's.
 */
#ifndef POND_NODE_NODE_TASK_SETTINGS_H
#define POND_NODE_NODE_TASK_SETTINGS_H

#include "crypto/key.h"
#include "node/node_control.h"

struct node;

/* What a task has holds for its next version, too, but for what that has of its
 * own already. */
void node_task_settings_copy(struct node *node, const struct pubkey *from,
                             const struct pubkey *to, node_control_done *done,
                             void *user);

/* A task that comes back gets nothing that nobody meant for it: secrets least
 * of all. What may be another account's is left alone. */
void node_task_settings_forget(struct node *node, const struct pubkey *task,
                               node_control_done *done, void *user);

#endif
