/*
 * pond schedule: the hours in which the node's tasks run.
 *
 * These talk to the node (node_face.h), which has the rules
 * (owner/schedule.h). Without a session tasks run always.
 */
#include "base/check.h"
#include "base/error.h"
#include "base/json.h"
#include "cli/commands.h"
#include "cli/node_face.h"

#include <stdlib.h>

static int run_add(struct cli *cli, const void *values)
{
    struct buffer request = {0};
    struct json_writer writer = json_writer_make(&request);

    json_open_object(&writer);
    json_name(&writer, "days");
    json_open_array(&writer);
    json_write_text(&writer, cli->arguments[0]);
    json_close_array(&writer);
    json_field_text(&writer, "start", cli->arguments[1]);
    if (cli->argument_count > 2)
        json_field_text(&writer, "stop", cli->arguments[2]);
    json_close_object(&writer);
    int status = node_face_order(cli, "/schedule/add", buffer_string(&request),
                                 "state", "added");
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
               "their reason.",
    .arguments_min = 2,
    .arguments_max = 3,
    .uses = COMMAND_NODE,
    .run = run_add,
};

static int run_clear(struct cli *cli, const void *values)
{
    return node_face_order(cli, "/schedule/clear", "{}", "state", "cleared");
}

const struct command command_schedule_clear = {
    .name = "schedule clear",
    .arguments = "",
    .summary = "let tasks run always",
    .uses = COMMAND_NODE,
    .run = run_clear,
};

/* "mon tue" for people. */
static void say_days(struct json_object *days, struct buffer *out)
{
    for (size_t i = 0; i < json_object_array_length(days); i++)
        buffer_format(
            out, "%s%s", i ? " " : "",
            json_object_get_string(json_object_array_get_idx(days, i)));
}

static int print(struct cli *cli, struct json_object *sessions)
{
    output_list(&cli->output, "no sessions: tasks run always");
    for (size_t i = 0; i < json_object_array_length(sessions); i++) {
        struct json_object *item = json_object_array_get_idx(sessions, i);
        struct buffer text = {0}, json = {0};
        const char *start, *stop = "";
        struct json_object *days;
        int status;

        if ((status = json_get_array(item, "days", &days)) < 0 ||
            (status = json_get_text(item, "start", &start)) < 0)
            return status;
        if (json_get_text(item, "stop", &stop) < 0)
            err_clear();
        say_days(days, &text);
        json_text(days, &json);
        output_json(&cli->output, "days", buffer_string(&text),
                    buffer_view(&json));
        output_text(&cli->output, "start", start);
        output_text(&cli->output, "stop", stop);
        output_record(&cli->output);
        buffer_free(&text);
        buffer_free(&json);
    }
    output_print(&cli->output);
    return 0;
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
