/*
 * Requests of many senders answered together: each gets its own answer, once.
 */
#include "base/base64.h"
#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "settlement/chain/mempool.h"
#include "settlement/format/system_instruction.h"
#include "settlement/format/well_known.h"
#include "settlement/ledger_fixture.h"
#include "settlement/rpc/rpc.h"
#include "settlement/rpc/rpc_intake.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>

#include <cmocka.h>

#define SENDERS 4
#define REQUESTS 100 /* of each */

static const struct pubkey target = {{4, 5, 6}};

enum kind { GOOD, WRONG, READ, BATCH, BROKEN, KINDS };

struct request {
    enum kind kind;
    int number;
    struct buffer body;
    struct buffer answer;
    atomic_int answers;
};

struct test {
    struct ledger_fixture ledger;
    struct mempool *mempool;
    struct rpc *rpc;
    struct rpc_intake *intake;
    struct hash blockhash;
    struct request requests[SENDERS * REQUESTS];
    atomic_size_t next_sender;
};

static int setup(void **state)
{
    struct test *test = mem_zero(1, sizeof(*test));
    ledger_fixture_open(&test->ledger);
    test->mempool = mempool_new(1000);
    const struct rpc_options options = {.ledger = test->ledger.ledger,
                                        .mempool = test->mempool,
                                        .identity =
                                            test->ledger.chain.leader.pubkey};
    test->rpc = rpc_new(&options);
    ledger_fixture_block(&test->ledger, 1, NULL, 0);
    test->blockhash = bank_info(test->ledger.tip)->blockhash;
    test->intake = rpc_intake_start(test->rpc, 2);
    *state = test;
    return 0;
}

static int teardown(void **state)
{
    struct test *test = *state;
    rpc_intake_stop(test->intake);
    rpc_intake_free(test->intake);
    rpc_free(test->rpc);
    mempool_free(test->mempool);
    ledger_fixture_close(&test->ledger);
    for (size_t i = 0; i < SENDERS * REQUESTS; i++) {
        buffer_free(&test->requests[i].body);
        buffer_free(&test->requests[i].answer);
    }
    free(test);
    return 0;
}

/* sendTransaction of a transfer. number is its amount and the call's id. */
static void append_send(struct test *test, struct request *request,
                        bool is_wrong)
{
    const struct keypair *payer = &test->ledger.chain.leader;
    struct buffer data = {0}, wire = {0}, text = {0};
    system_transfer_data(1000000 + (uint64_t)request->number, &data);
    const struct account_meta accounts[] = {
        {.key = payer->pubkey, .signer = true, .writable = true},
        {.key = target, .writable = true}};
    const struct instruction transfer = {.program = SYSTEM_PROGRAM_ID,
                                         .accounts = accounts,
                                         .account_count = 2,
                                         .data = buffer_view(&data)};
    assert_int_equal(
        transaction_make(&payer, 1, &transfer, 1, &test->blockhash, &wire), 0);
    if (is_wrong)
        wire.data[1 + request->number % 64] ^= 1;
    base64_encode(buffer_view(&wire), &text);
    buffer_format(&request->body,
                  "{\"jsonrpc\":\"2.0\",\"id\":%d,\"method\":"
                  "\"sendTransaction\",\"params\":[\"%s\",{\"encoding\":"
                  "\"base64\",\"skipPreflight\":true}]}",
                  request->number, buffer_string(&text));
    buffer_free(&data);
    buffer_free(&wire);
    buffer_free(&text);
}

static void append_read(struct request *request)
{
    buffer_format(&request->body,
                  "{\"jsonrpc\":\"2.0\",\"id\":%d,\"method\":\"getSlot\"}",
                  request->number);
}

static void write_request(struct test *test, struct request *request)
{
    switch (request->kind) {
    case BATCH:
        buffer_format(&request->body, "[");
        append_send(test, request, true);
        buffer_format(&request->body, ",");
        append_read(request);
        buffer_format(&request->body, "]");
        break;
    case READ:
        append_read(request);
        break;
    case BROKEN:
        append_send(test, request, false);
        buffer_resize(&request->body, request->body.size - 1);
        break;
    default:
        append_send(test, request, request->kind == WRONG);
    }
}

