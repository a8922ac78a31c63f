/*
 * Who may ask a page's server at all: the first look at every request, before
 * sessions and tokens.
 *
 * The server listens on loopback. Everybody who can make a connection there, or
 * make a browser make one, is kept out by what a browser says of itself and by
 * what the kernel says of the connection:
 *
 *  - Host names this machine's loopback (127.0.0.1, [::1], localhost), with any
 *    port, or the one name that the operator has given. Else a foreign name was
 *    made to point here (DNS rebinding): 421, with words that say what to do.
 *  - Origin, where sent, is the server's own: scheme://Host.
 *  - Sec-Fetch-Site, where sent, is same-origin; for the page itself (not the
 *    API) also none, and a navigation from anywhere.
 *  - The other end of the connection belongs to the server's user or to root.
 *    An end that the kernel does not list goes on to the other checks.
 *  - OPTIONS is answered 405: no other origin is ever let in.
 *
 * The judgement is a pure function of what was sent.
 */
#ifndef POND_PAGE_PAGE_GUARD_H
#define POND_PAGE_PAGE_GUARD_H

#include "net/http_exchange.h"
#include "page/socket_owner.h"

/* Whom else the operator lets in: a proxy with TLS in front of the server. */
struct page_guard {
    const char *host; /* the name that the proxy is asked by, without a port; or
                         NULL */
    uid_t host_user;  /* the proxy's: its connections count for that name */
    bool has_host_user;
    uid_t user; /* the server's own */
};

enum page_path {
    PAGE_PATH_PAGE, /* "/" and what belongs to it: no secret, and no order */
    PAGE_PATH_API,
};

/* What was sent. Texts are NULL where the header was not there. */
struct page_request {
    const char *method;
    enum page_path path;
    const char *host;
    bool has_two; /* Host or Origin came twice */
    const char *origin, *fetch_site, *fetch_mode, *fetch_dest;
    const char *forwarded_proto; /* X-Forwarded-Proto */
    enum socket_owner owner;
    uid_t user; /* where owner is known */
};

enum page_verdict {
    PAGE_PASS,
    PAGE_METHOD, /* 405 */
    PAGE_HOST,   /* 421 */
    PAGE_ORIGIN, /* 403 */
    PAGE_USER,   /* 403 */
};

/* The connection's owner was looked up into request before. */
enum page_verdict page_guard_judge(const struct page_guard *guard,
                                   const struct page_request *request);

/* Is it one of the loopback names, with or without a port? Names are compared
 * without regard to case; a dot may end them (RFC 9110, 7.2, and RFC 3986,
 * 3.2.2). Other spellings of the addresses, which no browser sends, are not. */
bool page_guard_is_loopback(const char *host);

/* Look up who has the other end, once a connection. In an http_server's begin:
 * it may take milliseconds, which no loop should wait. */
void page_guard_look(struct http_exchange *exchange);

/* Judge, and answer what may not pass: then false, and the exchange is gone.
 * is_trusted: the request has shown a secret that only the server's user can
 * read, so it does not matter whose connection it is. */
bool page_guard_pass(const struct page_guard *guard,
                     struct http_exchange *exchange, enum page_path path,
                     bool is_trusted);

/* Has the browser asked by https, through the operator's proxy? */
bool page_guard_is_secure(const struct page_guard *guard,
                          const struct http_exchange *exchange);

#endif
