/*
 * A program that leads a session of its own, and with it the group of all that
 * it starts and that does not leave.
 *
 * A signal to a group goes by a number, which is another group's some time
 * after the leader was waited for. So nobody else waits for it, libuv neither:
 * program_group_end() does, and until then its number is its own, also when it
 * has ended long since. What is left of the group is killed before.
 *
 * Who starts one looks for its end when SIGCHLD comes.
 *
 * Thread: one, as long as it lives.
 */
#ifndef POND_BASE_PROGRAM_GROUP_H
#define POND_BASE_PROGRAM_GROUP_H

#include <stdbool.h>
#include <sys/types.h>

struct program_group {
    pid_t leader; /* 0: there is none, or it was waited for */
};

struct program_group_start {
    const char *file;               /* a path */
    const char *const *words;       /* ends: NULL */
    const char *const *environment; /* ends: NULL */
    const char *folder;             /* to run in; NULL: this process's */
    int streams[3]; /* its standard ones; they stay the caller's */
};

/* Signals have their defaults there. ERR_IO. */
int program_group_start(const struct program_group_start *start,
                        struct program_group *out);

/* To all of it; nothing is done where it is over. */
void program_group_signal(const struct program_group *group, int number);

/* Has the leader ended? Then the others are killed, and *code and *number say
 * how it did: by itself with that code, or by that signal (0: by itself). True
 * once; it does not block. */
bool program_group_end(struct program_group *group, int *code, int *number);

#endif
