/*
 * Listeners, the list of links, and the clock that gives links their share of
 * bytes. The clock runs only while there are links.
 */
#include "net/proxy.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/memory.h"
#include "net/door.h"
#include "net/proxy_link.h"

#include <stdlib.h>
#include <unistd.h>

#define MAGIC 0x50524f58u
#define LISTENERS_MAX 4

/* Bytes are shared out in tenths of a second. */
#define TICK_MS 100
#define TICKS_PER_S 10

/* Refused connections that may linger beside those that are served. */
#define REFUSED_MAX 64

struct listener {
    struct proxy *proxy;
    enum proxy_kind kind;
    struct door *door;
};

struct proxy {
    unsigned magic;
    struct proxy_options options;
    struct proxy_owner owner;
    struct listener listeners[LISTENERS_MAX];
    size_t listener_count;
    uv_timer_t *tick; /* memory of its own: libuv lets go of it late */
    bool is_ticking;
    uint64_t opened;
};

static void on_closed(uv_handle_t *handle)
{
    free(handle);
}

static void on_tick(uv_timer_t *tick)
{
    struct proxy *proxy = tick->data;
    CHECK_MAGIC(proxy, MAGIC);
    int64_t share = (int64_t)(proxy->options.bytes_per_s / TICKS_PER_S) + 1;
    proxy->owner.bytes_left += share;
    if (proxy->owner.bytes_left > share)
        proxy->owner.bytes_left = share;
    proxy_link_tick_all(&proxy->owner, clock_monotonic_ms());
    if (proxy->owner.links)
        return;
    uv_timer_stop(tick);
    proxy->is_ticking = false;
}

static void on_arrived(void *user, int connection)
{
    struct listener *listener = user;
    struct proxy *proxy = listener->proxy;
    bool is_refused = proxy->owner.link_count >= proxy->options.connections_max;
    if (proxy->owner.link_count >=
        proxy->options.connections_max + REFUSED_MAX) {
        close(connection);
        return;
    }
    proxy->opened += !is_refused;
    proxy_link_new(&proxy->owner, listener->kind, connection, is_refused);
    if (proxy->is_ticking)
        return;
    uv_timer_start(proxy->tick, on_tick, TICK_MS, TICK_MS);
    proxy->is_ticking = true;
}

struct proxy *proxy_new(uv_loop_t *loop, const struct proxy_options *options)
{
    struct proxy *proxy = mem_zero(1, sizeof(*proxy));
    CHECK(options->rule);
    proxy->magic = MAGIC;
    proxy->options = *options;
    if (!proxy->options.connections_max)
        proxy->options.connections_max = PROXY_CONNECTIONS;
    if (!proxy->options.bytes_per_s)
        proxy->options.bytes_per_s = PROXY_BYTES_PER_S;
    proxy->owner.loop = loop;
    proxy->owner.options = &proxy->options;
    proxy->owner.bytes_left =
        (int64_t)(proxy->options.bytes_per_s / TICKS_PER_S) + 1;
    proxy->tick = mem_zero(1, sizeof(*proxy->tick));
    CHECK(!uv_timer_init(loop, proxy->tick));
    proxy->tick->data = proxy;
    return proxy;
}

void proxy_listen(struct proxy *proxy, enum proxy_kind kind, int socket)
{
    CHECK_MAGIC(proxy, MAGIC);
    CHECK(proxy->listener_count < LISTENERS_MAX);
    struct listener *listener = &proxy->listeners[proxy->listener_count++];
    listener->proxy = proxy;
    listener->kind = kind;
    listener->door = door_open(proxy->owner.loop, socket, on_arrived, listener);
}

void proxy_statistics(const struct proxy *proxy, struct proxy_statistics *out)
{
    CHECK_MAGIC(proxy, MAGIC);
    *out = (struct proxy_statistics){.connections = proxy->owner.link_count,
                                     .opened = proxy->opened,
                                     .refused = proxy->owner.refused,
                                     .bytes = proxy->owner.bytes};
}

void proxy_free(struct proxy *proxy)
{
    if (!proxy)
        return;
    CHECK_MAGIC(proxy, MAGIC);
    proxy_link_free_all(&proxy->owner);
    for (size_t i = 0; i < proxy->listener_count; i++)
        door_close(proxy->listeners[i].door);
    uv_close((uv_handle_t *)proxy->tick, on_closed);
    proxy->magic = 0;
    free(proxy);
}
