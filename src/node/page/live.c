#include "node/page/live_state.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "node/page/sessions.h"
#include "page/cookie.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdlib.h>

/* As live.h and the design of the page have them. */
#define HELLO_MS 5000
#define TICK_MS 500
#define SLOT_MS 1000
#define MESSAGES_S 20
#define PING_MS 20000

/* The queue's own limit stands above the one that says bye, so that what is one
 * message above it, and the bye, still fit. */
#define QUEUE_MAX (4u << 20)

void live_say(struct live *live, const char *name, struct bytes message)
{
    for (const struct live_topic *topic = live->topics; topic;
         topic = topic->next) {
        if (strcmp(topic->name, name) != 0)
            continue;
        for (struct live_page *page = live->pages; page; page = page->next)
            if (live_page_hears(page, topic))
                live_send(page, message);
        return;
    }
}

/* ---- what a page says ---- */

static void send_welcome(struct live_page *page)
{
    struct api *api = page->live->api;
    struct api_clock clock = {0};
    struct buffer message = {0};
    struct json_writer writer = json_writer_make(&message);

    api_world(api)->clock(api_world_user(api), &clock);
    json_open_object(&writer);
    json_field_text(&writer, "type", "welcome");
    json_field_text(&writer, "build", page->live->build);
    json_field_u64(&writer, "now", clock_unix_ms());
    json_field_u64(&writer, "slot", clock.slot);
    json_field_u64(&writer, "slot_ms", clock.slot_ms);
    json_close_object(&writer);
    live_send(page, buffer_view(&message));
    buffer_free(&message);
}

/* The note holds the values of the cookie, each followed by a ';'. */
static void take_hello(struct live_page *page,
                       const struct live_message *message)
{
    struct bytes rest = websocket_note(page->socket);
    const struct session *session = NULL;

    while (!session && rest.size) {
        const uint8_t *end = memchr(rest.data, ';', rest.size);
        size_t size = end ? (size_t)(end - rest.data) : rest.size;

        session = sessions_find(api_sessions(page->live->api),
                                bytes_make(rest.data, size),
                                bytes_text(message->key), clock_unix_ms());
        rest =
            end ? bytes_make(end + 1, rest.size - size - 1) : (struct bytes){0};
    }
    if (!session) {
        live_end_page(page, "session");
        return;
    }
    page->session = session->id;
    send_welcome(page);
}

static void take_quiet(struct live_page *page, bool is_on)
{
    bool was_hidden = page->is_hidden;

    page->is_hidden = is_on;
    if (was_hidden && !is_on)
        live_topic_show_all(page);
}

static void take_message(struct live_page *page,
                         const struct live_message *message)
{
    if (!page->session) {
        if (message->type == LIVE_HELLO)
            take_hello(page, message);
        else
            live_end_page(page, "session");
        return;
    }
    switch (message->type) {
    case LIVE_HELLO:
        live_send_error(page, "hello", NULL, "hello was said before");
        break;
    case LIVE_WATCH:
        live_topic_watch(page, message->topic);
        break;
    case LIVE_UNWATCH:
        live_topic_unwatch(page, message->topic);
        break;
    case LIVE_QUIET:
        take_quiet(page, message->is_on);
        break;
    }
}

static void on_message(void *user, struct websocket *socket, struct bytes text)
{
    struct live_page *page = user;
    struct live_message message;

    if (page->is_over)
        return;
    if (!rate_take(&page->rate, uv_now(page->live->loop), 1)) {
        live_send_error(page, "rate", NULL, "too many messages");
        live_end_page(page, "rate");
    } else if (live_message_read(text, &message)) {
        live_send_error(page, "form", NULL, err_text());
        if (!page->session)
            live_end_page(page, "session");
    } else {
        take_message(page, &message);
    }
    sodium_memzero(&message, sizeof(message));
}

/* ---- time ---- */

static void say_slot(struct live *live)
{
    struct api_clock clock = {0};
    struct buffer message = {0};

    api_world(live->api)->clock(api_world_user(live->api), &clock);
    buffer_format(&message,
                  "{\"type\":\"slot\",\"slot\":%" PRIu64 ",\"final\":%" PRIu64
                  ",\"slot_ms\":%" PRIu64 "}",
                  clock.slot, clock.final_slot, clock.slot_ms);
    for (struct live_page *page = live->pages; page; page = page->next) {
        if (page->session && !page->is_hidden)
            live_send(page, buffer_view(&message));
    }
    buffer_free(&message);
}

