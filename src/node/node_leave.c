#include "node/node_leave.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "client/client.h"
#include "node/money/amount.h"
#include "node/node_internal.h"
#include "node/node_task_settings.h"
#include "node/node_tasks.h"
#include "node/owner/setting_write.h"
#include "node/owner/stopped_book.h"

#include <stdlib.h>

/* Between two tries of upgrades that the node begins by itself. */
#define UPGRADE_PAUSE_MS 600000

/* An order. is_finishing: its last writes are under way. */
struct leaving {
    struct pubkey task;
    bool has_target;
    struct pubkey to;
    uint64_t stake_roe; /* for the target */
    bool is_finishing;
};

struct node_leave {
    struct leaving items[NODE_TASKS_MAX];
    size_t count;
    uint64_t offered_ms; /* when upgrades were last begun by themselves */
};

static struct leaving *find(struct node_leave *leave, const struct pubkey *task)
{
    for (size_t i = 0; i < leave->count; i++)
        if (pubkey_equal(&leave->items[i].task, task))
            return &leave->items[i];
    return NULL;
}

/* ---- rows ---- */

static int on_row(void *user, const char *name, struct bytes value)
{
    struct node_leave *leave = user;
    struct leaving item = {0};
    struct json_object *row = NULL;
    const char *to;
    int status = pubkey_parse(bytes_text(name), &item.task);

    if (!status)
        status = json_parse(value, &row);
    if (!status)
        status = json_get_u64(row, "stake", &item.stake_roe);
    if (!status && json_get_text(row, "to", &to) == 0) {
        item.has_target = true;
        status = pubkey_parse(bytes_text(to), &item.to);
    }
    json_object_put(row);
    if (status || leave->count == NODE_TASKS_MAX)
        log_error("node", "the order to leave %s can't be read: %s", name,
                  err_text());
    else
        leave->items[leave->count++] = item;
    return 0;
}

int node_leave_open(struct node *node, struct node_leave **out)
{
    struct node_leave *leave = mem_zero(1, sizeof(*leave));
    int status = journal_setting_each(node->parts.journal, JOURNAL_LEAVING,
                                      on_row, leave);

    if (status) {
        free(leave);
        return status;
    }
    *out = leave;
    return 0;
}

void node_leave_close(struct node_leave *leave)
{
    free(leave);
}

static void take_out(struct node_leave *leave, const struct pubkey *task)
{
    struct leaving *item = find(leave, task);

    if (item)
        *item = leave->items[--leave->count];
}

/* An order on its way to the journal. */
struct writing {
    struct node *node;
    struct leaving item;
    bool is_removal;
    node_control_done *done; /* or NULL */
    void *user;
};

static void on_written(void *user, int status)
{
    struct writing *writing = user;
    struct node_leave *leave = writing->node->leave;

    if (status)
        log_error("journal", "%s", err_text());
    else if (writing->is_removal)
        take_out(leave, &writing->item.task);
    else if (leave->count < NODE_TASKS_MAX && !find(leave, &writing->item.task))
        leave->items[leave->count++] = writing->item;
    if (writing->done)
        writing->done(writing->user, status);
    free(writing);
}

static void write_order(struct node *node, const struct leaving *item,
                        bool is_removal, node_control_done *done, void *user)
{
    struct writing *writing = mem_zero(1, sizeof(*writing));
    struct buffer row = {0};
    struct json_writer writer = json_writer_make(&row);

    *writing = (struct writing){node, *item, is_removal, done, user};
    json_open_object(&writer);
    json_field_u64(&writer, "stake", item->stake_roe);
    if (item->has_target)
        json_field_text(&writer, "to", PUBKEY_TEXT(&item->to));
    json_close_object(&writer);
    setting_write(node->parts.writer, JOURNAL_LEAVING, PUBKEY_TEXT(&item->task),
                  is_removal ? (struct bytes){0} : buffer_view(&row),
                  on_written, writing);
    buffer_free(&row);
}

