/*
 * Transactions that are read and simulated: simulateTransaction, and what
 * sending shares with it (rpc_send.h).
 *
 * A simulation is an execution without a commit, on a state of its own over the
 * request's view. It does not delay the thread that makes blocks.
 */
#include "settlement/rpc/rpc_account.h"
#include "settlement/rpc/rpc_instruction.h"
#include "settlement/rpc/rpc_send.h"
#include "settlement/rpc/rpc_transaction.h"

#include "base/check.h"
#include "base/error.h"
#include "settlement/format/transaction.h"

/* The name of an incoming transaction in Solana's errors. */
#define TRANSACTION_TYPE "solana_transaction::versioned::VersionedTransaction"

/* Accounts that a simulation may return; Solana's limit of locks. */
#define SIMULATED_ACCOUNTS_MAX 64

/* Read the options of both methods that reading the transaction needs. */
int rpc_transaction_config(struct rpc_request *request, struct rpc_config *out)
{
    int status = rpc_config_open(request, 1, out);
    return status ? status : rpc_config_transaction(request, out);
}

/* A transaction that is invalid on any state, or names an address that no
 * lookup table has, is not a failed simulation: its parameters are wrong. */
int rpc_fail_invalid(struct rpc_request *request, enum transaction_error error)
{
    struct buffer words = {0};
    transaction_status_text(transaction_status_of(error), &words);
    int status = rpc_fail(request, RPC_INVALID_PARAMS,
                          "invalid transaction: %s", buffer_string(&words));
    buffer_free(&words);
    return status;
}

bool rpc_is_unresolved(struct transaction_status status)
{
    return status.error == TRANSACTION_ADDRESS_LOOKUP_TABLE_NOT_FOUND ||
           status.error == TRANSACTION_INVALID_ADDRESS_LOOKUP_TABLE_OWNER ||
           status.error == TRANSACTION_INVALID_ADDRESS_LOOKUP_TABLE_DATA ||
           status.error == TRANSACTION_INVALID_ADDRESS_LOOKUP_TABLE_INDEX;
}

/* Decode and parse the transaction in params[0]; wire lies in the arena. There
 * are two errors, as on Solana: the bytes do not parse, or the transaction
 * parses and is invalid. */
int rpc_read_transaction(struct rpc_request *request,
                         enum rpc_encoding encoding, struct transaction *out)
{
    const char *text;
    struct buffer wire = {0};
    int status = rpc_parameter_text(request, 0, &text);
    if (status)
        return status;
    status =
        rpc_decode_packet(request, text, encoding, TRANSACTION_TYPE, &wire);
    if (!status) {
        struct bytes kept = arena_bytes(&request->arena, buffer_view(&wire));
        status = transaction_parse(kept, &request->arena, out);
        if (status == ERR_RANGE)
            rpc_fail_invalid(request, TRANSACTION_SANITIZE_FAILURE);
        else if (status)
            rpc_fail(request, RPC_INVALID_PARAMS,
                     "failed to deserialize " TRANSACTION_TYPE ": %s",
                     err_text());
    }
    buffer_free(&wire);
    return status;
}

int rpc_config_read_transaction(struct rpc_request *request,
                                const struct rpc_config *config,
                                struct transaction *out)
{
    return rpc_read_transaction(
        request, config->has_encoding ? config->encoding : RPC_ENCODING_BASE58,
        out);
}

/* A limit of compute units, because simulations keep a thread busy. */
int rpc_simulate(struct rpc_request *request,
                 const struct transaction *transaction, bool replace_blockhash,
                 struct bank_result *result, struct bank_after *after)
{
    CHECK(request->view && request->units_left);
    if (!*request->units_left)
        return rpc_fail(request, RPC_INTERNAL_ERROR,
                        "The batch's transactions use too many compute units");
    bank_simulate(ledger_view_bank(request->view),
                  ledger_view_base(request->view), transaction,
                  replace_blockhash, &request->arena, result, after);
    *request->units_left -= result->compute_units < *request->units_left
                                ? result->compute_units
                                : *request->units_left;
    return 0;
}

/* ---- The method ---- */

/* An account as the transaction left it, also without lamports, as on Solana;
 * or as in the snapshot if the transaction did not load it.
 */
static int write_simulated(struct rpc_request *request,
                           const struct pubkey *key,
                           const struct rpc_config *config)
{
    CHECK(request->after);
    struct account account;
    int status =
        bank_after_account(request->after, key, &request->arena, &account);
    if (status == ERR_NOT_FOUND)
        status = rpc_find_account(request, key, &account);
    if (status == ERR_NOT_FOUND) {
        json_write_null(&request->out);
        return 0;
    }
    if (status)
        return rpc_fail_status(request, status);
    return rpc_write_account(request, &request->out, key, &account, config);
}

/* "accounts": {"encoding":…,"addresses":[…]}: null without it, an account or
 * null for each address with it. After a failed simulation all are null.
 * key_count is that of the transaction, because the result of a refused one has
 * no keys. */
