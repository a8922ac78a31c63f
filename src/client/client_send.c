/*
 * Sending a transaction and following it to its end.
 *
 * One getSignatureStatuses, ten times a second, asks for all transactions that
 * a client follows. The answer of sendTransaction to a repetition does not show
 * what became of the first try, so after the first only the status counts:
 * until there is one, or until the blockhash has expired and the status was
 * asked for once more after that.
 *
 * The same bytes are sent again every two seconds while there is no status: a
 * network takes each message once, so repeating them can't do anything twice. A
 * new transaction would; this client never makes one.
 *
 * How it ends, each with exactly one callback:
 *
 *   executed       status of the commitment asked for, without an error
 *   failed         the same with an error
 *   refused        the first sendTransaction was answered with an error
 *   expired        the final block height is past the last valid one, and a
 *                  status asked for after that is still not there
 *   not known      nothing was heard from the endpoint for SILENCE_MS
 *   cancelled      the client was closed
 *
 * Only "not known" and "cancelled" leave open whether it was executed; their
 * callbacks get the signature, to look it up later.
 *
 * The client polls and does not use signatureSubscribe, because it would have
 * to poll as well when a subscription is lost with its connection. Thread: the
 * loop's.
 */
#include "client/client_failure.h"
#include "client/client_internal.h"

#include "base/base64.h"
#include "base/check.h"
#include "base/error.h"
#include "base/memory.h"
#include <inttypes.h>
#include <stdlib.h>

/* What is added, at most, to the time the network takes: a quarter of a slot.
 */
#define POLL_MS 100
/* A few slots: if the first copy had been taken, its status would be there. */
#define RESEND_MS 2000
/* Expiry takes about a minute, so asking more often would not help. */
#define HEIGHT_MS 1000
#define STATUSES_MAX 256 /* Solana's limit for one getSignatureStatuses */

/* After this time without any answer the fate of a transaction is unknown. It
 * is longer than a blockhash lives at slots of 400 ms. */
#define SILENCE_MS 90000

/* No endpoint. */
#define NOT_EXPIRED SIZE_MAX

/* The endpoint that names the newest blockhash may be so much behind the one
 * that the transaction's own is of: what is taken for its end is later then. */
#define BEHIND_BLOCKS 300

/*
 * A transaction on its way. Invariants:
 *
 * 1. It is in the client's list until is_done, and freed when is_done and not
 *    is_sending: a call that is under way refers to it.
 * 2. expired_by is set by a final height of that endpoint, and only its own
 *    status may say that the transaction was not executed: another endpoint,
 *    which is behind, may not have come to the block with it.
 * 3. After was_sent, no answer of sendTransaction ends it.
 */
struct client_sending {
    struct client *client;
    struct client_sending *next;
    struct buffer wire;
    struct signature signature;
    struct client_send_options options;
    client_send_callback *callback;
    void *user;
    uint64_t sent_ms;  /* loop time of the last send */
    uint64_t begun_ms; /* loop time of the first send */
    bool is_sending;   /* a sendTransaction is under way */
    bool was_sent;     /* the first has been answered, or may have arrived */
    bool is_done;      /* called back; only is_sending keeps it */
    size_t expired_by; /* known to be: the next poll decides; or NOT_EXPIRED */
};

/* clang's analyzer does not follow that what is freed has left the list
 * before: hence the marks where the list is walked after a finish(). */
static void unlink_sending(struct client_sending *sending)
{
    struct client_sending **at = &sending->client->sendings;
    while (*at != sending) {
        CHECK(*at);
        at = &(*at)->next;
    }
    *at = sending->next;
}

/* Free it when nothing refers to it. */
static void release(struct client_sending *sending)
{
    if (!sending->is_done || sending->is_sending)
        return;
    buffer_free(&sending->wire);
    free(sending);
}

/* The one callback. sent may be NULL: nothing but the signature is known. */
static void finish(struct client_sending *sending, int status,
                   const struct client_sent *sent)
{
    struct client_sent bare = {.signature = sending->signature};
    CHECK(!sending->is_done);
    CHECK(status <= 0);
    sending->is_done = true;
    unlink_sending(sending);
    sending->callback(sending->user, status, sent ? sent : &bare);
    release(sending);
}

/* ---- sendTransaction ---- */

/* The endpoint refused the first sending. That ends it, because a transaction
 * that was not sent on can't be executed later. */
