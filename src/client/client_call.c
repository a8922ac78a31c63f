/*
 * JSON-RPC: one HTTP request each call, over connections that the HTTP client
 * keeps open. Each call is remembered until its callback has run, so that
 * client_close() can end them all in a defined order.
 *
 * What it deliberately leaves out: batches (HTTP keeps connections open, which
 * gains as much), and repeating calls that failed (whether that is right, only
 * the caller knows; a transaction is repeated by client_send.c, where it is).
 *
 * An endpoint is not trusted: its answers have a limit in size and time, and
 * every field is checked for its type before it is used.
 *
 * Thread: the loop's.
 */
#include "client/client_internal.h"

#include "base/base64.h"
#include "base/check.h"
#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "net/http_client.h"
#include <inttypes.h>
#include <stdlib.h>

/* An answer of getProgramAccounts may be large, but not without end. */
#define ANSWER_MAX_BYTES (64u << 20)
/* Values in it (json_check_values()): the state of a task with ten thousand
 * nodes has a tenth, and as many as fit parse in a second. */
#define ANSWER_VALUES_MAX 8000000
/* Longer than any method takes at a healthy node. */
#define CALL_TIMEOUT_MS 30000

/* A call under way. It is in the client's list from client_call() to
 * finish_call(), which frees it. */
struct client_call {
    struct client *client;
    struct client_call *previous;
    struct client_call *next;
    struct http_call *http_call; /* NULL: none is under way */
    client_json_callback *callback;
    void *user;
    struct buffer body;
    size_t limit_bytes;
    uint32_t timeout_ms;
    size_t endpoint;
    unsigned tries;  /* endpoints that it went to */
    bool is_waiting; /* for an endpoint */
    bool is_pinned;  /* to this endpoint */
    bool is_once;    /* must not be made again elsewhere */
    char *failure;   /* of the last try, while it waits for another */
    int status;
};

/* The callback runs while the answer still stands, and may start other calls,
 * or free what it likes but the client. The call has left the list before. */
static void finish_call(struct client_call *call, int status,
                        struct json_object *result)
{
    CHECK(status <= 0);
    struct client *client = call->client;
    if (call->previous)
        call->previous->next = call->next;
    else
        client->calls = call->next;
    if (call->next)
        call->next->previous = call->previous;
    client->answered_by = call->endpoint;
    call->callback(call->user, status, result);
    client->remote_code = 0;
    client->remote_data = NULL;
    buffer_free(&call->body);
    free(call->failure);
    free(call);
}

void client_call_cancel_all(struct client *client)
{
    while (client->calls) {
        /* The analyzer does not follow that a finished call left the list. */
        /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc) */
        if (client->calls->http_call)
            http_call_cancel(client->calls->http_call);
        finish_call(client->calls,
                    err_set(ERR_CANCELLED, "the client was closed"), NULL);
    }
}

static const char *shown_url(const struct client_call *call)
{
    return call->client->endpoints.list[call->endpoint].shown;
}

/* Nothing was answered that another endpoint would answer in the same way. */
static bool is_silence(int status)
{
    return status == ERR_NETWORK || status == ERR_TIMEOUT ||
           status == ERR_CLOSED;
}

/* Providers refuse customers that ask too much (429), and proxies speak for
 * nodes that are gone (502 to 504), some of them in JSON. */
static bool is_overload(unsigned http_status)
{
    return http_status == 429 || (http_status >= 502 && http_status <= 504);
}

/* A look says by itself what it has seen. */
static void lose(const struct client_call *call)
{
    if (!call->is_pinned)
        client_endpoints_lost(call->client, call->endpoint);
}

/* Take the answer apart. *result is borrowed from answer. An error's code and
 * data are kept for the time of the callback, and its message becomes
 * err_text(). */
static int read_answer(struct client_call *call, struct json_object *answer,
                       struct json_object **result)
{
    struct client *client = call->client;
    const char *shown = shown_url(call);
    struct json_object *error = NULL;
    if (!json_object_is_type(answer, json_type_object))
        return err_set(ERR_INVALID, "%s does not speak JSON-RPC", shown);
    if (json_object_object_get_ex(answer, "error", &error) && error) {
        const char *message = "an error without a message";
        int64_t code = 0;
        if (json_object_is_type(error, json_type_object)) {
            json_get_text(error, "message", &message);
            json_get_i64(error, "code", &code);
            json_object_object_get_ex(error, "data", &client->remote_data);
        }
        /* JSON-RPC's codes are small: a large one can't be one of them. */
        client->remote_code =
            code >= INT32_MIN && code <= INT32_MAX ? (int)code : 0;
        return err_set(ERR_REMOTE, "%s", message);
    }
    if (!json_object_object_get_ex(answer, "result", result))
        return err_set(ERR_INVALID, "%s answered without a result", shown);
    if (!call->is_pinned)
        client->heard_ms = uv_now(client->loop);
    return 0;
}

