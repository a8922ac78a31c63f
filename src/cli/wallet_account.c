/*
 * pond wallet list, use, rename, remove and export: the accounts of a node's
 * folder. `wallet new` and `wallet import` make them with --account.
 *
 * What changes an account is refused while a node runs in the folder.
 */
#include "cli/commands.h"
#include "cli/node_face.h"
#include "cli/wallet_file.h"

#include "base/error.h"
#include "crypto/keyfile.h"
#include "node/money/amount.h"
#include "node/money/wallet_account.h"
#include "node/money/wallet_phrase.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* ---- list ---- */

/* The node asks the chain about all tasks. */
#define STAKES_TIMEOUT_MS 60000

/* What the node that runs in the folder answers (GET wallets of docs/page.md);
 * NULL where none does. Without a node the list is as good, but for stakes. */
static struct json_object *ask_node(const char *folder)
{
    struct control_client control;
    struct json_object *answer = NULL;
    int status = control_client_read(folder, &control);

    if (!status) {
        control.timeout_ms = STAKES_TIMEOUT_MS;
        status =
            control_client_ask_json(&control, "/api/1/wallets", NULL, &answer);
    }
    if (status)
        err_clear();
    return answer;
}

/* The node alone may know the key for KPL tasks of the account it uses. */
static bool is_key_of(struct json_object *answer, const char *account,
                      const char *key)
{
    struct json_object *items;

    if (json_get_array(answer, "items", &items))
        return false;
    for (size_t i = 0; i < json_object_array_length(items); i++) {
        struct json_object *item = json_object_array_get_idx(items, i);

        if (!strcmp(node_face_text(item, "name"), account))
            return !strcmp(node_face_text(item, "staking"), key) ||
                   !strcmp(node_face_text(item, "kpl_staking"), key);
    }
    return false;
}

static void add_words(struct json_object *stake, const char *name,
                      const char *what, struct buffer *out)
{
    uint64_t units = strtoull(node_face_text(stake, name), NULL, 10);

    if (!units)
        return;
    char *words = amount_words(units, *node_face_text(stake, "token") != 0);

    buffer_format(out, "%s %s", words, what);
    free(words);
}

/* "2 KOII staked on weather, 0.5 KOII claimable", and the next one. */
static void describe(struct json_object *stake, struct buffer *out)
{
    struct buffer claimable = {0};

    if (out->size)
        buffer_text(out, "; ");
    add_words(stake, "stake", "staked", out);
    add_words(stake, "claimable", "claimable", &claimable);
    if (claimable.size)
        buffer_format(out, "%s%s",
                      strcmp(node_face_text(stake, "stake"), "0") ? ", " : "",
                      buffer_string(&claimable));
    buffer_format(out, " on %s", node_face_text(stake, "name"));
    buffer_free(&claimable);
}

static void print_stakes(struct output *output, struct json_object *answer,
                         const char *account)
{
    struct json_object *stakes, *items, *own = json_object_new_array();
    struct buffer text = {0}, json = {0};

    if (!answer || json_get_object(answer, "stakes", &stakes) ||
        json_get_array(stakes, "items", &items)) {
        err_clear();
        output_text(output, "stakes", NULL);
    } else {
        for (size_t i = 0; i < json_object_array_length(items); i++) {
            struct json_object *stake = json_object_array_get_idx(items, i);

            if (!is_key_of(answer, account, node_face_text(stake, "key")))
                continue;
            describe(stake, &text);
            json_object_array_add(own, json_object_get(stake));
        }
        json_text(own, &json);
        output_json(output, "stakes", text.size ? buffer_string(&text) : "none",
                    buffer_view(&json));
    }
    json_object_put(own);
    buffer_free(&json);
    buffer_free(&text);
}

static void print_account(struct cli *cli, const struct wallet_account *account,
                          struct json_object *answer)
{
    struct output *output = &cli->output;

    output_text(output, "account", account->name);
    output_bool(output, "active", account->is_active);
    output_text(output, "main",
                account->status ? "" : PUBKEY_TEXT(&account->main));
    output_text(output, "staking",
                account->status ? "" : PUBKEY_TEXT(&account->staking));
    output_bool(output, "sealed", account->is_sealed);
    output_text(output, "error",
                account->status ? err_name(account->status) : "");
    print_stakes(output, answer, account->name);
    output_record(output);
}

