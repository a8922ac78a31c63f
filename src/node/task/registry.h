/*
 * The nodes of one task that have registered themselves here (reference, 2.7):
 * POST /register-node/<id> with {"data":{"url","timestamp",...},"signature",
 * "owner","submitterPubkey","tasks"}. They are shown beside those whose stake
 * names an address.
 *
 * Koii's form of the signature is not public. What is taken here is the one its
 * nodes sign everything with: base58 of nacl.sign(JSON.stringify(data)), by the
 * submitter's key, which has a stake in the task. So nobody registers for
 * another node, and a flood has an end.
 *
 * Pure. Thread: one.
 */
#ifndef POND_NODE_TASK_REGISTRY_H
#define POND_NODE_TASK_REGISTRY_H

#include "base/json.h"
#include "node/task/task_view.h"

/* Nodes of one task; further ones are refused. */
#define REGISTRY_MAX 1000

/* Zero is empty. */
struct registry {
    struct registration *items;
    size_t count;
};

/* Take a registration. ERR_INVALID: it has not the form, or the signature does
 * not hold; ERR_DENIED: not staked; ERR_EXISTS: this node has one that is as
 * new; ERR_FULL. */
int registry_add(struct registry *registry, const struct task_view *view,
                 struct json_object *registration);

/* Append them as items of an open array, but for those whose submitter's stake
 * names an address: that is shown already. */
void registry_write(const struct registry *registry,
                    const struct task_view *view, struct json_writer *writer);

void registry_clear(struct registry *registry);

#endif
