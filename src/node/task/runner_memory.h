/*
 * What of a task's runtime memory lasts: the entries that it keeps with
 * `persist: true`, in a snapshot of their own,
 *
 *     <node folder>/memory/<task id>
 *
 * which the task can't reach. It is written a minute after a change at the
 * latest, and when the runner ends, whole or not at all; a crash loses a
 * minute.
 *
 * Thread: the loop's; the disk is waited for on libuv's pool, but for the one
 * read when a runner is made.
 */
#ifndef POND_NODE_TASK_RUNNER_MEMORY_H
#define POND_NODE_TASK_RUNNER_MEMORY_H

#include "node/task/task_log.h"
#include <uv.h>

struct memory;
struct runner_memory;

/* All are borrowed for its life; log NULL: there is none. saved is called from
 * the loop when a snapshot is on disk, or could not be written.
 *
 * Takes up what is there. A snapshot that is damaged, or larger than memory is
 * now, is said in the task's log and put aside, as FILE.bad. */
struct runner_memory_options {
    uv_loop_t *loop;
    const char *node_folder;
    const char *task_text;
    struct memory *memory;
    struct task_log *log;
    void (*saved)(void *user);
    void *user;
};
struct runner_memory *
runner_memory_new(const struct runner_memory_options *options);
/* Nothing is being written (CHECKed). */
void runner_memory_free(struct runner_memory *memory);

/* Write it if it is time. True: saved comes. */
bool runner_memory_look(struct runner_memory *memory, uint64_t now_ms);

/* The same, whatever the time, once: what could not be written at the end is
 * given up, because a full disk must not keep a node from stopping. */
bool runner_memory_finish(struct runner_memory *memory);

#endif
