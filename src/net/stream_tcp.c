/*
 * The way to a connection: getaddrinfo on libuv's thread pool, then a
 * non-blocking connect to one address after the other, in the order of the
 * resolver.
 *
 * The poll handle is memory of its own, because one address is tried after the
 * other and libuv lets go of handles late. So the stream itself can be freed at
 * once when it is closed, but while libuv's pool has the resolver's request:
 * then the request's end frees it.
 */
#include "net/stream_tcp.h"

#include "base/check.h"
#include "base/error.h"
#include "base/memory.h"
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* 1. socket and poll are both there or both not.
 * 2. While opened is set, the connection does not stand yet. */
struct stream_tcp {
    struct stream stream; /* first */
    uv_loop_t *loop;
    /* -1: none. */
    int socket;
    uv_poll_t *poll;

    /* On the way to a connection. */
    stream_tcp_opened *opened;
    void *opened_user;
    struct address_rule rule;
    uv_getaddrinfo_t resolve;
    /* libuv's thread pool holds resolve: the memory must stay. */
    bool is_resolving;
    bool is_closed;
    /* All that were found; owned. */
    struct addrinfo *addresses;
    /* The one to try next. */
    struct addrinfo *address;
    /* "host port port", for texts. */
    char *name;
    /* The error of the address that was tried last. */
    int failure;
};

/* The handle's memory is its own. */
static void on_poll_closed(uv_handle_t *handle)
{
    free(handle);
}

/* libuv allows closing the descriptor as soon as the handle is being closed. */
static void unwatch(struct stream_tcp *tcp)
{
    if (tcp->poll)
        uv_close((uv_handle_t *)tcp->poll, on_poll_closed);
    if (tcp->socket >= 0)
        close(tcp->socket);
    tcp->poll = NULL;
    tcp->socket = -1;
}

static void tcp_free(struct stream_tcp *tcp)
{
    if (tcp->addresses)
        uv_freeaddrinfo(tcp->addresses);
    free(tcp->name);
    free(tcp);
}

static void on_progress(struct stream_tcp *tcp);

/* An error of the poll counts as both: the call that follows finds it. */
static void on_poll(uv_poll_t *poll, int status, int events)
{
    struct stream_tcp *tcp = poll->data;
    int ready = 0;
    if (tcp->opened) {
        on_progress(tcp);
        return;
    }
    if (status < 0 || events & UV_READABLE)
        ready |= STREAM_READABLE;
    if (status < 0 || events & UV_WRITABLE)
        ready |= STREAM_WRITABLE;
    stream_is_ready(&tcp->stream, ready);
}

static void poll_for(struct stream_tcp *tcp, int events)
{
    int wanted = 0;
    if (events & STREAM_READABLE)
        wanted |= UV_READABLE;
    if (events & STREAM_WRITABLE)
        wanted |= UV_WRITABLE;
    if (wanted)
        CHECK(!uv_poll_start(tcp->poll, wanted, on_poll));
    else
        CHECK(!uv_poll_stop(tcp->poll));
}

/* Messages are whole when they are written, so the socket sends at once. */
static void take_socket(struct stream_tcp *tcp, int socket)
{
    int on = 1;
    CHECK(tcp->socket < 0 && !tcp->poll);
    setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    tcp->socket = socket;
    tcp->poll = mem_zero(1, sizeof(*tcp->poll));
    tcp->poll->data = tcp;
    CHECK(!uv_poll_init(tcp->loop, tcp->poll, socket));
}

/* ---- a standing connection ---- */

static bool is_later(void)
{
    return errno == EAGAIN || errno == EWOULDBLOCK;
}

static int broken(void)
{
    return err_set(ERR_NETWORK, "the connection broke: %s", strerror(errno));
}

static ssize_t tcp_read(struct stream *stream, uint8_t *into, size_t room)
{
    struct stream_tcp *tcp = (struct stream_tcp *)stream;
    ssize_t count;
    CHECK(!tcp->opened && tcp->socket >= 0);
    do
        count = recv(tcp->socket, into, room, MSG_DONTWAIT);
    while (count < 0 && errno == EINTR);
    if (count > 0)
        return count;
    if (!count)
        return err_set(ERR_CLOSED, "the peer closed the connection");
    return is_later() ? 0 : broken();
}

