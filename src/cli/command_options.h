/*
 * The options of a command: its own, and the common ones by what it uses
 * (enum command_uses). main() parses with them; the help and the completion of
 * shells are made from them.
 *
 * Thread: any; nothing here changes.
 */
#ifndef POND_CLI_COMMAND_OPTIONS_H
#define POND_CLI_COMMAND_OPTIONS_H

#include "cli/command.h"

/* What the common options fill, whichever of them the command has; NULL where
 * one was not given. */
struct command_common {
    bool help, json, quiet, progress;
    const char *log_level, *network;
    struct option_list rpc;
    const char *key_path, *node_folder, *passphrase_file;
};

/* The tables that hold for a command, its own first. Seven: that and the six
 * common ones. */
struct command_sets {
    struct option_set sets[7];
    size_t count;
};

/* The order is that of the help. A name in an earlier table hides the same name
 * in a later one, which lets a command give a common option another meaning.
 * values: the command's struct. Both are only pointed to. */
struct command_sets command_sets(const struct command *command, void *values,
                                 struct command_common *common);

#endif
