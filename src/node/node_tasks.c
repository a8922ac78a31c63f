/*
 * Which tasks a node runs: the orders about them, and their runners. What
 * belongs to one task is the runner's.
 */
#include "node/node_tasks.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "node/money/journal_writer.h"
#include "node/node_internal.h"
#include "node/node_pins.h"
#include "node/owner/stopped_book.h"
#include "node/task/task_notices.h"
#include "node/task/task_stops.h"

#include <stdlib.h>

/* At most NODE_TASKS_MAX: a walk is as good as a map. */
struct task_runner *node_tasks_find(const struct node *node,
                                    const struct pubkey *task)
{
    for (size_t i = 0; i < node->runner_count; i++)
        if (pubkey_equal(task_runner_task(node->runners[i]), task) &&
            !task_runner_is_stopping(node->runners[i]))
            return node->runners[i];
    return NULL;
}

/* Each is a process and some files: there must be an end. */
static int check_room(const struct node *node)
{
    CHECK(node->runner_count <= NODE_TASKS_MAX);
    if (node->runner_count == NODE_TASKS_MAX)
        return err_set(ERR_LIMIT, "a node runs at most %d tasks",
                       NODE_TASKS_MAX);
    return 0;
}

/* After check_room(). A runner is added before it is known whether its task
 * exists: that it finds out by itself, and says so in the status. */
static void add_runner(struct node *node,
                       const struct node_task_options *options)
{
    CHECK(node->runner_count < NODE_TASKS_MAX);
    node->runners[node->runner_count++] =
        task_runner_new(&node->parts, options);
    stopped_book_remove(node->parts.stopped, &options->task);
}

/* A task that is being stopped is still there until its worker has gone. */
static bool has_runner(const struct node *node, const struct pubkey *task)
{
    for (size_t i = 0; i < node->runner_count; i++)
        if (pubkey_equal(task_runner_task(node->runners[i]), task))
            return true;
    return false;
}

/* An order on its way to the journal. Texts are owned. */
struct order {
    struct node *node;
    struct journal_task record;
    char *executable, *variables;
    node_ordered *done; /* or NULL */
    void *user;
};

static struct order *order_new(struct node *node, const struct pubkey *task,
                               node_ordered *done, void *user)
{
    struct order *order = mem_zero(1, sizeof(*order));

    order->node = node;
    order->record.task = *task;
    order->done = done;
    order->user = user;
    return order;
}

static void order_end(struct order *order, int status)
{
    if (status)
        log_error("journal", "%s", err_text());
    if (order->done)
        order->done(order->user, status);
    free(order->executable);
    free(order->variables);
    free(order);
}

static int write_start(struct journal *journal, void *user)
{
    const struct order *order = user;

    return journal_task_put(journal, &order->record);
}

/* A task that could not be written down would be gone after a restart: it does
 * not run either. */
static void on_start_written(void *user, int status)
{
    struct order *order = user;
    struct task_runner *runner =
        node_tasks_find(order->node, &order->record.task);

    if (status && runner && !order->node->is_stopping)
        node_tasks_stop(order->node, runner);
    order_end(order, status);
}

/* The runner begins at once. All that it does on chain is written to the
 * journal first, behind this order: so nothing is done for a task that a crash
 * makes the node forget. */
int node_start_task(struct node *node, const struct node_task_options *options,
                    node_ordered *done, void *user)
{
    struct order *order;
    int status;

    CHECK_MAGIC(node, NODE_MAGIC);
    if (node->is_stopping)
        return err_set(ERR_STATE, "the node is stopping");
    if (has_runner(node, &options->task))
        return err_set(ERR_EXISTS, "Task is already running");
    if (node_pins_is_about(node->pins, &options->task))
        return err_set(ERR_BUSY, "what the node kept of it is just being "
                                 "deleted: try again");
    status = check_room(node);
    if (status)
        return status;
    order = order_new(node, &options->task, done, user);
    order->record.stake_roe = options->stake_roe;
    if (options->executable)
        order->record.executable = order->executable =
            mem_text(options->executable);
    if (options->variables)
        order->record.variables = order->variables =
            mem_text(options->variables);
    order->record.engine = options->engine;
    order->record.is_trusted = options->is_trusted;
    journal_writer_run(node->parts.writer, write_start, on_start_written,
                       order);
    add_runner(node, options);
    return 0;
}

/* Freed by on_runner_stopped(), which comes exactly once. */
struct stopping {
    struct node *node;
    struct task_runner *runner;
};

