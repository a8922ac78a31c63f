/*
 * The operator's questions that take their time: the chain, peers and the disk
 * are asked for them.
 */
#include "node/node_owner_internal.h"

#include "base/error.h"
#include "node/node_catalog.h"
#include "node/node_evidence.h"
#include "node/node_keep.h"

/* Nothing is asked for a node that ends. */
static int check(const struct order *order)
{
    return order->node->is_stopping
               ? err_set(ERR_CANCELLED, "the node is stopping")
               : 0;
}

int node_owner_list_catalog(const struct order *order)
{
    struct pubkey creator;
    const char *text;
    int status = check(order);
    bool is_of_creator =
        !status && !json_get_text(order->body, "creator", &text);

    if (is_of_creator)
        status = pubkey_parse(bytes_text(text), &creator);
    if (status)
        return status;
    err_clear();
    node_catalog_list(order->node->catalog, is_of_creator ? &creator : NULL,
                      order->answered, order->user);
    return 0;
}

typedef void about_task(struct node_catalog *catalog, const struct pubkey *task,
                        node_control_answered *answered, void *user);

static int ask(const struct order *order, about_task *about)
{
    struct pubkey task;
    int status = check(order);

    if (!status)
        status = node_owner_task_in(order->body, &task);
    if (!status)
        about(order->node->catalog, &task, order->answered, order->user);
    return status;
}

int node_owner_show_catalog(const struct order *order)
{
    const char *rounds;
    bool has_rounds = !json_get_text(order->body, "rounds", &rounds);

    return ask(order,
               has_rounds ? node_catalog_task_rounds : node_catalog_task);
}

int node_owner_show_metadata(const struct order *order)
{
    return ask(order, node_catalog_metadata);
}

int node_owner_show_source(const struct order *order)
{
    return ask(order, node_catalog_source);
}

int node_owner_list_evidence(const struct order *order)
{
    struct pubkey task;
    int status = check(order);

    if (!status)
        status = node_owner_task_in(order->body, &task);
    if (!status)
        node_evidence_list(order->node, &task, order->answered, order->user);
    return status;
}

int node_owner_show_evidence(const struct order *order)
{
    const char *cid, *path = "";
    int status = check(order);

    if (!status)
        status = json_get_text(order->body, "cid", &cid);
    if (status)
        return status;
    (void)json_get_text(order->body, "path", &path);
    err_clear();
    node_evidence_show(order->node, cid, path, order->answered, order->user);
    return 0;
}

int node_owner_keep(const struct order *order)
{
    const char *path, *name;
    int status = check(order);

    if (!status)
        status = json_get_text(order->body, "path", &path);
    if (!status)
        status = json_get_text(order->body, "name", &name);
    if (!status && *path != '/')
        status = err_set(ERR_INVALID, "\"path\" must begin with a slash");
    if (!status)
        node_keep(order->node, path, name, order->answered, order->user);
    return status;
}
