/*
 * Ten times as many transactions as the mempool holds: free riders, wrong
 * signatures, duplicates, expired blockhashes, payers without money; and good
 * ones among them. In process and through the RPC.
 */
#include "base/base64.h"
#include "base/error.h"
#include "base/json.h"
#include "base/random.h"
#include "settlement/chain/mempool.h"
#include "settlement/format/well_known.h"
#include "settlement/ledger_fixture.h"
#include "settlement/rpc/rpc.h"

#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define CAPACITY 200
#define FLOOD (10 * CAPACITY)
#define PAYING 100

static const struct pubkey target = {{1, 2, 3}};

struct test {
    struct ledger_fixture ledger;
    struct mempool *mempool;
    struct rpc *rpc;
    struct hash expired;
};

static int setup(void **state)
{
    struct test *test = calloc(1, sizeof(*test));
    ledger_fixture_open(&test->ledger);
    test->mempool = mempool_new(CAPACITY);
    test->expired = bank_info(test->ledger.tip)->blockhash;
    const struct rpc_options options = {.ledger = test->ledger.ledger,
                                        .mempool = test->mempool,
                                        .identity =
                                            test->ledger.chain.leader.pubkey};
    test->rpc = rpc_new(&options);
    for (uint64_t slot = 1; slot <= 152; slot++)
        ledger_fixture_block(&test->ledger, slot, NULL, 0);
    *state = test;
    return 0;
}

static int teardown(void **state)
{
    struct test *test = *state;
    rpc_free(test->rpc);
    mempool_free(test->mempool);
    ledger_fixture_close(&test->ledger);
    free(test);
    return 0;
}

/* A transfer whose sender offers a price per compute unit, in millionths of a
 * roe. */
static struct transaction transfer(struct test *test,
                                   const struct keypair *from,
                                   uint64_t lamports, uint64_t price,
                                   const struct hash *blockhash)
{
    struct buffer data = {0}, offer = {0};
    system_transfer_data(lamports, &data);
    buffer_u8(&offer, 3); /* SetComputeUnitPrice */
    buffer_u64le(&offer, price);
    const struct account_meta accounts[] = {{from->pubkey, true, true},
                                            {target, false, true}};
    const struct instruction instructions[] = {
        {SYSTEM_PROGRAM_ID, accounts, 2, buffer_view(&data)},
        {COMPUTE_BUDGET_PROGRAM_ID, NULL, 0, buffer_view(&offer)}};
    struct transaction transaction = fixture_make(
        &test->ledger.chain, &from, 1, instructions, price ? 2 : 1, blockhash);
    buffer_free(&data);
    buffer_free(&offer);
    return transaction;
}

static const struct keypair *key(struct test *test, uint64_t number)
{
    return &test->ledger.chain.keys[number % 12];
}

static struct transaction paying(struct test *test, uint64_t number)
{
    return transfer(test, key(test, number), 1000000 + number, 500000,
                    &bank_info(test->ledger.tip)->blockhash);
}

enum kind { FREE_RIDER, WRONG_SIGNATURE, DUPLICATE, EXPIRED, MONEYLESS, KINDS };

/* A transaction that must not delay others. */
static struct transaction bad(struct test *test, enum kind kind,
                              uint64_t number)
{
    struct keypair nobody = fixture_key(90000 + number);
    const struct hash *blockhash =
        kind == EXPIRED ? &test->expired
                        : &bank_info(test->ledger.tip)->blockhash;
    if (kind == DUPLICATE)
        number = 3;
    struct transaction transaction =
        transfer(test, kind == MONEYLESS ? &nobody : key(test, number),
                 2000000 + number, kind == FREE_RIDER ? 0 : 900000, blockhash);
    if (kind == WRONG_SIGNATURE) {
        /* The wire bytes lie in the arena; the parsed form points there. */
        ((uint8_t *)transaction.wire.data)[5] ^= 1;
    }
    return transaction;
}

/* Empty the mempool into a block. Returns how many of the paying transactions
 * are in it. */
static unsigned land(struct test *test, unsigned *others)
{
    struct transaction taken[CAPACITY];
    size_t count = 0;
    unsigned paid = 0;
    struct buffer wire;
    struct arena *arena = &test->ledger.chain.arena;
    *others = 0;
    while (mempool_take(test->mempool, &wire)) {
        struct bank_result result;
        struct ledger_view *view;
        assert_int_equal(
            transaction_parse(arena_bytes(arena, buffer_view(&wire)), arena,
                              &taken[count]),
            0);
        assert_int_equal(
            ledger_view_open(test->ledger.ledger, LEDGER_FINALIZED, &view), 0);
        bank_simulate(ledger_view_bank(view), ledger_view_base(view),
                      &taken[count], false, arena, &result, NULL);
        ledger_view_close(view);
        /* 5,000 for the signature, and 0.5 per unit. */
        if (result.status.error == TRANSACTION_OK && result.fee > 5000)
            paid++;
        else
            ++*others;
        if (result.status.error == TRANSACTION_OK)
            count++;
        buffer_free(&wire);
    }
    ledger_fixture_block(&test->ledger, 153, taken, count);
    return paid;
}

