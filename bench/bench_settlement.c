/*
 * The validator as a process.
 *
 *   first_finalized_slot   process start to the first slot reported final
 *   validator_memory       resident memory after a load of transfers
 *
 * Usage: bench_settlement POND
 */
#include "base/check.h"
#include "base/clock.h"
#include "base/log.h"
#include "client/client.h"
#include "measure.h"
#include "server.h"

#include <stdio.h>

#define STARTS 7 /* the median of them counts */
#define START_AIM_MS 200
#define MEMORY_AIM_MB 60
#define LOAD_TRANSFERS 500

struct session {
    uv_loop_t loop;
    struct client *client;
};

static void open_session(struct session *session, const struct server *server)
{
    CHECK(uv_loop_init(&session->loop) == 0);
    must(client_new(&session->loop, server->url, &session->client), "client");
}

static void close_session(struct session *session)
{
    client_close(session->client, NULL, NULL);
    uv_run(&session->loop, UV_RUN_DEFAULT);
    uv_loop_close(&session->loop);
}

static void bench_first_slot(const char *pond)
{
    double times[STARTS];
    for (int i = 0; i < STARTS; i++) {
        struct session session;
        struct server server;
        uint64_t slot = 0;
        server_start(&server, pond, -1, 2);
        open_session(&session, &server);
        while (slot == 0)
            must(client_slot_wait(session.client, CLIENT_FINALIZED, &slot),
                 "slot");
        times[i] = (double)(clock_monotonic_ns() - server.started_ns) / 1e6;
        close_session(&session);
        server_stop(&server);
    }
    measure_at_most("settlement/first_finalized_slot",
                    measure_median(times, STARTS), "ms", START_AIM_MS);
}

static void on_sent(void *user, int status, const struct client_sent *sent)
{
    must(status, "airdrop");
    ++*(int *)user;
}

static void bench_memory(const char *pond)
{
    struct session session;
    struct server server;
    int done = 0;
    server_start(&server, pond, -1, 2);
    open_session(&session, &server);
    for (int i = 0; i < LOAD_TRANSFERS; i++) {
        struct keypair to;
        keypair_generate(&to);
        client_airdrop(session.client, &to.pubkey, 1000000000, on_sent, &done);
    }
    while (done < LOAD_TRANSFERS)
        uv_run(&session.loop, UV_RUN_ONCE);
    measure_at_most("settlement/validator_memory",
                    measure_status_mb(server.pid, "VmRSS"), "MB",
                    MEMORY_AIM_MB);
    close_session(&session);
    server_stop(&server);
}

int main(int argc, char **argv)
{
    crypto_init();
    log_configure("error");
    if (argc != 2) {
        fprintf(stderr, "usage: bench_settlement POND\n");
        return 2;
    }
    bench_first_slot(argv[1]);
    bench_memory(argv[1]);
    return 0;
}
