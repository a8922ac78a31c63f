/*
 * Surfpool's methods that look at a private network: what was sent lately, what
 * a transaction would do. And those of its methods that have no meaning here:
 * each is answered with the reason.
 *
 * Source: surfpool, crates/core/src/rpc/surfnet_cheatcodes.rs and
 * crates/types/src/types.rs (UiKeyedProfileResult).
 */
#include "settlement/rpc/rpc_account.h"
#include "settlement/rpc/rpc_development.h"
#include "settlement/rpc/rpc_send.h"
#include "settlement/rpc/rpc_transaction.h"

#include "base/check.h"
#include "base/random.h"
#include "settlement/format/transaction.h"

#include <inttypes.h>
#include <stdio.h>

/* ---- surfnet_getLocalSignatures ---- */

#define SIGNATURES_DEFAULT 50
#define SIGNATURES_MAX 1000

/* Blocks that are gone through for them: most of a quiet chain's are empty. */
#define BLOCKS_MAX 100000

/* Those of a block, the last first, until count is limit. */
static int write_block(struct rpc_request *request,
                       const struct ledger_header *header, uint64_t limit,
                       uint64_t *count)
{
    struct json_writer *out = &request->out;
    for (size_t i = header->transaction_count; i > 0 && *count < limit; i--) {
        const struct ledger_place place = {header->slot, (uint32_t)(i - 1)};
        struct transaction transaction;
        struct ledger_record record;
        rpc_items_next(request);
        int status =
            ledger_record(request->view, place, &request->arena, &record);
        if (!status)
            status =
                transaction_parse(record.wire, &request->arena, &transaction);
        if (status)
            return rpc_fail_status(request, status);
        json_open_object(out);
        json_name(out, "err");
        transaction_status_json(out, record.result.status);
        json_name(out, "logs");
        rpc_write_log(out, &record.result);
        rpc_field_signature(out, "signature", transaction_id(&transaction));
        json_close_object(out);
        ++*count;
    }
    return 0;
}

static int write_newest(struct rpc_request *request, uint64_t limit)
{
    uint64_t slot = ledger_view_tip(request->view)->slot, count = 0;
    for (uint64_t i = 0; i < BLOCKS_MAX && count < limit; i++) {
        struct ledger_header header;
        int status = ledger_header(request->view, slot, &header);
        if (status == ERR_NOT_FOUND)
            return 0;
        if (status)
            return rpc_fail_status(request, status);
        status = write_block(request, &header, limit, &count);
        if (status || header.parent_slot >= slot)
            return status;
        slot = header.parent_slot;
    }
    return 0;
}

/* [limit?]: the newest transactions, as a subscription to logs gives them. */
static int get_local_signatures(struct rpc_request *request)
{
    uint64_t limit = SIGNATURES_DEFAULT;
    struct ledger_view *view;
    struct arena outer;
    int status = rpc_require_faucet(request);
    if (!status && rpc_parameter(request, 0))
        status = rpc_parameter_u64(request, 0, &limit);
    if (!status && limit > SIGNATURES_MAX)
        status = rpc_fail(request, RPC_INVALID_PARAMS, "Invalid limit; max %d",
                          SIGNATURES_MAX);
    if (!status)
        status = rpc_view(request, &view);
    if (status)
        return status;
    rpc_open_context(&request->out, ledger_view_tip(view)->slot);
    json_open_array(&request->out);
    rpc_items_begin(request, &outer);
    status = write_newest(request, limit);
    rpc_items_end(request, &outer);
    json_close_array(&request->out);
    rpc_close_context(&request->out);
    return status;
}

/* ---- surfnet_profileTransaction ---- */

/* Of a simulation: as it left the account, or (false) as it was. */
static bool find_account(struct rpc_request *request,
                         const struct bank_after *after,
                         const struct pubkey *key, struct account *out)
{
    int status = after ? bank_after_account(after, key, &request->arena, out)
                       : rpc_find_account(request, key, out);
    err_clear();
    return !status && out->lamports > 0;
}

