/*
 * Dispatch. A body is parsed once; each request of a batch gets its own arena
 * and snapshot, so that one request's failure or size never reaches another.
 * Results are written straight into the answer and cut off again on failure:
 * most requests succeed, and this way they cost one pass and no copy.
 */
#include "settlement/rpc_request.h"

#include "base/check.h"
#include "base/error.h"
#include "base/map.h"
#include "base/memory.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* Macros only to the analyzer (rpc_request.h). */
#undef rpc_fail
#undef rpc_fail_status

#define RPC_MAGIC 0x5250434du

struct rpc {
    unsigned magic;
    struct rpc_options options;
    struct map *methods; /* name -> const struct rpc_method * */
};

static const struct rpc_method *const families[] = {
    rpc_account_methods,     rpc_block_methods, rpc_cluster_methods,
    rpc_consensus_methods,   rpc_send_methods,  rpc_task_methods,
    rpc_transaction_methods, rpc_token_methods,
};

struct rpc *rpc_new(const struct rpc_options *options)
{
    CHECK(options->ledger);
    struct rpc *rpc = mem_zero(1, sizeof *rpc);
    rpc->magic = RPC_MAGIC;
    rpc->options = *options;
    rpc->methods = map_new();
    for (size_t i = 0; i < sizeof families / sizeof *families; i++) {
        for (const struct rpc_method *m = families[i]; m->name; m++) {
            const void *before =
                map_put(rpc->methods, bytes_text(m->name), (void *)m);
            CHECK(!before); /* a name stands in one table only */
        }
    }
    return rpc;
}

void rpc_free(struct rpc *rpc)
{
    if (!rpc)
        return;
    CHECK_MAGIC(rpc, RPC_MAGIC);
    map_free(rpc->methods);
    rpc->magic = 0;
    free(rpc);
}

