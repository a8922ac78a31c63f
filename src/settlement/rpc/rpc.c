/*
 * Dispatch, in three steps: all calls of all bodies are read, the signatures of
 * the transactions in them are checked together, and the calls are answered in
 * their order. Bodies come several at a time for the second step: checking many
 * signatures at once costs a fraction for each (signature_check.h).
 *
 * Each call has its own arena and snapshot, so that one call's failure or size
 * never reaches another. Results are written straight into the answer and cut
 * off again on failure: most calls succeed, and then cost one pass and no copy.
 */
#include "settlement/rpc/rpc_development.h"
#include "settlement/rpc/rpc_request.h"
#include "settlement/rpc/rpc_validators.h"

#include "base/check.h"
#include "base/error.h"
#include "base/map.h"
#include "base/memory.h"
#include <inttypes.h>
#include <stdlib.h>

#define RPC_MAGIC 0x5250434du

struct rpc {
    unsigned magic;
    struct rpc_options options;
    struct map *methods; /* name -> const struct rpc_method * */
};

static const struct rpc_method *const families[] = {
    rpc_account_methods,
    rpc_block_methods,
    rpc_cluster_methods,
    rpc_stake_methods,
    rpc_development_methods,
    rpc_development_account_methods,
    rpc_development_look_methods,
    rpc_leader_methods,
    rpc_pond_methods,
    rpc_send_methods,
    rpc_simulate_methods,
    rpc_task_methods,
    rpc_transaction_methods,
    rpc_token_methods,
    rpc_validator_methods,
};

