#include "cli/network_probe.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/memory.h"
#include "base/redact.h"
#include "client/client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

/* People wait for it. */
#define LIMIT_MS 10000

/* One endpoint under way. Its client ends with the last answer. */
struct probe {
    struct probed_endpoint *endpoint;
    struct client *client;
    uint64_t begun_ms;
    bool is_over;
};

struct probing {
    struct probe probes[NETWORK_URLS_MAX];
    uv_timer_t limit;
};

static void end(struct probe *probe, int status)
{
    struct probed_endpoint *endpoint = probe->endpoint;

    endpoint->status = status;
    if (status)
        snprintf(endpoint->trouble, sizeof(endpoint->trouble), "%s",
                 status == ERR_CANCELLED ? "it does not answer" : err_text());
    probe->is_over = true;
}

static void on_slot(void *user, int status, uint64_t slot)
{
    struct probe *probe = user;

    probe->endpoint->slot = slot;
    probe->endpoint->ping_ms = clock_monotonic_ms() - probe->begun_ms;
    end(probe, status);
}

/* An endpoint that has no such method is believed, as a node believes it. */
static void on_genesis(void *user, int status, struct json_object *result)
{
    struct probe *probe = user;
    struct pubkey hash;

    if (!status &&
        (!json_object_is_type(result, json_type_string) ||
         pubkey_parse(bytes_text(json_object_get_string(result)), &hash)))
        status = err_set(ERR_INVALID, "what answers is no settlement endpoint");
    if (status &&
        (status != ERR_REMOTE || !client_remote_code(probe->client))) {
        end(probe, status);
        return;
    }
    if (!status)
        snprintf(probe->endpoint->genesis, sizeof(probe->endpoint->genesis),
                 "%s", json_object_get_string(result));
    probe->begun_ms = clock_monotonic_ms();
    client_slot(probe->client, CLIENT_PROCESSED, on_slot, probe);
}

/* The loop is run until it is not active any more. */
static void on_limit(uv_timer_t *timer)
{
}

static bool is_over(const struct probing *probing, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (probing->probes[i].client && !probing->probes[i].is_over)
            return false;
    return true;
}

static int read_urls(const char *urls, struct probed *out)
{
    while (*urls) {
        size_t size = strcspn(urls, " ");

        if (out->count == NETWORK_URLS_MAX)
            return err_set(ERR_LIMIT, "a network has %d URLs at most",
                           NETWORK_URLS_MAX);
        out->list[out->count++].url = mem_format("%.*s", (int)size, urls);
        urls += size + strspn(urls + size, " ");
    }
    return 0;
}

int network_probe(const char *urls, struct probed *out)
{
    struct probing probing = {0};
    uv_loop_t loop;
    int status;

    *out = (struct probed){0};
    status = read_urls(urls, out);
    CHECK(uv_loop_init(&loop) == 0);
    CHECK(uv_timer_init(&loop, &probing.limit) == 0);
    for (size_t i = 0; i < out->count && !status; i++) {
        struct probe *probe = &probing.probes[i];

        probe->endpoint = &out->list[i];
        status = client_new(&loop, out->list[i].url, &probe->client);
        if (!status)
            client_call(probe->client, "getGenesisHash", "[]", on_genesis,
                        probe);
    }
    uv_timer_start(&probing.limit, on_limit, LIMIT_MS, 0);
    while (!status && !is_over(&probing, out->count) &&
           uv_is_active((uv_handle_t *)&probing.limit))
        uv_run(&loop, UV_RUN_ONCE);
    uv_close((uv_handle_t *)&probing.limit, NULL);
    for (size_t i = 0; i < out->count; i++)
        if (probing.probes[i].client)
            client_close(probing.probes[i].client, NULL, NULL);
    uv_run(&loop, UV_RUN_DEFAULT);
    CHECK(uv_loop_close(&loop) == 0);
    return status;
}

void probed_free(struct probed *probed)
{
    for (size_t i = 0; i < probed->count; i++)
        free(probed->list[i].url);
    *probed = (struct probed){0};
}

const struct probed_endpoint *probed_first(const struct probed *probed)
{
    for (size_t i = 0; i < probed->count; i++)
        if (!probed->list[i].status)
            return &probed->list[i];
    return NULL;
}

int probed_agree(const struct probed *probed, const char *genesis)
{
    for (size_t i = 0; i < probed->count; i++) {
        const struct probed_endpoint *one = &probed->list[i];

        if (one->status || !*one->genesis)
            continue;
        if (!*genesis)
            genesis = one->genesis;
        if (strcmp(one->genesis, genesis) != 0)
            return err_set(ERR_STATE,
                           "%s is of another network: its genesis is %s, not "
                           "%s",
                           REDACTED_URL(one->url), one->genesis, genesis);
    }
    return 0;
}
