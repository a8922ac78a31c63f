/*
 * A client's life.
 *
 * Three layers, of which each uses only the one below: client_call.c speaks
 * JSON-RPC; client_account.c, client_task.c and client_slots.c know what single
 * methods mean; client_send.c follows transactions. The forms that wait
 * (client_wait.c) are callbacks around a turn of the loop. This file opens and
 * closes them all.
 *
 * Thread: the loop's.
 */
#include "client/client_internal.h"

#include "base/check.h"
#include "base/error.h"
#include "base/map.h"
#include "base/memory.h"
#include "net/http_client.h"
#include "net/url.h"
#include <stdlib.h>

/* PubSub is at the RPC's port + 1, as on Solana's nodes. If the RPC is at the
 * scheme's own port, a proxy serves both there. */
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
    client->kpl_tasks = map_new();
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
    map_free(client->kpl_tasks);
    free(client);
    if (closed)
        closed(user);
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
        client_call_cancel_all(client);
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

/* Callbacks that act on Solana's codes use this; the text is for people. */
int client_remote_code(const struct client *client)
{
    return client->remote_code;
}
