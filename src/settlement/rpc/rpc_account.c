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

#include "base/base64.h"
#include "base/check.h"
#include "base/error.h"
#include "settlement/bank/token_state.h"
#include "settlement/format/well_known.h"
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

/* In the words of Solana's RpcFilterError. */
static int too_many_bytes(struct rpc_request *request)
{
    return rpc_fail(request, RPC_INVALID_PARAMS, "Invalid param: DataTooLarge");
}

/* A filter's bytes as an array of numbers: newer clients in Rust send them so.
 */
static int read_raw_bytes(struct rpc_request *request,
                          struct json_object *numbers, struct arena *arena,
                          struct bytes *out)
{
    size_t count = json_object_array_length(numbers);
    if (count > RPC_FILTER_BYTES_MAX)
        return too_many_bytes(request);
    uint8_t bytes[RPC_FILTER_BYTES_MAX];
    for (size_t i = 0; i < count; i++) {
        uint64_t value;
        if (!json_is_u64(json_object_array_get_idx(numbers, i), &value) ||
            value > UINT8_MAX)
            return rpc_fail(request, RPC_INVALID_PARAMS,
                            "Invalid params: data did not match any variant of "
                            "untagged enum DataType.");
        bytes[i] = (uint8_t)value;
    }
    *out = arena_bytes(arena, bytes_make(bytes, count));
    return 0;
}

/* The text's length is limited before it is decoded, the bytes after. */
static int read_encoded_bytes(struct rpc_request *request, const char *text,
                              enum rpc_encoding how, struct arena *arena,
                              struct bytes *out)
{
    /* The longest texts of 128 bytes. */
    enum { BASE58_MAX = 175, BASE64_MAX = 172 };
    bool is_base64 = how == RPC_ENCODING_BASE64;
    struct buffer bytes = {0}, why = {0};
    if (strlen(text) > (is_base64 ? BASE64_MAX : BASE58_MAX))
        return too_many_bytes(request);
    int status = is_base64 ? base64_decode(bytes_text(text), &bytes)
                           : base58_decode(bytes_text(text), &bytes);
    if (status) {
        rpc_decode_error(text, how, &why);
        rpc_fail(request, RPC_INVALID_PARAMS,
                 "Invalid param: %sDecodeError(%s)",
                 is_base64 ? "Base64" : "Base58", buffer_string(&why));
    } else if (bytes.size > RPC_FILTER_BYTES_MAX) {
        status = too_many_bytes(request);
    } else {
        *out = arena_bytes(arena, buffer_view(&bytes));
    }
    buffer_free(&bytes);
    buffer_free(&why);
    return status;
}

/* {"offset":n,"bytes":text or numbers,"encoding":…}. If no encoding is named,
 * or "bytes", a text is base58, as on Solana.
 */
static int read_memcmp(struct rpc_request *request, struct json_object *filter,
                       struct arena *arena, struct rpc_filters *out)
{
    const struct rpc_config config = {.object = filter};
    static const struct rpc_word words[] = {{"base58", RPC_ENCODING_BASE58},
                                            {"base64", RPC_ENCODING_BASE64},
                                            {"bytes", RPC_ENCODING_BASE58},
                                            {NULL, 0}};
    struct json_object *bytes = NULL, *encoding = NULL;
    int how = RPC_ENCODING_BASE58;
    uint64_t offset;
    bool has_offset;
    if (!json_object_is_type(filter, json_type_object))
        return rpc_wrong_type(request, filter, "struct Memcmp");
    int status =
        rpc_config_u64(request, &config, "offset", &has_offset, &offset);
    if (status)
        return status;
    json_object_object_get_ex(filter, "bytes", &bytes);
    json_object_object_get_ex(filter, "encoding", &encoding);
    if (!has_offset || !bytes)
        return rpc_fail(request, RPC_INVALID_PARAMS,
                        "Invalid params: missing field `%s`.",
                        has_offset ? "bytes" : "offset");
    if (encoding)
        status = rpc_read_word(request, encoding, words, &how);
    if (status)
        return status;
    out->items[out->count].offset = offset;
    struct bytes *to = &out->items[out->count++].bytes;
    if (json_object_is_type(bytes, json_type_array))
        return read_raw_bytes(request, bytes, arena, to);
    if (!json_object_is_type(bytes, json_type_string))
        return rpc_fail(request, RPC_INVALID_PARAMS,
                        "Invalid params: data did not match any variant of "
                        "untagged enum DataType.");
    return read_encoded_bytes(request, json_object_get_string(bytes),
                              (enum rpc_encoding)how, arena, to);
}

/* The kinds of filters by their names, in the order of Solana's. */
enum { FILTER_DATA_SIZE, FILTER_MEMCMP, FILTER_TOKEN_ACCOUNT_STATE };

static const struct rpc_word filter_words[] = {
    {"dataSize", FILTER_DATA_SIZE},
    {"memcmp", FILTER_MEMCMP},
    {"tokenAccountState", FILTER_TOKEN_ACCOUNT_STATE},
    {NULL, 0}};