/* Sessions end by themselves, too. */
static void look_at_pages(struct live *live, uint64_t now_ms)
{
    for (struct live_page *page = live->pages; page; page = page->next) {
        if (!page->session) {
            if (now_ms - page->opened_ms >= HELLO_MS) {
                live_send_error(page, "hello", NULL, "no hello came");
                live_end_page(page, "session");
            }
        } else if (!sessions_is_open(api_sessions(live->api), page->session,
                                     !page->is_hidden, clock_unix_ms())) {
            live_end_page(page, "session");
        }
    }
    api_note_use(live->api);
}

static void on_tick(uv_timer_t *timer)
{
    struct live *live = timer->data;
    uint64_t now_ms = uv_now(live->loop);

    CHECK_MAGIC(live, LIVE_MAGIC);
    look_at_pages(live, now_ms);
    if (now_ms - live->slot_said_ms >= SLOT_MS) {
        live->slot_said_ms = now_ms;
        say_slot(live);
    }
    live_topic_tick(live);
}

/* ---- connections ---- */

static void on_opened(void *user, struct websocket *socket)
{
    struct live *live = user;
    struct live_page *page = mem_zero(1, sizeof(*page));

    CHECK_MAGIC(live, LIVE_MAGIC);
    page->live = live;
    page->socket = socket;
    page->opened_ms = uv_now(live->loop);
    page->rate = rate_make(MESSAGES_S, MESSAGES_S, page->opened_ms);
    page->next = live->pages;
    if (live->pages)
        live->pages->previous = page;
    else
        CHECK(!uv_timer_start(&live->timer, on_tick, TICK_MS, TICK_MS));
    live->pages = page;
    websocket_set_user(socket, page);
    if (live->has_said_bye)
        live_end_page(page, "stop");
}

static void on_closed(void *user, struct websocket *socket, int status)
{
    struct live_page *page = user;
    struct live *live = page->live;

    CHECK_MAGIC(live, LIVE_MAGIC);
    live_topic_unwatch_all(page);
    if (page->previous)
        page->previous->next = page->next;
    else
        live->pages = page->next;
    if (page->next)
        page->next->previous = page->previous;
    free(page);
    if (!live->pages && !live->is_closing)
        uv_timer_stop(&live->timer);
    live_free_if_done(live);
}

struct live *live_new(struct api *api, const char *build)
{
    struct live *live = mem_zero(1, sizeof(*live));
    const struct websocket_server_options options = {
        .limits = {.message_max_bytes = LIVE_MESSAGE_MAX,
                   .queue_max_bytes = QUEUE_MAX,
                   .ping_ms = PING_MS},
        .events = {.opened = on_opened,
                   .message = on_message,
                   .closed = on_closed},
        .user = live,
        .connections_max = LIVE_PAGES_MAX};

    live->magic = LIVE_MAGIC;
    live->api = api;
    live->loop = api_loop(api);
    live->build = mem_text(build);
    CHECK(!uv_timer_init(live->loop, &live->timer));
    live->timer.data = live;
    live->server = websocket_server_new(live->loop, &options);
    live->open = 1;
    return live;
}

/* Only the values that may be one of this node's go with the connection. */
void live_accept(struct live *live, struct http_exchange *exchange,
                 const char *cookies, bool is_secure)
{
    char *name = mem_format("%spond-%s", is_secure ? "__Host-" : "",
                            sessions_instance(api_sessions(live->api)));
    struct bytes rest = bytes_text(cookies), value;
    struct buffer note = {0};

    while (cookie_next(&rest, name, &value)) {
        buffer_bytes(&note, value);
        buffer_u8(&note, ';');
    }
    if (!note.size)
        http_answer(exchange, 401, "application/json",
                    bytes_text("{\"error\":{\"code\":\"session\",\"message\":"
                               "\"this browser is not connected\"}}"));
    else
        websocket_server_accept_noted(live->server, exchange,
                                      buffer_view(&note));
    buffer_wipe(&note);
    free(name);
}

void live_end_session(struct live *live, uint64_t session)
{
    for (struct live_page *page = live->pages; page; page = page->next) {
        if (page->session && (!session || page->session == session))
            live_end_page(page, "session");
    }
}

/* ---- the end ---- */

void live_say_bye(struct live *live, const char *reason)
{

    CHECK_MAGIC(live, LIVE_MAGIC);
    live->has_said_bye = true;
    for (struct live_page *page = live->pages; page; page = page->next) {
        live_end_page(page, reason);
    }
}

static void on_timer_closed(uv_handle_t *handle)
{
    struct live *live = handle->data;

    live->open--;
    live_free_if_done(live);
}

void live_close(struct live *live, void (*closed)(void *user), void *user)
{
    CHECK_MAGIC(live, LIVE_MAGIC);
    CHECK(!live->is_closing && closed);
    live_say_bye(live, "stop");
    live->is_closing = true;
    live->closed = closed;
    live->user = user;
    websocket_server_close(live->server);
    uv_close((uv_handle_t *)&live->timer, on_timer_closed);
}
