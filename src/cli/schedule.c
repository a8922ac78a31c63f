/*
 * pond schedule: the hours in which the node's tasks run.
 *
 * These talk to the node (node_face.h), which has the rules
 * (owner/schedule.h). Without a session tasks run always. Sessions of one task
 * are chosen by --task.
 */
#include "base/check.h"
#include "base/error.h"
#include "base/json.h"
#include "cli/commands.h"
#include "cli/node_face.h"
#include "cli/session.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

struct schedule_values {
    const char *task;
};

static const struct option schedule_options[] = {
    {"task", 0, OPTION_TEXT, offsetof(struct schedule_values, task), "TASK",
     "the hours of this task, in the place of the node's", 0, 0},
    {0},
};

/* The beginning of a request: an open object with the task, if one is meant. */
static int begin(const struct schedule_values *given,
                 struct json_writer *writer)
{
    struct pubkey task;
    int status = given->task ? session_key(given->task, &task) : 0;

    if (status)
        return status;
    json_open_object(writer);
    if (given->task)
        json_field_text(writer, "task", PUBKEY_TEXT(&task));
    return 0;
}

/* Close the request, send it, and print that it was followed. */
static int order(struct cli *cli, struct json_writer *writer,
                 struct buffer *request, const char *path, const char *done)
{
    json_close_object(writer);
    return node_face_order(cli, path, buffer_string(request), "state", done);
}

static int run_add(struct cli *cli, const void *values)
{
    struct buffer request = {0};
    struct json_writer writer = json_writer_make(&request);
    int status = begin(values, &writer);

    if (!status) {
        json_name(&writer, "days");
        json_open_array(&writer);
        json_write_text(&writer, cli->arguments[0]);
        json_close_array(&writer);
        json_field_text(&writer, "start", cli->arguments[1]);
        if (cli->argument_count > 2)
            json_field_text(&writer, "stop", cli->arguments[2]);
        status = order(cli, &writer, &request, "/schedule/add", "added");
    }
    buffer_free(&request);
    return status;
}

const struct command command_schedule_add = {
    .name = "schedule add",
    .arguments = "DAYS START [STOP]",
    .summary = "let tasks run at these hours, and at no others",
    .details = "DAYS are like mon-fri, sat,sun or daily; START and STOP are "
               "HH:MM of the machine's own clock. A STOP before START is of "
               "the next day; without one the session ends at midnight. "
               "Outside all sessions tasks have no process, and `schedule` as "
               "their reason. A task with sessions of its own (--task) has no "
               "others.",
    .options = schedule_options,
    .values_size = sizeof(struct schedule_values),
    .arguments_min = 2,
    .arguments_max = 3,
    .uses = COMMAND_NODE,
    .run = run_add,
};

/* ---- one session ---- */

static int number_of(const char *text, uint64_t *out)
{
    size_t digits = strspn(text, "0123456789");

    if (!digits || digits > 9 || text[digits])
        return err_set(ERR_INVALID,
                       "%.40s is no session: `pond schedule list` has their "
                       "numbers",
                       text);
    *out = strtoull(text, NULL, 10);
    return 0;
}

/* enabled: NULL for a removal. */
static int change_one(struct cli *cli, const struct schedule_values *given,
                      const char *path, const bool *enabled, const char *done)
{
    struct buffer request = {0};
    struct json_writer writer = json_writer_make(&request);
    uint64_t id = 0;
    int status = number_of(cli->arguments[0], &id);

    if (!status)
        status = begin(given, &writer);
    if (!status) {
        json_field_u64(&writer, "id", id);
        if (enabled)
            json_field_bool(&writer, "enabled", *enabled);
        output_u64(&cli->output, "id", id);
        status = order(cli, &writer, &request, path, done);
    }
    buffer_free(&request);
    return status;
}

static int run_remove(struct cli *cli, const void *values)
{
    return change_one(cli, values, "/schedule/remove", NULL, "removed");
}

static int run_enable(struct cli *cli, const void *values)
{
    static const bool enabled = true;

    return change_one(cli, values, "/schedule/enable", &enabled, "enabled");
}

