#include "node/node_schedule.h"

#include "base/check.h"
#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "node/node_internal.h"
#include "node/owner/setting_write.h"

#include <stdlib.h>
#include <time.h>

/* The one row of its kind. */
static const char name[] = "sessions";

static int on_row(void *user, const char *row, struct bytes value)
{
    struct node *node = user;
    struct json_object *sessions = NULL;
    int status = json_parse(value, &sessions);

    if (!status)
        status = schedule_read(sessions, &node->schedule);
    json_object_put(sessions);
    if (status)
        log_error("node", "the schedule can't be read: %s", err_text());
    return 0;
}

int node_schedule_open(struct node *node)
{
    return journal_setting_each(node->parts.settings, JOURNAL_SCHEDULE, on_row,
                                node);
}

bool node_schedule_allows(const struct node *node, int64_t now)
{
    time_t seconds = (time_t)now;
    struct tm local;

    return !node->schedule.count || !localtime_r(&seconds, &local) ||
           schedule_allows(&node->schedule, &local);
}

/* What is to hold once it is written down. */
struct change {
    struct node *node;
    struct schedule schedule;
    node_control_done *done;
    void *user;
};

static void on_written(void *user, int status)
{
    struct change *change = user;

    if (!status)
        change->node->schedule = change->schedule;
    change->done(change->user, status);
    free(change);
}

static void write_schedule(struct node *node, const struct schedule *schedule,
                           node_control_done *done, void *user)
{
    struct change *change = mem_zero(1, sizeof(*change));
    struct buffer text = {0};
    struct json_writer writer = json_writer_make(&text);

    *change = (struct change){node, *schedule, done, user};
    schedule_write(schedule, &writer);
    setting_write(node->parts.settings_writer, JOURNAL_SCHEDULE, name,
                  buffer_view(&text), on_written, change);
    buffer_free(&text);
}

int node_schedule_add(struct node *node, struct json_object *session,
                      node_control_done *done, void *user)
{
    struct json_object *array = json_object_new_array();
    struct schedule one = {0}, all = node->schedule;
    int status;

    json_object_array_add(array, json_object_get(session));
    status = schedule_read(array, &one);
    json_object_put(array);
    if (!status)
        status = schedule_add(&all, &one.sessions[0]);
    if (!status)
        write_schedule(node, &all, done, user);
    return status;
}

void node_schedule_clear(struct node *node, node_control_done *done, void *user)
{
    const struct schedule none = {0};

    write_schedule(node, &none, done, user);
}
