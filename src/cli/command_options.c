#include "cli/command_options.h"

#include "base/check.h"

#include <stddef.h>
#include <string.h>

#define COMMON(member) offsetof(struct command_common, member)

/* Every command has these. A variable of the environment that stands in for an
 * option is named in its help, in brackets beside the default. */
static const struct option common_options[] = {
    {"json", 0, OPTION_FLAG, COMMON(json), NULL,
     "print JSON, one object a line", 0, 0},
    {"quiet", 'q', OPTION_FLAG, COMMON(quiet), NULL,
     "no progress and no remarks", 0, 0},
    {"progress", 0, OPTION_FLAG, COMMON(progress), NULL,
     "progress and remarks as JSON on stderr, an object a line", 0, 0},
    {"log-level", 0, OPTION_TEXT, COMMON(log_level), "LEVEL",
     "error, warn, info, debug or quiet (POND_LOG)", 0, 0},
    {"help", 'h', OPTION_FLAG, COMMON(help), NULL, "print this", 0, 0},
    {0},
};
/* A command has these five if it says so (enum command_uses): an option that a
 * command would not look at is refused rather than ignored. */
static const struct option rpc_options[] = {
    {"rpc", 'u', OPTION_LIST, COMMON(rpc), "URL",
     "the settlement endpoint (POND_RPC; http://127.0.0.1:10899); others for "
     "when it fails: given again, or with commas",
     0, 0},
    {0},
};
static const struct option network_options[] = {
    {"network", 0, OPTION_TEXT, COMMON(network), "NAME",
     "the network, with its own endpoints, node and wallet (POND_NETWORK; "
     "`pond network use`)",
     0, 0},
    {0},
};
static const struct option key_options[] = {
    {"keypair", 'k', OPTION_TEXT, COMMON(key_path), "FILE",
     "the wallet that signs and pays (POND_KEYPAIR; ~/.config/pond/id.json)", 0,
     0},
    {0},
};
static const struct option node_options[] = {
    {"node-dir", 'd', OPTION_TEXT, COMMON(node_folder), "DIR",
     "the folder of the node to talk to (POND_NODE; "
     "~/.local/share/pond/node, or that of the network)",
     0, 0},
    {0},
};

static const struct option secret_options[] = {
    {"passphrase-file", 0, OPTION_TEXT, COMMON(passphrase_file), "FILE",
     "the passphrase of sealed keys; -: standard input (asked for on a "
     "terminal)",
     0, 0},
    {0},
};

/* A command's own option of that name stands for the common one. */
static bool has_own(const struct command *command, const char *name)
{
    for (const struct option *at = command->options; at && at->name; at++)
        if (!strcmp(at->name, name))
            return true;
    return false;
}

struct command_sets command_sets(const struct command *command, void *values,
                                 struct command_common *common)
{
    CHECK(command);
    CHECK(common);
    struct command_sets all = {0};

    if (command->options)
        all.sets[all.count++] = (struct option_set){command->options, values};
    if (command->uses & COMMAND_RPC)
        all.sets[all.count++] = (struct option_set){rpc_options, common};
    if (command->uses & COMMAND_OF_NETWORK &&
        !has_own(command, network_options[0].name))
        all.sets[all.count++] = (struct option_set){network_options, common};
    if (command->uses & COMMAND_KEY)
        all.sets[all.count++] = (struct option_set){key_options, common};
    if (command->uses & COMMAND_NODE)
        all.sets[all.count++] = (struct option_set){node_options, common};
    if (command->uses & COMMAND_SECRET)
        all.sets[all.count++] = (struct option_set){secret_options, common};
    all.sets[all.count++] = (struct option_set){common_options, common};
    return all;
}
