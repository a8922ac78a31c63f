/*
 * The client's calls: one HTTP request each, over connections that the HTTP
 * client keeps open. Each call is remembered until its callback has run, so
 * that client_close() can end them all in a defined order.
 *
 * Three layers, of which each uses only the one below: client_call() speaks
 * JSON-RPC; client_account.c, client_task.c and client_slots.c know what single
 * methods mean; client_send.c follows transactions. The forms that wait
 * (client_wait.c) are callbacks around a turn of the loop.
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
#include "base/memory.h"
#include "net/http_client.h"
#include "net/url.h"
#include <inttypes.h>
#include <stdlib.h>

/* An answer of getProgramAccounts may be large, but not without end. */
#define ANSWER_MAX_BYTES (64u << 20)
/* Longer than any method takes at a healthy node. */
#define CALL_TIMEOUT_MS 30000

/* A call under way. It is in the client's list from client_call() to
 * finish_call(), which frees it. */
struct client_call {
    struct client *client;
    struct client_call *previous;
    struct client_call *next;
    struct http_call *http_call;
    client_json_callback *callback;
    void *user;
};

/* PubSub is at the RPC's port + 1, as on Solana's nodes; behind a proxy on the
 * scheme's own port it is at the same. */
static char *websocket_url_of(const struct url *url)
{
    bool is_secure = !strcmp(url->scheme, "https");
    struct url at = *url;
    if (at.port != (is_secure ? 443 : 80))
        at.port++;
    struct buffer text = {0};
    buffer_text(&text, is_secure ? "wss://" : "ws://");
    url_authority(&at, &text);
    buffer_bytes(&text, url->target.size ? url->target : bytes_text("/"));
    char *copy = mem_text(buffer_string(&text));
    buffer_free(&text);
    return copy;
}

/* Nothing is connected to yet: that an endpoint is down is known from the first
 * call. Only http and https are taken. */
int client_new(uv_loop_t *loop, const char *rpc_url, struct client **out)
{
    CHECK(loop && rpc_url && out);
    struct url url;
    int status = url_parse(bytes_text(rpc_url), &url);
    if (status)
        return err_add(status, "settlement endpoint");
    if (strcmp(url.scheme, "http") && strcmp(url.scheme, "https"))
        return err_set(ERR_INVALID,
                       "settlement endpoint %s: not an http or https URL",
                       rpc_url);
    struct client *client = mem_zero(1, sizeof(*client));
    client->magic = CLIENT_MAGIC;
    client->loop = loop;
    client->rpc_url = mem_text(rpc_url);
    client->websocket_url = websocket_url_of(&url);
    client->http = http_client_new(loop, &address_rule_any);
    client_sending_init(client);
    *out = client;
    return 0;
}

/* The last of the client: everything else that refers to it has ended by now.
 */
static void on_timer_closed(uv_handle_t *handle)
{
    struct client *client = handle->data;
    CHECK_MAGIC(client, CLIENT_MAGIC);
    CHECK(!client->calls && !client->slots && !client->sendings);
    void (*closed)(void *user) = client->closed;
    void *user = client->closed_user;
    client->magic = 0;
    free(client->rpc_url);
    free(client->websocket_url);
    free(client);
    if (closed)
        closed(user);
}

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
    call->callback(call->user, status, result);
    client->remote_code = 0;
    client->remote_data = NULL;
    free(call);
}

/* Transactions first, because their callbacks may still be handed their
 * signature; then the calls. A callback may begin another call, which is then
 * in the list and ends with the others. */
static void on_closing(uv_timer_t *timer)
{
    struct client *client = timer->data;
    CHECK_MAGIC(client, CLIENT_MAGIC);
    while (client->calls || client->sendings) {
        client_sending_cancel_all(client);
        if (!client->calls)
            continue;
        /* The analyzer does not follow that a finished call left the list. */
        /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc) */
        http_call_cancel(client->calls->http_call);
        finish_call(client->calls,
                    err_set(ERR_CANCELLED, "the client was closed"), NULL);
    }
    http_client_close(client->http);
    uv_close((uv_handle_t *)&client->poll_timer, on_timer_closed);
}

