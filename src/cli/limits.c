/*
 * pond limits: what single tasks may take.
 *
 * These talk to the node (node_face.h), which keeps them and has the rules
 * (owner/task_limit.h).
 */
#include "base/check.h"
#include "base/error.h"
#include "base/json.h"
#include "cli/commands.h"
#include "cli/node_face.h"
#include "cli/session.h"

#include <stdlib.h>
#include <string.h>

static void print_number(struct cli *cli, struct json_object *item,
                         const char *name)
{
    if (node_face_u64(item, name))
        output_u64(&cli->output, name, node_face_u64(item, name));
    else
        output_text(&cli->output, name, NULL);
}

static int print(struct cli *cli, struct json_object *limits)
{
    output_list(&cli->output, "no task has limits of its own");
    for (size_t i = 0; i < json_object_array_length(limits); i++) {
        struct json_object *item = json_object_array_get_idx(limits, i);
        const char *network = node_face_text(item, "network");

        output_text(&cli->output, "task", node_face_text(item, "task"));
        print_number(cli, item, "cpu");
        print_number(cli, item, "memory");
        print_number(cli, item, "disk");
        output_text(&cli->output, "network", *network ? network : NULL);
        output_record(&cli->output);
    }
    output_print(&cli->output);
    return 0;
}

static int run_list(struct cli *cli, const void *values)
{
    return node_face_list(cli, "/limits", "limits", print);
}

const struct command command_limits = {
    .name = "limits",
    .arguments = "",
    .summary = "list the tasks that have limits of their own",
    .details = "What a task has no limit of its own for is what the node gives "
               "every task (`pond node --task-cpu`, --worker-memory, "
               "--task-disk). `pond limits set` changes one.",
    .uses = COMMAND_NODE,
    .run = run_list,
};

/* A number or, of the network, a text; or "none". */
static int write_value(const char *name, const char *text,
                       struct json_writer *writer)
{
    size_t digits = strspn(text, "0123456789");

    if (!strcmp(text, "none"))
        json_field_null(writer, name);
    else if (!strcmp(name, "network"))
        json_field_text(writer, name, text);
    else if (digits && digits <= 10 && !text[digits])
        json_field_u64(writer, name, strtoull(text, NULL, 10));
    else
        return err_set(ERR_INVALID, "%.40s is no whole number, nor none", text);
    return 0;
}

/* The node passes over names that it does not know. */
static int check_name(const char *name)
{
    if (!strcmp(name, "cpu") || !strcmp(name, "memory") ||
        !strcmp(name, "disk") || !strcmp(name, "network"))
        return 0;
    return err_set(
        ERR_INVALID,
        "there is no limit \"%.40s\": name one of cpu, memory, disk, "
        "network",
        name);
}

static int run_set(struct cli *cli, const void *values)
{
    struct buffer request = {0};
    struct json_writer writer = json_writer_make(&request);
    struct pubkey task;
    int status = session_key(cli->arguments[0], &task);

    if (!status)
        status = check_name(cli->arguments[1]);
    if (!status) {
        json_open_object(&writer);
        json_field_text(&writer, "task", PUBKEY_TEXT(&task));
        status = write_value(cli->arguments[1], cli->arguments[2], &writer);
    }
    if (!status) {
        json_close_object(&writer);
        output_text(&cli->output, "task", PUBKEY_TEXT(&task));
        output_text(&cli->output, "name", cli->arguments[1]);
        status = node_face_order(cli, "/limits/set", buffer_string(&request),
                                 "value", cli->arguments[2]);
    }
    buffer_free(&request);
    return status;
}

const struct command command_limits_set = {
    .name = "limits set",
    .arguments = "TASK NAME VALUE",
    .summary = "set what one task may take",
    .details = "cpu: its processor time, in percent of one processor. memory: "
               "of its process, in MiB. disk: of its folder, in MiB. network: "
               "the addresses that it may connect to, as `pond node "
               "--addresses`: public, private or loopback. none unsets it. cpu "
               "holds at once, the others from its next start on.",
    .arguments_min = 3,
    .arguments_max = 3,
    .uses = COMMAND_NODE,
    .run = run_set,
};