/* ---- the end of an order ---- */

static void on_forgotten(void *user, int status)
{
    if (status)
        log_error("journal", "%s", err_text());
}

/* The old version is remembered only where nothing follows it. */
static void end_order(struct node *node, const struct leaving *item)
{
    if (node_tasks_find(node, &item->task) &&
        node_stop_task(node, &item->task, NULL, NULL) < 0)
        log_warn("node", "%s", err_text());
    if (item->has_target) {
        stopped_book_remove(node->parts.stopped, &item->task);
        node_task_settings_forget(node, &item->task, on_forgotten, NULL);
    }
    write_order(node, item, true, NULL, NULL);
    log_info("node", "left task %s", PUBKEY_TEXT(&item->task));
}

/* As the old one ran. One that runs already was started before a crash. */
static int start_target(struct node *node, const struct leaving *item)
{
    struct task_runner *old = node_tasks_find(node, &item->task);
    struct stopped_task how = {0};

    if (node_tasks_find(node, &item->to))
        return 0;
    if (old)
        task_runner_describe(old, &how);
    how.options.task = item->to;
    how.options.stake_roe = item->stake_roe;
    how.options.executable = NULL; /* the old version's code */
    return node_start_task(node, &how.options, NULL, NULL);
}

/* First of all: without its variables the new version waits for them. */
static void on_settings_copied(void *user, int status)
{
    struct writing *writing = user;
    struct node *node = writing->node;
    struct leaving *item = find(node->leave, &writing->item.task);

    if (!status && item && !node->is_stopping) {
        if (start_target(node, item) < 0) {
            log_warn("node", "%s", err_text());
            item->is_finishing = false; /* again with the next tick */
        } else {
            end_order(node, &writing->item);
        }
    } else if (item) {
        item->is_finishing = false;
    }
    free(writing);
}

static void finish(struct node *node, struct leaving *item)
{
    struct writing *writing;

    item->is_finishing = true;
    if (!item->has_target) {
        const struct leaving copy = *item;

        end_order(node, &copy);
        return;
    }
    writing = mem_zero(1, sizeof(*writing));
    writing->node = node;
    writing->item = *item;
    node_task_settings_copy(node, &item->task, &item->to, on_settings_copied,
                            writing);
}

/* A task that was stopped is run again for it: its runner holds what the chain
 * says, and does no work. */
static void step(struct node *node, struct leaving *item)
{
    struct task_runner *runner = node_tasks_find(node, &item->task);
    const struct stopped_task *stopped;

    if (item->is_finishing)
        return;
    if (!runner) {
        stopped = stopped_book_find(node->parts.stopped, &item->task);
        if (stopped && node_start_task(node, &stopped->options, NULL, NULL) < 0)
            log_debug("node", "%s", err_text());
        runner = node_tasks_find(node, &item->task);
        if (runner)
            task_runner_leave(runner, true);
        if (!stopped) {
            item->is_finishing = true;
            write_order(node, item, true, NULL, NULL);
        }
        return;
    }
    task_runner_leave(runner, true);
    if (task_runner_has_left(runner))
        finish(node, item);
}

/* A version that can't be taken over is asked about again, but not often. */
static void upgrade_by_itself(struct node *node)
{
    struct node_leave *leave = node->leave;
    uint64_t now_ms = clock_monotonic_ms();
    bool was_one = false;

    if (!node->options.auto_upgrade ||
        (leave->offered_ms && now_ms < leave->offered_ms + UPGRADE_PAUSE_MS))
        return;
    for (size_t i = 0; i < node->runner_count; i++) {
        const struct pubkey *task = task_runner_task(node->runners[i]);

        if (!task_runner_has_moved(node->runners[i]) || find(leave, task) ||
            task_runner_is_stopping(node->runners[i]))
            continue;
        was_one = true;
        if (node_leave_upgrade(node, task, 0, false, NULL, NULL) < 0)
            log_warn("node", "%s", err_text());
    }
    if (was_one)
        leave->offered_ms = now_ms;
}

