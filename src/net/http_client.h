/*
 * An HTTP client: libcurl's connections on a libuv loop. http and https only,
 * connections kept and reused, answers gathered in memory up to a limit,
 * compressed ones unpacked (the limit counts what comes out).
 *
 *     static void take(void *user, int status, struct http_response *response)
 *     {
 *         if (status)
 *             log_warn("peer", "%s", err_text());
 *         else if (response->status == 200)
 *             use(buffer_view(&response->body));
 *     }
 *
 *     http_client_start(client, &(struct http_request){.url = url}, take, me);
 *
 * A client is made with a rule about the addresses that it may connect to
 * (net/address_rule.h). Under address_rule_any, proxies of the environment
 * (http_proxy, no_proxy) are used, but never for this machine; under every
 * other rule none is. A client keeps up to 64 connections, 16 of them to one
 * host; calls beyond that wait for one, within their time limit.
 */
#ifndef POND_NET_HTTP_CLIENT_H
#define POND_NET_HTTP_CLIENT_H

#include "base/budget.h"
#include "base/buffer.h"
#include "base/byte_source.h"
#include "net/address_rule.h"
#include <uv.h>

struct http_client; /* thread: its loop's */
struct http_call;   /* a request under way */
struct http_response;

/* What holds where a request says 0. */
#define HTTP_CLIENT_TIMEOUT_MS 30000
#define HTTP_CLIENT_LIMIT_BYTES (16u << 20)
#define HTTP_CLIENT_SIZE_UNKNOWN UINT64_MAX
/* The limit on all headers of an answer; more is ERR_LIMIT. */
#define HTTP_CLIENT_HEADER_LIMIT_BYTES 65536

/* Everything is copied when the call starts. */
struct http_request {
    /* Absolute, http or https. */
    const char *url;
    /* Its path may hold a key: errors leave that out (base/redact.h). */
    bool has_key;
    /* NULL: GET, or POST if there is a body. */
    const char *method;
    /* "Name: value", ends with NULL; or NULL. */
    const char *const *headers;
    /* data NULL: none. With a size of 0: an empty one ("Content-Length: 0"). */
    struct bytes body;
    /* In place of body: one that comes while it is sent, source_bytes long or
     * HTTP_CLIENT_SIZE_UNKNOWN, then in chunks. It is not asked for more than
     * that, nor for its end then, and not used once done has been called. If it
     * fails, so does the call. NULL: none. With a loop only. */
    const struct byte_source *source;
    uint64_t source_bytes;
    /* The limit on the answer's body; 0 means 16 MiB. */
    size_t limit_bytes;
    /* NULL: the whole answer comes to done. Otherwise it comes in pieces: see
     * http_arrived. */
    void (*arrived)(void *user, struct http_call *call,
                    const struct http_response *response);
    /* With arrived: reading pauses while about so many bytes of the body wait
     * to be taken; 0 means 256 KiB. */
    size_t window_bytes;
    /* With arrived: the limit of silence; timeout_ms holds for everything, so
     * it should be long. 0: none. A call that waits for its user is not
     * silent. */
    unsigned silence_ms;
    /* What the bodies of several calls may take together, the request's too;
     * more is ERR_LIMIT. Given back just before done is called. The caller's,
     * who keeps it until then; NULL: none. */
    struct budget *budget;
    /* The socket to connect with, in place of one that the client makes: of a
     * task's own network, for example. Taken over. The connection is used for
     * this request alone, no proxy is, and what answers is not unpacked. */
    bool has_socket;
    int socket;
    /* The limit for everything, waiting for a connection included; 0 means
     * 30 s. */
    unsigned timeout_ms;
};

struct http_response {
    /* The server's status, 100 … 599. Any other is ERR_NETWORK. */
    unsigned status;
    /* To keep the body, move it out (copy the struct, zero this one). */
    struct buffer body;
    /* The header lines of the last answer, each ended by "\r\n". */
    struct buffer headers;
    /* That was asked; owned, as body and headers are. */
    char *url;
};

/* The value of a header, or an empty run with data NULL; case is ignored. For
 * clients that wait as long as an answer's Retry-After says. */
struct bytes http_response_header(const struct http_response *response,
                                  const char *name);
void http_response_free(struct http_response *response);

/* status 0: there was an answer, of whatever status. Otherwise response is NULL
 * and err_text() says more: ERR_TIMEOUT, ERR_NETWORK, ERR_LIMIT, ERR_INVALID
 * (the request was not startable), ERR_CANCELLED (the client was closed),
 * ERR_DENIED (the rule forbids the address). The response is freed after the
 * call. Never called from inside http_client_start(). */
typedef void http_done(void *user, int status, struct http_response *response);

/*
 * arrived() of a request that takes its answer in pieces. It is called from the
 * loop, never from inside a function of this module: when the head is there
 * (status and headers of the response, whose url is NULL), whenever more of the
 * body has come, and when the last of the request's body has. What of the body
 * has come and was not taken is in response->body; http_call_take() takes it,
 * there or later. limit_bytes counts the whole body, budget what was not taken.
 * In done(), response->body is the rest that was not taken; after a failure
 * http_call_take() gives it.
 */

/* Append what of the body has come, and go on reading if that had paused. */
void http_call_take(struct http_call *call, struct buffer *out);

/* Does the request's body still come? */
bool http_call_is_sending(const struct http_call *call);

/* End it: done comes from the loop, with ERR_CANCELLED, unless it is on its way
 * already. */
void http_call_abort(struct http_call *call);

/* Inside done, after a failure: its kind by the name that Node's errors have
 * for it ("ECONNREFUSED", "ENOTFOUND", "CERT_HAS_EXPIRED", …); "" if there is
 * none. Static. */
const char *http_call_error_name(const struct http_call *call);

/* The rule is asked before each connection, with the very address that the
 * connection would go to; a call to a forbidden one ends with ERR_DENIED. One
 * client has one rule, because a kept connection is used again without asking
 * the rule. rule is copied. */
struct http_client *http_client_new(uv_loop_t *loop,
                                    const struct address_rule *rule);

/* For a client of one host: that may have all of its connections. */
void http_client_use_one_host(struct http_client *client);

/* Ends all calls under way with ERR_CANCELLED, from the loop, and frees the
 * client when the loop has let go of its handles: keep the loop running for a
 * turn. No call may be started after this. NULL is allowed. */
void http_client_close(struct http_client *client);

/* Begin a request. Returns the call, to be cancelled with; it is gone once
 * done was called, so forget it there. Never fails by itself: what is wrong
 * with the request comes to done too, so there is one place for errors. */
struct http_call *http_client_start(struct http_client *client,
                                    const struct http_request *request,
                                    http_done *done, void *user);

/* Give it up: done is not called. The connection is closed if the answer was
 * under way. */
void http_call_cancel(struct http_call *call);

/* The same without a loop: blocks. Fills *response, to be freed with
 * http_response_free(), if it returns 0. Thread: any. */
int http_client_wait(const struct address_rule *rule,
                     const struct http_request *request,
                     struct http_response *response);

#endif