static bool is_same(const struct account *a, const struct account *b)
{
    return a->lamports == b->lamports && a->space == b->space &&
           pubkey_equal(&a->owner, &b->owner) && bytes_equal(a->data, b->data);
}

/* {"type":"create"|"update"|"delete"|"unchanged","data":…} */
static int write_change(struct rpc_request *request, const struct pubkey *key,
                        const struct bank_after *after,
                        const struct rpc_config *config)
{
    struct json_writer *out = &request->out;
    struct account before, left;
    bool was = find_account(request, NULL, key, &before);
    bool is = after->accounts ? find_account(request, after, key, &left) : was;
    bool has_changed =
        after->accounts && (was != is || (was && !is_same(&before, &left)));
    int status = 0;
    json_open_object(out);
    json_field_text(out, "type",
                    !has_changed ? "unchanged"
                    : !was       ? "create"
                    : is         ? "update"
                                 : "delete");
    json_name(out, "data");
    if (has_changed && was && is)
        json_open_array(out);
    if (was)
        status = rpc_write_account(request, out, key, &before, config);
    if (!status && has_changed && is) {
        request->after = after;
        status = rpc_write_account(request, out, key, &left, config);
        request->after = NULL;
    }
    if (!was && !(has_changed && is))
        json_write_null(out);
    if (has_changed && was && is)
        json_close_array(out);
    json_close_object(out);
    return status;
}

static int write_states(struct rpc_request *request,
                        const struct transaction *transaction,
                        const struct bank_after *after,
                        const struct rpc_config *config)
{
    struct json_writer *out = &request->out;
    int status = 0;
    json_open_object(out);
    for (size_t i = 0; i < transaction->key_count && !status; i++) {
        const struct pubkey *key = &transaction->keys[i];
        bool is_writable = transaction_is_writable(transaction, i);
        json_name(out, PUBKEY_TEXT(key));
        json_open_object(out);
        json_field_text(out, "type", is_writable ? "writable" : "readonly");
        if (is_writable) {
            json_name(out, "accountChange");
            status = write_change(request, key, after, config);
        }
        json_close_object(out);
    }
    json_close_object(out);
    return status;
}

static int write_read_only(struct rpc_request *request,
                           const struct transaction *transaction,
                           const struct rpc_config *config)
{
    struct json_writer *out = &request->out;
    int status = 0;
    json_open_object(out);
    for (size_t i = 0; i < transaction->key_count && !status; i++) {
        const struct pubkey *key = &transaction->keys[i];
        struct account account;
        if (transaction_is_writable(transaction, i) ||
            !find_account(request, NULL, key, &account))
            continue;
        json_name(out, PUBKEY_TEXT(key));
        status = rpc_write_account(request, out, key, &account, config);
    }
    json_close_object(out);
    return status;
}

/* A name of the form that Surfpool's have (UUID, version 4). */
static void write_name(struct json_writer *out)
{
    uint64_t high = random_seed(), low = random_seed();
    char text[48];
    snprintf(text, sizeof(text),
             "%08" PRIx64 "-%04" PRIx64 "-4%03" PRIx64 "-%04" PRIx64
             "-%012" PRIx64,
             high >> 32, high >> 16 & 0xffff, high & 0xfff,
             0x8000 | (low >> 48 & 0x3fff), low & 0xffffffffffff);
    json_field_text(out, "key", text);
}

static void write_error(struct json_writer *out, struct transaction_status how)
{
    struct buffer words = {0};
    json_name(out, "errorMessage");
    if (transaction_status_ok(how)) {
        json_write_null(out);
        return;
    }
    transaction_status_text(how, &words);
    json_write_text(out, buffer_string(&words));
    buffer_free(&words);
}

