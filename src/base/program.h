/*
 * Programs of the machine that are run to their end: found in PATH, started
 * with no input, listened to, and waited for.
 *
 * Thread: any but a loop's; calls block for as long as the program runs.
 */
#ifndef POND_BASE_PROGRAM_H
#define POND_BASE_PROGRAM_H

#include "base/buffer.h"

/* Is it a file that may be executed? */
bool program_is(const char *path);

/* The file of that name in the folders of path (PATH's form; NULL: none) that
 * is a program; the caller frees it. An empty folder is passed over: it would
 * be the one that this process is in. NULL: there is none. */
char *program_find(const char *name, const char *path);

struct program_run {
    const char *const *words; /* the first is looked for in PATH; ends: NULL */
    const char *folder;       /* to run in; NULL: this process's */
    size_t said_max;          /* bytes to keep of what it says */
};

/* What it says on stdout and stderr is appended to said; what is more is passed
 * over. has_succeeded: it ended by itself with status 0. ERR_NOT_FOUND: there
 * is no such program; ERR_IO. */
int program_run(const struct program_run *run, struct buffer *said,
                bool *has_succeeded);

#endif
