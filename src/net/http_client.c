/*
 * libcurl's multi interface with its sockets and its timer on a libuv loop
 * ("multi_socket": libcurl says what to watch, the loop says what happened). So
 * hundreds of calls cost one thread, and that thread is the caller's.
 *
 * libcurl calls back from inside its own functions, where most of them must not
 * be called. So finished calls are reported from one place only, report(),
 * which runs from loop callbacks after libcurl has returned.
 *
 * Answers are gathered in memory, up to a limit that every call has: what is
 * fetched here are blocks, pages and JSON. What needs no limit, or a file, has
 * no business in this module.
 *
 * A call ends in exactly one way: done (answered, failed, or the client closed)
 * or cancelled. Either way it is out of the client's list first and freed last.
 */
#include "net/http_client.h"

#include "base/check.h"
#include "base/error.h"
#include "base/memory.h"
#include <curl/curl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#define CLIENT_MAGIC 0x68636c69u /* "hcli" */
#define CALL_MAGIC 0x6863616cu   /* "hcal" */

/* Enough for a node's peers and RPC at once without a burst of fetches taking
 * all file descriptors. */
#define CONNECTIONS_MAX 64
#define CONNECTIONS_PER_HOST_MAX 16

/* 1. calls holds every call that was started and has not ended.
 * 2. A call's easy handle is in multi from its start until it ends, but for one
 *    with a start_status, which never was, and once closing.
 * 3. After closing, libcurl is gone; only on_client_closed() remains. */
struct http_client {
    unsigned magic;
    uv_loop_t *loop;
    /* Connections, kept and reused over all calls. */
    CURLM *multi;
    /* libcurl's time-outs: started and stopped as libcurl says. */
    uv_timer_t timer;
    /* Due at once when a call could not be started. A timer of its own, because
     * libcurl would stop or put off the other one. */
    uv_timer_t unstartable;
    /* Handles of the loop that are not closed yet; the last one ends it. */
    unsigned handles_open;
    /* Under way, newest first. */
    struct http_call *calls;
    bool closing;
    struct address_rule rule;
};

struct http_call {
    unsigned magic;
    /* NULL: a blocking call, in no list. */
    struct http_client *client;
    struct http_call *next;
    struct http_call *previous;
    /* The client's, or that of the blocking call. */
    struct address_rule rule;
    /* libcurl's side of the call, there until it is freed. */
    CURL *easy;
    /* Of the request; libcurl keeps pointers into it. */
    struct curl_slist *headers;
    struct buffer request_body;
    /* Of the answer's body, unpacked. */
    size_t limit_bytes;
    struct http_response response;
    /* Of the caller, or NULL; what is taken of it. */
    struct budget *budget;
    uint64_t budget_bytes;
    /* The budget said no, in error. */
    bool over_budget;
    /* A callback broke the call off: for the message, as libcurl only says that
     * writing failed. */
    bool over_limit;
    bool address_refused;
    /* Why it could not be started; 0: it was. The text is in error. */
    int start_status;
    /* libcurl's words about this call, "" if it had none. */
    char error[CURL_ERROR_SIZE];
    http_done *done;
    void *user;
};

/* A socket that libcurl wants watched. Its memory lives until libuv has let go
 * of the handle, which is after libcurl has. */
struct watch {
    uv_poll_t poll;
    struct http_client *client;
    curl_socket_t socket;
};

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

/* Called at the door of both ways in, so that nobody has to remember it. */
static void initialise(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, initialise_once);
}

/* ---- the response ---- */

/* ERR_LIMIT; the text is made anew by whoever reports it. */
static int take_budget(struct http_call *call, size_t size)
{
    int status = call->budget ? budget_take(call->budget, size) : 0;

    if (!status && call->budget)
        call->budget_bytes += size;
    return status;
}

static void give_budget(struct http_call *call)
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
    CHECK_MAGIC(call, CALL_MAGIC);
    size *= count;
    /* No overflow: the body never has more than the limit. */
    if (size > call->limit_bytes - call->response.body.size) {
        call->over_limit = true;
        return 0;
    }
    if (take_budget(call, size)) {
        call->over_budget = true;
        return 0;
    }
    buffer_append(&call->response.body, data, size);
    return size;
}

