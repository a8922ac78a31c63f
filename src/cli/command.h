/*
 * A command of `pond`: what it is called, what it takes, what it does. Its
 * entry here is all that main() and the help need to know of it.
 *
 * run() gets its parsed options and returns 0 or a negative ERR_*; main()
 * prints err_text() and the hint, and turns the code into an exit status.
 */
#ifndef POND_CLI_COMMAND_H
#define POND_CLI_COMMAND_H

#include "cli/options.h"
#include "cli/output.h"

/* Exit statuses, the same for every command (docs/pond.1.scd). */
enum {
    STATUS_OK = 0,
    STATUS_FAILED = 1,
    STATUS_USAGE = 2,         /* the command line is wrong */
    STATUS_NOT_FOUND = 3,     /* what was named is not there */
    STATUS_NETWORK = 4,       /* no answer from an endpoint or node */
    STATUS_REFUSED = 5,       /* the chain or node answered with an error */
    STATUS_TIMEOUT = 6,       /* it took too long */
    STATUS_INTERRUPTED = 130, /* Ctrl-C, as shells count it */
};

#define COMMAND_ARGUMENTS_ANY 4096 /* as many as there are */

enum command_uses {
    COMMAND_RPC = 1,    /* --rpc */
    COMMAND_KEY = 2,    /* --keypair */
    COMMAND_NODE = 4,   /* --node-dir: a node's folder, to talk to it */
    COMMAND_SERVER = 8, /* runs until it is stopped; logs */
};

struct cli;

struct command {
    const char *name;             /* in words: "task create" */
    const char *arguments;        /* as usage shows them: "PATH..." or "" */
    const char *summary;          /* a line without a full stop */
    const char *details;          /* paragraphs of help, or NULL */
    const struct option *options; /* own ones, or NULL */
    size_t values_size;           /* of the struct they fill */
    const void *defaults;         /* what it holds before; NULL: zeros */
    size_t arguments_min, arguments_max;
    unsigned uses; /* enum command_uses */
    int (*run)(struct cli *cli, const void *values);
};

/* One run of the program. */
struct cli {
    const struct command *command;
    const char **arguments;
    size_t argument_count;
    struct output output;    /* output.json: --json was given */
    bool quiet;              /* --quiet: no progress, no remarks */
    const char *rpc_url;     /* --rpc, or NULL */
    const char *key_path;    /* --keypair, or NULL */
    const char *node_folder; /* --node-dir, or NULL */
    /* What to do about an error, said after it; "" if nobody knows. */
    char hint[512];
};

/* Say what the user can do about the error that is being returned. Returns
 * code. */
int cli_hint(struct cli *cli, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* A remark for people, on stderr; not with --json or --quiet. */
void cli_say(const struct cli *cli, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Is there a person at the terminal to whom progress should be shown? */
bool cli_shows_progress(const struct cli *cli);

/* All commands in the order of the help, ended by NULL. */
extern const struct command *const commands[];

#endif
