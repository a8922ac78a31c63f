/*
 * JavaScriptCore's run loop inside libuv's. The engine was built for GLib: it
 * puts work for later or from another thread (WebAssembly compiled in the
 * background, FinalizationRegistry, the collector's idle work) into the main
 * context of its thread. This module runs that context from libuv's loop.
 *
 * Thread: the engine's.
 */
#ifndef POND_RUNTIME_WORKER_WORKER_GLIB_H
#define POND_RUNTIME_WORKER_WORKER_GLIB_H

#include <glib.h>
#include <uv.h>

/* Descriptors of one context: the wake-up, and room for more. */
#define WORKER_GLIB_FDS_MAX 4

struct worker_glib {
    GMainContext *context;
    GPollFD fds[WORKER_GLIB_FDS_MAX];
    int fd_count;
    uv_prepare_t prepare;
    uv_check_t check;
    uv_timer_t timer; /* bounds the loop's wait by the context's time-outs */
    uv_poll_t wakeup; /* the context's own descriptor */
};

/* Call this before the engine's first use on this thread, because the engine
 * takes the thread's default context then. */
void worker_glib_init(struct worker_glib *glib);

/* From now on the loop runs the context as well. */
void worker_glib_attach(struct worker_glib *glib, uv_loop_t *loop);

#endif
