/*
 * The methods about accounts.
 *
 * An account is shown as it is in the request's snapshot: with the data that
 * its program renders, or the bytes of its row. Data is copied only into the
 * answer. The one form (rpc_write_account()) serves all methods, simulation and
 * PubSub.
 *
 * getProgramAccounts is the costly one. There is no index by owner, which
 * Solana's nodes have by choice, because each write would pay for it. So the
 * method walks all accounts, and tries its filters before it writes out a
 * rendered account. The size of an answer is limited (RPC_ANSWER_MAX); the time
 * of a walk grows with the number of accounts.
 *
 * Any HTTP thread; nothing waits for the writer.
 */
#include "settlement/rpc/rpc_account.h"

#include "base/check.h"
#include "base/error.h"
#include "settlement/format/well_known.h"
#include "settlement/rpc/rpc_filters.h"
#include "settlement/rpc/rpc_parsed.h"
#include "settlement/task/task_render.h"

/* Accounts in one getMultipleAccounts: Solana's MAX_MULTIPLE_ACCOUNTS. */
#define MULTIPLE_ACCOUNTS_MAX 100

/* The part of the data that was asked for; all of it without a slice. */
static struct bytes slice(struct bytes data, const struct rpc_config *config)
{
    if (!config->has_slice)
        return data;
    if (config->slice_offset >= data.size)
        return bytes_make(data.data, 0);
    size_t left = data.size - (size_t)config->slice_offset;
    return bytes_make(data.data + config->slice_offset,
                      config->slice_length < left ? (size_t)config->slice_length
                                                  : left);
}

/* Answers are built in memory, so their size is limited. */
static int too_large(struct rpc_request *request)
{
    return rpc_fail(request, RPC_INTERNAL_ERROR,
                    "The answer would be larger than %u bytes; use filters or "
                    "dataSlice",
                    RPC_ANSWER_MAX);
}

/* If the options name no encoding, the default is the oldest one. jsonParsed
 * falls back to base64 for data that has no parsed form. The limit is checked
 * after each account, so an answer exceeds it by one account at most. On an
 * error the writer stands in the middle of a value: nothing more may be written
 * to it. */
int rpc_write_account(struct rpc_request *request, struct json_writer *out,
                      const struct pubkey *key, const struct account *account,
                      const struct rpc_config *config)
{
    enum rpc_encoding encoding =
        config->has_encoding ? config->encoding : RPC_ENCODING_BINARY;
    json_open_object(out);
    json_name(out, "data");
    bool is_parsed = encoding == RPC_ENCODING_JSON_PARSED &&
                     rpc_write_parsed_data(request, out, key, account);
    int status = 0;
    struct bytes data = slice(account->data, config);
    if (!is_parsed && config->is_notified)
        status = rpc_write_data_or_note(request, out, data, encoding);
    else if (!is_parsed)
        status = rpc_write_data(request, out, data, encoding);
    if (status)
        return status;
    json_field_bool(out, "executable", account->executable);
    json_field_u64(out, "lamports", account->lamports);
    rpc_field_key(out, "owner", &account->owner);
    /* Rent-exempt for ever: Solana's RENT_EXEMPT_RENT_EPOCH. */
    json_field_u64(out, "rentEpoch", UINT64_MAX);
    json_field_u64(out, "space", account->space);
    json_close_object(out);
    return out->out->size > RPC_ANSWER_MAX ? too_large(request) : 0;
}

bool rpc_account_is_listed(struct rpc_request *request,
                           const struct pubkey *key,
                           const struct account *account,
                           const struct rpc_config *config)
{
    if (!config->has_encoding || config->encoding != RPC_ENCODING_JSON_PARSED ||
        !pubkey_equal(&account->owner, &TOKEN_PROGRAM_ID))
        return true;
    struct buffer text = {0};
    struct json_writer out = json_writer_make(&text);
    bool is_parsed = rpc_write_parsed_data(request, &out, key, account);
    buffer_free(&text);
    return is_parsed;
}

/* Write the account, or null, as a value or an element of an array. */
static int write_found(struct rpc_request *request, const struct pubkey *key,
                       const struct rpc_config *config)
{
    struct account account;
    int status = rpc_find_account(request, key, &account);
    if (status == ERR_NOT_FOUND) {
        json_write_null(&request->out);
        return 0;
    }
    if (status)
        return status;
    return rpc_write_account(request, &request->out, key, &account, config);
}

/* [key, {encoding?, dataSlice?, commitment?, minContextSlot?}?] gives the
 * account in a context. An account that is not there is null and no error. */
