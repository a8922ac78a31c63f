/*
 * pond up: a private network, and if asked for a task on it, on one machine.
 *
 * Orchestration is in devnet/network.h, the picture in up_view.h. Here the
 * options are put together and the parts are called one after the other, which
 * reads like the manual: open, start, say that it is ready; deploy, watch,
 * show the table, verify.
 *
 * Ctrl-C does not end the process but the wait that it is in. Whatever was
 * started is then stopped in order, and an error that was on its way is
 * reported after that.
 *
 * Exit status: without --rounds, 0 when it is ended by Ctrl-C, and an error if
 * a process of the network ends by itself. With --rounds, 0 only if the rounds
 * were paid in time and every check that applied holds; 130 if it was
 * interrupted before.
 *
 * What a user sees: remarks of what is being done on stderr, the ready line and
 * the picture on stdout. The processes write logs of their own into the
 * network's folder.
 *
 * Thread: the main one. The network's calls turn the loop; signals arrive on
 * it.
 */
#include "base/check.h"
#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"
#include "cli/commands.h"
#include "cli/server.h"
#include "cli/settings.h"
#include "cli/task.h"
#include "cli/up_view.h"
#include "devnet/network.h"
#include "page/page_assets.h"
#include "settlement/validator/validator.h"

#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* A handful of nodes says what many would, and fits two cores. */
#define NODES_DEFAULT 4

/* What the options fill; everything from rounds on, but folder, is about a
 * task. */
struct up_values {
    uint64_t nodes, validators, rpc_port, slot_ms, rounds, stake_roe;
    const char *folder, *task;
    struct option_list cheaters;
    struct option_list variables;
    bool no_landlock, no_sandbox, require_sandbox;
};

#define VALUE(member) offsetof(struct up_values, member)

/* A network keeps a record of NETWORK_ROUNDS_MAX rounds. --rounds counts paid
 * ones, and leaves as many again for others. */
static const struct option up_options[] = {
    {"nodes", 'n', OPTION_NUMBER, VALUE(nodes), "N",
     "task nodes; 0: a chain alone (4)", 0, NETWORK_NODES_MAX},
    {"validators", 0, OPTION_NUMBER, VALUE(validators), "N",
     "that agree on the chain, each with its key, ports and folder (1, or as "
     "many as the network in DIR has)",
     1, NETWORK_VALIDATORS_MAX},
    {"dir", 0, OPTION_TEXT, VALUE(folder), "DIR",
     "everything the network keeps (~/.local/share/pond/network)", 0, 0},
    {"rpc-port", 0, OPTION_NUMBER, VALUE(rpc_port), "PORT",
     "port of JSON-RPC; PubSub is at the next one; 0: a free pair (10899)", 0,
     65534},
    {"slot-ms", 0, OPTION_NUMBER, VALUE(slot_ms), "MS",
     "length of a slot in milliseconds (100)", 10, 60000},
    {"task", 0, OPTION_TEXT, VALUE(task), "PATH",
     "deploy this task (a folder or its config-task.yml) and run it on every "
     "node",
     0, 0},
    {"variable", 0, OPTION_LIST, VALUE(variables), "NAME=VALUE",
     "a task variable; may be given again", 0, 0},
    {"stake", 0, OPTION_ROE, VALUE(stake_roe), "KOII",
     "each node's stake on it (twice the minimum)", 0, 0},
    {"rounds", 0, OPTION_NUMBER, VALUE(rounds), "N",
     "end after so many paid rounds, with a report (run on)", 1,
     NETWORK_ROUNDS_MAX / 2},
    {"cheater", 0, OPTION_LIST, VALUE(cheaters), "K=FILE",
     "node K runs this main.js in place of the task's", 0, 0},
    {"no-landlock", 0, OPTION_FLAG, VALUE(no_landlock), NULL,
     "for every node: see `pond node --help`", 0, 0},
    {"no-sandbox", 0, OPTION_FLAG, VALUE(no_sandbox), NULL,
     "for every node: see `pond node --help`", 0, 0},
    {"require-sandbox", 0, OPTION_FLAG, VALUE(require_sandbox), NULL,
     "for every node: see `pond node --help`", 0, 0},
    {0},
};

