/*
 * The operator's orders about tasks, and about the key that stakes on them.
 */
#include "node/node_owner_internal.h"

#include "base/check.h"
#include "base/error.h"
#include "base/memory.h"
#include "client/client.h"
#include "node/money/journal_writer.h"
#include "node/node_staking_empty.h"
#include "node/node_task_settings.h"
#include "node/node_tasks.h"
#include "node/owner/stopped_book.h"
#include "node/page/api_repeat.h"
#include "node/task/task_view.h"

#include <inttypes.h>
#include <stdlib.h>

int node_owner_task_in(struct json_object *body, struct pubkey *out)
{
    const char *text;
    int status = json_get_text(body, "task", &text);

    return status < 0 ? status : pubkey_parse(bytes_text(text), out);
}

/* ---- the staking key ---- */

/* A key is a UUID, as the page's orders have one. */
static int key_in(struct json_object *body, const char **out)
{
    int status = json_get_text(body, "id", out);

    return status || api_repeat_is_key(*out)
               ? status
               : err_set(ERR_INVALID, "\"id\" is a UUID");
}

int node_owner_empty_staking(const struct order *order)
{
    const char *key;
    int status = key_in(order->body, &key);

    return status
               ? status
               : node_staking_empty(order->node, key, order->done, order->user);
}

int node_owner_show_emptying(const struct order *order)
{
    struct json_writer writer = json_writer_make(order->answer);
    struct api_stake_state state;
    const char *key;
    int status = key_in(order->body, &key);

    if (!status)
        status = node_staking_empty_state(order->node, key, &state);
    if (status)
        return status;
    json_open_object(&writer);
    json_field_text(&writer, "state", state.state);
    json_field_u64(&writer, "amount", state.amount);
    json_close_object(&writer);
    return 0;
}

/* ---- all tasks ---- */

/* What became of one task. */
struct one {
    struct many *many;
    struct pubkey task;
    char *error; /* owned; NULL: it went well */
};

/* An order to several tasks: the answer comes when all of them have been
 * written down or refused. */
struct many {
    const char *state; /* of those that went well */
    size_t count, left;
    node_control_answered *answered;
    void *user;
    struct one items[];
};

static struct many *many_new(const struct order *order, size_t count,
                             const char *state)
{
    struct many *many =
        mem_zero(1, sizeof(*many) + count * sizeof(many->items[0]));

    many->state = state;
    many->answered = order->answered;
    many->user = order->user;
    many->left = 1; /* the caller's own, until all have been ordered */
    return many;
}

/* Which of them failed is said by name: an order to all is never refused whole.
 */
static void many_end(struct many *many)
{
    struct buffer answer = {0};
    struct json_writer writer = json_writer_make(&answer);

    if (--many->left)
        return;
    json_open_object(&writer);
    json_name(&writer, "tasks");
    json_open_array(&writer);
    for (size_t i = 0; i < many->count; i++) {
        struct one *one = &many->items[i];

        json_open_object(&writer);
        json_field_text(&writer, "task", PUBKEY_TEXT(&one->task));
        if (one->error)
            json_field_text(&writer, "error", one->error);
        else
            json_field_text(&writer, "state", many->state);
        json_close_object(&writer);
        free(one->error);
    }
    json_close_array(&writer);
    json_close_object(&writer);
    many->answered(many->user, 0, &answer);
    free(many);
}

static void on_one(void *user, int status)
{
    struct one *one = user;

    if (status)
        one->error = mem_text(err_text());
    many_end(one->many);
}

static struct one *one_of(struct many *many, const struct pubkey *task)
{
    struct one *one = &many->items[many->count++];

    one->many = many;
    one->task = *task;
    many->left++;
    return one;
}

/* The empty write keeps the answer from coming from inside. */
static int write_nothing(struct journal *journal, void *user)
{
    return 0;
}

static void on_nothing(void *user, int status)
{
    many_end(user);
}

static void many_begun(const struct order *order, struct many *many)
{
    journal_writer_run(order->node->parts.writer, write_nothing, on_nothing,
                       many);
}

/* A refusal is noted, and the count goes on. */
static void note(struct one *one, int status)
{
    if (!status)
        return;
    one->error = mem_text(err_text());
    one->many->left--;
}

int node_owner_stop_all(const struct order *order)
{
    struct node *node = order->node;
    struct many *many = many_new(order, node->runner_count, "stopped");

    for (size_t i = 0; i < node->runner_count; i++) {
        const struct pubkey *task = task_runner_task(node->runners[i]);

        if (task_runner_is_stopping(node->runners[i]))
            continue;
        struct one *one = one_of(many, task);
        note(one, node_stop_task(node, &one->task, on_one, one));
    }
    many_begun(order, many);
    return 0;
}

/* Those that were stopped and not forgotten, each as it ran before. A start
 * takes its row out of the book, so the ids are copied first. */