/* The order of runners means nothing, so the last one fills the gap. */
static void on_runner_stopped(void *user)
{
    struct stopping *stopping = user;
    struct node *node = stopping->node;
    size_t place = 0;

    CHECK(node->runner_count > 0);
    while (node->runners[place] != stopping->runner)
        place++;
    node->runners[place] = node->runners[--node->runner_count];
    free(stopping);
    node->work_over(node);
}

/* What on_runner_stopped() needs to find the runner by. Never calls back from
 * inside: the runner's timer has to close first. */
void node_tasks_stop(struct node *node, struct task_runner *runner)
{
    struct stopping *stopping = mem_alloc(sizeof(*stopping));

    *stopping = (struct stopping){.node = node, .runner = runner};
    task_runner_stop(runner, on_runner_stopped, stopping);
}

void node_tasks_describe(const struct node *node,
                         const struct task_runner *runner,
                         struct stopped_task *out)
{
    task_runner_describe(runner, out);
    if (journal_next_number(node->parts.journal, &out->options.task,
                            JOURNAL_SUBMIT, &out->last_proof_plus_one) < 0)
        log_warn("journal", "%s", err_text());
}

/* How it was run, before the order to stop it: after a crash between the two it
 * runs, and the start of its runner takes it off the stopped ones. */
static void keep_stopped(struct node *node, const struct task_runner *runner)
{
    struct stopped_task task;

    node_tasks_describe(node, runner, &task);
    task.stopped_ms = clock_unix_ms();
    stopped_book_put(node->parts.stopped, &task);
}

static int write_stop(struct journal *journal, void *user)
{
    const struct order *order = user;

    return journal_task_remove(journal, &order->record.task);
}

static void on_stop_written(void *user, int status)
{
    order_end(user, status);
}

/* A crash before it is written brings the task back: the order has not been
 * answered then. */
int node_stop_task(struct node *node, const struct pubkey *task,
                   node_ordered *done, void *user)
{
    struct task_runner *runner;

    CHECK_MAGIC(node, NODE_MAGIC);
    runner = node_tasks_find(node, task);
    if (!runner)
        return err_set(ERR_NOT_FOUND, "Task %s not running", PUBKEY_TEXT(task));
    keep_stopped(node, runner);
    journal_writer_run(node->parts.writer, write_stop, on_stop_written,
                       order_new(node, task, done, user));
    node_pins_add(node->pins, task);
    task_stops_note(runner, TASK_REASON_ASKED, NULL);
    task_notices_over(runner);
    node_tasks_stop(node, runner);
    return 0;
}

/* The runner looks at the balance when it has a fresh one. Several wishes make
 * one claim. */
int node_claim(struct node *node, const struct pubkey *task)
{
    struct task_runner *runner = node_tasks_find(node, task);

    CHECK_MAGIC(node, NODE_MAGIC);
    if (!runner)
        return err_set(ERR_NOT_FOUND, "Task %s not running", PUBKEY_TEXT(task));
    task_runner_claim(runner);
    return 0;
}

int node_reload(struct node *node, const struct pubkey *task)
{
    struct task_runner *runner = node_tasks_find(node, task);

    CHECK_MAGIC(node, NODE_MAGIC);
    if (!runner)
        return err_set(ERR_NOT_FOUND, "Task %s not running", PUBKEY_TEXT(task));
    task_runner_reload(runner);
    return 0;
}

/* The journal is a file, which may be damaged. */
static int check_record(const struct journal_task *task)
{
    struct json_object *variables = NULL;
    int status = json_parse(bytes_text(task->variables ? task->variables : ""),
                            &variables);

    if (!status && !json_object_is_type(variables, json_type_object))
        status = err_set(ERR_CORRUPT, "they are not a JSON object");
    json_object_put(variables);
    return status < 0 ? err_add(ERR_CORRUPT,
                                "variables of task %s in the "
                                "journal",
                                PUBKEY_TEXT(&task->task))
                      : 0;
}

/* As it was started, but for the stake: that is placed once (task_money.c). An
 * error ends the walk; there is none but too many. A damaged record costs its
 * own task and no other. */
static int resume(void *user, const struct journal_task *task)
{
    struct node *node = user;
    const struct node_task_options options = {
        .task = task->task,
        .stake_roe = task->stake_roe,
        .executable = task->executable,
        .variables = task->variables,
        .engine = task->engine <= NODE_ENGINE_NODE
                      ? (enum node_engine)task->engine
                      : NODE_ENGINE_UNSET,
        .is_trusted = task->is_trusted,
    };
    int status = check_room(node);

    if (status)
        return status;
    if (check_record(task) < 0)
        log_error("node", "%s; start the task again", err_text());
    else
        add_runner(node, &options);
    return 0;
}

int node_tasks_resume(struct node *node)
{
    return journal_each_task(node->parts.journal, resume, node);
}
