/*
 * pond node: one task node, until it is stopped.
 *
 * All of the work is in node/node.h; this turns options into its struct,
 * signals into node_stop(), and the node's events into a line or an exit
 * status. A node that fails by itself is stopped in the same way as one that
 * gets a signal, so its stores are closed in order in either case.
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
#include "cli/node_face.h"
#include "cli/server.h"
#include "cli/settings.h"
#include "net/door.h"
#include "node/money/wallet_phrase.h"
#include "node/node_setup.h"
#include "node/reach/engine_name.h"
#include "runtime/koii/koii_program.h"

#include <pwd.h>
#include <sodium.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What the options fill. Texts that are NULL and numbers that are 0 have the
 * meaning that struct node_options gives them, mostly "default". */
struct node_values {
    const char *account, *listen, *public_url, *network, *addresses, *engine;
    const char *page_host, *page_user;
    const char *node_program;
    const char *webhook;
    uint64_t balance_low_roe, balance_critical_roe;
    uint64_t port, control_port, claim_roe, store_mib, task_store_mib,
        worker_mib, task_disk_mib, task_cpu;
    struct option_list gateways, conditions;
    const char *machine_root;
    bool no_landlock, no_sandbox, require_sandbox, no_passphrase, auto_upgrade,
        new_wallet;
};

#define VALUE(member) offsetof(struct node_values, member)

/* Where the help names a default in brackets that is not in defaults below, the
 * node has it (node/node.h). 48 MiB is the least a worker runs with
 * (runtime/host/host.h). */
static const struct option node_options_table[] = {
    {"account", 0, OPTION_TEXT, VALUE(account), "NAME",
     "which of the folder's wallets (main)", 0, 0},
    {"listen", 0, OPTION_TEXT, VALUE(listen), "ADDRESS",
     "where peers reach it (0.0.0.0)", 0, 0},
    {"port", 0, OPTION_NUMBER, VALUE(port), "PORT",
     "the port peers reach it at; 0: any free one (30017)", 0, 65535},
    {"control-port", 0, OPTION_NUMBER, VALUE(control_port), "PORT",
     "the port on 127.0.0.1 of its page and its operator (30019, or the next "
     "free one; then that of the last start)",
     0, 65535},
    {"page-host", 0, OPTION_TEXT, VALUE(page_host), "NAME",
     "also show the page to a proxy with TLS that is asked for this name", 0,
     0},
    {"page-user", 0, OPTION_TEXT, VALUE(page_user), "USER",
     "whom that proxy runs as", 0, 0},
    {"public-url", 0, OPTION_TEXT, VALUE(public_url), "URL",
     "what peers are given (http://ADDRESS:PORT)", 0, 0},
    {"gateway", 0, OPTION_LIST, VALUE(gateways), "URL",
     "asked for code and evidence after the peers; may be given again", 0, 0},
    {"network", 0, OPTION_TEXT, VALUE(network), "NAME",
     "the network, with its own endpoints and folder (POND_NETWORK; `pond "
     "network use`)",
     0, 0},
    {"addresses", 0, OPTION_TEXT, VALUE(addresses), "WHAT",
     "what tasks and peers may lead to: public, private, loopback (public)", 0,
     0},
    {"webhook", 0, OPTION_TEXT, VALUE(webhook), "URL",
     "where notifications are sent, signed with DIR/webhook.secret", 0, 0},
    {"balance-low", 0, OPTION_ROE, VALUE(balance_low_roe), "KOII",
     "say so when the main wallet has less (0.2)", 0, 0},
    {"balance-critical", 0, OPTION_ROE, VALUE(balance_critical_roe), "KOII",
     "say so as an error when it has less (0.1)", 0, 0},
    {"claim-from", 0, OPTION_ROE, VALUE(claim_roe), "KOII",
     "claim rewards by itself from this much on (never)", 0, 0},
    {"store-limit", 0, OPTION_NUMBER, VALUE(store_mib), "MIB",
     "what the store may take (10240)", 1, 1u << 30},
    {"task-store-limit", 0, OPTION_NUMBER, VALUE(task_store_mib), "MIB",
     "disk for what one task keeps (a quarter of --store-limit)", 1, 1u << 30},
    {"worker-memory", 0, OPTION_NUMBER, VALUE(worker_mib), "MIB",
     "resident memory of one task (512, and more for a large bundle)", 48,
     1u << 20},
    {"task-disk", 0, OPTION_NUMBER, VALUE(task_disk_mib), "MIB",
     "disk of one task's folder (1024; 2048 on the engine node)", 1, 1u << 30},
    {"task-cpu", 0, OPTION_NUMBER, VALUE(task_cpu), "PERCENT",
     "processor time of one task, of one processor (no limit)", 1, 10000},
    {"condition", 0, OPTION_LIST, VALUE(conditions), "NAME=VALUE",
     "what the machine's owner allows tasks, as `pond conditions set`; may be "
     "given again",
     0, 0},
    {"machine-root", 0, OPTION_TEXT, VALUE(machine_root), "DIR",
     "where a container sees the machine's /proc and /sys (/)", 0, 0},
    {"engine", 0, OPTION_TEXT, VALUE(engine), "NAME",
     "what runs the code of tasks: auto, pond, node (auto)", 0, 0},
    {"node-program", 0, OPTION_TEXT, VALUE(node_program), "FILE",
     "Node.js, for the engine node (node in PATH)", 0, 0},
    {"auto-upgrade", 0, OPTION_FLAG, VALUE(auto_upgrade), NULL,
     "go on with the next version of a task, if its creator is the same", 0, 0},
    {"new-wallet", 0, OPTION_FLAG, VALUE(new_wallet), NULL,
     "make keys where there are none, in place of asking on the page", 0, 0},
    {"no-passphrase", 0, OPTION_FLAG, VALUE(no_passphrase), NULL,
     "do not ask for one where keys are made or are not sealed", 0, 0},
    {"no-landlock", 0, OPTION_FLAG, VALUE(no_landlock), NULL,
     "run tasks on a kernel without Landlock, too: seccomp alone confines them",
     0, 0},
    {"no-sandbox", 0, OPTION_FLAG, VALUE(no_sandbox), NULL,
     "run tasks even where this machine can't confine them at all", 0, 0},
    {"require-sandbox", 0, OPTION_FLAG, VALUE(require_sandbox), NULL,
     "run tasks only with every wall: namespaces as well (pond doctor)", 0, 0},
    {0},
};

