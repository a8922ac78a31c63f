/*
 * How main() says that something went wrong: on stderr, in lines for people or
 * as one JSON object. JSON holds "error" (a code's name), "message" and, where
 * there is something to be done, "hint"; for a wrong command line "usage", too.
 */
#ifndef POND_CLI_REPORT_H
#define POND_CLI_REPORT_H

#include "cli/command.h"

/* A command failed: err_text() and the hint. */
void report_error(const struct cli *cli, int code);

/* A command line that is wrong, by err_text(). */
void report_usage(bool json, const struct command *command);

/* No command of that name. nearest: one that may be meant, or NULL. */
void report_unknown(bool json, const char *given, const char *nearest);

/* A failure that has a text and nothing more, such as an output that was not
 * written. */
void report_text(bool json, const char *text);

#endif