static const struct up_values defaults = {.nodes = NODES_DEFAULT,
                                          .rpc_port = VALIDATOR_RPC_PORT,
                                          .slot_ms = VALIDATOR_SLOT_MS};

/*
 * One run.
 *
 * Invariants:
 *
 * 1. network is NULL until network_open() has returned 0. It is closed before
 *    the server's loop is.
 * 2. given and cli outlive it.
 * 3. view means something from work() on.
 */
struct up {
    struct cli *cli;
    const struct up_values *given;
    struct server server;
    struct network *network;
    struct up_view view;
};

/* The network's calls return at their next turn; nothing is torn down inside a
 * signal. Called for the first Ctrl-C alone; a second one ends this process at
 * once, and the children are ended by the kernel's signal (cli/server.c). */
static void stop(void *user)
{
    struct up *up = user;

    if (up->network)
        network_interrupt(up->network);
}

/* Remarks, not results: they go to stderr. So they are left out with --quiet
 * and --json. */
static void on_note(void *user, const char *text)
{
    struct up *up = user;

    cli_say(up->cli, "%s", text);
}

/* The view draws from what the network has seen, and asks nothing itself. */
static void on_changed(void *user)
{
    CHECK(user);
    struct up *up = user;

    up_view_show(&up->view, network_view(up->network));
}

/* All of them, as --json names them. */
static void print_validators(struct up *up)
{
    struct buffer text = {0};
    struct json_writer json = json_writer_make(&text);

    json_open_array(&json);
    for (unsigned i = 0; i < network_validator_count(up->network); i++) {
        struct network_validator_view view;

        network_validator_look(up->network, i, &view);
        char *folder =
            mem_format("%s/%s", network_folder(up->network), view.name);
        json_open_object(&json);
        json_field_text(&json, "rpc", view.rpc);
        json_field_text(&json, "ws", view.ws);
        json_field_text(&json, "dir", folder);
        json_field_i64(&json, "pid", view.pid);
        json_field_text(&json, "identity", PUBKEY_TEXT(&view.identity));
        json_close_object(&json);
        free(folder);
    }
    json_close_array(&json);
    output_json(&up->cli->output, "validators", buffer_string(&text),
                buffer_view(&text));
    buffer_free(&text);
}

/* A link to each node's page, as --json lists them, or a line each. What has no
 * page now is left out: its log says why. */
static void print_pages(struct up *up)
{
    struct buffer text = {0}, link = {0};
    struct json_writer json = json_writer_make(&text);
    size_t count = network_view(up->network)->node_count;

    json_open_array(&json);
    for (size_t i = 0; i < count; i++) {
        buffer_clear(&link);
        if (network_page_link(up->network, i, &link))
            continue;
        json_write_text(&json, buffer_string(&link));
        if (!up->cli->output.json)
            printf("page %s\n", buffer_string(&link));
    }
    json_close_array(&json);
    if (up->cli->output.json)
        output_json(&up->cli->output, "pages", buffer_string(&text),
                    buffer_view(&text));
    buffer_wipe(&link);
    buffer_wipe(&text);
}

/* The explorer is on the port of each validator: the first's is named. */
static void print_explorer(struct up *up)
{
    const char *url = network_rpc_url(up->network);

    if (!page_assets->path)
        return;
    if (up->cli->output.json)
        output_text(&up->cli->output, "explorer", url);
    else
        printf("explorer %s\n", url);
}

/* The form is fixed: scripts wait for this line and read the URLs out of it.
 * `pond validator` prints the same. */
