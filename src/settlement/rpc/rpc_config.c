/*
 * The options object that many methods take, and the words in it.
 *
 * Unknown fields are ignored, as Solana ignores them: newer clients send
 * options that older nodes do not know. A field of the wrong type is refused.
 *
 * Any HTTP thread; nothing is kept.
 */
#include "settlement/rpc/rpc_request.h"

#include "base/check.h"
#include "base/error.h"
#include <inttypes.h>

/* A field of the options object; NULL if it is absent or null, or if there is
 * no object. */
static struct json_object *field(const struct rpc_config *config,
                                 const char *name)
{
    struct json_object *value = NULL;
    if (config->object)
        json_object_object_get_ex(config->object, name, &value);
    return value;
}

/* An absent field, or null, means the method's default. */
int rpc_config_bool(struct rpc_request *request,
                    const struct rpc_config *config, const char *name,
                    bool fallback, bool *out)
{
    struct json_object *value = field(config, name);
    *out = fallback;
    if (!value)
        return 0;
    if (!json_object_is_type(value, json_type_boolean))
        return rpc_wrong_type(request, value, "a boolean");
    *out = json_object_get_boolean(value);
    return 0;
}

int rpc_config_u64(struct rpc_request *request, const struct rpc_config *config,
                   const char *name, bool *present, uint64_t *out)
{
    struct json_object *value = field(config, name);
    *present = value != NULL;
    return value ? rpc_u64_of(request, value, out) : 0;
}

int rpc_config_key(struct rpc_request *request, const struct rpc_config *config,
                   const char *name, bool *present, struct pubkey *out)
{
    struct json_object *value = field(config, name);
    *present = value != NULL;
    if (!value)
        return 0;
    if (!json_object_is_type(value, json_type_string))
        return rpc_wrong_type(request, value, "a string");
    return rpc_key_of_text(request, json_object_get_string(value), out);
}

/* ---- Commitments ---- */

static const struct rpc_word commitments[] = {{"processed", LEDGER_PROCESSED},
                                              {"confirmed", LEDGER_CONFIRMED},
                                              {"finalized", LEDGER_FINALIZED},
                                              {NULL, 0}};

const char *rpc_level_name(enum ledger_level level)
{
    CHECK(level < LEDGER_LEVELS);
    return commitments[level].name;
}

/* Solana's older names, which K2's client sends; errors do not list them. */
static const struct rpc_word old_commitments[] = {
    {"recent", LEDGER_PROCESSED},       {"single", LEDGER_CONFIRMED},
    {"singleGossip", LEDGER_CONFIRMED}, {"root", LEDGER_FINALIZED},
    {"max", LEDGER_FINALIZED},          {NULL, 0}};

static bool find_commitment(const char *text, const struct rpc_word *words,
                            enum ledger_level *out)
{
    for (; words->name; words++) {
        if (!strcmp(text, words->name)) {
            *out = (enum ledger_level)words->value;
            return true;
        }
    }
    return false;
}

/* What is read from here on is read at that level. */
static void set_level(struct rpc_request *request, enum ledger_level level)
{
    CHECK(!request->view);
    request->level = level;
}

/* False: no known word, and nothing has changed. */
static bool take_commitment(struct rpc_request *request, const char *text)
{
    enum ledger_level level;
    if (!find_commitment(text, commitments, &level) &&
        !find_commitment(text, old_commitments, &level))
        return false;
    set_level(request, level);
    return true;
}

static int require_commitment(struct rpc_request *request,
                              struct json_object *value)
{
    if (!json_object_is_type(value, json_type_string))
        return rpc_wrong_type(request, value, "string or map");
    const char *text = json_object_get_string(value);
    return take_commitment(request, text)
               ? 0
               : rpc_unknown_word(request, text, commitments);
}

int rpc_commitment(struct rpc_request *request, size_t index)
{
    struct json_object *value = NULL, *object = rpc_parameter(request, index);
    if (!object)
        return 0;
    if (!json_object_is_type(object, json_type_object))
        return rpc_wrong_type(request, object, "struct CommitmentConfig");
    if (!json_object_object_get_ex(object, "commitment", &value))
        return rpc_fail(request, RPC_INVALID_PARAMS,
                        "Invalid params: missing field `commitment`.");
    return require_commitment(request, value);
}

int rpc_config_commitment(struct rpc_request *request,
                          const struct rpc_config *config, const char *name)
{
    struct json_object *value = field(config, name);
    return value ? require_commitment(request, value) : 0;
}

/* If it is absent, the method's default stays. */
static int read_encoding(struct rpc_request *request, struct rpc_config *config,
                         struct json_object *value,
                         const struct rpc_word *words)
{
    int encoding;
    if (!value)
        return 0;
    int status = rpc_read_word(request, value, words, &encoding);
    if (status)
        return status;
    config->has_encoding = true;
    config->encoding = (enum rpc_encoding)encoding;
    return 0;
}

