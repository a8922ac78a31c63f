/*
 * pond node restart: have the node that runs begin anew, with the words that it
 * was started with and the program as it lies on the disk now.
 *
 * Its process stays the same, so a service's supervisor and a shell see no end.
 */
#include "cli/node_restart.h"

#include "base/error.h"
#include "base/json.h"
#include "cli/commands.h"
#include "cli/node_face.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* It closes its stores in order, and opens them again. */
#define WAIT_S 60
#define LOOK_MS 100

/* Is it there again? */
static bool is_back(const char *folder, const struct control_client *before)
{
    struct control_client now;
    bool is_new = !control_client_read(folder, &now) &&
                  now.started_ms != before->started_ms;

    err_clear();
    return is_new;
}

/* Its process stays the same. One in a container has another number there, and
 * is never seen. */
static bool has_process(const struct control_client *before)
{
    return !kill((pid_t)before->pid, 0) || errno == EPERM;
}

static int wait_for_it(const char *folder, const struct control_client *before,
                       bool is_seen)
{
    const struct timespec pause = {.tv_nsec = LOOK_MS * 1000000l};

    for (unsigned i = 0; i < WAIT_S * 1000 / LOOK_MS; i++) {
        bool is_gone = is_seen && !has_process(before);

        if (is_back(folder, before))
            return 0;
        if (is_gone)
            return err_set(ERR_CLOSED, "the node has ended: its log says why");
        nanosleep(&pause, NULL);
    }
    return err_set(ERR_TIMEOUT,
                   "the node has not come back within %d s: its log says why",
                   WAIT_S);
}

/* A node that waits for its passphrase answers no questions. */
static void print_state(struct cli *cli)
{
    struct json_object *tree = NULL;
    bool is_locked = node_face_ask_json(cli, "/status", NULL, &tree);

    err_clear();
    *cli->hint = 0;
    json_object_put(tree);
    output_text(&cli->output, "node", is_locked ? "locked" : "restarted");
    output_record(&cli->output);
    output_print(&cli->output);
    if (is_locked)
        cli_say(cli, "`pond page` opens its page, which asks for the "
                     "passphrase");
}

int node_restart_wait(struct cli *cli)
{
    struct control_client before;
    struct buffer answer = {0};
    char *folder = node_face_folder(cli);
    int status = node_face_connect(cli, &before);
    bool is_seen = !status && has_process(&before);

    if (!status)
        status = node_face_ask(cli, "/restart", "{}", &answer);
    if (!status)
        status = wait_for_it(folder, &before, is_seen);
    if (!status)
        print_state(cli);
    buffer_free(&answer);
    free(folder);
    return status;
}

static int run(struct cli *cli, const void *values)
{
    return node_restart_wait(cli);
}

const struct command command_node_restart = {
    .name = "node restart",
    .arguments = "",
    .summary = "have the node that runs here begin anew",
    .details = "With the words that it was started with, and in the same "
               "process; tasks, sessions of its page and ports stay. A node "
               "whose passphrase was typed asks for it on its page.",
    .uses = COMMAND_NODE,
    .run = run,
};
