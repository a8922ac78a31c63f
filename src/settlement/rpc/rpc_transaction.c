/*
 * Results of transactions: statuses, history, records.
 *
 * All of it is read from the ledger's indexes (signature to place, address to
 * places) and records: nothing is executed again. How sure a transaction is
 * follows from its block's place below the tips of the three levels, which a
 * snapshot remembers.
 *
 * Each transaction shown costs an index look-up and a record. A history walks
 * its address's index from the newest back and reads no more than its limit.
 * Any HTTP thread.
 */
#include "settlement/rpc/rpc_transaction.h"
#include "settlement/rpc/rpc_account.h"

#include "base/base64.h"
#include "base/check.h"
#include "base/error.h"
#include "settlement/bank/nonce_account.h"
#include "settlement/format/system_instruction.h"
#include "settlement/format/well_known.h"

/* Solana's MAX_GET_SIGNATURE_STATUSES_QUERY_ITEMS and
 * MAX_GET_CONFIRMED_SIGNATURES_FOR_ADDRESS2_LIMIT. Clients split larger
 * requests.
 */
#define STATUSES_MAX 256
#define SIGNATURES_LIMIT_MAX 1000

/* Solana's MAX_LOCKOUT_HISTORY: no more confirmations are counted. */
#define CONFIRMATIONS_MAX 31

/* How many certified blocks stand on the block of a slot; null if it is final,
 * which is called rooted on Solana. */
static int write_confirmations(struct rpc_request *request, uint64_t slot)
{
    struct ledger_header header;
    uint64_t certified =
        ledger_view_height(request->view, LEDGER_CONFIRMED)->block_height;
    if (rpc_level_of(request->view, slot) == LEDGER_FINALIZED) {
        json_write_null(&request->out);
        return 0;
    }
    int status = ledger_header(request->view, slot, &header);
    if (status)
        return rpc_fail_status(request, status);
    uint64_t count =
        certified > header.block_height ? certified - header.block_height : 0;
    json_write_u64(&request->out,
                   count < CONFIRMATIONS_MAX ? count : CONFIRMATIONS_MAX);
    return 0;
}

/* One element of getSignatureStatuses. "status" repeats "err" in the form it
 * had before there was an "err". */
static int write_status_of(struct rpc_request *request, uint64_t slot,
                           struct transaction_status status)
{
    struct json_writer *out = &request->out;
    json_open_object(out);
    json_field_text(out, "confirmationStatus",
                    rpc_level_name(rpc_level_of(request->view, slot)));
    json_name(out, "confirmations");
    int failed = write_confirmations(request, slot);
    if (failed)
        return failed;
    json_name(out, "err");
    transaction_status_json(out, status);
    json_field_u64(out, "slot", slot);
    json_name(out, "status");
    rpc_write_status(out, status);
    json_close_object(out);
    return 0;
}

/* The status of one signature, or null where the ledger has none: the
 * transaction waits, was refused, or never came. */
static int write_found_status(struct rpc_request *request, const char *text)
{
    CHECK(request->view);
    struct signature signature;
    struct ledger_place place;
    struct ledger_record record;
    int status = rpc_signature_of_text(request, text, &signature);
    if (status)
        return status;
    status = ledger_find(request->view, &signature, &place);
    if (status == ERR_NOT_FOUND) {
        json_write_null(&request->out);
        return 0;
    }
    if (!status)
        status = ledger_record(request->view, place, &request->arena, &record);
    if (status)
        return rpc_fail_status(request, status);
    return write_status_of(request, place.slot, record.result.status);
}

/* [[signature…], {searchTransactionHistory}?]. The answer has the order of the
 * signatures. It has no commitment: each status says its own, from executed on.
 * searchTransactionHistory changes nothing: the whole index is always searched.
 */
