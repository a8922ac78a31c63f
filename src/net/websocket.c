/*
 * wslay makes frames and takes them apart; it reads through on_receive() and
 * writes through on_send(), which gathers frames so that many small messages
 * leave in one system call. pump() moves what can be moved and is called from
 * the loop only.
 *
 * A subscription to a busy ledger may be thousands of small messages a second,
 * to many peers. So sending only queues, and the loop's next turn frames and
 * writes all of it. A peer that does not keep up is dropped at queue_max_bytes,
 * so that it does not hold memory.
 *
 * Each end may come at any point, even inside a callback of wslay. So
 * websocket_end() only marks the connection and closes handles. release() frees
 * the memory when the last handle is closed, and every step after a callback
 * checks the stage again.
 *
 * Compression (permessage-deflate) is not supported, because it would cost each
 * peer hundreds of kilobytes of memory. Messages are not sent in fragments.
 */
#include "net/websocket_state.h"

#include "base/check.h"
#include "base/error.h"
#include "base/memory.h"
#include <sodium.h>
#include <stdlib.h>

/* Defaults of the limits: see websocket.h. 20 s of silence before a ping keeps
 * a connection alive through proxies that drop idle ones after half a minute.
 */
#define MESSAGE_MAX_BYTES (1u << 20)
#define QUEUE_MAX_BYTES (8u << 20)
#define PING_MS 20000
#define CONNECT_MS 10000
/* A peer that doesn't answer a closing handshake is left after this. */
#define GOODBYE_MS 1000

/* An open connection is looked at each half of ping_ms. The third look without
 * a byte from the peer comes after ping_ms to one and a half of it, the fifth
 * after two to two and a half. Looks are counted and not milliseconds, because
 * the loop reads between two looks. With milliseconds, a loop that a busy
 * machine held up would take its own delay for the peer's silence. */
#define LOOKS_TO_PING 3
#define LOOKS_TO_DROP 5

/* Gathered before a system call is made. */
#define OUT_BYTES 65536

/* Read from one peer before the loop's other work gets its turn. */
#define READ_BUDGET_BYTES (256u << 10)

/* ---- the end ---- */

/* The loop has closed all handles. closed comes before the memory is freed, so
 * that its user can still compare pointers. */
static void release(struct websocket *websocket)
{
    err_set(websocket->end_status, "%s", websocket->end_text);
    if (websocket->events.closed)
        websocket->events.closed(websocket->user, websocket,
                                 websocket->end_status);
    if (websocket->released)
        websocket->released(websocket, websocket->owner);
    if (websocket->frames)
        wslay_event_context_free(websocket->frames);
    buffer_free(&websocket->in);
    buffer_free(&websocket->out);
    buffer_free(&websocket->goodbye_reason);
    buffer_free(&websocket->peer_reason);
    buffer_wipe(&websocket->note);
    free(websocket->protocols);
    free(websocket->protocol);
    free(websocket->end_text);
    free(websocket->url_text);
    websocket->magic = 0;
    free(websocket);
}

static void on_timer_closed(uv_handle_t *handle)
{
    struct websocket *websocket = handle->data;
    CHECK_MAGIC(websocket, WEBSOCKET_MAGIC);
    release(websocket);
}

void websocket_end(struct websocket *websocket, int status)
{
    CHECK_MAGIC(websocket, WEBSOCKET_MAGIC);
    if (websocket->stage == WEBSOCKET_ENDED)
        return;
    websocket->stage = WEBSOCKET_ENDED;
    websocket->end_status = status;
    /* The text is kept, because other errors may come before closed. */
    websocket->end_text = mem_text(status ? err_text() : "");
    stream_close(websocket->stream);
    websocket->stream = NULL;
    uv_close((uv_handle_t *)&websocket->timer, on_timer_closed);
}

/* ---- the stream ---- */

static void on_ready(void *user, int events);

void websocket_watch_for(struct websocket *websocket, int events)
{
    if (!websocket->stream)
        return;
    websocket->watched = events;
    stream_watch(websocket->stream, events);
}