void node_leave_tick(struct node *node)
{
    struct node_leave *leave = node->leave;

    upgrade_by_itself(node);
    for (size_t i = 0; i < leave->count; i++)
        step(node, &leave->items[i]);
}

/* ---- orders ---- */

static int check_order(struct node *node, const struct pubkey *task)
{
    if (!node_tasks_find(node, task) &&
        !stopped_book_find(node->parts.stopped, task))
        return err_set(ERR_NOT_FOUND,
                       "task %s neither runs nor was stopped here",
                       PUBKEY_TEXT(task));
    if (find(node->leave, task))
        return err_set(ERR_EXISTS, "this task is being left already");
    if (node->leave->count == NODE_TASKS_MAX)
        return err_set(ERR_LIMIT, "%d tasks are being left", NODE_TASKS_MAX);
    if (node->is_stopping)
        return err_set(ERR_STATE, "the node is stopping");
    return 0;
}

int node_leave_order(struct node *node, const struct pubkey *task,
                     node_control_done *done, void *user)
{
    const struct leaving item = {.task = *task};
    int status = check_order(node, task);

    if (!status)
        write_order(node, &item, false, done, user);
    return status;
}

int node_leave_cancel(struct node *node, const struct pubkey *task,
                      node_control_done *done, void *user)
{
    struct leaving *item = find(node->leave, task);
    struct task_runner *runner = node_tasks_find(node, task);

    if (!item)
        return err_set(ERR_NOT_FOUND, "this task is not being left");
    if (item->is_finishing)
        return err_set(ERR_STATE, "it is done but for the last writes");
    item->is_finishing = true;
    write_order(node, item, true, done, user);
    if (runner)
        task_runner_leave(runner, false);
    return 0;
}

/* ---- the newest version ---- */

struct following {
    struct node *node;
    struct leaving item;
    bool has_manager, may_differ;
    struct pubkey manager; /* of the task that runs */
    struct pubkey seen[LEAVE_VERSIONS_MAX];
    size_t seen_count;
    node_control_done *done; /* or NULL */
    void *user;
};

static void following_end(struct following *following, int status)
{
    if (status)
        log_warn("node", "no upgrade of %s: %s",
                 PUBKEY_TEXT(&following->item.task), err_text());
    if (following->done)
        following->done(following->user, status);
    free(following);
}

static int check_target(const struct following *following,
                        const struct client_task *task)
{
    if (following->seen_count < 2)
        return err_set(ERR_NOT_FOUND, "the task has not moved");
    if (!task->is_active)
        return err_set(ERR_NOT_FOUND, "its newest version, %s, is not active",
                       PUBKEY_TEXT(&following->item.to));
    if (!following->may_differ &&
        !pubkey_equal(&following->manager, &task->task_manager))
        return err_set(
            ERR_DENIED, "its newest version, %s, has another creator, %s",
            PUBKEY_TEXT(&following->item.to), PUBKEY_TEXT(&task->task_manager));
    if (following->item.stake_roe >= task->minimum_stake_amount)
        return 0;
    char *least = amount_words(task->minimum_stake_amount, task->is_kpl);
    char *stake = amount_words(following->item.stake_roe, task->is_kpl);
    int status = err_set(ERR_STATE,
                         "its newest version wants a stake of %s, and there "
                         "are %s: name a stake",
                         least, stake);

    free(stake);
    free(least);
    return status;
}

static void ask_version(struct following *following);

/* The newest that is there is the last of the chain: a task that has moved
 * takes no proofs. */
