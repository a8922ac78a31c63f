#include "node/task/koii_network.h"

#include "base/check.h"
#include "base/memory.h"
#include "client/client.h"
#include "net/proxy.h"
#include "net/url.h"
#include "node/reach/koii_hosts.h"

#include <stdio.h>
#include <stdlib.h>

/* The endpoint of a private network is on the machine's own loopback, which the
 * process has not: it gets this name instead. The domain is reserved for
 * private use (ICANN, 2024). */
#define ENDPOINT_NAME "k2.pond.internal"

/* Lines about refused connections in the task's log, for each process. */
#define REFUSALS_MAX 200

struct koii_network {
    struct proxy *proxy;
    /* And the endpoint under its own name, with the port of its PubSub. */
    struct proxy_host hosts[KOII_STORAGE_HOSTS + KOII_ENDPOINT_HOSTS + 2];
    size_t host_count;
    char *endpoint_host;
    char *rpc_url;
    char *hosts_text; /* those that bundles ask by TLS */
    const char *environment[2];
    struct task_log *log;
    unsigned refusals;
};

static void on_refused(void *user, const char *host, uint16_t port,
                       enum proxy_answer answer)
{
    struct koii_network *network = user;
    char *text;

    if (!network->log || network->refusals == REFUSALS_MAX)
        return;
    network->refusals++;
    text = port ? mem_format("connection to %.200s port %u: %s", host, port,
                             proxy_answer_text(answer))
                : mem_format("records of %.200s: %s", host,
                             proxy_answer_text(answer));
    task_log_line(network->log, LOG_WARN, text);
    free(text);
}

static void add_host(struct koii_network *network, const char *name,
                     uint16_t port, const char *to_host, uint16_t to_port)
{
    CHECK(network->host_count <
          sizeof(network->hosts) / sizeof(network->hosts[0]));
    network->hosts[network->host_count++] = (struct proxy_host){
        .name = name, .port = port, .to_host = to_host, .to_port = to_port};
}

static bool is_of_this_machine(const char *host)
{
    return !strncmp(host, "127.", 4) || !strcmp(host, "localhost") ||
           !strcmp(host, "::1");
}

/* PubSub is at the next port, as Solana's clients expect. */
static void add_endpoint(struct koii_network *network, const char *text)
{
    struct buffer rpc = {0};
    struct url url;

    network->rpc_url = mem_text(text);
    if (url_parse(bytes_text(text), &url) < 0 ||
        strcmp(url.scheme, "http") != 0)
        return;
    network->endpoint_host = mem_text(url.host);
    for (size_t i = 0; i < KOII_ENDPOINT_HOSTS; i++)
        add_host(network, koii_endpoint_hosts[i], 0, network->endpoint_host,
                 url.port);
    if (!is_of_this_machine(url.host))
        return;
    add_host(network, ENDPOINT_NAME, url.port, network->endpoint_host,
             url.port);
    add_host(network, ENDPOINT_NAME, (uint16_t)(url.port + 1),
             network->endpoint_host, (uint16_t)(url.port + 1));
    buffer_format(&rpc, "http://" ENDPOINT_NAME ":%u", url.port);
    buffer_bytes(&rpc, url.target);
    free(network->rpc_url);
    network->rpc_url = mem_text(buffer_string(&rpc));
    buffer_free(&rpc);
}

/* All but the name of our own, which no bundle asks by TLS. */
static void write_hosts(struct koii_network *network)
{
    struct buffer text = {0};

    buffer_text(&text, "POND_HOSTS=");
    for (size_t i = 0; i < network->host_count; i++)
        if (strcmp(network->hosts[i].name, ENDPOINT_NAME) != 0)
            buffer_format(&text, "%s%s", i ? "," : "", network->hosts[i].name);
    network->hosts_text = mem_text(buffer_string(&text));
    network->environment[0] = network->hosts_text;
    buffer_free(&text);
}

struct koii_network *koii_network_new(const struct node_parts *parts,
                                      const struct address_rule *rule,
                                      struct task_log *log)
{
    struct koii_network *network = mem_zero(1, sizeof(*network));

    network->log = log;
    for (size_t i = 0; i < KOII_STORAGE_HOSTS; i++)
        add_host(network, koii_storage_hosts[i], 0, "127.0.0.1",
                 parts->inside_port);
    add_endpoint(network, client_url(parts->client));
    write_hosts(network);
    network->proxy = proxy_new(
        parts->loop, &(struct proxy_options){.rule = rule,
                                             .hosts = network->hosts,
                                             .host_count = network->host_count,
                                             .refused = on_refused,
                                             .user = network});
    return network;
}

void koii_network_listen(struct koii_network *network, int lines, int http)
{
    proxy_listen(network->proxy, PROXY_LINES, lines);
    proxy_listen(network->proxy, PROXY_HTTP, http);
}

const char *koii_network_rpc_url(const struct koii_network *network)
{
    return network->rpc_url;
}

const char *const *koii_network_environment(const struct koii_network *network)
{
    return network->environment;
}

void koii_network_free(struct koii_network *network)
{
    if (!network)
        return;
    proxy_free(network->proxy);
    free(network->endpoint_host);
    free(network->rpc_url);
    free(network->hosts_text);
    free(network);
}
