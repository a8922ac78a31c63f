/*
 * Reads filters from JSON and tries them on data.
 *
 * Any HTTP thread, and the loop's for PubSub.
 */
#include "settlement/rpc/rpc_filters.h"

#include "base/base64.h"
#include "base/error.h"
#include "settlement/bank/token_state.h"

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

int rpc_filters_read(struct rpc_request *request,
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
uint64_t rpc_filters_reach(const struct rpc_filters *filters)
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