static int get_account_info(struct rpc_request *request)
{
    struct pubkey key;
    struct rpc_config config;
    struct ledger_view *view;
    int status = rpc_parameter_key(request, 0, &key);
    if (!status)
        status = rpc_account_config(request, 1, &config);
    if (!status)
        status = rpc_view(request, &view);
    if (status)
        return status;
    rpc_open_context(&request->out, ledger_view_tip(view)->slot);
    status = write_found(request, &key, &config);
    if (!status)
        rpc_close_context(&request->out);
    return status;
}

/* [key, options?] gives lamports in a context. An account that is not there has
 * 0. */
static int get_balance(struct rpc_request *request)
{
    struct pubkey key;
    struct rpc_config config;
    struct account account;
    int status = rpc_parameter_key(request, 0, &key);
    if (!status)
        status = rpc_config(request, 1, &config);
    if (status)
        return status;
    status = rpc_find_account(request, &key, &account);
    if (status && status != ERR_NOT_FOUND)
        return status;
    rpc_open_context(&request->out, ledger_view_tip(request->view)->slot);
    json_write_u64(&request->out, status ? 0 : account.lamports);
    rpc_close_context(&request->out);
    return 0;
}

/* [[key…], options?] gives accounts in a context. All accounts come from one
 * snapshot. Null stands in the place of a missing account, so that places are
 * those of the keys. */
static int get_multiple_accounts(struct rpc_request *request)
{
    struct json_object *keys;
    struct rpc_config config;
    struct ledger_view *view;
    int status = rpc_parameter_array(request, 0, &keys);
    if (!status)
        status = rpc_account_config(request, 1, &config);
    if (status)
        return status;
    size_t count = json_object_array_length(keys);
    if (count > MULTIPLE_ACCOUNTS_MAX)
        return rpc_fail(request, RPC_INVALID_PARAMS,
                        "Too many inputs provided; max %d",
                        MULTIPLE_ACCOUNTS_MAX);
    if (!config.has_encoding) {
        /* Unlike getAccountInfo, this one's default is base64. */
        config.has_encoding = true;
        config.encoding = RPC_ENCODING_BASE64;
    }
    status = rpc_view(request, &view);
    if (status)
        return status;
    rpc_open_context(&request->out, ledger_view_tip(view)->slot);
    json_open_array(&request->out);
    for (size_t i = 0; i < count; i++) {
        struct pubkey key;
        const char *text;
        status = rpc_element_text(request, keys, i, &text);
        if (!status)
            status = rpc_key_of_text(request, text, &key);
        if (!status)
            status = write_found(request, &key, &config);
        /* Data that a slice leaves out was read, too. */
        if (!status && request->arena.used_bytes > RPC_ANSWER_MAX)
            status = too_large(request);
        if (status)
            return status;
    }
    json_close_array(&request->out);
    rpc_close_context(&request->out);
    return 0;
}

/* [bytes] gives lamports. A size that no account can have is refused. */
static int get_minimum_balance(struct rpc_request *request)
{
    uint64_t size;
    int status = rpc_parameter_u64(request, 0, &size);
    if (!status)
        status = rpc_commitment(request, 1);
    if (status)
        return status;
    if (size > ACCOUNT_DATA_SIZE_MAX)
        return rpc_fail(request, RPC_INVALID_REQUEST, "Invalid request");
    json_write_u64(&request->out, rent_minimum_balance(size));
    return 0;
}

/* ---- getProgramAccounts ---- */

/* Do the filters let an account through? Rendering an account costs its whole
 * text, which grows with its task's participants, so its filters are first
 * tried on the beginning alone. Other programs that render have no such short
 * cut.
 */
static int is_wanted(struct rpc_request *request, const struct pubkey *key,
                     const struct account *account,
                     const struct rpc_filters *filters, bool *out)
{
    CHECK(request->view);
    if (!account->rendered) {
        *out = rpc_filters_match(filters, account->space, account->data);
        return 0;
    }
    struct state *state = ledger_view_state(request->view);
    struct buffer beginning = {0};
    uint64_t size;
    int status;
    *out = false;
    if (!pubkey_equal(&account->owner, &KOII_TASK_PROGRAM_ID)) {
        struct bytes data;
        status = bank_account_data(ledger_view_bank(request->view), state, key,
                                   account, &request->arena, &data);
        if (!status)
            *out = rpc_filters_match(filters, data.size, data);
        return status;
    }
    status = task_render_size(state, key, &size);
    uint64_t reach = rpc_filters_reach(filters);
    if (!status && reach <= size)
        status = task_render_beginning(state, key, (size_t)reach, &beginning);
    if (!status)
        *out = rpc_filters_match(filters, size, buffer_view(&beginning));
    buffer_free(&beginning);
    return status;
}

