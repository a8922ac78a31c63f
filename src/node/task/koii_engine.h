/*
 * The engine node of one task: an unmodified Koii bundle in a process of the
 * system's node (runtime/koii/koii_process.h), and what the runner knows of it.
 *
 * The bundle lies at <node folder>/executables, as in Koii, so that what
 * bundles name relative to themselves (../namespace/<task id>/...) is there.
 * Its working directory is the task's folder.
 *
 * Thread: the loop's.
 */
#ifndef POND_NODE_TASK_KOII_ENGINE_H
#define POND_NODE_TASK_KOII_ENGINE_H

#include "node/task/runner.h"

struct koii_engine;

/* Koii's port of the node, which is written down in bundles. */
#define KOII_NODE_PORT 30017

/* The version that tasks are told: a semver, because wrappers compare it, from
 * which on they vote against distribution lists (reference, 7.3). */
#define KOII_NODE_VERSION "1.11.19"

/* How a start goes on, for the part that begins it (task_start.c). */
struct koii_engine_events {
    /* The process is there; triggers reach it. */
    void (*started)(struct task_runner *runner);
    /* It could not be started: err_text(). */
    void (*failed)(struct task_runner *runner);
    /* It has ended, and is freed when this returns. */
    void (*ended)(struct task_runner *runner, const struct koii_end *end);
};

/* Begin a start with the loader's source; exactly one of started and failed
 * comes, later, unless the runner stops first. */
void koii_engine_start(struct task_runner *runner,
                       const struct koii_engine_events *events);

/* With the runner; NULL is allowed. */
void koii_engine_free(struct koii_engine *engine);

/* Is that the secret of this task's process? Takes the same time whatever is
 * given. */
bool koii_engine_knows(const struct task_runner *runner, const char *secret);

/* How many rounds of the clock have begun since the one in which this was first
 * asked of the process. */
uint64_t koii_engine_rounds(struct task_runner *runner);

/* One more transaction that the task has this node send: each costs the main
 * wallet its fee. ERR_LIMIT: too many in this round of the clock. */
int koii_engine_take_action(struct task_runner *runner);

/* One more request to the task's own server; ERR_BUSY: too many are under way.
 * After 0, koii_engine_visit_over(). */
int koii_engine_visit(struct task_runner *runner);
/* For the way there; a task has one for itself, because its connections count.
 * NULL once the process has ended. */
struct http_client *koii_engine_http(const struct task_runner *runner);
void koii_engine_visit_over(struct task_runner *runner);

/* Where the task's own server listens, in its own network or in the
 * machine's. */
uint16_t koii_engine_port(const struct task_runner *runner);

/* The endpoint of settlement as the task's process reaches it. Valid as long as
 * that. */
const char *koii_engine_rpc_url(const struct task_runner *runner);

/* The task's folder, absolute; the caller frees it. */
char *koii_engine_folder(const struct task_runner *runner);

#endif
