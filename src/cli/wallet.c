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
 * A file is never overwritten unless --force is given: a key that is gone is
 * gone with its coins. Exit status 1 where one is there, 3 where there is no
 * wallet.
 *
 * Order in `new` and `import`: the file first, then the output. What was
 * printed is on disk.
 */
#include "base/check.h"
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "cli/commands.h"
#include "cli/session.h"
#include "cli/settings.h"
#include "crypto/derivation.h"
#include "crypto/keyfile.h"
#include "crypto/mnemonic.h"

#include <ctype.h>
#include <errno.h>
#include <signal.h>
#include <sodium.h>
#include <stddef.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

/* What is typed or piped in, with the NUL: 24 words of up to 8 letters, or 64
 * numbers of a key file, which are 257 bytes, on lines of their own with room
 * for blanks. A terminal's line is no longer, either. */
#define TYPED_SIZE_MAX 4096
#define PASSPHRASE_SIZE_MAX 256

/* ---- new and import ---- */

/* What the options of `new` and `import` fill. path: the derivation path, NULL
 * for Koii's; words: 0 for 12, and of `new` alone. */
struct new_values {
    const char *outfile;
    const char *path;
    uint64_t words;
    bool force;
};

#define NEW(member) offsetof(struct new_values, member)

static const char new_file_help[] =
    "where to write the key file (~/.config/pond/id.json)";
static const char path_help[] =
    "derivation path; 'keygen' takes the seed's first 32 bytes as koii-keygen "
    "does (m/44'/501'/0')";

static const struct option new_options[] = {
    {"outfile", 'o', OPTION_TEXT, NEW(outfile), "FILE", new_file_help, 0, 0},
    {"words", 0, OPTION_NUMBER, NEW(words), "N",
     "length of the seed phrase: 12, 15, 18, 21 or 24 (12)", 12, 24},
    {"derivation-path", 0, OPTION_TEXT, NEW(path), "PATH", path_help, 0, 0},
    {"force", 'f', OPTION_FLAG, NEW(force), NULL,
     "overwrite a key file that is there", 0, 0},
    {0},
};

/* The key of a seed phrase by a path, or as koii-keygen makes it. The
 * passphrase is BIP39's, "" for none; any passphrase gives a key. The seed is
 * wiped on every way out, and the caller wipes *out. */
static int derive(const char *mnemonic, const char *passphrase,
                  const char *path, struct keypair *out)
{
    CHECK(mnemonic && out);
    uint8_t seed[MNEMONIC_SEED_SIZE];
    int status = 0;

    mnemonic_seed(mnemonic, passphrase, seed);
    if (path && !strcmp(path, "keygen"))
        derivation_keygen(seed, out);
    else
        status = derivation_key(bytes_make(seed, sizeof(seed)),
                                path ? path : DERIVATION_MAIN, out);
    sodium_memzero(seed, sizeof(seed));
    return status;
}

/* Write the key file, making ~/.config/pond where that is where it goes. The
 * fields go into the open record, which the caller completes. Modes are the
 * owner's alone, 0700 for the folder and 0600 for the file. */
static int save(struct cli *cli, const struct keypair *keypair,
                const char *outfile, bool force)
{
    CHECK(keypair);
    char *path = outfile ? mem_text(outfile) : settings_path("id.json");
    int status = 0;

    if (!outfile) {
        char *folder = settings_path("");

        status = file_make_folder(folder, 0700);
        free(folder);
    }
    if (status == 0)
        status = keyfile_write(path, keypair, force);
    if (status == ERR_EXISTS)
        cli_hint(cli, status,
                 "name another file with --outfile, or overwrite it with "
                 "--force (its coins are lost unless you hold its seed "
                 "phrase)");
    if (status == 0) {
        output_text(&cli->output, "address", PUBKEY_TEXT(&keypair->pubkey));
        output_text(&cli->output, "file", path);
    }
    free(path);
    return status;
}

/* Entropy, sentence, seed, key: nothing is kept that the file or the sentence
 * could not bring back. The parser has seen to 12 to 24, and here to what BIP39
 * allows of them. */
static int run_new(struct cli *cli, const void *values)
{
    CHECK(values);
    const struct new_values *given = values;
    unsigned words = given->words ? (unsigned)given->words : 12;
    char mnemonic[MNEMONIC_SIZE];
    struct keypair keypair;
    int status;

    if (words % 3)
        return err_set(ERR_INVALID,
                       "--words takes 12, 15, 18, 21 or 24, not %u", words);
    cli->output.is_secret = true;
    mnemonic_generate(words, mnemonic);
    status = derive(mnemonic, "", given->path, &keypair);
    if (status == 0)
        status = save(cli, &keypair, given->outfile, given->force);
    if (status == 0) {
        output_text(&cli->output, "seed_phrase", mnemonic);
        output_record(&cli->output);
        output_print(&cli->output);
        cli_say(cli, "Write the seed phrase down: it alone can bring this "
                     "wallet back.");
    }
    sodium_memzero(mnemonic, sizeof(mnemonic));
    keypair_wipe(&keypair);
    return status;
}