static void print_ready(struct up *up)
{
    CHECK(up->network);
    struct output *output = &up->cli->output;

    if (output->json) {
        output_text(output, "rpc", network_rpc_url(up->network));
        output_text(output, "ws", network_websocket_url(up->network));
        output_text(output, "dir", network_folder(up->network));
        print_validators(up);
        print_pages(up);
        print_explorer(up);
        output_record(output);
        output_print(output);
        return;
    }
    printf("ready rpc=%s ws=%s\n", network_rpc_url(up->network),
           network_websocket_url(up->network));
    print_pages(up);
    print_explorer(up);
    fflush(stdout);
}

/* "K=FILE": the node's number, counted from 1, and an absolute path. path:
 * PATH_MAX bytes of the caller's, to which out points from then on. A K of
 * eight characters is no node's. */
static int parse_cheater(const struct up_values *given,
                         struct network_task_options *out, char *path)
{
    char number[8];
    uint64_t value;

    if (!given->cheaters.count)
        return 0;
    const char *text = given->cheaters.values[0];
    const char *equals = strchr(text, '=');
    if (!equals || equals - text >= (ptrdiff_t)sizeof(number))
        return err_set(ERR_INVALID, "--cheater takes K=FILE, not '%s'", text);
    snprintf(number, sizeof(number), "%.*s", (int)(equals - text), text);
    if (options_number(number, &value) < 0 || value < 1 || value > given->nodes)
        return err_set(ERR_INVALID, "--cheater: there is no node %s among %u",
                       number, (unsigned)given->nodes);
    if (!realpath(equals + 1, path))
        return err_errno("%s", equals + 1);
    out->cheater = (unsigned)value;
    out->cheater_executable = path;
    return 0;
}

/* A folder stands for the config-task.yml in it, as it does everywhere. The
 * caller frees it. */
static char *config_of(const char *task)
{
    char *config = mem_format("%s/config-task.yml", task);

    if (file_exists(config))
        return config;
    free(config);
    return mem_text(task);
}

/* The texts are needed until the nodes have their orders, and no longer.
 * Everything is parsed before the task is deployed. */
static int deploy(struct up *up)
{
    CHECK(up->given->task);
    const struct up_values *given = up->given;
    struct buffer variables = {0};
    char cheater[PATH_MAX];
    char *config = config_of(given->task);
    struct network_task_options options = {
        .config = config,
        .stake_roe = given->stake_roe,
    };
    int status = cli_task_variables(&given->variables, &variables);

    if (!status)
        status = parse_cheater(given, &options, cheater);
    if (!status) {
        options.variables = buffer_string(&variables);
        status = network_deploy(up->network, &options);
    }
    buffer_free(&variables);
    free(config);
    return status;
}

/* Run the task; with --rounds also the report and whether it all held. Without
 * --rounds the watching has no end but an interruption, so that what is below
 * it is for --rounds. The view is ended before an error is printed, because the
 * error would be drawn over. */
static int work(struct up *up)
{
    struct network_claim claims[NETWORK_CLAIM_KINDS];
    int status = deploy(up);

    if (status)
        return status;
    up->view = up_view_make(up->cli);
    status = network_watch(up->network, up->given->rounds, on_changed, up);
    up_view_end(&up->view);
    if (status)
        return status;
    up_view_table(up->cli, network_view(up->network));
    status = network_verify(up->network, claims);
    if (status)
        return err_add(status, "checking what the network promises");
    return up_view_claims(up->cli, claims);
}

/* An interruption is a good end where no end was asked for; with --rounds it is
 * not, because the report is missing. ERR_CLOSED is a child that ended by
 * itself, and ERR_BUSY one that found its port taken. */
