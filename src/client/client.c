/*
 * A client's life.
 *
 * Four layers, of which each uses only those below: client_endpoints.c knows
 * which endpoint is used; client_call.c speaks JSON-RPC to it;
 * client_account.c, client_task.c and client_slots.c know what single methods
 * mean; client_send.c follows transactions, and client_look.c looks at the
 * endpoints. The forms that wait (client_wait.c) are callbacks around a turn of
 * the loop. This file opens and closes them all.
 *
 * Thread: the loop's.
 */
#include "client/client_internal.h"

#include "base/check.h"
#include "base/error.h"
#include "base/map.h"
#include "base/memory.h"
#include "net/http_client.h"
#include <stdlib.h>

/* Nothing is connected to yet, but for the first look at several endpoints:
 * that the only one is down is known from the first call. */
int client_new(uv_loop_t *loop, const char *rpc_urls, struct client **out)
{
    CHECK(loop && rpc_urls && out);
    struct client *client = mem_zero(1, sizeof(*client));
    int status = client_endpoints_init(&client->endpoints, rpc_urls);
    if (status) {
        client_endpoints_free(&client->endpoints);
        free(client);
        return status;
    }
    client->magic = CLIENT_MAGIC;
    client->loop = loop;
    client->http = http_client_new(loop, &address_rule_any);
    client->kpl_tasks = map_new();
    client_sending_init(client);
    client_look_begin(client);
    client->open_handles = 2;
    *out = client;
    return 0;
}

/* The last of the client: everything else that refers to it has ended by now.
 */
static void on_timer_closed(uv_handle_t *handle)
{
    struct client *client = handle->data;
    CHECK_MAGIC(client, CLIENT_MAGIC);
    if (--client->open_handles)
        return;
    CHECK(!client->calls && !client->slots && !client->sendings);
    void (*closed)(void *user) = client->closed;
    void *user = client->closed_user;
    client->magic = 0;
    client_endpoints_free(&client->endpoints);
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
    uv_close((uv_handle_t *)&client->endpoints.timer, on_timer_closed);
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
    uv_timer_stop(&client->endpoints.timer);
    while (client->slots)
        client_unsubscribe_slots(client->slots);
    uv_timer_start(&client->poll_timer, on_closing, 0, 0);
}

/* Callbacks that act on Solana's codes use this; the text is for people. */
int client_remote_code(const struct client *client)
{
    return client->remote_code;
}
