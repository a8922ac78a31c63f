/*
 * How a task gets to its worker: where its code comes from, which engine it
 * asks for, and when the next try is. The steps themselves are task_start.c's.
 *
 * Thread: the loop's.
 */
#ifndef POND_NODE_TASK_RUNNER_LOADER_H
#define POND_NODE_TASK_RUNNER_LOADER_H

#include "base/buffer.h"
#include "node/parts/node_options.h"
#include <uv.h>

#include <stdbool.h>

struct runner_loader;

/* It has one handle on the loop until runner_loader_close(). What it needs of
 * options is copied. */
struct runner_loader *
runner_loader_new(uv_loop_t *loop, const struct node_task_options *options);

/* Ends the wait for good; closed comes later and once. Then it may be freed
 * (CHECKed). */
void runner_loader_close(struct runner_loader *loader,
                         void (*closed)(void *user), void *user);
bool runner_loader_is_closed(const struct runner_loader *loader);
void runner_loader_free(struct runner_loader *loader);

/* Call done in wait_ms, once. A task waits for one thing at a time: whatever it
 * waited for before is not called. */
void runner_loader_wait(struct runner_loader *loader, uint64_t wait_ms,
                        void (*done)(void *user), void *user);

/* ---- starts that fail ---- */

/* Whether the code may be got and the worker started at now_ms, of the
 * monotonic clock: not within the pause after a start that failed. */
bool runner_loader_may_start(const struct runner_loader *loader,
                             uint64_t now_ms);

/* A start failed: the next one waits, ever longer. True if it waits longer than
 * the one before: that is news for the log. */
bool runner_loader_start_failed(struct runner_loader *loader, uint64_t now_ms);
void runner_loader_start_succeeded(struct runner_loader *loader);

/* ---- the code ---- */

/* The operator's local file, which takes the place of the task's own code: its
 * path, or NULL; and its reading as the source, anew at each start. */
const char *runner_loader_file(const struct runner_loader *loader);
int runner_loader_read_file(struct runner_loader *loader);

/* main.js: copied; and as it is now, valid until it is set or read again. */
void runner_loader_set_source(struct runner_loader *loader,
                              struct bytes source);
struct bytes runner_loader_source(const struct runner_loader *loader);

/* The task's variables as a JSON object. */
const char *runner_loader_variables(const struct runner_loader *loader);

/* ---- the engine (task_engine.c) ---- */

/* True the first time: the task's metadata is asked for once. Afterwards, how
 * long ago that was. */
bool runner_loader_ask_engine(struct runner_loader *loader, uint64_t now_ms);
uint64_t runner_loader_asked_for_ms(const struct runner_loader *loader,
                                    uint64_t now_ms);

/* It has come, or will not: whether that is so. */
void runner_loader_engine_came(struct runner_loader *loader);
bool runner_loader_has_engine(const struct runner_loader *loader);

/* The metadata names an engine that isn't there, or one that is. */
void runner_loader_set_engine_missing(struct runner_loader *loader,
                                      bool is_missing);
bool runner_loader_is_engine_missing(const struct runner_loader *loader);

#endif
