/*
 * The parts that every method needs: the call's envelope, the snapshot, and
 * errors.
 */
#include "settlement/rpc/rpc_request.h"

#include "base/check.h"
#include "base/error.h"
#include <math.h>
#include <stdarg.h>
#include <stdio.h>

/* These are macros only for the analyzer (rpc_request.h). */
#undef rpc_fail
#undef rpc_fail_status
#undef rpc_wrong_type

/* ---- Errors ---- */

int rpc_fail(struct rpc_request *request, enum rpc_code code,
             const char *format, ...)
{
    char text[ERR_TEXT_SIZE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    request->error_code = code;
    request->error_message = arena_text(&request->arena, bytes_text(text));
    return ERR_REMOTE;
}

int rpc_fail_status(struct rpc_request *request, int status)
{
    CHECK(status < 0);
    if (request->error_code) /* the error has its words already */
        return status;
    bool is_callers =
        status == ERR_INVALID || status == ERR_RANGE || status == ERR_LIMIT;
    return rpc_fail(request,
                    is_callers ? RPC_INVALID_PARAMS : RPC_INTERNAL_ERROR, "%s",
                    err_text());
}

/* A value of another type, in the words of serde, which reads parameters on
 * Solana; expected is serde's word for the type. A number outside the expected
 * ones is a wrong value; all else is a wrong type. */
int rpc_wrong_type(struct rpc_request *request, struct json_object *value,
                   const char *expected)
{
    struct buffer what = {0};
    const char *mistake = "type";
    switch (json_object_get_type(value)) {
    case json_type_boolean:
        buffer_format(&what, "boolean `%s`",
                      json_object_get_boolean(value) ? "true" : "false");
        break;
    case json_type_int:
        buffer_format(&what, "integer `%s`", json_object_get_string(value));
        if (!strcmp(expected, "u64"))
            mistake = "value";
        break;
    case json_type_double:
        buffer_format(&what, "floating point `%s`",
                      json_object_get_string(value));
        break;
    case json_type_string:
        buffer_format(&what, "string \"%.60s\"", json_object_get_string(value));
        break;
    case json_type_array:
        buffer_text(&what, "sequence");
        break;
    case json_type_object:
        buffer_text(&what, "map");
        break;
    default:
        buffer_text(&what, "null");
    }
    int status = rpc_fail(request, RPC_INVALID_PARAMS,
                          "Invalid params: invalid %s: %s, expected %s.",
                          mistake, buffer_string(&what), expected);
    buffer_free(&what);
    return status;
}

/* ---- The snapshot ---- */

int rpc_view(struct rpc_request *request, struct ledger_view **out)
{
    int status = 0;
    if (!request->view)
        status = ledger_view_open(request->options->ledger, request->level,
                                  &request->view);
    *out = request->view;
    return status ? rpc_fail_status(request, status) : 0;
}

enum ledger_level rpc_level_of(const struct ledger_view *view, uint64_t slot)
{
    if (slot <= ledger_view_height(view, LEDGER_FINALIZED)->slot)
        return LEDGER_FINALIZED;
    return slot <= ledger_view_height(view, LEDGER_CONFIRMED)->slot
               ? LEDGER_CONFIRMED
               : LEDGER_PROCESSED;
}

/* The data of a rendered account is made here, even if only part of it is shown
 * later. */
int rpc_find_account(struct rpc_request *request, const struct pubkey *key,
                     struct account *out)
{
    struct ledger_view *view;
    int status = rpc_view(request, &view);
    if (status)
        return status;
    if (request->after) {
        status = bank_after_account(request->after, key, &request->arena, out);
        if (!status && !out->lamports)
            return ERR_NOT_FOUND;
        if (status != ERR_NOT_FOUND)
            return status ? rpc_fail_status(request, status) : 0;
    }
    status = bank_account(ledger_view_bank(view), ledger_view_state(view), key,
                          &request->arena, out);
    if (status && status != ERR_NOT_FOUND)
        return rpc_fail_status(request, status);
    return status;
}

/* ---- Items ---- */

void rpc_items_begin(struct rpc_request *request, struct arena *outer)
{
    *outer = request->arena;
    request->arena = (struct arena){0};
}

void rpc_items_next(struct rpc_request *request)
{
    CHECK(!request->error_message);
    arena_reset(&request->arena);
}

void rpc_items_end(struct rpc_request *request, struct arena *outer)
{
    if (request->error_message)
        request->error_message =
            arena_text(outer, bytes_text(request->error_message));
    arena_free(&request->arena);
    request->arena = *outer;
}

/* ---- Calls ---- */

/* An id is a text, a number or null (JSON-RPC 2.0, section 4). A whole number
 * that does not fit 64 bits could not be sent back unchanged. */
static bool id_is_valid(struct json_object *id)
{
    switch (json_object_get_type(id)) {
    case json_type_null:
    case json_type_string:
    case json_type_int:
        return true;
    case json_type_double:
        return fabs(json_object_get_double(id)) < 0x1p63;
    default:
        return false;
    }
}

/* The only members that a request may have (Solana's server is as strict). */
static bool members_are_known(struct json_object *object)
{
    json_object_object_foreach(object, name, value)
    {
        (void)value;
        if (strcmp(name, "jsonrpc") && strcmp(name, "id") &&
            strcmp(name, "method") && strcmp(name, "params"))
            return false;
    }
    return true;
}

/* The name of the method in a request's object; NULL if the object is not a
 * request. The caller refuses a request without a version. */
static struct json_object *method_name(struct json_object *object,
                                       bool *has_version)
{
    struct json_object *version = NULL, *name = NULL, *params = NULL;
    json_object_object_get_ex(object, "jsonrpc", &version);
    json_object_object_get_ex(object, "method", &name);
    json_object_object_get_ex(object, "params", &params);
    bool is_version =
        !version || (json_object_is_type(version, json_type_string) &&
                     !strcmp(json_object_get_string(version), "2.0"));
    bool is_structured = !params ||
                         json_object_is_type(params, json_type_array) ||
                         json_object_is_type(params, json_type_object);
    *has_version = version != NULL;
    return is_version && is_structured &&
                   json_object_is_type(name, json_type_string) &&
                   members_are_known(object)
               ? name
               : NULL;
}

int rpc_envelope_read(struct rpc_request *request, struct json_object *object,
                      struct rpc_envelope *out)
{
    bool has_version = false;
    *out = (struct rpc_envelope){.id = NULL};
    if (json_object_is_type(object, json_type_object)) {
        out->has_id = json_object_object_get_ex(object, "id", &out->id);
        if (id_is_valid(out->id))
            out->method = method_name(object, &has_version);
        else
            out->id = NULL;
    }
    if (!out->method)
        return rpc_fail(request, RPC_INVALID_REQUEST, "Invalid request");
    if (out->has_id && !has_version)
        return rpc_fail(request, RPC_INVALID_REQUEST,
                        "Unsupported JSON-RPC protocol version");
    json_object_object_get_ex(object, "params", &request->params);
    return 0;
}
