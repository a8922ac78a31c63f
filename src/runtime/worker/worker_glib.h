/*
 * JavaScriptCore's own run loop inside ours. The engine was built for GLib:
 * what it does later or from another thread (WebAssembly compiled in the
 * background, FinalizationRegistry, the collector's idle work) it puts into
 * the main context of its thread. Nobody turns that one here, so this does,
 * from libuv's loop.
 *
 * Thread: the engine's, all of it.
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

/* Before the engine's first use on this thread: it takes the context that is
 * the thread's default then. */
void worker_glib_init(struct worker_glib *glib);

/* From here on the loop turns the context as well. */
void worker_glib_attach(struct worker_glib *glib, uv_loop_t *loop);

#endif
