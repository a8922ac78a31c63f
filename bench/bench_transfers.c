/*
 * Signed transfers sent to endpoints as fast as they take them, over HTTP
 * keep-alive, and how fast they become final. For bench_four.py, which compares
 * networks by it.
 *
 * Usage: bench_transfers PAYER.json COUNT URL…
 * Prints the transfers that became final in a second.
 */
#include "base/check.h"
#include "base/clock.h"
#include "base/memory.h"
#include "chain.h"
#include "client/client.h"
#include "crypto/keyfile.h"
#include "load.h"
#include "measure.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#define CONNECTIONS 32 /* spread over the endpoints */
#define ENDPOINTS_MAX_HERE 16
#define SETTLE_MS 60000 /* until all must be final */
#define LOOK_MS 20

struct request {
    char *text;
    size_t size;
};

struct bench {
    uv_loop_t loop;
    struct client *client; /* of the first endpoint */
    struct keypair payer;
    struct hash blockhash;
    struct request *requests;
    size_t count;
    int epoll;
    struct load_connection connections[CONNECTIONS];
    size_t under_way[CONNECTIONS]; /* the request's number */
    size_t sent, answered;
};

static void make(struct bench *bench, size_t number)
{
    struct pubkey to = chain_recipient(number + 1);
    bench->requests[number].text =
        chain_transfer_request(&bench->payer, &to, &bench->blockhash, true,
                               &bench->requests[number].size);
}

static void make_all(struct bench *bench)
{
    struct client_blockhash latest;
    must(client_latest_blockhash_wait(bench->client, &latest), "blockhash");
    bench->blockhash = latest.blockhash;
    bench->requests = mem_zero(bench->count, sizeof(*bench->requests));
    for (size_t i = 0; i < bench->count; i++)
        make(bench, i);
}

static void send_one(struct bench *bench, size_t connection, size_t number)
{
    bench->under_way[connection] = number;
    load_send(&bench->connections[connection], bench->requests[number].text,
              bench->requests[number].size);
}

/* If the mempool is full, the same transfer is sent again. */
static void on_answer(struct bench *bench, size_t connection)
{
    const char *answer = bench->connections[connection].answer;
    if (!load_receive(&bench->connections[connection]))
        return;
    if (strstr(answer, "\"code\":-32005")) {
        send_one(bench, connection, bench->under_way[connection]);
        return;
    }
    if (!strstr(answer, "\"result\":")) {
        fprintf(stderr, "sendTransaction: %s\n", answer);
        exit(1);
    }
    bench->answered++;
    if (bench->sent < bench->count)
        send_one(bench, connection, bench->sent++);
}

static void turn(struct bench *bench)
{
    struct epoll_event events[CONNECTIONS];
    int count = epoll_wait(bench->epoll, events, CONNECTIONS, LOOK_MS);
    for (int i = 0; i < count; i++)
        on_answer(bench, (size_t)((struct load_connection *)events[i].data.ptr -
                                  bench->connections));
}

static uint64_t final_count(struct bench *bench)
{
    struct json_object *result = NULL;
    must(client_call_wait(bench->client, "getTransactionCount",
                          "[{\"commitment\":\"finalized\"}]", &result),
         "getTransactionCount");
    uint64_t count = json_object_get_uint64(result);
    json_object_put(result);
    return count;
}

/* Counted from the first look at which some were final to the one at which all
 * were, so that neither the first slot's wait nor the making of requests
 * counts. */
static double run(struct bench *bench)
{
    uint64_t before = final_count(bench), first = 0, first_ns = 0, now = 0;
    uint64_t end_ms = clock_monotonic_ms() + SETTLE_MS, look_ms = 0;
    size_t begin = bench->count < CONNECTIONS ? bench->count : CONNECTIONS;
    for (bench->sent = 0; bench->sent < begin; bench->sent++)
        send_one(bench, bench->sent, bench->sent);
    while (now < bench->count) {
        turn(bench);
        if (clock_monotonic_ms() < look_ms)
            continue;
        look_ms = clock_monotonic_ms() + LOOK_MS;
        now = final_count(bench) - before;
        if (now && !first) {
            first = now;
            first_ns = clock_monotonic_ns();
        }
        if (clock_monotonic_ms() > end_ms) {
            fprintf(stderr, "%" PRIu64 " of %zu became final, %zu were taken\n",
                    now, bench->count, bench->answered);
            exit(1);
        }
    }
    return (double)(now - first) * 1e9 /
           (double)(clock_monotonic_ns() - first_ns);
}

int main(int argc, char **argv)
{
    static struct bench bench;
    if (argc < 4 || argc - 3 > ENDPOINTS_MAX_HERE) {
        fprintf(stderr, "usage: bench_transfers PAYER.json COUNT URL...\n");
        return 2;
    }
    crypto_init();
    must(keyfile_read(argv[1], &bench.payer), "the payer's key");
    bench.count = strtoul(argv[2], NULL, 10);
    CHECK(uv_loop_init(&bench.loop) == 0);
    must(client_new(&bench.loop, argv[3], &bench.client), "client");
    bench.epoll = epoll_create1(0);
    CHECK(bench.epoll >= 0);
    for (int i = 0; i < CONNECTIONS; i++) {
        const char *url = argv[3 + i % (argc - 3)];
        load_connect(&bench.connections[i],
                     (uint16_t)atoi(strrchr(url, ':') + 1), bench.epoll);
    }
    make_all(&bench);
    printf("%.0f\n", run(&bench));
    for (int i = 0; i < CONNECTIONS; i++)
        load_disconnect(&bench.connections[i]);
    close(bench.epoll);
    client_close(bench.client, NULL, NULL);
    uv_run(&bench.loop, UV_RUN_DEFAULT);
    uv_loop_close(&bench.loop);
    for (size_t i = 0; i < bench.count; i++)
        free(bench.requests[i].text);
    free(bench.requests);
    return 0;
}
