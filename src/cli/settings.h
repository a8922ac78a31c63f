/*
 * Where a user's RPC endpoint and wallet are, if the command line does not say
 * so. The first that names it counts:
 *
 *   network    --network; POND_NETWORK; `pond network use` (networks.h)
 *   endpoint   --rpc; --network; POND_RPC; POND_NETWORK; `pond network use`;
 *              ~/.config/pond/config.yml (json_rpc_url);
 *              ~/.config/koii/cli/config.yml (the same key, as Koii's CLIs
 *              keep it); http://127.0.0.1:10899
 *   wallet     --keypair; POND_KEYPAIR; the network's own,
 *              ~/.config/pond/networks/NAME/id.json, if there is one; the
 *              same files (keypair_path); ~/.config/pond/id.json,
 *              ~/.config/koii/id.json or ~/.config/solana/id.json if there is
 *              one
 *
 * An endpoint is a URL or the name of a network, or several of them with commas
 * or blanks between them, in the order of preference.
 *
 * Texts that a call gives out belong to the caller.
 */
#ifndef POND_CLI_SETTINGS_H
#define POND_CLI_SETTINGS_H

#include "cli/networks.h"
#include "cli/options.h"
#include "cli/settings_path.h"

#define SETTINGS_RPC_DEFAULT NETWORK_LOCAL_URL

/* A setting and where it was found. Both belong to the struct's owner. */
struct settings_found {
    char *value;
    char *source; /* for people: where it stands */
};

/* Which network a command is about. Zeros: the user's settings say all. */
struct settings_place {
    struct option_list rpc; /* --rpc */
    /* Its name, from settings_network(); NULL: none was chosen. */
    const char *network;
    const char *network_source;
    bool is_near; /* --network, which counts before POND_RPC */
};

/* given: --network, or NULL. The network's name, or a value of NULL where none
 * was chosen. ERR_NOT_FOUND names those that there are. */
int settings_network(const char *given, struct settings_found *out);

/* The value is one URL or several with blanks between them, as client_new()
 * takes them. ERR_INVALID for a settings file that can't be read, naming it. */
int settings_rpc(const struct settings_place *place,
                 struct settings_found *out);

/* As above, the path of the wallet; given: --keypair, or NULL. That the path
 * leads to a file is not looked at where something names it. ERR_NOT_FOUND
 * where nothing does and no wallet lies in the usual places. */
int settings_key(const char *given, const struct settings_place *place,
                 struct settings_found *out);

/* Where a new wallet goes: ~/.config/pond/id.json, or the network's own. */
char *settings_new_key_path(const struct settings_place *place);

/* The default of a node's folder: ~/.local/share/pond/node, or
 * ~/.local/share/pond/networks/NAME/node. */
char *settings_node_folder(const struct settings_place *place);

void settings_free(struct settings_found *found);

#endif
