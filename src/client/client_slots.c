/*
 * Slot subscriptions. Each has a WebSocket of its own and goes on for ever:
 * connect, subscribe, ask once for the newest slot (so that slots that passed
 * meanwhile are not waited for), and report. After a loss, wait and begin
 * again.
 *
 * Slots are reported in ascending order and each at most once, whatever the
 * endpoint sends: after a reconnection, or from a balancer of several nodes, an
 * older one may come. Missed slots are not reported later, because listeners
 * want to know the present slot.
 *
 * Each subscription has a WebSocket of its own, because a program has one or a
 * few: a shared one would need ids and an order. Thread: the loop's.
 */
#include "client/client_internal.h"

#include "base/check.h"
#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "net/websocket.h"
#include <inttypes.h>
#include <stdlib.h>

/* From a blink to a few seconds, doubled each time: an endpoint that restarts
 * is found again within a slot or two, and one that is gone is not hammered. */
#define BACKOFF_MIN_MS 100
#define BACKOFF_MAX_MS 5000

/* No network makes a slot a millisecond. One that is further ahead than that is
 * a mistake of the endpoint, or its network's: it is passed over, because it
 * would make all later ones old. After a machine has slept the clock needs a
 * moment until the jump is believed. */
#define SLOTS_AT_ONCE_MAX 1000

/*
 * Invariants:
 *
 * 1. pending counts the references to this: the timer (from the beginning until
 *    its handle is closed), the WebSocket and a call for the newest slot. At 0
 *    it is freed.
 * 2. callback is NULL after the end of the subscription. Then all that comes is
 *    dropped, and nothing new begins.
 * 3. While callback is not NULL, there is a WebSocket, or the timer runs.
 * 4. newest only grows, and not faster than a slot a millisecond, but for
 *    client_slots_continue().
 */
struct client_slots {
    struct client *client;
    struct client_slots *previous;
    struct client_slots *next;
    client_slot_callback *callback; /* NULL: unsubscribed */
    void *user;
    struct websocket *websocket; /* NULL: not connected */
    uv_timer_t timer;            /* until the next try */
    uint64_t backoff_ms;
    size_t endpoint;    /* that it is subscribed at, or tries to be */
    uint64_t newest;    /* reported last; 0: none yet */
    uint64_t newest_ms; /* when it was: the loop's time */
    unsigned pending;   /* what still refers to this: websocket, call, timer */
};

static void connect_now(struct client_slots *slots);

static const struct client_endpoint *
endpoint_of(const struct client_slots *slots)
{
    return &slots->client->endpoints.list[slots->endpoint];
}

/* Let go of one reference; the last one frees. */
static void release(struct client_slots *slots)
{
    CHECK(slots->pending > 0);
    if (--slots->pending == 0)
        free(slots);
}

static bool is_plausible(const struct client_slots *slots, uint64_t slot)
{
    uint64_t since_ms = uv_now(slots->client->loop) - slots->newest_ms;
    return slot - slots->newest <= since_ms + SLOTS_AT_ONCE_MAX;
}

/* The one place that calls back. */
static void report(struct client_slots *slots, uint64_t slot)
{
    if (!slots->callback || slot <= slots->newest)
        return;
    if (slots->newest && !is_plausible(slots, slot)) {
        log_debug("client", "slot %" PRIu64 " after %" PRIu64 " is passed over",
                  slot, slots->newest);
        return;
    }
    slots->newest = slot;
    slots->newest_ms = uv_now(slots->client->loop);
    slots->callback(slots->user, slot);
}

static void on_timer(uv_timer_t *timer)
{
    connect_now(timer->data);
}

/* Try again after the present pause, and double it up to the most. */
static void connect_later(struct client_slots *slots)
{
    CHECK(slots->callback);
    uv_timer_start(&slots->timer, on_timer, slots->backoff_ms, 0);
    slots->backoff_ms *= 2;
    if (slots->backoff_ms > BACKOFF_MAX_MS)
        slots->backoff_ms = BACKOFF_MAX_MS;
}

/* A failure is not reported, because the subscription will fail as well. */
static void on_newest_slot(void *user, int status, uint64_t slot)
{
    struct client_slots *slots = user;
    if (!status)
        report(slots, slot);
    release(slots);
}

/* Subscribe, and ask where the network is. The answer to the subscription is
 * not looked at: if it was refused, no slot comes. */
static void on_opened(void *user, struct websocket *websocket)
{
    struct client_slots *slots = user;
    if (!slots->callback)
        return;
    static const char subscribe[] =
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"slotSubscribe\"}";
    if (websocket_send(websocket, bytes_text(subscribe)))
        return; /* its end comes through on_closed() */
    slots->pending++;
    client_slot(slots->client, CLIENT_PROCESSED, on_newest_slot, slots);
}