static int run_disable(struct cli *cli, const void *values)
{
    static const bool enabled = false;

    return change_one(cli, values, "/schedule/enable", &enabled, "disabled");
}

const struct command command_schedule_remove = {
    .name = "schedule remove",
    .arguments = "ID",
    .summary = "take one session out of the schedule",
    .options = schedule_options,
    .values_size = sizeof(struct schedule_values),
    .arguments_min = 1,
    .arguments_max = 1,
    .uses = COMMAND_NODE,
    .run = run_remove,
};

const struct command command_schedule_disable = {
    .name = "schedule disable",
    .arguments = "ID",
    .summary = "keep one session, as if it was not there",
    .options = schedule_options,
    .values_size = sizeof(struct schedule_values),
    .arguments_min = 1,
    .arguments_max = 1,
    .uses = COMMAND_NODE,
    .run = run_disable,
};

const struct command command_schedule_enable = {
    .name = "schedule enable",
    .arguments = "ID",
    .summary = "let a session that was disabled count again",
    .options = schedule_options,
    .values_size = sizeof(struct schedule_values),
    .arguments_min = 1,
    .arguments_max = 1,
    .uses = COMMAND_NODE,
    .run = run_enable,
};

static int run_clear(struct cli *cli, const void *values)
{
    struct buffer request = {0};
    struct json_writer writer = json_writer_make(&request);
    int status = begin(values, &writer);

    if (!status)
        status = order(cli, &writer, &request, "/schedule/clear", "cleared");
    buffer_free(&request);
    return status;
}

const struct command command_schedule_clear = {
    .name = "schedule clear",
    .arguments = "",
    .summary = "let tasks run always, or one task at the node's hours",
    .options = schedule_options,
    .values_size = sizeof(struct schedule_values),
    .uses = COMMAND_NODE,
    .run = run_clear,
};

/* ---- all of them ---- */

/* "mon tue" for people. */
static void say_days(struct json_object *days, struct buffer *out)
{
    for (size_t i = 0; i < json_object_array_length(days); i++)
        buffer_format(
            out, "%s%s", i ? " " : "",
            json_object_get_string(json_object_array_get_idx(days, i)));
}

static int print_one(struct cli *cli, struct json_object *item)
{
    struct output *output = &cli->output;
    struct buffer text = {0}, json = {0};
    const char *start, *stop = "", *task = "";
    struct json_object *days;
    bool enabled;
    uint64_t id;
    int status;

    if ((status = json_get_u64(item, "id", &id)) < 0 ||
        (status = json_get_bool(item, "enabled", &enabled)) < 0 ||
        (status = json_get_array(item, "days", &days)) < 0 ||
        (status = json_get_text(item, "start", &start)) < 0)
        return status;
    (void)json_get_text(item, "stop", &stop);
    (void)json_get_text(item, "task", &task);
    err_clear();
    say_days(days, &text);
    json_text(days, &json);
    output_u64(output, "id", id);
    output_json(output, "days", buffer_string(&text), buffer_view(&json));
    output_text(output, "start", start);
    output_text(output, "stop", stop);
    output_bool(output, "enabled", enabled);
    output_text(output, "task", task);
    output_record(output);
    buffer_free(&text);
    buffer_free(&json);
    return 0;
}

static int print(struct cli *cli, struct json_object *sessions)
{
    int status = 0;

    output_list(&cli->output, "no sessions: tasks run always");
    for (size_t i = 0; !status && i < json_object_array_length(sessions); i++)
        status = print_one(cli, json_object_array_get_idx(sessions, i));
    if (!status)
        output_print(&cli->output);
    return status;
}

static int run_list(struct cli *cli, const void *values)
{
    return node_face_list(cli, "/schedule", "sessions", print);
}

const struct command command_schedule_list = {
    .name = "schedule list",
    .arguments = "",
    .summary = "list the hours in which tasks run",
    .uses = COMMAND_NODE,
    .run = run_list,
};
