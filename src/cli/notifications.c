/*
 * pond notifications: what the node that runs here has to tell its operator.
 *
 * list shows them, and goes on with --follow; read and clear are about all of
 * them, or those up to an id. --json prints an object for each, as a webhook
 * gets it.
 *
 * Status 3 where no node runs with the folder, 4 where it does not answer.
 */
#include "base/check.h"
#include "base/error.h"
#include "base/json.h"
#include "cli/commands.h"
#include "cli/node_face.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <time.h>

struct list_values {
    bool follow, unread;
};

struct change_values {
    uint64_t id;
};

static const struct option list_options[] = {
    {"follow", 'f', OPTION_FLAG, offsetof(struct list_values, follow), NULL,
     "print new ones as they come, until Ctrl-C", 0, 0},
    {"unread", 0, OPTION_FLAG, offsetof(struct list_values, unread), NULL,
     "only those that were not read", 0, 0},
    {0},
};

static const struct option change_options[] = {
    {"up-to", 0, OPTION_NUMBER, offsetof(struct change_values, id), "ID",
     "the last one it is about (all)", 1, 0},
    {0},
};

/* As people read it: an unread one has a star. What a task wrote goes through
 * the output, which makes it harmless. */
static void print_one(struct cli *cli, struct json_object *notice)
{
    struct buffer text = {0};
    bool is_read = false;

    if (cli->output.json) {
        json_text(notice, &text);
        printf("%s\n", buffer_string(&text));
        buffer_free(&text);
        return;
    }
    uint64_t id = 0;

    (void)json_get_u64(notice, "id", &id);
    (void)json_get_bool(notice, "read", &is_read);
    output_harmless(bytes_text(node_face_text(notice, "text")), "", &text);
    printf("%c%4" PRIu64 "  %.19sZ  %-7s  %s%s%.8s\n", is_read ? ' ' : '*', id,
           node_face_text(notice, "time"), node_face_text(notice, "variant"),
           buffer_string(&text),
           *node_face_text(notice, "task") ? "  task " : "",
           node_face_text(notice, "task"));
    buffer_free(&text);
}

/* Print those after *last, which is moved on. */
static int print_after(struct cli *cli, const struct list_values *given,
                       uint64_t *last, size_t *count)
{
    struct json_object *tree = NULL, *list;
    char path[64];

    snprintf(path, sizeof(path), "/notifications?id=%" PRIu64, *last);
    int status = node_face_ask_json(cli, path, NULL, &tree);
    if (!status)
        status = json_get_array(tree, "notifications", &list);
    if (!status)
        status = json_get_u64(tree, "last", last);
    for (size_t i = 0; !status && i < json_object_array_length(list); i++) {
        struct json_object *notice = json_object_array_get_idx(list, i);
        bool is_read = false;

        (void)json_get_bool(notice, "read", &is_read);
        if (given->unread && is_read)
            continue;
        print_one(cli, notice);
        ++*count;
    }
    json_object_put(tree);
    fflush(stdout);
    return status;
}

static int run_list(struct cli *cli, const void *values)
{
    const struct list_values *given = values;
    const struct timespec pause = {.tv_sec = 1};
    uint64_t last = 0;
    size_t count = 0;
    int status = print_after(cli, given, &last, &count);

    while (!status && given->follow && !ferror(stdout)) {
        nanosleep(&pause, NULL);
        status = print_after(cli, given, &last, &count);
    }
    if (!status && !count)
        cli_say(cli, "nothing to tell");
    return status;
}

static int change(struct cli *cli, const struct change_values *given,
                  const char *path, const char *done)
{
    char body[48] = "{}";

    if (given->id)
        snprintf(body, sizeof(body), "{\"id\":%" PRIu64 "}", given->id);
    return node_face_order(cli, path, body, "notifications", done);
}

static int run_read(struct cli *cli, const void *values)
{
    return change(cli, values, "/notifications/read", "read");
}

static int run_clear(struct cli *cli, const void *values)
{
    return change(cli, values, "/notifications/clear", "cleared");
}

const struct command command_notifications_list = {
    .name = "notifications list",
    .arguments = "",
    .summary = "print what the node has to tell",
    .details = "A trouble is told once until it has ended and comes back. The "
               "newest 500 are kept.",
    .options = list_options,
    .values_size = sizeof(struct list_values),
    .uses = COMMAND_NODE,
    .run = run_list,
};

const struct command command_notifications_read = {
    .name = "notifications read",
    .arguments = "",
    .summary = "mark them as read",
    .options = change_options,
    .values_size = sizeof(struct change_values),
    .uses = COMMAND_NODE,
    .run = run_read,
};

const struct command command_notifications_clear = {
    .name = "notifications clear",
    .arguments = "",
    .summary = "remove them from the list",
    .options = change_options,
    .values_size = sizeof(struct change_values),
    .uses = COMMAND_NODE,
    .run = run_clear,
};