static int write_simulated_accounts(struct rpc_request *request,
                                    const struct rpc_config *config,
                                    size_t key_count)
{
    struct json_object *addresses;
    struct rpc_config how = {.object = NULL};
    if (config->object)
        json_object_object_get_ex(config->object, "accounts", &how.object);
    if (!how.object) {
        json_write_null(&request->out);
        return 0;
    }
    if (!json_object_is_type(how.object, json_type_object))
        return rpc_wrong_type(request, how.object,
                              "struct RpcSimulateTransactionAccountsConfig");
    if (!json_object_object_get_ex(how.object, "addresses", &addresses))
        return rpc_fail(request, RPC_INVALID_PARAMS,
                        "Invalid params: missing field `addresses`.");
    if (!json_object_is_type(addresses, json_type_array))
        return rpc_wrong_type(request, addresses, "a sequence");
    int status = rpc_config_account(request, &how);
    if (status)
        return status;
    how.has_slice = false; /* not an option here */
    if (!how.has_encoding)
        how.encoding = RPC_ENCODING_BASE64;
    how.has_encoding = true;
    if (how.encoding == RPC_ENCODING_BINARY ||
        how.encoding == RPC_ENCODING_BASE58)
        return rpc_fail(request, RPC_INVALID_PARAMS,
                        "base58 encoding not supported");
    size_t count = json_object_array_length(addresses);
    if (count > SIMULATED_ACCOUNTS_MAX || count > key_count)
        return rpc_fail(request, RPC_INVALID_PARAMS,
                        "Too many accounts provided; max %zu", key_count);
    json_open_array(&request->out);
    for (size_t i = 0; i < count; i++) {
        const char *text;
        struct pubkey key;
        status = rpc_element_text(request, addresses, i, &text);
        bool is_failed = !request->after->accounts;
        if (!status && !is_failed)
            status = rpc_key_of_text(request, text, &key);
        if (!status && is_failed)
            json_write_null(&request->out);
        else if (!status)
            status = write_simulated(request, &key, &how);
        if (status)
            return status;
    }
    json_close_array(&request->out);
    return 0;
}

/* The blockhash the simulation took in place of the transaction's own. */
static void write_replacement(struct rpc_request *request)
{
    CHECK(request->view);
    const struct bank_info *tip = ledger_view_tip(request->view);
    json_open_object(&request->out);
    rpc_field_hash(&request->out, "blockhash", &tip->blockhash);
    json_field_u64(&request->out, "lastValidBlockHeight",
                   tip->block_height + tip->blockhash_blocks);
    json_close_object(&request->out);
}

/* A simulation that fails is a success of this method; "err" says so. */
static int write_simulation(struct rpc_request *request,
                            const struct rpc_config *config,
                            const struct bank_result *result, size_t key_count,
                            bool replace_blockhash, bool show_inner)
{
    struct json_writer *out = &request->out;
    rpc_open_context(out, ledger_view_tip(request->view)->slot);
    json_open_object(out);
    json_name(out, "accounts");
    int status = write_simulated_accounts(request, config, key_count);
    if (status)
        return status;
    json_name(out, "err");
    transaction_status_json(out, result->status);
    json_name(out, "innerInstructions");
    if (show_inner)
        rpc_write_inner_instructions(out, result, true);
    else
        json_write_null(out);
    json_name(out, "logs");
    rpc_write_log(out, result);
    json_name(out, "replacementBlockhash");
    if (replace_blockhash)
        write_replacement(request);
    else
        json_write_null(out);
    json_name(out, "returnData");
    rpc_write_return_data(out, result);
    json_field_u64(out, "unitsConsumed", result->compute_units);
    json_close_object(out);
    rpc_close_context(out);
    return 0;
}

/* The accounts that the simulation leaves stand before the snapshot's while it
 * is shown, because the form of one may depend on another (a token account's
 * decimals are its mint's). */
static int show_simulation(struct rpc_request *request,
                           const struct rpc_config *config,
                           const struct transaction *transaction,
                           bool replace_blockhash, bool show_inner)
{
    struct bank_result result;
    struct bank_after after;
    int status =
        rpc_simulate(request, transaction, replace_blockhash, &result, &after);
    if (status)
        return status;
    request->after = &after;
    status = rpc_is_unresolved(result.status)
                 ? rpc_fail_invalid(request, result.status.error)
                 : write_simulation(request, config, &result,
                                    result.key_count ? result.key_count
                                                     : transaction->key_count,
                                    replace_blockhash, show_inner);
    request->after = NULL;
    bank_after_close(&after);
    return status;
}

/* [transaction, {encoding?, sigVerify?, replaceRecentBlockhash?, accounts?,
 * innerInstructions?}?]. sigVerify and a replaced blockhash exclude each other,
 * since signatures are over the blockhash. Without sigVerify signatures may be
 * empty, because wallets simulate before they sign. */
static int simulate_transaction(struct rpc_request *request)
{
    struct rpc_config config;
    struct transaction transaction;
    struct ledger_view *view;
    bool verify, replace, show_inner;
    int status = rpc_transaction_config(request, &config);
    if (!status)
        status = rpc_config_bool(request, &config, "sigVerify", false, &verify);
    if (!status)
        status = rpc_config_bool(request, &config, "replaceRecentBlockhash",
                                 false, &replace);
    if (!status)
        status = rpc_config_bool(request, &config, "innerInstructions", false,
                                 &show_inner);
    if (!status)
        status = rpc_config_read_transaction(request, &config, &transaction);
    if (!status)
        status = rpc_config_min_slot(request, &config);
    if (!status && verify && replace)
        status = rpc_fail(request, RPC_INVALID_PARAMS,
                          "sigVerify may not be used with "
                          "replaceRecentBlockhash");
    if (!status)
        status = rpc_view(request, &view);
    if (status)
        return status;
    if (verify && !transaction_verify(&transaction))
        return rpc_fail(request, RPC_SIGNATURE_FAILURE,
                        "Transaction signature verification failure");
    return show_simulation(request, &config, &transaction, replace, show_inner);
}

const struct rpc_method rpc_simulate_methods[] = {
    {"simulateTransaction", 1, 2, simulate_transaction},
    {0},
};
