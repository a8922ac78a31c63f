/*
 * What became of a transaction, as JSON: "meta" and its parts. Shapes:
 * solana-transaction-status-client-types.
 *
 * Any HTTP thread, and the loop's for PubSub.
 */
#include "settlement/rpc/rpc_transaction.h"

#include "base/base64.h"
#include "base/check.h"
#include "settlement/format/well_known.h"
#include "settlement/rpc/rpc_instruction.h"
#include "settlement/rpc/rpc_token_form.h"

/* Rust's Result as serde writes it. */
void rpc_write_status(struct json_writer *out, struct transaction_status status)
{
    json_open_object(out);
    json_name(out, transaction_status_ok(status) ? "Ok" : "Err");
    transaction_status_json(out, status);
    json_close_object(out);
}

/* Lines are any bytes that a program logged: the writer makes valid JSON of
 * them. */
void rpc_write_log(struct json_writer *out, const struct bank_result *result)
{
    CHECK(result->log || !result->log_count);
    json_open_array(out);
    for (size_t i = 0; i < result->log_count; i++)
        json_write_bytes(out, result->log[i]);
    json_close_array(out);
}

/* An empty array, for things that this network does not have. */
static void write_none(struct json_writer *out, const char *name, bool is_shown)
{
    json_name(out, name);
    if (!is_shown) {
        json_write_null(out);
        return;
    }
    json_open_array(out);
    json_close_array(out);
}

/* Balances in roe, in the order of the keys. */
static void write_balances(struct json_writer *out, const char *name,
                           const uint64_t *balances, size_t count)
{
    CHECK(balances || !count);
    json_name(out, name);
    json_open_array(out);
    for (size_t i = 0; i < count; i++)
        json_write_u64(out, balances[i]);
    json_close_array(out);
}

/* Only token accounts; "accountIndex" is the place of the account's key. */
static void write_token_balances(struct json_writer *out, const char *name,
                                 const struct token_balance *tokens,
                                 size_t count)
{
    CHECK(tokens || !count);
    json_name(out, name);
    json_open_array(out);
    for (size_t i = 0; i < count; i++) {
        json_open_object(out);
        json_field_u64(out, "accountIndex", tokens[i].index);
        rpc_field_key(out, "mint", &tokens[i].mint);
        rpc_field_key(out, "owner", &tokens[i].owner);
        rpc_field_key(out, "programId", &TOKEN_PROGRAM_ID);
        json_name(out, "uiTokenAmount");
        rpc_write_token_amount(out, tokens[i].amount, tokens[i].decimals);
        json_close_object(out);
    }
    json_close_array(out);
}

/* The data that a program returned last. */
void rpc_write_return_data(struct json_writer *out,
                           const struct bank_result *result)
{
    if (!result->return_data.size) {
        json_write_null(out);
        return;
    }
    struct buffer text = {0};
    base64_encode(result->return_data, &text);
    json_open_object(out);
    json_name(out, "data");
    json_open_array(out);
    json_write_bytes(out, buffer_view(&text));
    json_write_text(out, "base64");
    json_close_array(out);
    rpc_field_key(out, "programId", &result->return_program);
    json_close_object(out);
    buffer_free(&text);
}

/* Keys from lookup tables; writable ones stand first in the record. A legacy
 * message has the field, too, with empty arrays. */
static void write_loaded(struct json_writer *out,
                         const struct transaction *transaction,
                         const struct bank_result *result)
{
    size_t at = transaction->key_count;
    size_t writable_end = at + transaction->lookup_writable_count;
    json_name(out, "loadedAddresses");
    json_open_object(out);
    json_name(out, "writable");
    json_open_array(out);
    for (; at < writable_end && at < result->key_count; at++)
        rpc_write_key(out, &result->keys[at]);
    json_close_array(out);
    json_name(out, "readonly");
    json_open_array(out);
    for (; at < result->key_count; at++)
        rpc_write_key(out, &result->keys[at]);
    json_close_array(out);
    json_close_object(out);
}

/* The balances before are those before the fee. With details "accounts" only
 * fields about balances are shown. jsonParsed has the loaded addresses among
 * its account keys. */
void rpc_write_meta(struct json_writer *out,
                    const struct transaction *transaction,
                    const struct bank_result *result,
                    const struct rpc_transaction_options *options)
{
    json_open_object(out);
    json_name(out, "err");
    transaction_status_json(out, result->status);
    json_name(out, "status");
    rpc_write_status(out, result->status);
    json_field_u64(out, "fee", result->fee);
    write_balances(out, "preBalances", result->balances_before,
                   result->key_count);
    write_balances(out, "postBalances", result->balances_after,
                   result->key_count);
    write_token_balances(out, "preTokenBalances", result->tokens_before,
                         result->tokens_before_count);
    write_token_balances(out, "postTokenBalances", result->tokens_after,
                         result->tokens_after_count);
    if (options->details != RPC_DETAILS_ACCOUNTS) {
        json_name(out, "innerInstructions");
        rpc_write_inner_instructions(
            out, result, options->encoding == RPC_ENCODING_JSON_PARSED);
        json_name(out, "logMessages");
        rpc_write_log(out, result);
        write_none(out, "rewards", options->show_rewards);
        if (options->encoding != RPC_ENCODING_JSON_PARSED)
            write_loaded(out, transaction, result);
        json_field_u64(out, "computeUnitsConsumed", result->compute_units);
        if (result->return_data.size) {
            json_name(out, "returnData");
            rpc_write_return_data(out, result);
        }
    } else if (options->show_rewards) {
        write_none(out, "rewards", true);
    }
    json_close_object(out);
}