static int run_network(struct up *up)
{
    int status = network_start(up->network);

    if (status == ERR_BUSY)
        cli_hint(up->cli, status, "choose another port with --rpc-port");
    else if (status == ERR_CLOSED)
        cli_hint(up->cli, status,
                 "the logs in %s say more; --dir names a fresh folder",
                 network_folder(up->network));
    if (!status) {
        server_ready(&up->server);
        print_ready(up);
    }
    if (!status && up->given->task)
        status = work(up);
    else if (!status)
        status = network_wait(up->network);

    /* Ctrl-C is how a network without an end is ended. */
    if (status == ERR_CANCELLED && !up->given->rounds) {
        err_clear();
        status = 0;
    }
    return status;
}

/* Options that only make sense together are refused before a process is
 * started. */
static int check_given(const struct up_values *given)
{
    if (!given->task && (given->rounds || given->cheaters.count ||
                         given->variables.count || given->stake_roe))
        return err_set(ERR_INVALID, "--rounds, --cheater, --variable and "
                                    "--stake need a --task");
    if (given->cheaters.count > 1)
        return err_set(ERR_INVALID,
                       "--cheater is given once: one node cheats, and "
                       "--rounds checks what becomes of it");
    if (given->task && !given->nodes)
        return err_set(ERR_INVALID, "--task needs a node: --nodes 1 or more");
    return 0;
}

/* On every way out the loop is run empty, which is where a handle that was left
 * open shows. */
static int run(struct cli *cli, const void *values)
{
    const struct up_values *given = values;
    struct up up = {.cli = cli, .given = given};
    char program[PATH_MAX];
    size_t size = sizeof(program);
    char *folder =
        given->folder ? mem_text(given->folder) : settings_data_path("network");
    char *shared = settings_data_path("store");
    struct network_options options = {
        .folder = folder,
        .shared_store = shared,
        .program = program,
        .nodes = (unsigned)given->nodes,
        .validators = (unsigned)given->validators,
        .rpc_port = (uint16_t)given->rpc_port,
        .slot_ms = given->slot_ms,
        .node_argument = given->require_sandbox ? "--require-sandbox"
                         : given->no_sandbox    ? "--no-sandbox"
                         : given->no_landlock   ? "--no-landlock"
                                                : NULL,
        .note = on_note,
        .user = &up};
    int status = check_given(given);

    if (!status && uv_exepath(program, &size) != 0)
        status = err_set(ERR_IO, "this program's own path can't be found");
    if (status)
        goto done;
    /* Its nodes start in this process's group, and are not alone in it. */
    server_make_room();
    status = server_open(&up.server, stop, &up);
    if (status)
        goto done;
    status = network_open(&up.server.loop, &options, &up.network);
    /* From here on the loop has to be run out, whatever fails. */
    if (status == ERR_LOCKED)
        cli_hint(cli, status,
                 "end that process, or name another folder with --dir");
    if (!status) {
        char text[ERR_TEXT_SIZE];

        status = run_network(&up);
        /* What happened, not what happened while tidying up. */
        snprintf(text, sizeof(text), "%s", err_text());
        network_close(up.network);
        err_set(status, "%s", text);
    }
    server_release(&up.server);
    server_run(&up.server);
done:
    free(shared);
    free(folder);
    return status;
}

const struct command command_up = {
    .name = "up",
    .arguments = "",
    .summary = "run a private network on this machine until Ctrl-C",
    .details =
        "Starts validators and task nodes, each a process with its own key, "
        "folder and ports, and prints \"ready rpc=URL ws=URL\" with the first "
        "validator's, then \"page URL\" for each node: a link that opens its "
        "page once, within ten minutes, and \"explorer URL\". One of several "
        "validators that dies is started again after 30 s. With --task every "
        "node runs that task; with --rounds it ends by itself with a table of "
        "rewards, checks what a network promises (paid, caught, claimed, "
        "conserved, evidence kept and collected), and ends with status 0 only "
        "if all of it held.",
    .options = up_options,
    .values_size = sizeof(struct up_values),
    .defaults = &defaults,
    .uses = COMMAND_SERVER,
    .run = run,
};