/* "dataSlice": both numbers are required, in bytes of the data. A slice beyond
 * its end is empty and no error, as on Solana. */
static int read_slice(struct rpc_request *request, struct rpc_config *config)
{
    struct json_object *value = field(config, "dataSlice");
    if (!value)
        return 0;
    if (!json_object_is_type(value, json_type_object))
        return rpc_wrong_type(request, value, "struct UiDataSliceConfig");
    struct rpc_config slice = {.object = value};
    bool has_offset, has_length;
    int status = rpc_config_u64(request, &slice, "offset", &has_offset,
                                &config->slice_offset);
    if (!status)
        status = rpc_config_u64(request, &slice, "length", &has_length,
                                &config->slice_length);
    if (status)
        return status;
    if (!has_offset || !has_length)
        return rpc_fail(request, RPC_INVALID_PARAMS,
                        "Invalid params: missing field `%s`.",
                        has_offset ? "length" : "offset");
    config->has_slice = true;
    return 0;
}

/* A client that has seen a slot at another node wants no answer from before
 * that slot. The error's data holds the newest slot of this node. */
int rpc_config_min_slot(struct rpc_request *request,
                        const struct rpc_config *config)
{
    uint64_t least;
    bool is_given;
    int status =
        rpc_config_u64(request, config, "minContextSlot", &is_given, &least);
    if (status || !is_given)
        return status;
    struct ledger_view *view;
    status = rpc_view(request, &view);
    if (status)
        return status;
    uint64_t slot = ledger_view_tip(view)->slot;
    if (least <= slot)
        return 0;
    json_open_object(&request->error_data);
    json_field_u64(&request->error_data, "contextSlot", slot);
    json_close_object(&request->error_data);
    return rpc_fail(request, RPC_MIN_CONTEXT_SLOT_NOT_REACHED,
                    "Minimum context slot has not been reached");
}

/* Among other options Solana ignores a commitment that does not parse. */
int rpc_config_open(struct rpc_request *request, size_t index,
                    struct rpc_config *out)
{
    *out = (struct rpc_config){.object = rpc_parameter(request, index)};
    if (!out->object)
        return 0;
    if (!json_object_is_type(out->object, json_type_object))
        return rpc_wrong_type(request, out->object, "a config object");
    struct json_object *value = field(out, "commitment");
    if (json_object_is_type(value, json_type_string))
        take_commitment(request, json_object_get_string(value));
    return 0;
}

int rpc_config_account(struct rpc_request *request, struct rpc_config *config)
{
    static const struct rpc_word words[] = {
        {"binary", RPC_ENCODING_BINARY},
        {"base58", RPC_ENCODING_BASE58},
        {"base64", RPC_ENCODING_BASE64},
        {"jsonParsed", RPC_ENCODING_JSON_PARSED},
        {"base64+zstd", RPC_ENCODING_BASE64_ZSTD},
        {NULL, 0}};
    int status =
        read_encoding(request, config, field(config, "encoding"), words);
    return status ? status : read_slice(request, config);
}

int rpc_transaction_encoding(struct rpc_request *request,
                             struct rpc_config *config,
                             struct json_object *value)
{
    static const struct rpc_word words[] = {
        {"binary", RPC_ENCODING_BINARY},
        {"base64", RPC_ENCODING_BASE64},
        {"base58", RPC_ENCODING_BASE58},
        {"json", RPC_ENCODING_JSON},
        {"jsonParsed", RPC_ENCODING_JSON_PARSED},
        {NULL, 0}};
    return read_encoding(request, config, value, words);
}

int rpc_config_transaction(struct rpc_request *request,
                           struct rpc_config *config)
{
    return rpc_transaction_encoding(request, config, field(config, "encoding"));
}

/* The check of the snapshot comes last, because it is the only costly one. */
int rpc_config(struct rpc_request *request, size_t index,
               struct rpc_config *out)
{
    int status = rpc_config_open(request, index, out);
    return status ? status : rpc_config_min_slot(request, out);
}

int rpc_account_config(struct rpc_request *request, size_t index,
                       struct rpc_config *out)
{
    int status = rpc_config_open(request, index, out);
    if (!status)
        status = rpc_config_account(request, out);
    return status ? status : rpc_config_min_slot(request, out);
}

int rpc_require_confirmed(struct rpc_request *request)
{
    if (request->level != LEDGER_PROCESSED)
        return 0;
    return rpc_fail(request, RPC_INVALID_PARAMS,
                    "Method does not support commitment below `confirmed`");
}

/* getSlot and similar methods need no more of their options than this. */
int rpc_tip(struct rpc_request *request, size_t index,
            const struct bank_info **out)
{
    struct rpc_config config;
    struct ledger_view *view;
    int status = rpc_config(request, index, &config);
    if (!status)
        status = rpc_view(request, &view);
    if (!status)
        *out = ledger_view_tip(view);
    return status;
}
