/*
 * Parameters of RPC methods: read from JSON. Errors have Solana's words,
 * because clients match on them.
 *
 * There is a reader for each type and no table of each method's parameters:
 * methods differ in what may be left out and in what depends on what. Methods
 * call the readers in order and report the first error, as Solana's do.
 *
 * Any HTTP thread; nothing is kept.
 */
#include "settlement/rpc/rpc_request.h"

#include "base/check.h"
#include "base/error.h"
#include <inttypes.h>

struct json_object *rpc_parameter(const struct rpc_request *request,
                                  size_t index)
{
    if (!request->params)
        return NULL;
    CHECK(json_object_is_type(request->params, json_type_array));
    return json_object_array_get_idx(request->params, index);
}

/* A NUL in a text would hide the rest of the text from code that compares or
 * decodes it. No word, key or encoding has a NUL. */
static bool has_nul(struct json_object *value)
{
    if (json_object_is_type(value, json_type_string))
        return strlen(json_object_get_string(value)) !=
               (size_t)json_object_get_string_len(value);
    if (json_object_is_type(value, json_type_array)) {
        for (size_t i = 0; i < json_object_array_length(value); i++)
            if (has_nul(json_object_array_get_idx(value, i)))
                return true;
    } else if (json_object_is_type(value, json_type_object)) {
        json_object_object_foreach(value, name, member)
        {
            (void)name;
            if (has_nul(member))
                return true;
        }
    }
    return false;
}

/* The words are those of Solana's server library, which knows three kinds of
 * methods: without parameters, with some that may be left out, and with a fixed
 * number. Each kind has its own words for the same mistake. */
int rpc_parameters_check(struct rpc_request *request,
                         const struct rpc_method *method)
{
    CHECK(method->required <= method->most);
    if (request->params &&
        !json_object_is_type(request->params, json_type_array))
        return rpc_fail(request, RPC_INVALID_PARAMS,
                        "`params` should be an array");
    if (has_nul(request->params))
        return rpc_fail(request, RPC_INVALID_PARAMS,
                        "Invalid params: a text has a NUL in it.");
    size_t count =
        request->params ? json_object_array_length(request->params) : 0;
    if (method->most == 0)
        return count == 0 ? 0
                          : rpc_fail(request, RPC_INVALID_PARAMS,
                                     "Invalid parameters: No parameters were "
                                     "expected");
    if (method->required == method->most && !request->params)
        return rpc_fail(request, RPC_INVALID_PARAMS,
                        "Invalid params: invalid type: null, expected a tuple "
                        "of size %u.",
                        method->most);
    if (method->required == method->most && count < method->most)
        return rpc_fail(request, RPC_INVALID_PARAMS,
                        "Invalid params: invalid length %zu, expected a tuple "
                        "of size %u.",
                        count, method->most);
    if (method->required == method->most && count > method->most)
        return rpc_fail(request, RPC_INVALID_PARAMS,
                        "Invalid params: invalid length %zu, expected fewer "
                        "elements in array.",
                        count);
    if (count < method->required)
        return rpc_fail(request, RPC_INVALID_PARAMS,
                        "`params` should have at least %u argument(s)",
                        method->required);
    if (count > method->most)
        return rpc_fail(request, RPC_INVALID_PARAMS,
                        "Invalid parameters: Expected from %u to %u "
                        "parameters.",
                        method->required, method->most);
    return 0;
}

int rpc_wrong_form(struct rpc_request *request, const char *name)
{
    return rpc_fail(request, RPC_INVALID_PARAMS,
                    "Invalid params: data did not match any variant of "
                    "untagged enum %s.",
                    name);
}

/* The text may be long: code that decodes it limits it first. */
int rpc_parameter_text(struct rpc_request *request, size_t index,
                       const char **out)
{
    struct json_object *value = rpc_parameter(request, index);
    if (!json_object_is_type(value, json_type_string))
        return rpc_wrong_type(request, value, "a string");
    *out = json_object_get_string(value);
    return 0;
}

int rpc_u64_of(struct rpc_request *request, struct json_object *value,
               uint64_t *out)
{
    return json_is_u64(value, out) ? 0 : rpc_wrong_type(request, value, "u64");
}