static void refused(struct client_sending *sending)
{
    CHECK(!sending->was_sent);
    struct json_object *data = sending->client->remote_data, *error = NULL;
    struct client_failure failure = {0};
    struct client_sent sent = {.signature = sending->signature};
    if (json_object_is_type(data, json_type_object)) {
        json_object_object_get_ex(data, "err", &error);
        client_failure_error(&failure, error, &sent);
        client_failure_logs(&failure, data, &sent);
    }
    finish(sending, ERR_REMOTE, &sent);
    client_failure_free(&failure);
}

/* Only a refusal of the first try decides. After time-outs, lost connections
 * and answers to repetitions the fate is open. */
static void on_sent(void *user, int status, struct json_object *result)
{
    struct client_sending *sending = user;
    sending->is_sending = false;
    if (sending->is_done) {
        release(sending);
        return;
    }
    if (status == ERR_REMOTE && !sending->was_sent) {
        refused(sending);
        return;
    }
    /* Anything else: it may have arrived. */
    sending->was_sent = true;
}

/* The first sending uses the endpoint's preflight, if it is wanted, which says
 * what is wrong. Later ones do not, because a transaction that was executed
 * meanwhile would fail it. */
static void send_once(struct client_sending *sending)
{
    CHECK(!sending->is_sending && !sending->is_done);
    struct client_params params;
    struct buffer text = {0};
    base64_encode(buffer_view(&sending->wire), &text);
    client_params_open(&params);
    json_write_bytes(&params.writer, buffer_view(&text));
    json_open_object(&params.writer);
    json_field_text(&params.writer, "encoding", "base64");
    json_field_text(&params.writer, "preflightCommitment", "processed");
    json_field_bool(&params.writer, "skipPreflight",
                    sending->options.skip_preflight || sending->was_sent);
    json_close_object(&params.writer);
    buffer_free(&text);
    sending->is_sending = true;
    sending->sent_ms = uv_now(sending->client->loop);
    client_call_params(sending->client, "sendTransaction", &params, on_sent,
                       sending);
}

/* ---- getSignatureStatuses ---- */

/* A node that does not say counts as the least. */
static enum client_commitment commitment_of(struct json_object *status)
{
    const char *text;
    if (json_get_text(status, "confirmationStatus", &text))
        return CLIENT_PROCESSED;
    if (!strcmp(text, "finalized"))
        return CLIENT_FINALIZED;
    return strcmp(text, "confirmed") ? CLIENT_PROCESSED : CLIENT_CONFIRMED;
}

/* What a status says of one transaction; null says something only if it was
 * asked for when the blockhash was known to be expired, by whom it was asked.
 */
static void apply_status(struct client_sending *sending,
                         struct json_object *status)
{
    struct client_sent sent = {.signature = sending->signature};
    struct json_object *error = NULL;
    if (!json_object_is_type(status, json_type_object)) {
        finish(sending,
               err_set(ERR_TIMEOUT,
                       "the transaction's blockhash expired before it "
                       "was executed"),
               NULL);
        return;
    }
    if (commitment_of(status) < sending->options.commitment)
        return;
    json_get_u64(status, "slot", &sent.slot);
    json_object_object_get_ex(status, "err", &error);
    if (!error) {
        finish(sending, 0, &sent);
        return;
    }
    struct client_failure failure = {0};
    client_failure_error(&failure, error, &sent);
    finish(sending,
           err_set(ERR_REMOTE, "the transaction failed: %s", sent.error),
           &sent);
    client_failure_free(&failure);
}

/* Which transactions a poll asked for, in its order. By signature and not by
 * pointer: any of them may have ended before the answer comes. */
struct poll_batch {
    struct client *client;
    size_t count;
    struct signature signatures[STATUSES_MAX];
    size_t expired_by[STATUSES_MAX]; /* as known when it was asked */
};

/* The one with that signature; NULL if it has ended. */
static struct client_sending *find_sending(struct client *client,
                                           const struct signature *signature)
{
    struct client_sending *at = client->sendings;
    while (at && memcmp(at->signature.bytes, signature->bytes, 64))
        at = at->next;
    return at;
}

/* expired_by as of the question: an answer to one asked before the expiry was
 * known may have missed the last block that could hold the transaction. */
