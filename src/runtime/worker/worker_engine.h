/*
 * JavaScriptCore with Pond's library around it: one context, one task, one
 * thread (the engine's, which also turns its loop).
 *
 * The library is JavaScript (js/); it reaches C through one object of
 * functions that task code never sees (worker_bind.h). C reaches JavaScript
 * through the few functions that js/bootstrap.js registers.
 */
#ifndef POND_RUNTIME_WORKER_WORKER_ENGINE_H
#define POND_RUNTIME_WORKER_WORKER_ENGINE_H

#include "runtime/wire/rate.h"
#include "runtime/wire/worker_exit.h"
#include "runtime/worker/worker_channel.h"
#include <JavaScriptCore/JavaScript.h>
#include <uv.h>

#define WORKER_ENGINE_MAGIC 0x656e6769u

/* More open calls than any node allows. */
#define WORKER_ENGINE_CALLS_MAX 64

/* A call under way, or loading (id 0). */
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
    /* Functions of bootstrap.js: of (head, payload) and of (timer's id). */
    JSObjectRef receive;
    JSObjectRef expire;
    /* main.js. */
    struct bytes source;
    /* The start message's head. */
    const char *start;
    /* The task's folder, or -1. */
    int folder_fd;
    /* Under way, in no order; loading counts as number 0. */
    struct worker_engine_call calls[WORKER_ENGINE_CALLS_MAX];
    size_t call_count;
    /* Of the JavaScript that runs now, and the limit for a turn outside any
     * call. */
    uint64_t turn_began_ms;
    uint64_t turn_limit_ms;
    struct rate log_lines;
    struct rate log_bytes;
    uint64_t log_lines_dropped;
};

struct worker_engine_options {
    struct worker_channel *channel;
    /* main.js and the start message's head; both outlive the engine. */
    struct bytes source;
    const char *start;
    /* Tables of functions (worker_bind.h), ended by NULL: what the library
     * finds in C. */
    const JSStaticFunction *const *tables;
    /* The task's folder, open already; -1: none. */
    int folder_fd;
    uint64_t load_ms;
    uint64_t log_lines_per_s;
    uint64_t log_bytes_per_s;
};

/* Make the context, load the library and main.js, serve until the node goes
 * or the task ends itself. Does not return: exit() is how a worker ends. */
void worker_engine_run(const struct worker_engine_options *options)
    __attribute__((noreturn));

/* Everything said so far reaches the node, then the process ends. */
void worker_engine_exit(struct worker_engine *engine, int code)
    __attribute__((noreturn));

/* Call into JavaScript from the loop; an exception there is a mistake of the
 * library and is logged. */
void worker_engine_call(struct worker_engine *engine, JSObjectRef function,
                        size_t count, const JSValueRef *arguments);

/* A line to the task's log, within the log rate. */
void worker_engine_log(struct worker_engine *engine, const char *level,
                       struct bytes text);

#endif