struct rpc *rpc_new(const struct rpc_options *options)
{
    CHECK(options->ledger);
    struct rpc *rpc = mem_zero(1, sizeof(*rpc));
    rpc->magic = RPC_MAGIC;
    rpc->options = *options;
    rpc->methods = map_new();
    for (size_t i = 0; i < sizeof(families) / sizeof(*families); i++) {
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

const char *rpc_health(const struct rpc *rpc)
{
    CHECK_MAGIC(rpc, RPC_MAGIC);
    uint64_t behind;
    bool is_stalled = rpc_is_stalled(&rpc->options, &behind);
    return behind ? "behind" : is_stalled ? "unknown" : "ok";
}

/* ---- Reading ---- */

/* A call between its reading and its answer. */
struct call {
    struct json_object *id; /* borrowed from the body */
    /* NULL: the call is refused, or is a notification. */
    const struct rpc_method *method;
    struct rpc_request request;
    int status; /* of the reading; the error is in request */
};

/* Compute units that the calls of one request may simulate together: about two
 * seconds. */
#define SIMULATED_UNITS_MAX 28000000

/* A body between its reading and its answer. */
struct body {
    struct json_object *json;
    struct call *calls;
    size_t call_count;
    bool is_batch;
    uint64_t units_left; /* left for the simulations of its calls */
    const char *refusal; /* of the whole body; NULL: it has calls */
    enum rpc_code refusal_code;
};

static int fail_unknown(struct rpc_request *request, const char *name)
{
    const char *why = rpc_development_why_not(name);
    return why ? rpc_fail(request, RPC_METHOD_NOT_FOUND,
                          "Method not found: not offered here: %s", why)
               : rpc_fail(request, RPC_METHOD_NOT_FOUND, "Method not found");
}

static int find_method(const struct rpc *rpc, struct json_object *name,
                       struct call *call)
{
    struct rpc_request *request = &call->request;
    call->method = map_get(
        rpc->methods, bytes_make(json_object_get_string(name),
                                 (size_t)json_object_get_string_len(name)));
    if (!call->method)
        return fail_unknown(request, json_object_get_string(name));
    return rpc_parameters_check(request, call->method);
}

static void read_call(const struct rpc *rpc, struct json_object *object,
                      struct call *call)
{
    struct rpc_request *request = &call->request;
    struct rpc_envelope envelope;
    request->options = &rpc->options;
    request->level = LEDGER_FINALIZED;
    request->error_data = json_writer_make(&request->error_data_text);
    call->status = rpc_envelope_read(request, object, &envelope);
    call->id = envelope.id;
    if (call->status || !envelope.has_id)
        return;
    call->status = find_method(rpc, envelope.method, call);
    if (!call->status && call->method->prepare)
        call->status = call->method->prepare(request);
    /* Calls that wait for their turn must not use up the ledger's readers. */
    ledger_view_close(request->view);
    request->view = NULL;
}

static void read_calls(const struct rpc *rpc, struct body *body)
{
    body->is_batch = json_object_is_type(body->json, json_type_array);
    body->call_count =
        body->is_batch ? json_object_array_length(body->json) : 1;
    if (body->call_count == 0 || body->call_count > RPC_BATCH_MAX) {
        body->refusal =
            body->call_count ? "Batch is too large" : "Invalid request";
        body->refusal_code = RPC_INVALID_REQUEST;
        body->call_count = 0;
        return;
    }
    body->calls = mem_zero(body->call_count, sizeof(*body->calls));
    body->units_left = SIMULATED_UNITS_MAX;
    for (size_t i = 0; i < body->call_count; i++) {
        body->calls[i].request.units_left = &body->units_left;
        read_call(rpc,
                  body->is_batch ? json_object_array_get_idx(body->json, i)
                                 : body->json,
                  &body->calls[i]);
    }
}

static void read_body(const struct rpc *rpc, struct bytes text,
                      struct body *body)
{
    *body = (struct body){.json = NULL};
    if (text.size > RPC_BODY_MAX || json_check_values(text, RPC_VALUES_MAX) ||
        json_parse_exact(text, &body->json)) {
        body->refusal = "Parse error";
        body->refusal_code = RPC_PARSE_ERROR;
        return;
    }
    read_calls(rpc, body);
}

static void body_free(struct body *body)
{
    for (size_t i = 0; i < body->call_count; i++) {
        buffer_free(&body->calls[i].request.error_data_text);
        arena_free(&body->calls[i].request.arena);
    }
    free(body->calls);
    json_object_put(body->json);
}

/* ---- Signatures ---- */

static void add_transactions(const struct body *body, struct buffer *out)
{
    for (size_t i = 0; i < body->call_count; i++) {
        const struct call *call = &body->calls[i];
        if (!call->status && call->request.transaction)
            buffer_append(out, &call->request.transaction,
                          sizeof(call->request.transaction));
    }
}

static void verify(const struct body *bodies, size_t count)
{
    struct buffer transactions = {0}; /* struct transaction *[] */
    for (size_t i = 0; i < count; i++)
        add_transactions(&bodies[i], &transactions);
    if (transactions.size)
        transaction_verify_all((struct transaction *const *)transactions.data,
                               transactions.size /
                                   sizeof(struct transaction *));
    buffer_free(&transactions);
}

/* ---- Answering ---- */

/* Run the method. On failure everything that it wrote is cut off. */
static int run_method(struct call *call, struct json_writer *writer)
{
    struct rpc_request *request = &call->request;
    struct json_writer before = *writer;
    size_t size_before = writer->out->size;
    json_open_object(writer);
    json_field_text(writer, "jsonrpc", "2.0");
    json_name(writer, "result");
    request->out = *writer;
    unsigned depth = request->out.depth;
    int status = call->method->run(request);
    ledger_view_close(request->view);
    request->view = NULL;
    if (status) {
        buffer_resize(writer->out, size_before);
        *writer = before;
        return status;
    }
    CHECK(request->out.depth == depth); /* exactly one value was written */
    *writer = request->out;
    write_id(writer, call->id);
    json_close_object(writer);
    return 0;
}

/* Nothing is written for a notification. */
static void answer_call(struct call *call, struct json_writer *writer)
{
    struct rpc_request *request = &call->request;
    int status = call->status;
    if (!status && !call->method)
        return;
    if (!status && writer->out->size > RPC_ANSWER_MAX)
        status = rpc_fail(request, RPC_INTERNAL_ERROR,
                          "The batch's answer is too large");
    if (!status)
        status = run_method(call, writer);
    if (!status)
        return;
    rpc_fail_status(request, status);
    write_error(writer, request->error_code, request->error_message,
                buffer_view(&request->error_data_text), call->id);
}

static void answer_body(struct body *body, struct buffer *answer)
{
    struct json_writer writer = json_writer_make(answer);
    size_t size_before = answer->size;
    if (body->refusal) {
        write_error(&writer, body->refusal_code, body->refusal,
                    (struct bytes){0}, NULL);
        return;
    }
    if (body->is_batch)
        json_open_array(&writer);
    size_t size_empty = answer->size;
    for (size_t i = 0; i < body->call_count; i++)
        answer_call(&body->calls[i], &writer);
    bool is_empty = answer->size == size_empty;
    if (body->is_batch)
        json_close_array(&writer);
    if (is_empty) /* only notifications */
        buffer_resize(answer, size_before);
}

void rpc_handle_all(struct rpc *rpc, const struct bytes *texts, size_t count,
                    struct buffer *answers)
{
    CHECK_MAGIC(rpc, RPC_MAGIC);
    struct body *bodies = mem_zero(count, sizeof(*bodies));
    for (size_t i = 0; i < count; i++)
        read_body(rpc, texts[i], &bodies[i]);
    verify(bodies, count);
    for (size_t i = 0; i < count; i++) {
        answer_body(&bodies[i], &answers[i]);
        body_free(&bodies[i]);
    }
    free(bodies);
}

void rpc_handle(struct rpc *rpc, struct bytes body, struct buffer *answer)
{
    rpc_handle_all(rpc, &body, 1, answer);
}
