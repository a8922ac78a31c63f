/*
 * JavaScriptCore with Pond's library around it: one context, one task, and one
 * thread, which also runs the loop.
 *
 * The library is JavaScript (js/). It reaches C through an object of functions
 * that task code never sees (worker_bind.h). C reaches JavaScript through the
 * few functions that js/bootstrap.js returns.
 *
 * Thread: the engine's.
 */
#ifndef POND_RUNTIME_WORKER_WORKER_ENGINE_H
#define POND_RUNTIME_WORKER_WORKER_ENGINE_H

#include "base/rate.h"
#include "runtime/wire/worker_exit.h"
#include "runtime/worker/worker_channel.h"
#include <JavaScriptCore/JavaScript.h>
#include <uv.h>

#define WORKER_ENGINE_MAGIC 0x656e6769u

/* More open calls than any node allows. */
#define WORKER_ENGINE_CALLS_MAX 64

/* A call that has not ended. The id 0 stands for loading. */
struct worker_engine_call {
    uint64_t id;
    uint64_t began_ms;
    uint64_t limit_ms;
};

struct worker_engine {
    uint32_t magic;
    uv_loop_t loop;
    struct worker_channel *channel;
    JSGlobalContextRef context;
    /* Functions of bootstrap.js: receive(head, payload), expire(timer id) and
     * tick(). */
    JSObjectRef receive;
    JSObjectRef expire;
    JSObjectRef tick;
    /* begin(start message), which loads main.js. */
    JSObjectRef begin;
    /* Whether tick() has to run before the turn is over. */
    bool tick_wanted;
    /* main.js. */
    struct bytes source;
    /* The task's folder, or -1. */
    int folder_fd;
    /* /proc/self/statm, opened before the sandbox closed. */
    int statm_fd;
    /* The descriptors that the task has open, a bit each. */
    uint64_t task_files;
    /* The calls that have not ended, in no order. */
    struct worker_engine_call calls[WORKER_ENGINE_CALLS_MAX];
    size_t call_count;
    /* When the present turn of JavaScript began, and the limit for a turn
     * outside any call. */
    uint64_t turn_began_ms;
    uint64_t turn_limit_ms;
    struct rate log_lines;
    struct rate log_bytes;
    uint64_t log_lines_dropped;
};

struct worker_engine_options {
    struct worker_channel *channel;
    /* The tables of C functions for the library (worker_bind.h). NULL ends the
     * list. */
    const JSStaticFunction *const *tables;
    /* /proc/self/statm, open already. */
    int statm_fd;
    /* It may take long until there is a task: load now what most tasks use. */
    bool is_spare;
};

struct worker_engine_task {
    /* main.js and the start message's head; both outlive the engine. */
    struct bytes source;
    const char *start;
    /* The task's folder, open already, or -1. */
    int folder_fd;
    uint64_t load_ms;
    uint64_t log_lines_per_s;
    uint64_t log_bytes_per_s;
};

/* Make the context and the library, which need no task. Once a process. */
struct worker_engine *
worker_engine_make(const struct worker_engine_options *options);

/* Load main.js and serve until the node is gone or the task ends itself. Then
 * the process ends. */
void worker_engine_run(struct worker_engine *engine,
                       const struct worker_engine_task *task)
    __attribute__((noreturn));

/* Send all queued messages, then end the process. */
void worker_engine_exit(struct worker_engine *engine, int code)
    __attribute__((noreturn));

/* Call into JavaScript from the loop. An exception there is a mistake of the
 * library and is logged. */
void worker_engine_call(struct worker_engine *engine, JSObjectRef function,
                        size_t count, const JSValueRef *arguments);

/* Write a line to the task's log, within the log rate. */
void worker_engine_log(struct worker_engine *engine, const char *level,
                       struct bytes text);

#endif
