/*
 * A request in libcurl's terms, and libcurl's result as Pond's. Answers are
 * gathered in memory, up to a limit that every call has: they are blocks, pages
 * and JSON.
 */
#include "net/http_call.h"

#include "base/check.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/redact.h"
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <unistd.h>

/* What of a body waits to be taken, where nothing else was said. */
#define WINDOW_BYTES (256u << 10)

/* Hosts that are not asked through a proxy of the environment: its own list,
 * and always this machine, where this program's parts find each other. */
static char *no_proxy;

/* Before any thread uses libcurl: it wants its global part set up once. The
 * list of hosts never changes afterwards, so it is read without a lock. */
static void initialise_once(void)
{
    /* Lower case first, as curl itself has it. */
    const char *given = getenv("no_proxy");
    if (!given)
        given = getenv("NO_PROXY");
    no_proxy = mem_format("localhost,127.0.0.1,::1%s%s", given ? "," : "",
                          given ? given : "");
    CHECK(!curl_global_init(CURL_GLOBAL_DEFAULT));
}

/* Both ways into this module call it, so that callers need not. */
void http_call_initialise(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, initialise_once);
}

/* ---- the response ---- */

/* ERR_LIMIT. The reporting function makes the text anew. */
static int take_budget(struct http_call *call, size_t size)
{
    int status = call->budget ? budget_take(call->budget, size) : 0;

    if (!status && call->budget)
        call->budget_bytes += size;
    return status;
}

void http_call_give_budget(struct http_call *call)
{
    if (call->budget)
        budget_give(call->budget, call->budget_bytes);
    call->budget = NULL;
}

/* What libcurl unpacked counts, so a small compressed answer can't become a
 * large one in memory. */
static size_t on_body(char *data, size_t size, size_t count, void *user)
{
    struct http_call *call = user;
    CHECK_MAGIC(call, HTTP_CALL_MAGIC);
    size *= count;
    if (call->arrived && call->response.body.size >= call->window_bytes) {
        call->is_paused = true;
        return CURL_WRITEFUNC_PAUSE;
    }
    /* No overflow: the body never has more than the limit. */
    if (size > call->limit_bytes - call->received_bytes) {
        call->over_limit = true;
        return 0;
    }
    if (take_budget(call, size)) {
        call->over_budget = true;
        return 0;
    }
    call->received_bytes += size;
    call->has_news = call->arrived != NULL;
    buffer_append(&call->response.body, data, size);
    return size;
}

/* The empty line behind the head of the answer itself. */
static void end_head(struct http_call *call)
{
    long status = 0;
    curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &status);
    if (status < 200)
        return;
    call->response.status = (unsigned)status;
    call->has_head = true;
    call->has_news = call->arrived != NULL;
}

static size_t on_header(char *data, size_t size, size_t count, void *user)
{
    struct http_call *call = user;
    struct buffer *headers = &call->response.headers;
    CHECK_MAGIC(call, HTTP_CALL_MAGIC);
    size *= count;
    /* A status line: one before it was of an interim answer. */
    if (size >= 5 && !memcmp(data, "HTTP/", 5))
        buffer_clear(headers);
    if (size > HTTP_CLIENT_HEADER_LIMIT_BYTES - headers->size) {
        call->over_limit = true;
        return 0;
    }
    if (size <= 2 && (*data == '\r' || *data == '\n'))
        end_head(call);
    buffer_append(headers, data, size);
    return size;
}

/* ---- a call ---- */

/* libcurl does not copy a POST body, so the call keeps its own; all other
 * texts are copied by curl_easy_setopt(). */
struct http_call *http_call_new(const struct address_rule *rule,
                                const struct http_request *request)
{
    struct http_call *call = mem_zero(1, sizeof(*call));
    call->magic = HTTP_CALL_MAGIC;
    call->rule = *rule;
    call->limit_bytes =
        request->limit_bytes ? request->limit_bytes : HTTP_CLIENT_LIMIT_BYTES;
    call->budget = request->budget;
    call->arrived = request->arrived;
    call->window_bytes =
        request->window_bytes ? request->window_bytes : WINDOW_BYTES;
    call->error_name = "";
    if (request->source)
        call->source = *request->source;
    call->source_left = request->source_bytes;
    call->has_own_socket = request->has_socket;
    call->socket = request->has_socket ? request->socket : -1;
    buffer_bytes(&call->request_body, request->body);
    call->easy = curl_easy_init();
    CHECK(call->easy);
    return call;
}

/* The easy handle goes first, because it has pointers to what is freed after
 * it. */
void http_call_free(struct http_call *call)
{
    curl_easy_cleanup(call->easy);
    curl_slist_free_all(call->headers);
    if (call->socket >= 0)
        close(call->socket);
    http_call_end_source(call);
    buffer_free(&call->request_body);
    http_call_give_budget(call);
    http_response_free(&call->response);
    call->magic = 0;
    free(call);
}

/* curl_slist_append() copies; NULL only for want of memory. */
static void add_header(struct http_call *call, const char *header)
{
    struct curl_slist *longer = curl_slist_append(call->headers, header);
    CHECK(longer);
    call->headers = longer;
}

