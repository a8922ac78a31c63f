/*
 * Transactions coming in: sendTransaction, simulateTransaction, and those that
 * the endpoint signs for a private network's faucet (rpc_send.h).
 *
 * The cheapest checks of a transaction come first: its text, its form, its
 * signatures, then a simulation on the bank of a commitment (the "preflight").
 * Only then the mempool gets the transaction. The preflight helps the sender:
 * it says what would fail and why, without a fee. It promises nothing, because
 * the block is made later and on another state; skipPreflight leaves it out.
 *
 * The execution gets only checked signatures. Those of sendTransaction are
 * checked before the method runs, together with those of other calls that came
 * at the same time (rpc.c).
 *
 * A simulation is an execution without a commit, on a state of its own over the
 * request's view. It does not delay the thread that makes blocks.
 */
#include "settlement/rpc/rpc_send.h"
#include "settlement/rpc/rpc_account.h"
#include "settlement/rpc/rpc_instruction.h"
#include "settlement/rpc/rpc_transaction.h"

#include "base/check.h"
#include "base/error.h"
#include "settlement/chain/mempool.h"
#include "settlement/format/system_instruction.h"
#include "settlement/format/transaction.h"
#include "settlement/format/well_known.h"

/* The name of an incoming transaction in Solana's errors. */
#define TRANSACTION_TYPE "solana_transaction::versioned::VersionedTransaction"

/* Accounts that a simulation may return; Solana's limit of locks. */
#define SIMULATED_ACCOUNTS_MAX 64

/* Read the options of both methods that reading the transaction needs. */
static int read_options(struct rpc_request *request, struct rpc_config *out)
{
    int status = rpc_config_open(request, 1, out);
    return status ? status : rpc_config_transaction(request, out);
}

/* A transaction that is invalid on any state, or names an address that no
 * lookup table has, is not a failed simulation: its parameters are wrong. */
static int fail_invalid(struct rpc_request *request,
                        enum transaction_error error)
{
    struct buffer words = {0};
    transaction_status_text(transaction_status_of(error), &words);
    int status = rpc_fail(request, RPC_INVALID_PARAMS,
                          "invalid transaction: %s", buffer_string(&words));
    buffer_free(&words);
    return status;
}

static bool is_unresolved(struct transaction_status status)
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
            fail_invalid(request, TRANSACTION_SANITIZE_FAILURE);
        else if (status)
            rpc_fail(request, RPC_INVALID_PARAMS,
                     "failed to deserialize " TRANSACTION_TYPE ": %s",
                     err_text());
    }
    buffer_free(&wire);
    return status;
}

