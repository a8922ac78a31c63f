#include "node/node_schedule.h"

#include "base/check.h"
#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "node/node_internal.h"
#include "node/owner/schedule.h"
#include "node/owner/setting_write.h"

#include <stdlib.h>
#include <time.h>

/* The node's own row; the others have the task's id. */
static const char name[] = "sessions";

/* Tasks that run, and as many that are stopped. */
#define TASKS_MAX (2 * NODE_TASKS_MAX)

struct task_hours {
    struct pubkey task;
    struct schedule schedule;
};

/*
 * Invariants:
 *
 *  1. tasks[0 .. count) are of different tasks, each with a session at least.
 *  2. What is here is written down, or on its way there.
 */
struct node_schedule {
    struct schedule all;
    struct task_hours tasks[TASKS_MAX];
    size_t count;
};

/* NULL: the task has no hours of its own. */
static struct task_hours *find(struct node_schedule *hours,
                               const struct pubkey *task)
{
    for (size_t i = 0; i < hours->count; i++)
        if (pubkey_equal(&hours->tasks[i].task, task))
            return &hours->tasks[i];
    return NULL;
}

/* The order of them means nothing. */
static void put(struct node_schedule *hours, const struct pubkey *task,
                const struct schedule *schedule)
{
    struct task_hours *place = task ? find(hours, task) : NULL;

    if (!task) {
        hours->all = *schedule;
    } else if (!schedule->count) {
        if (place)
            *place = hours->tasks[--hours->count];
    } else {
        CHECK(place || hours->count < TASKS_MAX);
        if (!place)
            place = &hours->tasks[hours->count++];
        *place = (struct task_hours){*task, *schedule};
    }
}

static struct schedule get(struct node_schedule *hours,
                           const struct pubkey *task)
{
    const struct task_hours *place = task ? find(hours, task) : NULL;

    return !task ? hours->all : place ? place->schedule : (struct schedule){0};
}

/* ---- what is kept ---- */

static int take_row(struct node_schedule *hours, const char *row,
                    struct bytes value)
{
    struct json_object *sessions = NULL;
    struct schedule schedule = {0};
    struct pubkey task;
    bool is_all = !strcmp(row, name);
    int status = json_parse(value, &sessions);

    if (!status)
        status = schedule_read(sessions, &schedule);
    if (!status && !is_all)
        status = pubkey_parse(bytes_text(row), &task);
    if (!status && !is_all && hours->count == TASKS_MAX)
        status = err_set(ERR_LIMIT, "too many tasks have hours of their own");
    if (!status)
        put(hours, is_all ? NULL : &task, &schedule);
    json_object_put(sessions);
    return status;
}

static int on_row(void *user, const char *row, struct bytes value)
{
    if (take_row(user, row, value))
        log_error("node", "the schedule %.60s can't be read: %s", row,
                  err_text());
    return 0;
}

int node_schedule_open(struct node *node)
{
    node->schedule = mem_zero(1, sizeof(*node->schedule));
    return journal_setting_each(node->parts.settings, JOURNAL_SCHEDULE, on_row,
                                node->schedule);
}

void node_schedule_close(struct node *node)
{
    free(node->schedule);
    node->schedule = NULL;
}

bool node_schedule_allows(const struct node *node, const struct pubkey *task,
                          int64_t now)
{
    const struct task_hours *own = find(node->schedule, task);
    time_t seconds = (time_t)now;
    struct tm local;

    return !localtime_r(&seconds, &local) ||
           schedule_allows(own ? &own->schedule : &node->schedule->all, &local);
}

/* ---- orders ---- */

/* A change on its way, and what holds again if it can't be written. */
struct change {
    struct node *node;
    bool is_all;
    struct pubkey task;
    struct schedule before;
    node_control_done *done;
    void *user;
};

static void on_written(void *user, int status)
{
    struct change *change = user;

    if (status)
        put(change->node->schedule, change->is_all ? NULL : &change->task,
            &change->before);
    change->done(change->user, status);
    free(change);
}

