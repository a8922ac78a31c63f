/*
 * pond task dev: a task at work while it is written.
 *
 * A private network of its own runs the task as `pond up --task` does, but from
 * a local bundle. Whenever a source changes the bundle is built again, and if
 * that goes well every node begins again with it: chain, stakes and runtime
 * memory stay. If it does not, esbuild's messages are shown and the old code
 * goes on.
 *
 * The nodes read a copy of the bundle that holds its source map, so stacks in
 * their logs name the author's lines. The logs are read as they grow.
 *
 * Output: the ready line, remarks of rounds and the log lines on stdout; what
 * is being done, and what does not build, on stderr.
 *
 * Thread: the main one. Builds run on libuv's thread pool, one at a time.
 */
#include "author/bundle.h"
#include "author/source_watch.h"
#include "base/check.h"
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "cli/commands.h"
#include "cli/server.h"
#include "cli/task.h"
#include "cli/up_view.h"
#include "devnet/network.h"
#include "node/task/log_reader.h"
#include "settlement/validator/validator.h"

#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* A node that submits, and two that audit it. */
#define NODES_DEFAULT 3

/* Between two looks at the logs. */
#define LOOK_MS 100

/* As much as fits a node's own reading of a bundle. */
#define BUNDLE_SIZE_MAX (128u << 20)

struct dev_values {
    uint64_t nodes, rpc_port, slot_ms, stake_roe;
    const char *folder;
    struct option_list variables;
};

#define VALUE(member) offsetof(struct dev_values, member)

static const struct option dev_options[] = {
    {"nodes", 'n', OPTION_NUMBER, VALUE(nodes), "N", "task nodes (3)", 1,
     NETWORK_NODES_MAX},
    {"dir", 0, OPTION_TEXT, VALUE(folder), "DIR",
     "everything the network keeps (a folder that is gone afterwards)", 0, 0},
    {"rpc-port", 0, OPTION_NUMBER, VALUE(rpc_port), "PORT",
     "port of JSON-RPC; PubSub is at the next one (0: a free pair)", 0, 65534},
    {"slot-ms", 0, OPTION_NUMBER, VALUE(slot_ms), "MS",
     "length of a slot in milliseconds (100)", 10, 60000},
    {"stake", 0, OPTION_ROE, VALUE(stake_roe), "KOII",
     "each node's stake on it (twice the minimum)", 0, 0},
    {"variable", 0, OPTION_LIST, VALUE(variables), "NAME=VALUE",
     "a task variable; may be given again", 0, 0},
    {0},
};

static const struct dev_values defaults = {.nodes = NODES_DEFAULT,
                                           .slot_ms = VALIDATOR_SLOT_MS};

/*
 * One run.
 *
 * Invariants:
 *
 * 1. network is NULL until network_open() has returned 0.
 * 2. While is_building a thread of the pool owns bundle and build_status, and
 *    is_stale says that a source has changed since it began.
 * 3. readers are those of the nodes, once the task is deployed.
 */
struct dev {
    struct cli *cli;
    const struct dev_values *given;
    const char *task;   /* its folder */
    char *network_path; /* the network's folder */
    char *executable;   /* what the nodes read */
    struct server server;
    struct network *network;
    struct up_view view;
    struct source_watch *watch;
    uv_timer_t look;
    struct log_reader *readers[NETWORK_NODES_MAX];
    uv_work_t work;
    struct bundle bundle;
    struct buffer source; /* of the newest build that went well */
    int build_status;
    char build_text[ERR_TEXT_SIZE];
    bool is_building, is_stale;
};

/* ---- building ---- */

/* Thread: any. Build, and read what came of it with its map. */
static int build(struct dev *dev, struct buffer *out)
{
    const struct bundle_options options = {.folder = dev->task};
    int status = bundle_build(&options, &dev->bundle);

    if (!status)
        status = file_read(dev->bundle.output, BUNDLE_SIZE_MAX, out);
    if (!status)
        bundle_embed_map(dev->bundle.output, out);
    return status;
}

/* In the place of the file before, whole: a node may be reading it. */
static int hand_over(struct dev *dev, struct buffer *source)
{
    int status = file_replace(dev->executable, buffer_view(source), 0644);

    if (status)
        return status;
    buffer_free(&dev->source);
    dev->source = *source;
    *source = (struct buffer){0};
    return 0;
}

static void begin_build(struct dev *dev);

