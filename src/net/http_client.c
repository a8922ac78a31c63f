/*
 * libcurl's multi interface with its sockets and its timer on a libuv loop
 * ("multi_socket": libcurl says what to watch, the loop says what happened).
 * Hundreds of calls run on the caller's thread alone.
 *
 * libcurl calls back from inside its own functions, where most of them must not
 * be called. So finished calls are reported from one place only, report(),
 * which runs from loop callbacks after libcurl has returned.
 *
 * A call ends in exactly one way: done (answered, failed, or the client closed)
 * or cancelled. Either way it is out of the client's list first and freed last.
 */
#include "net/http_call.h"

#include "base/check.h"
#include "base/error.h"
#include "base/memory.h"
#include <stdio.h>
#include <stdlib.h>

#define CLIENT_MAGIC 0x68636c69u /* "hcli" */

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

/* A socket that libcurl wants watched. Its memory lives until libuv has let go
 * of the handle, which is after libcurl has. */
struct watch {
    uv_poll_t poll;
    struct http_client *client;
    curl_socket_t socket;
};

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
    http_call_end_source(call);
    http_call_give_budget(call);
    /* http_call_take() may still be called, but there is no more to come. */
    call->is_paused = false;
    call->done(call->user, status, status ? NULL : &call->response);
    http_call_free(call);
}

static struct http_call *find_news(struct http_client *client)
{
    struct http_call *call = client->calls;
    while (call && !call->has_news) /* NOLINT(clang-analyzer-unix.Malloc) */
        call = call->next;
    return call;
}

/* What has come of answers in pieces. Looked for anew each time, for arrived
 * may have cancelled any other call. Calls are a node's few dozen. */
static void report_news(struct http_client *client)
{
    struct http_call *call;
    while (!client->closing && (call = find_news(client))) {
        call->has_news = false;
        if (call->has_head && !call->start_status)
            call->arrived(call->user, call, &call->response);
    }
}

static bool is_under_way(const struct http_client *client,
                         const struct http_call *call)
{
    const struct http_call *other = client->calls;
    while (other && other != call)
        other = other->next;
    return other != NULL;
}

/* What came of an answer before it broke off. False if that was the end of the
 * call, or of the client. */
static bool report_broken(struct http_client *client, struct http_call *call)
{
    call->is_paused = false;
    if (!call->has_news || !call->has_head)
        return true;
    call->has_news = false;
    call->arrived(call->user, call, &call->response);
    return !client->closing && is_under_way(client, call);
}

/* Hand out what libcurl has finished, and then what is new: an answer that has
 * come whole is reported once. A done callback may start and cancel
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
        CHECK_MAGIC(call, HTTP_CALL_MAGIC);
        /* Before done, which may start the next call on this connection. */
        curl_multi_remove_handle(client->multi, call->easy);
        if (code == CURLE_OK || report_broken(client, call))
            finish(call, http_call_conclude(call, code));
    }
    report_news(client);
}

/* The loop saw something on a socket: libcurl acts, and finished calls are
 * reported. libcurl gets a poll that failed as an error of the socket. */
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

/* libcurl wants a call after timeout_ms, or none at -1. 0 means "soon, but not
 * from here", as a timer of 0 does. */
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
    http_call_initialise();
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

void http_client_use_one_host(struct http_client *client)
{
    CHECK_MAGIC(client, CLIENT_MAGIC);
    curl_multi_setopt(client->multi, CURLMOPT_MAX_HOST_CONNECTIONS, 0L);
}

/* libcurl has it no longer; the loop reports it. The text is err_text(). */
static void end_early(struct http_call *call, int status)
{
    struct http_client *client = call->client;
    CHECK(status && !call->start_status);
    curl_multi_remove_handle(client->multi, call->easy);
    call->start_status = status;
    snprintf(call->error, sizeof(call->error), "%s", err_text());
    uv_timer_start(&client->unstartable, on_unstartable, 0, 0);
}

/* libcurl sends it from inside curl_easy_pause(). An answer that waits for its
 * user goes on waiting. Behind the last byte that was announced libcurl asks
 * for no more, so the source's word that it is over is not waited for. */
static void on_source(void *user, int status, struct bytes piece, bool is_last)
{
    struct http_call *call = user;
    CHECK_MAGIC(call, HTTP_CALL_MAGIC);
    CHECK(call->source_is_read);
    call->source_is_read = false;
    if (piece.size >= call->source_left) {
        piece.size = (size_t)call->source_left;
        is_last = true;
    }
    if (call->source_left != HTTP_CLIENT_SIZE_UNKNOWN)
        call->source_left -= piece.size;
    call->source_is_over = status || is_last;
    if (call->start_status || call->client->closing)
        return;
    if (status) {
        end_early(call, err_add(status, "the request's body"));
        return;
    }
    buffer_bytes(&call->request_body, piece);
    if (is_last)
        call->has_news = call->arrived != NULL;
    CURLcode code = curl_easy_pause(
        call->easy, call->is_paused ? CURLPAUSE_RECV : CURLPAUSE_CONT);
    if (code)
        end_early(call, http_call_conclude(call, code));
}

struct http_call *http_client_start(struct http_client *client,
                                    const struct http_request *request,
                                    http_done *done, void *user)
{
    CHECK_MAGIC(client, CLIENT_MAGIC);
    CHECK(!client->closing && done);
    struct http_call *call = http_call_new(&client->rule, request);
    call->client = client;
    call->source_came = on_source;
    call->done = done;
    call->user = user;
    call->next = client->calls;
    if (client->calls)
        client->calls->previous = call;
    client->calls = call;
    call->start_status = http_call_set_up(call, request);
    if (call->start_status) {
        /* Reported from the loop, as all ends are. */
        snprintf(call->error, sizeof(call->error), "%s", err_text());
        uv_timer_start(&client->unstartable, on_unstartable, 0, 0);
    } else {
        CHECK(!curl_multi_add_handle(client->multi, call->easy));
    }
    return call;
}

/* libcurl may write what it had kept back from inside curl_easy_pause(), and
 * sets its timer, so the news is reported from the loop. */
void http_call_take(struct http_call *call, struct buffer *out)
{
    CHECK_MAGIC(call, HTTP_CALL_MAGIC);
    struct buffer *body = &call->response.body;
    buffer_bytes(out, buffer_view(body));
    if (call->budget) {
        budget_give(call->budget, body->size);
        call->budget_bytes -= body->size;
    }
    buffer_clear(body);
    if (!call->is_paused || call->start_status || call->client->closing)
        return;
    call->is_paused = false;
    CURLcode code = curl_easy_pause(call->easy, CURLPAUSE_CONT);
    if (code)
        end_early(call, http_call_conclude(call, code));
}

bool http_call_is_sending(const struct http_call *call)
{
    CHECK_MAGIC(call, HTTP_CALL_MAGIC);
    return call->source.read && !call->source_is_over;
}

void http_call_abort(struct http_call *call)
{
    CHECK_MAGIC(call, HTTP_CALL_MAGIC);
    if (!call->start_status && !call->client->closing)
        end_early(call, err_set(ERR_CANCELLED, "the request was aborted"));
}

void http_call_cancel(struct http_call *call)
{
    CHECK_MAGIC(call, HTTP_CALL_MAGIC);
    unlink_call(call);
    if (!call->start_status && !call->client->closing)
        curl_multi_remove_handle(call->client->multi, call->easy);
    http_call_free(call);
}

/* Report the end of the calls to their callers, then free the client. */
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

/* libcurl is ended at once. The loop reports the calls later, because the
 * caller is mostly one of their users and must not be called back from here. */
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