void websocket_use(struct websocket *websocket, struct stream *stream)
{
    websocket->stream = stream;
    stream_on_ready(stream, on_ready, websocket);
}

int websocket_flush(struct websocket *websocket)
{
    struct buffer *out = &websocket->out;
    while (websocket->out_sent < out->size) {
        ssize_t count = stream_write(
            websocket->stream, bytes_make(out->data + websocket->out_sent,
                                          out->size - websocket->out_sent));
        if (count <= 0)
            return (int)count;
        websocket->out_sent += (size_t)count;
    }
    buffer_clear(out);
    websocket->out_sent = 0;
    return 0;
}

/* ---- wslay's callbacks ---- */

/* wslay reads through this: first bytes from the handshake, then the stream's,
 * as long as the budget of this turn lasts. Unread bytes come in a later turn.
 */
static ssize_t on_receive(wslay_event_context_ptr frames, uint8_t *into,
                          size_t room, int flags, void *user)
{
    struct websocket *websocket = user;
    if (websocket->stage == WEBSOCKET_ENDED) {
        /* The message just delivered ended the connection, so no more is read.
         */
        wslay_event_set_error(frames, WSLAY_ERR_CALLBACK_FAILURE);
        return -1;
    }
    if (websocket->in.size) {
        size_t take = room < websocket->in.size ? room : websocket->in.size;
        memcpy(into, websocket->in.data, take);
        buffer_consume(&websocket->in, take);
        return (ssize_t)take;
    }
    ssize_t count = 0;
    if (websocket->read_budget)
        count = stream_read(websocket->stream, into, room);
    if (count > 0) {
        size_t read = (size_t)count;
        websocket->silent_looks = 0;
        websocket->read_budget -=
            read < websocket->read_budget ? read : websocket->read_budget;
        return count;
    }
    /* All read for now; or the peer closed the connection, or it broke. */
    wslay_event_set_error(frames, count ? WSLAY_ERR_CALLBACK_FAILURE
                                        : WSLAY_ERR_WOULDBLOCK);
    return -1;
}

/* wslay writes through this, twice for each frame: head and payload. */
static ssize_t on_send(wslay_event_context_ptr frames, const uint8_t *data,
                       size_t size, int flags, void *user)
{
    struct websocket *websocket = user;
    if (websocket->out.size >= OUT_BYTES && websocket_flush(websocket)) {
        wslay_event_set_error(frames, WSLAY_ERR_CALLBACK_FAILURE);
        return -1;
    }
    if (websocket->out.size >= OUT_BYTES) {
        wslay_event_set_error(frames, WSLAY_ERR_WOULDBLOCK);
        return -1;
    }
    /* A part is fine: wslay comes again with the rest. */
    size_t room = OUT_BYTES - websocket->out.size;
    size_t take = size < room ? size : room;
    buffer_append(&websocket->out, data, take);
    return (ssize_t)take;
}

static int on_mask(wslay_event_context_ptr frames, uint8_t *into, size_t size,
                   void *user)
{
    /* The author of the message must not foresee the mask (RFC 6455, 5.3). */
    randombytes_buf(into, size);
    return 0;
}

/* The code stands before the reason (RFC 6455, 5.5.1). */
static void keep_goodbye(struct websocket *websocket,
                         const struct wslay_event_on_msg_recv_arg *message)
{
    websocket->peer_code =
        message->status_code ? message->status_code : WEBSOCKET_NO_CODE;
    if (message->msg_length > 2)
        buffer_append(&websocket->peer_reason, message->msg + 2,
                      message->msg_length - 2);
}

/* A whole message, its fragments put together and its UTF-8 checked by wslay.
 * Its bytes are wslay's and go when this returns. */
static void on_message(wslay_event_context_ptr frames,
                       const struct wslay_event_on_msg_recv_arg *message,
                       void *user)
{
    struct websocket *websocket = user;
    if (message->opcode == WSLAY_CONNECTION_CLOSE)
        keep_goodbye(websocket, message);
    /* Pings, pongs and closing are answered by wslay. */
    if (message->opcode != WSLAY_TEXT_FRAME &&
        message->opcode != WSLAY_BINARY_FRAME)
        return;
    if (websocket->stage != WEBSOCKET_OPEN || !websocket->events.message)
        return;
    websocket->is_binary = message->opcode == WSLAY_BINARY_FRAME;
    websocket->events.message(websocket->user, websocket,
                              bytes_make(message->msg, message->msg_length));
}

