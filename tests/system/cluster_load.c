/*
 * Transfers at a steady rate to the endpoints of several validators, and
 * whether they hold: what one endpoint called final every endpoint has, exactly
 * once, and nothing is there twice.
 *
 * Each transfer goes to a key of its own with an amount of its own, whose
 * balance shows whether it was applied not at all, once or twice. Validators
 * may die and come back meanwhile; at the end all endpoints must answer.
 *
 * Usage: cluster_load PAYER.json RATE SECONDS SEED URL…
 * Prints one JSON object; status 1 and a reason if something does not hold.
 */
#include "base/check.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/random.h"
#include "client/client.h"
#include "crypto/keyfile.h"
#include "settlement/format/system_instruction.h"
#include "settlement/format/transaction.h"
#include "settlement/format/well_known.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ENDPOINTS_HERE_MAX 16
#define IN_FLIGHT_MAX 8192

/* After the last transfer: those that were not answered yet. What is not
 * answered by then was not promised. */
#define ANSWERS_MS 20000

/* At the end, until every endpoint has what was promised. */
#define SETTLE_MS 120000

/* A blockhash lives a minute: each one is signed with for a part of it. */
#define BLOCKHASH_MS 10000

struct transfer {
    struct load *load;
    struct pubkey to;
    uint64_t lamports;
    bool is_final;
};

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
    struct transfer **transfers;
    size_t count, in_flight;
    uint64_t final, failed, newest_slot;
};

static _Noreturn void die(const char *what)
{
    fprintf(stderr, "%s: %s\n", what, err_text());
    exit(1);
}

static void on_tick(uv_timer_t *timer)
{
}

/* ---- Sending ---- */

/* An error is no promise: the endpoint may be gone. */
static void on_sent(void *user, int status, const struct client_sent *sent)
{
    struct transfer *transfer = user;
    struct load *load = transfer->load;
    load->in_flight--;
    if (status || sent->error) {
        load->failed++;
        return;
    }
    transfer->is_final = true;
    load->final++;
    if (sent->slot > load->newest_slot)
        load->newest_slot = sent->slot;
}

static void send_one(struct load *load)
{
    struct transfer *transfer = mem_zero(1, sizeof(*transfer));
    const struct keypair *payer = &load->payer;
    struct buffer data = {0}, wire = {0};
    transfer->load = load;
    transfer->lamports = 1000000 + load->count;
    for (size_t i = 0; i < sizeof(transfer->to.bytes); i++)
        transfer->to.bytes[i] = (uint8_t)random_u64(&load->random);
    system_transfer_data(transfer->lamports, &data);
    const struct account_meta accounts[] = {
        {.key = payer->pubkey, .signer = true, .writable = true},
        {.key = transfer->to, .writable = true}};
    const struct instruction instruction = {.program = SYSTEM_PROGRAM_ID,
                                            .accounts = accounts,
                                            .account_count = 2,
                                            .data = buffer_view(&data)};
    CHECK(!transaction_make(&payer, 1, &instruction, 1, &load->latest.blockhash,
                            &wire));
    load->transfers = mem_resize(load->transfers,
                                 (load->count + 1) * sizeof(*load->transfers));
    load->transfers[load->count++] = transfer;
    load->in_flight++;
    const struct client_send_options options = {
        .commitment = CLIENT_FINALIZED,
        .skip_preflight = true,
        .last_valid_block_height = load->latest.last_valid_block_height};
    client_send(load->clients[load->count % load->client_count],
                buffer_view(&wire), &options, on_sent, transfer);
    buffer_free(&data);
    buffer_free(&wire);
}

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

static void send_all(struct load *load, uint64_t rate, uint64_t seconds)
{
    while (!load->latest_ms) {
        renew_blockhash(load);
        uv_run(&load->loop, UV_RUN_ONCE);
    }
    uint64_t began = clock_monotonic_ms(), now = began;
    while (now < began + seconds * 1000) {
        renew_blockhash(load);
        while (load->count < (now - began) * rate / 1000 &&
               load->in_flight < IN_FLIGHT_MAX)
            send_one(load);
        uv_run(&load->loop, UV_RUN_ONCE);
        now = clock_monotonic_ms();
    }
    while (load->in_flight && clock_monotonic_ms() < now + ANSWERS_MS)
        uv_run(&load->loop, UV_RUN_ONCE);
}

