/*
 * The machine's systemd has no home folder and none of this user's settings: it
 * is told endpoints and folder, and no name of a network. A user's own has
 * them: it is told the name, so that another `pond network use` does not send
 * the service elsewhere.
 */
#include "cli/service_words.h"

#include "base/check.h"
#include "base/error.h"
#include "base/memory.h"
#include "cli/command_options.h"
#include "cli/commands.h"
#include "cli/networks.h"
#include "net/address_rule.h"

#include <stdlib.h>
#include <string.h>

/* What install adds, at most: two options with a value, and the program. */
#define WORDS_ADDED 5

/* What the options say that matters here; NULL where one was not given. */
struct server_options {
    const char *folder, *network;
    bool has_rpc;
};

/* The value of a server's own option. */
static const char *own_text(const struct command *command, const void *values,
                            const char *name)
{
    for (const struct option *at = command->options; at->name; at++) {
        if (!strcmp(at->name, name))
            return *(const char *const *)((const char *)values + at->offset);
    }
    return NULL;
}

static int parse(const struct command *command, struct service_words *out,
                 struct server_options *options)
{
    struct command_common common = {0};
    char *argv[SERVICE_WORDS_MAX] = {"pond"};
    const char *arguments[SERVICE_WORDS_MAX];
    void *values = mem_zero(1, command->values_size);
    struct command_sets sets = command_sets(command, values, &common);
    size_t extra;

    memcpy(argv + 1, out->words, out->count * sizeof(*argv));
    int status = options_parse(sets.sets, sets.count, (int)out->count + 1, argv,
                               arguments, &extra);
    if (!status && extra)
        status = err_set(ERR_INVALID,
                         "'%.80s' is an argument, and a %s takes "
                         "only options",
                         arguments[0], command->name);
    /* A validator's folder is an option of its own; a node's a common one. */
    *options = (struct server_options){
        .folder = own_text(command, values, "dir"),
        .network = own_text(command, values, "network"),
        .has_rpc = common.rpc.count > 0,
    };
    if (!options->folder)
        options->folder = common.node_folder;
    free(values);
    if (!status && options->folder && *options->folder != '/')
        status = err_set(ERR_INVALID,
                         "a service starts in no folder of yours: give '%.200s'"
                         " as an absolute path",
                         options->folder);
    return status;
}

/* "--network NAME" is two words, "--network=NAME" is one: value points into
 * them. */
static void drop_network(struct service_words *words, const char *value)
{
    static const char name[] = "--network=";
    size_t first = 0, gone = 1;

    for (; first < words->count; first++) {
        const char *word = words->words[first];

        if (word == value) {
            gone = 2;
            first--;
            break;
        }
        if (!strncmp(word, name, strlen(name)) && word + strlen(name) == value)
            break;
    }
    CHECK(first + gone <= words->count);
    words->count -= gone;
    memmove(&words->words[first], &words->words[first + gone],
            (words->count - first) * sizeof(*words->words));
}

static void add(struct service_words *words, const char *name,
                const char *value)
{
    words->words[words->count++] = name;
    words->words[words->count++] = value;
}

/* A node's, of another network than this machine's own, stands apart. */
static void add_folder(const struct cli *cli, const char *role,
                       struct service_words *out)
{
    const char *network = cli->place.network;
    bool is_node = !strcmp(role, "node");

    if (is_node && network && strcmp(network, NETWORK_LOCAL) != 0)
        out->state_folder = mem_format("pond/networks/%s/node", network);
    out->own_folder = out->state_folder
                          ? mem_format("/var/lib/%s", out->state_folder)
                          : mem_format("/var/lib/pond/%s", role);
    add(out, is_node ? "--node-dir" : "--dir", out->own_folder);
}

/* The three words that --network once had mean addresses to the node. */
static bool is_addresses(const char *network)
{
    const struct address_rule *rule;
    bool is_one = network && address_rule_parse(network, &rule) == 0;

    err_clear();
    return is_one;
}

static int add_network(struct cli *cli, bool is_user,
                       const struct server_options *options,
                       struct service_words *out)
{
    int status = cli_choose_network(cli, options->network);

    if (status == ERR_NOT_FOUND && is_addresses(options->network)) {
        *cli->hint = 0;
        return cli_choose_network(cli, NULL);
    }
    if (status)
        return status;
    if (options->network && !is_user)
        drop_network(out, options->network);
    else if (!options->network && is_user && cli->place.network)
        add(out, "--network", cli->place.network);
    return 0;
}

static int add_rpc(const struct cli *cli, struct service_words *out)
{
    int status = settings_rpc(&cli->place, &out->rpc);

    if (!status && strcmp(out->rpc.source, "default") != 0)
        add(out, "--rpc", out->rpc.value);
    return status;
}

static bool names_role(const struct cli *cli)
{
    return cli->argument_count && *cli->arguments[0] != '-';
}

const char *service_words_role(const struct cli *cli)
{
    return names_role(cli) ? cli->arguments[0] : "node";
}

int service_words_read(struct cli *cli, const char *role, bool is_user,
                       struct service_words *out)
{
    bool is_node = !strcmp(role, "node");
    const struct command *command =
        is_node ? &command_node : &command_validator;
    struct server_options options;

    CHECK(command->options);
    if (cli->argument_count + WORDS_ADDED > SERVICE_WORDS_MAX)
        return err_set(ERR_LIMIT, "more than %d words for the %s",
                       SERVICE_WORDS_MAX, role);
    for (size_t i = names_role(cli); i < cli->argument_count; i++)
        out->words[out->count++] = cli->arguments[i];
    int status = parse(command, out, &options);
    if (!status && is_node)
        status = add_network(cli, is_user, &options, out);
    if (status)
        return status;
    out->folder = options.folder;
    if (!is_user && !options.folder)
        add_folder(cli, role, out);
    if (!is_user && is_node && !options.has_rpc)
        status = add_rpc(cli, out);
    return status;
}

void service_words_free(struct service_words *words)
{
    free(words->state_folder);
    free(words->own_folder);
    settings_free(&words->rpc);
}
