/*
 * The way to an open connection as a client:
 *
 *   CONNECTING    the stream looks the host up and connects
 *   HANDSHAKING   the request goes out, the answer's head is awaited
 *
 * One timer limits all of it; from WEBSOCKET_OPEN on websocket.c has it.
 *
 * An operator's own endpoint is met over ws:// and without a rule about
 * addresses: what it says is public, and its URL is the operator's. Everything
 * else names a rule, and may use TLS: then SECURING comes between the two.
 */
#include "base/check.h"
#include "base/error.h"
#include "base/memory.h"
#include "net/stream_tcp.h"
#include "net/stream_tls.h"
#include "net/websocket_state.h"
#include <sodium.h>
#include <stdlib.h>

/* An answer's head has some two hundred bytes. */
#define READ_BYTES 4096

static void broke_off(struct websocket *websocket)
{
    websocket_end(websocket,
                  err_set(ERR_NETWORK, "%s broke off during the handshake",
                          websocket->url_text));
}

/* Bytes after the head are frames already and stay in websocket->in. */
static void on_answer(struct websocket *websocket)
{
    size_t head_size;
    struct bytes protocol;
    uint8_t *at = buffer_reserve(&websocket->in, READ_BYTES);
    ssize_t count = stream_read(websocket->stream, at, READ_BYTES);
    if (!count)
        return;
    if (count < 0) {
        broke_off(websocket);
        return;
    }
    websocket->in.size += (size_t)count;
    /* Bounded: it refuses a head above WEBSOCKET_HEAD_MAX_BYTES. */
    int status = websocket_handshake_response(
        buffer_view(&websocket->in), websocket->key, websocket->protocols,
        &head_size, &protocol);
    if (status) {
        websocket_end(websocket, err_add(status, "%s", websocket->url_text));
    } else if (head_size) {
        websocket->protocol =
            mem_format("%.*s", (int)protocol.size, (const char *)protocol.data);
        buffer_consume(&websocket->in, head_size);
        websocket_open(websocket, false);
        if (websocket->events.opened)
            websocket->events.opened(websocket->user, websocket);
    }
}

/* The request goes out first; it may take several turns. */
static void on_progress(struct websocket *websocket, int events)
{
    CHECK(websocket->stage == WEBSOCKET_HANDSHAKING);
    if (websocket->out.size && websocket_flush(websocket)) {
        broke_off(websocket);
        return;
    }
    if (websocket->out.size)
        return;
    websocket_watch_for(websocket, STREAM_READABLE);
    on_answer(websocket);
}

static void on_secure(void *user, int status)
{
    struct websocket *websocket = user;
    uint8_t random[16];
    CHECK_MAGIC(websocket, WEBSOCKET_MAGIC);
    if (status) {
        websocket_end(websocket, err_add(status, "%s", websocket->url_text));
        return;
    }
    websocket_use(websocket, websocket->stream);
    randombytes_buf(random, sizeof(random));
    websocket_handshake_key(random, websocket->key);
    websocket_handshake_request(&websocket->url, websocket->key,
                                websocket->protocols, &websocket->out);
    websocket->stage = WEBSOCKET_HANDSHAKING;
    websocket->progress = on_progress;
    websocket_watch_for(websocket, STREAM_WRITABLE);
}

static void on_stream_opened(void *user, int status)
{
    struct websocket *websocket = user;
    CHECK_MAGIC(websocket, WEBSOCKET_MAGIC);
    if (!status && !strcmp(websocket->url.scheme, "wss"))
        websocket->stream =
            stream_tls_begin(websocket->loop, websocket->stream,
                             websocket->url.host, on_secure, websocket);
    else
        on_secure(websocket, status);
}

int websocket_connect(uv_loop_t *loop, const char *url,
                      const struct websocket_limits *limits,
                      const struct websocket_events *events, void *user,
                      struct websocket **out)
{
    struct websocket_target target = {.url = url, .rule = &address_rule_any};
    if (!strncmp(url, "wss:", 4))
        return err_set(ERR_UNSUPPORTED, "%s: only ws:// can be used", url);
    return websocket_connect_to(loop, &target, limits, events, user, out);
}

int websocket_connect_to(uv_loop_t *loop, const struct websocket_target *target,
                         const struct websocket_limits *limits,
                         const struct websocket_events *events, void *user,
                         struct websocket **out)
{
    struct stream *stream;
    struct url parsed;
    const char *url = target->url;
    CHECK(url && target->rule);
    int status = url_parse(bytes_text(url), &parsed);
    if (status)
        return status;
    if (strcmp(parsed.scheme, "ws") != 0 && strcmp(parsed.scheme, "wss") != 0)
        return err_set(ERR_UNSUPPORTED, "%s: only ws:// and wss:// can be used",
                       url);
    struct websocket *websocket = websocket_new(loop, limits, events, user);
    websocket->url_text = mem_text(url);
    websocket->protocols =
        target->protocols ? mem_text(target->protocols) : NULL;
    /* Again, over the copy: the parts point into the text. */
    CHECK(!url_parse(bytes_text(websocket->url_text), &websocket->url));
    status = stream_tcp_connect(loop, target->rule, parsed.host, parsed.port,
                                on_stream_opened, websocket, &stream);
    if (status) {
        /* The connection never began, so its end is not reported. */
        websocket->events.closed = NULL;
        websocket_end(websocket, status);
        return status;
    }
    websocket_use(websocket, stream);
    *out = websocket;
    return 0;
}
