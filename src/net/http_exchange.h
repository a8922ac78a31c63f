/*
 * One request to the HTTP server and its answer: what a handler works with.
 *
 * A handler reads the request, then answers exactly once with one of the
 * http_answer_* calls, which end the exchange: the pointer is not to be used
 * after it. A handler that returns without having answered has taken the
 * exchange over and answers it later, from any thread; the connection sleeps
 * until then. What the request functions return lives as long as the exchange.
 *
 *
 *     static void answer(void *user, struct http_exchange *exchange)
 *     {
 *         const char *name = http_query(exchange, "name");
 *         if (!http_method_is(exchange, "GET"))
 *             http_answer_text(exchange, 405, "only GET is answered here");
 *         else
 *             http_answer_text(exchange, 200, "hello %s", name ? name : "you");
 *     }
 *
 * A handler answers HEAD as GET; the server leaves the body out.
 *
 * Thread: an exchange belongs to one thread at a time: the handler's first,
 * then the one that the handler gave it to.
 */
#ifndef POND_NET_HTTP_EXCHANGE_H
#define POND_NET_HTTP_EXCHANGE_H

#include "base/buffer.h"
#include <sys/socket.h>
#include <sys/types.h>

struct http_exchange;

/* ---- the request ---- */

/* "GET", "POST", ... as sent. */
const char *http_method(const struct http_exchange *exchange);
bool http_method_is(const struct http_exchange *exchange, const char *method);

/* The path, percent-decoded UTF-8 without NUL; begins with '/'. Segments such
 * as ".." are not resolved: who maps it to files must refuse them. As it was
 * sent where it can't be decoded and the server takes that (any_path). */
const char *http_path(const struct http_exchange *exchange);

/* Path and query as sent, still encoded. */
const char *http_target(const struct http_exchange *exchange);

/* The first query parameter of a name, decoded; NULL if absent or not
 * decodable. */
const char *http_query(struct http_exchange *exchange, const char *name);

/* All query parameters in the order in which they came, repeated ones too: a
 * list, because a map would lose some. Begin with
 *
 *     struct bytes rest = http_query_begin(exchange);
 *
 * and call until it is false. For the storage API, whose arguments come several
 * times under one name. Decoded; what can't be decoded is stepped over.
 */
struct bytes http_query_begin(const struct http_exchange *exchange);
bool http_query_next(struct http_exchange *exchange, struct bytes *rest,
                     const char **name, const char **value);

/* A header; the name in any case; NULL if absent. */
const char *http_header(const struct http_exchange *exchange, const char *name);

/* All headers, in the order in which they came; *count of them, valid as long
 * as the exchange. Names and values are what the client sent. */
struct http_header {
    const char *name;
    const char *value;
};
const struct http_header *http_headers(struct http_exchange *exchange,
                                       size_t *count);

/* The client's address as text, without the port; "" if it is not known. */
const char *http_client_address(struct http_exchange *exchange);

/* The addresses of the connection's two ends, ports included. ERR_IO. */
int http_ends(const struct http_exchange *exchange,
              struct sockaddr_storage *own, struct sockaddr_storage *other);

/* A number that the handlers keep with the connection, for all requests on it.
 * It is 0 before the first. */
uint64_t *http_connection_note(struct http_exchange *exchange);

/* The whole body, which may be empty: the handler is called when the last byte
 * has come. This is no copy; make one to keep it after the answer. */
struct bytes http_body(const struct http_exchange *exchange);

/* ---- a body as it comes ---- */

