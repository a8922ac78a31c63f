/*
 * pond wallet import: a key from elsewhere. It is typed, piped in, or lies in a
 * file; as a seed phrase, as the JSON array of a key file, or as the base58
 * that wallets in browsers export.
 *
 * Secrets are read from standard input and never from the command line, where
 * every user of the machine could see them. What was typed is wiped.
 */
#include "base/check.h"
#include "base/error.h"
#include "base/secret_input.h"
#include "cli/commands.h"
#include "cli/wallet_file.h"
#include "crypto/keyfile.h"
#include "crypto/mnemonic.h"
#include "node/money/wallet_account.h"

#include <ctype.h>
#include <sodium.h>
#include <stddef.h>
#include <string.h>

/* What is typed or piped in, with the NUL: 24 words of up to 8 letters, or 64
 * numbers of a key file, which are 257 bytes, on lines of their own with room
 * for blanks. A terminal's line is no longer, either. */
#define TYPED_SIZE_MAX 4096
#define BIP39_PASSPHRASE_SIZE 256

#define NEW(member) offsetof(struct wallet_file_values, member)

/* Without white space at either end, and without a byte order mark. */
static struct bytes trimmed(const char *typed)
{
    if (!strncmp(typed, "\xef\xbb\xbf", 3))
        typed += 3;
    while (isspace((uint8_t)*typed))
        typed++;
    struct bytes text = bytes_text(typed);

    while (text.size && isspace(text.data[text.size - 1]))
        text.size--;
    return text;
}

/* A seed phrase has several words; an array begins with a bracket, and base58
 * is one long word. */
static bool is_phrase(struct bytes text)
{
    if (text.size && *text.data == '[')
        return false;
    for (size_t i = 0; i < text.size; i++) {
        if (isspace(text.data[i]))
            return true;
    }
    return false;
}

/* Words of letters, or it is something else: an object of JSON, a phrase in
 * quotes or with its words numbered, base58 that was broken into lines. A
 * complaint about its first word would not help. */
static int check_letters(struct bytes phrase)
{
    for (size_t i = 0; i < phrase.size; i++) {
        uint8_t lower = phrase.data[i] | 0x20;

        if (!isspace(phrase.data[i]) && (lower < 'a' || lower > 'z'))
            return err_set(ERR_INVALID,
                           "that is neither a seed phrase, which is words of "
                           "the letters a to z, nor a key, which is a JSON "
                           "array of 64 numbers, or base58 in one piece");
    }
    return 0;
}

/* A seed phrase or a secret key. A passphrase is asked for only on a terminal.
 */
static int parse_typed(const char *typed,
                       const struct wallet_file_values *given, bool ask,
                       struct wallet *out)
{
    CHECK(typed && out);
    char mnemonic[MNEMONIC_SIZE];
    char passphrase[BIP39_PASSPHRASE_SIZE] = "";
    struct bytes text = trimmed(typed);

    if (!is_phrase(text))
        return keyfile_parse(text, &out->main);
    int status = check_letters(text);
    if (!status)
        status = mnemonic_normalise(text, mnemonic);
    if (!status && ask)
        status = secret_input_read("BIP39 passphrase (empty: none)", false,
                                   passphrase, sizeof(passphrase));
    if (!status) {
        passphrase[strcspn(passphrase, "\r\n")] = 0;
        status = given->account
                     ? wallet_from_mnemonic(mnemonic, passphrase, out)
                     : wallet_file_derive(mnemonic, passphrase, given->path,
                                          &out->main);
    }
    sodium_memzero(passphrase, sizeof(passphrase));
    sodium_memzero(mnemonic, sizeof(mnemonic));
    return status;
}

/* A key file as an argument is a path and no secret; it may be sealed. */
static int read_key(struct cli *cli, const struct wallet_file_values *given,
                    struct wallet *out)
{
    struct passphrase passphrase = {.source = cli->passphrase};
    char typed[TYPED_SIZE_MAX];
    bool is_sealed;
    int status;

    if (cli->argument_count) {
        status = keyfile_open(cli->arguments[0], &passphrase, &out->main,
                              &is_sealed);
        passphrase_wipe(&passphrase);
        return status;
    }
    if (cli->passphrase.file && !strcmp(cli->passphrase.file, "-"))
        return err_set(ERR_INVALID,
                       "the key and its passphrase can't both come "
                       "by standard input");
    status = secret_input_read("seed phrase, or secret key", true, typed,
                               sizeof(typed));
    if (status == ERR_LIMIT)
        err_set(status,
                "that is more than %d bytes: neither a seed phrase nor a key",
                TYPED_SIZE_MAX - 2);
    if (!status)
        status = parse_typed(typed, given, secret_input_is_terminal(), out);
    sodium_memzero(typed, sizeof(typed));
    return status;
}

static bool is_there(const struct keypair *keypair)
{
    static const struct pubkey none;

    return !pubkey_equal(&keypair->pubkey, &none);
}

/* What was typed is wiped whether or not it made a key. The derivation path
 * does not matter for a key that is whole already. */
static int run_import(struct cli *cli, const void *values)
{
    const struct wallet_file_values *given = values;
    struct wallet wallet = {0};
    struct keypair main;
    int status = wallet_file_check(given);

    if (!status)
        status = read_key(cli, given, &wallet);
    if (!status && given->account && !is_there(&wallet.staking)) {
        main = wallet.main;
        status = wallet_account_from_key(&main, &wallet);
        keypair_wipe(&main);
    }
    if (!status)
        status = given->account ? wallet_file_save_account(cli, &wallet, given)
                                : wallet_file_save(cli, &wallet.main, given);
    if (!status) {
        output_record(&cli->output);
        output_print(&cli->output);
    }
    wallet_wipe(&wallet);
    return status;
}

static const struct option import_options[] = {
    {"outfile", 'o', OPTION_TEXT, NEW(outfile), "FILE", WALLET_FILE_HELP, 0, 0},
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

const struct command command_wallet_import = {
    .name = "wallet import",
    .arguments = "[KEYFILE]",
    .summary = "bring a wallet here from a seed phrase or a key file",
    .details = "Without KEYFILE the seed phrase, or the secret key as a JSON "
               "array or in base58, is read from standard input; it is not "
               "shown on a terminal.",
    .options = import_options,
    .values_size = sizeof(struct wallet_file_values),
    .arguments_max = 1,
    .uses = COMMAND_NODE | COMMAND_SECRET,
    .run = run_import,
};
