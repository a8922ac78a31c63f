/*
 * Tasks that this node is leaving: to get its stake back, or to go on with the
 * task's next version.
 *
 * An order is a row of the journal's settings, written before anything is done
 * and removed when all of it is done. What has been done meanwhile is seen on
 * chain and in the journal (task_leave.h, the task's own row), so after a crash
 * at any point the rest is done, and nothing twice. Until the stake has been
 * withdrawn the order can be called off.
 *
 * An upgrade: the task is left; its pairings, limits and hours are copied; the
 * next version is started as the old one ran, with the stake that the old one
 * had; the old one is forgotten.
 *
 * Thread: the loop's.
 */
#ifndef POND_NODE_NODE_LEAVE_H
#define POND_NODE_NODE_LEAVE_H

#include "base/json.h"
#include "crypto/key.h"
#include "node/node_control.h"

struct node;
struct node_leave;

/* A chain of versions is followed no further than this. */
#define LEAVE_VERSIONS_MAX 64

/* Take up the orders of an earlier life. Errors of the journal. */
int node_leave_open(struct node *node, struct node_leave **out);
void node_leave_close(struct node_leave *leave); /* NULL is allowed */

/* Every other second: take what steps there are. */
void node_leave_tick(struct node *node);

/* Get the stake back. ERR_NOT_FOUND for a task that neither runs nor was
 * stopped here, ERR_EXISTS. done comes when it is written down. */
int node_leave_order(struct node *node, const struct pubkey *task,
                     node_control_done *done, void *user);

/* Call it off. ERR_NOT_FOUND. */
int node_leave_cancel(struct node *node, const struct pubkey *task,
                      node_control_done *done, void *user);

/* Go on with the newest version. stake_roe 0: what is staked on the old one.
 * Refused later, by done: ERR_NOT_FOUND where it has not moved to an active
 * task; ERR_DENIED where that has another creator and may_differ is not set;
 * ERR_STATE where the stake is below its minimum. */
int node_leave_upgrade(struct node *node, const struct pubkey *task,
                       uint64_t stake_roe, bool may_differ,
                       node_control_done *done, void *user);

/* An order is there that is not done. */
bool node_leave_is_busy(const struct node *node);

/* Write [{"task":id, "to":id or null, "stake":roe,
 * "step":"waiting|withdrawing|claiming|starting", "unlock_round":n,
 * "unlock_in_ms":n}], the last two while the stake is locked. */
void node_leave_write(const struct node *node, struct json_writer *writer);

#endif
