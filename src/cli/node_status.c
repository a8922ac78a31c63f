/*
 * pond node status: what the node that runs on this machine is doing.
 *
 * The node's answer is printed as it is with --json (node/node.h has its form),
 * and as a record and a table for people. --metrics prints what a Prometheus
 * reads instead.
 *
 * Status 3 where no node runs with the folder, 4 where it does not answer.
 */
#include "base/check.h"
#include "base/error.h"
#include "base/json.h"
#include "cli/commands.h"
#include "cli/node_face.h"

#include <stddef.h>
#include <stdio.h>

struct status_values {
    bool metrics;
};

static const struct option status_options[] = {
    {"metrics", 0, OPTION_FLAG, offsetof(struct status_values, metrics), NULL,
     "Prometheus text in place of it", 0, 0},
    {0},
};

static void print_node(struct output *output, struct json_object *status)
{
    static const char *const texts[] = {"main", "staking", "public_url"};
    static const char *const numbers[] = {"slot", "store_bytes", "pending"};
    struct json_object *conditions = NULL;
    bool connected = false;

    (void)json_get_bool(status, "connected", &connected);
    (void)json_get_object(status, "conditions", &conditions);
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
        output_text(output, texts[i], node_face_text(status, texts[i]));
    output_bool(output, "connected", connected);
    for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
        output_u64(output, numbers[i], node_face_u64(status, numbers[i]));
    output_roe(output, "balance_roe", node_face_u64(status, "main_balance"));
    if (conditions && *node_face_text(conditions, "rests"))
        output_text(output, "rests", node_face_text(conditions, "rests"));
    output_record(output);
    output_print(output);
}

static void print_tasks(struct output *output, struct json_object *tasks)
{
    output_list(output, "no task runs on it");
    for (size_t i = 0; i < json_object_array_length(tasks); i++) {
        struct json_object *task = json_object_array_get_idx(tasks, i);
        const char *trouble = node_face_text(task, "error");

        output_text(output, "task", node_face_text(task, "task"));
        output_text(output, "name", node_face_text(task, "name"));
        output_text(output, "state", node_face_text(task, "state"));
        output_u64(output, "round", node_face_u64(task, "round"));
        output_roe(output, "stake_roe", node_face_u64(task, "stake"));
        output_roe(output, "claimable_roe", node_face_u64(task, "claimable"));
        output_text(output, "why",
                    *trouble ? trouble : node_face_text(task, "reason"));
        output_record(output);
    }
    output_print(output);
}

static int run(struct cli *cli, const void *values)
{
    const struct status_values *given = values;
    struct buffer answer = {0};
    struct json_object *tree = NULL, *tasks;
    int status = node_face_ask(cli, given->metrics ? "/metrics" : "/status",
                               NULL, &answer);

    if (!status && given->metrics && cli->output.json) {
        output_text(&cli->output, "metrics", buffer_string(&answer));
        output_record(&cli->output);
        output_print(&cli->output);
    } else if (!status && (given->metrics || cli->output.json)) {
        fwrite(answer.data, 1, answer.size, stdout);
        fputs(given->metrics ? "" : "\n", stdout);
    } else if (!status) {
        status = json_parse(buffer_view(&answer), &tree);
        if (!status)
            status = json_get_array(tree, "tasks", &tasks);
        if (!status) {
            print_node(&cli->output, tree);
            putchar('\n');
            print_tasks(&cli->output, tasks);
        }
        json_object_put(tree);
    }
    buffer_free(&answer);
    return status;
}

const struct command command_node_status = {
    .name = "node status",
    .arguments = "",
    .summary = "print what the node that runs here is doing",
    .options = status_options,
    .values_size = sizeof(struct status_values),
    .uses = COMMAND_NODE,
    .run = run,
};