static int get_signature_statuses(struct rpc_request *request)
{
    struct json_object *signatures;
    struct rpc_config config;
    struct ledger_view *view;
    bool search;
    int status = rpc_parameter_array(request, 0, &signatures);
    if (!status)
        status = rpc_config_open(request, 1, &config);
    if (!status && config.object &&
        !json_object_object_get_ex(config.object, "searchTransactionHistory",
                                   NULL))
        status = rpc_fail(request, RPC_INVALID_PARAMS,
                          "Invalid params: missing field "
                          "`searchTransactionHistory`.");
    if (!status)
        status = rpc_config_bool(request, &config, "searchTransactionHistory",
                                 false, &search);
    request->level = LEDGER_PROCESSED;
    if (!status)
        status = rpc_view(request, &view);
    if (status)
        return status;
    size_t count = json_object_array_length(signatures);
    if (count > STATUSES_MAX)
        return rpc_fail(request, RPC_INVALID_PARAMS,
                        "Too many inputs provided; max %d", STATUSES_MAX);
    rpc_open_context(&request->out, ledger_view_tip(view)->slot);
    json_open_array(&request->out);
    for (size_t i = 0; i < count; i++) {
        const char *text;
        status = rpc_element_text(request, signatures, i, &text);
        if (!status)
            status = write_found_status(request, text);
        if (status)
            return status;
    }
    json_close_array(&request->out);
    rpc_close_context(&request->out);
    return 0;
}

/* [signature, {encoding?, maxSupportedTransactionVersion?}? or encoding]. Null
 * for an unknown signature. transactionDetails is an option of blocks; here all
 * is shown. */
static int get_transaction(struct rpc_request *request)
{
    const char *text;
    struct signature signature;
    struct rpc_transaction_options options;
    struct ledger_view *view;
    struct ledger_place place;
    struct ledger_record record;
    uint64_t unix_ms;
    int status = rpc_parameter_text(request, 0, &text);
    if (!status)
        status = rpc_signature_of_text(request, text, &signature);
    if (!status)
        status = rpc_transaction_parameter(request, 1, &options);
    if (!status)
        status = rpc_view(request, &view);
    if (status)
        return status;
    options.details = RPC_DETAILS_FULL;
    options.show_rewards = true; /* not an option of this method */
    status = ledger_find(view, &signature, &place);
    if (status == ERR_NOT_FOUND) {
        json_write_null(&request->out);
        return 0;
    }
    if (!status)
        status = ledger_record(view, place, &request->arena, &record);
    if (!status)
        status = ledger_unix_ms(view, place.slot, &unix_ms);
    if (status)
        return rpc_fail_status(request, status);
    json_open_object(&request->out);
    json_field_u64(&request->out, "blockTime", unix_ms / 1000);
    status = rpc_write_record(request, &request->out, &record, &options);
    json_field_u64(&request->out, "slot", place.slot);
    json_close_object(&request->out);
    return status;
}

/* ---- getSignaturesForAddress ---- */

/* The part of an address's history that is shown, newest first. */
struct history {
    uint64_t limit;
    uint64_t from_slot;         /* what is older is left out */
    struct ledger_place before; /* left out, and what is newer */
    bool has_until;
    struct signature until; /* left out, and what is older */
};

/* "before" and "until" name a transaction by its signature. */
static int read_signature_option(struct rpc_request *request,
                                 const struct rpc_config *config,
                                 const char *name, bool *present,
                                 struct signature *out)
{
    struct json_object *value = NULL;
    if (config->object)
        json_object_object_get_ex(config->object, name, &value);
    *present = value != NULL;
    if (!value)
        return 0;
    if (!json_object_is_type(value, json_type_string))
        return rpc_wrong_type(request, value, "a string");
    return rpc_signature_of_text(request, json_object_get_string(value), out);
}

/* fromSlot and toSlot, both within. Solana does not have them: a client there
 * pages back to the slots that it wants. */
static int read_slots(struct rpc_request *request,
                      const struct rpc_config *config, struct history *out)
{
    bool has_from, has_to;
    uint64_t from_slot, to_slot;
    int status =
        rpc_config_u64(request, config, "fromSlot", &has_from, &from_slot);
    if (!status)
        status = rpc_config_u64(request, config, "toSlot", &has_to, &to_slot);
    if (status)
        return status;
    if (has_from && has_to && from_slot > to_slot)
        return rpc_fail(request, RPC_INVALID_PARAMS,
                        "Invalid slot range: fromSlot is above toSlot");
    if (has_from)
        out->from_slot = from_slot;
    if (has_to && to_slot < out->before.slot)
        out->before = (struct ledger_place){to_slot, UINT32_MAX};
    return 0;
}