static int read_transaction(struct rpc_request *request,
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

/* The error's "data" is that of a failed simulation, so the client gets the
 * log. */
static int fail_preflight(struct rpc_request *request,
                          const struct bank_result *result)
{
    struct json_writer *data = &request->error_data;
    json_open_object(data);
    json_field_null(data, "accounts");
    json_name(data, "err");
    transaction_status_json(data, result->status);
    json_field_null(data, "innerInstructions");
    json_name(data, "logs");
    rpc_write_log(data, result);
    json_field_null(data, "replacementBlockhash");
    json_name(data, "returnData");
    rpc_write_return_data(data, result);
    json_field_u64(data, "unitsConsumed", result->compute_units);
    json_close_object(data);
    struct buffer words = {0};
    transaction_status_text(result->status, &words);
    int status =
        rpc_fail(request, RPC_PREFLIGHT_FAILURE,
                 "Transaction simulation failed: %s", buffer_string(&words));
    buffer_free(&words);
    return status;
}

/* By the request's bank; transactions that wait before this one may change the
 * answer. */
static bool can_pay(struct rpc_request *request,
                    const struct transaction *transaction)
{
    struct account payer;
    return !rpc_find_account(request, &transaction->keys[0], &payer) &&
           payer.lamports >= bank_fee(transaction);
}

/* Hand it to the mempool. Whether its blockhash is good is asked of the newest
 * bank, whatever the commitment: the next block stands on that one. Two results
 * are errors: a wrong signature, and a full mempool, after which a client may
 * try again. */
static int enqueue(struct rpc_request *request, struct transaction *transaction)
{
    CHECK(request->view);
    struct mempool *mempool = request->options->mempool;
    if (!mempool)
        return rpc_fail(request, RPC_INTERNAL_ERROR,
                        "This endpoint takes no transactions");
    struct bank *newest =
        ledger_newest(request->options->ledger, LEDGER_PROCESSED);
    int status = can_pay(request, transaction)
                     ? mempool_add(mempool, transaction, newest)
                     : mempool_add_last(mempool, transaction, newest);
    bank_release(newest);
    switch (status) {
    case ERR_DENIED:
        return rpc_fail(request, RPC_SIGNATURE_FAILURE,
                        "Transaction signature verification failure");
    case ERR_FULL:
        /* Solana's data of this code says how far the node is behind. */
        json_open_object(&request->error_data);
        json_field_null(&request->error_data, "numSlotsBehind");
        json_close_object(&request->error_data);
        return rpc_fail(request, RPC_NODE_UNHEALTHY,
                        "Too many transactions wait; try again later");
    default:
        /* A transaction that waits already, or is too old to be executed, gets
         * its signature as the answer, as on Solana. Its status shows the rest
         * later. An error would say that it can't be executed, and who sends it
         * again would make another one though a block may have the first. */
        return 0;
    }
}

/* The options of sendTransaction that choose the bank. As on Solana,
 * "commitment" is not among them, and without a preflight it is the newest. */
static int read_preflight(struct rpc_request *request,
                          const struct rpc_config *config, bool *skip_preflight)
{
    request->level = LEDGER_FINALIZED;
    int status = rpc_config_commitment(request, config, "preflightCommitment");
    if (!status)
        status = rpc_config_bool(request, config, "skipPreflight", false,
                                 skip_preflight);
    if (!status && *skip_preflight)
        request->level = LEDGER_PROCESSED;
    return status;
}

/* [transaction, {encoding?, skipPreflight?, preflightCommitment?,
 * minContextSlot?}?]; base58 if no encoding is named, as on Solana. Only the
 * form of maxRetries is checked: the mempool keeps its transactions. The answer
 * says only that the transaction waits; getSignatureStatuses says whether it
 * was executed. */
static int send_transaction(struct rpc_request *request)
{
    struct transaction *transaction = request->transaction;
    struct rpc_config config;
    struct ledger_view *view;
    bool skip_preflight;
    int status = rpc_config_open(request, 1, &config);
    if (!status)
        status = read_preflight(request, &config, &skip_preflight);
    if (!status)
        status = rpc_config_min_slot(request, &config);
    if (!status)
        status = rpc_view(request, &view);
    if (status)
        return status;
    if (!transaction->is_verified)
        return rpc_fail(request, RPC_SIGNATURE_FAILURE,
                        "Transaction signature verification failure");
    if (!skip_preflight) {
        struct bank_result result;
        status = rpc_simulate(request, transaction, false, &result, NULL);
        if (status)
            return status;
        if (is_unresolved(result.status))
            return fail_invalid(request, result.status.error);
        if (!transaction_status_ok(result.status))
            return fail_preflight(request, &result);
    }
    status = enqueue(request, transaction);
    if (!status)
        rpc_write_signature(&request->out, transaction_id(transaction));
    return status;
}

/* Read the transaction of a call of sendTransaction. Errors of the options come
 * before errors of the transaction. */
static int prepare_transaction(struct rpc_request *request)
{
    struct rpc_config config;
    bool skip_preflight, has_retries;
    uint64_t retries;
    int status = read_options(request, &config);
    if (!status)
        status = read_preflight(request, &config, &skip_preflight);
    if (!status)
        status = rpc_config_u64(request, &config, "maxRetries", &has_retries,
                                &retries);
    request->transaction =
        arena_alloc(&request->arena, sizeof(*request->transaction));
    return status ? status
                  : read_transaction(request, &config, request->transaction);
}

/* ---- simulateTransaction ---- */

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
    status = is_unresolved(result.status)
                 ? fail_invalid(request, result.status.error)
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
    int status = read_options(request, &config);
    if (!status)
        status = rpc_config_bool(request, &config, "sigVerify", false, &verify);
    if (!status)
        status = rpc_config_bool(request, &config, "replaceRecentBlockhash",
                                 false, &replace);
    if (!status)
        status = rpc_config_bool(request, &config, "innerInstructions", false,
                                 &show_inner);
    if (!status)
        status = read_transaction(request, &config, &transaction);
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

/* ---- The faucet's transactions ---- */

/* Signed, and parsed back, so that it is treated as any other transaction. */
static int make_from_faucet(struct rpc_request *request,
                            const struct instruction *instruction,
                            struct transaction *out)
{
    const struct keypair *faucet = request->options->faucet;
    CHECK(request->view && faucet);
    struct buffer wire = {0};
    int status =
        transaction_make(&faucet, 1, instruction, 1,
                         &ledger_view_tip(request->view)->blockhash, &wire);
    if (!status)
        status =
            transaction_parse(arena_bytes(&request->arena, buffer_view(&wire)),
                              &request->arena, out);
    out->is_verified = true; /* it was signed just now */
    buffer_free(&wire);
    return status ? rpc_fail_status(request, status) : 0;
}

int rpc_send_from_faucet(struct rpc_request *request,
                         const struct instruction *instruction, bool is_checked,
                         struct signature *id)
{
    struct transaction transaction;
    struct bank_result result;
    struct ledger_view *view;
    int status = rpc_view(request, &view);
    if (!status)
        status = make_from_faucet(request, instruction, &transaction);
    if (!status && is_checked)
        status = rpc_simulate(request, &transaction, false, &result, NULL);
    if (status)
        return status;
    if (is_checked && !transaction_status_ok(result.status))
        return fail_preflight(request, &result);
    status = enqueue(request, &transaction);
    if (!status && id)
        *id = *transaction_id(&transaction);
    return status;
}

const struct rpc_method rpc_send_methods[] = {
    {"sendTransaction", 1, 2, send_transaction, prepare_transaction},
    {"simulateTransaction", 1, 2, simulate_transaction},
    {0},
};