static size_t on_header(char *data, size_t size, size_t count, void *user)
{
    struct http_call *call = user;
    struct buffer *headers = &call->response.headers;
    CHECK_MAGIC(call, CALL_MAGIC);
    size *= count;
    /* A status line: one before it was of an interim answer. */
    if (size >= 5 && !memcmp(data, "HTTP/", 5))
        buffer_clear(headers);
    if (size > HTTP_CLIENT_HEADER_LIMIT_BYTES - headers->size) {
        call->over_limit = true;
        return 0;
    }
    buffer_append(headers, data, size);
    return size;
}

/* ---- a call ---- */

/* libcurl does not copy a POST body, so the call keeps its own; all other
 * texts are copied by curl_easy_setopt(). */
static struct http_call *call_new(const struct address_rule *rule,
                                  const struct http_request *request)
{
    struct http_call *call = mem_zero(1, sizeof(*call));
    call->magic = CALL_MAGIC;
    call->rule = *rule;
    call->limit_bytes =
        request->limit_bytes ? request->limit_bytes : HTTP_CLIENT_LIMIT_BYTES;
    call->budget = request->budget;
    buffer_bytes(&call->request_body, request->body);
    call->easy = curl_easy_init();
    CHECK(call->easy);
    return call;
}

/* The easy handle first: it holds pointers to what is freed behind it. */
static void call_free(struct http_call *call)
{
    curl_easy_cleanup(call->easy);
    curl_slist_free_all(call->headers);
    buffer_free(&call->request_body);
    give_budget(call);
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
    if (request->body.data && !has_content_type(request))
        add_header(call, "Content-Type:");
    /* libcurl would wait up to a second for "100 Continue" before a body. */
    add_header(call, "Expect:");
    CHECK(!curl_easy_setopt(call->easy, CURLOPT_HTTPHEADER, call->headers));
    return 0;
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
    }
    /* libcurl would wait for a body that a HEAD doesn't have. */
    if (method && !strcmp(method, "HEAD"))
        curl_easy_setopt(call->easy, CURLOPT_NOBODY, 1L);
    else if (method)
        curl_easy_setopt(call->easy, CURLOPT_CUSTOMREQUEST, method);
}

/* The address here is the one that will be connected to, whatever the name
 * resolved to at another time. */
static curl_socket_t on_open_socket(void *user, curlsocktype purpose,
                                    struct curl_sockaddr *address)
{
    struct http_call *call = user;
    CHECK_MAGIC(call, CALL_MAGIC);
    if (!address_rule_allows(&call->rule, &address->addr)) {
        call->address_refused = true;
        /* Ends this attempt; libcurl may try the name's next address. */
        return CURL_SOCKET_BAD;
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

/* Everything of a request but the loop. Protocols are limited to http and
 * https: libcurl knows file:// and many more. */
static int set_up(struct http_call *call, const struct http_request *request)
{
    CURL *easy = call->easy;
    long timeout_ms = (long)(request->timeout_ms ? request->timeout_ms
                                                 : HTTP_CLIENT_TIMEOUT_MS);
    int status = take_budget(call, request->body.size);

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
    curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, ""); /* all it knows */
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "pond/" POND_VERSION);
    curl_easy_setopt(easy, CURLOPT_NOPROXY, no_proxy);
    curl_easy_setopt(easy, CURLOPT_TCP_NODELAY, 1L);
    /* Signals would interrupt the resolver, and belong to the program. */
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    if (call->rule.allows)
        set_restriction(call);
    set_method(call, request);
    return set_headers(call, request);
}

/* libcurl's verdict as ours; fills the response's status and final URL.
 * libcurl's codes say how it failed, the flags say why we made it fail. */
static int conclude(struct http_call *call, CURLcode code)
{
    const char *url = NULL, *why;
    long status = 0;
    curl_easy_getinfo(call->easy, CURLINFO_EFFECTIVE_URL, &url);
    call->response.url = mem_text(url);
    why = call->error[0] ? call->error : curl_easy_strerror(code);
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
    initialise();
    struct http_call *call = call_new(rule, request);
    int status = set_up(call, request);
    if (!status)
        status = conclude(call, curl_easy_perform(call->easy));
    if (!status) {
        *response = call->response;
        /* Moved out: freeing the call must not free it. */
        call->response = (struct http_response){0};
    }
    call_free(call);
    return status;
}