static void on_statuses(void *user, int status, struct json_object *result)
{
    struct poll_batch *batch = user;
    struct client *client = batch->client;
    struct json_object *value;
    client->is_polling = false;
    if (!status)
        status = client_context_value(result, NULL, &value);
    if (!status && json_object_is_type(value, json_type_array) &&
        json_object_array_length(value) == batch->count) {
        for (size_t i = 0; i < batch->count; i++) {
            struct client_sending *sending =
                find_sending(client, &batch->signatures[i]);
            struct json_object *item = json_object_array_get_idx(value, i);
            if (sending && (json_object_is_type(item, json_type_object) ||
                            batch->expired_by[i] == client->answered_by))
                apply_status(sending, item);
        }
    }
    free(batch);
}

/* At most STATUSES_MAX of them, the newest first; the older ones' turn comes as
 * those end. */
static void ask_statuses(struct client *client)
{
    CHECK(!client->is_polling && client->sendings);
    struct client_params params;
    struct poll_batch *batch = mem_zero(1, sizeof(*batch));
    batch->client = client;
    client_params_open(&params);
    json_open_array(&params.writer);
    for (struct client_sending *at = client->sendings;
         at && batch->count < STATUSES_MAX; at = at->next) {
        char text[BASE58_SIGNATURE_SIZE];
        base58_signature(at->signature.bytes, text);
        json_write_text(&params.writer, text);
        batch->expired_by[batch->count] = at->expired_by;
        batch->signatures[batch->count++] = at->signature;
    }
    json_close_array(&params.writer);
    json_open_object(&params.writer);
    json_field_bool(&params.writer, "searchTransactionHistory", true);
    json_close_object(&params.writer);
    client->is_polling = true;
    client_call_params(client, "getSignatureStatuses", &params, on_statuses,
                       batch);
}

/* ---- Block height ---- */

/* Where the caller did not say until when its blockhash is good, it is taken to
 * be the newest: that is late at worst, and never too early. How long that one
 * is good the endpoint knows, and networks differ. */
static void on_newest(void *user, int status, struct json_object *result)
{
    struct client *client = user;
    struct json_object *value;
    uint64_t last_valid;
    client->height_is_asked = false;
    if (!status)
        status = json_get_object(result, "value", &value);
    if (!status)
        status = json_get_u64(value, "lastValidBlockHeight", &last_valid);
    if (status || !last_valid)
        return;
    if (client_endpoint_count(client) > 1)
        last_valid += BEHIND_BLOCKS;
    for (struct client_sending *at = client->sendings; at; at = at->next)
        if (!at->options.last_valid_block_height)
            at->options.last_valid_block_height = last_valid;
}

static bool is_any_without_end(const struct client *client)
{
    const struct client_sending *at = client->sendings;
    while (at && at->options.last_valid_block_height)
        at = at->next;
    return at;
}

static void on_height(void *user, int status, struct json_object *result)
{
    struct client *client = user;
    client->height_is_asked = false;
    uint64_t height;
    if (status || !json_is_u64(result, &height))
        return;
    client->block_height = height;
    for (struct client_sending *at = client->sendings; at; at = at->next) {
        if (at->options.last_valid_block_height &&
            height > at->options.last_valid_block_height)
            at->expired_by = client->answered_by;
    }
}

/* At commitment "finalized": only what is final can't be taken back. */
static void ask_height(struct client *client)
{
    CHECK(!client->height_is_asked);
    client->height_is_asked = true;
    client->height_asked_ms = uv_now(client->loop);
    if (is_any_without_end(client)) {
        client_call(client, "getLatestBlockhash",
                    "[{\"commitment\":\"confirmed\"}]", on_newest, client);
        return;
    }
    client_call(client, "getBlockHeight", "[{\"commitment\":\"finalized\"}]",
                on_height, client);
}

/* ---- The clock ---- */

/* Silence is counted from the last good answer of any call, or from the
 * beginning of the transaction if that is later. */
static void give_up_on_silence(struct client *client)
{
    uint64_t now = uv_now(client->loop);
    struct client_sending *at = client->sendings;
    while (at) {
        struct client_sending *next = at->next;
        uint64_t since =
            at->begun_ms > client->heard_ms ? at->begun_ms : client->heard_ms;
        if (now >= since + SILENCE_MS)
            finish(at,
                   err_set(ERR_NETWORK,
                           "%s has not answered for %d s; whether the "
                           "transaction was executed is not known",
                           client_shown_url(client), SILENCE_MS / 1000),
                   NULL);
        at = next;
    }
}

