#include "page/page_guard.h"

#include "base/error.h"
#include "page/page_headers.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

/* ---- Host ---- */

/* ":", and at most five digits, of which there may be none (RFC 3986, 3.2.3).
 */
static bool is_port_or_none(const char *text)
{
    size_t digits;

    if (!*text)
        return true;
    if (*text++ != ':')
        return false;
    digits = strspn(text, "0123456789");
    return digits <= 5 && !text[digits];
}

/* A host without its port and final dot, if that is what text is. */
static bool is_name(const char *text, const char *name)
{
    size_t size = strlen(name);

    if (strncasecmp(text, name, size) != 0)
        return false;
    text += size;
    if (*text == '.' && *name != '[')
        text++;
    return is_port_or_none(text);
}

bool page_guard_is_loopback(const char *host)
{
    return is_name(host, "127.0.0.1") || is_name(host, "[::1]") ||
           is_name(host, "localhost");
}

/* ---- the other headers ---- */

static bool is_proxied(const struct page_guard *guard, const char *host)
{
    return guard->host && host && is_name(host, guard->host);
}

/* Only the proxy speaks TLS. */
static bool is_secure(const struct page_guard *guard, const char *host,
                      const char *forwarded_proto)
{
    return is_proxied(guard, host) && forwarded_proto &&
           !strcasecmp(forwarded_proto, "https");
}

bool page_guard_is_secure(const struct page_guard *guard,
                          const struct http_exchange *exchange)
{
    return is_secure(guard, http_header(exchange, "Host"),
                     http_header(exchange, "X-Forwarded-Proto"));
}

static bool is_own_origin(const struct page_guard *guard,
                          const struct page_request *request)
{
    const char *scheme =
        is_secure(guard, request->host, request->forwarded_proto) ? "https://"
                                                                  : "http://";

    return !strncmp(request->origin, scheme, strlen(scheme)) &&
           !strcasecmp(request->origin + strlen(scheme), request->host);
}

/* A navigation shows what was asked for, in a window that the browser gives to
 * it alone, and hands nothing of it to who has caused it. One into a frame is
 * kept out by the answer's own headers as well. */
static bool is_navigation(const struct page_request *request)
{
    return request->fetch_mode && !strcmp(request->fetch_mode, "navigate") &&
           (!request->fetch_dest || !strcmp(request->fetch_dest, "document")) &&
           !strcmp(request->method, "GET");
}

static bool is_own_site(const struct page_request *request)
{
    const char *site = request->fetch_site;

    if (!site || !strcmp(site, "same-origin"))
        return true;
    return request->path == PAGE_PATH_PAGE &&
           (!strcmp(site, "none") || is_navigation(request));
}

/* ---- the connection ---- */

static bool is_own_user(const struct page_guard *guard,
                        const struct page_request *request)
{
    if (request->owner == SOCKET_OWNER_UNKNOWN)
        return true;
    if (request->owner == SOCKET_OWNER_GONE)
        return false;
    return request->user == guard->user || request->user == 0 ||
           (is_proxied(guard, request->host) && guard->has_host_user &&
            request->user == guard->host_user);
}

/* ---- all of it ---- */

enum page_verdict page_guard_judge(const struct page_guard *guard,
                                   const struct page_request *request)
{
    if (!strcmp(request->method, "OPTIONS"))
        return PAGE_METHOD;
    if (!request->host || request->has_two ||
        (!page_guard_is_loopback(request->host) &&
         !is_proxied(guard, request->host)))
        return PAGE_HOST;
    if ((request->origin && !is_own_origin(guard, request)) ||
        !is_own_site(request))
        return PAGE_ORIGIN;
    return is_own_user(guard, request) ? PAGE_PASS : PAGE_USER;
}

/* The note of a connection: 0 before the look, then what was found, and above
 * it the user. */
#define NOTE_LOOKED 4u
#define NOTE_USER_SHIFT 8

void page_guard_look(struct http_exchange *exchange)
{
    uint64_t *note = http_connection_note(exchange);
    struct sockaddr_storage own, other;
    enum socket_owner owner = SOCKET_OWNER_GONE;
    uid_t user = 0;

    if (*note)
        return;
    if (!http_ends(exchange, &own, &other))
        owner = socket_owner_find(&own, &other, &user);
    else
        err_clear();
    *note = NOTE_LOOKED | owner | (uint64_t)user << NOTE_USER_SHIFT;
}