int node_owner_start_all(const struct order *order)
{
    struct stopped_book *book = order->node->parts.stopped;
    const struct stopped_task *task;
    size_t count = 0;

    while (stopped_book_at(book, count))
        count++;
    struct many *many = many_new(order, count, "starting");
    for (size_t i = 0; (task = stopped_book_at(book, i)); i++)
        (void)one_of(many, &task->options.task);
    for (size_t i = 0; i < many->count; i++) {
        struct one *one = &many->items[i];

        task = stopped_book_find(book, &one->task);
        note(one, node_start_task(order->node, &task->options, on_one, one));
    }
    many_begun(order, many);
    return 0;
}

/* Asked of each; how it ends stands in the status and in the log. */
int node_owner_claim_all(const struct order *order)
{
    struct node *node = order->node;
    struct json_writer writer = json_writer_make(order->answer);

    json_open_object(&writer);
    json_name(&writer, "tasks");
    json_open_array(&writer);
    for (size_t i = 0; i < node->runner_count; i++) {
        const struct pubkey *task = task_runner_task(node->runners[i]);

        json_open_object(&writer);
        json_field_text(&writer, "task", PUBKEY_TEXT(task));
        if (node_claim(node, task) < 0)
            json_field_text(&writer, "error", err_text());
        else
            json_field_text(&writer, "state", "asked");
        json_close_object(&writer);
    }
    json_close_array(&writer);
    json_close_object(&writer);
    return 0;
}

/* ---- a task is left ---- */

int node_owner_leave(const struct order *order)
{
    struct pubkey task;
    int status = node_owner_task_in(order->body, &task);

    return status < 0
               ? status
               : node_leave_order(order->node, &task, order->done, order->user);
}

int node_owner_cancel_leave(const struct order *order)
{
    struct pubkey task;
    int status = node_owner_task_in(order->body, &task);

    return status < 0 ? status
                      : node_leave_cancel(order->node, &task, order->done,
                                          order->user);
}

int node_owner_upgrade(const struct order *order)
{
    struct pubkey task;
    uint64_t stake = 0;
    bool may_differ = false;
    int status = node_owner_task_in(order->body, &task);

    if (status)
        return status;
    status = json_get_u64(order->body, "stake", &stake);
    if (status && status != ERR_NOT_FOUND)
        return status;
    status = json_get_bool(order->body, "other_creator", &may_differ);
    if (status && status != ERR_NOT_FOUND)
        return status;
    return node_leave_upgrade(order->node, &task, stake, may_differ,
                              order->done, order->user);
}

/* ---- a stopped task is forgotten ---- */

struct archiving {
    struct node *node;
    struct pubkey task;
    node_control_done *done;
    void *user;
};

/* The task's coins are what the node would be forgetting with it. */
static int check_coins(const struct stopped_task *stopped,
                       const struct client_task *task)
{
    struct task_view view = {0};
    uint64_t stake, balance;
    int status = task_view_take(&view, task);

    if (status)
        return status;
    stake = task_view_stake(&view, &stopped->staking);
    balance = task_view_balance(&view, &stopped->staking);
    task_view_free(&view);
    if (!stake && !balance)
        return 0;
    return err_set(ERR_STATE,
                   "%" PRIu64 " roe are staked on it and %" PRIu64
                   " can be claimed: `pond task unstake`, then `pond task "
                   "claim`",
                   stake, balance);
}

/* What was set for it first: after a crash in between it can be archived again.
 */
static void on_settings_forgotten(void *user, int status)
{
    struct archiving *archiving = user;

    if (!status && archiving->node->is_stopping)
        status = err_set(ERR_CANCELLED, "the node is stopping");
    if (!status)
        stopped_book_remove(archiving->node->parts.stopped, &archiving->task);
    archiving->done(archiving->user, status);
    free(archiving);
}

static void on_archived_state(void *user, int status,
                              const struct client_task *task)
{
    struct archiving *archiving = user;
    struct node *node = archiving->node;
    const struct stopped_task *stopped =
        stopped_book_find(node->parts.stopped, &archiving->task);

    if (!status && !stopped)
        status = err_set(ERR_STATE, "it is no stopped task any more");
    if (!status)
        status = check_coins(stopped, task);
    if (!status && !node->is_stopping)
        node_task_settings_forget(node, &archiving->task, on_settings_forgotten,
                                  archiving);
    else
        on_settings_forgotten(archiving, status);
}

int node_owner_archive(const struct order *order)
{
    struct node *node = order->node;
    struct archiving *archiving;
    struct pubkey task;
    int status = node_owner_task_in(order->body, &task);

    if (status)
        return status;
    if (node_tasks_find(node, &task))
        return err_set(ERR_STATE, "it runs: `pond task stop` comes first");
    if (!stopped_book_find(node->parts.stopped, &task))
        return err_set(ERR_NOT_FOUND, "no task %s was stopped here",
                       PUBKEY_TEXT(&task));
    if (!node->parts.client)
        return err_set(ERR_STATE, "the node is stopping");
    archiving = mem_zero(1, sizeof(*archiving));
    *archiving = (struct archiving){
        .node = node, .task = task, .done = order->done, .user = order->user};
    client_task_state(node->parts.client, &task,
                      CLIENT_TASK_STAKES | CLIENT_TASK_BALANCES,
                      on_archived_state, archiving);
    return 0;
}