/* An unknown "before" gives an empty list, as on Solana: the client wants what
 * is older than a transaction that this node has never seen, or has pruned. */
static int read_history(struct rpc_request *request,
                        const struct rpc_config *config, struct history *out)
{
    CHECK(request->view);
    bool has_limit, has_before;
    struct signature before;
    *out = (struct history){.limit = SIGNATURES_LIMIT_MAX,
                            .before = {UINT64_MAX, UINT32_MAX}};
    uint64_t limit;
    int status = rpc_config_u64(request, config, "limit", &has_limit, &limit);
    if (!status)
        status = read_signature_option(request, config, "before", &has_before,
                                       &before);
    if (!status)
        status = read_signature_option(request, config, "until",
                                       &out->has_until, &out->until);
    if (status)
        return status;
    if (has_limit && (limit == 0 || limit > SIGNATURES_LIMIT_MAX))
        return rpc_fail(request, RPC_INVALID_PARAMS, "Invalid limit; max %d",
                        SIGNATURES_LIMIT_MAX);
    if (has_limit)
        out->limit = limit;
    if (has_before)
        status = ledger_find(request->view, &before, &out->before);
    if (status == ERR_NOT_FOUND)
        out->before = (struct ledger_place){0, 0}; /* nothing is older */
    else if (status)
        return rpc_fail_status(request, status);
    return read_slots(request, config, out);
}

/* An entry without the transaction itself, but with its memo, which wallets
 * show in lists. */
static int write_history_item(struct rpc_request *request,
                              struct ledger_place place,
                              const struct signature *signature)
{
    CHECK(request->view);
    struct ledger_record record;
    uint64_t unix_ms;
    struct json_writer *out = &request->out;
    int status = ledger_record(request->view, place, &request->arena, &record);
    if (!status)
        status = ledger_unix_ms(request->view, place.slot, &unix_ms);
    if (status)
        return rpc_fail_status(request, status);
    json_open_object(out);
    json_field_u64(out, "blockTime", unix_ms / 1000);
    json_field_text(out, "confirmationStatus",
                    rpc_level_name(rpc_level_of(request->view, place.slot)));
    json_name(out, "err");
    transaction_status_json(out, record.result.status);
    json_name(out, "memo");
    rpc_write_memo(out, &record, &request->arena);
    rpc_field_signature(out, "signature", signature);
    json_field_u64(out, "slot", place.slot);
    json_close_object(out);
    return 0;
}

/* Ends at the limit, at "until", below "fromSlot" or at the index's end,
 * whichever comes first.
 * An "until" that is not in the history never ends it. */
static int write_history(struct rpc_request *request,
                         const struct pubkey *address,
                         const struct history *history)
{
    CHECK(request->view);
    struct ledger_walk *walk;
    struct ledger_place place;
    struct signature signature;
    int status =
        ledger_walk_open(request->view, address, history->before, &walk);
    if (status)
        return rpc_fail_status(request, status);
    for (uint64_t i = 0; !status && i < history->limit; i++) {
        status = ledger_walk_next(walk, &place, &signature);
        if (status || place.slot < history->from_slot ||
            (history->has_until &&
             !memcmp(signature.bytes, history->until.bytes,
                     sizeof(signature.bytes))))
            break;
        status = write_history_item(request, place, &signature);
    }
    ledger_walk_close(walk);
    return status == ERR_NOT_FOUND ? 0 : status;
}

/* [address, {limit?, before?, until?, fromSlot?, toSlot?}?], newest first. The
 * address may be that of an account, a program or a mint. */
static int get_signatures_for_address(struct rpc_request *request)
{
    struct pubkey address;
    struct rpc_config config;
    struct history history;
    struct ledger_view *view;
    int status = rpc_parameter_key(request, 0, &address);
    if (!status)
        status = rpc_config(request, 1, &config);
    if (!status)
        status = rpc_require_confirmed(request);
    if (!status)
        status = rpc_view(request, &view);
    if (!status)
        status = read_history(request, &config, &history);
    if (status)
        return status;
    json_open_array(&request->out);
    status = write_history(request, &address, &history);
    json_close_array(&request->out);
    return status;
}