/* ---- moving frames ---- */

/* A goodbye that waits counts: pump() has to come by once more to say it. */
static bool has_output(const struct websocket *websocket)
{
    return wslay_event_want_write(websocket->frames) || websocket->goodbye ||
           websocket->out_sent < websocket->out.size;
}

/* Watch for what can be done next; with nothing to write, writability would
 * wake the loop at every turn. */
static void update_poll(struct websocket *websocket)
{
    int events = 0;
    if (wslay_event_want_read(websocket->frames) && !websocket->is_paused)
        events |= STREAM_READABLE;
    if (has_output(websocket))
        events |= STREAM_WRITABLE;
    websocket_watch_for(websocket, events);
}

/* Both sides said goodbye, or wslay did for a broken frame. */
static void end_in_order(struct websocket *websocket)
{
    uint16_t sent = wslay_event_get_status_code_sent(websocket->frames);
    int status = 0;
    if (sent == WSLAY_CODE_MESSAGE_TOO_BIG)
        status = err_set(ERR_LIMIT, "the peer sent a message above %zu bytes",
                         websocket->limits.message_max_bytes);
    else if (sent == WSLAY_CODE_PROTOCOL_ERROR ||
             sent == WSLAY_CODE_INVALID_FRAME_PAYLOAD_DATA)
        status = err_set(ERR_INVALID, "the peer broke the WebSocket protocol");
    websocket_end(websocket, status);
}

/* A connection that breaks during or after the closing handshake did what it
 * had to do: many peers close without waiting for the answer. */
static void end_broken(struct websocket *websocket)
{
    if (websocket->stage == WEBSOCKET_CLOSING ||
        (websocket->frames &&
         wslay_event_get_close_received(websocket->frames)))
        websocket_end(websocket, 0);
    else
        websocket_end(websocket,
                      err_set(ERR_NETWORK, "the peer broke the WebSocket "
                                           "connection off"));
}

/*
 * Move everything that can be moved now: frames in, messages to the user,
 * answers and queued messages out. A callback may end the websocket at any
 * point, so each step looks whether it still stands.
 */
static void pump(struct websocket *websocket)
{
    wslay_event_context_ptr frames = websocket->frames;
    /* Fresh each turn: no peer can keep the loop from the others. */
    websocket->read_budget = READ_BUDGET_BYTES;
    if (!websocket->is_paused && wslay_event_want_read(frames) &&
        wslay_event_recv(frames)) {
        end_broken(websocket);
        return;
    }
    if (websocket->stage == WEBSOCKET_ENDED)
        return;
    /* wslay sends a close frame before what is queued: hold it back. */
    if (websocket->goodbye && !wslay_event_get_queued_msg_count(frames)) {
        /* wslay leaves the code out that stands for none. */
        uint16_t code =
            websocket->goodbye == WEBSOCKET_NO_CODE ? 0 : websocket->goodbye;
        wslay_event_queue_close(frames, code, websocket->goodbye_reason.data,
                                websocket->goodbye_reason.size);
        websocket->goodbye = 0;
    }
    if ((wslay_event_want_write(frames) && wslay_event_send(frames)) ||
        websocket_flush(websocket)) {
        end_broken(websocket);
        return;
    }
    /* wslay wants neither: the closing handshake is done. */
    if (!wslay_event_want_read(frames) && !has_output(websocket))
        end_in_order(websocket);
    else
        update_poll(websocket);
}

static void on_ready(void *user, int events)
{
    struct websocket *websocket = user;
    CHECK_MAGIC(websocket, WEBSOCKET_MAGIC);
    if (websocket->stage < WEBSOCKET_OPEN)
        websocket->progress(websocket, events);
    else
        pump(websocket);
}

/* One timer for all that has a limit, by stage: connecting, closing, silence.
 */
