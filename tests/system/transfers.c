#include "transfers.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "settlement/format/system_instruction.h"
#include "settlement/format/transaction.h"
#include "settlement/format/well_known.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Until an endpoint has what was promised at any. */
#define SETTLE_MS 120000
#define LOOK_AGAIN_US 5000

/* That one call of getMultipleAccounts takes. */
#define LOOKS_MAX 100

/* Rent-exempt; each one has a number more. */
#define LAMPORTS_MIN 1000000

/* Of the fee for one signature. */
#define BURNED_OF_FEE 2500

struct transfer {
    struct transfers *transfers;
    struct pubkey to;
    uint64_t lamports;
    uint64_t last_valid_block_height;
    bool is_final; /* an endpoint said so */
    struct buffer wire;
};

_Noreturn void transfers_die(const char *what)
{
    fprintf(stderr, "%s: %s\n", what, err_text());
    exit(1);
}

/* ---- Sending ---- */

static void on_sent(void *user, int status, const struct client_sent *sent)
{
    struct transfer *transfer = user;
    struct transfers *transfers = transfer->transfers;
    transfers->in_flight--;
    if (status || sent->error) {
        transfers->failed++;
        return;
    }
    transfer->is_final = true;
    transfers->final++;
    if (sent->slot > transfers->newest_slot)
        transfers->newest_slot = sent->slot;
}

static void make_wire(struct transfer *transfer, const struct keypair *payer,
                      const struct hash *blockhash)
{
    struct buffer data = {0};
    system_transfer_data(transfer->lamports, &data);
    const struct account_meta accounts[] = {
        {.key = payer->pubkey, .signer = true, .writable = true},
        {.key = transfer->to, .writable = true}};
    const struct instruction instruction = {.program = SYSTEM_PROGRAM_ID,
                                            .accounts = accounts,
                                            .account_count = 2,
                                            .data = buffer_view(&data)};
    CHECK(!transaction_make(&payer, 1, &instruction, 1, blockhash,
                            &transfer->wire));
    buffer_free(&data);
}

static void send_wire(struct transfer *transfer, struct client *client,
                      enum client_commitment commitment,
                      client_send_callback *callback)
{
    const struct client_send_options options = {
        .commitment = commitment,
        .skip_preflight = true,
        .last_valid_block_height = transfer->last_valid_block_height};
    transfer->transfers->in_flight++;
    client_send(client, buffer_view(&transfer->wire), &options, callback,
                transfer);
}

void transfers_send(struct transfers *transfers, struct client *client,
                    const struct keypair *payer,
                    const struct client_blockhash *latest)
{
    struct transfer *transfer = mem_zero(1, sizeof(*transfer));
    transfer->transfers = transfers;
    transfer->lamports = LAMPORTS_MIN + transfers->count;
    transfer->last_valid_block_height = latest->last_valid_block_height;
    for (size_t i = 0; i < sizeof(transfer->to.bytes); i++)
        transfer->to.bytes[i] = (uint8_t)random_u64(transfers->random);
    make_wire(transfer, payer, &latest->blockhash);
    transfers->items = mem_resize(
        transfers->items, (transfers->count + 1) * sizeof(*transfers->items));
    transfers->items[transfers->count++] = transfer;
    send_wire(transfer, client, CLIENT_FINALIZED, on_sent);
}

static void on_sent_again(void *user, int status,
                          const struct client_sent *sent)
{
    struct transfer *transfer = user;
    transfer->transfers->in_flight--;
}

void transfers_send_again(struct transfers *transfers, struct client *client,
                          size_t number)
{
    send_wire(transfers->items[number], client, CLIENT_PROCESSED,
              on_sent_again);
}

/* ---- What must hold ---- */

/* What was promised before an endpoint is asked. */
struct promise {
    const struct transfer *transfer;
    bool is_final;
};