static int write_profile(struct rpc_request *request,
                         const struct transaction *transaction,
                         const struct bank_result *result,
                         const struct bank_after *after,
                         const struct rpc_config *config)
{
    struct json_writer *out = &request->out;
    uint64_t slot = ledger_view_tip(request->view)->slot;
    rpc_open_context(out, slot);
    json_open_object(out);
    write_name(out);
    json_name(out, "readonlyAccountStates");
    int status = write_read_only(request, transaction, config);
    if (status)
        return status;
    json_field_u64(out, "slot", slot);
    json_name(out, "transactionProfile");
    json_open_object(out);
    json_name(out, "accountStates");
    status = write_states(request, transaction, after, config);
    if (status)
        return status;
    json_field_u64(out, "computeUnitsConsumed", result->compute_units);
    write_error(out, result->status);
    json_name(out, "logMessages");
    rpc_write_log(out, result);
    json_close_object(out);
    json_close_object(out);
    rpc_close_context(out);
    return 0;
}

/* [transaction in base64, tag?, {"encoding"?, "depth"?}?]: what it would do,
 * by the newest blockhash and without its signatures. Nothing is kept under the
 * tag. There are no profiles of single instructions ("depth"). */
static int profile_transaction(struct rpc_request *request)
{
    struct transaction transaction;
    struct rpc_config config;
    struct ledger_view *view;
    struct bank_result result;
    struct bank_after after;
    const char *tag;
    int status = rpc_require_faucet(request);
    if (!status && rpc_parameter(request, 1))
        status = rpc_parameter_text(request, 1, &tag);
    if (!status)
        status = rpc_config_open(request, 2, &config);
    if (!status)
        status = rpc_config_account(request, &config);
    if (!status)
        status =
            rpc_read_transaction(request, RPC_ENCODING_BASE64, &transaction);
    if (!status)
        status = rpc_view(request, &view);
    if (!status)
        status = rpc_simulate(request, &transaction, true, &result, &after);
    if (status)
        return status;
    if (!config.has_encoding)
        config.encoding = RPC_ENCODING_JSON_PARSED;
    config.has_encoding = true;
    status = write_profile(request, &transaction, &result, &after, &config);
    bank_after_close(&after);
    return status;
}

/* ---- What is not offered ---- */

static const struct {
    const char *names; /* between blanks */
    const char *why;
} not_offered[] = {
    {" cloneProgramAccount writeProgram setProgramAuthority ",
     "programs can't be loaded here"},
    {" streamAccount streamAccounts getStreamedAccounts offlineAccount ",
     "no other network stands behind this one; `pond dev clone` copies an "
     "account or a task from one"},
    {" registerIdl getActiveIdl registerScenario ", "nothing here reads IDLs"},
    {" getProfileResultsByTag getTransactionProfile ",
     "profiles are not kept; surfnet_profileTransaction and getTransaction "
     "give one"},
    {" setSupply ", "the supply is the sum of all accounts"},
    {" resetNetwork ", "end the validator and begin one in another folder"},
    {" exportSnapshot ", "`pond snapshot` writes the whole state"},
    {" enableCheatcode disableCheatcode ",
     "whoever reaches this endpoint may do all or nothing: it has the faucet's "
     "key or not"},
    {" getSurfnetInfo ", "there are no runbooks"},
};

const char *rpc_development_why_not(const char *method)
{
    static const char prefix[] = "surfnet_";
    char name[64];
    if (strncmp(method, prefix, strlen(prefix)) != 0)
        return NULL;
    snprintf(name, sizeof(name), " %.60s ", method + strlen(prefix));
    for (size_t i = 0; i < sizeof(not_offered) / sizeof(not_offered[0]); i++)
        if (strstr(not_offered[i].names, name))
            return not_offered[i].why;
    return NULL;
}

const struct rpc_method rpc_development_look_methods[] = {
    {"surfnet_getLocalSignatures", 0, 1, get_local_signatures},
    {"surfnet_profileTransaction", 1, 3, profile_transaction},
    {0},
};