static bool try_elsewhere(struct client_call *call, int status);
static void take_silence(struct client_call *call, int status);

/* JSON counts with any HTTP status, because nodes send errors with 200 and with
 * others. Another body is an error of the network, unless the server reported
 * success. */
static void take_answer(struct client_call *call, unsigned http_status,
                        struct bytes body)
{
    struct json_object *answer = NULL;
    struct json_object *result = NULL;
    int status = 0;
    if (json_check_values(body, ANSWER_VALUES_MAX))
        status = err_add(ERR_LIMIT, "the answer of %s", shown_url(call));
    else if (json_parse(body, &answer))
        status = err_set(http_status == 200 ? ERR_INVALID : ERR_NETWORK,
                         "%s answered with HTTP status %u and no JSON",
                         shown_url(call), http_status);
    if (!status)
        status = read_answer(call, answer, &result);
    if (is_silence(status) || is_overload(http_status))
        lose(call);
    if (!is_silence(status) || !try_elsewhere(call, status))
        finish_call(call, status, status ? NULL : result);
    json_object_put(answer);
}

static void on_http_done(void *user, int status, struct http_response *response)
{
    struct client_call *call = user;
    CHECK_MAGIC(call->client, CLIENT_MAGIC);
    call->client->remote_code = 0;
    call->http_call = NULL;
    if (status)
        take_silence(call, status);
    else
        take_answer(call, response->status, buffer_view(&response->body));
}

void client_call_answer(struct client *client, unsigned http_status,
                        struct bytes body)
{
    CHECK(client->calls);
    http_call_cancel(client->calls->http_call);
    client->calls->http_call = NULL;
    take_answer(client->calls, http_status, body);
}

/* ---- Sending ---- */

static void start(struct client_call *call)
{
    static const char *const headers[] = {"Content-Type: application/json",
                                          NULL};
    struct client *client = call->client;
    if (!call->is_pinned)
        call->endpoint = client->endpoints.choice.current;
    const struct http_request request = {
        .url = client->endpoints.list[call->endpoint].url,
        .has_key = true,
        .method = "POST",
        .headers = headers,
        .body = buffer_view(&call->body),
        .limit_bytes = call->limit_bytes,
        .timeout_ms = call->timeout_ms,
    };
    call->tries++;
    call->is_waiting = false;
    call->http_call =
        http_client_start(client->http, &request, on_http_done, call);
}

/* The endpoints' order is that of the choice, so a call that was lost at one
 * goes to another only once the choice has moved. */
static bool can_move(const struct client_call *call)
{
    const struct client_endpoints *endpoints = &call->client->endpoints;
    return !call->is_pinned && !call->is_once && !call->client->is_closing &&
           call->tries < endpoints->choice.count;
}

/* True if the call goes on, now or when the others have been looked at. */
static bool try_elsewhere(struct client_call *call, int status)
{
    struct client *client = call->client;
    size_t current = client->endpoints.choice.current;
    if (!can_move(call))
        return false;
    if (client_endpoints_are_ready(client)) {
        if (current == call->endpoint)
            return false;
        start(call);
        return true;
    }
    free(call->failure);
    call->failure = mem_text(err_text());
    call->status = status;
    call->is_waiting = true;
    return true;
}

static void take_silence(struct client_call *call, int status)
{
    if (is_silence(status))
        lose(call);
    if (!is_silence(status) || !try_elsewhere(call, status))
        finish_call(call, status, NULL);
}

static struct client_call *find_waiting(struct client *client)
{
    struct client_call *at = client->calls;
    while (at && !at->is_waiting)
        at = at->next;
    return at;
}

/* A callback may begin calls; those go out at once, because an endpoint is
 * there or the round is over. */
