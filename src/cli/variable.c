/*
 * pond variable: texts that tasks need and nobody else may know, such as a
 * password for a service, and which task gets which.
 *
 * These talk to the node (node_face.h), which keeps values sealed. A value is
 * asked for on the terminal without showing it, or read from standard input:
 * never from the command line, which every user of the machine can read. It
 * does not come back: nothing prints it.
 *
 * Status 3 where no node runs with the folder, 4 where it does not answer, 5
 * with its own words where it refuses.
 */
#include "base/check.h"
#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/secret_input.h"
#include "cli/commands.h"
#include "cli/node_face.h"

#include <sodium.h>
#include <stdlib.h>

/* The node's limit for a value is below (owner/variable_book.h). */
#define INPUT_SIZE_MAX (64u << 10)

/* The line's end, as echo and editors put it behind a value. */
static struct bytes without_line_end(struct bytes value)
{
    if (value.size && value.data[value.size - 1] == '\n')
        value.size--;
    if (value.size && value.data[value.size - 1] == '\r')
        value.size--;
    return value;
}

/* From the value to the request, which is wiped by the caller. */
static int set_request(const char *label, const char *typed, struct buffer *out)
{
    struct bytes value = without_line_end(bytes_text(typed));
    struct json_writer writer = json_writer_make(out);

    if (!bytes_is_utf8(value))
        return err_set(ERR_INVALID, "the value is not UTF-8");
    /* Room at once: what moves leaves a copy behind. */
    buffer_reserve(out, 64 + 6 * strlen(label) + 6 * value.size);
    json_open_object(&writer);
    json_field_text(&writer, "label", label);
    json_name(&writer, "value");
    json_write_bytes(&writer, value);
    json_close_object(&writer);
    return 0;
}

static int run_set(struct cli *cli, const void *values)
{
    const char *label = cli->arguments[0];
    char *typed = mem_zero(1, INPUT_SIZE_MAX);
    char *prompt = mem_format("Value of %s", label);
    struct buffer request = {0};
    int status = secret_input_read(prompt, false, typed, INPUT_SIZE_MAX);

    if (!status)
        status = set_request(label, typed, &request);
    if (!status) {
        output_text(&cli->output, "label", label);
        status = node_face_order(cli, "/variables/set", buffer_string(&request),
                                 "state", "set");
    }
    buffer_wipe(&request);
    sodium_memzero(typed, INPUT_SIZE_MAX);
    free(typed);
    free(prompt);
    return status;
}

const struct command command_variable_set = {
    .name = "variable set",
    .arguments = "LABEL",
    .summary = "keep a secret text for tasks, read from standard input",
    .details = "On a terminal it is asked for and not shown. A label that is "
               "there gets the new text, which tasks see with their next "
               "start. The node keeps it sealed and never prints it.",
    .arguments_min = 1,
    .arguments_max = 1,
    .uses = COMMAND_NODE,
    .run = run_set,
};

static int run_remove(struct cli *cli, const void *values)
{
    struct buffer request = {0};
    struct json_writer writer = json_writer_make(&request);

    json_open_object(&writer);
    json_field_text(&writer, "label", cli->arguments[0]);
    json_close_object(&writer);
    output_text(&cli->output, "label", cli->arguments[0]);
    int status = node_face_order(cli, "/variables/remove",
                                 buffer_string(&request), "state", "removed");
    buffer_free(&request);
    return status;
}

const struct command command_variable_remove = {
    .name = "variable remove",
    .arguments = "LABEL",
    .summary = "forget a variable that no task is paired with",
    .arguments_min = 1,
    .arguments_max = 1,
    .uses = COMMAND_NODE,
    .run = run_remove,
};

/* label NULL: unpair. */
static int pairing(struct cli *cli, const char *path, const char *label,
                   const char *state)
{
    struct buffer request = {0};
    struct json_writer writer = json_writer_make(&request);

    json_open_object(&writer);
    json_field_text(&writer, "task", cli->arguments[0]);
    json_field_text(&writer, "variable", cli->arguments[1]);
    output_text(&cli->output, "task", cli->arguments[0]);
    output_text(&cli->output, "variable", cli->arguments[1]);
    if (label) {
        json_field_text(&writer, "label", label);
        output_text(&cli->output, "label", label);
    }
    json_close_object(&writer);
    int status =
        node_face_order(cli, path, buffer_string(&request), "state", state);
    buffer_free(&request);
    return status;
}

static int run_pair(struct cli *cli, const void *values)
{
    return pairing(cli, "/variables/pair", cli->arguments[2], "paired");
}

const struct command command_variable_pair = {
    .name = "variable pair",
    .arguments = "TASK NAME LABEL",
    .summary = "give a task a variable under the name that the task uses",
    .details = "The task finds it in its environment with its next start. A "
               "task that waits for a variable starts by itself.",
    .arguments_min = 3,
    .arguments_max = 3,
    .uses = COMMAND_NODE,
    .run = run_pair,
};

static int run_unpair(struct cli *cli, const void *values)
{
    return pairing(cli, "/variables/unpair", NULL, "unpaired");
}

const struct command command_variable_unpair = {
    .name = "variable unpair",
    .arguments = "TASK NAME",
    .summary = "give a task a variable no longer, from its next start on",
    .arguments_min = 2,
    .arguments_max = 2,
    .uses = COMMAND_NODE,
    .run = run_unpair,
};

/* ---- list ---- */

/* "NAME of TASK, NAME of TASK" for people. */
static void say_users(struct json_object *users, struct buffer *out)
{
    for (size_t i = 0; i < json_object_array_length(users); i++) {
        struct json_object *user = json_object_array_get_idx(users, i);
        const char *task, *name;

        if (json_get_text(user, "task", &task) < 0 ||
            json_get_text(user, "variable", &name) < 0)
            continue;
        buffer_format(out, "%s%s of %s", out->size ? ", " : "", name, task);
    }
}

static int print_list(struct cli *cli, struct json_object *list)
{
    output_list(&cli->output, "no variables");
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        struct json_object *item = json_object_array_get_idx(list, i);
        struct json_object *users;
        struct buffer text = {0}, json = {0};
        const char *label;
        int status;

        if ((status = json_get_text(item, "label", &label)) < 0 ||
            (status = json_get_array(item, "used_by", &users)) < 0)
            return status;
        say_users(users, &text);
        json_text(users, &json);
        output_text(&cli->output, "label", label);
        output_json(&cli->output, "used_by", buffer_string(&text),
                    buffer_view(&json));
        output_record(&cli->output);
        buffer_free(&text);
        buffer_free(&json);
    }
    output_print(&cli->output);
    return 0;
}

static int run_list(struct cli *cli, const void *values)
{
    return node_face_list(cli, "/variables", "variables", print_list);
}

const struct command command_variable_list = {
    .name = "variable list",
    .arguments = "",
    .summary = "list the variables and the tasks that use them, no values",
    .uses = COMMAND_NODE,
    .run = run_list,
};
