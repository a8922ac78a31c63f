/*
 * Typed calls: blockhash, slot, balances, accounts. Each takes the answer apart
 * and hands on what its callback is for.
 *
 * One struct for all of them, in which a union says what kind of callback
 * waits: the functions that take an answer apart come in pairs with those that
 * ask, and the pair knows the kind.
 *
 * What a callback gets is valid while it runs; copy what is needed longer. The
 * answer of an endpoint is checked field by field; other fields are ignored.
 * Thread: the loop's.
 */
#include "client/client_internal.h"

#include "base/arena.h"
#include "base/check.h"
#include "base/error.h"
#include "base/memory.h"
#include <stdlib.h>

/* A call that waits for a typed answer; freed after its callback. */
struct typed_call {
    union {
        client_blockhash_callback *blockhash;
        client_u64_callback *number;
        client_account_callback *account;
        client_account_at_callback *account_at;
        client_accounts_callback *accounts;
    } callback;
    void *user;
    struct pubkey key;
};

static struct typed_call *typed_new(void *user)
{
    struct typed_call *call = mem_zero(1, sizeof(*call));
    call->user = user;
    return call;
}

/* Solana's names of the three levels. */
static void write_commitment(struct json_writer *writer,
                             enum client_commitment commitment)
{
    static const char *const names[] = {[CLIENT_PROCESSED] = "processed",
                                        [CLIENT_CONFIRMED] = "confirmed",
                                        [CLIENT_FINALIZED] = "finalized"};
    CHECK(commitment < sizeof(names) / sizeof(*names));
    json_field_text(writer, "commitment", names[commitment]);
}

/* ---- Blockhash ---- */

/* All three fields are required: without the last valid height a sender would
 * not know when to give up. */
static int read_blockhash(struct json_object *result,
                          struct client_blockhash *out)
{
    struct json_object *value;
    const char *text;
    int status = client_context_value(result, &out->slot, &value);
    if (!status && !json_object_is_type(value, json_type_object))
        status = err_set(ERR_INVALID, "the endpoint gave no blockhash");
    if (!status)
        status = json_get_text(value, "blockhash", &text);
    if (!status)
        status = hash_parse(bytes_text(text), &out->blockhash);
    if (!status)
        status = json_get_u64(value, "lastValidBlockHeight",
                              &out->last_valid_block_height);
    return status;
}

/* The callback borrows the struct from this function's stack. */
static void on_blockhash(void *user, int status, struct json_object *result)
{
    struct typed_call *call = user;
    struct client_blockhash blockhash;
    if (!status)
        status = read_blockhash(result, &blockhash);
    call->callback.blockhash(call->user, status, status ? NULL : &blockhash);
    free(call);
}

/* "confirmed" and not "finalized": a younger one is good for longer, and it is
 * as good as certain to stay. */
void client_latest_blockhash(struct client *client,
                             client_blockhash_callback *callback, void *user)
{
    struct typed_call *call = typed_new(user);
    call->callback.blockhash = callback;
    client_call(client, "getLatestBlockhash",
                "[{\"commitment\":\"confirmed\"}]", on_blockhash, call);
}

/* ---- Numbers ---- */

/* number may be NULL, which is no number. */
static void finish_number(struct typed_call *call, int status,
                          struct json_object *number)
{
    uint64_t value = 0;
    if (!status && !json_is_u64(number, &value))
        status = err_set(ERR_INVALID, "the endpoint did not give a number");
    call->callback.number(call->user, status, value);
    free(call);
}

/* The whole result is the number. */
static void on_number(void *user, int status, struct json_object *result)
{
    finish_number(user, status, result);
}

/* {"context":…,"value":number} */
static void on_context_number(void *user, int status,
                              struct json_object *result)
{
    struct json_object *value = NULL;
    if (!status)
        status = client_context_value(result, NULL, &value);
    finish_number(user, status, value);
}

/* The caller chooses the commitment of this call: a round's clock wants the
 * newest slot, and a command that waits for certainty the final one. */
void client_slot(struct client *client, enum client_commitment commitment,
                 client_u64_callback *callback, void *user)
{
    struct typed_call *call = typed_new(user);
    struct client_params params;
    call->callback.number = callback;
    client_params_open(&params);
    json_open_object(&params.writer);
    write_commitment(&params.writer, commitment);
    json_close_object(&params.writer);
    client_call_params(client, "getSlot", &params, on_number, call);
}

/* The balance in roe; 0 if the account does not exist. What was received and
 * confirmed can be spent, so it counts. */
void client_balance(struct client *client, const struct pubkey *key,
                    client_u64_callback *callback, void *user)
{
    struct typed_call *call = typed_new(user);
    struct client_params params;
    call->callback.number = callback;
    client_params_open(&params);
    client_params_key(&params, key);
    json_open_object(&params.writer);
    write_commitment(&params.writer, CLIENT_CONFIRMED);
    json_close_object(&params.writer);
    client_call_params(client, "getBalance", &params, on_context_number, call);
}

/* ---- Accounts ---- */

/* value: {"data":[…],"owner":…,"lamports":…,"executable":…}; the data is
 * appended to bytes, and out->data left to the caller, who decides how long it
 * lives. Fields that are not needed (rentEpoch, space) are not looked at. */
