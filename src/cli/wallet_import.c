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
#include "cli/commands.h"
#include "cli/wallet_file.h"
#include "crypto/keyfile.h"
#include "crypto/mnemonic.h"

#include <ctype.h>
#include <errno.h>
#include <signal.h>
#include <sodium.h>
#include <stddef.h>
#include <termios.h>
#include <unistd.h>

/* What is typed or piped in, with the NUL: 24 words of up to 8 letters, or 64
 * numbers of a key file, which are 257 bytes, on lines of their own with room
 * for blanks. A terminal's line is no longer, either. */
#define TYPED_SIZE_MAX 4096
#define PASSPHRASE_SIZE_MAX 256

#define NEW(member) offsetof(struct wallet_file_values, member)

/* What ends a process while a user types. */
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

    if (tcgetattr(STDIN_FILENO, &terminal_before) != 0)
        return false;
    for (size_t i = 0; i < ENDING_SIGNALS; i++) {
        CHECK(sigaction(ending_signals[i], NULL, &actions_before[i]) == 0);
        if (actions_before[i].sa_handler != SIG_IGN)
            CHECK(sigaction(ending_signals[i], &restore, NULL) == 0);
    }
    struct termios silent = terminal_before;
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
 * stderr, because stdout is for the result, and comes when what is typed is no
 * longer shown nor dropped; the line end that was not echoed is printed there,
 * too. read() and not stdio, whose buffer would keep the secret. An empty line
 * is a value. ERR_INVALID at the end of the input, ERR_LIMIT for what does not
 * fit; what was read is in out, which the caller wipes. */
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
static int parse_typed(const char *typed, const char *path, bool ask,
                       struct keypair *out)
{
    CHECK(typed && out);
    char mnemonic[MNEMONIC_SIZE];
    char passphrase[PASSPHRASE_SIZE_MAX] = "";
    struct bytes text = trimmed(typed);

    if (!is_phrase(text))
        return keyfile_parse(text, out);
    int status = check_letters(text);
    if (!status)
        status = mnemonic_normalise(text, mnemonic);
    if (!status && ask)
        status = read_secret("BIP39 passphrase (empty: none)", passphrase,
                             sizeof(passphrase));
    if (!status) {
        passphrase[strcspn(passphrase, "\r\n")] = 0;
        status = wallet_file_derive(mnemonic, passphrase, path, out);
    }
    sodium_memzero(passphrase, sizeof(passphrase));
    sodium_memzero(mnemonic, sizeof(mnemonic));
    return status;
}

/* What was typed is wiped whether or not it made a key. A key file as an
 * argument is a path and no secret. The derivation path does not matter for a
 * key that is whole already. */
static int run_import(struct cli *cli, const void *values)
{
    const struct wallet_file_values *given = values;
    char typed[TYPED_SIZE_MAX];
    struct keypair keypair = {0};
    int status;

    if (cli->argument_count) {
        status = keyfile_read(cli->arguments[0], &keypair);
    } else {
        status =
            read_secret("seed phrase, or secret key", typed, sizeof(typed));
        if (!status)
            status = parse_typed(typed, given->path, isatty(STDIN_FILENO) == 1,
                                 &keypair);
        sodium_memzero(typed, sizeof(typed));
    }
    if (!status)
        status = wallet_file_save(cli, &keypair, given->outfile, given->force);
    if (!status) {
        output_record(&cli->output);
        output_print(&cli->output);
    }
    keypair_wipe(&keypair);
    return status;
}

static const struct option import_options[] = {
    {"outfile", 'o', OPTION_TEXT, NEW(outfile), "FILE", WALLET_FILE_HELP, 0, 0},
    {"derivation-path", 0, OPTION_TEXT, NEW(path), "PATH", WALLET_PATH_HELP, 0,
     0},
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
    .run = run_import,
};
