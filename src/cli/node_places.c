/*
 * pond node reach, storage, gateway; pond notifications test: how peers reach
 * the node that runs here, what its tasks keep, and whether those answer whom
 * it asks or tells.
 */
#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "cli/commands.h"
#include "cli/node_face.h"

#include <stddef.h>
#include <stdio.h>

/* ---- reach ---- */

struct reach_values {
    bool test;
};

static const struct option reach_options[] = {
    {"test", 0, OPTION_FLAG, offsetof(struct reach_values, test), NULL,
     "have other nodes of its tasks fetch a page from it first", 0, 0},
    {0},
};

static const char *time_of(struct json_object *object, char text[])
{
    return clock_text(node_face_u64(object, "at"), text);
}

static void print_reach(struct output *output, struct json_object *tree)
{
    struct json_object *seen = NULL, *tested = NULL;
    char text[CLOCK_TEXT_SIZE];
    bool flag = false;

    output_text(output, "public_url", node_face_text(tree, "public_url"));
    output_u64(output, "port", node_face_u64(tree, "port"));
    output_u64(output, "peers", node_face_u64(tree, "peers"));
    if (!json_get_object(tree, "seen", &seen)) {
        output_text(output, "asked_by", node_face_text(seen, "from"));
        output_text(output, "asked_at", time_of(seen, text));
    }
    if (!json_get_object(tree, "tested", &tested)) {
        (void)json_get_bool(tested, "reached", &flag);
        output_bool(output, "reached", flag);
        output_text(output, "tested_by", node_face_text(tested, "by"));
        output_text(output, "tested_at", time_of(tested, text));
    }
    err_clear();
    output_record(output);
    output_print(output);
}

static int run_reach(struct cli *cli, const void *values)
{
    const struct reach_values *given = values;
    struct json_object *tree = NULL;
    int status = given->test
                     ? node_face_ask_json_long(cli, "/reach/test", "{}", &tree)
                     : node_face_ask_json(cli, "/reach", NULL, &tree);

    if (!status)
        print_reach(&cli->output, tree);
    json_object_put(tree);
    return status;
}

const struct command command_node_reach = {
    .name = "node reach",
    .arguments = "",
    .summary = "print how other nodes reach the node that runs here",
    .details = "asked by: who has asked at its port last, of those that its "
               "--addresses allow. --test asks up to five nodes of its tasks, "
               "which connect to nobody but the one who asks.",
    .options = reach_options,
    .values_size = sizeof(struct reach_values),
    .uses = COMMAND_NODE,
    .run = run_reach,
};

/* ---- storage ---- */

static int run_storage(struct cli *cli, const void *values)
{
    struct json_object *tree = NULL, *tasks;
    int status = node_face_ask_json(cli, "/storage", NULL, &tree);

    if (!status)
        status = json_get_array(tree, "tasks", &tasks);
    if (!status) {
        output_text(&cli->output, "folder", node_face_text(tree, "folder"));
        output_u64(&cli->output, "bytes", node_face_u64(tree, "bytes"));
        output_u64(&cli->output, "limit", node_face_u64(tree, "limit"));
        output_u64(&cli->output, "free", node_face_u64(tree, "free"));
        output_record(&cli->output);
        output_print(&cli->output);
        if (!cli->output.json)
            putchar('\n');
        output_list(&cli->output, "no task keeps anything");
        for (size_t i = 0; i < json_object_array_length(tasks); i++) {
            struct json_object *task = json_object_array_get_idx(tasks, i);

            output_text(&cli->output, "task", node_face_text(task, "task"));
            output_u64(&cli->output, "bytes", node_face_u64(task, "bytes"));
            output_u64(&cli->output, "pins", node_face_u64(task, "pins"));
            output_record(&cli->output);
        }
        output_print(&cli->output);
    }
    json_object_put(tree);
    return status;
}

const struct command command_node_storage = {
    .name = "node storage",
    .arguments = "",
    .summary = "print what the node's tasks keep, and what it may take",
    .uses = COMMAND_NODE,
    .run = run_storage,
};

/* ---- tests ---- */

static int print_test(struct cli *cli, const char *path, const char *body)
{
    struct json_object *tree = NULL;
    int status = node_face_ask_json_long(cli, path, body, &tree);

    if (!status) {
        output_u64(&cli->output, "status", node_face_u64(tree, "status"));
        output_u64(&cli->output, "ms", node_face_u64(tree, "ms"));
        output_record(&cli->output);
        output_print(&cli->output);
    }
    json_object_put(tree);
    return status;
}

static int run_gateway(struct cli *cli, const void *values)
{
    struct buffer body = {0};
    struct json_writer writer = json_writer_make(&body);

    json_open_object(&writer);
    json_field_text(&writer, "url", cli->arguments[0]);
    json_close_object(&writer);
    int status = print_test(cli, "/gateways/test", buffer_string(&body));
    buffer_free(&body);
    return status;
}

const struct command command_node_gateway = {
    .name = "node gateway",
    .arguments = "URL",
    .summary = "have the node ask whether an IPFS gateway answers",
    .arguments_min = 1,
    .arguments_max = 1,
    .uses = COMMAND_NODE,
    .run = run_gateway,
};

static int run_notify(struct cli *cli, const void *values)
{
    return print_test(cli, "/webhook/test", "{}");
}

const struct command command_notifications_test = {
    .name = "notifications test",
    .arguments = "",
    .summary = "send a message of the type notification.test to the webhook",
    .uses = COMMAND_NODE,
    .run = run_notify,
};