static int read_account(struct json_object *value, struct client_account *out,
                        struct buffer *bytes)
{
    const char *owner;
    struct json_object *data;
    if (!json_object_is_type(value, json_type_object))
        return err_set(ERR_INVALID, "the endpoint gave no account");
    int status = json_get_text(value, "owner", &owner);
    if (!status)
        status = pubkey_parse(bytes_text(owner), &out->owner);
    if (!status)
        status = json_get_u64(value, "lamports", &out->lamports);
    if (!status)
        status = json_get_bool(value, "executable", &out->is_executable);
    if (!status)
        status = json_get_array(value, "data", &data);
    if (!status)
        status = client_base64_data(data, bytes);
    return status;
}

/* An account that is not there is a success with NULL. */
static void on_account_at(void *user, int status, struct json_object *result)
{
    struct typed_call *call = user;
    struct client_account account = {.key = call->key};
    struct json_object *value = NULL;
    struct buffer data = {0};
    uint64_t slot = 0;
    if (!status)
        status = client_context_value(result, &slot, &value);
    if (!status && value)
        status = read_account(value, &account, &data);
    account.data = buffer_view(&data);
    call->callback.account_at(call->user, status, slot,
                              status || !value ? NULL : &account);
    buffer_free(&data);
    free(call);
}

void client_account_at(struct client *client, const struct pubkey *key,
                       client_account_at_callback *callback, void *user)
{
    struct typed_call *call = typed_new(user);
    struct client_params params;
    call->callback.account_at = callback;
    call->key = *key;
    client_params_open(&params);
    client_params_key(&params, key);
    json_open_object(&params.writer);
    json_field_text(&params.writer, "encoding", "base64");
    json_close_object(&params.writer);
    client_call_params(client, "getAccountInfo", &params, on_account_at, call);
}

/* Most callers have no use for the slot. */
static void on_account(void *user, int status, uint64_t slot,
                       const struct client_account *account)
{
    struct typed_call *call = user;
    call->callback.account(call->user, status, account);
    free(call);
}

/* The whole data: accounts of tasks are better asked for by
 * client_task_state(), which leaves out maps that are not wanted. */
void client_account_info(struct client *client, const struct pubkey *key,
                         client_account_callback *callback, void *user)
{
    struct typed_call *call = typed_new(user);
    call->callback.account = callback;
    client_account_at(client, key, on_account, call);
}

/* An item of getProgramAccounts. The arena keeps the data, since all accounts
 * are handed on together. */
static int read_keyed(struct json_object *item, struct client_account *out,
                      struct arena *arena)
{
    const char *key;
    struct json_object *account;
    struct buffer data = {0};
    if (!json_object_is_type(item, json_type_object))
        return err_set(ERR_INVALID, "the endpoint gave no account");
    int status = json_get_text(item, "pubkey", &key);
    if (!status)
        status = pubkey_parse(bytes_text(key), &out->key);
    if (!status)
        status = json_get_object(item, "account", &account);
    if (!status)
        status = read_account(account, out, &data);
    if (!status)
        out->data = arena_bytes(arena, buffer_view(&data));
    buffer_free(&data);
    return status;
}

/* An account that can not be read makes the answer an error, because a list
 * with holes would be taken for the whole. */
static void on_accounts(void *user, int status, struct json_object *result)
{
    struct typed_call *call = user;
    struct arena arena = {0};
    struct client_account *accounts = NULL;
    size_t count = 0;
    if (!status && !json_object_is_type(result, json_type_array))
        status = err_set(ERR_INVALID, "the endpoint gave no accounts");
    if (!status) {
        count = json_object_array_length(result);
        accounts = arena_zero(&arena, (count + 1) * sizeof(*accounts));
    }
    for (size_t i = 0; !status && i < count; i++)
        status = read_keyed(json_object_array_get_idx(result, i), &accounts[i],
                            &arena);
    call->callback.accounts(call->user, status, status ? NULL : accounts,
                            status ? 0 : count);
    arena_free(&arena);
    free(call);
}

/* One memcmp in base58, which Solana takes without a word about the encoding.
 * 128 bytes are its limit. */
static void write_filter(struct json_writer *writer,
                         const struct client_filter *filter)
{
    struct buffer text = {0};
    CHECK(filter->bytes.size <= 128);
    base58_encode(filter->bytes, &text);
    json_name(writer, "filters");
    json_open_array(writer);
    json_open_object(writer);
    json_name(writer, "memcmp");
    json_open_object(writer);
    json_name(writer, "bytes");
    json_write_bytes(writer, buffer_view(&text));
    json_field_u64(writer, "offset", filter->offset);
    json_close_object(writer);
    json_close_object(writer);
    json_close_array(writer);
    buffer_free(&text);
}

/* With a data_limit of SIZE_MAX the endpoint sends all data, else only so many
 * bytes of each account. */
void client_program_accounts(struct client *client,
                             const struct pubkey *program,
                             const struct client_filter *filter,
                             size_t data_limit,
                             client_accounts_callback *callback, void *user)
{
    struct typed_call *call = typed_new(user);
    struct client_params params;
    struct json_writer *writer = &params.writer;
    call->callback.accounts = callback;
    client_params_open(&params);
    client_params_key(&params, program);
    json_open_object(writer);
    json_field_text(writer, "encoding", "base64");
    if (data_limit != SIZE_MAX) {
        json_name(writer, "dataSlice");
        json_open_object(writer);
        json_field_u64(writer, "offset", 0);
        json_field_u64(writer, "length", data_limit);
        json_close_object(writer);
    }
    if (filter)
        write_filter(writer, filter);
    json_close_object(writer);
    client_call_params(client, "getProgramAccounts", &params, on_accounts,
                       call);
}