/* The clock's work, in this order: who is done waiting, who is due to be sent
 * again, how far the chain is, what became of all. One question of a kind at a
 * time, so that a slow endpoint is not asked faster than it answers. */
void client_sending_poll(struct client *client)
{
    uint64_t now = uv_now(client->loop);
    give_up_on_silence(client);
    if (!client->sendings) {
        uv_timer_stop(&client->poll_timer);
        return;
    }
    for (struct client_sending *at = client->sendings; at; at = at->next) {
        /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc) */
        if (!at->is_sending && at->expired_by == NOT_EXPIRED &&
            now >= at->sent_ms + RESEND_MS)
            send_once(at);
    }
    if (!client->height_is_asked && now >= client->height_asked_ms + HEIGHT_MS)
        ask_height(client);
    if (!client->is_polling)
        ask_statuses(client);
}

static void on_poll_timer(uv_timer_t *timer)
{
    client_sending_poll(timer->data);
}

/* From here on the clock looks after it. */
static void watch(struct client_sending *sending)
{
    struct client *client = sending->client;
    sending->next = client->sendings;
    client->sendings = sending;
    sending->begun_ms = uv_now(client->loop);
    /* While the client closes, the timer's turn ends the sending. */
    if (!client->is_closing &&
        !uv_is_active((uv_handle_t *)&client->poll_timer))
        uv_timer_start(&client->poll_timer, on_poll_timer, client->poll_ms,
                       client->poll_ms);
}

void client_set_poll(struct client *client, uint32_t poll_ms)
{
    CHECK_MAGIC(client, CLIENT_MAGIC);
    CHECK(poll_ms > 0);
    client->poll_ms = poll_ms;
}

void client_sending_init(struct client *client)
{
    client->poll_ms = POLL_MS;
    CHECK(uv_timer_init(client->loop, &client->poll_timer) == 0);
    client->poll_timer.data = client;
}

/* Called when the client is closed. */
void client_sending_cancel_all(struct client *client)
{
    while (client->sendings)
        finish(client->sendings, /* NOLINT(clang-analyzer-unix.Malloc) */
               err_set(ERR_CANCELLED, "the client was closed"), NULL);
}

static struct client_sending *
sending_new(struct client *client, const struct client_send_options *options,
            client_send_callback *callback, void *user)
{
    struct client_sending *sending = mem_zero(1, sizeof(*sending));
    sending->client = client;
    sending->options = *options;
    sending->callback = callback;
    sending->user = user;
    sending->expired_by = NOT_EXPIRED;
    return sending;
}

void client_send(struct client *client, struct bytes transaction,
                 const struct client_send_options *options,
                 client_send_callback *callback, void *user)
{
    CHECK_MAGIC(client, CLIENT_MAGIC);
    /* A count of one byte, then at least one signature: the caller made it. */
    CHECK(transaction.size > 1 + sizeof(struct signature));
    struct client_sending *sending =
        sending_new(client, options, callback, user);
    buffer_bytes(&sending->wire, transaction);
    memcpy(sending->signature.bytes, transaction.data + 1, 64);
    watch(sending);
    send_once(sending);
}

/* ---- Airdrop ---- */

/* The endpoint made and signed the transaction; only its signature is known
 * here. */
static void on_airdrop(void *user, int status, struct json_object *result)
{
    struct client_sending *sending = user;
    struct client_sent bare = {0};
    if (!status && (!json_object_is_type(result, json_type_string) ||
                    signature_parse(bytes_text(json_object_get_string(result)),
                                    &sending->signature)))
        status = err_set(ERR_INVALID, "requestAirdrop gave no signature");
    if (status) {
        sending->callback(sending->user, status, &bare);
        free(sending);
        return;
    }
    /* Nothing to repeat: the endpoint has the transaction, not this client. */
    sending->sent_ms = UINT64_MAX - RESEND_MS;
    watch(sending);
}

void client_airdrop(struct client *client, const struct pubkey *to,
                    uint64_t lamports, client_send_callback *callback,
                    void *user)
{
    CHECK_MAGIC(client, CLIENT_MAGIC);
    const struct client_send_options options = {.commitment = CLIENT_CONFIRMED};
    struct client_params params;
    client_params_open(&params);
    client_params_key(&params, to);
    json_write_u64(&params.writer, lamports);
    client_call_params(client, "requestAirdrop", &params, on_airdrop,
                       sending_new(client, &options, callback, user));
}
