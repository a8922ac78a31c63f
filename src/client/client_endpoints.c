#include "client/client_endpoints.h"

#include "base/check.h"
#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/redact.h"
#include "client/client_internal.h"
#include "net/url.h"

#include <stdlib.h>
#include <string.h>

/* ---- URLs ---- */

/* PubSub is at the RPC's port + 1, as on Solana's nodes. If the RPC is at the
 * scheme's own port, a proxy serves both there. */
static char *websocket_url_of(const struct url *url)
{
    bool is_secure = !strcmp(url->scheme, "https");
    struct url at = *url;
    struct buffer text = {0};

    if (at.port != (is_secure ? 443 : 80))
        at.port++;
    buffer_text(&text, is_secure ? "wss://" : "ws://");
    url_authority(&at, &text);
    buffer_bytes(&text, url->target.size ? url->target : bytes_text("/"));
    char *copy = mem_text(buffer_string(&text));
    buffer_free(&text);
    return copy;
}

static int add(struct client_endpoints *endpoints, size_t index,
               struct bytes text)
{
    struct url url;

    if (index == ENDPOINTS_MAX)
        return err_set(ERR_LIMIT, "more than %d settlement endpoints",
                       ENDPOINTS_MAX);
    int status = url_parse(text, &url);
    if (status)
        return err_add(status, "settlement endpoint");
    char *copy = mem_format("%.*s", (int)text.size, (const char *)text.data);
    struct client_endpoint *endpoint = &endpoints->list[index];
    endpoint->shown = mem_text(REDACTED_URL(copy));
    endpoint->url = copy;
    if (strcmp(url.scheme, "http") != 0 && strcmp(url.scheme, "https") != 0)
        return err_set(ERR_INVALID,
                       "settlement endpoint %s: not an http or https URL",
                       endpoint->shown);
    endpoint->websocket_url = websocket_url_of(&url);
    return 0;
}

int client_endpoints_init(struct client_endpoints *endpoints, const char *urls)
{
    size_t count = 0;
    int status = 0;

    for (urls += strspn(urls, " "); *urls && !status;) {
        size_t size = strcspn(urls, " ");

        status = add(endpoints, count, bytes_make(urls, size));
        count++;
        urls += size + strspn(urls + size, " ");
    }
    if (!count)
        status = add(endpoints, 0, bytes_text(""));
    if (!status)
        endpoint_choice_init(&endpoints->choice, count);
    return status;
}

void client_endpoints_free(struct client_endpoints *endpoints)
{
    for (size_t i = 0; i < ENDPOINTS_MAX; i++) {
        free(endpoints->list[i].url);
        free(endpoints->list[i].websocket_url);
        free(endpoints->list[i].shown);
    }
}

/* ---- which one ---- */

bool client_endpoints_are_ready(const struct client *client)
{
    const struct client_endpoints *endpoints = &client->endpoints;

    if (endpoints->choice.count == 1 || client->is_closing)
        return true;
    return !endpoints->is_due &&
           (endpoint_choice_is_good(&endpoints->choice) || endpoints->was_over);
}

/* The choice is made by the timer: subscriptions follow it, and calls that
 * wait go on. */
void client_endpoints_lost(struct client *client, size_t index)
{
    struct client_endpoints *endpoints = &client->endpoints;

    if (endpoints->choice.count == 1 || client->is_closing)
        return;
    if (endpoints->choice.seen[index].state == ENDPOINT_GOOD)
        log_info("client", "settlement endpoint %s is away: %s",
                 endpoints->list[index].shown, err_text());
    endpoint_choice_lost(&endpoints->choice, index);
    if (index != endpoints->choice.current)
        return;
    endpoints->is_due = true;
    uv_timer_start(&endpoints->timer, endpoints->on_timer, 0, 0);
}

/* ---- for the client's owner ---- */

void client_expect_genesis(struct client *client, const char *genesis)
{
    endpoint_choice_expect(&client->endpoints.choice, genesis);
}

const char *client_url(const struct client *client)
{
    return client->endpoints.list[client->endpoints.choice.current].url;
}

const char *client_shown_url(const struct client *client)
{
    return client->endpoints.list[client->endpoints.choice.current].shown;
}

size_t client_endpoint_count(const struct client *client)
{
    return client->endpoints.choice.count;
}

struct client_endpoint_view client_endpoint_at(const struct client *client,
                                               size_t index)
{
    const struct client_endpoints *endpoints = &client->endpoints;

    CHECK(index < endpoints->choice.count);
    return (struct client_endpoint_view){
        .url = endpoints->list[index].shown,
        .state = endpoint_state_name(endpoints->choice.seen[index].state),
        .slot = endpoints->choice.seen[index].slot,
        .is_used = index == endpoints->choice.current,
    };
}