/* Subscriptions end here: nothing is due to them. */
void client_close(struct client *client, void (*closed)(void *user), void *user)
{
    if (!client)
        return;
    CHECK_MAGIC(client, CLIENT_MAGIC);
    CHECK(!client->is_closing);
    client->is_closing = true;
    client->closed = closed;
    client->closed_user = user;
    while (client->slots)
        client_unsubscribe_slots(client->slots);
    uv_timer_start(&client->poll_timer, on_closing, 0, 0);
}

const char *client_url(const struct client *client)
{
    return client->rpc_url;
}

/* For callbacks that act on Solana's codes; text is for people. */
int client_remote_code(const struct client *client)
{
    return client->remote_code;
}

/* Take the answer apart. *result is borrowed from answer. An error's code and
 * data are kept for the time of the callback, and its message becomes
 * err_text(). */
static int read_answer(struct client *client, struct json_object *answer,
                       struct json_object **result)
{
    struct json_object *error = NULL;
    if (!json_object_is_type(answer, json_type_object))
        return err_set(ERR_INVALID, "%s does not speak JSON-RPC",
                       client->rpc_url);
    if (json_object_object_get_ex(answer, "error", &error) && error) {
        const char *message = "an error without a message";
        int64_t code = 0;
        if (json_object_is_type(error, json_type_object)) {
            json_get_text(error, "message", &message);
            json_get_i64(error, "code", &code);
            json_object_object_get_ex(error, "data", &client->remote_data);
        }
        client->remote_code = (int)code;
        return err_set(ERR_REMOTE, "%s", message);
    }
    if (!json_object_object_get_ex(answer, "result", result))
        return err_set(ERR_INVALID, "%s answered without a result",
                       client->rpc_url);
    client->heard_ms = uv_now(client->loop);
    return 0;
}

/* JSON counts whatever the HTTP status is: nodes send errors with 200 as well
 * as with others. What is no JSON is an error of the network, unless the server
 * said that all was well. */
static void on_http_done(void *user, int status, struct http_response *response)
{
    struct client_call *call = user;
    struct client *client = call->client;
    struct json_object *answer = NULL;
    struct json_object *result = NULL;
    CHECK_MAGIC(client, CLIENT_MAGIC);
    client->remote_code = 0;
    if (!status && json_parse(buffer_view(&response->body), &answer))
        status = err_set(response->status == 200 ? ERR_INVALID : ERR_NETWORK,
                         "%s answered with HTTP status %u and no JSON",
                         client->rpc_url, response->status);
    if (!status)
        status = read_answer(client, answer, &result);
    finish_call(call, status, status ? NULL : result);
    json_object_put(answer);
}

/* params is JSON text and goes into the body as it is; method is one of the
 * names in this folder, and so needs no escaping. */
void client_call(struct client *client, const char *method, const char *params,
                 client_json_callback *callback, void *user)
{
    CHECK_MAGIC(client, CLIENT_MAGIC);
    CHECK(method && callback);
    struct client_call *call = mem_zero(1, sizeof(*call));
    call->client = client;
    call->callback = callback;
    call->user = user;
    call->next = client->calls;
    if (call->next)
        call->next->previous = call;
    client->calls = call;

    struct buffer body = {0};
    buffer_format(&body,
                  "{\"jsonrpc\":\"2.0\",\"id\":%" PRIu64
                  ",\"method\":\"%s\",\"params\":%s}",
                  ++client->next_id, method, params ? params : "[]");
    static const char *const headers[] = {"Content-Type: application/json",
                                          NULL};
    const struct http_request request = {
        .url = client->rpc_url,
        .method = "POST",
        .headers = headers,
        .body = buffer_view(&body),
        .limit_bytes = ANSWER_MAX_BYTES,
        .timeout_ms = CALL_TIMEOUT_MS,
    };
    call->http_call =
        http_client_start(client->http, &request, on_http_done, call);
    buffer_free(&body);
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

/* Only base64, which is what this client asks for. */
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