/* ---- calls on the loop ---- */

/* Off the client's list; the call may be anywhere in it. */
static void unlink_call(struct http_call *call)
{
    if (call->previous)
        call->previous->next = call->next;
    else
        call->client->calls = call->next;
    if (call->next)
        call->next->previous = call->previous;
    CHECK(call->client->calls != call);
}

/* The call is out of the list before done is called, for done may start,
 * cancel or close. */
static void finish(struct http_call *call, int status)
{
    unlink_call(call);
    give_budget(call);
    call->done(call->user, status, status ? NULL : &call->response);
    call_free(call);
}

/* Hand out what libcurl has finished. A done callback may start and cancel
 * calls, and close the client, which ends the round. */
static void report(struct http_client *client)
{
    CURLMsg *message;
    int left;
    while (!client->closing &&
           (message = curl_multi_info_read(client->multi, &left))) {
        struct http_call *call = NULL;
        CURLcode code = message->data.result;
        /* The only kind there is today. */
        if (message->msg != CURLMSG_DONE)
            continue;
        CHECK(
            !curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &call));
        CHECK_MAGIC(call, CALL_MAGIC);
        /* Before done, which may start the next call on this connection. */
        curl_multi_remove_handle(client->multi, call->easy);
        finish(call, conclude(call, code));
    }
}

/* The loop saw something on a socket: tell libcurl, report what it finished. A
 * poll that failed is told as an error, which libcurl then finds too. */
static void on_poll(uv_poll_t *poll, int status, int events)
{
    struct watch *watch = poll->data;
    struct http_client *client = watch->client;
    int flags = 0, running;
    CHECK_MAGIC(client, CLIENT_MAGIC);
    if (status < 0)
        flags |= CURL_CSELECT_ERR;
    if (events & UV_READABLE)
        flags |= CURL_CSELECT_IN;
    if (events & UV_WRITABLE)
        flags |= CURL_CSELECT_OUT;
    /* watch may be gone after this. */
    curl_multi_socket_action(client->multi, watch->socket, flags, &running);
    report(client);
}

/* The watch is the handle's memory. */
static void on_watch_closed(uv_handle_t *handle)
{
    free(handle->data);
}

/* libcurl wants a socket watched, differently watched, or let go. The watch is
 * memory of its own since libuv lets go of a handle only in its next turn,
 * when libcurl may have closed the socket and opened another of its number. */
static int on_socket(CURL *easy, curl_socket_t socket, int what, void *user,
                     void *of_socket)
{
    struct http_client *client = user;
    struct watch *watch = of_socket;
    int events = 0;
    if (what == CURL_POLL_REMOVE) {
        if (watch) {
            curl_multi_assign(client->multi, socket, NULL);
            uv_close((uv_handle_t *)&watch->poll, on_watch_closed);
        }
        return 0;
    }
    if (!watch) {
        watch = mem_zero(1, sizeof(*watch));
        watch->client = client;
        watch->socket = socket;
        watch->poll.data = watch;
        CHECK(!uv_poll_init_socket(client->loop, &watch->poll, socket));
        curl_multi_assign(client->multi, socket, watch);
    }
    if (what & CURL_POLL_IN)
        events |= UV_READABLE;
    if (what & CURL_POLL_OUT)
        events |= UV_WRITABLE;
    CHECK(!uv_poll_start(&watch->poll, events, on_poll));
    return 0;
}

/* A call that could not be started and is not reported yet. Looked for anew
 * each time, for done may have cancelled any other. clang's analyzer does not
 * follow that a call leaves the list before it is freed. */
static struct http_call *find_unstartable(struct http_client *client)
{
    struct http_call *call = client->calls;
    while (call && !call->start_status) /* NOLINT(clang-analyzer-unix.Malloc) */
        call = call->next;
    return call;
}

/* Reports the calls that could not be started. */
static void on_unstartable(uv_timer_t *timer)
{
    struct http_client *client = timer->data;
    struct http_call *call;
    CHECK_MAGIC(client, CLIENT_MAGIC);
    while (!client->closing && (call = find_unstartable(client))) {
        err_set(call->start_status, "%s", call->error);
        finish(call, call->start_status);
    }
}

