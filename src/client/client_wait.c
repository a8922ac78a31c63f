/*
 * The forms that wait: the loop runs until the callback has.
 *
 * The command line uses them, because it does one thing after another. They run
 * the client's loop, so everything else on it goes on meanwhile. They must not
 * be called from a callback of that loop, which would be a loop in a loop.
 *
 * Each form is a struct on the stack that outlives the call, because the wait
 * does not end before the callback has run. Results that would end with the
 * callback are copied.
 */
#include "client/client_internal.h"

#include "base/check.h"
#include "base/error.h"

/* Once for each wait. A callback that comes before the wait began (none does)
 * has no loop to stop. */
void client_finish(struct client_waiting *waiting, int status)
{
    CHECK(!waiting->is_done);
    waiting->is_done = true;
    waiting->status = status;
    /* A turn of the loop runs timers first and then sleeps until something
     * happens; when it was a timer that brought the answer, nothing may. */
    if (!waiting->client)
        return;
    waiting->remote_code = waiting->client->remote_code;
    uv_stop(waiting->client->loop);
}

/* UV_RUN_ONCE sleeps until something happens; client_finish() reports the end.
 * The code of the answer is put back at the end, because other calls may have
 * ended since its callback. */
int client_wait(struct client *client, struct client_waiting *waiting)
{
    CHECK_MAGIC(client, CLIENT_MAGIC);
    CHECK(!client->is_closing);
    waiting->client = client;
    while (!waiting->is_done)
        uv_run(client->loop, UV_RUN_ONCE);
    client->remote_code = waiting->remote_code;
    return waiting->status;
}

/* A wait for a bare result, which the waiter owns afterwards. */
struct json_waiting {
    struct client_waiting waiting;
    struct json_object *result;
};

/* The result is borrowed; the caller of the wait gets a reference of its own.
 */
static void on_json(void *user, int status, struct json_object *result)
{
    struct json_waiting *waiting = user;
    waiting->result = json_object_get(result);
    client_finish(&waiting->waiting, status);
}

/* *result is the caller's to put, and NULL on an error. */
int client_call_wait(struct client *client, const char *method,
                     const char *params, struct json_object **result)
{
    struct json_waiting waiting = {0};
    client_call(client, method, params, on_json, &waiting);
    int status = client_wait(client, &waiting.waiting);
    *result = waiting.result;
    return status;
}

/* A wait for a transaction's end. */
struct sent_waiting {
    struct client_waiting waiting;
    struct client_sent *sent;
};

/* Texts of the error end with the callback and are not kept: err_text() says
 * it. */
static void on_sent(void *user, int status, const struct client_sent *sent)
{
    struct sent_waiting *waiting = user;
    waiting->sent->signature = sent->signature;
    waiting->sent->slot = sent->slot;
    client_finish(&waiting->waiting, status);
}

/* On an error sent still has the signature, to look it up later. */
int client_send_wait(struct client *client, struct bytes transaction,
                     const struct client_send_options *options,
                     struct client_sent *sent)
{
    struct sent_waiting waiting = {.sent = sent};
    *sent = (struct client_sent){0};
    client_send(client, transaction, options, on_sent, &waiting);
    return client_wait(client, &waiting.waiting);
}

int client_airdrop_wait(struct client *client, const struct pubkey *to,
                        uint64_t lamports, struct client_sent *sent)
{
    struct sent_waiting waiting = {.sent = sent};
    *sent = (struct client_sent){0};
    client_airdrop(client, to, lamports, on_sent, &waiting);
    return client_wait(client, &waiting.waiting);
}

/* A wait for a blockhash. */
struct blockhash_waiting {
    struct client_waiting waiting;
    struct client_blockhash *out;
};

static void on_blockhash(void *user, int status,
                         const struct client_blockhash *blockhash)
{
    struct blockhash_waiting *waiting = user;
    if (!status)
        *waiting->out = *blockhash;
    client_finish(&waiting->waiting, status);
}

int client_latest_blockhash_wait(struct client *client,
                                 struct client_blockhash *out)
{
    struct blockhash_waiting waiting = {.out = out};
    client_latest_blockhash(client, on_blockhash, &waiting);
    return client_wait(client, &waiting.waiting);
}

/* A wait for any of the calls that give one number. */
struct u64_waiting {
    struct client_waiting waiting;
    uint64_t *out;
};

static void on_u64(void *user, int status, uint64_t value)
{
    struct u64_waiting *waiting = user;
    if (!status)
        *waiting->out = value;
    client_finish(&waiting->waiting, status);
}

int client_slot_wait(struct client *client, enum client_commitment commitment,
                     uint64_t *out)
{
    struct u64_waiting waiting = {.out = out};
    client_slot(client, commitment, on_u64, &waiting);
    return client_wait(client, &waiting.waiting);
}

int client_balance_wait(struct client *client, const struct pubkey *key,
                        uint64_t *out)
{
    struct u64_waiting waiting = {.out = out};
    client_balance(client, key, on_u64, &waiting);
    return client_wait(client, &waiting.waiting);
}
