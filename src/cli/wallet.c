/*
 * pond wallet: key files of Solana's and Koii's CLIs.
 *
 * A wallet is one file with one key, in the format that the other programs of
 * this family read and write. Phrases are BIP39, derived by Koii's path unless
 * another is named. Nothing on disk but the file holds the secret.
 *
 * Keys, seeds, phrases and what was typed are wiped in memory, with the copies
 * that printing a new phrase makes (output.h).
 *
 * Phrases are read from standard input and never from the command line, where
 * every user of the machine could see them.
 *
 * A file is never overwritten unless --force is given, because a lost key is
 * lost with its coins. Exit status 1 where one is there, 3 where there is no
 * wallet.
 *
 * Order in `new` and `import`: the file first, then the output. What was
 * printed is on disk.
 */
#include "node/money/wallet.h"
#include "base/check.h"
#include "base/error.h"
#include "cli/commands.h"
#include "cli/session.h"
#include "cli/settings.h"
#include "cli/wallet_file.h"
#include "crypto/mnemonic.h"

#include <sodium.h>
#include <stddef.h>
#include <stdlib.h>

/* ---- new ---- */

#define NEW(member) offsetof(struct wallet_file_values, member)

static const struct option new_options[] = {
    {"outfile", 'o', OPTION_TEXT, NEW(outfile), "FILE", WALLET_FILE_HELP, 0, 0},
    {"words", 0, OPTION_NUMBER, NEW(words), "N",
     "length of the seed phrase: 12, 15, 18, 21 or 24 (12)", 12, 24},
    {"derivation-path", 0, OPTION_TEXT, NEW(path), "PATH", WALLET_PATH_HELP, 0,
     0},
    {"account", 0, OPTION_TEXT, NEW(account), "NAME", WALLET_ACCOUNT_HELP, 0,
     0},
    {"no-passphrase", 0, OPTION_FLAG, NEW(no_passphrase), NULL,
     WALLET_PLAIN_HELP, 0, 0},
    {"force", 'f', OPTION_FLAG, NEW(force), NULL,
     "overwrite a key file that is there", 0, 0},
    {0},
};

/* Of an account both keys, by Koii's paths. */
static int save_new(struct cli *cli, const char *mnemonic,
                    const struct wallet_file_values *given)
{
    struct wallet wallet = {0};
    int status;

    if (given->account) {
        status = wallet_from_mnemonic(mnemonic, NULL, &wallet);
        if (!status)
            status = wallet_file_save_account(cli, &wallet, given);
    } else {
        status = wallet_file_derive(mnemonic, "", given->path, &wallet.main);
        if (!status)
            status = wallet_file_save(cli, &wallet.main, given);
    }
    wallet_wipe(&wallet);
    return status;
}

/* From entropy to sentence, seed and key: nothing is kept that the file or the
 * sentence could not bring back. The parser lets 12 to 24 words through; here
 * it is checked that BIP39 has that number. */
static int run_new(struct cli *cli, const void *values)
{
    CHECK(values);
    const struct wallet_file_values *given = values;
    unsigned words = given->words ? (unsigned)given->words : 12;
    char mnemonic[MNEMONIC_SIZE];

    if (words % 3)
        return err_set(ERR_INVALID,
                       "--words takes 12, 15, 18, 21 or 24, not %u", words);
    int status = wallet_file_check(given);
    if (status)
        return status;
    cli->output.is_secret = true;
    mnemonic_generate(words, mnemonic);
    status = save_new(cli, mnemonic, given);
    if (!status) {
        output_text(&cli->output, "seed_phrase", mnemonic);
        output_record(&cli->output);
        output_print(&cli->output);
        cli_say(cli, "Write the seed phrase down: it alone can bring this "
                     "wallet back.");
    }
    sodium_memzero(mnemonic, sizeof(mnemonic));
    return status;
}

const struct command command_wallet_new = {
    .name = "wallet new",
    .arguments = "",
    .summary = "make a wallet and print its seed phrase",
    .details = "The key file is what Solana's and Koii's CLIs read: a JSON "
               "array of 64 numbers, mode 0600.",
    .options = new_options,
    .values_size = sizeof(struct wallet_file_values),
    .uses = COMMAND_NODE | COMMAND_SECRET,
    .run = run_new,
};

