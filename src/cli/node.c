/*
 * pond node: one task node, until it is stopped.
 *
 * All of the work is in node/node.h; this turns what it was given into its
 * options (node_words.h), signals into node_stop(), and the node's events into
 * a line or an exit status. A node that fails by itself is stopped in the same
 * way as one that gets a signal, so its stores are closed in order in either
 * case.
 *
 * What a user sees: the ready line on stdout, the log on stderr, and nothing
 * else. Exit status 0 after a signal; otherwise the reason for which it could
 * not start or go on. The start does not wait for the endpoint: one that is
 * down is tried again, and the node's status shows it.
 *
 * Thread: all of it is called on the loop, which is the main thread's.
 */
#include "node/node.h"
#include "base/check.h"
#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "cli/commands.h"
#include "cli/node_words.h"
#include "cli/server.h"
#include "net/door.h"
#include "node/node_setup.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/*
 * Invariants:
 *
 * 1. node is NULL before node_start() has returned 0, and from the moment it is
 *    gone; setup is there only before.
 * 2. status is 0, or the first reason for which it ended; failure is its text
 *    where the node failed by itself.
 */
struct running {
    struct cli *cli;
    struct server server;
    struct node_options *options;
    const char *kept; /* the file of a passphrase, if that is the source */
    struct node *node;
    struct node_setup *setup;
    bool is_opened; /* the setup has done its work: a node follows */
    bool is_said;   /* the supervisor has been told that it serves */
    bool is_ending; /* to begin anew: node_stop() was called */
    int status;
    char failure[ERR_TEXT_SIZE]; /* why it can't go on; "" while it can */
};

/* The node has the folder by now, so no other process writes the file. */
static void keep_log(const char *folder)
{
    char *path = mem_format("%s/node.log", folder);

    if (log_keep(path))
        log_warn("node", "its log is on stderr alone: %s", err_text());
    free(path);
}

/* The node is gone; with its signals released nothing is left on the loop, and
 * server_run() returns. */
static void on_stopped(void *user)
{
    struct running *running = user;

    running->node = NULL;
    running->setup = NULL;
    (void)log_keep(NULL);
    server_release(&running->server);
}

/* Called for the first signal, and when the node fails by itself. It may not
 * have started yet, or be gone already. */
static void stop(void *user)
{
    struct running *running = user;

    if (running->is_ending)
        return;
    if (running->node)
        node_stop(running->node, on_stopped, running);
    else if (running->setup && !running->is_opened)
        node_setup_stop(running->setup, on_stopped, running);
    else if (!running->setup)
        server_release(&running->server);
}

/* Once, whatever it serves first. */
static void say_served(struct running *running)
{
    if (!running->is_said)
        server_ready(&running->server);
    running->is_said = true;
}

/* The line that `pond up` and other programs that start nodes wait for. It is
 * flushed, because it often goes into a pipe. With --json it is an object with
 * the same URLs. */
static void on_ready(void *user, struct node *node)
{
    CHECK(node);
    struct running *running = user;
    struct output *output = &running->cli->output;

    door_drop_kept();
    say_served(running);
    if (output->json) {
        output_text(output, "public_url", node_public_url(node));
        output_text(output, "control_url", node_control_url(node));
        output_record(output);
        output_print(output);
        return;
    }
    printf("ready public=%s control=%s\n", node_public_url(node),
           node_control_url(node));
    fflush(stdout);
}

/* For `systemctl status`. */
static void describe(void *user, struct buffer *out)
{
    struct running *running = user;

    if (running->node)
        node_describe(running->node, out);
}

/* The first reason is the one that is reported: what follows while it stops is
 * its consequence. is_stopping keeps a signal that comes meanwhile from
 * stopping it again. */
static void on_failed(void *user, struct node *node, int error)
{
    struct running *running = user;

    if (!running->status) {
        running->status = error;
        snprintf(running->failure, sizeof(running->failure), "%s", err_text());
    }
    if (!running->server.is_stopping) {
        running->server.is_stopping = true;
        stop(running);
    }
}

/* A program that is not there is refused while the node can still say so. */
static int can_restart(void *user)
{
    struct running *running = user;

    return running->server.is_stopping
               ? err_set(ERR_STATE, "the node is stopping")
               : server_can_again();
}

/* A signal that comes meanwhile ends it for good. */
static void on_restart(void *user, struct node *node)
{
    struct running *running = user;

    if (running->server.is_stopping)
        return;
    server_again(&running->server);
    stop(running);
    running->is_ending = true;
}

static void hint(struct cli *cli, int status)
{
    if (status == ERR_DENIED)
        cli_hint(cli, status, "a wrong passphrase changes nothing; try again");
    else if (status == ERR_LOCKED)
        cli_hint(cli, status,
                 "end that process, or name another folder with --node-dir");
    else if (status == ERR_BUSY)
        cli_hint(cli, status,
                 "another program has that port: name another with --port (or "
                 "--control-port), 0 for any free one");
}

/* A node that fails to start has handles to close all the same. */
static void begin_node(struct running *running)
{
    static const struct node_events events = {.ready = on_ready,
                                              .failed = on_failed,
                                              .restart = on_restart,
                                              .can_restart = can_restart};
    int status = node_start(&running->server.loop, running->options, &events,
                            running, &running->node);

    if (!status)
        keep_log(running->options->folder);
    hint(running->cli, status);
    running->status = status;
    if (status) {
        snprintf(running->failure, sizeof(running->failure), "%s", err_text());
        server_release(&running->server);
    }
}