static int run_list(struct cli *cli, const void *values)
{
    struct wallet_account *all;
    size_t count;
    char *folder = node_face_folder(cli);
    int status = wallet_account_list(folder, &all, &count);

    if (!status) {
        struct json_object *answer = ask_node(folder);

        output_list(&cli->output, "The node's folder has no accounts.");
        for (size_t i = 0; i < count; i++)
            print_account(cli, &all[i], answer);
        output_print(&cli->output);
        json_object_put(answer);
        free(all);
    }
    free(folder);
    return status;
}

const struct command command_wallet_list = {
    .name = "wallet list",
    .arguments = "",
    .summary = "list the accounts of a node's folder, and their stakes",
    .details = "What their staking keys have staked, and can claim, is known "
               "where a node runs in the folder, and settlement answers.",
    .uses = COMMAND_NODE,
    .run = run_list,
};

/* ---- changes ---- */

/* What was done, as a record with the account's name. */
static int say_done(struct cli *cli, const char *name, int status)
{
    if (status == ERR_LOCKED)
        return cli_hint(cli, status, "stop the node first");
    if (status == ERR_NOT_FOUND)
        return cli_hint(cli, status, "`pond wallet list` lists them");
    if (status)
        return status;
    output_text(&cli->output, "account", name);
    output_record(&cli->output);
    output_print(&cli->output);
    return 0;
}

static int run_use(struct cli *cli, const void *values)
{
    char *folder = node_face_folder(cli);
    int status = wallet_account_use(folder, cli->arguments[0]);

    free(folder);
    return say_done(cli, cli->arguments[0], status);
}

const struct command command_wallet_use = {
    .name = "wallet use",
    .arguments = "NAME",
    .summary =
        "use another account of the node's folder from its next start on",
    .arguments_min = 1,
    .arguments_max = 1,
    .uses = COMMAND_NODE,
    .run = run_use,
};

static int run_rename(struct cli *cli, const void *values)
{
    char *folder = node_face_folder(cli);
    int status =
        wallet_account_rename(folder, cli->arguments[0], cli->arguments[1]);

    free(folder);
    return say_done(cli, cli->arguments[1], status);
}

const struct command command_wallet_rename = {
    .name = "wallet rename",
    .arguments = "NAME NEW-NAME",
    .summary = "give an account of the node's folder another name",
    .arguments_min = 2,
    .arguments_max = 2,
    .uses = COMMAND_NODE,
    .run = run_rename,
};

struct remove_values {
    bool yes;
};

static const struct option remove_options[] = {
    {"yes", 'y', OPTION_FLAG, offsetof(struct remove_values, yes), NULL,
     "delete its keys, whose coins are lost without a copy", 0, 0},
    {0},
};

static int run_remove(struct cli *cli, const void *values)
{
    const struct remove_values *given = values;

    if (!given->yes)
        return cli_hint(cli,
                        err_set(ERR_DENIED,
                                "removing \"%s\" deletes its keys for ever",
                                cli->arguments[0]),
                        "with its seed phrase, or a copy made by `pond wallet "
                        "export`, it can be brought back; then say --yes");
    char *folder = node_face_folder(cli);
    int status = wallet_account_remove(folder, cli->arguments[0]);
    free(folder);
    return say_done(cli, cli->arguments[0], status);
}

const struct command command_wallet_remove = {
    .name = "wallet remove",
    .arguments = "NAME",
    .summary = "delete an account of the node's folder, and its keys",
    .options = remove_options,
    .values_size = sizeof(struct remove_values),
    .arguments_min = 1,
    .arguments_max = 1,
    .uses = COMMAND_NODE,
    .run = run_remove,
};

/* ---- export ---- */

struct export_values {
    bool staking, force;
};

#define EXPORT(member) offsetof(struct export_values, member)

static const struct option export_options[] = {
    {"staking", 0, OPTION_FLAG, EXPORT(staking), NULL,
     "the staking key, not the main one", 0, 0},
    {"force", 'f', OPTION_FLAG, EXPORT(force), NULL,
     "overwrite a key file that is there", 0, 0},
    {0},
};

