/*
 * One line of progress on a terminal's stderr, drawn over at most ten times a
 * second. In a pipe, with --json and with --quiet nothing is written.
 */
#ifndef POND_CLI_PROGRESS_H
#define POND_CLI_PROGRESS_H

#include "cli/command.h"

struct progress {
    bool is_shown;
    bool is_drawn; /* a line stands there now */
    uint64_t drawn_ms;
};

struct progress progress_make(const struct cli *cli);

/* Draw the line, unless it was drawn just now. */
void progress_show(struct progress *progress, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Wipe the line away, before something else is printed and at the end. */
void progress_clear(struct progress *progress);

/* Append a number of bytes for people ("1.5 MiB"). */
void progress_size(uint64_t bytes, struct buffer *out);

#endif
