/*
 * The way to an open connection as a client:
 *
 *   RESOLVING     getaddrinfo on libuv's thread pool
 *   CONNECTING    a non-blocking connect to one address after the other
 *   HANDSHAKING   the request is out, the answer's head is awaited
 *
 * One timer limits all of it; from WEBSOCKET_OPEN on websocket.c has it.
 *
 * Addresses are tried in the order of the resolver, one at a time: what is
 * connected to here is mostly a name with one address. ws:// only: a ledger's
 * subscriptions are public data from an endpoint that the operator names.
 */
#include "net/websocket_state.h"

#include "base/check.h"
#include "base/error.h"
#include "base/memory.h"
#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/* An answer's head has some two hundred bytes. */
#define READ_BYTES 4096

/* Start on the next address; the end if none is left. The text of the last
 * failure is what the end then tells. */
static void try_next(struct websocket *websocket)
{
    websocket_unwatch(websocket);
    for (; websocket->address;
         websocket->address = websocket->address->ai_next) {
        const struct addrinfo *address = websocket->address;
        int descriptor = socket(address->ai_family,
                                SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        /* No such family on this machine: the next may do. */
        if (descriptor < 0)
            continue;
        if (connect(descriptor, address->ai_addr, address->ai_addrlen) &&
            errno != EINPROGRESS) {
            err_errno("can't connect to %s", websocket->url_text);
            close(descriptor);
            continue;
        }
        websocket->address = address->ai_next;
        websocket->stage = WEBSOCKET_CONNECTING;
        websocket_watch(websocket, descriptor, UV_WRITABLE);
        return;
    }
    websocket_end(websocket, ERR_NETWORK);
}

/* Also called when the resolving was cancelled: then it is the last to hold the
 * websocket and lets it go. */
static void on_resolved(uv_getaddrinfo_t *resolve, int status,
                        struct addrinfo *addresses)
{
    struct websocket *websocket = resolve->data;
    CHECK_MAGIC(websocket, WEBSOCKET_MAGIC);
    websocket->resolving = false;
    websocket->addresses = addresses;
    if (websocket->stage == WEBSOCKET_ENDED) {
        websocket_let_go(websocket);
        return;
    }
    if (status < 0) {
        websocket_end(websocket,
                      err_set(ERR_NETWORK, "host %s of %s: %s",
                              websocket->url.host, websocket->url_text,
                              uv_strerror(status)));
        return;
    }
    /* What the end will say if every address is passed over without a try. */
    err_set(ERR_NETWORK, "no address of %s can be used", websocket->url_text);
    websocket->address = addresses;
    try_next(websocket);
}

/* Connected, or it failed: SO_ERROR tells which. */
static void on_connected(struct websocket *websocket)
{
    uint8_t random[16];
    int error = 0;
    socklen_t size = sizeof(error);
    /* The one way to learn how a non-blocking connect ended. */
    getsockopt(websocket->socket, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error) {
        errno = error;
        err_errno("can't connect to %s", websocket->url_text);
        try_next(websocket);
        return;
    }
    randombytes_buf(random, sizeof(random));
    websocket_handshake_key(random, websocket->key);
    websocket_handshake_request(&websocket->url, websocket->key,
                                &websocket->out);
    /* It is smaller than any socket's empty send buffer. */
    ssize_t count = send(websocket->socket, websocket->out.data,
                         websocket->out.size, MSG_NOSIGNAL);
    if (count < 0 || (size_t)count != websocket->out.size) {
        websocket_end(websocket,
                      err_errno("handshake with %s", websocket->url_text));
        return;
    }
    buffer_clear(&websocket->out);
    websocket->stage = WEBSOCKET_HANDSHAKING;
    websocket_watch_for(websocket, UV_READABLE);
}

/* Bytes behind the head are frames already and stay in websocket->in. */
static void on_answer(struct websocket *websocket)
{
    size_t head_size;
    uint8_t *at = buffer_reserve(&websocket->in, READ_BYTES);
    ssize_t count = recv(websocket->socket, at, READ_BYTES, 0);
    if (count < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (count <= 0) {
        websocket_end(websocket,
                      err_set(ERR_NETWORK, "%s broke off during the handshake",
                              websocket->url_text));
        return;
    }
    websocket->in.size += (size_t)count;
    /* Bounded: it refuses a head above WEBSOCKET_HEAD_MAX_BYTES. */
    int status = websocket_handshake_response(buffer_view(&websocket->in),
                                              websocket->key, &head_size);
    if (status) {
        websocket_end(websocket, err_add(status, "%s", websocket->url_text));
    } else if (head_size) {
        buffer_consume(&websocket->in, head_size);
        websocket_open(websocket, false);
        if (websocket->events.opened)
            websocket->events.opened(websocket->user, websocket);
    }
}

/* An error of the poll counts as progress: the call that follows finds it. */
void websocket_client_progress(struct websocket *websocket, int events)
{
    if (websocket->stage == WEBSOCKET_CONNECTING)
        on_connected(websocket);
    else if (websocket->stage == WEBSOCKET_HANDSHAKING)
        on_answer(websocket);
}

int websocket_connect(uv_loop_t *loop, const char *url,
                      const struct websocket_limits *limits,
                      const struct websocket_events *events, void *user,
                      struct websocket **out)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct url parsed;
    char port[6];
    int status = url_parse(bytes_text(url), &parsed);
    if (status)
        return status;
    if (strcmp(parsed.scheme, "ws") != 0)
        return err_set(ERR_UNSUPPORTED, "%s: only ws:// can be used", url);
    struct websocket *websocket = websocket_new(loop, limits, events, user);
    websocket->url_text = mem_text(url);
    /* Again, over the copy: the parts point into the text. */
    CHECK(!url_parse(bytes_text(websocket->url_text), &websocket->url));
    snprintf(port, sizeof(port), "%u", parsed.port);
    websocket->stage = WEBSOCKET_RESOLVING;
    websocket->resolve.data = websocket;
    status = uv_getaddrinfo(loop, &websocket->resolve, on_resolved, parsed.host,
                            port, &hints);
    if (status)
        websocket_end(websocket, err_set(ERR_NETWORK, "host %s: %s",
                                         parsed.host, uv_strerror(status)));
    else
        websocket->resolving = true;
    *out = websocket;
    return 0;
}
