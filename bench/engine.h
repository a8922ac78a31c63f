/*
 * One task in an engine, for benchmarks: in pond-worker, or in a process of
 * Node that speaks over Node's own channel (NODE_CHANNEL_FD). Both load the
 * same main.js, whose task(round) is what is measured.
 *
 * Node finds Koii's modules in ENGINE_MODULES below the folder of main.js,
 * which engine_write_modules() fills.
 *
 * Thread: one for each engine; all calls block. What fails ends the program:
 * a benchmark has nothing to go on with.
 */
#ifndef POND_BENCH_ENGINE_H
#define POND_BENCH_ENGINE_H

#include "base/bytes.h"
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct engine;

/* Put the modules that bundles leave to the engine where Node looks for them,
 * for a main.js anywhere below folder. */
void engine_write_modules(const char *folder);

/* What a worker needs before it is started; program: pond-worker. folders: what
 * the tasks' folders lie in, for a start with a spare worker, which is ready
 * when this returns; NULL: without. Not to be called before
 * engine_load_worker(). */
struct engine *engine_new_worker(const char *program, const char *folders);

/* Start, and return once main.js is loaded. folder: the task's, which is made.
 * Its memory limit is that of a task in a node. */
void engine_load_worker(struct engine *engine, const char *folder,
                        struct bytes source);

/* Both, without a spare. */
struct engine *engine_start_worker(const char *program, const char *folder,
                                   struct bytes source);

/* NULL if Node is not installed. main_path: the file. */
struct engine *engine_start_node(const char *main_path);

/* Run task(round); its result as JSON, which the caller frees. */
char *engine_call(struct engine *engine, uint64_t round);

pid_t engine_process(const struct engine *engine);

/* Wait until the task is idle: a worker has had a call, as a node makes one
 * after each start, and has given back what it does not need. */
void engine_settle(struct engine *engine);

/* End the process and free the engine. NULL is allowed. */
void engine_stop(struct engine *engine);

#endif