/* libcurl takes "Name:" for a header of its own that is to be left out, and
 * "Name;" for one without a value. */
static void add_request_header(struct http_call *call, const char *header)
{
    const char *colon = strchr(header, ':');
    if (colon[1 + strspn(colon + 1, " \t")]) {
        add_header(call, header);
        return;
    }
    char *empty = mem_format("%.*s;", (int)(colon - header), header);
    add_header(call, empty);
    free(empty);
}

static bool has_content_type(const struct http_request *request)
{
    for (const char *const *at = request->headers; at && *at; at++)
        if (!strncasecmp(*at, "Content-Type:", 13))
            return true;
    return false;
}

/* A line break in a header would be a second header, or a request of its own
 * on the same connection. */
static int set_headers(struct http_call *call,
                       const struct http_request *request)
{
    for (const char *const *at = request->headers; at && *at; at++) {
        if (strpbrk(*at, "\r\n") || !strchr(*at, ':'))
            return err_set(ERR_INVALID, "a request header is not of the form "
                                        "\"Name: value\"");
        add_request_header(call, *at);
    }
    /* libcurl would call any body a form. */
    if ((request->body.data || request->source) && !has_content_type(request))
        add_header(call, "Content-Type:");
    if (request->source && request->source_bytes == HTTP_CLIENT_SIZE_UNKNOWN)
        add_header(call, "Transfer-Encoding: chunked");
    /* libcurl would wait up to a second for "100 Continue" before a body. */
    add_header(call, "Expect:");
    CHECK(!curl_easy_setopt(call->easy, CURLOPT_HTTPHEADER, call->headers));
    return 0;
}

/* ---- a body that comes ---- */

void http_call_end_source(struct http_call *call)
{
    if (call->source_is_read)
        call->source.cancel(call->source.user);
    call->source_is_read = false;
}

/* libcurl wants more to send. What is not there yet it waits for. */
static size_t on_source_wanted(char *into, size_t size, size_t count,
                               void *user)
{
    struct http_call *call = user;
    struct buffer *waiting = &call->request_body;
    size_t room = size * count;
    CHECK_MAGIC(call, HTTP_CALL_MAGIC);
    if (waiting->size) {
        size_t taken = waiting->size < room ? waiting->size : room;
        memcpy(into, waiting->data, taken);
        buffer_consume(waiting, taken);
        return taken;
    }
    if (call->source_is_over)
        return 0;
    if (!call->source_is_read) {
        call->source_is_read = true;
        call->source.read(call->source.user, call->source_came, call);
    }
    return CURL_READFUNC_PAUSE;
}

/* CUSTOMREQUEST only changes the word that is sent; whether a body goes out or
 * is expected back depends on the other options. */
static void set_method(struct http_call *call,
                       const struct http_request *request)
{
    const char *method = request->method;
    if (request->body.data) {
        curl_easy_setopt(call->easy, CURLOPT_POST, 1L);
        curl_easy_setopt(call->easy, CURLOPT_POSTFIELDS,
                         buffer_string(&call->request_body));
        curl_easy_setopt(call->easy, CURLOPT_POSTFIELDSIZE_LARGE,
                         (curl_off_t)call->request_body.size);
    } else if (request->source) {
        curl_easy_setopt(call->easy, CURLOPT_POST, 1L);
        curl_easy_setopt(call->easy, CURLOPT_READFUNCTION, on_source_wanted);
        curl_easy_setopt(call->easy, CURLOPT_READDATA, call);
        curl_easy_setopt(call->easy, CURLOPT_POSTFIELDSIZE_LARGE,
                         request->source_bytes == HTTP_CLIENT_SIZE_UNKNOWN
                             ? (curl_off_t)-1
                             : (curl_off_t)request->source_bytes);
    }
    /* libcurl would wait for a body that a HEAD doesn't have. */
    if (method && !strcmp(method, "HEAD"))
        curl_easy_setopt(call->easy, CURLOPT_NOBODY, 1L);
    else if (method)
        curl_easy_setopt(call->easy, CURLOPT_CUSTOMREQUEST, method);
}

/* The socket will connect to this very address; what the name means at another
 * time does not matter. */
static curl_socket_t on_open_socket(void *user, curlsocktype purpose,
                                    struct curl_sockaddr *address)
{
    struct http_call *call = user;
    CHECK_MAGIC(call, HTTP_CALL_MAGIC);
    if (!address_rule_allows(&call->rule, &address->addr)) {
        call->address_refused = true;
        /* Ends this attempt; libcurl may try the name's next address. */
        return CURL_SOCKET_BAD;
    }
    if (call->has_own_socket) {
        curl_socket_t own = call->socket;
        call->socket = -1; /* there is one, for one attempt */
        return own < 0 ? CURL_SOCKET_BAD : own;
    }
    return socket(address->family, address->socktype | SOCK_CLOEXEC,
                  address->protocol);
}

/* The proxy is set to none: "" is not the same as not setting it, which would
 * take the environment's. */
