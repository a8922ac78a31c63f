/*
 * Looks at several endpoints. A look is two questions: which network, and which
 * slot. All are looked at in one round, every LOOK_MS; more often while the one
 * in use is not good, and at once when it is lost.
 *
 * Calls wait while the first round has not found an endpoint to use, and while
 * the one in use is lost and the others are looked at. A call that nobody
 * answers waits no longer than a look may take.
 */
#include "base/check.h"
#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "client/client_internal.h"

#include <stdio.h>
#include <stdlib.h>

/* Two small questions to each endpoint: less than a node asks anyway. */
#define LOOK_MS 5000
/* While the endpoint in use is not good. */
#define LOOK_SOON_MS 1000
/* Longer than a healthy endpoint takes, shorter than people wait. */
#define LOOK_TIMEOUT_MS 5000

struct look {
    struct client *client;
    size_t index;
    char genesis[ENDPOINT_GENESIS_SIZE];
};

static void look_later(struct client *client)
{
    struct client_endpoints *endpoints = &client->endpoints;

    uv_timer_start(&endpoints->timer, endpoints->on_timer,
                   endpoint_choice_is_good(&endpoints->choice) ? LOOK_MS
                                                               : LOOK_SOON_MS,
                   0);
}

/* What has been learned counts at once: nobody waits for a silent endpoint
 * while a better one is known. */
static void decide(struct client *client)
{
    struct client_endpoints *endpoints = &client->endpoints;
    struct endpoint_choice *choice = &endpoints->choice;
    size_t before = choice->current;

    if (endpoint_choice_decide(choice, endpoints->was_over,
                               uv_now(client->loop))) {
        log_info("client", "settlement: %s instead of %s, which is %s",
                 endpoints->list[choice->current].shown,
                 endpoints->list[before].shown,
                 choice->seen[before].state == ENDPOINT_GOOD
                     ? "the next best"
                     : endpoint_state_name(choice->seen[before].state));
        client_slots_follow(client);
    }
    if (client_endpoints_are_ready(client))
        client_call_release(client);
}

static void end_look(struct look *look)
{
    struct client *client = look->client;
    struct client_endpoints *endpoints = &client->endpoints;

    CHECK(endpoints->looking > 0);
    endpoints->list[look->index].is_looked_at = false;
    free(look);
    if (client->is_closing) {
        endpoints->looking--;
        return;
    }
    if (--endpoints->looking == 0) {
        endpoints->was_over = true;
        endpoints->is_due = false;
        endpoints->over_ms = uv_now(client->loop);
        look_later(client);
    }
    decide(client);
}

static void on_slot(void *user, int status, struct json_object *result)
{
    struct look *look = user;
    struct client *client = look->client;
    struct endpoint_choice *choice = &client->endpoints.choice;
    enum endpoint_state before = choice->seen[look->index].state;
    uint64_t slot;

    if (client->is_closing) {
        end_look(look);
        return;
    }
    if (status || !json_is_u64(result, &slot))
        endpoint_choice_lost(choice, look->index);
    else
        endpoint_choice_saw(choice, look->index, look->genesis, slot,
                            uv_now(client->loop));
    enum endpoint_state now = choice->seen[look->index].state;
    if (now != before)
        log_info("client", "settlement endpoint %s is %s%s",
                 client->endpoints.list[look->index].shown,
                 endpoint_state_name(now),
                 now == ENDPOINT_OTHER ? ": it is of another network" : "");
    end_look(look);
}

/* An endpoint that has no such method is believed, as a node believes it. */
static void on_genesis(void *user, int status, struct json_object *result)
{
    struct look *look = user;
    struct pubkey hash;

    if (!status && json_object_is_type(result, json_type_string) &&
        pubkey_parse(bytes_text(json_object_get_string(result)), &hash) == 0)
        snprintf(look->genesis, sizeof(look->genesis), "%s",
                 json_object_get_string(result));
    else if (!status)
        status = ERR_INVALID;
    if (status && status != ERR_REMOTE) {
        on_slot(look, status, NULL);
        return;
    }
    client_call_at(look->client, look->index, LOOK_TIMEOUT_MS, "getSlot",
                   "[{\"commitment\":\"processed\"}]", on_slot, look);
}

static void begin_look(struct client *client, size_t index)
{
    struct client_endpoint *endpoint = &client->endpoints.list[index];
    struct look *look;

    if (endpoint->is_looked_at)
        return;
    endpoint->is_looked_at = true;
    client->endpoints.looking++;
    look = mem_zero(1, sizeof(*look));
    look->client = client;
    look->index = index;
    client_call_at(client, index, LOOK_TIMEOUT_MS, "getGenesisHash", "[]",
                   on_genesis, look);
}

static void begin_round(struct client *client)
{
    client->endpoints.was_over = false;
    for (size_t i = 0; i < client->endpoints.choice.count; i++)
        begin_look(client, i);
}

/* What was seen a moment ago need not be looked at again: where nobody answers,
 * a round follows from look_later(). */
static void on_timer(uv_timer_t *timer)
{
    struct client *client = timer->data;
    struct client_endpoints *endpoints = &client->endpoints;

    endpoints->is_due = false;
    if (!endpoints->was_over ||
        uv_now(client->loop) >= endpoints->over_ms + LOOK_SOON_MS)
        begin_round(client);
    else
        look_later(client);
    decide(client);
}

void client_look_begin(struct client *client)
{
    CHECK(uv_timer_init(client->loop, &client->endpoints.timer) == 0);
    client->endpoints.timer.data = client;
    client->endpoints.on_timer = on_timer;
    if (client->endpoints.choice.count > 1)
        begin_round(client);
}