static void on_timer(uv_timer_t *timer)
{
    struct http_client *client = timer->data;
    int running;
    CHECK_MAGIC(client, CLIENT_MAGIC);
    curl_multi_socket_action(client->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    report(client);
}

/* libcurl wants to be called after so long; -1: not at all. 0 means "soon, but
 * not from here", which is what a timer of 0 does. */
static int on_timeout_wanted(CURLM *multi, long timeout_ms, void *user)
{
    struct http_client *client = user;
    if (client->closing)
        return 0;
    if (timeout_ms < 0)
        uv_timer_stop(&client->timer);
    else
        uv_timer_start(&client->timer, on_timer, (uint64_t)timeout_ms, 0);
    return 0;
}

struct http_client *http_client_new(uv_loop_t *loop,
                                    const struct address_rule *rule)
{
    CHECK(loop && rule);
    initialise();
    struct http_client *client = mem_zero(1, sizeof(*client));
    client->magic = CLIENT_MAGIC;
    client->loop = loop;
    client->rule = *rule;
    client->multi = curl_multi_init();
    CHECK(client->multi);
    curl_multi_setopt(client->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(client->multi, CURLMOPT_SOCKETDATA, client);
    curl_multi_setopt(client->multi, CURLMOPT_TIMERFUNCTION, on_timeout_wanted);
    curl_multi_setopt(client->multi, CURLMOPT_TIMERDATA, client);
    /* Calls beyond these wait inside libcurl; their time limit runs meanwhile.
     */
    curl_multi_setopt(client->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS,
                      (long)CONNECTIONS_MAX);
    curl_multi_setopt(client->multi, CURLMOPT_MAX_HOST_CONNECTIONS,
                      (long)CONNECTIONS_PER_HOST_MAX);
    CHECK(!uv_timer_init(loop, &client->timer));
    CHECK(!uv_timer_init(loop, &client->unstartable));
    client->timer.data = client->unstartable.data = client;
    client->handles_open = 2;
    return client;
}

struct http_call *http_client_start(struct http_client *client,
                                    const struct http_request *request,
                                    http_done *done, void *user)
{
    CHECK_MAGIC(client, CLIENT_MAGIC);
    CHECK(!client->closing && done);
    struct http_call *call = call_new(&client->rule, request);
    call->client = client;
    call->done = done;
    call->user = user;
    call->next = client->calls;
    if (client->calls)
        client->calls->previous = call;
    client->calls = call;
    call->start_status = set_up(call, request);
    if (call->start_status) {
        /* Reported from the loop, as all ends are. */
        snprintf(call->error, sizeof(call->error), "%s", err_text());
        uv_timer_start(&client->unstartable, on_unstartable, 0, 0);
    } else {
        CHECK(!curl_multi_add_handle(client->multi, call->easy));
    }
    return call;
}

void http_call_cancel(struct http_call *call)
{
    CHECK_MAGIC(call, CALL_MAGIC);
    unlink_call(call);
    if (!call->start_status && !call->client->closing)
        curl_multi_remove_handle(call->client->multi, call->easy);
    call_free(call);
}

/* Nobody but the callers knows of the calls any more: tell them, then go. */
static void on_client_closed(uv_handle_t *handle)
{
    struct http_client *client = handle->data;
    CHECK(client->handles_open > 0);
    if (--client->handles_open)
        return;
    while (client->calls) {
        struct http_call *call = client->calls;
        err_set(ERR_CANCELLED, "the HTTP client was closed");
        finish(call, ERR_CANCELLED); /* NOLINT(clang-analyzer-unix.Malloc) */
    }
    client->magic = 0;
    free(client);
}

/* libcurl is ended at once, the calls are told from the loop: whoever closes is
 * mostly one of their users, and must not be called back from here. */
void http_client_close(struct http_client *client)
{
    if (!client)
        return;
    CHECK_MAGIC(client, CLIENT_MAGIC);
    CHECK(!client->closing);
    client->closing = true;
    for (struct http_call *call = client->calls; call; call = call->next)
        if (!call->start_status)
            curl_multi_remove_handle(client->multi, call->easy);
    /* Closes the idle connections, and with them their watches. */
    CHECK(!curl_multi_cleanup(client->multi));
    uv_close((uv_handle_t *)&client->timer, on_client_closed);
    uv_close((uv_handle_t *)&client->unstartable, on_client_closed);
}
