/* Notifications of blocks over a WebSocket, and what one of them may hold. */
#include "test.h"

#include "base/memory.h"
#include "settlement/bank_fixture.h"
#include "settlement/format/well_known.h"
#include "settlement/pubsub_fixture.h"
#include "settlement/rpc/pubsub_internal.h"

#include <stdio.h>

/* A memo of quotes: each takes four bytes in a block's JSON, because the log
 * escapes it, and JSON the log. */
#define MEMO_SIZE 900
#define LARGE_COUNT ((8u << 20) / (4 * MEMO_SIZE) + 1)

static void subscribe(struct pubsub_fixture *place, const char *details)
{
    char params[256];

    snprintf(params, sizeof(params),
             "[\"all\",{\"transactionDetails\":\"%s\","
             "\"maxSupportedTransactionVersion\":0}]",
             details);
    pubsub_subscribe(place, "blockSubscribe", params);
}

/* The next block, with that many memos; then the notification of it. */
static void make_block(struct pubsub_fixture *place, unsigned count)
{
    struct ledger_fixture *ledger = &place->rpc->ledger;
    const struct keypair *payer = &ledger->chain.keys[1];
    struct transaction *memos = mem_zero(count, sizeof(*memos));
    uint8_t memo[MEMO_SIZE];

    memset(memo, '"', sizeof(memo));
    for (unsigned i = 0; i < count; i++) {
        const struct instruction instruction = {
            .program = MEMO_PROGRAM_ID, .data = bytes_make(memo, sizeof(memo))};

        /* So that none is another's message. */
        memo[0] = (uint8_t)('a' + i % 26);
        memo[1] = (uint8_t)('a' + i / 26 % 26);
        memo[2] = (uint8_t)('a' + i / 676);
        memos[i] = fixture_make(&ledger->chain, &payer, 1, &instruction, 1,
                                &bank_info(ledger->tip)->blockhash);
    }
    ledger_fixture_block(ledger, bank_info(ledger->tip)->slot + 1, memos,
                         count);
    free(memos);
    struct ledger_branch *tip =
        ledger_tip_branch(ledger->ledger, LEDGER_FINALIZED);
    const struct ledger_news news = {(1u << LEDGER_LEVELS) - 1, tip};
    pubsub_published(place->pubsub, &news);
    ledger_branch_release(tip);
    pubsub_wait(place);
}

static void assert_at(struct pubsub_fixture *place, const char *path,
                      const char *expected)
{
    struct buffer text = {0};

    json_text(rpc_at(place->newest, path), &text);
    assert_string_equal(buffer_string(&text), expected);
    buffer_free(&text);
}

/* Silence would be taken for a block that did not come, and the text itself
 * would drop its reader. */
static void test_a_block_too_large_for_its_reader_is_an_error(void **state)
{
    struct pubsub_fixture *place = *state;

    subscribe(place, "full");
    make_block(place, 3);
    assert_at(place, "params.result.value.err", "null");
    assert_int_equal(
        json_object_array_length(
            rpc_at(place->newest, "params.result.value.block.transactions")),
        3);
    make_block(place, LARGE_COUNT);
    assert_at(place, "params.result.value.err", "\"BlockStoreError\"");
    assert_at(place, "params.result.value.block", "null");
    assert_true(place->newest_size < 1000);
    make_block(place, 1);
    assert_at(place, "params.result.value.err", "null");
}

static void test_the_same_block_comes_with_fewer_details(void **state)
{
    struct pubsub_fixture *place = *state;

    subscribe(place, "signatures");
    make_block(place, LARGE_COUNT);
    assert_at(place, "params.result.value.err", "null");
    assert_int_equal(
        json_object_array_length(
            rpc_at(place->newest, "params.result.value.block.signatures")),
        LARGE_COUNT);
}

#define TEST(f)                                                                \
    cmocka_unit_test_setup_teardown(f, pubsub_fixture_setup,                   \
                                    pubsub_fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_block_too_large_for_its_reader_is_an_error),
        TEST(test_the_same_block_comes_with_fewer_details),
    };

    crypto_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