int rpc_parameter_u64(struct rpc_request *request, size_t index, uint64_t *out)
{
    return rpc_u64_of(request, rpc_parameter(request, index), out);
}

/* Solana's two errors: the text has not 32 bytes, or is not base58. */
int rpc_key_of_text(struct rpc_request *request, const char *text,
                    struct pubkey *out)
{
    /* 44 characters are the longest a key can have; decoding more would
     * only cost time. */
    if (strlen(text) >= BASE58_KEY_SIZE)
        return rpc_fail(request, RPC_INVALID_PARAMS,
                        "Invalid param: WrongSize");
    struct buffer key = {0};
    int status = base58_decode(bytes_text(text), &key);
    if (status)
        rpc_fail(request, RPC_INVALID_PARAMS, "Invalid param: Invalid");
    else if (key.size != sizeof(out->bytes))
        status =
            rpc_fail(request, RPC_INVALID_PARAMS, "Invalid param: WrongSize");
    else
        memcpy(out->bytes, key.data, sizeof(out->bytes));
    buffer_free(&key);
    return status;
}

/* The same two errors as of keys: not 64 bytes, or not base58. */
int rpc_signature_of_text(struct rpc_request *request, const char *text,
                          struct signature *out)
{
    struct buffer bytes = {0};
    bool is_long = strlen(text) >= BASE58_SIGNATURE_SIZE;
    bool is_base58 = !is_long && !base58_decode(bytes_text(text), &bytes);
    bool is_whole = is_base58 && bytes.size == sizeof(out->bytes);
    if (is_whole)
        memcpy(out->bytes, bytes.data, sizeof(out->bytes));
    buffer_free(&bytes);
    if (is_whole)
        return 0;
    return rpc_fail(request, RPC_INVALID_PARAMS, "Invalid param: %s",
                    is_long || is_base58 ? "WrongSize" : "Invalid");
}

int rpc_parameter_key(struct rpc_request *request, size_t index,
                      struct pubkey *out)
{
    const char *text;
    int status = rpc_parameter_text(request, index, &text);
    return status ? status : rpc_key_of_text(request, text, out);
}

int rpc_parameter_array(struct rpc_request *request, size_t index,
                        struct json_object **out)
{
    struct json_object *value = rpc_parameter(request, index);
    if (!json_object_is_type(value, json_type_array))
        return rpc_wrong_type(request, value, "a sequence");
    *out = value;
    return 0;
}

int rpc_element_text(struct rpc_request *request, struct json_object *array,
                     size_t index, const char **out)
{
    CHECK(index < json_object_array_length(array));
    struct json_object *value = json_object_array_get_idx(array, index);
    if (!json_object_is_type(value, json_type_string))
        return rpc_wrong_type(request, value, "a string");
    *out = json_object_get_string(value);
    return 0;
}

/* ---- Words ---- */

/* Lists the words as serde does: two with "or", more with "one of". */
int rpc_unknown_word(struct rpc_request *request, const char *name,
                     const struct rpc_word *words)
{
    struct buffer known = {0};
    size_t count = 0;
    while (words[count].name)
        count++;
    CHECK(count);
    for (size_t i = 0; i < count; i++)
        buffer_format(&known, "%s`%s`",
                      i == 0       ? ""
                      : count == 2 ? " or "
                                   : ", ",
                      words[i].name);
    int status =
        rpc_fail(request, RPC_INVALID_PARAMS,
                 "Invalid params: unknown variant `%.40s`, expected %s%s.",
                 name, count > 2 ? "one of " : "", buffer_string(&known));
    buffer_free(&known);
    return status;
}

int rpc_read_word(struct rpc_request *request, struct json_object *value,
                  const struct rpc_word *words, int *out)
{
    if (!json_object_is_type(value, json_type_string))
        return rpc_wrong_type(request, value, "string or map");
    const char *text = json_object_get_string(value);
    for (size_t i = 0; words[i].name; i++) {
        if (!strcmp(text, words[i].name)) {
            *out = words[i].value;
            return 0;
        }
    }
    return rpc_unknown_word(request, text, words);
}
