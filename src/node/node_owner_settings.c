/*
 * The operator's orders about hours, the owner's conditions, and limits of
 * single tasks.
 */
#include "node/node_owner_internal.h"

#include "base/error.h"
#include "base/memory.h"
#include "node/node_conditions.h"
#include "node/node_preferences.h"
#include "node/node_tasks.h"
#include "node/owner/limit_book.h"

#include <stdlib.h>

/* ---- hours ---- */

int node_owner_list_schedule(const struct order *order)
{
    struct json_writer writer = json_writer_make(order->answer);

    json_open_object(&writer);
    json_name(&writer, "sessions");
    node_schedule_write(order->node, &writer);
    json_close_object(&writer);
    return 0;
}

/* Whose hours are meant: *task is NULL for the node's. */
static int hours_of(const struct order *order, struct pubkey *place,
                    const struct pubkey **task)
{
    int status = node_owner_task_in(order->body, place);

    *task = status ? NULL : place;
    return status == ERR_NOT_FOUND ? 0 : status;
}

int node_owner_add_session(const struct order *order)
{
    const struct pubkey *task;
    struct pubkey place;
    int status = hours_of(order, &place, &task);

    return status ? status
                  : node_schedule_add(order->node, task, order->body,
                                      order->done, order->user);
}

int node_owner_remove_session(const struct order *order)
{
    const struct pubkey *task;
    struct pubkey place;
    uint64_t id;
    int status = hours_of(order, &place, &task);

    if (!status)
        status = json_get_u64(order->body, "id", &id);
    return status ? status
                  : node_schedule_remove(order->node, task, id, order->done,
                                         order->user);
}

int node_owner_enable_session(const struct order *order)
{
    const struct pubkey *task;
    struct pubkey place;
    bool is_enabled;
    uint64_t id;
    int status = hours_of(order, &place, &task);

    if (!status)
        status = json_get_u64(order->body, "id", &id);
    if (!status)
        status = json_get_bool(order->body, "enabled", &is_enabled);
    return status ? status
                  : node_schedule_enable(order->node, task, id, is_enabled,
                                         order->done, order->user);
}

int node_owner_put_schedule(const struct order *order)
{
    const struct pubkey *task;
    struct pubkey place;
    struct json_object *sessions;
    int status = hours_of(order, &place, &task);

    if (!status)
        status = json_get_array(order->body, "sessions", &sessions);
    return status ? status
                  : node_schedule_put(order->node, task, sessions, order->done,
                                      order->user);
}

int node_owner_clear_schedule(const struct order *order)
{
    const struct pubkey *task;
    struct pubkey place;
    int status = hours_of(order, &place, &task);

    return status ? status
                  : node_schedule_clear(order->node, task, order->done,
                                        order->user);
}

/* ---- the owner's conditions ---- */

int node_owner_list_conditions(const struct order *order)
{
    struct json_writer writer = json_writer_make(order->answer);

    node_conditions_write(order->node, &writer);
    return 0;
}

int node_owner_set_condition(const struct order *order)
{
    const char *name, *value;
    int status;

    if ((status = json_get_text(order->body, "name", &name)) < 0 ||
        (status = json_get_text(order->body, "value", &value)) < 0)
        return status;
    return node_conditions_set(order->node, name, value, order->done,
                               order->user);
}

int node_owner_list_preferences(const struct order *order)
{
    struct json_writer writer = json_writer_make(order->answer);

    node_preferences_write(order->node, &writer);
    return 0;
}

int node_owner_change_preferences(const struct order *order)
{
    return node_preferences_change(order->node, order->body, order->done,
                                   order->user);
}

int node_owner_change_conditions(const struct order *order)
{
    return node_conditions_change(order->node, order->body, order->done,
                                  order->user);
}

/* ---- limits of one task ---- */

int node_owner_list_limits(const struct order *order)
{
    struct json_writer writer = json_writer_make(order->answer);

    json_open_object(&writer);
    json_name(&writer, "limits");
    limit_book_write(order->node->parts.limits, &writer);
    json_close_object(&writer);
    return 0;
}

/* What the runner is told once it is written down. */
struct limiting {
    struct node *node;
    struct pubkey task;
    node_control_done *done;
    void *user;
};

static void on_limited(void *user, int status)
{
    struct limiting *limiting = user;
    struct task_limits limits =
        limit_book_of(limiting->node->parts.limits, &limiting->task);
    struct task_runner *runner =
        node_tasks_find(limiting->node, &limiting->task);

    if (!status && runner)
        task_runner_set_limits(runner, &limits);
    limiting->done(limiting->user, status);
    free(limiting);
}

/* Those that are not named stay. */
int node_owner_set_limits(const struct order *order)
{
    struct limit_book *book = order->node->parts.limits;
    struct task_limits limits;
    struct pubkey task;
    int status = node_owner_task_in(order->body, &task);

    if (status)
        return status;
    limits = limit_book_of(book, &task);
    status = task_limits_take(order->body, &limits, NULL);
    if (status)
        return status;
    struct limiting *limiting = mem_zero(1, sizeof(*limiting));

    *limiting = (struct limiting){order->node, task, order->done, order->user};
    status = limit_book_put(book, &task, &limits, on_limited, limiting);
    if (status)
        free(limiting);
    return status;
}
