#include "settlement/rpc_fixture.h"

#include "base/error.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

const struct pubkey rpc_fixture_target = {{1, 2, 3}};

int rpc_fixture_setup(void **state)
{
    struct rpc_fixture *test = calloc(1, sizeof(*test));
    ledger_fixture_open(&test->ledger);
    test->mempool = mempool_new(4);
    const struct rpc_options options = {.ledger = test->ledger.ledger,
                                        .mempool = test->mempool,
                                        .identity =
                                            test->ledger.chain.leader.pubkey};
    test->rpc = rpc_new(&options);
    ledger_fixture_block(&test->ledger, 1, NULL, 0);
    test->sent =
        ledger_fixture_transfer(&test->ledger, 0, &rpc_fixture_target, 5000000);
    ledger_fixture_block(&test->ledger, 2, &test->sent, 1);
    ledger_fixture_block(&test->ledger, 5, NULL, 0);
    *state = test;
    return 0;
}

int rpc_fixture_teardown(void **state)
{
    struct rpc_fixture *test = *state;
    rpc_free(test->rpc);
    mempool_free(test->mempool);
    ledger_fixture_close(&test->ledger);
    free(test);
    return 0;
}

struct json_object *rpc_ask(struct rpc_fixture *test, const char *body)
{
    struct buffer answer = {0};
    struct json_object *parsed = NULL;
    rpc_handle(test->rpc, bytes_text(body), &answer);
    if (answer.size && json_parse(buffer_view(&answer), &parsed))
        fail_msg("no JSON: %s", buffer_string(&answer));
    buffer_free(&answer);
    return parsed;
}

struct json_object *rpc_call(struct rpc_fixture *test, const char *method,
                             const char *params, ...)
{
    struct buffer body = {0};
    char text[2048];
    va_list arguments;
    va_start(arguments, params);
    vsnprintf(text, sizeof(text), params, arguments);
    va_end(arguments);
    buffer_format(&body,
                  "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"%s\","
                  "\"params\":%s}",
                  method, text);
    struct json_object *answer = rpc_ask(test, buffer_string(&body));
    buffer_free(&body);
    return answer;
}

struct json_object *rpc_at(struct json_object *value, const char *path)
{
    char copy[128], *rest = copy, *part;
    snprintf(copy, sizeof(copy), "%s", path);
    while ((part = strsep(&rest, "."))) {
        if (json_object_is_type(value, json_type_array))
            value = json_object_array_get_idx(value, (size_t)atoi(part));
        else if (!json_object_object_get_ex(value, part, &value))
            return NULL;
    }
    return value;
}

void rpc_assert_json(struct json_object *answer, const char *path,
                     const char *expected)
{
    struct buffer text = {0};
    json_text(rpc_at(answer, path), &text);
    assert_string_equal(buffer_string(&text), expected);
    buffer_free(&text);
    json_object_put(answer);
}

void rpc_assert_code(struct json_object *answer, int code)
{
    assert_int_equal(json_object_get_int(rpc_at(answer, "error.code")), code);
    json_object_put(answer);
}

void rpc_assert_error(struct json_object *answer, int code, const char *words)
{
    assert_string_equal(json_object_get_string(rpc_at(answer, "error.message")),
                        words);
    rpc_assert_code(answer, code);
}
