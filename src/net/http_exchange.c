/*
 * The handler's view of an exchange. The request side hands out what
 * libmicrohttpd holds or http_server.c decoded; the answer side gathers
 * headers, since libmicrohttpd wants a response object for them and that needs
 * the body first, and ends in http_exchange_end().
 *
 * No call fails for the handler: a header that must not be sent is left out,
 * and an answer is always queued. Later failures (the client is gone) concern
 * only the connection.
 *
 * Every function checks the magic number: an exchange that was answered belongs
 * to the server again, and using it is the mistake that handlers make.
 */
#include "net/http_state.h"

#include "base/check.h"
#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "net/url.h"
#include <arpa/inet.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

const char *http_method(const struct http_exchange *exchange)
{
    CHECK_MAGIC(exchange, HTTP_EXCHANGE_MAGIC);
    return exchange->method;
}

bool http_method_is(const struct http_exchange *exchange, const char *method)
{
    return !strcmp(http_method(exchange), method);
}

const char *http_path(const struct http_exchange *exchange)
{
    CHECK_MAGIC(exchange, HTTP_EXCHANGE_MAGIC);
    return exchange->path;
}

/* Links and redirects need the target as it came. */
const char *http_target(const struct http_exchange *exchange)
{
    CHECK_MAGIC(exchange, HTTP_EXCHANGE_MAGIC);
    return exchange->target;
}

/* Decoded into the exchange's arena, which goes with the request. Each call
 * decodes anew: a handler asks for a parameter once. */
const char *http_query(struct http_exchange *exchange, const char *name)
{
    struct buffer value = {0};
    const char *text = NULL;
    CHECK_MAGIC(exchange, HTTP_EXCHANGE_MAGIC);
    if (!url_query_get(exchange->query, name, &value))
        text = arena_text(&exchange->arena, buffer_view(&value));
    buffer_free(&value);
    return text;
}

/* Into the arena; NULL if it is not decodable. */
static const char *decode(struct http_exchange *exchange, struct bytes text)
{
    struct buffer decoded = {0};
    const char *copy = NULL;
    if (!url_decode(text, true, &decoded))
        copy = arena_text(&exchange->arena, buffer_view(&decoded));
    buffer_free(&decoded);
    return copy;
}

struct bytes http_query_begin(const struct http_exchange *exchange)
{
    CHECK_MAGIC(exchange, HTTP_EXCHANGE_MAGIC);
    return exchange->query;
}

bool http_query_next(struct http_exchange *exchange, struct bytes *rest,
                     const char **name, const char **value)
{
    struct bytes raw_name, raw_value;
    CHECK_MAGIC(exchange, HTTP_EXCHANGE_MAGIC);
    while (url_query_next(rest, &raw_name, &raw_value)) {
        *name = decode(exchange, raw_name);
        *value = decode(exchange, raw_value);
        if (*name && *value)
            return true;
    }
    return false;
}

/* libmicrohttpd's memory, valid as long as the request. */
const char *http_header(const struct http_exchange *exchange, const char *name)
{
    CHECK_MAGIC(exchange, HTTP_EXCHANGE_MAGIC);
    return MHD_lookup_connection_value(exchange->connection, MHD_HEADER_KIND,
                                       name);
}

/* The headers are only counted, to size the array. */
static enum MHD_Result count_header(void *user, enum MHD_ValueKind kind,
                                    const char *name, const char *value)
{
    ++*(size_t *)user;
    return MHD_YES;
}

struct header_list {
    struct http_header *at;
    size_t left;
};

static enum MHD_Result take_header(void *user, enum MHD_ValueKind kind,
                                   const char *name, const char *value)
{
    struct header_list *list = user;

    CHECK(list->left > 0);
    list->left--;
    *list->at++ =
        (struct http_header){.name = name, .value = value ? value : ""};
    return MHD_YES;
}

/* The texts are libmicrohttpd's, the array the exchange's. */
const struct http_header *http_headers(struct http_exchange *exchange,
                                       size_t *count)
{
    CHECK_MAGIC(exchange, HTTP_EXCHANGE_MAGIC);
    *count = 0;
    MHD_get_connection_values(exchange->connection, MHD_HEADER_KIND,
                              count_header, count);
    struct http_header *headers =
        arena_alloc(&exchange->arena, (*count + 1) * sizeof(*headers));
    struct header_list list = {.at = headers, .left = *count};

    MHD_get_connection_values(exchange->connection, MHD_HEADER_KIND,
                              take_header, &list);
    return headers;
}