/* The name of a filter: a text, or an object of one member whose value *inner
 * is. */
static int read_filter_name(struct rpc_request *request,
                            struct json_object *filter,
                            struct json_object **inner, int *out)
{
    *inner = NULL;
    if (!json_object_is_type(filter, json_type_object))
        return rpc_read_word(request, filter, filter_words, out);
    if (json_object_object_length(filter) != 1)
        return rpc_fail(request, RPC_INVALID_PARAMS,
                        "Invalid params: invalid value: map, expected map "
                        "with a single key.");
    struct json_object_iterator first = json_object_iter_begin(filter);
    const char *name = json_object_iter_peek_name(&first);
    *inner = json_object_iter_peek_value(&first);
    for (const struct rpc_word *word = filter_words; word->name; word++) {
        if (!strcmp(name, word->name)) {
            *out = word->value;
            return 0;
        }
    }
    return rpc_unknown_word(request, name, filter_words);
}

/* One filter: {"memcmp":…}, {"dataSize":n} or "tokenAccountState", which serde
 * also reads from a member that is null. */
static int read_filter(struct rpc_request *request, struct json_object *filter,
                       struct arena *arena, struct rpc_filters *out)
{
    struct json_object *inner;
    bool is_text = json_object_is_type(filter, json_type_string);
    uint64_t size;
    int kind = FILTER_DATA_SIZE;
    int status = read_filter_name(request, filter, &inner, &kind);
    if (status)
        return status;
    if (kind == FILTER_TOKEN_ACCOUNT_STATE) {
        if (inner)
            return rpc_wrong_type(request, inner, "unit");
        out->items[out->count++].kind = RPC_FILTER_TOKEN_ACCOUNT;
        return 0;
    }
    if (is_text)
        return rpc_fail(request, RPC_INVALID_PARAMS,
                        "Invalid params: invalid type: unit variant, expected "
                        "newtype variant.");
    if (kind == FILTER_MEMCMP)
        return read_memcmp(request, inner, arena, out);
    if (!json_is_u64(inner, &size))
        return rpc_wrong_type(request, inner, "u64");
    out->items[out->count].kind = RPC_FILTER_SIZE;
    out->items[out->count++].size = size;
    return 0;
}

/* The bytes of the filters live in arena, since a subscription's outlive the
 * request. */
int rpc_read_filters(struct rpc_request *request,
                     const struct rpc_config *config, struct arena *arena,
                     struct rpc_filters *out)
{
    struct json_object *filters = NULL;
    *out = (struct rpc_filters){0};
    if (config->object)
        json_object_object_get_ex(config->object, "filters", &filters);
    if (!filters)
        return 0;
    if (!json_object_is_type(filters, json_type_array))
        return rpc_wrong_type(request, filters, "a sequence");
    size_t count = json_object_array_length(filters);
    if (count > RPC_FILTERS_MAX)
        return rpc_fail(request, RPC_INVALID_PARAMS,
                        "Too many filters provided; max %d", RPC_FILTERS_MAX);
    int status = 0;
    for (size_t i = 0; !status && i < count; i++)
        status = read_filter(request, json_object_array_get_idx(filters, i),
                             arena, out);
    return status;
}

/* All of them must match. A comparison that reaches past the data does not
 * match. */
bool rpc_filters_match(const struct rpc_filters *filters, uint64_t size,
                       struct bytes beginning)
{
    for (size_t i = 0; i < filters->count; i++) {
        uint64_t offset = filters->items[i].offset;
        struct bytes bytes = filters->items[i].bytes;
        if (filters->items[i].kind == RPC_FILTER_SIZE) {
            if (filters->items[i].size != size)
                return false;
            continue;
        }
        if (filters->items[i].kind == RPC_FILTER_TOKEN_ACCOUNT) {
            struct token_record record;
            if (size != TOKEN_ACCOUNT_SIZE || beginning.size < size ||
                token_account_load(bytes_make(beginning.data, size), &record) !=
                    TOKEN_LOADED)
                return false;
            continue;
        }
        if (offset > beginning.size || bytes.size > beginning.size - offset)
            return false;
        if (bytes.size &&
            memcmp(beginning.data + offset, bytes.data, bytes.size))
            return false;
    }
    return true;
}

/* In bytes from the beginning; 0 if all filters are about sizes. An offset near
 * 2^64 reaches up to 2^64, beyond any data. The filter of token accounts adds
 * nothing, because rendered data is never a token account's. */
static uint64_t filters_reach(const struct rpc_filters *filters)
{
    uint64_t reach = 0;
    for (size_t i = 0; i < filters->count; i++) {
        if (filters->items[i].kind != RPC_FILTER_MEMCMP)
            continue;
        uint64_t end = filters->items[i].offset;
        if (__builtin_add_overflow(end, filters->items[i].bytes.size, &end))
            end = UINT64_MAX;
        if (end > reach)
            reach = end;
    }
    return reach;
}

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
    uint64_t reach = filters_reach(filters);
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
        status = rpc_read_filters(request, &search.config, &request->arena,
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
