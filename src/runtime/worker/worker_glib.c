/*
 * GLib's documented way to run a context inside another loop: prepare and query
 * before the wait, check and dispatch after it. libuv waits, so its loop gets
 * the context's descriptor and next time-out.
 */
#include "runtime/worker/worker_glib.h"
#include "base/check.h"

void worker_glib_init(struct worker_glib *glib)
{
    *glib = (struct worker_glib){.context = g_main_context_new()};
    g_main_context_push_thread_default(glib->context);
    /* The thread keeps it, because prepare and dispatch need its ownership. */
    CHECK(g_main_context_acquire(glib->context));
}

/* The timer only ends the loop's wait; after_wait() does the work. */
static void expire(uv_timer_t *timer)
{
}

/* Before the wait: set the timer to the context's next time-out. */
static void before_wait(uv_prepare_t *prepare)
{
    struct worker_glib *glib = prepare->data;
    gint priority, timeout_ms;
    g_main_context_prepare(glib->context, &priority);
    glib->fd_count = g_main_context_query(glib->context, priority, &timeout_ms,
                                          glib->fds, WORKER_GLIB_FDS_MAX);
    /* The engine adds no descriptors of its own. */
    CHECK(glib->fd_count <= WORKER_GLIB_FDS_MAX);
    if (timeout_ms >= 0)
        uv_timer_start(&glib->timer, expire, (uint64_t)timeout_ms, 0);
    else
        uv_timer_stop(&glib->timer);
}

/* After the wait: run what is due. */
static void after_wait(uv_check_t *check)
{
    struct worker_glib *glib = check->data;
    g_poll(glib->fds, (guint)glib->fd_count, 0);
    if (g_main_context_check(glib->context, G_MAXINT, glib->fds,
                             glib->fd_count))
        g_main_context_dispatch(glib->context);
}

/* This only wakes the loop; after_wait() does the work. */
static void woken(uv_poll_t *poll, int status, int events)
{
}

/* The handles live as long as the process, as the context does. */
void worker_glib_attach(struct worker_glib *glib, uv_loop_t *loop)
{
    CHECK(!uv_prepare_init(loop, &glib->prepare));
    CHECK(!uv_check_init(loop, &glib->check));
    CHECK(!uv_timer_init(loop, &glib->timer));
    glib->prepare.data = glib;
    glib->check.data = glib;
    before_wait(&glib->prepare);
    /* The first descriptor is the context's wake-up, which always exists. */
    CHECK(glib->fd_count >= 1);
    CHECK(!uv_poll_init(loop, &glib->wakeup, glib->fds[0].fd));
    CHECK(!uv_poll_start(&glib->wakeup, UV_READABLE, woken));
    CHECK(!uv_prepare_start(&glib->prepare, before_wait));
    CHECK(!uv_check_start(&glib->check, after_wait));
}