void client_call_release(struct client *client)
{
    struct client_call *call;
    while (client_endpoints_are_ready(client) &&
           (call = find_waiting(client))) {
        if (!call->failure ||
            call->endpoint != client->endpoints.choice.current)
            start(call);
        else
            finish_call(call, err_set(call->status, "%s", call->failure), NULL);
    }
}

static struct client_call *call_new(struct client *client, const char *method,
                                    const char *params,
                                    client_json_callback *callback, void *user)
{
    CHECK_MAGIC(client, CLIENT_MAGIC);
    CHECK(method && callback);
    struct client_call *call = mem_zero(1, sizeof(*call));
    call->client = client;
    call->callback = callback;
    call->user = user;
    call->limit_bytes = ANSWER_MAX_BYTES;
    call->timeout_ms = CALL_TIMEOUT_MS;
    /* A transaction is sent again by client_send.c, which knows that the first
     * try may have arrived; each airdrop is another. */
    call->is_once =
        !strcmp(method, "sendTransaction") || !strcmp(method, "requestAirdrop");
    call->next = client->calls;
    if (call->next)
        call->next->previous = call;
    client->calls = call;
    buffer_format(&call->body,
                  "{\"jsonrpc\":\"2.0\",\"id\":%" PRIu64
                  ",\"method\":\"%s\",\"params\":%s}",
                  ++client->next_id, method, params ? params : "[]");
    return call;
}

/* params is JSON text and goes into the body as it is; method is one of the
 * names in this folder, and so needs no escaping. */
void client_call(struct client *client, const char *method, const char *params,
                 client_json_callback *callback, void *user)
{
    client_call_within(client, ANSWER_MAX_BYTES, method, params, callback,
                       user);
}

void client_call_within(struct client *client, size_t limit_bytes,
                        const char *method, const char *params,
                        client_json_callback *callback, void *user)
{
    struct client_call *call = call_new(client, method, params, callback, user);
    call->limit_bytes = limit_bytes;
    call->is_waiting = !client_endpoints_are_ready(client);
    if (!call->is_waiting)
        start(call);
}

void client_call_at(struct client *client, size_t endpoint, uint32_t timeout_ms,
                    const char *method, const char *params,
                    client_json_callback *callback, void *user)
{
    struct client_call *call = call_new(client, method, params, callback, user);
    call->endpoint = endpoint;
    call->timeout_ms = timeout_ms;
    call->is_pinned = true;
    start(call);
}

/* A writer needs its buffer to stay where it is: the struct must not be copied
 * from here on. */
void client_params_open(struct client_params *params)
{
    *params = (struct client_params){0};
    params->writer = json_writer_make(&params->text);
    json_open_array(&params->writer);
}

void client_params_key(struct client_params *params, const struct pubkey *key)
{
    json_write_text(&params->writer, PUBKEY_TEXT(key));
}

/* Whatever happens, the parameters' memory is gone afterwards. */
void client_call_params(struct client *client, const char *method,
                        struct client_params *params,
                        client_json_callback *callback, void *user)
{
    json_close_array(&params->writer);
    client_call(client, method, buffer_string(&params->text), callback, user);
    buffer_free(&params->text);
}

/* value is borrowed from result. */
int client_context_value(struct json_object *result, uint64_t *slot,
                         struct json_object **value)
{
    struct json_object *context;
    uint64_t at;
    if (!json_object_is_type(result, json_type_object) ||
        !json_object_object_get_ex(result, "value", value))
        return err_set(ERR_INVALID, "the endpoint's answer has no value");
    int status = json_get_object(result, "context", &context);
    if (!status)
        status = json_get_u64(context, "slot", slot ? slot : &at);
    return status;
}

/* Only base64 is accepted, because the client asks for it. */
int client_base64_data(struct json_object *data, struct buffer *out)
{
    if (!json_object_is_type(data, json_type_array) ||
        json_object_array_length(data) != 2)
        return err_set(ERR_INVALID, "account data is not [text, encoding]");
    struct json_object *text = json_object_array_get_idx(data, 0);
    struct json_object *encoding = json_object_array_get_idx(data, 1);
    if (!json_object_is_type(text, json_type_string) ||
        !json_object_is_type(encoding, json_type_string) ||
        strcmp(json_object_get_string(encoding), "base64"))
        return err_set(ERR_INVALID, "account data is not in base64");
    return base64_decode(bytes_make(json_object_get_string(text),
                                    (size_t)json_object_get_string_len(text)),
                         out);
}