/* ---- What must hold ---- */

/* True if the endpoint has a final block of that slot or a later one. */
static bool has_caught_up(struct client *client, uint64_t slot)
{
    struct json_object *result = NULL;
    uint64_t got = 0;
    if (!client_call_wait(client, "getSlot", "[{\"commitment\":\"finalized\"}]",
                          &result))
        got = json_object_get_uint64(result);
    json_object_put(result);
    return got >= slot;
}

static void wait_for(struct load *load, struct client *client)
{
    uint64_t end = clock_monotonic_ms() + SETTLE_MS;
    while (!has_caught_up(client, load->newest_slot)) {
        if (clock_monotonic_ms() > end)
            die("an endpoint does not come to the newest final slot");
        uv_run(&load->loop, UV_RUN_ONCE);
    }
}

static void check_one(const struct transfer *transfer, uint64_t balance,
                      size_t endpoint)
{
    if (balance == transfer->lamports || (!balance && !transfer->is_final))
        return;
    fprintf(stderr,
            "endpoint %zu: the transfer of %" PRIu64
            " to %s, %s, left a balance of %" PRIu64 "\n",
            endpoint, transfer->lamports, PUBKEY_TEXT(&transfer->to),
            transfer->is_final ? "reported final" : "not reported final",
            balance);
    exit(1);
}

static void check_some(struct load *load, size_t endpoint, size_t from,
                       size_t count)
{
    struct buffer params = {0};
    struct json_object *result, *values;
    buffer_text(&params, "[[");
    for (size_t i = 0; i < count; i++)
        buffer_format(&params, "%s\"%s\"", i ? "," : "",
                      PUBKEY_TEXT(&load->transfers[from + i]->to));
    buffer_text(&params, "],{\"commitment\":\"finalized\",\"dataSlice\":"
                         "{\"offset\":0,\"length\":0}}]");
    if (client_call_wait(load->clients[endpoint], "getMultipleAccounts",
                         buffer_string(&params), &result) ||
        json_get_array(result, "value", &values))
        die("getMultipleAccounts");
    CHECK(json_object_array_length(values) == count);
    for (size_t i = 0; i < count; i++) {
        struct json_object *account = json_object_array_get_idx(values, i);
        uint64_t balance = 0;
        if (account && json_get_u64(account, "lamports", &balance))
            die("lamports");
        check_one(load->transfers[from + i], balance, endpoint);
    }
    json_object_put(result);
    buffer_free(&params);
}

static void check_all(struct load *load)
{
    for (size_t i = 0; i < load->client_count; i++) {
        wait_for(load, load->clients[i]);
        for (size_t at = 0; at < load->count; at += 100)
            check_some(load, i, at,
                       load->count - at < 100 ? load->count - at : 100);
    }
}

static void finish(struct load *load)
{
    for (size_t i = 0; i < load->client_count; i++)
        client_close(load->clients[i], NULL, NULL);
    uv_close((uv_handle_t *)&load->tick, NULL);
    uv_run(&load->loop, UV_RUN_DEFAULT);
    for (size_t i = 0; i < load->count; i++)
        free(load->transfers[i]);
    free(load->transfers);
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
        die("the payer's key");
    load.random = random_make(strtoull(argv[4], NULL, 10));
    for (int i = 5; i < argc; i++)
        if (client_new(&load.loop, argv[i], &load.clients[load.client_count++]))
            die(argv[i]);
    send_all(&load, strtoull(argv[2], NULL, 10), strtoull(argv[3], NULL, 10));
    uint64_t pending = load.in_flight;
    check_all(&load);
    printf("{\"sent\":%zu,\"final\":%" PRIu64 ",\"failed\":%" PRIu64
           ",\"unanswered\":%" PRIu64 ",\"slot\":%" PRIu64 "}\n",
           load.count, load.final, load.failed, pending, load.newest_slot);
    finish(&load);
    return 0;
}