static const struct node_values defaults = {.port = NODE_PORT_DEFAULT};

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

/* The strictest is the default: a task is a stranger's program, and this
 * machine's network is not its business. The others are for development, and
 * for tasks whose peers are on one's own network. */
static int parse_addresses(const char *text, const struct address_rule **out)
{
    CHECK(out);
    int status = address_rule_parse(text ? text : "public", out);

    return status ? err_add(status, "--addresses") : 0;
}

/* --network once was what --addresses is, and units of services that are
 * installed still say so: its three words count where no network has such a
 * name. */
static int parse_network(struct cli *cli, const struct node_values *given,
                         const struct address_rule **addresses)
{
    int status = parse_addresses(given->addresses, addresses);

    if (status || !given->network)
        return status;
    status = cli_choose_network(cli, given->network);
    if (status != ERR_NOT_FOUND || given->addresses)
        return status;
    if (address_rule_parse(given->network, addresses))
        return cli_choose_network(cli, given->network);
    err_clear();
    *cli->hint = 0;
    return cli_choose_network(cli, NULL);
}

/* A node without Node.js runs what needs none. It is missed by the first task
 * that wants it, unless somebody has named it. */
static int parse_engine(const struct node_values *given, enum node_engine *out,
                        char **program)
{
    int status = given->engine ? engine_name_parse(given->engine, out) : 0;

    if (status)
        return err_add(status, "--engine");
    status = koii_program_find(given->node_program, getenv("PATH"), program);
    if (!given->node_program && *out != NODE_ENGINE_NODE)
        status = 0;
    return status;
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

/* The ports are let go of last: another program may take them, and then the
 * page's sessions end. */
static void on_opened(void *user, struct node_setup *setup)
{
    struct running *running = user;
    int status = node_setup_signer(setup, &running->options->signer);

    if (status) {
        on_failed(running, NULL, status);
        return;
    }
    running->is_opened = true;
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

/* What has to confine tasks. Of two that contradict each other neither is
 * right. */
static int confinement_of(const struct node_values *given,
                          enum confinement_wanted *out)
{
    if (given->require_sandbox && (given->no_landlock || given->no_sandbox))
        return err_set(ERR_INVALID,
                       "--require-sandbox wants every wall, and --no-%s does "
                       "without",
                       given->no_sandbox ? "sandbox" : "landlock");
    *out = given->require_sandbox ? CONFINEMENT_STRICT
           : given->no_sandbox    ? CONFINEMENT_ANY
           : given->no_landlock   ? CONFINEMENT_WITHOUT_LANDLOCK
                                  : CONFINEMENT_WHOLE;
    return 0;
}

/* A proxy is let in for the name it is asked by, and by its user: one without
 * the other would let in too many, or nobody. */
static int parse_page(const struct node_values *given,
                      struct node_options *options)
{
    if (!given->page_host != !given->page_user)
        return err_set(ERR_INVALID, "--page-host and --page-user go together");
    if (!given->page_host)
        return 0;
    const struct passwd *user = getpwnam(given->page_user);
    if (!user)
        return err_set(ERR_NOT_FOUND, "--page-user: there is no user %s",
                       given->page_user);
    options->page_host = given->page_host;
    options->page_user = user->pw_uid;
    return 0;
}

/* In the place of a node that began anew, nobody is asked at a terminal, and
 * what stood on standard input is gone: the page asks. */
static void ask_nobody(struct passphrase_source *passphrase)
{
    if (!getenv(SERVER_AGAIN_VARIABLE))
        return;
    (void)unsetenv(SERVER_AGAIN_VARIABLE);
    passphrase->may_ask = false;
    if (passphrase->file && !strcmp(passphrase->file, "-"))
        passphrase->file = NULL;
}

/* As the operator's networks are now. */
static int find_network(const char *name, char **urls)
{
    const struct settings_place place = {.network = name, .is_near = true};
    struct settings_found network = {0}, rpc = {0};
    int status = settings_network(name, &network);

    if (!status)
        status = settings_rpc(&place, &rpc);
    *urls = rpc.value;
    rpc.value = NULL;
    settings_free(&rpc);
    settings_free(&network);
    return status;
}

/* Everything is copied by node_start(), so what is made here for it can go as
 * soon as the node has. Sizes are given in MiB and kept in bytes; the limits of
 * the table keep them from overflowing. */
static int run(struct cli *cli, const void *values)
{
    const struct node_values *given = values;
    /* Each ended by a NULL, for which there is one place more. */
    const char *gateways[OPTION_LIST_MAX + 1] = {0};
    const char *conditions[OPTION_LIST_MAX + 1] = {0};
    struct running running = {.cli = cli};
    char *folder = NULL, *kept = NULL;
    char *worker = server_program("pond-worker");
    char *signer = server_program_at("pond-signer", "node/signer");
    char *launch = server_program_at("pond-launch", "runtime/launch");
    char *node = NULL;
    struct settings_found rpc = {0};
    struct node_options options = {
        .account = given->account,
        .find_network = find_network,
        .listen_address = given->listen,
        .listen_port = (uint16_t)given->port,
        .public_url = given->public_url,
        .control_port = (uint16_t)given->control_port,
        .worker_path = worker,
        .signer_path = signer,
        .passphrase = cli->passphrase,
        .is_plain = given->no_passphrase,
        .auto_upgrade = given->auto_upgrade,
        .launch_path = launch,
        .gateways = gateways,
        .conditions = conditions,
        .machine_root = given->machine_root,
        .webhook = given->webhook,
        .balance_low_roe = given->balance_low_roe,
        .balance_critical_roe = given->balance_critical_roe,
        .claim_threshold_roe = given->claim_roe,
        .store_limit_bytes = given->store_mib << 20,
        .task_store_limit_bytes = given->task_store_mib << 20,
        .worker_memory_bytes = given->worker_mib << 20,
        .task_disk_bytes = given->task_disk_mib << 20,
        .task_cpu_percent = (uint32_t)given->task_cpu,
    };
    int status = parse_network(cli, given, &options.network);

    ask_nobody(&options.passphrase);
    if (!status)
        options.folder = folder = node_face_folder(cli);
    if (!status)
        status = confinement_of(given, &options.confinement);
    if (!status)
        status = parse_engine(given, &options.engine, &node);
    if (!status)
        status = parse_page(given, &options);
    options.node_program = node;
    options.network_name = cli->network.value;

    for (size_t i = 0; i < given->gateways.count; i++)
        gateways[i] = given->gateways.values[i];
    for (size_t i = 0; i < given->conditions.count; i++)
        conditions[i] = given->conditions.values[i];
    if (!status)
        status = settings_rpc(&cli->place, &rpc);
    if (!status) {
        options.rpc_url = rpc.value;
        if (!options.passphrase.file)
            options.passphrase.file = running.kept = kept =
                wallet_passphrase_kept(folder);
        running.options = &options;
        status = start(&running, given->new_wallet);
    }
    settings_free(&rpc);
    free(node);
    free(launch);
    free(signer);
    free(worker);
    free(kept);
    free(folder);
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
    .options = node_options_table,
    .values_size = sizeof(struct node_values),
    .defaults = &defaults,
    .uses = COMMAND_RPC | COMMAND_NODE | COMMAND_SERVER | COMMAND_SECRET,
    .run = run,
};
