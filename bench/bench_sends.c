/*
 * sendTransaction over HTTP keep-alive: 64 connections, each with one signed
 * transfer under way, against a validator on all cores. Counts the transfers
 * that are answered with a signature. In the end all of them must be in the
 * chain.
 *
 *   sends              by the wall's clock, the load on the same cores
 *   sends_per_core     for each second of the server's processor time
 *   *_with_preflight   as clients send by default
 *
 * Usage: bench_sends POND
 */
#include "base/check.h"
#include "base/clock.h"
#include "chain.h"
#include "client/client.h"
#include "load.h"
#include "measure.h"
#include "server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#define CONNECTIONS 64
#define PAYERS 64
#define SENDS 20000
#define SETTLE_MS 10000 /* until all must be in a block */

struct request {
    char *text;
    size_t size;
};

struct bench {
    struct server server;
    uv_loop_t loop;
    struct client *client;
    struct keypair payers[PAYERS];
    struct hash blockhash;
    uint64_t made; /* so that no two transfers are alike */
    struct request requests[SENDS];
    int epoll;
    struct load_connection connections[CONNECTIONS];
    size_t under_way[CONNECTIONS]; /* the request's number */
    size_t sent;
    size_t answered;
};

static void fund(struct bench *bench)
{
    struct client_sent sent;
    for (int i = 0; i < PAYERS; i++) {
        keypair_generate(&bench->payers[i]);
        must(client_airdrop_wait(bench->client, &bench->payers[i].pubkey,
                                 100 * LAMPORTS_PER_KOII, &sent),
             "airdrop");
    }
}

/* A transfer to an account of its own. */
static void make(struct bench *bench, size_t number, bool skip_preflight)
{
    struct pubkey to = chain_recipient(++bench->made);
    struct request *request = &bench->requests[number];
    free(request->text);
    request->text = chain_transfer_request(&bench->payers[number % PAYERS], &to,
                                           &bench->blockhash, skip_preflight,
                                           &request->size);
}

static void make_all(struct bench *bench, bool skip_preflight)
{
    struct client_blockhash latest;
    must(client_latest_blockhash_wait(bench->client, &latest), "blockhash");
    bench->blockhash = latest.blockhash;
    for (size_t i = 0; i < SENDS; i++)
        make(bench, i, skip_preflight);
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
    CHECK(strstr(answer, "\"result\":"));
    bench->answered++;
    if (bench->sent < SENDS)
        send_one(bench, connection, bench->sent++);
}

static void send_all(struct bench *bench)
{
    struct epoll_event events[CONNECTIONS];
    bench->answered = 0;
    for (bench->sent = 0; bench->sent < CONNECTIONS; bench->sent++)
        send_one(bench, bench->sent, bench->sent);
    while (bench->answered < SENDS) {
        int count = epoll_wait(bench->epoll, events, CONNECTIONS, 1000);
        for (int i = 0; i < count; i++)
            on_answer(bench,
                      (size_t)((struct load_connection *)events[i].data.ptr -
                               bench->connections));
    }
}

/* Are all transfers of the run in the chain? Checks the one to the last
 * account, because nearly all were queued in their order. */
static void wait_for_all(struct bench *bench)
{
    uint64_t until_ms = clock_monotonic_ms() + SETTLE_MS;
    for (uint64_t k = 0; k < CONNECTIONS; k++) {
        struct pubkey to = chain_recipient(bench->made - k);
        uint64_t lamports = 0;
        while (lamports != 1000000) {
            CHECK(clock_monotonic_ms() < until_ms);
            must(client_balance_wait(bench->client, &to, &lamports), "balance");
        }
    }
}

static void measure(struct bench *bench, bool skip_preflight)
{
    const char *suffix = skip_preflight ? "" : "_with_preflight";
    char name[64];
    make_all(bench, skip_preflight);
    uint64_t begin_ns = clock_monotonic_ns();
    uint64_t begin_cpu_ns = server_cpu_ns(&bench->server);
    send_all(bench);
    uint64_t wall_ns = clock_monotonic_ns() - begin_ns;
    wait_for_all(bench);
    uint64_t cpu_ns = server_cpu_ns(&bench->server) - begin_cpu_ns;
    snprintf(name, sizeof(name), "settlement/sends%s", suffix);
    measure_plain(name, SENDS * 1e9 / (double)wall_ns, "1/s");
    snprintf(name, sizeof(name), "settlement/sends_per_core%s", suffix);
    measure_plain(name, SENDS * 1e9 / (double)cpu_ns, "1/s");
}

int main(int argc, char **argv)
{
    static struct bench bench;
    if (argc != 2) {
        fprintf(stderr, "usage: bench_sends POND\n");
        return 2;
    }
    crypto_init();
    server_start(&bench.server, argv[1], -1, 2);
    CHECK(uv_loop_init(&bench.loop) == 0);
    must(client_new(&bench.loop, bench.server.url, &bench.client), "client");
    bench.epoll = epoll_create1(0);
    CHECK(bench.epoll >= 0);
    for (size_t i = 0; i < CONNECTIONS; i++)
        load_connect(&bench.connections[i], bench.server.port, bench.epoll);
    fund(&bench);
    measure(&bench, true);
    measure(&bench, false);
    for (size_t i = 0; i < CONNECTIONS; i++)
        load_disconnect(&bench.connections[i]);
    close(bench.epoll);
    client_close(bench.client, NULL, NULL);
    uv_run(&bench.loop, UV_RUN_DEFAULT);
    uv_loop_close(&bench.loop);
    server_stop(&bench.server);
    for (size_t i = 0; i < SENDS; i++)
        free(bench.requests[i].text);
    return 0;
}