static ssize_t tcp_write(struct stream *stream, struct bytes bytes)
{
    struct stream_tcp *tcp = (struct stream_tcp *)stream;
    ssize_t count;
    CHECK(!tcp->opened && tcp->socket >= 0);
    do
        count = send(tcp->socket, bytes.data, bytes.size,
                     MSG_NOSIGNAL | MSG_DONTWAIT);
    while (count < 0 && errno == EINTR);
    if (count >= 0)
        return count;
    return is_later() ? 0 : broken();
}

static void tcp_watch(struct stream *stream, int events)
{
    struct stream_tcp *tcp = (struct stream_tcp *)stream;
    CHECK(!tcp->opened && tcp->poll);
    poll_for(tcp, events);
}

static void tcp_finish(struct stream *stream)
{
    struct stream_tcp *tcp = (struct stream_tcp *)stream;
    CHECK(!tcp->opened && tcp->socket >= 0);
    /* A connection that broke needs no end; reading finds that out. */
    shutdown(tcp->socket, SHUT_WR);
}

static void tcp_close(struct stream *stream)
{
    struct stream_tcp *tcp = (struct stream_tcp *)stream;
    CHECK(!tcp->is_closed);
    unwatch(tcp);
    tcp->is_closed = true;
    /* Cancelled or not, it calls back, and that is the end. */
    if (tcp->is_resolving)
        uv_cancel((uv_req_t *)&tcp->resolve);
    else
        tcp_free(tcp);
}

static const struct stream_methods methods = {
    .read = tcp_read,
    .write = tcp_write,
    .watch = tcp_watch,
    .finish = tcp_finish,
    .close = tcp_close,
};

static struct stream_tcp *tcp_new(uv_loop_t *loop)
{
    struct stream_tcp *tcp = mem_zero(1, sizeof(*tcp));
    tcp->stream.methods = &methods;
    tcp->loop = loop;
    tcp->socket = -1;
    return tcp;
}

struct stream *stream_tcp_take(uv_loop_t *loop, int socket)
{
    CHECK(loop && socket >= 0);
    struct stream_tcp *tcp = tcp_new(loop);
    take_socket(tcp, socket);
    return &tcp->stream;
}

/* A failure leaves the kernel's own values, which only cost more. The kernel
 * doubles the sizes that it is given, for its own needs. */
void stream_tcp_tune(struct stream *stream, unsigned buffer_bytes,
                     unsigned silence_s)
{
    const struct stream_tcp *tcp = (struct stream_tcp *)stream;
    CHECK(stream->methods == &methods && !tcp->opened && silence_s >= 4);
    const struct {
        int level;
        int name;
        unsigned value;
    } options[] = {
        {SOL_SOCKET, SO_SNDBUF, buffer_bytes / 2},
        {SOL_SOCKET, SO_RCVBUF, buffer_bytes / 2},
        {SOL_SOCKET, SO_KEEPALIVE, 1},
        /* Silent for half of the time, then three questions. */
        {IPPROTO_TCP, TCP_KEEPIDLE, silence_s / 2},
        {IPPROTO_TCP, TCP_KEEPINTVL, (silence_s / 2 + 2) / 3},
        {IPPROTO_TCP, TCP_KEEPCNT, 3},
        {IPPROTO_TCP, TCP_USER_TIMEOUT, silence_s * 1000},
    };
    for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
        setsockopt(tcp->socket, options[i].level, options[i].name,
                   &options[i].value, sizeof(options[i].value));
}

bool stream_tcp_address(const struct stream *stream,
                        struct sockaddr_storage *out)
{
    const struct stream_tcp *tcp = (const struct stream_tcp *)stream;
    socklen_t size = sizeof(*out);
    CHECK(stream->methods == &methods && !tcp->opened);
    return !getpeername(tcp->socket, (struct sockaddr *)out, &size);
}

