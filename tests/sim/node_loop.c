#include "node_loop.h"

#include "base/check.h"
#include "base/memory.h"

#include <stdlib.h>

#define EVENTS_MAX 1024

struct event {
    uint64_t due_ms, age;
    loop_event *call;
    void *user;
    uv_timer_t *timer; /* or NULL */
    uv_timer_cb timer_call;
    uint64_t repeat_ms;
};

static struct {
    uv_loop_t *loop;
    uint64_t *now_ms;
    void (*step)(void);
    struct event events[EVENTS_MAX];
    size_t count;
    uint64_t age;
} world;

void loop_open(uv_loop_t *loop, uint64_t *now_ms, void (*step)(void))
{
    world.loop = loop;
    world.now_ms = now_ms;
    world.step = step;
    world.count = 0;
}

static void add(const struct event *event)
{
    CHECK(world.count < EVENTS_MAX);
    world.events[world.count] = *event;
    world.events[world.count++].age = ++world.age;
}

void loop_after(uint64_t delay_ms, loop_event *event, void *user)
{
    add(&(struct event){
        .due_ms = *world.now_ms + delay_ms, .call = event, .user = user});
}

/* What the loop itself does: close callbacks, and the signer's turns. */
static void settle(void)
{
    for (unsigned i = 0; uv_run(world.loop, UV_RUN_NOWAIT); i++)
        CHECK(i < 10000);
}

bool loop_turn(void)
{
    struct event event;
    size_t next = 0;

    settle();
    if (!world.count)
        return false;
    for (size_t i = 1; i < world.count; i++) {
        const struct event *at = &world.events[i], *best = &world.events[next];

        if (at->due_ms < best->due_ms ||
            (at->due_ms == best->due_ms && at->age < best->age))
            next = i;
    }
    event = world.events[next];
    world.events[next] = world.events[--world.count];
    if (event.due_ms > *world.now_ms)
        *world.now_ms = event.due_ms;
    if (!event.timer) {
        event.call(event.user);
    } else {
        if (event.repeat_ms) {
            event.due_ms = *world.now_ms + event.repeat_ms;
            add(&event);
        }
        event.timer_call(event.timer);
    }
    settle();
    return true;
}

/* ---- in the place of libuv's ---- */

static bool drop(const uv_timer_t *timer)
{
    for (size_t i = 0; i < world.count; i++) {
        if (world.events[i].timer != timer)
            continue;
        world.events[i] = world.events[--world.count];
        return true;
    }
    return false;
}

int __wrap_uv_timer_start(uv_timer_t *timer, uv_timer_cb call,
                          uint64_t delay_ms, uint64_t repeat_ms);
int __wrap_uv_timer_start(uv_timer_t *timer, uv_timer_cb call,
                          uint64_t delay_ms, uint64_t repeat_ms)
{
    drop(timer);
    add(&(struct event){.due_ms = *world.now_ms + delay_ms,
                        .timer = timer,
                        .timer_call = call,
                        .repeat_ms = repeat_ms});
    return 0;
}

int __wrap_uv_timer_stop(uv_timer_t *timer);
int __wrap_uv_timer_stop(uv_timer_t *timer)
{
    drop(timer);
    return 0;
}

void __real_uv_close(uv_handle_t *handle, uv_close_cb closed);
void __wrap_uv_close(uv_handle_t *handle, uv_close_cb closed);
void __wrap_uv_close(uv_handle_t *handle, uv_close_cb closed)
{
    drop((const uv_timer_t *)handle);
    __real_uv_close(handle, closed);
}

int __real_uv_is_active(const uv_handle_t *handle);
int __wrap_uv_is_active(const uv_handle_t *handle);
int __wrap_uv_is_active(const uv_handle_t *handle)
{
    for (size_t i = 0; i < world.count; i++)
        if (world.events[i].timer == (const uv_timer_t *)handle)
            return 1;
    return handle->type == UV_TIMER ? 0 : __real_uv_is_active(handle);
}

uint64_t __wrap_uv_now(const uv_loop_t *loop);
uint64_t __wrap_uv_now(const uv_loop_t *loop)
{
    return *world.now_ms;
}

uint64_t __wrap_clock_monotonic_ms(void);
uint64_t __wrap_clock_monotonic_ms(void)
{
    return world.now_ms ? *world.now_ms : 0;
}

/* What is written down with a day is of virtual days, too. */
#define UNIX_MS_AT_0 1750000000000u

uint64_t __wrap_clock_unix_ms(void);
uint64_t __wrap_clock_unix_ms(void)
{
    return UNIX_MS_AT_0 + __wrap_clock_monotonic_ms();
}

struct work {
    uv_work_t *request;
    uv_work_cb call;
    uv_after_work_cb after;
};

static void on_worked(void *user)
{
    struct work work = *(struct work *)user;

    free(user);
    world.step();
    work.after(work.request, 0);
}

static void on_work(void *user)
{
    struct work *work = user;

    world.step();
    work->call(work->request);
    world.step();
    loop_after(1, on_worked, work);
}

int __wrap_uv_queue_work(uv_loop_t *loop, uv_work_t *request, uv_work_cb call,
                         uv_after_work_cb after);
int __wrap_uv_queue_work(uv_loop_t *loop, uv_work_t *request, uv_work_cb call,
                         uv_after_work_cb after)
{
    struct work *work = mem_zero(1, sizeof(*work));

    *work = (struct work){.request = request, .call = call, .after = after};
    loop_after(1, on_work, work);
    return 0;
}