/* ---- without keys ---- */

/* The link is a secret for ten minutes: it is said where a person reads it, and
 * not where lines are kept. */
static void on_waiting(void *user, struct node_setup *setup)
{
    struct running *running = user;
    struct output *output = &running->cli->output;
    const char *state = node_setup_is_locked(setup) ? "locked" : "setup";

    running->setup = setup;
    door_drop_kept();
    say_served(running);
    if (output->json) {
        output_text(output, "state", state);
        output_text(output, "control_url", node_setup_url(setup));
        output_record(output);
        output_print(output);
    } else if (isatty(STDOUT_FILENO)) {
        char *link = node_setup_link(setup);
        printf("%s page=%s\n", state, link);
        sodium_memzero(link, strlen(link));
        free(link);
    } else {
        printf("%s page=%s/\n", state, node_setup_url(setup));
    }
    fflush(stdout);
}

static void on_setup_closed(void *user)
{
    struct running *running = user;

    running->setup = NULL;
    begin_node(running);
    /* A signal came meanwhile, and the keys are to be shut. */
    if (running->node && running->server.is_stopping)
        stop(running);
}

/* The ports are kept for the node: with another one the page's sessions would
 * end. */
static void on_opened(void *user, struct node_setup *setup)
{
    struct running *running = user;
    int status = node_setup_signer(setup, &running->options->signer);

    if (status) {
        on_failed(running, NULL, status);
        return;
    }
    running->is_opened = true;
    if (node_setup_keep(setup))
        log_warn("node", "its ports may be another program's soon: %s",
                 err_text());
    node_setup_stop(setup, on_setup_closed, running);
}

/* A node without a name for its network is on one of its user's own. */
static bool is_private(const struct node_options *options)
{
    return !options->network_name || !strcmp(options->network_name, "private");
}

/* The keys, by the passphrase that the folder keeps. One that does not open
 * them is that of another wallet, or an old one: then the page asks. */
static int try_kept(struct running *running, enum node_setup_need *need)
{
    struct node_options *options = running->options;
    int status =
        node_setup_open(&running->server.loop, options, &options->signer);

    if (status != ERR_DENIED)
        return status;
    log_warn("node", "%s opens nothing: %s", running->kept, err_text());
    err_clear();
    options->passphrase.file = NULL;
    *need = NODE_SETUP_PASSPHRASE;
    return 0;
}

/* Keys are made by the node itself where they are wanted without a page. */
static int begin(struct running *running, bool makes_keys)
{
    static const struct node_setup_events events = {.ready = on_waiting,
                                                    .opened = on_opened};
    const struct node_options *options = running->options;
    enum node_setup_need need;
    int status = node_setup_look(options, &need);

    if (!status && need == NODE_SETUP_WALLET && makes_keys)
        status = node_setup_note(options->folder, is_private(options));
    if (!status && need == NODE_SETUP_NONE && running->kept)
        status = try_kept(running, &need);
    if (status)
        return status;
    if (need == NODE_SETUP_NONE || (need == NODE_SETUP_WALLET && makes_keys)) {
        begin_node(running);
        return running->status;
    }
    return node_setup_start(&running->server.loop, options, &events, running,
                            &running->setup);
}

/* What failed to start has handles to close all the same, so the loop is run in
 * either case. Only server_open() leaves nothing behind where it fails. */
static int start(struct running *running, bool makes_keys)
{
    door_inherit();
    /* Programs of tasks get groups beside this process's. */
    server_make_room();
    int status = server_open(&running->server, stop, running);

    if (status)
        return status;
    running->server.describe = describe;
    status = begin(running, makes_keys);
    if (status && !running->status) {
        hint(running->cli, status);
        snprintf(running->failure, sizeof(running->failure), "%s", err_text());
        running->status = status;
        server_release(&running->server);
    }
    server_run(&running->server);
    /* Stopping may have set another text since. */
    if (*running->failure)
        err_set(running->status, "%s", running->failure);
    if (!running->status && running->server.is_again)
        running->status = server_take_place();
    return running->status;
}

static int run(struct cli *cli, const void *values)
{
    const struct node_given *given = values;
    struct running running = {.cli = cli};
    struct node_words words;
    int status = node_words_read(cli, given, &words);

    if (!status) {
        running.options = &words.options;
        running.kept = words.kept;
        status = start(&running, given->new_wallet);
    }
    node_words_free(&words);
    return status;
}

const struct command command_node = {
    .name = "node",
    .arguments = "",
    .summary = "run a task node until it is stopped",
    .details = "Prints \"ready public=URL control=URL\" when it is reachable. "
               "Tasks that ran when it last stopped go on by themselves; "
               "`pond task start` begins new ones. SIGINT and SIGTERM end it "
               "cleanly.",
    .options = node_words_options,
    .values_size = sizeof(struct node_given),
    .defaults = &node_words_defaults,
    .uses = COMMAND_RPC | COMMAND_NODE | COMMAND_SERVER | COMMAND_SECRET,
    .run = run,
};
