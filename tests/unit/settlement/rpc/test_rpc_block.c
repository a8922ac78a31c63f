/*
 * The memory and time that a large block costs the endpoint.
 */
#include "settlement/rpc/rpc_transaction.h"

#include "base/error.h"
#include "settlement/rpc_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define LARGE 600 /* transactions of the block */
#define LARGE_SLOT 6

static int setup(void **state)
{
    int status = rpc_fixture_setup(state);
    struct rpc_fixture *test = *state;
    struct transaction *sent = calloc(LARGE, sizeof(*sent));
    for (int i = 0; i < LARGE; i++)
        sent[i] = ledger_fixture_transfer(
            &test->ledger, i % 8, &rpc_fixture_target, 1000000 + (uint64_t)i);
    ledger_fixture_block(&test->ledger, LARGE_SLOT, sent, LARGE);
    free(sent);
    return status;
}

/* Write the block into text, of at most size_max bytes. */
static int write_block(struct rpc_fixture *test, struct rpc_request *request,
                       size_t size_max, struct buffer *text)
{
    const struct rpc_transaction_options how = {.encoding = RPC_ENCODING_JSON,
                                                .size_max = size_max};
    struct ledger_header header;
    request->view = ledger_fixture_view(&test->ledger);
    request->out = json_writer_make(text);
    assert_int_equal(ledger_header(request->view, LARGE_SLOT, &header), 0);
    assert_int_equal(header.transaction_count, LARGE);
    return rpc_write_block(request, &request->out, &header, &how);
}

static void end(struct rpc_request *request, struct buffer *text)
{
    ledger_view_close(request->view);
    arena_free(&request->arena);
    buffer_free(text);
}

static void test_records_of_a_block_do_not_pile_up(void **state)
{
    struct rpc_request request = {0};
    struct buffer text = {0};
    assert_int_equal(write_block(*state, &request, 0, &text), 0);
    assert_true(text.size > (size_t)LARGE * 500);
    assert_true(request.arena.used_bytes < 100000);
    end(&request, &text);
}

static void test_block_past_the_limit_is_refused(void **state)
{
    struct rpc_request request = {0};
    struct buffer text = {0};
    const size_t limit = 100000;
    assert_true(write_block(*state, &request, limit, &text) < 0);
    assert_int_equal(request.error_code, RPC_INTERNAL_ERROR);
    assert_non_null(strstr(request.error_message, "Block 6 is larger than"));
    /* The writer gave up at once. */
    assert_true(text.size < limit + 10000);
    end(&request, &text);
}

static void test_large_block_is_there_in_each_detail(void **state)
{
    struct rpc_fixture *test = *state;
    static const char *const details[] = {"full", "accounts", "signatures"};
    for (size_t i = 0; i < sizeof(details) / sizeof(details[0]); i++) {
        struct json_object *answer =
            rpc_call(test, "getBlock", "[6,{\"transactionDetails\":\"%s\"}]",
                     details[i]);
        struct json_object *list = rpc_at(
            answer, i == 2 ? "result.signatures" : "result.transactions");
        assert_int_equal(json_object_array_length(list), LARGE);
        json_object_put(answer);
    }
}

int main(void)
{
    crypto_init();
#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, setup, rpc_fixture_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_records_of_a_block_do_not_pile_up),
        TEST(test_block_past_the_limit_is_refused),
        TEST(test_large_block_is_there_in_each_detail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