/* Two Hosts, or two Origins, are not of a browser, and leave it to chance which
 * one counts. */
static bool has_two(struct http_exchange *exchange)
{
    size_t count, hosts = 0, origins = 0;
    const struct http_header *headers = http_headers(exchange, &count);

    for (size_t i = 0; i < count; i++) {
        hosts += !strcasecmp(headers[i].name, "Host");
        origins += !strcasecmp(headers[i].name, "Origin");
    }
    return hosts > 1 || origins > 1;
}

static struct page_request read_request(struct http_exchange *exchange,
                                        enum page_path path, bool is_trusted)
{
    uint64_t note = *http_connection_note(exchange);
    struct page_request request = {
        .method = http_method(exchange),
        .path = path,
        .host = http_header(exchange, "Host"),
        .has_two = has_two(exchange),
        .origin = http_header(exchange, "Origin"),
        .fetch_site = http_header(exchange, "Sec-Fetch-Site"),
        .fetch_mode = http_header(exchange, "Sec-Fetch-Mode"),
        .fetch_dest = http_header(exchange, "Sec-Fetch-Dest"),
        .forwarded_proto = http_header(exchange, "X-Forwarded-Proto"),
    };

    if (!is_trusted && note & NOTE_LOOKED) {
        request.owner = (enum socket_owner)(note & (NOTE_LOOKED - 1));
        request.user = (uid_t)(note >> NOTE_USER_SHIFT);
    }
    return request;
}

/* ---- what is answered ---- */

static const struct refusal {
    unsigned status;
    const char *code, *title, *text;
} refusals[] = {
    [PAGE_METHOD] = {405, "method", "Not offered",
                     "No other origin is let in here."},
    [PAGE_HOST] = {421, "host", "This is not the address of the page",
                   "Pond's page answers at http://127.0.0.1, http://localhost "
                   "and http://[::1] with the port that it listens on. To "
                   "reach it by another name start the node with --page-host "
                   "NAME and --page-user USER, behind a proxy with TLS; or "
                   "bring the port here: ssh -L PORT:127.0.0.1:PORT HOST."},
    [PAGE_ORIGIN] = {403, "origin", "Another page has asked",
                     "Only the page of this address may ask here. Type the "
                     "address into the address field."},
    [PAGE_USER] = {403, "user", "The node of another user",
                   "This node belongs to another user of this machine, who "
                   "alone may open its page."},
};

static bool wants_html(struct http_exchange *exchange)
{
    const char *accept = http_header(exchange, "Accept");

    return accept && strstr(accept, "text/html");
}

/* The texts are constants: nothing that was sent is shown. */
static void refuse(struct http_exchange *exchange, enum page_verdict verdict)
{
    const struct refusal *refusal = &refusals[verdict];
    struct buffer body = {0};

    page_headers(exchange, PAGE_DONT_KEEP);
    if (verdict == PAGE_METHOD)
        http_answer_header(exchange, "Allow", "GET, POST, PUT, PATCH, DELETE");
    if (wants_html(exchange)) {
        buffer_format(&body,
                      "<!doctype html><html lang=\"en\"><meta "
                      "charset=\"utf-8\"><meta name=\"viewport\" "
                      "content=\"width=device-width\"><title>%s · Pond</title>"
                      "<h1>%s</h1><p>%s</p></html>\n",
                      refusal->title, refusal->title, refusal->text);
        http_answer_buffer(exchange, refusal->status,
                           "text/html; charset=utf-8", &body);
        return;
    }
    buffer_format(&body, "{\"error\":{\"code\":\"%s\",\"message\":\"%s\"}}",
                  refusal->code, refusal->text);
    http_answer_buffer(exchange, refusal->status, "application/json", &body);
}

bool page_guard_pass(const struct page_guard *guard,
                     struct http_exchange *exchange, enum page_path path,
                     bool is_trusted)
{
    const struct page_request request =
        read_request(exchange, path, is_trusted);
    enum page_verdict verdict = page_guard_judge(guard, &request);

    if (verdict != PAGE_PASS)
        refuse(exchange, verdict);
    return verdict == PAGE_PASS;
}