int rpc_fail(struct rpc_request *request, enum rpc_code code,
             const char *format, ...)
{
    char text[ERR_TEXT_SIZE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    request->error_code = code;
    request->error_message = arena_text(&request->arena, bytes_text(text));
    return ERR_REMOTE;
}

int rpc_fail_status(struct rpc_request *request, int status)
{
    CHECK(status < 0);
    if (request->error_code) /* its words are known already */
        return status;
    bool is_callers =
        status == ERR_INVALID || status == ERR_RANGE || status == ERR_LIMIT;
    return rpc_fail(request,
                    is_callers ? RPC_INVALID_PARAMS : RPC_INTERNAL_ERROR, "%s",
                    err_text());
}

int rpc_view(struct rpc_request *request, struct ledger_view **out)
{
    if (!request->view) {
        int status = ledger_view_open(request->options->ledger, &request->view);
        if (status)
            return rpc_fail_status(request, status);
    }
    *out = request->view;
    return 0;
}

static void write_id(struct json_writer *writer, struct json_object *id)
{
    json_name(writer, "id");
    struct buffer text = {0};
    json_text(id, &text);
    json_write_raw(writer, buffer_view(&text));
    buffer_free(&text);
}

static void write_error(struct json_writer *writer, enum rpc_code code,
                        const char *message, struct bytes data,
                        struct json_object *id)
{
    json_open_object(writer);
    json_field_text(writer, "jsonrpc", "2.0");
    json_name(writer, "error");
    json_open_object(writer);
    json_field_i64(writer, "code", code);
    json_field_text(writer, "message", message);
    if (data.size) {
        json_name(writer, "data");
        json_write_raw(writer, data);
    }
    json_close_object(writer);
    write_id(writer, id);
    json_close_object(writer);
}

/* Run the method and write its answer. */
static void run_method(struct rpc *rpc, const struct rpc_method *method,
                       struct json_object *params, struct json_object *id,
                       struct json_writer *writer)
{
    struct rpc_request request = {.options = &rpc->options, .params = params};
    request.error_data = json_writer_make(&request.error_data_text);
    struct json_writer before = *writer;
    size_t size_before = writer->out->size;

    json_open_object(writer);
    json_field_text(writer, "jsonrpc", "2.0");
    json_name(writer, "result");
    request.out = *writer;
    unsigned depth = request.out.depth;
    int status = method->run(&request);
    if (!status) {
        CHECK(request.out.depth == depth); /* exactly one value was written */
        *writer = request.out;
        write_id(writer, id);
        json_close_object(writer);
    } else {
        buffer_resize(writer->out, size_before);
        *writer = before;
        if (!request.error_code)
            rpc_fail_status(&request, status);
        write_error(writer, request.error_code, request.error_message,
                    buffer_view(&request.error_data_text), id);
    }
    ledger_view_close(request.view);
    buffer_free(&request.error_data_text);
    arena_free(&request.arena);
}

/* An id is a text, a number or null (JSON-RPC 2.0, section 4). */
static bool id_is_valid(struct json_object *id)
{
    switch (json_object_get_type(id)) {
    case json_type_null:
    case json_type_string:
    case json_type_int:
    case json_type_double:
        return true;
    default:
        return false;
    }
}

/* One request of the body. Nothing is written for a notification. */
static void handle_one(struct rpc *rpc, struct json_object *call,
                       struct json_writer *writer)
{
    struct json_object *id = NULL, *params = NULL, *name = NULL, *version;
    bool is_object = json_object_is_type(call, json_type_object);
    bool has_id = is_object && json_object_object_get_ex(call, "id", &id);
    if (!id_is_valid(id)) {
        write_error(writer, RPC_INVALID_REQUEST, "Invalid request",
                    (struct bytes){0}, NULL);
        return;
    }
    if (!is_object || !json_object_object_get_ex(call, "jsonrpc", &version) ||
        !json_object_is_type(version, json_type_string) ||
        strcmp(json_object_get_string(version), "2.0") ||
        !json_object_object_get_ex(call, "method", &name) ||
        !json_object_is_type(name, json_type_string)) {
        write_error(writer, RPC_INVALID_REQUEST, "Invalid request",
                    (struct bytes){0}, id);
        return;
    }
    if (!has_id)
        return;
    json_object_object_get_ex(call, "params", &params);
    if (params && !json_object_is_type(params, json_type_array)) {
        write_error(writer, RPC_INVALID_PARAMS, "`params` should be an array",
                    (struct bytes){0}, id);
        return;
    }
    const struct rpc_method *method = map_get(
        rpc->methods, bytes_make(json_object_get_string(name),
                                 (size_t)json_object_get_string_len(name)));
    if (!method)
        write_error(writer, RPC_METHOD_NOT_FOUND, "Method not found",
                    (struct bytes){0}, id);
    else if (writer->out->size > RPC_ANSWER_MAX)
        write_error(writer, RPC_INTERNAL_ERROR,
                    "The batch's answer is too large", (struct bytes){0}, id);
    else
        run_method(rpc, method, params, id, writer);
}

static void handle_batch(struct rpc *rpc, struct json_object *batch,
                         struct buffer *answer)
{
    struct json_writer writer = json_writer_make(answer);
    size_t count = json_object_array_length(batch);
    if (count == 0 || count > RPC_BATCH_MAX) {
        write_error(&writer, RPC_INVALID_REQUEST,
                    count ? "Batch is too large" : "Invalid request",
                    (struct bytes){0}, NULL);
        return;
    }
    size_t size_before = answer->size;
    json_open_array(&writer);
    size_t size_empty = answer->size;
    for (size_t i = 0; i < count; i++)
        handle_one(rpc, json_object_array_get_idx(batch, i), &writer);
    bool is_empty = answer->size == size_empty;
    json_close_array(&writer);
    if (is_empty)
        buffer_resize(answer, size_before);
}

void rpc_handle(struct rpc *rpc, struct bytes body, struct buffer *answer)
{
    CHECK_MAGIC(rpc, RPC_MAGIC);
    struct json_object *call = NULL;
    struct json_writer writer = json_writer_make(answer);
    if (body.size > RPC_BODY_MAX || json_parse(body, &call)) {
        write_error(&writer, RPC_PARSE_ERROR, "Parse error", (struct bytes){0},
                    NULL);
        return;
    }
    if (json_object_is_type(call, json_type_array))
        handle_batch(rpc, call, answer);
    else
        handle_one(rpc, call, &writer);
    json_object_put(call);
}
