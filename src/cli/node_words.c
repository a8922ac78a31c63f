/*
 * Sizes are given in MiB and kept in bytes; the limits of the table keep them
 * from overflowing.
 */
#include "cli/node_words.h"

#include "base/check.h"
#include "base/error.h"
#include "cli/node_face.h"
#include "cli/server.h"
#include "cli/settings.h"
#include "node/money/wallet_phrase.h"
#include "node/reach/engine_name.h"
#include "runtime/koii/koii_program.h"

#include <pwd.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define VALUE(member) offsetof(struct node_given, member)

/* Where the help names a default in brackets that is not in defaults below, the
 * node has it (node/node.h). 48 MiB is the least a worker runs with
 * (runtime/host/host.h). */
const struct option node_words_options[] = {
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

const struct node_given node_words_defaults = {.port = NODE_PORT_DEFAULT};

/* ---- one by one ---- */

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
static int parse_network(struct cli *cli, const struct node_given *given,
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
static int parse_engine(const struct node_given *given, enum node_engine *out,
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

/* What has to confine tasks. Of two that contradict each other neither is
 * right. */
static int confinement_of(const struct node_given *given,
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
static int parse_page(const struct node_given *given,
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

/* ---- all of them ---- */

/* What needs no look at anything. */
static struct node_options plain_options(const struct cli *cli,
                                         const struct node_given *given)
{
    return (struct node_options){
        .account = given->account,
        .find_network = find_network,
        .listen_address = given->listen,
        .listen_port = (uint16_t)given->port,
        .public_url = given->public_url,
        .control_port = (uint16_t)given->control_port,
        .passphrase = cli->passphrase,
        .is_plain = given->no_passphrase,
        .auto_upgrade = given->auto_upgrade,
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
}

static void copy_list(const struct option_list *list, const char **out)
{
    for (size_t i = 0; i < list->count; i++)
        out[i] = list->values[i];
}

static void find_programs(struct node_words *words)
{
    words->options.worker_path = words->worker = server_program("pond-worker");
    words->options.signer_path = words->signer =
        server_program_at("pond-signer", "node/signer");
    words->options.launch_path = words->launch =
        server_program_at("pond-launch", "runtime/launch");
}

/* Without another source it is the passphrase that the folder keeps. */
static void find_passphrase(struct node_words *words)
{
    if (!words->options.passphrase.file)
        words->options.passphrase.file = words->kept =
            wallet_passphrase_kept(words->folder);
}

int node_words_read(struct cli *cli, const struct node_given *given,
                    struct node_words *out)
{
    struct node_options *options = &out->options;

    *out = (struct node_words){.options = plain_options(cli, given)};
    find_programs(out);
    copy_list(&given->gateways, out->gateways);
    copy_list(&given->conditions, out->conditions);
    options->gateways = out->gateways;
    options->conditions = out->conditions;
    ask_nobody(&options->passphrase);
    int status = parse_network(cli, given, &options->network);

    if (status)
        return status;
    options->network_name = cli->network.value;
    options->folder = out->folder = node_face_folder(cli);
    status = confinement_of(given, &options->confinement);
    if (!status)
        status = parse_engine(given, &options->engine, &out->program);
    options->node_program = out->program;
    if (!status)
        status = parse_page(given, options);
    if (!status)
        status = settings_rpc(&cli->place, &out->rpc);
    if (status)
        return status;
    options->rpc_url = out->rpc.value;
    find_passphrase(out);
    return 0;
}

void node_words_free(struct node_words *words)
{
    settings_free(&words->rpc);
    free(words->program);
    free(words->launch);
    free(words->signer);
    free(words->worker);
    free(words->kept);
    free(words->folder);
}
