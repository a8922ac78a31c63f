/*
 * Where a user's RPC endpoint and wallet are, if the command line does not say
 * so. The first that names it counts:
 *
 *   endpoint   --rpc; POND_RPC; ~/.config/pond/config.yml (json_rpc_url);
 *              ~/.config/koii/cli/config.yml (the same key, as Koii's CLIs
 *              keep it); http://127.0.0.1:10899
 *   wallet     --keypair; POND_KEYPAIR; the same files (keypair_path);
 *              ~/.config/pond/id.json, ~/.config/koii/id.json or
 *              ~/.config/solana/id.json if there is one
 *
 * An endpoint is a URL, or one of the names mainnet, testnet, devnet and
 * localhost.
 *
 * XDG_CONFIG_HOME stands in for ~/.config where it is set. Texts that a call
 * gives out belong to the caller.
 */
#ifndef POND_CLI_SETTINGS_H
#define POND_CLI_SETTINGS_H

#define SETTINGS_RPC_DEFAULT "http://127.0.0.1:10899"

/* A setting and where it was found. Both belong to the struct's owner. */
struct settings_found {
    char *value;
    char *source; /* for people: where it stands */
};

/* given: from the command line, or NULL. ERR_INVALID for a settings file that
 * can't be read as YAML, naming it. */
int settings_rpc(const char *given, struct settings_found *out);

/* As above, the path of the wallet. That the path leads to a file is not looked
 * at where something names it. ERR_NOT_FOUND where nothing does and no wallet
 * lies in the usual places. */
int settings_key(const char *given, struct settings_found *out);

void settings_free(struct settings_found *found);

/* ~/.config/NAME, of any program. */
char *settings_config_path(const char *name);

/* ~/.config/pond/NAME. */
char *settings_path(const char *name);

/* ~/.local/share/pond/NAME (XDG_DATA_HOME): stores, nodes, networks. */
char *settings_data_path(const char *name);

#endif