/* ---- connecting ---- */

/* The last thing on each way: opened may close the stream. */
static void finish(struct stream_tcp *tcp, int status)
{
    stream_tcp_opened *opened = tcp->opened;
    tcp->opened = NULL;
    opened(tcp->opened_user, status);
}

/* The text and the cause of a connect() that failed. */
static int connect_failed(const struct stream_tcp *tcp, int error)
{
    int status = err_set(ERR_NETWORK, "can't connect to %s: %s", tcp->name,
                         strerror(error));
    if (error == ECONNREFUSED)
        err_give_reason(status, ERR_REASON_REFUSED);
    else if (error == ETIMEDOUT)
        err_give_reason(status, ERR_REASON_SILENT);
    return status;
}

/* Start on an address. False if it is of no use; failure says why. */
static bool try_address(struct stream_tcp *tcp, const struct addrinfo *address)
{
    if (!address_rule_allows(&tcp->rule, address->ai_addr)) {
        tcp->failure =
            err_set(ERR_DENIED, "%s: this address may not be reached from here",
                    tcp->name);
        return false;
    }
    int descriptor = socket(address->ai_family,
                            SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (descriptor >= 0 &&
        (!connect(descriptor, address->ai_addr, address->ai_addrlen) ||
         errno == EINPROGRESS)) {
        take_socket(tcp, descriptor);
        poll_for(tcp, STREAM_WRITABLE);
        return true;
    }
    tcp->failure = connect_failed(tcp, errno);
    if (descriptor >= 0)
        close(descriptor);
    return false;
}

/* If all fail, the end reports the text of the last failure. */
static void try_next(struct stream_tcp *tcp)
{
    unwatch(tcp);
    while (tcp->address) {
        const struct addrinfo *address = tcp->address;
        tcp->address = address->ai_next;
        if (try_address(tcp, address))
            return;
    }
    finish(tcp, tcp->failure);
}

/* Connected, or it failed: SO_ERROR is the one way to learn which. */
static void on_progress(struct stream_tcp *tcp)
{
    int error = 0;
    socklen_t size = sizeof(error);
    getsockopt(tcp->socket, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error) {
        tcp->failure = connect_failed(tcp, error);
        try_next(tcp);
        return;
    }
    poll_for(tcp, 0);
    finish(tcp, 0);
}

static void on_resolved(uv_getaddrinfo_t *resolve, int status,
                        struct addrinfo *addresses)
{
    struct stream_tcp *tcp = resolve->data;
    tcp->is_resolving = false;
    tcp->addresses = tcp->address = addresses;
    if (tcp->is_closed) {
        tcp_free(tcp);
        return;
    }
    /* The report if the list of addresses is empty. */
    tcp->failure =
        status < 0
            ? err_set(ERR_NETWORK, "%s: %s", tcp->name, uv_strerror(status))
            : err_set(ERR_NETWORK, "%s has no address", tcp->name);
    err_give_reason(tcp->failure, ERR_REASON_NO_HOST);
    try_next(tcp);
}

int stream_tcp_connect(uv_loop_t *loop, const struct address_rule *rule,
                       const char *host, uint16_t port,
                       stream_tcp_opened *opened, void *user,
                       struct stream **out)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct stream_tcp *tcp = tcp_new(loop);
    char service[6];
    CHECK(rule && host && opened);
    tcp->rule = *rule;
    tcp->opened = opened;
    tcp->opened_user = user;
    tcp->name = mem_format("%s port %u", host, port);
    tcp->resolve.data = tcp;
    snprintf(service, sizeof(service), "%u", port);
    int status =
        uv_getaddrinfo(loop, &tcp->resolve, on_resolved, host, service, &hints);
    if (status) {
        tcp_free(tcp);
        return err_set(ERR_NETWORK, "host %s: %s", host, uv_strerror(status));
    }
    tcp->is_resolving = true;
    *out = &tcp->stream;
    return 0;
}