static void test_paying_land_in_a_flood(void **state)
{
    struct test *test = *state;
    struct random random = random_make(7);
    unsigned sent = 0, others, refused[KINDS] = {0};
    for (unsigned i = 0; i < FLOOD; i++) {
        enum kind kind = (enum kind)random_below(&random, DUPLICATE + 2);
        struct transaction transaction = bad(test, kind, i);
        int status = mempool_add(test->mempool, &transaction, test->ledger.tip);
        if (kind == WRONG_SIGNATURE)
            assert_int_equal(status, ERR_DENIED);
        if (kind == EXPIRED)
            assert_int_equal(status, ERR_STATE);
        if (kind == DUPLICATE && refused[DUPLICATE]++)
            assert_int_equal(status, ERR_EXISTS);
        if (kind == FREE_RIDER && status)
            assert_int_equal(status, ERR_FULL);
        assert_true(mempool_count(test->mempool) <= CAPACITY);
        if (i % (FLOOD / PAYING) == 0) {
            transaction = paying(test, sent++);
            assert_int_equal(
                mempool_add(test->mempool, &transaction, test->ledger.tip), 0);
        }
    }
    assert_int_equal(sent, PAYING);
    /* The first of the duplicates pays, too. */
    assert_int_equal(land(test, &others), PAYING + 1);
}

static void test_memory_stays_bounded_in_a_flood(void **state)
{
    struct test *test = *state;
    size_t most = 0;
    size_t before = mallinfo2().uordblks;
    struct transaction made[64];
    for (unsigned i = 0; i < FLOOD; i++) {
        /* Each bids more than the last, so each takes the place of another. The
         * fixture's arena, not the mempool, holds what making them needs. */
        size_t begin = mallinfo2().uordblks;
        made[i % 64] = transfer(test, key(test, i), 1000000 + i, 1000 + i * 10,
                                &bank_info(test->ledger.tip)->blockhash);
        before += mallinfo2().uordblks - begin;
        assert_int_equal(
            mempool_add(test->mempool, &made[i % 64], test->ledger.tip), 0);
        size_t used = mallinfo2().uordblks - before;
        most = used > most ? used : most;
    }
    assert_int_equal(mempool_count(test->mempool), CAPACITY);
    assert_true(most < CAPACITY * (TRANSACTION_SIZE_MAX + 512));
}

/* ---- Through the RPC ---- */

/* sendTransaction without preflight. Returns the error's code, 0 for a
 * signature. */
static int64_t submit(struct test *test, const struct transaction *transaction,
                      bool skip_preflight)
{
    struct buffer body = {0}, text = {0}, answer = {0};
    struct json_object *parsed, *error;
    const char *message;
    int64_t code = 0;
    base64_encode(transaction->wire, &text);
    buffer_format(&body,
                  "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":"
                  "\"sendTransaction\",\"params\":[\"%s\",{\"encoding\":"
                  "\"base64\",\"skipPreflight\":%s}]}",
                  buffer_string(&text), skip_preflight ? "true" : "false");
    rpc_handle(test->rpc, buffer_view(&body), &answer);
    assert_int_equal(json_parse(buffer_view(&answer), &parsed), 0);
    if (json_object_object_get_ex(parsed, "error", &error)) {
        assert_int_equal(json_get_i64(error, "code", &code), 0);
        assert_int_equal(json_get_text(error, "message", &message), 0);
        assert_true(*message);
    }
    json_object_put(parsed);
    buffer_free(&body);
    buffer_free(&text);
    buffer_free(&answer);
    return code;
}

static void test_paying_land_in_a_flood_through_the_rpc(void **state)
{
    struct test *test = *state;
    struct random random = random_make(8);
    unsigned sent = 0, full = 0, others;
    for (unsigned i = 0; i < FLOOD; i++) {
        enum kind kind = (enum kind)random_below(&random, KINDS);
        struct transaction transaction = bad(test, kind, i);
        int64_t code = submit(test, &transaction, true);
        if (kind == WRONG_SIGNATURE)
            assert_int_equal(code, -32003);
        else if (kind == EXPIRED || kind == DUPLICATE)
            /* As on Solana: the status shows later, or never. */
            assert_int_equal(code, 0);
        else if (code)
            assert_int_equal(code, -32005);
        full += code == -32005;
        assert_true(mempool_count(test->mempool) <= CAPACITY);
        if (i % (FLOOD / PAYING) == 0) {
            transaction = paying(test, sent++);
            assert_int_equal(submit(test, &transaction, sent % 2), 0);
        }
    }
    assert_true(full > 0);
    assert_int_equal(land(test, &others), PAYING + 1);
}

static void test_preflight_refuses_in_solanas_form(void **state)
{
    struct test *test = *state;
    static const int64_t expected[] = {[FREE_RIDER] = 0,
                                       [WRONG_SIGNATURE] = -32003,
                                       [DUPLICATE] = 0,
                                       [EXPIRED] = -32002,
                                       [MONEYLESS] = -32002};
    for (int kind = 0; kind < KINDS; kind++) {
        struct transaction transaction = bad(test, (enum kind)kind, 5);
        assert_int_equal(submit(test, &transaction, false), expected[kind]);
    }
    assert_int_equal(mempool_count(test->mempool), 2);
}

int main(void)
{
    crypto_init();
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_paying_land_in_a_flood),
        TEST(test_memory_stays_bounded_in_a_flood),
        TEST(test_paying_land_in_a_flood_through_the_rpc),
        TEST(test_preflight_refuses_in_solanas_form),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