static void on_answer(void *user, struct buffer *answer)
{
    struct request *request = user;
    if (atomic_fetch_add(&request->answers, 1) == 0)
        request->answer = *answer;
    *answer = (struct buffer){0};
}

static void *send(void *user)
{
    struct test *test = user;
    size_t sender = atomic_fetch_add(&test->next_sender, 1);
    for (size_t i = 0; i < REQUESTS; i++) {
        struct request *request = &test->requests[sender * REQUESTS + i];
        rpc_intake_add(test->intake, buffer_view(&request->body), on_answer,
                       request);
    }
    return NULL;
}

/* The code of the answer's error; 0 for a result. Its id is the request's. */
static int64_t code_of(const struct request *request,
                       struct json_object *answer)
{
    struct json_object *error;
    int64_t code = 0, id;
    if (request->kind != BROKEN) {
        assert_int_equal(json_get_i64(answer, "id", &id), 0);
        assert_int_equal(id, request->number);
    }
    if (json_object_object_get_ex(answer, "error", &error))
        assert_int_equal(json_get_i64(error, "code", &code), 0);
    return code;
}

static void expect_own_answer(const struct request *request)
{
    static const int64_t codes[] = {[GOOD] = 0,
                                    [WRONG] = -32003,
                                    [READ] = 0,
                                    [BATCH] = -32003,
                                    [BROKEN] = -32700};
    struct json_object *answer;
    assert_int_equal(request->answers, 1);
    assert_int_equal(json_parse(buffer_view(&request->answer), &answer), 0);
    struct json_object *first = answer;
    if (request->kind == BATCH) {
        assert_int_equal(json_object_array_length(answer), 2);
        first = json_object_array_get_idx(answer, 0);
        assert_int_equal(code_of(request, json_object_array_get_idx(answer, 1)),
                         0);
    }
    assert_int_equal(code_of(request, first), codes[request->kind]);
    json_object_put(answer);
}

static void test_each_sender_gets_its_own_answer(void **state)
{
    struct test *test = *state;
    pthread_t senders[SENDERS];
    for (int i = 0; i < SENDERS * REQUESTS; i++) {
        struct request *request = &test->requests[i];
        request->kind = (enum kind)(i * 7 % KINDS);
        request->number = i;
        write_request(test, request);
    }
    for (size_t i = 0; i < SENDERS; i++)
        assert_int_equal(pthread_create(&senders[i], NULL, send, test), 0);
    for (size_t i = 0; i < SENDERS; i++)
        pthread_join(senders[i], NULL);
    rpc_intake_stop(test->intake); /* requests that wait are answered */
    for (size_t i = 0; i < SENDERS * REQUESTS; i++)
        expect_own_answer(&test->requests[i]);
    assert_int_equal(mempool_count(test->mempool), SENDERS * REQUESTS / KINDS);
}

static void test_after_the_stop_the_adding_thread_answers(void **state)
{
    struct test *test = *state;
    struct request *request = &test->requests[0];
    rpc_intake_stop(test->intake);
    write_request(test, request);
    rpc_intake_add(test->intake, buffer_view(&request->body), on_answer,
                   request);
    expect_own_answer(request);
}

static void test_only_bodies_with_transactions_are_wanted(void **state)
{
    assert_true(
        rpc_intake_wants(bytes_text("{\"method\":\"sendTransaction\"")));
    assert_false(rpc_intake_wants(bytes_text("{\"method\":\"getSlot\"}")));
    assert_false(rpc_intake_wants((struct bytes){0}));
}

int main(void)
{
    crypto_init();
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_each_sender_gets_its_own_answer),
        TEST(test_after_the_stop_the_adding_thread_answers),
        cmocka_unit_test(test_only_bodies_with_transactions_are_wanted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
