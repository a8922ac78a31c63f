/*
 * One line of progress on a terminal's stderr, drawn over at most ten times a
 * second. In a pipe, with --json and with --quiet nothing is written; with
 * --progress each line is a JSON object.
 *
 *     struct progress progress = progress_make(cli);
 *     while (...)
 *         progress_show(&progress, "read %s", ...);
 *     progress_clear(&progress);
 *
 * A plain value: nothing to free. Thread: one at a time.
 */
#ifndef POND_CLI_PROGRESS_H
#define POND_CLI_PROGRESS_H

#include "cli/cli.h"

struct progress {
    bool is_shown;         /* there is a terminal to draw on */
    const struct cli *cli; /* where it is said as JSON; NULL: it is not */
    bool is_drawn;         /* a line stands there now */
    uint64_t drawn_ms;     /* when, on the monotonic clock */
};

struct progress progress_make(const struct cli *cli);

/* Draw the line, unless one was drawn just now. The text has no line end and
 * should fit a narrow terminal: a line that wraps can't be drawn over. */
void progress_show(struct progress *progress, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Wipe the line away, before something else is printed and at the end. */
void progress_clear(struct progress *progress);

/* Append a number of bytes for people, in powers of 1024 ("1.5 MiB"). */
void progress_size(uint64_t bytes, struct buffer *out);

#endif