const struct command command_wallet_new = {
    .name = "wallet new",
    .arguments = "",
    .summary = "make a wallet and print its seed phrase",
    .details = "The key file is what Solana's and Koii's CLIs read: a JSON "
               "array of 64 numbers, mode 0600.",
    .options = new_options,
    .values_size = sizeof(struct new_values),
    .run = run_new,
};

/* What ends a process while somebody types. */
static const int ending_signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};

#define ENDING_SIGNALS (sizeof(ending_signals) / sizeof(*ending_signals))

/* While typing is hidden: the terminal as it was, which a signal's handler can
 * find nowhere else, and what the signals did before. */
static struct termios terminal_before;
static struct sigaction actions_before[ENDING_SIGNALS];

/* The handler is gone when it runs (SA_RESETHAND), so the signal that it raises
 * ends the process as it would have. What was typed is dropped: a shell would
 * read it as a command. */
static void on_ending_signal(int number)
{
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &terminal_before);
    raise(number);
}

/* Switch the echo off; false if stdin is no terminal. TCSAFLUSH drops what was
 * typed ahead, which was not meant for this. The handlers come first, or a
 * signal in between would leave a terminal that shows nothing. A signal that is
 * ignored (nohup) stays so. */
static bool hide_typing(void)
{
    struct sigaction restore = {.sa_handler = on_ending_signal,
                                .sa_flags = (int)SA_RESETHAND};
    struct termios silent;

    if (tcgetattr(STDIN_FILENO, &terminal_before) != 0)
        return false;
    for (size_t i = 0; i < ENDING_SIGNALS; i++) {
        CHECK(sigaction(ending_signals[i], NULL, &actions_before[i]) == 0);
        if (actions_before[i].sa_handler != SIG_IGN)
            CHECK(sigaction(ending_signals[i], &restore, NULL) == 0);
    }
    silent = terminal_before;
    silent.c_lflag &= ~(tcflag_t)ECHO;
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
    return true;
}

/* In the opposite order, for the same reason. */
static void show_typing(void)
{
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &terminal_before);
    for (size_t i = 0; i < ENDING_SIGNALS; i++)
        CHECK(sigaction(ending_signals[i], &actions_before[i], NULL) == 0);
}

/* Is what was read all there is to read? A terminal gives a line at a time. Of
 * a key file's array that is pasted there, the lines up to the bracket belong
 * together. */
static bool is_whole(const char *typed, size_t size)
{
    return size && typed[size - 1] == '\n' &&
           (typed[strspn(typed, " \t\r\n")] != '[' || strchr(typed, ']'));
}

/* stdin, not echoed on a terminal: there a line, elsewhere all of it. For a
 * pipe there is neither prompt nor echo to be switched off. The prompt is on
 * stderr, since stdout is for the result, and comes when nothing that is typed
 * is shown or dropped any more; the line end that was not echoed is made up for
 * there. read() and not stdio, whose buffer would keep the secret. An empty
 * line is a value. ERR_INVALID at the end of the input, ERR_LIMIT for what does
 * not fit; what was read is in out, which the caller wipes. */
static int read_secret(const char *prompt, char *out, size_t size)
{
    CHECK(out && size > 1);
    bool hidden = hide_typing();
    size_t used = 0;
    ssize_t got = 0;

    if (hidden)
        fprintf(stderr, "%s: ", prompt);
    out[0] = 0;
    while (used < size - 1 && !(hidden && is_whole(out, used))) {
        got = read(STDIN_FILENO, out + used, size - 1 - used);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        used += (size_t)got;
        out[used] = 0;
    }
    if (hidden) {
        show_typing();
        fputc('\n', stderr);
    }
    if (got < 0)
        return err_errno("reading standard input");
    if (!used)
        return err_set(ERR_INVALID, "nothing was typed");
    if (used == size - 1)
        return err_set(ERR_LIMIT,
                       "that is more than %zu bytes: neither a seed phrase nor "
                       "a key",
                       size - 2);
    if (memchr(out, 0, used))
        return err_set(ERR_INVALID, "there is a zero byte in it: is it UTF-16 "
                                    "text? Save it as UTF-8");
    return 0;
}

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

/* A seed phrase or a secret key. A passphrase is asked for only where somebody
 * is there to type it. */
static int parse_typed(const char *typed, const char *path, bool ask,
                       struct keypair *out)
{
    CHECK(typed && out);
    char mnemonic[MNEMONIC_SIZE];
    char passphrase[PASSPHRASE_SIZE_MAX] = "";
    struct bytes text = trimmed(typed);
    int status;

    if (!is_phrase(text))
        return keyfile_parse(text, out);
    status = mnemonic_normalise(text, mnemonic);
    if (status == 0 && ask)
        status = read_secret("BIP39 passphrase (empty: none)", passphrase,
                             sizeof(passphrase));
    if (status == 0) {
        passphrase[strcspn(passphrase, "\r\n")] = 0;
        status = derive(mnemonic, passphrase, path, out);
    }
    sodium_memzero(passphrase, sizeof(passphrase));
    sodium_memzero(mnemonic, sizeof(mnemonic));
    return status;
}