static void on_work(uv_work_t *work)
{
    struct dev *dev = work->data;
    struct buffer source = {0};
    int status = build(dev, &source);

    /* The same code again is no news: a file was saved that does not count. */
    if (!status && source.size == dev->source.size &&
        !memcmp(source.data, dev->source.data, source.size))
        status = ERR_EXISTS;
    else if (!status)
        status = hand_over(dev, &source);
    dev->build_status = status;
    snprintf(dev->build_text, sizeof(dev->build_text), "%s", err_text());
    buffer_free(&source);
}

static void take_build(struct dev *dev)
{
    if (dev->build_status == ERR_EXISTS)
        return;
    cli_build_show(dev->cli, &dev->bundle, dev->build_status != 0);
    if (dev->build_status) {
        cli_say(dev->cli, "%s; the code before goes on", dev->build_text);
        return;
    }
    int status = network_reload(dev->network);
    if (status)
        cli_say(dev->cli, "the nodes can't begin again: %s", err_text());
    else
        cli_say(dev->cli, "built, and begun again on every node");
    err_clear();
}

static void on_built(uv_work_t *work, int cancelled)
{
    struct dev *dev = work->data;

    dev->is_building = false;
    /* Code that was handed over counts, stale or not: to the build that follows
     * it may be the same code again. What did not build may have been half
     * written. */
    if (dev->watch && (!dev->is_stale || !dev->build_status))
        take_build(dev);
    bundle_free(&dev->bundle);
    if (dev->watch && dev->is_stale)
        begin_build(dev);
}

static void begin_build(struct dev *dev)
{
    dev->is_stale = dev->is_building;
    if (dev->is_building)
        return;
    dev->is_building = true;
    dev->work.data = dev;
    CHECK(uv_queue_work(&dev->server.loop, &dev->work, on_work, on_built) == 0);
}

static void on_changed(void *user)
{
    begin_build(user);
}

/* Before there is a network: a task that does not build is an error. */
static int build_first(struct dev *dev)
{
    struct buffer source = {0};
    int status = build(dev, &source);

    cli_build_show(dev->cli, &dev->bundle, status != 0);
    if (status)
        cli_build_hint(dev->cli, status, &dev->bundle);
    else
        status = hand_over(dev, &source);
    buffer_free(&source);
    return status;
}

/* ---- what the nodes say ---- */

static void print_line(struct dev *dev, const struct network_node *node,
                       const struct log_line *line)
{
    struct output *output = &dev->cli->output;
    struct buffer text = {0};

    output_harmless(line->has_head ? line->text : line->whole, "\t", &text);
    if (output->json) {
        output_text(output, "node", node->name);
        output_text(output, "log", buffer_string(&text));
        output_record(output);
        output_print(output);
    } else {
        printf("%-8s| %s\n", node->name, buffer_string(&text));
    }
    buffer_free(&text);
}

/* A log that is not there yet will be. */
static void on_look(uv_timer_t *timer)
{
    struct dev *dev = timer->data;
    const struct network_view *view = network_view(dev->network);
    struct log_line line = {0};

    for (size_t i = 0; i < view->node_count; i++) {
        while (dev->readers[i] && log_reader_next(dev->readers[i], &line) > 0)
            print_line(dev, &view->nodes[i], &line);
    }
    err_clear();
    fflush(stdout);
}

static void open_readers(struct dev *dev)
{
    const struct network_view *view = network_view(dev->network);

    for (size_t i = 0; i < view->node_count; i++) {
        char *path =
            mem_format("%s/%s/namespace/%s/task.log", dev->network_path,
                       view->nodes[i].name, PUBKEY_TEXT(&view->task));

        dev->readers[i] = log_reader_new(path);
        free(path);
    }
    dev->look.data = dev;
    uv_timer_start(&dev->look, on_look, LOOK_MS, LOOK_MS);
}

static void on_seen(void *user)
{
    struct dev *dev = user;

    up_view_show(&dev->view, network_view(dev->network));
}

/* ---- the network ---- */

/* The network's calls return at their next turn. */
static void stop(void *user)
{
    struct dev *dev = user;

    if (dev->network)
        network_interrupt(dev->network);
}

static void on_note(void *user, const char *text)
{
    struct dev *dev = user;

    cli_say(dev->cli, "%s", text);
}

static int deploy(struct dev *dev)
{
    struct buffer variables = {0};
    char *config = mem_format("%s/config-task.yml", dev->task);
    struct network_task_options options = {
        .config = config,
        .stake_roe = dev->given->stake_roe,
        .executable = dev->executable,
    };
    int status = cli_task_variables(&dev->given->variables, &variables);

    if (!status) {
        options.variables = buffer_string(&variables);
        status = network_deploy(dev->network, &options);
    }
    buffer_free(&variables);
    free(config);
    return status;
}