static void check_balance(const struct promise *promise, uint64_t balance,
                          const char *name)
{
    const struct transfer *transfer = promise->transfer;
    if (balance == transfer->lamports || (!balance && !promise->is_final))
        return;
    fprintf(stderr,
            "%s: the transfer of %" PRIu64 " to %s, %s, left a balance of "
            "%" PRIu64 "\n",
            name, transfer->lamports, PUBKEY_TEXT(&transfer->to),
            promise->is_final ? "reported final" : "not reported final",
            balance);
    exit(1);
}

static void check_some(struct client *client, const char *name,
                       const struct promise *promises, size_t count)
{
    struct buffer params = {0};
    struct json_object *result, *values;
    buffer_text(&params, "[[");
    for (size_t i = 0; i < count; i++)
        buffer_format(&params, "%s\"%s\"", i ? "," : "",
                      PUBKEY_TEXT(&promises[i].transfer->to));
    buffer_text(&params, "],{\"commitment\":\"finalized\",\"dataSlice\":"
                         "{\"offset\":0,\"length\":0}}]");
    if (client_call_wait(client, "getMultipleAccounts", buffer_string(&params),
                         &result) ||
        json_get_array(result, "value", &values))
        transfers_die("getMultipleAccounts");
    CHECK(json_object_array_length(values) == count);
    for (size_t i = 0; i < count; i++) {
        struct json_object *account = json_object_array_get_idx(values, i);
        uint64_t balance = 0;
        if (account && json_get_u64(account, "lamports", &balance))
            transfers_die("lamports");
        check_balance(&promises[i], balance, name);
    }
    json_object_put(result);
    buffer_free(&params);
}

/* An endpoint that does not answer has not come there yet. */
static void wait_for_slot(struct client *client, const char *name,
                          uint64_t slot)
{
    uint64_t end = clock_monotonic_ms() + SETTLE_MS, got = 0;
    while (client_slot_wait(client, CLIENT_FINALIZED, &got) || got < slot) {
        if (clock_monotonic_ms() > end) {
            fprintf(stderr,
                    "%s: final up to slot %" PRIu64 ", and slot %" PRIu64
                    " was final elsewhere\n",
                    name, got, slot);
            exit(1);
        }
        usleep(LOOK_AGAIN_US);
    }
}

void transfers_check(const struct transfers *transfers, struct client *client,
                     const char *name, size_t from)
{
    size_t count = transfers->count - from;
    struct promise *promises = mem_zero(count + 1, sizeof(*promises));
    for (size_t i = 0; i < count; i++) {
        const struct transfer *transfer = transfers->items[from + i];
        promises[i] = (struct promise){transfer, transfer->is_final};
    }
    wait_for_slot(client, name, transfers->newest_slot);
    for (size_t at = 0; at < count; at += LOOKS_MAX)
        check_some(client, name, promises + at,
                   count - at < LOOKS_MAX ? count - at : LOOKS_MAX);
    free(promises);
}

static uint64_t ask_number(struct client *client, const char *method)
{
    struct json_object *result, *value;
    uint64_t number;
    if (client_call_wait(client, method, NULL, &result))
        transfers_die(method);
    if (json_object_is_type(result, json_type_int)) {
        number = json_object_get_uint64(result);
    } else if (json_get_object(result, "value", &value) ||
               json_get_u64(value, "total", &number)) {
        transfers_die(method);
    }
    json_object_put(result);
    return number;
}

uint64_t transfers_supply(struct client *client)
{
    uint64_t transactions, supply;
    do {
        transactions = ask_number(client, "getTransactionCount");
        supply = ask_number(client, "getSupply");
        /* Again if a block came in between. */
    } while (transactions != ask_number(client, "getTransactionCount"));
    return supply + transactions * BURNED_OF_FEE;
}

void transfers_free(struct transfers *transfers)
{
    for (size_t i = 0; i < transfers->count; i++) {
        buffer_free(&transfers->items[i]->wire);
        free(transfers->items[i]);
    }
    free(transfers->items);
}