/* ---- show and balance ---- */

/* Without an argument, the user's own. Only the public half is needed, and only
 * it is kept. */
static int key_or_wallet(struct cli *cli, struct pubkey *out)
{
    CHECK(out);
    return cli->argument_count ? session_key(cli->arguments[0], out)
                               : session_address(cli, out);
}

/* The secret is never printed; it is in the file. The file is read all the
 * same, so that an address that is printed is one that can sign. */
static int run_show(struct cli *cli, const void *values)
{
    struct settings_found path;
    struct pubkey address;
    bool is_sealed = false;
    int status = session_key_file(cli, &path, &address, &is_sealed);

    if (status)
        return status;
    output_text(&cli->output, "address", PUBKEY_TEXT(&address));
    output_text(&cli->output, "file", path.value);
    output_bool(&cli->output, "sealed", is_sealed);
    output_record(&cli->output);
    output_print(&cli->output);
    settings_free(&path);
    return 0;
}

const struct command command_wallet_show = {
    .name = "wallet show",
    .arguments = "",
    .summary = "print the wallet's address and where it is kept",
    .uses = COMMAND_KEY,
    .run = run_show,
};

/* An address that was never used has a balance of 0, as on every chain. So a
 * mistyped address can look like one without coins. */
static int run_balance(struct cli *cli, const void *values)
{
    struct session session;
    struct pubkey key;
    uint64_t roe;
    int status = key_or_wallet(cli, &key);

    if (!status)
        status = session_open(cli, &session);
    if (status)
        return status;
    status = session_status(&session,
                            client_balance_wait(session.client, &key, &roe));
    if (!status) {
        output_text(&cli->output, "address", PUBKEY_TEXT(&key));
        output_roe(&cli->output, "balance_roe", roe);
        output_record(&cli->output);
        output_print(&cli->output);
    }
    session_close(&session);
    return status;
}

const struct command command_wallet_balance = {
    .name = "wallet balance",
    .arguments = "[ADDRESS]",
    .summary = "print what a wallet holds",
    .details = "ADDRESS is base58 or the path of a key file; without one it "
               "is the user's wallet.",
    .arguments_max = 1,
    .uses = COMMAND_RPC | COMMAND_KEY | COMMAND_SECRET,
    .run = run_balance,
};

/* ---- transfer ---- */

/* The amount arrives whole: the sender, who signs, pays the fee beside it.
 * Whether there is enough is the chain's to say (status 5). */
static int transfer(struct cli *cli, struct signer *from,
                    const struct pubkey *to, uint64_t roe)
{
    CHECK(to);
    struct session session;
    struct recipe recipe;
    int status = session_open(cli, &session);

    if (status)
        return status;
    recipe_init(&recipe, signer_main(from));
    status = recipe_transfer(&recipe, signer_main(from), to, roe);
    if (!status) {
        output_text(&cli->output, "to", PUBKEY_TEXT(to));
        output_roe(&cli->output, "amount_roe", roe);
        status = session_send_and_print(&session, from, &recipe);
    }
    recipe_free(&recipe);
    session_close(&session);
    return status;
}

/* Address and amount are checked before the key is read. Nothing asks for
 * confirmation: a script could not answer. */
static int run_transfer(struct cli *cli, const void *values)
{
    struct signer *from;
    struct pubkey to;
    uint64_t roe;
    int status = session_key(cli->arguments[0], &to);

    if (!status)
        status = options_roe(cli->arguments[1], &roe);
    if (!status)
        status = session_wallet(cli, &from);
    if (status)
        return status;
    status = transfer(cli, from, &to, roe);
    signer_end(from);
    return status;
}

const struct command command_wallet_transfer = {
    .name = "wallet transfer",
    .arguments = "TO AMOUNT",
    .summary = "send KOII to an address",
    .details = "TO is base58 or the path of a key file; AMOUNT is in KOII, "
               "such as 0.5.",
    .arguments_min = 2,
    .arguments_max = 2,
    .uses = COMMAND_RPC | COMMAND_KEY | COMMAND_SECRET,
    .run = run_transfer,
};