static void on_version(void *user, int status, const struct client_task *task)
{
    struct following *following = user;

    if (!status && !following->has_manager) {
        following->has_manager = true;
        following->manager = task->task_manager;
    }
    if (!status && task->is_migrated) {
        status =
            pubkey_parse(bytes_text(task->migrated_to), &following->item.to);
        if (!status && following->seen_count == LEAVE_VERSIONS_MAX)
            status = err_set(ERR_LIMIT, "it has moved more than %d times",
                             LEAVE_VERSIONS_MAX);
        for (size_t i = 0; !status && i < following->seen_count; i++)
            if (pubkey_equal(&following->seen[i], &following->item.to))
                status = err_set(ERR_INVALID, "its versions form a circle");
        if (!status) {
            ask_version(following);
            return;
        }
    }
    if (!status)
        status = check_target(following, task);
    if (!status)
        status = check_order(following->node, &following->item.task);
    if (status) {
        following_end(following, status);
        return;
    }
    write_order(following->node, &following->item, false, following->done,
                following->user);
    free(following);
}

static void ask_version(struct following *following)
{
    following->seen[following->seen_count++] = following->item.to;
    if (!following->node->parts.client) {
        following_end(following, err_set(ERR_STATE, "the node is stopping"));
        return;
    }
    client_task_state(following->node->parts.client, &following->item.to, 0,
                      on_version, following);
}

int node_leave_upgrade(struct node *node, const struct pubkey *task,
                       uint64_t stake_roe, bool may_differ,
                       node_control_done *done, void *user)
{
    struct task_runner *runner = node_tasks_find(node, task);
    struct task_runner_figures figures;
    struct following *following;
    int status = check_order(node, task);

    if (status)
        return status;
    if (!runner)
        return err_set(ERR_STATE, "it does not run: `pond task start` it "
                                  "first, so that its stake is known");
    task_runner_figures(runner, &figures);
    following = mem_zero(1, sizeof(*following));
    following->node = node;
    following->item =
        (struct leaving){.task = *task,
                         .has_target = true,
                         .to = *task,
                         .stake_roe = stake_roe ? stake_roe : figures.stake};
    following->may_differ = may_differ;
    following->done = done;
    following->user = user;
    ask_version(following);
    return 0;
}

/* ---- what is said of it ---- */

static const char *step_name(const struct node *node,
                             const struct leaving *item)
{
    const struct task_runner *runner = node_tasks_find(node, &item->task);
    struct task_runner_figures figures = {0};

    if (item->is_finishing)
        return "starting";
    if (runner)
        task_runner_figures(runner, &figures);
    if (figures.stake)
        return "withdrawing";
    return figures.claimable ? "claiming" : "waiting";
}

/* Until when its last proof locks the stake, while that is ahead. */
static void write_unlock(const struct node *node, const struct pubkey *task,
                         struct json_writer *writer)
{
    const struct task_runner *runner = node_tasks_find(node, task);
    uint64_t slot = node->parts.slot, slot_ms = node->parts.slot_ms;
    struct stopped_task how;
    uint64_t round = 0, unlock = 0;

    if (!runner)
        return;
    node_tasks_describe(node, runner, &how);
    if (!stopped_task_unlock(&how, &round, &unlock) || slot >= unlock)
        return;
    json_field_u64(writer, "unlock_round", round);
    json_field_u64(writer, "unlock_in_ms",
                   unlock - slot > UINT64_MAX / slot_ms
                       ? UINT64_MAX
                       : (unlock - slot) * slot_ms);
}

bool node_leave_is_busy(const struct node *node)
{
    return node->leave->count > 0;
}

void node_leave_write(const struct node *node, struct json_writer *writer)
{
    json_open_array(writer);
    for (size_t i = 0; i < node->leave->count; i++) {
        const struct leaving *item = &node->leave->items[i];

        json_open_object(writer);
        json_field_text(writer, "task", PUBKEY_TEXT(&item->task));
        if (item->has_target)
            json_field_text(writer, "to", PUBKEY_TEXT(&item->to));
        else
            json_field_null(writer, "to");
        json_field_u64(writer, "stake", item->stake_roe);
        json_field_text(writer, "step", step_name(node, item));
        write_unlock(node, &item->task, writer);
        json_close_object(writer);
    }
    json_close_array(writer);
}
