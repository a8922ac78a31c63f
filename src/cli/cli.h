/*
 * What a command has of the run it is part of: its arguments, the common
 * options, its output, and how to speak to the user.
 *
 * Thread: the main one.
 */
#ifndef POND_CLI_CLI_H
#define POND_CLI_CLI_H

#include "cli/output.h"
#include "cli/settings.h"
#include "crypto/passphrase.h"

struct command;

/* One run of the program. Texts point into argv or the environment's and live
 * as long as it does. A command reads it and writes output and hint. */
struct cli {
    const char **arguments; /* what is no option, in order */
    size_t argument_count;
    struct output output;          /* output.json: --json was given */
    bool quiet;                    /* --quiet: no progress, no remarks */
    bool progress;                 /* --progress: both on stderr, as JSON */
    struct settings_place place;   /* --rpc, --network: see settings.h */
    struct settings_found network; /* what place borrows */
    const char *key_path;          /* --keypair, or NULL: see settings.h */
    const char *node_folder;       /* --node-dir, or NULL: see node_face.h */
    /* --passphrase-file, or the service's credential, or the terminal. */
    struct passphrase_source passphrase;
    /* What to do about an error, printed after it; "" if that is not known. */
    char hint[512];
    /* All there are (command.h), for a command that speaks of the others. */
    const struct command *const *commands;
};

/* Say what the user can do about the error that is being returned. A later hint
 * takes the place of an earlier one, because a caller knows more of what the
 * user wants. Longer ones are cut. code is an ERR_*, never 0. Returns code. */
int cli_hint(struct cli *cli, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The command is about the network of that name, or, where that is NULL, about
 * the one that the user's settings say, if any. Errors as settings_network().
 */
int cli_choose_network(struct cli *cli, const char *given);

/* A remark for people, a line on stderr; not with --json or --quiet, and as
 * JSON with --progress. Nothing that a script could need goes here. */
void cli_say(const struct cli *cli, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* What is done now, in few words, and which step of how many it is: a line of
 * JSON on stderr with --progress, and nothing else. of may be 0: not known. */
void cli_step(const struct cli *cli, unsigned step, unsigned of,
              const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Is there a person at the terminal to whom progress should be shown? */
bool cli_shows_progress(const struct cli *cli);

#endif
