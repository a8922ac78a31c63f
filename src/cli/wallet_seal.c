/*
 * pond wallet seal, unseal and passphrase: what guards key files at rest. They
 * work on the user's key file, or with --account on the two of an account of
 * the node's folder, which needs no restart, as the keys stay the same, but a
 * node that is stopped.
 *
 * Passphrases are typed or read from files, never from the command line.
 */
#include "cli/commands.h"
#include "cli/node_face.h"
#include "cli/settings.h"

#include "base/error.h"
#include "crypto/keyfile.h"
#include "node/money/wallet_account.h"

#include <stddef.h>
#include <stdlib.h>

struct seal_values {
    const char *account, *new_file;
};

#define SEAL(member) offsetof(struct seal_values, member)

#define ACCOUNT_OPTION                                                         \
    {                                                                          \
        "account", 0, OPTION_TEXT, SEAL(account), "NAME",                      \
            "keys and words of that account of the node's folder, in place "   \
            "of the wallet",                                                   \
            0, 0                                                               \
    }

static const struct option seal_options[] = {ACCOUNT_OPTION, {0}};

static const struct option passphrase_options[] = {
    ACCOUNT_OPTION,
    {"new-passphrase-file", 0, OPTION_TEXT, SEAL(new_file), "FILE",
     "the new passphrase (asked for on a terminal)", 0, 0},
    {0},
};

/* The file that the user's wallet, or the account's main key, is in. */
static int path_of(struct cli *cli, const char *folder, const char *account,
                   char **out)
{
    struct settings_found found;

    if (account) {
        wallet_account_recover(folder);
        return wallet_main_path(folder, account, out);
    }
    int status = settings_key(cli->key_path, &cli->place, &found);
    if (!status) {
        *out = found.value;
        found.value = NULL;
        settings_free(&found);
    }
    return status;
}

static int check_sealed(const char *path, bool wanted)
{
    struct pubkey address;
    bool is_sealed = false;
    int status = keyfile_address(path, &address, &is_sealed);

    if (!status && is_sealed != wanted)
        status = err_set(ERR_STATE,
                         wanted ? "%s is not sealed"
                                : "%s is sealed already; `pond wallet "
                                  "passphrase` changes its passphrase",
                         path);
    return status;
}

/* old: to open them with; fresh: the new one, empty for none. */
static int reseal(struct cli *cli, const struct seal_values *given,
                  const char *folder, const char *path, struct passphrase *old,
                  struct seal *fresh)
{
    int status = given->account
                     ? wallet_account_reseal(folder, given->account, old, fresh)
                     : keyfile_reseal(path, old, fresh);

    if (status == ERR_LOCKED)
        cli_hint(cli, status, "stop the node first");
    if (status)
        return status;
    output_text(&cli->output, "file", path);
    output_bool(&cli->output, "sealed", fresh->passphrase.size > 0);
    output_record(&cli->output);
    output_print(&cli->output);
    return 0;
}

/* A passphrase is wanted: none is an error here. */
static int get_new(struct passphrase *passphrase, const char *path,
                   struct seal **out)
{
    int status = passphrase_get_new(passphrase, path, out);

    if (!status && !(*out)->passphrase.size && passphrase->text)
        status = err_set(ERR_INVALID, "an empty passphrase seals nothing");
    else if (!status && !(*out)->passphrase.size)
        status = err_set(ERR_DENIED, "there is no terminal to ask for a "
                                     "passphrase at, and no file with it");
    return status;
}

/* ---- the three ---- */

static int run_seal(struct cli *cli, const void *values)
{
    const struct seal_values *given = values;
    struct passphrase passphrase = {.source = cli->passphrase}, none = {0};
    struct seal *seal;
    char *folder = node_face_folder(cli), *path = NULL;
    int status = path_of(cli, folder, given->account, &path);

    /* Of an account whose staking key alone is plain both are sealed again, if
     * the passphrase is the same. */
    if (!status && !given->account)
        status = check_sealed(path, false);
    if (!status)
        status = get_new(&passphrase, path, &seal);
    if (!status)
        status = reseal(cli, given, folder, path, &none, seal);
    if (status == ERR_DENIED)
        cli_hint(cli, status,
                 "name a file with the passphrase by --passphrase-file; if it "
                 "is sealed already, `pond wallet passphrase` changes it");
    passphrase_wipe(&passphrase);
    free(path);
    free(folder);
    return status;
}

const struct command command_wallet_seal = {
    .name = "wallet seal",
    .arguments = "",
    .summary = "put a wallet's key file under a passphrase",
    .details = "The passphrase is asked for twice on a terminal, or read by "
               "--passphrase-file. A wallet whose passphrase is lost can be "
               "brought back by its seed phrase alone.",
    .options = seal_options,
    .values_size = sizeof(struct seal_values),
    .uses = COMMAND_KEY | COMMAND_NODE | COMMAND_SECRET,
    .run = run_seal,
};

static int run_unseal(struct cli *cli, const void *values)
{
    const struct seal_values *given = values;
    struct passphrase passphrase = {.source = cli->passphrase};
    struct seal none = {0};
    char *folder = node_face_folder(cli), *path = NULL;
    int status = path_of(cli, folder, given->account, &path);

    if (!status && !given->account)
        status = check_sealed(path, true);
    if (!status)
        status = reseal(cli, given, folder, path, &passphrase, &none);
    seal_wipe(&none);
    passphrase_wipe(&passphrase);
    free(path);
    free(folder);
    return status;
}

const struct command command_wallet_unseal = {
    .name = "wallet unseal",
    .arguments = "",
    .summary = "write a sealed wallet's key file plain again",
    .details = "Other CLIs read only plain key files.",
    .options = seal_options,
    .values_size = sizeof(struct seal_values),
    .uses = COMMAND_KEY | COMMAND_NODE | COMMAND_SECRET,
    .run = run_unseal,
};

/* The old one is tried before the new one is asked for. */
static int run_passphrase(struct cli *cli, const void *values)
{
    const struct seal_values *given = values;
    struct passphrase old = {.source = cli->passphrase};
    struct passphrase new = {.source = {given->new_file, true}};
    struct keypair keypair = {0};
    struct seal *seal;
    bool is_sealed;
    char *folder = node_face_folder(cli), *path = NULL;
    int status = path_of(cli, folder, given->account, &path);

    if (!status)
        status = check_sealed(path, true);
    if (!status)
        status = keyfile_open(path, &old, &keypair, &is_sealed);
    keypair_wipe(&keypair);
    if (!status)
        status = get_new(&new, path, &seal);
    if (!status)
        status = reseal(cli, given, folder, path, &old, seal);
    passphrase_wipe(&new);
    passphrase_wipe(&old);
    free(path);
    free(folder);
    return status;
}

const struct command command_wallet_passphrase = {
    .name = "wallet passphrase",
    .arguments = "",
    .summary = "change the passphrase of a sealed wallet",
    .details = "Where the node's folder keeps the passphrase of the account in "
               "use, so that the node starts without asking, the new one is "
               "kept in its place.",
    .options = passphrase_options,
    .values_size = sizeof(struct seal_values),
    .uses = COMMAND_KEY | COMMAND_NODE | COMMAND_SECRET,
    .run = run_passphrase,
};