/* {"pubkey":…,"account":…}, with rendered data, which account holds afterwards.
 */
static int write_keyed(struct rpc_request *request, const struct pubkey *key,
                       struct account *account, const struct rpc_config *config)
{
    CHECK(request->view);
    if (account->rendered) {
        int status = bank_account_data(
            ledger_view_bank(request->view), ledger_view_state(request->view),
            key, account, &request->arena, &account->data);
        if (status)
            return rpc_fail_status(request, status);
        account->space = account->data.size;
    }
    json_open_object(&request->out);
    rpc_field_key(&request->out, "pubkey", key);
    json_name(&request->out, "account");
    int status =
        rpc_write_account(request, &request->out, key, account, config);
    if (!status)
        json_close_object(&request->out);
    return status;
}

/* Only this function knows how accounts stand among the rows. If visit fails
 * the request in words of its own, rpc_fail_status() keeps them. */
int rpc_visit_accounts(struct rpc_request *request, const struct pubkey *owner,
                       rpc_account_visit *visit, void *user)
{
    static const uint8_t prefix[] = {ACCOUNT_ROW_PREFIX};
    CHECK(request->view);
    struct state_cursor *cursor =
        state_cursor_open(ledger_view_state(request->view),
                          bytes_make(prefix, 1), (struct bytes){0});
    struct bytes row_key, row;
    struct arena outer;
    int status = 0;
    rpc_items_begin(request, &outer);
    while (!status && state_cursor_next(cursor, &row_key, &row)) {
        struct account account;
        struct pubkey key;
        CHECK(row_key.size == ACCOUNT_KEY_SIZE);
        status = account_decode(row, &account);
        if (status || (owner && !pubkey_equal(&account.owner, owner)))
            continue;
        memcpy(key.bytes, row_key.data + 1, sizeof(key.bytes));
        rpc_items_next(request);
        status = visit(user, &key, &account);
    }
    rpc_items_end(request, &outer);
    state_cursor_close(cursor);
    return status ? rpc_fail_status(request, status) : 0;
}

/* The parameters of getProgramAccounts, for the walk. */
struct program_search {
    struct rpc_request *request;
    struct rpc_config config;
    struct rpc_filters filters;
};

static int write_if_wanted(void *user, const struct pubkey *key,
                           struct account *account)
{
    struct program_search *search = user;
    bool wanted;
    int status =
        is_wanted(search->request, key, account, &search->filters, &wanted);
    if (!status && wanted &&
        rpc_account_is_listed(search->request, key, account, &search->config))
        status = write_keyed(search->request, key, account, &search->config);
    return status;
}

/* [program, {filters?, withContext?, encoding?, dataSlice?}?]. A bare array, or
 * one with a context around it ("withContext"). If the walk fails half-way, all
 * that was written is dropped. */
static int get_program_accounts(struct rpc_request *request)
{
    struct pubkey program;
    struct program_search search = {.request = request};
    struct ledger_view *view;
    bool with_context;
    int status = rpc_parameter_key(request, 0, &program);
    if (!status)
        status = rpc_account_config(request, 1, &search.config);
    if (!status)
        status = rpc_config_bool(request, &search.config, "withContext", false,
                                 &with_context);
    if (!status)
        status = rpc_filters_read(request, &search.config, &request->arena,
                                  &search.filters);
    if (!status)
        status = rpc_view(request, &view);
    if (status)
        return status;
    if (with_context)
        rpc_open_context(&request->out, ledger_view_tip(view)->slot);
    json_open_array(&request->out);
    status = rpc_visit_accounts(request, &program, write_if_wanted, &search);
    if (status)
        return status;
    json_close_array(&request->out);
    if (with_context)
        rpc_close_context(&request->out);
    return 0;
}

const struct rpc_method rpc_account_methods[] = {
    {"getAccountInfo", 1, 2, get_account_info},
    {"getBalance", 1, 2, get_balance},
    {"getMinimumBalanceForRentExemption", 1, 2, get_minimum_balance},
    {"getMultipleAccounts", 1, 2, get_multiple_accounts},
    {"getProgramAccounts", 1, 2, get_program_accounts},
    {0},
};