static void on_timer(uv_timer_t *timer)
{
    struct websocket *websocket = timer->data;
    CHECK_MAGIC(websocket, WEBSOCKET_MAGIC);
    if (websocket->stage == WEBSOCKET_ENDED)
        return;
    if (websocket->stage < WEBSOCKET_OPEN) {
        websocket_end(websocket,
                      err_set(ERR_TIMEOUT, "no WebSocket connection to %s",
                              websocket->url_text));
    } else if (websocket->stage == WEBSOCKET_CLOSING) {
        /* It has had GOODBYE_MS: good enough an end. */
        websocket_end(websocket, 0);
    } else if (websocket->is_paused) {
        websocket->silent_looks = 0;
    } else if (++websocket->silent_looks == LOOKS_TO_DROP) {
        websocket_end(websocket,
                      err_set(ERR_TIMEOUT, "the peer has not answered a ping"));
    } else if (websocket->silent_looks == LOOKS_TO_PING) {
        struct wslay_event_msg ping = {.opcode = WSLAY_PING};
        wslay_event_queue_msg(websocket->frames, &ping);
        update_poll(websocket);
    }
}

/* ---- life ---- */

/* A limit of 0 would be of no use, so it stands for "as usual". */
static void set_defaults(struct websocket_limits *limits)
{
    if (!limits->message_max_bytes)
        limits->message_max_bytes = MESSAGE_MAX_BYTES;
    if (!limits->queue_max_bytes)
        limits->queue_max_bytes = QUEUE_MAX_BYTES;
    if (!limits->ping_ms)
        limits->ping_ms = PING_MS;
    if (!limits->connect_ms)
        limits->connect_ms = CONNECT_MS;
}

struct websocket *websocket_new(uv_loop_t *loop,
                                const struct websocket_limits *limits,
                                const struct websocket_events *events,
                                void *user)
{
    struct websocket *websocket = mem_zero(1, sizeof(*websocket));
    websocket->magic = WEBSOCKET_MAGIC;
    websocket->loop = loop;
    if (limits)
        websocket->limits = *limits;
    set_defaults(&websocket->limits);
    websocket->events = *events;
    websocket->user = user;
    CHECK(!uv_timer_init(loop, &websocket->timer));
    websocket->timer.data = websocket;
    uv_timer_start(&websocket->timer, on_timer, websocket->limits.connect_ms,
                   0);
    return websocket;
}

void websocket_open(struct websocket *websocket, bool is_server)
{
    static const struct wslay_event_callbacks callbacks = {
        .recv_callback = on_receive,
        .send_callback = on_send,
        .genmask_callback = on_mask,
        .on_msg_recv_callback = on_message};
    int status = is_server
                     ? wslay_event_context_server_init(&websocket->frames,
                                                       &callbacks, websocket)
                     : wslay_event_context_client_init(&websocket->frames,
                                                       &callbacks, websocket);
    CHECK(!status);
    wslay_event_config_set_max_recv_msg_length(
        websocket->frames, websocket->limits.message_max_bytes);
    websocket->stage = WEBSOCKET_OPEN;
    websocket->silent_looks = 0;
    unsigned half_ms = websocket->limits.ping_ms / 2 + 1;
    uv_timer_start(&websocket->timer, on_timer, half_ms, half_ms);
    /* Writable at once: pump() then also takes what is in websocket->in. */
    websocket_watch_for(websocket, STREAM_READABLE | STREAM_WRITABLE);
}

void websocket_say_goodbye(struct websocket *websocket, uint16_t status)
{
    CHECK_MAGIC(websocket, WEBSOCKET_MAGIC);
    /* Nothing was promised yet: no handshake to close in order. */
    if (websocket->stage < WEBSOCKET_OPEN) {
        websocket_end(websocket, 0);
    } else if (websocket->stage == WEBSOCKET_OPEN) {
        websocket->stage = WEBSOCKET_CLOSING;
        websocket->goodbye = status;
        uv_timer_start(&websocket->timer, on_timer, GOODBYE_MS, 0);
        websocket_watch_for(websocket, websocket->watched | STREAM_WRITABLE);
    }
}
