/*
 * Transfers at a steady rate to the endpoints of several validators, and
 * whether they hold: what one endpoint called final every endpoint has, exactly
 * once, and nothing is there twice (transfers.h). Validators may die and come
 * back meanwhile; at the end all endpoints must answer.
 *
 * Usage: cluster_load PAYER.json RATE SECONDS SEED URL…
 * Prints one JSON object; status 1 and a reason if something does not hold.
 */
#include "transfers.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/log.h"
#include "crypto/keyfile.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ENDPOINTS_HERE_MAX 16
#define IN_FLIGHT_MAX 8192

/* After the last transfer: those that were not answered yet. What is not
 * answered by then was not promised. */
#define ANSWERS_MS 20000

/* A blockhash lives a minute: each one is signed with for a part of it. */
#define BLOCKHASH_MS 10000

struct load {
    uv_loop_t loop;
    uv_timer_t tick; /* so that no turn of the loop lasts */
    struct random random;
    struct keypair payer;
    struct client *clients[ENDPOINTS_HERE_MAX];
    size_t client_count;
    struct client_blockhash latest;
    uint64_t latest_ms;
    bool is_asking;
    struct transfers transfers;
};

static void on_tick(uv_timer_t *timer)
{
}

/* ---- Sending ---- */

static void on_blockhash(void *user, int status,
                         const struct client_blockhash *blockhash)
{
    struct load *load = user;
    load->is_asking = false;
    if (status)
        return;
    load->latest = *blockhash;
    load->latest_ms = clock_monotonic_ms();
}

/* From whichever endpoint the draw hits; a dead one does not answer, and the
 * next try asks another. */
static void renew_blockhash(struct load *load)
{
    if (load->is_asking ||
        (load->latest_ms &&
         clock_monotonic_ms() - load->latest_ms < BLOCKHASH_MS))
        return;
    load->is_asking = true;
    client_latest_blockhash(
        load->clients[random_below(&load->random, load->client_count)],
        on_blockhash, load);
}

static void send_next(struct load *load)
{
    struct client *client =
        load->clients[load->transfers.count % load->client_count];
    transfers_send(&load->transfers, client, &load->payer, &load->latest);
}

static void send_all(struct load *load, uint64_t rate, uint64_t seconds)
{
    const struct transfers *transfers = &load->transfers;
    while (!load->latest_ms) {
        renew_blockhash(load);
        uv_run(&load->loop, UV_RUN_ONCE);
    }
    uint64_t began = clock_monotonic_ms(), now = began;
    while (now < began + seconds * 1000) {
        renew_blockhash(load);
        while (transfers->count < (now - began) * rate / 1000 &&
               transfers->in_flight < IN_FLIGHT_MAX)
            send_next(load);
        uv_run(&load->loop, UV_RUN_ONCE);
        now = clock_monotonic_ms();
    }
    while (transfers->in_flight && clock_monotonic_ms() < now + ANSWERS_MS)
        uv_run(&load->loop, UV_RUN_ONCE);
}

static void finish(struct load *load)
{
    for (size_t i = 0; i < load->client_count; i++)
        client_close(load->clients[i], NULL, NULL);
    uv_close((uv_handle_t *)&load->tick, NULL);
    uv_run(&load->loop, UV_RUN_DEFAULT);
    transfers_free(&load->transfers);
    uv_loop_close(&load->loop);
}

int main(int argc, char **argv)
{
    struct load load = {0};
    crypto_init();
    log_configure("error");
    if (argc < 6 || argc - 5 > ENDPOINTS_HERE_MAX) {
        fprintf(stderr, "cluster_load PAYER.json RATE SECONDS SEED URL...\n");
        return 2;
    }
    CHECK(uv_loop_init(&load.loop) == 0);
    CHECK(uv_timer_init(&load.loop, &load.tick) == 0);
    uv_timer_start(&load.tick, on_tick, 5, 5);
    if (keyfile_read(argv[1], &load.payer))
        transfers_die("the payer's key");
    load.random = random_make(strtoull(argv[4], NULL, 10));
    load.transfers.random = &load.random;
    for (int i = 5; i < argc; i++)
        if (client_new(&load.loop, argv[i], &load.clients[load.client_count++]))
            transfers_die(argv[i]);
    send_all(&load, strtoull(argv[2], NULL, 10), strtoull(argv[3], NULL, 10));
    size_t pending = load.transfers.in_flight;
    for (size_t i = 0; i < load.client_count; i++)
        transfers_check(&load.transfers, load.clients[i], argv[5 + i], 0);
    printf("{\"sent\":%zu,\"final\":%" PRIu64 ",\"failed\":%" PRIu64
           ",\"unanswered\":%zu,\"slot\":%" PRIu64 "}\n",
           load.transfers.count, load.transfers.final, load.transfers.failed,
           pending, load.transfers.newest_slot);
    finish(&load);
    return 0;
}