/* {"method":"slotNotification","params":{"result":{"slot":…}}}; anything else
 * is ignored. A notification proves that the endpoint works, so the pause is
 * reset here and not at the connection. */
static void on_message(void *user, struct websocket *websocket,
                       struct bytes message)
{
    struct client_slots *slots = user;
    struct json_object *root = NULL, *params, *result;
    const char *method;
    uint64_t slot;
    if (json_parse(message, &root))
        return;
    if (json_object_is_type(root, json_type_object) &&
        !json_get_text(root, "method", &method) &&
        !strcmp(method, "slotNotification") &&
        !json_get_object(root, "params", &params) &&
        !json_get_object(params, "result", &result) &&
        !json_get_u64(result, "slot", &slot)) {
        slots->backoff_ms = BACKOFF_MIN_MS; /* it works */
        report(slots, slot);
    }
    json_object_put(root);
}

/* An endpoint may answer calls and have no PubSub. A single loss is none of its
 * faults: proxies end connections now and then. */
static void look_for_another(struct client_slots *slots)
{
    if (slots->backoff_ms > BACKOFF_MIN_MS)
        slots->endpoint = endpoint_choice_after(
            &slots->client->endpoints.choice, slots->endpoint);
}

/* The WebSocket's last event, also after websocket_close(). */
static void on_closed(void *user, struct websocket *websocket, int status)
{
    struct client_slots *slots = user;
    slots->websocket = NULL;
    if (slots->callback) {
        log_debug("client", "slots from %s: %s; trying again in %d ms",
                  endpoint_of(slots)->shown,
                  status ? err_text() : "connection closed",
                  (int)slots->backoff_ms);
        look_for_another(slots);
        connect_later(slots);
    }
    release(slots);
}

/* An error at once is one of the URL or of this machine: it is warned of, and
 * tried again like any other. */
static void connect_now(struct client_slots *slots)
{
    static const struct websocket_events events = {
        .opened = on_opened, .message = on_message, .closed = on_closed};
    CHECK(slots->callback && !slots->websocket);
    if (websocket_connect(slots->client->loop,
                          endpoint_of(slots)->websocket_url, NULL, &events,
                          slots, &slots->websocket)) {
        log_warn("client", "slots: %s", err_text());
        connect_later(slots);
        return;
    }
    slots->pending++;
}

/* The first connection is begun here; nothing is called back before the loop
 * runs. */
struct client_slots *client_subscribe_slots(struct client *client,
                                            client_slot_callback *callback,
                                            void *user)
{
    CHECK_MAGIC(client, CLIENT_MAGIC);
    CHECK(callback && !client->is_closing);
    struct client_slots *slots = mem_zero(1, sizeof(*slots));
    slots->client = client;
    slots->callback = callback;
    slots->user = user;
    slots->backoff_ms = BACKOFF_MIN_MS;
    slots->endpoint = client->endpoints.choice.current;
    slots->next = client->slots;
    if (slots->next)
        slots->next->previous = slots;
    client->slots = slots;
    slots->pending = 1; /* the timer */
    CHECK(uv_timer_init(client->loop, &slots->timer) == 0);
    slots->timer.data = slots;
    connect_now(slots);
    return slots;
}

/* A connection that is there ends, and its end begins the next one. */
void client_slots_follow(struct client *client)
{
    for (struct client_slots *at = client->slots; at; at = at->next) {
        if (at->endpoint == client->endpoints.choice.current)
            continue;
        at->endpoint = client->endpoints.choice.current;
        at->backoff_ms = BACKOFF_MIN_MS;
        if (at->websocket)
            websocket_close(at->websocket);
        else
            connect_later(at);
    }
}

/* For the bounds this is the last one reported. */
void client_slots_continue(struct client_slots *slots, uint64_t slot)
{
    CHECK(slots->callback);
    slots->newest = slot;
    slots->newest_ms = uv_now(slots->client->loop);
}

static void on_timer_closed(uv_handle_t *handle)
{
    release(handle->data);
}

/* No callback comes after this. The memory goes with the last handle. */
void client_unsubscribe_slots(struct client_slots *slots)
{
    if (!slots)
        return;
    CHECK(slots->callback);
    slots->callback = NULL;
    if (slots->previous)
        slots->previous->next = slots->next;
    else
        slots->client->slots = slots->next;
    if (slots->next)
        slots->next->previous = slots->previous;
    if (slots->websocket)
        websocket_close(slots->websocket);
    uv_close((uv_handle_t *)&slots->timer, on_timer_closed);
}