/* In the form that other programs read: plain. */
static int run_export(struct cli *cli, const void *values)
{
    const struct export_values *given = values;
    struct passphrase passphrase = {.source = cli->passphrase};
    struct keypair keypair = {0};
    char *folder = node_face_folder(cli), *path = NULL;
    bool is_sealed;

    wallet_account_recover(folder);
    int status = given->staking
                     ? wallet_staking_path(folder, cli->arguments[0], &path)
                     : wallet_main_path(folder, cli->arguments[0], &path);

    if (!status)
        status = keyfile_open(path, &passphrase, &keypair, &is_sealed);
    passphrase_wipe(&passphrase);
    if (!status)
        status = keyfile_write(cli->arguments[1], &keypair, given->force);
    if (!status) {
        output_text(&cli->output, "address", PUBKEY_TEXT(&keypair.pubkey));
        output_text(&cli->output, "file", cli->arguments[1]);
        output_record(&cli->output);
        output_print(&cli->output);
        cli_say(cli, "The key in that file is not sealed.");
    }
    keypair_wipe(&keypair);
    free(path);
    free(folder);
    return status;
}

const struct command command_wallet_export = {
    .name = "wallet export",
    .arguments = "NAME FILE",
    .summary = "write a key of an account to a plain key file",
    .details =
        "The file is what Koii's and Solana's CLIs read: a JSON array of "
        "64 numbers, mode 0600.",
    .options = export_options,
    .values_size = sizeof(struct export_values),
    .arguments_min = 2,
    .arguments_max = 2,
    .uses = COMMAND_NODE | COMMAND_SECRET,
    .run = run_export,
};

/* ---- words ---- */

/* The words of a wallet without a passphrase are sealed by the empty one. */
static int read_words(const char *folder, const char *name,
                      struct passphrase *passphrase, struct buffer *words)
{
    char *path;
    struct pubkey address;
    bool is_sealed = false;
    struct seal none = {0}, *seal = &none;
    int status = wallet_main_path(folder, name, &path);

    if (status)
        return status;
    status = keyfile_address(path, &address, &is_sealed);
    if (!status && is_sealed)
        status = passphrase_get(passphrase, path, &seal);
    if (!status)
        status = wallet_phrase_read(folder, name, seal, words);
    seal_wipe(&none);
    if (status == ERR_DENIED && seal != &none)
        err_set(status, "%s: wrong passphrase", path);
    free(path);
    return status;
}

static int run_phrase(struct cli *cli, const void *values)
{
    struct passphrase passphrase = {.source = cli->passphrase};
    struct buffer words = {0};
    char *folder = node_face_folder(cli);

    cli->output.is_secret = true;
    wallet_account_recover(folder);
    int status = read_words(folder, cli->arguments[0], &passphrase, &words);
    passphrase_wipe(&passphrase);
    if (!status) {
        output_text(&cli->output, "seed_phrase", buffer_string(&words));
        output_record(&cli->output);
        output_print(&cli->output);
    }
    buffer_wipe(&words);
    free(folder);
    return status;
}

const struct command command_wallet_phrase = {
    .name = "wallet phrase",
    .arguments = "NAME",
    .summary = "show the seed phrase of an account, where it is kept",
    .details = "The folder keeps the words of a wallet that was made or "
               "brought as words on the page, under its passphrase. Who has "
               "them has its coins.",
    .arguments_min = 1,
    .arguments_max = 1,
    .uses = COMMAND_NODE | COMMAND_SECRET,
    .run = run_phrase,
};

/* ---- new ones ---- */

int wallet_file_save_account(struct cli *cli, const struct wallet *wallet,
                             const struct wallet_file_values *given)
{
    struct passphrase passphrase = {.source = cli->passphrase};
    struct seal none = {0}, *seal = &none;
    char *folder = node_face_folder(cli);
    int status = 0;

    if (!given->no_passphrase)
        status = passphrase_get_new(&passphrase, given->account, &seal);
    if (!status)
        status = wallet_account_add(folder, given->account, wallet, seal);
    if (status == ERR_LOCKED)
        cli_hint(cli, status, "stop the node first");
    if (!status) {
        output_text(&cli->output, "account", given->account);
        output_text(&cli->output, "main", PUBKEY_TEXT(&wallet->main.pubkey));
        output_text(&cli->output, "staking",
                    PUBKEY_TEXT(&wallet->staking.pubkey));
        output_bool(&cli->output, "sealed", seal->passphrase.size > 0);
    }
    passphrase_wipe(&passphrase);
    free(folder);
    return status;
}
