/*
 * A command of `pond`: what it is called, what it takes, what it does. Its
 * entry here is all that main() and the help need to know of it.
 *
 * run() gets its parsed options and returns 0 or a negative ERR_*; main()
 * prints err_text() and the hint, and turns the code into an exit status. A
 * command prints its result itself (output.h) and nothing else on stdout.
 *
 * A command's options land in a struct of its own, which main() makes, fills
 * and frees:
 *
 *     struct greet_values { const char *name; };
 *     static const struct option greet_options[] = {
 *         {"name", 'n', OPTION_TEXT, offsetof(struct greet_values, name),
 *          "NAME", "whom (everybody)", 0, 0},
 *         {0},
 *     };
 *     static int run(struct cli *cli, const void *values);
 *     const struct command command_greet = {
 *         .name = "greet", .arguments = "", .summary = "say hello",
 *         .options = greet_options,
 *         .values_size = sizeof(struct greet_values), .run = run};
 *
 * Thread: the main one. Servers have more, but none of them comes here.
 */
#ifndef POND_CLI_COMMAND_H
#define POND_CLI_COMMAND_H

#include "cli/cli.h"
#include "cli/options.h"

/* Exit statuses, the same for every command and promised to scripts
 * (docs/pond.1.scd). Never renumber. */
enum {
    STATUS_OK = 0,
    STATUS_FAILED = 1,        /* and none of the reasons below */
    STATUS_USAGE = 2,         /* the command line is wrong */
    STATUS_NOT_FOUND = 3,     /* what was named is not there */
    STATUS_NETWORK = 4,       /* no answer from an endpoint or node */
    STATUS_REFUSED = 5,       /* the chain or node answered with an error */
    STATUS_TIMEOUT = 6,       /* it took too long */
    STATUS_BUSY = 7,          /* in use by another program; NETWORK_CHILD_BUSY
                               */
    STATUS_INTERRUPTED = 130, /* Ctrl-C, as shells count it */
};

/* For commands that take a list. A shell may hand over more if a pattern
 * matches more; the first beyond this limit is refused. */
#define COMMAND_ARGUMENTS_ANY 4096

/* Which common options a command has, beside --json, --quiet, --log-level and
 * --help, which all have. */
enum command_uses {
    COMMAND_RPC = 1,    /* --rpc: the settlement endpoint */
    COMMAND_KEY = 2,    /* --keypair: the wallet that signs and pays */
    COMMAND_NODE = 4,   /* --node-dir: a node's folder, to talk to it */
    COMMAND_SERVER = 8, /* no option: runs until it is stopped, and logs more */
    COMMAND_SECRET = 16, /* --passphrase-file: of sealed keys. Unless it is a
                            server, it handles secrets itself: no core dumps */
    /* Any of these has --network, too. */
    COMMAND_OF_NETWORK = COMMAND_RPC | COMMAND_KEY | COMMAND_NODE,
};

/*
 * A command. All of it is constant and known at build time; texts are never
 * NULL unless it says so.
 *
 * What main.c relies on:
 *
 * 1. A name is one or two words with one blank between them. Where the first
 *    word of a name with two is a command by itself, that takes no arguments.
 * 2. The offsets of options lie within values_size bytes, and defaults, where
 *    there are some, are as many.
 * 3. No option's letter or name is -h or --help, which every command has.
 * 4. arguments_min is at most arguments_max, so that run() can use the first
 *    ones without asking.
 * 5. run() returns 0 or an ERR_*. What stands in the output unprinted when it
 *    returns is dropped.
 */
struct command {
    const char *name;             /* in words: "task create" */
    const char *arguments;        /* as usage shows them: "PATH..." or "" */
    const char *summary;          /* a line, small letter, no full stop */
    const char *details;          /* a paragraph of help, or NULL */
    const struct option *options; /* own ones, or NULL */
    size_t values_size;           /* of the struct they fill */
    const void *defaults;         /* what it holds before; NULL: zeros */
    size_t arguments_min, arguments_max; /* checked before run() */
    unsigned uses;                       /* enum command_uses */
    /* values: the struct of the options. */
    int (*run)(struct cli *cli, const void *values);
};

/* All commands in the order of the help, ended by NULL. */
extern const struct command *const commands[];

#endif
