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
#include "cli/commands.h"
#include "cli/node_face.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

/* The node's limit for a value is below (owner/variable_book.h). */
#define INPUT_SIZE_MAX (64u << 10)

/* ---- the value ---- */

/* Everything there is, less the line's end that echo and editors put behind it.
 */
static int read_value(struct buffer *out)
{
    bool is_terminal = isatty(STDIN_FILENO);

    /* At once, so that the buffer does not move and leave copies behind. */
    buffer_reserve(out, INPUT_SIZE_MAX + 4096);
    for (;;) {
        ssize_t size = read(STDIN_FILENO, out->data + out->size, 4096);

        if (size < 0 && errno == EINTR)
            continue;
        if (size < 0)
            return err_errno("standard input");
        out->size += (size_t)size;
        if (out->size > INPUT_SIZE_MAX)
            return err_set(ERR_LIMIT, "a value has at most 32768 bytes");
        /* A terminal gives a line at a time, and one is wanted. */
        if (!size || (is_terminal && out->data[out->size - 1] == '\n'))
            break;
    }
    if (out->size && out->data[out->size - 1] == '\n')
        out->size--;
    if (out->size && out->data[out->size - 1] == '\r')
        out->size--;
    return 0;
}

/* The terminal shows nothing of it. A signal while it is asked for leaves the
 * terminal without echo, as with every program that asks so; the settings are
 * put back on every other way out. */
static int ask_value(const char *label, struct buffer *out)
{
    struct termios before, silent;

    if (!isatty(STDIN_FILENO))
        return read_value(out);
    if (tcgetattr(STDIN_FILENO, &before))
        return err_errno("the terminal");
    silent = before;
    silent.c_lflag &= ~(tcflag_t)ECHO;
    fprintf(stderr, "Value of %s: ", label);
    fflush(stderr);
    if (tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent))
        return err_errno("the terminal");
    int status = read_value(out);
    (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
    fputc('\n', stderr);
    return status;
}

static void wipe(struct buffer *buffer)
{
    if (buffer->data)
        sodium_memzero(buffer->data, buffer->capacity);
    buffer_free(buffer);
}

/* ---- orders ---- */

/* The node's answer says no more than its status. The record that is printed
 * has the fields that are open already, and the state. */
static int order(struct cli *cli, const char *path, struct buffer *request,
                 const char *state)
{
    struct buffer answer = {0};
    int status = node_face_ask(cli, path, buffer_string(request), &answer);

    if (!status) {
        output_text(&cli->output, "state", state);
        output_record(&cli->output);
        output_print(&cli->output);
    }
    buffer_free(&answer);
    return status;
}

static int run_set(struct cli *cli, const void *values)
{
    const char *label = cli->arguments[0];
    struct buffer value = {0}, request = {0};
    struct json_writer writer = json_writer_make(&request);
    int status = ask_value(label, &value);

    if (!status && !bytes_is_utf8(buffer_view(&value)))
        status = err_set(ERR_INVALID, "the value is not UTF-8");
    if (!status) {
        /* Room at once: what moves leaves a copy behind. */
        buffer_reserve(&request, 64 + 6 * strlen(label) + 6 * value.size);
        json_open_object(&writer);
        json_field_text(&writer, "label", label);
        json_name(&writer, "value");
        json_write_bytes(&writer, buffer_view(&value));
        json_close_object(&writer);
        output_text(&cli->output, "label", label);
        status = order(cli, "/variables/set", &request, "set");
    }
    wipe(&value);
    wipe(&request);
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
    int status = order(cli, "/variables/remove", &request, "removed");
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
    int status = order(cli, path, &request, state);
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
