/*
 * A worker that is ready before its task is known: process, engine and library
 * are made while nobody waits. There is one; it becomes the next task's worker
 * (host_options.spares), and another is made soon after.
 *
 * What the engine must know from its beginning is the same for all tasks that
 * it can become: the memory that it plans with, and the folder that has the
 * tasks' folders. A task that differs starts without a spare, and so does every
 * task on a machine without namespaces: there a process can't be confined to a
 * folder once it has threads (runtime/sandbox/sandbox.h).
 *
 * A spare takes about 30 MB, a few of them its own.
 *
 * Thread: the loop's.
 */
#ifndef POND_RUNTIME_HOST_HOST_SPARE_H
#define POND_RUNTIME_HOST_HOST_SPARE_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

struct host_spares;

/* Texts are copied. */
struct host_spares_options {
    const char *program; /* the path of pond-worker */
    const char *folders; /* what the tasks' folders lie in; made if absent */
    /* Tasks whose limit is from this to twice as much can be taken over. 0: the
     * default (host.h). */
    uint64_t memory_bytes;
};

/* No process is started before the first host_start(), so a node without tasks
 * has none. Never fails; a spare that can't be is left out. */
struct host_spares *host_spares_new(uv_loop_t *loop,
                                    const struct host_spares_options *options);

/* Make one now, rather than after the next start. */
void host_spares_fill(struct host_spares *spares);

/* Is there one? What it does not say is whether it is done with its making: a
 * task that takes it earlier waits for the rest. */
bool host_spares_is_there(const struct host_spares *spares);

/* End it. closed (NULL is allowed) comes later, from the loop; then spares is
 * gone. No host_start() may have it from here on. NULL is not allowed. */
void host_spares_close(struct host_spares *spares, void (*closed)(void *user),
                       void *user);

#endif
