/*
 * The table of commands as the makers of the shells' scripts go through it:
 * options with what their values are, and the words of names.
 *
 * Thread: any; nothing here changes.
 */
#ifndef POND_CLI_COMPLETION_WORDS_H
#define POND_CLI_COMPLETION_WORDS_H

#include "cli/command_options.h"

/* What a value is, by the name that the help gives it. */
enum value_kind {
    VALUE_NONE,
    VALUE_ANY,
    VALUE_FILE,
    VALUE_FOLDER,
    VALUE_LEVEL
};

#define LEVELS "error warn info debug quiet"

/* Of an option; VALUE_NONE: it is a flag. */
enum value_kind completion_value(const struct option *option);

/* VALUE_FILE if the command takes files as arguments, else VALUE_NONE. */
enum value_kind completion_arguments(const struct command *command);

/* Each option of a command, those that hide others first and once. */
struct completion_walk {
    struct command_sets sets;
    struct command_common common;
    size_t set, at;
};

void completion_begin(struct completion_walk *walk,
                      const struct command *command);
/* NULL behind the last. */
const struct option *completion_next(struct completion_walk *walk);

/* Of a name: the first word's length, and the second word or NULL. */
size_t completion_first_size(const struct command *command);
const char *completion_second(const struct command *command);

/* Does no command before this one of the table begin with the same word? */
bool completion_is_new(const struct command *const *table, size_t index);

/* Is it one of two words of which this is the first? Does the table have one?
 */
bool completion_is_of(const struct command *command, const char *first,
                      size_t size);
bool completion_is_group(const struct command *const *table, const char *first,
                         size_t size);

/* What stands beside the first word in a list. */
const char *completion_summary(const struct command *command);

/* Print it in single quotes, with a backslash before what is special to the
 * reader of the text itself. */
void completion_quote(const char *text, const char *special);

/* Print a script for these commands. */
void completion_bash(const struct command *const *table);
void completion_zsh(const struct command *const *table);
void completion_fish(const struct command *const *table);

#endif
