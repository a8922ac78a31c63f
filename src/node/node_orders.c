#include "node/node_orders.h"

#include "node/node_internal.h"
#include "node/node_owner.h"

static int start_ordered(void *user, const struct node_task_options *task,
                         node_ordered *done, void *done_user)
{
    return node_start_task(user, task, done, done_user);
}

static int stop_ordered(void *user, const struct pubkey *task,
                        node_ordered *done, void *done_user)
{
    return node_stop_task(user, task, done, done_user);
}

static int claim_ordered(void *user, const struct pubkey *task)
{
    return node_claim(user, task);
}

static int reload_ordered(void *user, const struct pubkey *task)
{
    return node_reload(user, task);
}

static void write_status(void *user, struct buffer *out)
{
    node_status(user, out);
}

static void write_metrics(void *user, struct buffer *out)
{
    node_metrics(user, out);
}

const struct node_control_orders node_orders = {
    .start = start_ordered,
    .stop = stop_ordered,
    .claim = claim_ordered,
    .reload = reload_ordered,
    .status = write_status,
    .metrics = write_metrics,
    .other = node_owner_ask,
};
