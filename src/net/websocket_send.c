/*
 * What the user of an open connection does with it: sends, says goodbye, asks.
 * Nothing is written from here; the loop's next turn does it (websocket.c).
 */
#include "base/check.h"
#include "base/error.h"
#include "base/memory.h"
#include "net/websocket_state.h"

/* What a queued message costs beyond its bytes, so that a flood of empty ones
 * is bounded too. */
#define MESSAGE_COST_BYTES 128

/* The bound is checked here and not when writing, because a queued message has
 * its memory already. The peer is dropped and not the message, because the peer
 * could not notice a gap in a stream of notifications. */
static int send_message(struct websocket *websocket, uint8_t opcode,
                        struct bytes text)
{
    CHECK_MAGIC(websocket, WEBSOCKET_MAGIC);
    /* wslay copies it when it is queued. */
    struct wslay_event_msg message = {opcode, text.data, text.size};
    if (websocket->stage != WEBSOCKET_OPEN)
        return err_set(ERR_CLOSED, "the WebSocket is not open");
    size_t queued = websocket_queued_bytes(websocket);
    if (text.size + MESSAGE_COST_BYTES > websocket->limits.queue_max_bytes ||
        queued > websocket->limits.queue_max_bytes - text.size -
                     MESSAGE_COST_BYTES) {
        int status =
            err_set(ERR_FULL,
                    "the peer reads too slowly: %zu bytes wait for it", queued);
        websocket_end(websocket, status);
        return status;
    }
    int status = wslay_event_queue_msg(websocket->frames, &message);
    CHECK(status != WSLAY_ERR_NOMEM && status != WSLAY_ERR_INVALID_ARGUMENT);
    if (status) /* the peer's close came, which wslay is answering */
        return err_set(ERR_CLOSED, "the WebSocket is being closed");
    websocket_watch_for(websocket, websocket->watched | STREAM_WRITABLE);
    return 0;
}

int websocket_send(struct websocket *websocket, struct bytes text)
{
    return send_message(websocket, WSLAY_TEXT_FRAME, text);
}

int websocket_send_binary(struct websocket *websocket, struct bytes data)
{
    return send_message(websocket, WSLAY_BINARY_FRAME, data);
}

/* wslay's part counts whole messages until their last byte is framed. */
size_t websocket_queued_bytes(const struct websocket *websocket)
{
    CHECK_MAGIC(websocket, WEBSOCKET_MAGIC);
    if (!websocket->frames)
        return 0;
    return wslay_event_get_queued_msg_length(websocket->frames) +
           wslay_event_get_queued_msg_count(websocket->frames) *
               MESSAGE_COST_BYTES +
           websocket->out.size - websocket->out_sent;
}

void websocket_close_with(struct websocket *websocket, uint16_t code,
                          struct bytes reason)
{
    CHECK_MAGIC(websocket, WEBSOCKET_MAGIC);
    CHECK(code == 0 || code == WSLAY_CODE_NORMAL_CLOSURE ||
          (code >= 3000 && code <= 4999));
    CHECK(reason.size <= 123 && (code || !reason.size));
    if (websocket->stage == WEBSOCKET_OPEN)
        buffer_bytes(&websocket->goodbye_reason, reason);
    websocket_say_goodbye(websocket, code ? code : WEBSOCKET_NO_CODE);
}

uint16_t websocket_peer_goodbye(const struct websocket *websocket,
                                struct bytes *reason)
{
    CHECK_MAGIC(websocket, WEBSOCKET_MAGIC);
    *reason = buffer_view(&websocket->peer_reason);
    return websocket->peer_code ? websocket->peer_code : WEBSOCKET_NO_GOODBYE;
}

const char *websocket_protocol(const struct websocket *websocket)
{
    CHECK_MAGIC(websocket, WEBSOCKET_MAGIC);
    return websocket->protocol ? websocket->protocol : "";
}

bool websocket_message_is_binary(const struct websocket *websocket)
{
    CHECK_MAGIC(websocket, WEBSOCKET_MAGIC);
    return websocket->is_binary;
}

/* Bytes may wait in this process, so the next turn has to look. */
void websocket_pause(struct websocket *websocket, bool is_paused)
{
    CHECK_MAGIC(websocket, WEBSOCKET_MAGIC);
    websocket->is_paused = is_paused;
    /* Paused, its silence is not the peer's. */
    websocket->silent_looks = 0;
    if (!is_paused && websocket->stage >= WEBSOCKET_OPEN &&
        websocket->stage < WEBSOCKET_ENDED)
        websocket_watch_for(websocket, websocket->watched | STREAM_READABLE |
                                           STREAM_WRITABLE);
}

void websocket_close(struct websocket *websocket)
{
    websocket_say_goodbye(websocket, WSLAY_CODE_NORMAL_CLOSURE);
}

void websocket_set_user(struct websocket *websocket, void *user)
{
    CHECK_MAGIC(websocket, WEBSOCKET_MAGIC);
    websocket->user = user;
}