const char *http_client_address(struct http_exchange *exchange)
{
    CHECK_MAGIC(exchange, HTTP_EXCHANGE_MAGIC);
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(
        exchange->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    char text[INET6_ADDRSTRLEN] = "";

    if (info && info->client_addr->sa_family == AF_INET) {
        const struct sockaddr_in *v4 =
            (const struct sockaddr_in *)info->client_addr;
        inet_ntop(AF_INET, &v4->sin_addr, text, sizeof(text));
    } else if (info && info->client_addr->sa_family == AF_INET6) {
        const struct sockaddr_in6 *v6 =
            (const struct sockaddr_in6 *)info->client_addr;
        inet_ntop(AF_INET6, &v6->sin6_addr, text, sizeof(text));
    }
    return arena_text(&exchange->arena, bytes_text(text));
}

static int socket_of(const struct http_exchange *exchange)
{
    return MHD_get_connection_info(exchange->connection,
                                   MHD_CONNECTION_INFO_CONNECTION_FD)
        ->connect_fd;
}

int http_ends(const struct http_exchange *exchange,
              struct sockaddr_storage *own, struct sockaddr_storage *other)
{
    CHECK_MAGIC(exchange, HTTP_EXCHANGE_MAGIC);
    socklen_t own_size = sizeof(*own), other_size = sizeof(*other);
    int socket = socket_of(exchange);

    if (getsockname(socket, (struct sockaddr *)own, &own_size) ||
        getpeername(socket, (struct sockaddr *)other, &other_size))
        return err_errno("a connection's ends");
    return 0;
}

uint64_t *http_connection_note(struct http_exchange *exchange)
{
    CHECK_MAGIC(exchange, HTTP_EXCHANGE_MAGIC);
    return &exchange->note;
}

/* A token (RFC 9110, 5.6.2), and not one of those that say where the message
 * ends or what becomes of the connection. */
static bool is_header_name(const char *name)
{
    /* libmicrohttpd writes these; a second one would contradict it. */
    static const char *const own[] = {"Content-Length", "Date", "Connection",
                                      "Transfer-Encoding", "Keep-Alive"};
    for (const char *c = name; *c; c++)
        if (*c <= ' ' || *c >= 0x7f || strchr("\"(),/:;<=>?@[\\]{}", *c))
            return false;
    for (size_t i = 0; i < sizeof(own) / sizeof(*own); i++)
        if (!strcasecmp(name, own[i]))
            return false;
    return *name != '\0';
}

void http_answer_header(struct http_exchange *exchange, const char *name,
                        const char *value)
{
    CHECK_MAGIC(exchange, HTTP_EXCHANGE_MAGIC);
    if (!is_header_name(name))
        return;
    /* libmicrohttpd takes no empty value. Clients read a space as an empty one
     * (RFC 9110, 5.5). */
    if (!*value)
        value = " ";
    size_t size = strlen(value);
    /* Both NULs are kept, so that the texts can be handed on in place. */
    buffer_append(&exchange->headers, name, strlen(name) + 1);
    buffer_append(&exchange->headers, value, size + 1);
    /* A line break would let a value write headers, or a body, of its own.
     * Where the copy of the value begins. */
    uint8_t *at = exchange->headers.data + exchange->headers.size - size - 1;
    for (; *at; at++)
        if (*at < ' ' || *at == 0x7f)
            *at = ' ';
}

/* "*" goes without credentials, by the rules of CORS. */
void http_answer_any_origin(struct http_exchange *exchange)
{
    http_answer_header(exchange, "Access-Control-Allow-Origin", "*");
}

/* The texts were checked when they were gathered. */
static void add_headers(const struct buffer *headers,
                        struct MHD_Response *response)
{
    const char *at = (const char *)headers->data;
    const char *end = at + headers->size;
    while (headers->size && at < end) {
        const char *value = at + strlen(at) + 1;
        CHECK(MHD_add_response_header(response, at, value) == MHD_YES);
        at = value + strlen(value) + 1;
    }
}

static void hand_back(struct http_exchange *exchange)
{
    /* From here on the exchange may belong to another thread. */
    struct MHD_Connection *connection = exchange->connection;
    enum http_turn before = atomic_exchange(&exchange->turn, HTTP_ANSWERED);
    CHECK(before != HTTP_ANSWERED);
    if (before == HTTP_PARKED)
        MHD_resume_connection(connection);
}

/*
 * The connection's thread may just be about to suspend the connection, or have
 * done so. The exchange of turn decides: the thread that comes second wakes the
 * connection, so that happens exactly once (see park() in http_server.c for the
 * other side).
 */
void http_exchange_end(struct http_exchange *exchange, unsigned status,
                       struct MHD_Response *response)
{
    CHECK_MAGIC(exchange, HTTP_EXCHANGE_MAGIC);
    CHECK(response && !exchange->response);
    add_headers(&exchange->headers, response);
    exchange->response = response;
    exchange->status = status;
    hand_back(exchange);
}

int http_connection(struct http_exchange *exchange, int *socket)
{
    CHECK_MAGIC(exchange, HTTP_EXCHANGE_MAGIC);
    *socket = fcntl(socket_of(exchange), F_DUPFD_CLOEXEC, 0);
    return *socket < 0 ? err_errno("can't copy a connection") : 0;
}

/* Without a response the connection is closed. */
void http_answer_written(struct http_exchange *exchange)
{
    CHECK_MAGIC(exchange, HTTP_EXCHANGE_MAGIC);
    CHECK(!exchange->response);
    hand_back(exchange);
}

/* The end of all answers but the upgrade. */
static void end_with_type(struct http_exchange *exchange, unsigned status,
                          const char *type, struct MHD_Response *response)
{
    CHECK(response); /* it fails for want of memory only */
    if (type)
        http_answer_header(exchange, "Content-Type", type);
    http_exchange_end(exchange, status, response);
}

void http_answer(struct http_exchange *exchange, unsigned status,
                 const char *type, struct bytes body)
{
    /* MUST_COPY does not write to the data, though it is not const. */
    end_with_type(exchange, status, type,
                  MHD_create_response_from_buffer(body.size, (void *)body.data,
                                                  MHD_RESPMEM_MUST_COPY));
}

/* What was built for one client may be a secret of it, and is not left in freed
 * memory. The length is the allocation's, because libmicrohttpd says none. */
static void free_wiped(void *data)
{
    if (data)
        explicit_bzero(data, malloc_usable_size(data));
    free(data);
}

void http_answer_buffer(struct http_exchange *exchange, unsigned status,
                        const char *type, struct buffer *body)
{
    /* The response frees the memory when it was sent. */
    struct buffer taken = *body;
    *body = (struct buffer){0};
    end_with_type(exchange, status, type,
                  MHD_create_response_from_buffer_with_free_callback(
                      taken.size, taken.data, free_wiped));
}

void http_answer_constant(struct http_exchange *exchange, unsigned status,
                          const char *type, struct bytes body)
{
    /* PERSISTENT does not write to the data, though it is not const. */
    end_with_type(exchange, status, type,
                  MHD_create_response_from_buffer(body.size, (void *)body.data,
                                                  MHD_RESPMEM_PERSISTENT));
}

void http_answer_text(struct http_exchange *exchange, unsigned status,
                      const char *format, ...)
{
    struct buffer body = {0};
    /* vasprintf() fails only for want of memory. */
    char *text = NULL;
    va_list arguments;
    va_start(arguments, format);
    int size = vasprintf(&text, format, arguments);
    va_end(arguments);
    CHECK(size >= 0);
    buffer_append(&body, text, (size_t)size);
    /* The line break puts a shell's prompt on a line of its own. */
    buffer_u8(&body, '\n');
    free(text);
    http_answer_buffer(exchange, status, "text/plain; charset=utf-8", &body);
}

/* Whether pages of other origins may ask at all is the handler's to decide, by
 * calling this or not. */
void http_answer_preflight(struct http_exchange *exchange, const char *methods)
{
    const char *wanted =
        http_header(exchange, "Access-Control-Request-Headers");
    http_answer_any_origin(exchange);
    http_answer_header(exchange, "Access-Control-Allow-Methods", methods);
    if (wanted)
        http_answer_header(exchange, "Access-Control-Allow-Headers", wanted);
    /* A day; browsers cut it to their own maximum. */
    http_answer_header(exchange, "Access-Control-Max-Age", "86400");
    http_answer(exchange, 204, NULL, (struct bytes){0});
}

/* ---- streams ---- */

/* Turn a source of Pond's into one of libmicrohttpd. */
static ssize_t stream_read(void *user, uint64_t position, char *into,
                           size_t room)
{
    struct http_source *source = user;
    ssize_t count = source->read(source->user, position, (uint8_t *)into, room);
    if (count > 0) {
        CHECK((size_t)count <= room);
        return count;
    }
    if (!count)
        return MHD_CONTENT_READER_END_OF_STREAM;
    /* The status went out long ago: breaking off is the only way to say so. */
    log_debug("http", "a stream broke off: %s", err_text());
    return MHD_CONTENT_READER_END_WITH_ERROR;
}

/* Called once, whether the stream was read to its end, broke off, or was never
 * begun. */
static void stream_release(void *user)
{
    struct http_source *source = user;
    if (source->release)
        source->release(source->user);
    free(source);
}

/* The source is copied: the caller's may stand on a stack. */
void http_answer_stream(struct http_exchange *exchange, unsigned status,
                        const char *type, uint64_t size,
                        struct http_source source)
{
    CHECK(source.read);
    end_with_type(exchange, status, type,
                  MHD_create_response_from_callback(
                      size, HTTP_STREAM_BLOCK_BYTES, stream_read,
                      mem_copy(&source, sizeof(source)), stream_release));
}