/* ---- Fees ---- */

/* Is the message's blockhash a durable nonce? Then its first instruction
 * advances the nonce account that holds it. */
static bool has_durable_nonce(struct rpc_request *request,
                              const struct transaction *transaction)
{
    struct account account;
    struct nonce nonce;
    if (!transaction->instruction_count)
        return false;
    const struct transaction_instruction *first = &transaction->instructions[0];
    if (!pubkey_equal(&transaction->keys[first->program_index],
                      &SYSTEM_PROGRAM_ID) ||
        first->data.size < 4 ||
        u32le_read(first->data.data) != SYSTEM_ADVANCE_NONCE_ACCOUNT ||
        !first->accounts.size ||
        first->accounts.data[0] >= transaction->key_count)
        return false;
    const struct pubkey *key = &transaction->keys[first->accounts.data[0]];
    return !rpc_find_account(request, key, &account) &&
           pubkey_equal(&account.owner, &SYSTEM_PROGRAM_ID) &&
           !nonce_decode(account.data, &nonce) && nonce.initialized &&
           hash_equal(&nonce.value, transaction->recent_blockhash);
}

/* [message in base64, options?] gives roe in a context. Null for a message
 * whose blockhash is not valid, as on Solana: it would be refused, and so costs
 * nothing. The message needs no signatures, because the fee counts those that
 * it requires. */
static int get_fee_for_message(struct rpc_request *request)
{
    const char *text;
    struct rpc_config config;
    struct ledger_view *view;
    struct buffer message = {0};
    struct transaction transaction;
    static const char type[] = "solana_message::versions::VersionedMessage";
    int status = rpc_parameter_text(request, 0, &text);
    if (!status)
        status = rpc_decode_packet(request, text, RPC_ENCODING_BASE64, type,
                                   &message);
    if (!status)
        status = rpc_config(request, 1, &config);
    if (!status)
        status = rpc_view(request, &view);
    if (!status) {
        status = transaction_parse_message(buffer_view(&message),
                                           &request->arena, &transaction);
        if (status == ERR_RANGE)
            rpc_fail(request, RPC_INVALID_PARAMS,
                     "invalid transaction message: %s", err_text());
        else if (status)
            rpc_fail(request, RPC_INVALID_PARAMS,
                     "failed to deserialize %s: %s", type, err_text());
    }
    if (!status) {
        rpc_open_context(&request->out, ledger_view_tip(view)->slot);
        if (bank_is_blockhash_valid(ledger_view_bank(view),
                                    transaction.recent_blockhash, NULL) ||
            has_durable_nonce(request, &transaction))
            json_write_u64(&request->out, bank_fee(&transaction));
        else
            json_write_null(&request->out);
        rpc_close_context(&request->out);
    }
    buffer_free(&message);
    return status;
}

/* [options?] gives how many transactions were processed since the genesis,
 * including failed ones: the bank's own counter, which the state hash covers.
 */
static int get_transaction_count(struct rpc_request *request)
{
    const struct bank_info *tip;
    int status = rpc_tip(request, 0, &tip);
    if (!status)
        json_write_u64(&request->out, tip->transaction_count);
    return status;
}

/* The methods of confirmed transactions are older names, which older clients
 * still call. */
const struct rpc_method rpc_transaction_methods[] = {
    {"getConfirmedSignaturesForAddress2", 1, 2, get_signatures_for_address},
    {"getConfirmedTransaction", 1, 2, get_transaction},
    {"getFeeForMessage", 1, 2, get_fee_for_message},
    {"getRecentPrioritizationFees", 0, 1, rpc_recent_prioritization_fees},
    {"getSignatureStatuses", 1, 2, get_signature_statuses},
    {"getSignaturesForAddress", 1, 2, get_signatures_for_address},
    {"getTransaction", 1, 2, get_transaction},
    {"getTransactionCount", 0, 1, get_transaction_count},
    {0},
};