static void print_ready(struct dev *dev)
{
    struct output *output = &dev->cli->output;

    if (output->json) {
        output_text(output, "rpc", network_rpc_url(dev->network));
        output_text(output, "ws", network_websocket_url(dev->network));
        output_text(output, "dir", network_folder(dev->network));
        output_text(output, "task",
                    PUBKEY_TEXT(&network_view(dev->network)->task));
        output_record(output);
        output_print(output);
        return;
    }
    printf("ready rpc=%s ws=%s task=%s\n", network_rpc_url(dev->network),
           network_websocket_url(dev->network),
           PUBKEY_TEXT(&network_view(dev->network)->task));
    fflush(stdout);
}

/* Until Ctrl-C. */
static int work(struct dev *dev)
{
    int status = network_start(dev->network);

    if (!status)
        status = deploy(dev);
    if (status)
        return status;
    open_readers(dev);
    status = source_watch_open(&dev->server.loop, dev->task, dev->bundle.output,
                               on_changed, dev, &dev->watch);
    bundle_free(&dev->bundle);
    if (status)
        return status;
    server_ready(&dev->server);
    print_ready(dev);
    dev->view = up_view_make(dev->cli);
    dev->view.is_terminal = false; /* lines, among those of the logs */
    return network_watch(dev->network, 0, on_seen, dev);
}

static void tidy(struct dev *dev)
{
    if (dev->watch)
        source_watch_close(dev->watch);
    dev->watch = NULL;
    uv_close((uv_handle_t *)&dev->look, NULL);
    network_close(dev->network);
    for (size_t i = 0; i < NETWORK_NODES_MAX; i++) {
        if (dev->readers[i])
            log_reader_free(dev->readers[i]);
    }
}

static int run_network(struct dev *dev)
{
    char program[PATH_MAX];
    size_t size = sizeof(program);
    const struct dev_values *given = dev->given;
    int status = server_open(&dev->server, stop, dev);

    if (status)
        return status;
    CHECK(uv_timer_init(&dev->server.loop, &dev->look) == 0);
    const struct network_options options = {.folder = dev->network_path,
                                            .program = program,
                                            .nodes = (unsigned)given->nodes,
                                            .rpc_port =
                                                (uint16_t)given->rpc_port,
                                            .slot_ms = given->slot_ms,
                                            .note = on_note,
                                            .user = dev};
    if (uv_exepath(program, &size) != 0)
        status = err_set(ERR_IO, "this program's own path can't be found");
    else
        status = network_open(&dev->server.loop, &options, &dev->network);
    if (!status)
        status = work(dev);
    /* Ctrl-C is how it ends. What happened counts, not what happens now. */
    if (status == ERR_CANCELLED)
        status = 0;
    snprintf(dev->build_text, sizeof(dev->build_text), "%s", err_text());
    tidy(dev);
    server_release(&dev->server);
    server_run(&dev->server);
    err_set(status, "%s", dev->build_text);
    return status;
}

static int run(struct cli *cli, const void *values)
{
    const struct dev_values *given = values;
    char scratch[] = "/tmp/pond-dev-XXXXXX";
    struct dev dev = {.cli = cli,
                      .given = given,
                      .task = cli->argument_count ? cli->arguments[0] : "."};
    char own[PATH_MAX];

    if (!mkdtemp(scratch))
        return err_errno("%s", scratch);
    dev.network_path = given->folder ? mem_text(given->folder)
                                     : mem_format("%s/network", scratch);
    dev.executable = mem_format("%s/main.js", scratch);
    int status =
        realpath(dev.task, own)
            ? 0
            : cli_hint(
                  cli,
                  err_set(ERR_NOT_FOUND, "there is no folder %s", dev.task),
                  "`pond task new FOLDER` writes a task to start from");
    if (!status) {
        dev.task = own;
        status = build_first(&dev);
    }
    if (!status)
        status = run_network(&dev);
    bundle_free(&dev.bundle);
    buffer_free(&dev.source);
    free(dev.network_path);
    free(dev.executable);
    file_remove_tree(scratch);
    return status;
}

const struct command command_task_dev = {
    .name = "task dev",
    .arguments = "[FOLDER]",
    .summary = "run a task on a network of its own while you write it",
    .details =
        "FOLDER is a task's (the one here). It is built and run on a private "
        "network, with the nodes' logs here. Whenever a source changes it is "
        "built again, and every node begins again with the new code, on the "
        "same chain, under the terms that were there at first; what does not "
        "build is shown, and the code before goes "
        "on. Ctrl-C ends it.",
    .options = dev_options,
    .values_size = sizeof(struct dev_values),
    .defaults = &defaults,
    .uses = COMMAND_SERVER,
    .arguments_max = 1,
    .run = run,
};
