/*
 * Transactions coming in: sendTransaction, and those that the endpoint signs
 * for a private network's faucet (rpc_send.h).
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
        if (rpc_is_unresolved(result.status))
            return rpc_fail_invalid(request, result.status.error);
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
    int status = rpc_transaction_config(request, &config);
    if (!status)
        status = read_preflight(request, &config, &skip_preflight);
    if (!status)
        status = rpc_config_u64(request, &config, "maxRetries", &has_retries,
                                &retries);
    request->transaction =
        arena_alloc(&request->arena, sizeof(*request->transaction));
    return status ? status
                  : rpc_config_read_transaction(request, &config,
                                                request->transaction);
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
    {0},
};