/* What was typed is wiped whether or not it made a key. A key file as an
 * argument is a path and no secret. The derivation path has no part in a key
 * that is whole already. */
static int run_import(struct cli *cli, const void *values)
{
    const struct new_values *given = values;
    char typed[TYPED_SIZE_MAX];
    struct keypair keypair = {0};
    int status;

    if (cli->argument_count) {
        status = keyfile_read(cli->arguments[0], &keypair);
    } else {
        status =
            read_secret("seed phrase, or secret key", typed, sizeof(typed));
        if (status == 0)
            status = parse_typed(typed, given->path, isatty(STDIN_FILENO) == 1,
                                 &keypair);
        sodium_memzero(typed, sizeof(typed));
    }
    if (status == 0)
        status = save(cli, &keypair, given->outfile, given->force);
    if (status == 0) {
        output_record(&cli->output);
        output_print(&cli->output);
    }
    keypair_wipe(&keypair);
    return status;
}

static const struct option import_options[] = {
    {"outfile", 'o', OPTION_TEXT, NEW(outfile), "FILE", new_file_help, 0, 0},
    {"derivation-path", 0, OPTION_TEXT, NEW(path), "PATH", path_help, 0, 0},
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
    .values_size = sizeof(struct new_values),
    .arguments_max = 1,
    .run = run_import,
};

/* ---- show and balance ---- */

/* Without an argument, one's own. The public half is all that is wanted, and
 * all that is kept. */
static int key_or_wallet(struct cli *cli, struct pubkey *out)
{
    CHECK(out);
    struct keypair keypair;
    int status;

    if (cli->argument_count)
        return session_key(cli->arguments[0], out);
    status = session_wallet(cli, &keypair);
    if (status == 0) {
        *out = keypair.pubkey;
        keypair_wipe(&keypair);
    }
    return status;
}

/* The secret is never printed: whoever needs it has the file. The file is read
 * all the same: an address that is printed is one that can sign. */
static int run_show(struct cli *cli, const void *values)
{
    struct settings_found path;
    struct keypair keypair;
    int status = session_wallet(cli, &keypair);

    if (status < 0)
        return status;
    status = settings_key(cli->key_path, &path);
    if (status < 0)
        goto err;
    output_text(&cli->output, "address", PUBKEY_TEXT(&keypair.pubkey));
    output_text(&cli->output, "file", path.value);
    output_record(&cli->output);
    output_print(&cli->output);
    settings_free(&path);
err:
    keypair_wipe(&keypair);
    return status;
}

const struct command command_wallet_show = {
    .name = "wallet show",
    .arguments = "",
    .summary = "print the wallet's address and where it is kept",
    .uses = COMMAND_KEY,
    .run = run_show,
};

/* An address that was never used has a balance of 0, as on every chain. So a
 * mistyped one that is still an address is not told apart from an empty one. */
static int run_balance(struct cli *cli, const void *values)
{
    struct session session;
    struct pubkey key;
    uint64_t roe;
    int status = key_or_wallet(cli, &key);

    if (status == 0)
        status = session_open(cli, &session);
    if (status)
        return status;
    status = session_status(&session,
                            client_balance_wait(session.client, &key, &roe));
    if (status == 0) {
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
    .uses = COMMAND_RPC | COMMAND_KEY,
    .run = run_balance,
};

/* ---- transfer ---- */

/* The fee is not part of the amount: what arrives is what was said. It is the
 * sender's, who signs and pays. Whether there is enough is the chain's to say
 * (status 5). */
static int transfer(struct cli *cli, const struct keypair *from,
                    const struct pubkey *to, uint64_t roe)
{
    CHECK(to);
    struct session session;
    struct recipe recipe;
    int status = session_open(cli, &session);

    if (status < 0)
        return status;
    recipe_init(&recipe, from);
    status = recipe_transfer(&recipe, from, to, roe);
    if (status == 0) {
        output_text(&cli->output, "to", PUBKEY_TEXT(to));
        output_roe(&cli->output, "amount_roe", roe);
        status = session_send_and_print(&session, &recipe);
    }
    recipe_free(&recipe);
    session_close(&session);
    return status;
}

/* Address and amount are checked before the key is read. Nothing asks for
 * confirmation: a script could not answer. */
static int run_transfer(struct cli *cli, const void *values)
{
    struct keypair from;
    struct pubkey to;
    uint64_t roe;
    int status = session_key(cli->arguments[0], &to);

    if (status == 0)
        status = options_roe(cli->arguments[1], &roe);
    if (status == 0)
        status = session_wallet(cli, &from);
    if (status)
        return status;
    status = transfer(cli, &from, &to, roe);
    keypair_wipe(&from);
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
    .uses = COMMAND_RPC | COMMAND_KEY,
    .run = run_transfer,
};