static void write_schedule(struct node *node, const struct pubkey *task,
                           const struct schedule *schedule,
                           node_control_done *done, void *user)
{
    struct change *change = mem_zero(1, sizeof(*change));
    struct buffer text = {0};
    struct json_writer writer = json_writer_make(&text);

    change->node = node;
    change->is_all = !task;
    if (task)
        change->task = *task;
    change->before = get(node->schedule, task);
    change->done = done;
    change->user = user;
    put(node->schedule, task, schedule);
    if (schedule->count)
        schedule_write(schedule, &writer);
    setting_write(node->parts.settings_writer, JOURNAL_SCHEDULE,
                  task ? PUBKEY_TEXT(task) : name, buffer_view(&text),
                  on_written, change);
    buffer_free(&text);
}

static int check_room(const struct node *node, const struct pubkey *task)
{
    if (!task || find(node->schedule, task) ||
        node->schedule->count < TASKS_MAX)
        return 0;
    return err_set(ERR_LIMIT,
                   "%d tasks have hours of their own: clear those of tasks "
                   "that are gone",
                   TASKS_MAX);
}

int node_schedule_put(struct node *node, const struct pubkey *task,
                      struct json_object *sessions, node_control_done *done,
                      void *user)
{
    struct schedule schedule;
    int status = schedule_read(sessions, &schedule);

    if (!status && schedule.count)
        status = check_room(node, task);
    if (!status)
        write_schedule(node, task, &schedule, done, user);
    return status;
}

static void on_copied(void *user, int status)
{
    if (status)
        log_error("journal", "%s", err_text());
}

void node_schedule_copy(struct node *node, const struct pubkey *from,
                        const struct pubkey *to)
{
    struct schedule schedule = get(node->schedule, from);

    if (!schedule.count || find(node->schedule, to))
        return;
    if (check_room(node, to))
        log_warn("node", "%s", err_text());
    else
        write_schedule(node, to, &schedule, on_copied, NULL);
}

int node_schedule_add(struct node *node, const struct pubkey *task,
                      struct json_object *session, node_control_done *done,
                      void *user)
{
    struct schedule schedule = get(node->schedule, task);
    struct schedule_session added;
    int status = schedule_read_session(session, &added);

    added.id = 0; /* the next one */
    if (!status)
        status = schedule_add(&schedule, &added);
    if (!status)
        status = check_room(node, task);
    if (!status)
        write_schedule(node, task, &schedule, done, user);
    return status;
}

int node_schedule_remove(struct node *node, const struct pubkey *task,
                         uint64_t id, node_control_done *done, void *user)
{
    struct schedule schedule = get(node->schedule, task);
    int status = schedule_remove(&schedule, id);

    if (!status)
        write_schedule(node, task, &schedule, done, user);
    return status;
}

int node_schedule_enable(struct node *node, const struct pubkey *task,
                         uint64_t id, bool is_enabled, node_control_done *done,
                         void *user)
{
    struct schedule schedule = get(node->schedule, task);
    int status = schedule_enable(&schedule, id, is_enabled);

    if (!status)
        write_schedule(node, task, &schedule, done, user);
    return status;
}

int node_schedule_clear(struct node *node, const struct pubkey *task,
                        node_control_done *done, void *user)
{
    const struct schedule none = {0};

    write_schedule(node, task, &none, done, user);
    return 0;
}

/* ---- for the operator ---- */

static void write_all(const struct schedule *schedule,
                      const struct pubkey *task, struct json_writer *writer)
{
    for (size_t i = 0; i < schedule->count; i++) {
        json_open_object(writer);
        if (task)
            json_field_text(writer, "task", PUBKEY_TEXT(task));
        else
            json_field_null(writer, "task");
        schedule_write_session(&schedule->sessions[i], writer);
        json_close_object(writer);
    }
}

void node_schedule_write(const struct node *node, struct json_writer *writer)
{
    const struct node_schedule *hours = node->schedule;

    json_open_array(writer);
    write_all(&hours->all, NULL, writer);
    for (size_t i = 0; i < hours->count; i++)
        write_all(&hours->tasks[i].schedule, &hours->tasks[i].task, writer);
    json_close_array(writer);
}
