/*
 * Inside pond-launch. Three processes stand between a node and its task:
 *
 *     the warden    the node's child. It stays in the machine's tree and
 * process numbers, watches limits, makes connections to the task's port, and
 * ends as the program ended. the first     process 1 of the task's PID
 * namespace. It has the task's root. It hands signals on and waits for orphans;
 * when it ends, the kernel ends all that is left. the program   confined, and
 * then replaced by the task's program.
 */
#ifndef POND_RUNTIME_LAUNCH_LAUNCH_H
#define POND_RUNTIME_LAUNCH_LAUNCH_H

#include "runtime/sandbox/sandbox.h"
#include "runtime/sandbox/sandbox_group.h"
#include "runtime/wire/launch_message.h"
#include <sys/types.h>

/* The exit code if the program was not started, as in a shell. */
#define LAUNCH_FAILED 127

struct launch {
    struct launch_start start;
    /* What programs see: the system's own, and what the node named. Its lists
     * are never freed. */
    struct sandbox view;
    struct sandbox_group group;
    /* What the warden did, and then the first process, in its own copy. */
    struct confinement report;
    int listeners[LAUNCH_PORTS_MAX];
    /* The first process writes the program's wait status here. */
    int status_ends[2];
    /* A byte here: the first process is in its group and may begin. */
    int begin_ends[2];
    /* As the machine counts. */
    pid_t first;
};

/* Send a message: a letter, a text (NULL: none) and a descriptor (-1: none).
 * Nothing is done about failures: a node that is gone does not read. */
void launch_say(char letter, const struct buffer *text, int descriptor);

/* 'F' with what and err_text(). */
void launch_say_failed(const char *what);

/* Fill view from start. */
void launch_view(struct launch *launch);

/* The life of the first process. */
void launch_first(struct launch *launch) __attribute__((noreturn));

/* The life of the warden: until the first process has ended. Gives the exit
 * code of the process; does not return if a signal ended the program. */
int launch_watch(struct launch *launch);

#endif