static void set_restriction(struct http_call *call)
{
    curl_easy_setopt(call->easy, CURLOPT_OPENSOCKETFUNCTION, on_open_socket);
    curl_easy_setopt(call->easy, CURLOPT_OPENSOCKETDATA, call);
    curl_easy_setopt(call->easy, CURLOPT_PROXY, "");
}

/* A kept connection to the same address may lead into another network. What the
 * other side has packed is passed on as it is. */
static void set_own_socket(struct http_call *call)
{
    curl_easy_setopt(call->easy, CURLOPT_FRESH_CONNECT, 1L);
    curl_easy_setopt(call->easy, CURLOPT_FORBID_REUSE, 1L);
    curl_easy_setopt(call->easy, CURLOPT_ACCEPT_ENCODING, NULL);
    curl_easy_setopt(call->easy, CURLOPT_PATH_AS_IS, 1L);
}

/* libcurl measures in seconds, and a transfer that is paused does not count. */
static void set_silence(CURL *easy, unsigned silence_ms)
{
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)silence_ms);
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME,
                     (long)(silence_ms + 999) / 1000);
}

/* Everything of a request but the loop. Protocols are limited to http and
 * https: libcurl knows file:// and many more. */
int http_call_set_up(struct http_call *call, const struct http_request *request)
{
    CURL *easy = call->easy;
    long timeout_ms = (long)(request->timeout_ms ? request->timeout_ms
                                                 : HTTP_CLIENT_TIMEOUT_MS);
    int status = take_budget(call, request->body.size);

    call->has_key = request->has_key;

    if (status)
        return status;
    if (curl_easy_setopt(easy, CURLOPT_URL, request->url) ||
        curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https"))
        return err_set(ERR_INVALID, "libcurl does not take the URL %.200s",
                       request->url);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, call);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, call->error);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, call);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, call);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, timeout_ms);
    if (request->silence_ms)
        set_silence(easy, request->silence_ms);
    /* A proxy's answer is not the answer. */
    curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, ""); /* all it knows */
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "pond/" POND_VERSION);
    curl_easy_setopt(easy, CURLOPT_NOPROXY, no_proxy);
    curl_easy_setopt(easy, CURLOPT_TCP_NODELAY, 1L);
    /* Signals would interrupt the resolver, and belong to the program. */
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    if (call->rule.allows || request->has_socket)
        set_restriction(call);
    if (request->has_socket)
        set_own_socket(call);
    set_method(call, request);
    return set_headers(call, request);
}

/* Turn libcurl's result into Pond's, and fill the response's status and final
 * URL. libcurl's code says how the call failed, the flags say why Pond made it
 * fail. */
int http_call_conclude(struct http_call *call, CURLcode code)
{
    const char *url = NULL, *why;
    long status = 0;
    struct redacted shown;
    curl_easy_getinfo(call->easy, CURLINFO_EFFECTIVE_URL, &url);
    call->response.url = mem_text(url);
    if (call->has_key && code != CURLE_OK) {
        shown = redact_url(url);
        url = shown.text;
    }
    why = call->error[0] ? call->error : curl_easy_strerror(code);
    call->error_name = http_error_name(call, code);
    switch (code) {
    case CURLE_OK:
        curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &status);
        call->response.status = (unsigned)status;
        /* libcurl takes any three digits (RFC 9110, 15 has these). */
        if (status < 100 || status > 599)
            return err_set(ERR_NETWORK, "%.200s: %ld is no status of HTTP", url,
                           status);
        return 0;
    case CURLE_OPERATION_TIMEDOUT:
        return err_set(ERR_TIMEOUT, "%.200s: %s", url, why);
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
        return err_set(ERR_INVALID, "%.200s: %s", url, why);
    default:
        if (call->address_refused)
            return err_set(ERR_DENIED,
                           "%.200s: this address may not be reached from here",
                           url);
        if (call->over_budget)
            return err_set(ERR_LIMIT,
                           "%.200s: %s would hold more than %" PRIu64
                           " bytes in memory",
                           url, call->budget->name, call->budget->limit_bytes);
        if (call->over_limit)
            return err_set(ERR_LIMIT,
                           "%.200s: the answer is longer than %zu "
                           "bytes (headers: %d)",
                           url, call->limit_bytes,
                           HTTP_CLIENT_HEADER_LIMIT_BYTES);
        return err_set(ERR_NETWORK, "%.200s: %s", url, why);
    }
}

/* The same set-up and verdict as on the loop; curl_easy_perform() is the only
 * difference. For commands, which have nothing else to do. */
int http_client_wait(const struct address_rule *rule,
                     const struct http_request *request,
                     struct http_response *response)
{
    CHECK(rule && request && response);
    http_call_initialise();
    struct http_call *call = http_call_new(rule, request);
    int status = http_call_set_up(call, request);
    if (!status)
        status = http_call_conclude(call, curl_easy_perform(call->easy));
    if (!status) {
        *response = call->response;
        /* Moved out: freeing the call must not free it. */
        call->response = (struct http_response){0};
    }
    http_call_free(call);
    return status;
}
