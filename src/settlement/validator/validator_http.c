/*
 * The two ports: JSON-RPC over HTTP, and the server that passes sockets on to
 * PubSub.
 */
#include "settlement/validator/validator_internal.h"

#include "base/check.h"
#include "net/http_server.h"
#include "page/page_assets.h"
#include "settlement/rpc/rpc.h"
#include "settlement/rpc/rpc_intake.h"

/* One for each of two cores; docs/settlement.md has the measurements. */
#define RPC_THREADS 2
/* For each of the two servers; a connection is a descriptor and its buffers. */
#define CONNECTIONS_MAX 1024

/* How often a free pair of ports is looked for: the second port of a pair may
 * be taken. */
#define PORT_TRIES 64

/* Thread: of the server or of the intake, whichever handled the request. Takes
 * the buffer over. */
static void answer_rpc(void *exchange, struct buffer *answer)
{
    http_answer_buffer(exchange, 200, "application/json; charset=utf-8",
                       answer);
}

/* A browser that opens the address: programs do not ask for HTML. Everybody may
 * ask the endpoint, so the page needs no guard: it knows no more than they. */
static bool is_for_page(struct http_exchange *exchange)
{
    const char *accept = http_header(exchange, "Accept");

    if (!http_method_is(exchange, "GET") && !http_method_is(exchange, "HEAD"))
        return false;
    if (!strncmp(http_path(exchange), "/a/", 3))
        return true;
    return !strcmp(http_path(exchange), "/") && accept &&
           strstr(accept, "text/html");
}

/* Transactions go through the intake. Requests that only read are answered
 * here, because that costs less than a change of threads. Browsers ask OPTIONS
 * first. Every origin is allowed: a page may ask anything here, because
 * signatures, not cookies, say who signs. GET /health is Solana's, for load
 * balancers. */
static void on_rpc(void *user, struct http_exchange *exchange)
{
    struct validator *validator = user;
    struct buffer answer = {0};
    if (http_method_is(exchange, "OPTIONS")) {
        http_answer_preflight(exchange, "POST, GET");
        return;
    }
    if (is_for_page(exchange) && page_answer(exchange, PAGE_OF_CHAIN))
        return;
    http_answer_any_origin(exchange);
    if (http_method_is(exchange, "GET") &&
        !strcmp(http_path(exchange), "/health")) {
        /* Without a line's end, as Solana's: balancers compare the body. */
        buffer_text(&answer, rpc_health(validator->rpc));
        http_answer_buffer(exchange, 200, "text/plain; charset=utf-8", &answer);
        return;
    }
    if (!http_method_is(exchange, "POST")) {
        http_answer_text(exchange, 405,
                         "Used HTTP Method is not allowed. POST or OPTIONS "
                         "is required");
        return;
    }
    struct bytes body = http_body(exchange);
    /* The exchange stays open, and the body with it, until the intake has
     * answered. */
    if (rpc_intake_wants(body)) {
        rpc_intake_add(validator->intake, body, answer_rpc, exchange);
        return;
    }
    rpc_handle(validator->rpc, body, &answer);
    answer_rpc(exchange, &answer);
}

/* PubSub takes the connection over. */
static void on_pubsub(void *user, struct http_exchange *exchange)
{
    struct validator *validator = user;
    pubsub_accept(validator->pubsub, exchange);
}

unsigned validator_rpc_threads(const struct validator *validator)
{
    return validator->options.threads ? validator->options.threads
                                      : RPC_THREADS;
}

/* PubSub is at the port after RPC's, as Solana's clients assume. If that port
 * is taken, the pair is given up. One thread is enough for PubSub's server,
 * which only passes sockets on. */
static int listen_at(struct validator *validator, uint16_t port)
{
    const struct http_server_options rpc = {
        .address = validator->options.address,
        .port = port,
        .threads = validator_rpc_threads(validator),
        .connections_max = CONNECTIONS_MAX,
        .body_limit_bytes = RPC_BODY_MAX,
        .handler = on_rpc,
        .user = validator,
    };
    int status = http_server_start(&rpc, &validator->rpc_server);
    if (status)
        return status;
    /* The next port is known only now. */
    struct http_server_options pubsub = rpc;
    uint16_t bound = http_server_port(validator->rpc_server);
    pubsub.port = (uint16_t)(bound + 1);
    pubsub.threads = 1;
    pubsub.handler = on_pubsub;
    status =
        bound == UINT16_MAX
            ? err_set(
                  ERR_BUSY,
                  "there is no port after %u for PubSub; choose a lower one",
                  bound)
            : http_server_start(&pubsub, &validator->pubsub_server);
    if (status) {
        http_server_stop(validator->rpc_server);
        validator->rpc_server = NULL;
    }
    return status;
}

/* A port that the options name is tried once: no client would find another. */
int validator_listen(struct validator *validator)
{
    int status = ERR_BUSY;
    if (validator->options.rpc_port)
        return listen_at(validator, validator->options.rpc_port);
    for (int i = 0; status == ERR_BUSY && i < PORT_TRIES; i++)
        status = listen_at(validator, 0);
    return status;
}
