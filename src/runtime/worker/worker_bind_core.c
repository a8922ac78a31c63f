/*
 * The functions that tie JavaScript to the loop and to the node. Timers expire
 * once. js/timers.js repeats them, cancels them (it forgets the id and ignores
 * the expiry) and limits their number.
 *
 * C does as little as possible, because a mistake here can damage memory and a
 * mistake in js/ is an exception.
 */
#include "base/check.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "runtime/worker/worker_bind.h"
#include "runtime/worker/worker_library.h"
#include "runtime/worker/worker_memory.h"
#include <stdlib.h>

/* send(head, payload?): one message to the node. */
WORKER_BIND(send_message)
{
    struct worker_engine *engine = worker_bind_engine(self);
    struct bytes payload = bytes_make(NULL, 0);
    size_t size;
    CHECK(count >= 1);
    if (count >= 2 && !JSValueIsUndefined(context, arguments[1]) &&
        !worker_bind_view(context, arguments[1], &payload, exception))
        return JSValueMakeUndefined(context);
    char *head = worker_bind_copy_text(context, arguments[0], &size, exception);
    if (!head)
        return JSValueMakeUndefined(context);
    int status =
        worker_channel_send(engine->channel, bytes_make(head, size), payload);
    free(head);
    if (status)
        return worker_bind_throw_status(context, exception, status);
    return JSValueMakeUndefined(context);
}

/* log(level, text) */
WORKER_BIND(log_line)
{
    size_t size;
    CHECK(count == 2);
    char *level =
        worker_bind_copy_text(context, arguments[0], &size, exception);
    char *text =
        level ? worker_bind_copy_text(context, arguments[1], &size, exception)
              : NULL;
    if (text)
        worker_engine_log(worker_bind_engine(self), level,
                          bytes_make(text, size));
    free(level);
    free(text);
    return JSValueMakeUndefined(context);
}

/* A timer is freed when the loop has let go of the handle. */
struct timer {
    uv_timer_t uv;
    struct worker_engine *engine;
    double id;
};

/* The loop uses the handle until it calls this. */
static void free_timer(uv_handle_t *handle)
{
    free(handle->data);
}

/* The handle is closed before JavaScript runs, because JavaScript may end the
 * process. */
static void expire_timer(uv_timer_t *uv)
{
    struct timer *timer = uv->data;
    struct worker_engine *engine = timer->engine;
    JSValueRef id = JSValueMakeNumber(engine->context, timer->id);
    uv_close((uv_handle_t *)uv, free_timer);
    worker_engine_call(engine, engine->expire, 1, &id);
}

/* timer(id, ms): expire(id) is called once after ms. The library cancels a
 * timer by forgetting the id. */
WORKER_BIND(start_timer)
{
    struct worker_engine *engine = worker_bind_engine(self);
    struct timer *timer = mem_zero(1, sizeof(*timer));
    timer->engine = engine;
    timer->id = worker_bind_number(context, count, arguments, 0);
    double ms = worker_bind_number(context, count, arguments, 1);
    /* js/timers.js cuts a task's numbers to this range. */
    CHECK(ms >= 0 && ms < 0x1p31);
    CHECK(!uv_timer_init(&engine->loop, &timer->uv));
    timer->uv.data = timer;
    /* Otherwise the loop's time is that of the turn's beginning. */
    uv_update_time(&engine->loop);
    CHECK(!uv_timer_start(&timer->uv, expire_timer, (uint64_t)ms, 0));
    return JSValueMakeUndefined(context);
}

/* began(id, limit_ms): the call begins now and may take limit_ms. */
WORKER_BIND(call_began)
{
    struct worker_engine *engine = worker_bind_engine(self);
    if (engine->call_count == WORKER_ENGINE_CALLS_MAX)
        return worker_bind_throw(context, exception, err_name(ERR_LIMIT),
                                 "too many calls at the same time");
    engine->calls[engine->call_count++] = (struct worker_engine_call){
        /* A double holds the numbers of calls exactly up to 2^53. */
        .id = (uint64_t)worker_bind_number(context, count, arguments, 0),
        .began_ms = clock_monotonic_ms(),
        .limit_ms = (uint64_t)worker_bind_number(context, count, arguments, 1),
    };
    return JSValueMakeUndefined(context);
}

/* ended(id) */
WORKER_BIND(call_ended)
{
    struct worker_engine *engine = worker_bind_engine(self);
    uint64_t id = (uint64_t)worker_bind_number(context, count, arguments, 0);
    for (size_t i = 0; i < engine->call_count; i++)
        if (engine->calls[i].id == id) {
            /* The calls have no order, so the last fills the gap. */
            engine->calls[i] = engine->calls[--engine->call_count];
            break;
        }
    return JSValueMakeUndefined(context);
}

/* now(): milliseconds since some moment, with fractions. */
WORKER_BIND(now)
{
    return JSValueMakeNumber(context, (double)clock_monotonic_ns() / 1e6);
}

/* exit(code) */
WORKER_BIND(leave)
{
    int code = (int)worker_bind_number(context, count, arguments, 0);
    worker_engine_exit(worker_bind_engine(self), code);
}

/* load(name): the function that is the value of a part of the library. */
WORKER_BIND(load)
{
    size_t size;
    CHECK(count == 1);
    char *name = worker_bind_copy_text(context, arguments[0], &size, exception);
    if (!name)
        return JSValueMakeUndefined(context);
    JSValueRef value = worker_library_evaluate(context, name, exception);
    free(name);
    return value ? value : JSValueMakeUndefined(context);
}

/* main(): main.js as a function of (exports, require, module, __filename,
 * __dirname). This does not run it. */
WORKER_BIND(load_main)
{
    struct worker_engine *engine = worker_bind_engine(self);
    JSValueRef value = worker_library_wrap(context, engine->source, exception);
    return value ? value : JSValueMakeUndefined(context);
}

/* source_map_url(): the URL of the bundle's source map, or an empty text. */
WORKER_BIND(source_map_url)
{
    struct worker_engine *engine = worker_bind_engine(self);
    struct bytes url;
    worker_library_split(engine->source, &url);
    return worker_bind_make_text_of(context, url);
}

/* want_tick(): bootstrap.js's tick() is called once the promise jobs of this
 * turn have run. */
WORKER_BIND(want_tick)
{
    worker_bind_engine(self)->tick_wanted = true;
    return JSValueMakeUndefined(context);
}

/* collect(): give back what an idle task does not need: run the collector, and
 * let go of code. */
WORKER_BIND(collect)
{
    JSGarbageCollect(context);
    worker_memory_release_code();
    return JSValueMakeUndefined(context);
}

const JSStaticFunction worker_bind_core[] = {
    {"send", send_message, kJSPropertyAttributeReadOnly},
    {"log", log_line, kJSPropertyAttributeReadOnly},
    {"timer", start_timer, kJSPropertyAttributeReadOnly},
    {"began", call_began, kJSPropertyAttributeReadOnly},
    {"ended", call_ended, kJSPropertyAttributeReadOnly},
    {"now", now, kJSPropertyAttributeReadOnly},
    {"exit", leave, kJSPropertyAttributeReadOnly},
    {"load", load, kJSPropertyAttributeReadOnly},
    {"main", load_main, kJSPropertyAttributeReadOnly},
    {"source_map_url", source_map_url, kJSPropertyAttributeReadOnly},
    {"want_tick", want_tick, kJSPropertyAttributeReadOnly},
    {"collect", collect, kJSPropertyAttributeReadOnly},
    {0},
};