/*
 * Where a body goes piece by piece, so that its size is no matter of memory:
 * uploads of any size to a task's routes and to the storage API.
 *
 * Called on the thread of the server that has the connection. piece is valid
 * during the call, and taken whole: 0. An ERR_* refuses the body: the server
 * answers ERR_LIMIT with 413, ERR_FULL with 507, ERR_INVALID with 400, ERR_BUSY
 * with 503, ERR_TIMEOUT with 408 and others with 500, with err_text() as the
 * text.
 *
 * end is called exactly once. status 0: the body is whole, and the exchange is
 * answered as a handler does it, now or later. Otherwise write has refused, the
 * body was too large, the client broke off (ERR_NETWORK) or the server stops
 * (ERR_CANCELLED): the exchange is not to be used again.
 *
 * An answer can't begin before the body has ended: libmicrohttpd takes none
 * until then.
 */
struct http_sink {
    int (*write)(void *user, struct http_exchange *exchange,
                 struct bytes piece);
    void (*end)(void *user, struct http_exchange *exchange, int status);
    void *user;
};

/* From the server's begin only. limit_bytes stands in for the server's; what is
 * announced to be larger is refused at once. */
void http_body_to(struct http_exchange *exchange, struct http_sink sink,
                  uint64_t limit_bytes);

/* From inside write: no further piece until http_body_resume(), and the client
 * waits. */
void http_body_pause(struct http_exchange *exchange);

/* Thread: any, also before the write that paused has returned; but not once end
 * was called, so a thread that resumes shares a lock with end. */
void http_body_resume(struct http_exchange *exchange);

/* ---- the answer ---- */

/* Add a header to the answer to come; both texts are copied and may come from
 * outside: control characters in the value become spaces, and nothing is added
 * for a name that is no token, and the headers that are the server's own affair
 * (Content-Length, Transfer-Encoding, Connection, Keep-Alive, Date). The same
 * name twice makes two headers. */
void http_answer_header(struct http_exchange *exchange, const char *name,
                        const char *value);

/* Let a page of any origin read the answer (CORS). */
void http_answer_any_origin(struct http_exchange *exchange);

/* type is the Content-Type, NULL for none. The body is copied. */
void http_answer(struct http_exchange *exchange, unsigned status,
                 const char *type, struct bytes body);

/* As above without a copy: the memory is taken over, *body is emptied, and what
 * was sent is wiped. Use it for answers that were built in a buffer, such as
 * JSON. */
void http_answer_buffer(struct http_exchange *exchange, unsigned status,
                        const char *type, struct buffer *body);

/* As above for memory that stays valid and unchanged as long as the program
 * runs, such as constants: it is sent from where it is. */
void http_answer_constant(struct http_exchange *exchange, unsigned status,
                          const char *type, struct bytes body);

/* A printf'd plain text, as errors are answered. */
void http_answer_text(struct http_exchange *exchange, unsigned status,
                      const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The answer to a browser's CORS question (OPTIONS before a cross-origin
 * request): any origin, these methods ("GET, POST"), any header asked for. */
void http_answer_preflight(struct http_exchange *exchange, const char *methods);

/* For an answer that another process writes: a copy of the connection's socket,
 * which is the caller's. A whole HTTP answer that ends the connection
 * ("Connection: close") may be written to it, and is followed by
 * http_answer_written(), which says nothing and closes. Or none: then the
 * exchange is answered as others are. ERR_IO. */
int http_connection(struct http_exchange *exchange, int *socket);
void http_answer_written(struct http_exchange *exchange);

#define HTTP_SIZE_UNKNOWN UINT64_MAX /* sent in chunks */
#define HTTP_STREAM_BLOCK_BYTES 65536

/* Where a streamed body comes from. read is called on a thread of the server
 * with rising positions and puts 1 … room bytes at into; it returns how many,
 * 0 at the end, or an ERR_* to break the connection off. It may block (it
 * holds up the other connections of that thread). */
struct http_source {
    ssize_t (*read)(void *user, uint64_t position, uint8_t *into, size_t room);
    void (*release)(void *user); /* once, when no longer needed; may be NULL */
    void *user;
};
void http_answer_stream(struct http_exchange *exchange, unsigned status,
                        const char *type, uint64_t size,
                        struct http_source source);

#endif
