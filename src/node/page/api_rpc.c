/*
 * POST rpc: the explorer's questions to the node's endpoint, so that the same
 * screens show a private network and K2.
 *
 * The calls of a list are made one beside the other, and answered together, in
 * their order. An endpoint is not trusted: each answer is read with a limit,
 * and all of them together have one, too. What is beyond it becomes an error of
 * its call; the others are not lost.
 */
#include "base/error.h"
#include "base/memory.h"
#include "client/client.h"
#include "node/page/api.h"
#include "node/page/rpc_question.h"

#include <stdlib.h>

/* Of one call and of all of them. A block that is full has some 4 MiB. */
#define ANSWER_MAX (8u << 20)

/* JSON-RPC's and Solana's codes of errors. */
#define CODE_METHOD (-32601)
#define CODE_INTERNAL (-32603)
#define CODE_UNREACHABLE (-32005) /* NODE_UNHEALTHY */

struct call {
    struct exchange *exchange;
    struct buffer answer; /* empty until it has come */
};

/* Invariant: left counts the calls whose answer is empty. The questions point
 * into the body of the request, which lives until it is answered. */
struct exchange {
    struct api_request *request;
    struct rpc_questions questions;
    struct call calls[RPC_QUESTIONS_MAX];
    size_t left, bytes;
};

static struct json_writer open_answer(struct call *call)
{
    const struct exchange *exchange = call->exchange;
    struct json_writer writer = json_writer_make(&call->answer);
    struct buffer id = {0};

    json_text(exchange->questions.list[call - exchange->calls].id, &id);
    json_open_object(&writer);
    json_field_text(&writer, "jsonrpc", "2.0");
    json_name(&writer, "id");
    json_write_raw(&writer, buffer_view(&id));
    buffer_free(&id);
    return writer;
}

static void write_error(struct call *call, int code, const char *message)
{
    struct json_writer writer = open_answer(call);

    json_name(&writer, "error");
    json_open_object(&writer);
    json_field_i64(&writer, "code", code);
    json_name(&writer, "message");
    json_write_bytes(&writer, bytes_text(message));
    json_close_object(&writer);
    json_close_object(&writer);
}

static void write_result(struct call *call, struct json_object *result)
{
    struct json_writer writer = open_answer(call);
    struct buffer text = {0};

    json_text(result, &text);
    json_name(&writer, "result");
    json_write_raw(&writer, buffer_view(&text));
    json_close_object(&writer);
    buffer_free(&text);
}

static void finish(struct exchange *exchange)
{
    struct buffer out = {0};

    if (exchange->questions.is_batch)
        buffer_text(&out, "[");
    for (size_t i = 0; i < exchange->questions.count; i++) {
        if (i)
            buffer_text(&out, ",");
        buffer_bytes(&out, buffer_view(&exchange->calls[i].answer));
        buffer_free(&exchange->calls[i].answer);
    }
    if (exchange->questions.is_batch)
        buffer_text(&out, "]");
    struct api_request *request = exchange->request;
    free(exchange);
    api_answer(request, &out);
}

static int code_of(struct exchange *exchange, int status)
{
    const struct api *api = exchange->request->api;
    struct client *client = api_world(api)->client(api_world_user(api));
    int code = client ? client_remote_code(client) : 0;

    if (status == ERR_REMOTE && code)
        return code;
    return status == ERR_NETWORK || status == ERR_TIMEOUT ? CODE_UNREACHABLE
                                                          : CODE_INTERNAL;
}

static void on_answer(void *user, int status, struct json_object *result)
{
    struct call *call = user;
    struct exchange *exchange = call->exchange;

    if (status)
        write_error(call, code_of(exchange, status), err_text());
    else
        write_result(call, result);
    if (exchange->bytes + call->answer.size > ANSWER_MAX) {
        buffer_free(&call->answer);
        write_error(call, CODE_INTERNAL,
                    "the answer is longer than the page may have");
    }
    exchange->bytes += call->answer.size;
    err_clear();
    if (!--exchange->left)
        finish(exchange);
}

static void ask(struct call *call, const struct rpc_question *question)
{
    const struct api *api = call->exchange->request->api;
    struct buffer params = {0};

    if (question->params)
        json_text(question->params, &params);
    client_call_within(api_world(api)->client(api_world_user(api)), ANSWER_MAX,
                       question->method,
                       question->params ? buffer_string(&params) : NULL,
                       on_answer, call);
    buffer_free(&params);
}

static void post_rpc(struct api_request *request)
{
    struct api_clock clock = {0};
    struct exchange *exchange;

    api_world(request->api)->clock(api_world_user(request->api), &clock);
    if (clock.away_since_ms) {
        api_refuse(request, 504, "settlement", NULL,
                   "settlement does not answer");
        return;
    }
    if (!api_world(request->api)->client(api_world_user(request->api))) {
        api_refuse(request, 503, "stopping", NULL, "the node is stopping");
        return;
    }
    if (!api_take_question(request->api)) {
        http_answer_header(request->exchange, "Retry-After", "1");
        api_refuse(request, 429, "rate", NULL,
                   "too many questions to settlement");
        return;
    }
    exchange = mem_zero(1, sizeof(*exchange));
    exchange->request = request;
    int status = rpc_questions_read(request->body, &exchange->questions);
    if (status) {
        free(exchange);
        api_refuse(request, 400, "form", NULL, "%s", err_text());
        return;
    }
    for (size_t i = 0; i < exchange->questions.count; i++) {
        struct call *call = &exchange->calls[i];

        call->exchange = exchange;
        if (exchange->questions.list[i].method)
            exchange->left++;
        else
            write_error(call, CODE_METHOD,
                        "Method not found: the page asks by methods that read");
    }
    if (!exchange->left) {
        finish(exchange);
        return;
    }
    for (size_t i = 0; i < exchange->questions.count; i++)
        if (exchange->questions.list[i].method)
            ask(&exchange->calls[i], &exchange->questions.list[i]);
}

static const struct api_row rows[] = {{"POST", "rpc", API_READ, post_rpc}};

const struct api_area api_area_rpc = {
    .rows = rows, .row_count = sizeof(rows) / sizeof(*rows)};
