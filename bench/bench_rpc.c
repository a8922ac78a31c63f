/*
 * getAccountInfo over HTTP keep-alive: 64 connections, each with one request
 * under way, against a validator with one core and one thread that answers;
 * the load comes from another core.
 *
 *   account_reads_per_core    requests for each second of the server's
 *                             processor time, including other work
 *   account_reads             by the wall's clock
 *   account_reads_p99         from a request's last byte to its answer's
 *
 * and the same while every block holds airdrops.
 *
 * Usage: bench_rpc POND
 */
#include "base/check.h"
#include "base/clock.h"
#include "base/memory.h"
#include "load.h"
#include "measure.h"
#include "server.h"
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#define CONNECTIONS 64
#define REQUESTS 20000
#define ROUNDS 5 /* without and with blocks in turns; the medians count */
#define WARM_UP 2000
#define SERVER_CPU 0
#define CLIENT_CPU 1
#define RATE_AIM 30000
#define P99_AIM_MS 3
/* "Not slower", as far as one run can show. */
#define LOADED_AIM 0.95

/* About twenty airdrops in a block of 100 ms. */
#define AIRDROP_EVERY_NS 5000000

struct load {
    int epoll;
    char request[LOAD_REQUEST_MAX];
    size_t request_size;
    struct load_connection connections[CONNECTIONS];
    struct load_connection airdrops; /* one more, for airdrops */
    size_t sent;
    size_t answered;
    double *latencies_ms;
};

static void send_airdrop(struct load *load)
{
    static uint64_t number;
    char request[LOAD_REQUEST_MAX], params[96];
    /* All go to the same account, because they need only fill blocks. The
     * amounts differ, so no two transactions are alike. */
    snprintf(params, sizeof(params),
             "\"Vote111111111111111111111111111111111111111\",%u",
             (unsigned)(10000000 + number++));
    load_send(&load->airdrops, request,
              load_request(request, "requestAirdrop", params));
}

static void on_answer(struct load *load, struct load_connection *connection,
                      size_t requests)
{
    if (!load_receive(connection))
        return;
    CHECK(strstr(connection->answer, "\"result\":"));
    if (connection == &load->airdrops)
        return;
    load->latencies_ms[load->answered++] =
        (double)(clock_monotonic_ns() - connection->sent_ns) / 1e6;
    if (load->sent == requests)
        return;
    load->sent++;
    load_send(connection, load->request, load->request_size);
}

static void run(struct load *load, size_t requests, bool with_airdrops)
{
    struct epoll_event events[CONNECTIONS + 1];
    uint64_t airdrop_due_ns = 0;
    load->sent = load->answered = 0;
    for (size_t i = 0; i < CONNECTIONS; i++, load->sent++)
        load_send(&load->connections[i], load->request, load->request_size);
    while (load->answered < requests) {
        uint64_t now_ns = clock_monotonic_ns();
        if (with_airdrops && now_ns >= airdrop_due_ns) {
            send_airdrop(load);
            airdrop_due_ns = now_ns + AIRDROP_EVERY_NS;
        }
        int count = epoll_wait(load->epoll, events, CONNECTIONS + 1, 5);
        for (int i = 0; i < count; i++)
            on_answer(load, events[i].data.ptr, requests);
    }
}

struct result {
    double per_second;
    double per_cpu_second;
    double p99_ms;
};

static int compare(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

static struct result measure(struct load *load, const struct server *server,
                             bool with_airdrops)
{
    run(load, WARM_UP, with_airdrops);
    uint64_t begin_ns = clock_monotonic_ns();
    uint64_t begin_cpu_ns = server_cpu_ns(server);
    run(load, REQUESTS, with_airdrops);
    uint64_t cpu_ns = server_cpu_ns(server) - begin_cpu_ns;
    uint64_t wall_ns = clock_monotonic_ns() - begin_ns;
    qsort(load->latencies_ms, REQUESTS, sizeof(double), compare);
    return (struct result){.per_second = REQUESTS * 1e9 / (double)wall_ns,
                           .per_cpu_second = REQUESTS * 1e9 / (double)cpu_ns,
                           .p99_ms = load->latencies_ms[REQUESTS / 100 * 99]};
}

static void report(const char *suffix, const struct result *result)
{
    char name[64];
    snprintf(name, sizeof(name), "settlement/account_reads_per_core%s", suffix);
    measure_at_least(name, result->per_cpu_second, "1/s", RATE_AIM);
    snprintf(name, sizeof(name), "settlement/account_reads%s", suffix);
    measure_at_least(name, result->per_second, "1/s", RATE_AIM);
    snprintf(name, sizeof(name), "settlement/account_reads_p99%s", suffix);
    measure_at_most(name, result->p99_ms, "ms", P99_AIM_MS);
}

static struct result median(const struct result results[ROUNDS])
{
    double per_second[ROUNDS], per_cpu_second[ROUNDS], p99_ms[ROUNDS];
    for (int i = 0; i < ROUNDS; i++) {
        per_second[i] = results[i].per_second;
        per_cpu_second[i] = results[i].per_cpu_second;
        p99_ms[i] = results[i].p99_ms;
    }
    return (struct result){.per_second = measure_median(per_second, ROUNDS),
                           .per_cpu_second =
                               measure_median(per_cpu_second, ROUNDS),
                           .p99_ms = measure_median(p99_ms, ROUNDS)};
}

static void measure_in_turns(struct load *load, const struct server *server)
{
    struct result idle[ROUNDS], loaded[ROUNDS];
    double ratios[ROUNDS];
    for (int i = 0; i < ROUNDS; i++) {
        idle[i] = measure(load, server, false);
        loaded[i] = measure(load, server, true);
        ratios[i] = loaded[i].per_second / idle[i].per_second;
    }
    const struct result without = median(idle), with = median(loaded);
    report("", &without);
    report("_with_blocks", &with);
    measure_at_least("settlement/account_reads_with_blocks_of_without",
                     measure_median(ratios, ROUNDS), "ratio", LOADED_AIM);
}

int main(int argc, char **argv)
{
    static struct load load;
    struct server server;
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(CLIENT_CPU, &set);
    if (argc != 2) {
        fprintf(stderr, "usage: bench_rpc POND\n");
        return 2;
    }
    if (sysconf(_SC_NPROCESSORS_ONLN) < 2) {
        measure_skipped("settlement/account_reads", "two cores are needed");
        return 0;
    }
    server_start(&server, argv[1], SERVER_CPU, 1);
    CHECK(!sched_setaffinity(0, sizeof(set), &set));
    load.latencies_ms = mem_zero(REQUESTS, sizeof(double));
    load.epoll = epoll_create1(0);
    CHECK(load.epoll >= 0);
    /* An account with a row of its own; the System program's is made up. */
    load.request_size =
        load_request(load.request, "getAccountInfo",
                     "\"Vote111111111111111111111111111111111111111\","
                     "{\"encoding\":\"base64\"}");
    for (size_t i = 0; i < CONNECTIONS; i++)
        load_connect(&load.connections[i], server.port, load.epoll);
    load_connect(&load.airdrops, server.port, load.epoll);
    send_airdrop(&load);
    measure_in_turns(&load, &server);
    server_stop(&server);
    free(load.latencies_ms);
    return 0;
}
