/*
 * Blocks made step by step, without thread or clock.
 */
#include "settlement/chain/executor.h"

#include "base/error.h"
#include "settlement/bank/block_execute.h"
#include "settlement/ledger_fixture.h"
#include "test.h"

#define TIME_MS (FIXTURE_UNIX_MS + 1000)

struct test {
    struct ledger_fixture ledger;
    struct executor *executor;
    struct ledger_view *view;
    struct pubkey to;
};

static void begin(struct test *test, uint64_t slot, uint64_t unix_ms)
{
    test->view = ledger_fixture_view(&test->ledger);
    executor_begin(test->executor, slot, unix_ms, ledger_view_base(test->view),
                   executed_block_new());
}

static struct executed_block *seal(struct test *test)
{
    uint64_t all = test->ledger.chain.genesis.ticks_per_slot;
    executor_tick(test->executor, all - executor_ticks(test->executor));
    struct executed_block *block = executor_seal(test->executor);
    ledger_view_close(test->view);
    test->view = NULL;
    return block;
}

static void execute(struct test *test, const struct transaction *transaction)
{
    struct buffer wire = {0};
    buffer_bytes(&wire, transaction->wire);
    executor_execute(test->executor, &wire);
    assert_null(wire.data);
}

static struct transaction transfer(struct test *test, int from,
                                   uint64_t lamports)
{
    return ledger_fixture_transfer(&test->ledger, from, &test->to, lamports);
}

static int setup(void **state)
{
    static struct test test;
    test = (struct test){.to = {{1, 2, 3}}};
    ledger_fixture_open(&test.ledger);
    test.executor =
        executor_new(&test.ledger.chain.genesis, &test.ledger.chain.leader,
                     test.ledger.tip, &test.ledger.tip_hash);
    *state = &test;
    return 0;
}

static int teardown(void **state)
{
    struct test *test = *state;
    executor_free(test->executor);
    ledger_view_close(test->view);
    ledger_fixture_close(&test->ledger);
    return 0;
}

static int flush(struct test *test, struct executed_block *block)
{
    const struct ledger_block flushed = {.bank = block->bank,
                                         .data = buffer_view(&block->data),
                                         .hash = block->hash,
                                         .records = &block->records};
    int status = ledger_flush(test->ledger.ledger, &flushed, 1, false);
    if (!status)
        ledger_publish(test->ledger.ledger, LEDGER_FINALIZED, block, NULL);
    return status ? status : ledger_settle(test->ledger.ledger);
}

/* A validator that checks a block executes it by block_execute(), and gets the
 * state that its leader signed. A refused transaction left no trace. */
static void test_a_block_is_executed_to_the_same_state_by_others(void **state)
{
    struct test *test = *state;
    struct arena arena = {0};
    struct block block;
    struct transaction *transactions;
    struct transaction good = transfer(test, 0, 1000000);
    struct transaction failing = transfer(test, 1, 100 * FIXTURE_LAMPORTS);
    begin(test, 5, TIME_MS);
    executor_begin_entry(test->executor);
    execute(test, &good);
    execute(test, &good); /* refused: processed already */
    execute(test, &failing);
    executor_end_entry(test->executor);
    struct executed_block *made = seal(test);
    assert_int_equal(ledger_records_count(&made->records), 2);

    assert_ok(block_decode(buffer_view(&made->data), &arena, &block));
    assert_int_equal(block.header.slot, 5);
    assert_int_equal(block.header.unix_ms, TIME_MS);
    assert_int_equal(block_transaction_count(&block), 2);
    assert_int_equal(block.entries[0].transaction_count, 2);
    assert_ok(
        entry_parse_transactions(&block.entries[0], &arena, &transactions));
    const struct bank_block at = {
        .slot = 5, .unix_ms = TIME_MS, .leader = block.header.leader};
    struct ledger_view *view = ledger_fixture_view(&test->ledger);
    struct bank *bank =
        bank_open_child(test->ledger.tip, ledger_view_base(view), &at);
    assert_ok(block_execute(bank, transactions, 2,
                            test->ledger.chain.genesis.slot_ms));
    struct hash blockhash;
    block_blockhash(&block, &bank_info(test->ledger.tip)->blockhash,
                    test->ledger.chain.genesis.ticks_per_slot, &blockhash);
    bank_freeze(bank, &blockhash);
    bank_sum_up(bank);
    assert_true(hash_equal(&bank_info(bank)->parent_state_hash,
                           &block.header.parent_state_hash));
    assert_true(hash_equal(&bank_info(bank)->state_hash,
                           &bank_info(made->bank)->state_hash));
    bank_release(bank);
    ledger_view_close(view);
    executed_block_release(made);
    arena_free(&arena);
}

/* Each block stands on the one before, on disk or not. */
static void test_blocks_stand_on_what_is_not_durable_yet(void **state)
{
    struct test *test = *state;
    struct executed_block *blocks[3];
    struct transaction sent[2] = {transfer(test, 0, 1000000),
                                  transfer(test, 1, 2000000)};
    for (uint64_t i = 0; i < 3; i++) {
        if (i == 2) {
            assert_ok(flush(test, blocks[0]));
            executor_set_durable(test->executor, 1);
        }
        begin(test, i + 1, TIME_MS + i);
        if (i < 2) {
            executor_begin_entry(test->executor);
            execute(test, &sent[i]);
            executor_end_entry(test->executor);
        }
        blocks[i] = seal(test);
        assert_int_equal(blocks[i]->base_slot, i == 2 ? 1 : 0);
        assert_int_equal(executor_parent(test->executor)->slot, i + 1);
    }
    assert_true(executed_block_waits_for_disk(blocks[1]));
    assert_false(executed_block_waits_for_disk(blocks[2]));
    assert_ok(flush(test, blocks[1]));
    assert_ok(flush(test, blocks[2]));
    assert_int_equal(ledger_fixture_balance(&test->ledger, &test->to), 3000000);
    for (int i = 0; i < 3; i++)
        executed_block_release(blocks[i]);
}

/* Bounded by number; the other transactions are for the next entry. */
static void test_an_entry_takes_so_many_transactions(void **state)
{
    struct test *test = *state;
    begin(test, 1, TIME_MS);
    executor_begin_entry(test->executor);
    for (uint64_t i = 0; i < EXECUTOR_ENTRY_TRANSACTIONS_MAX; i++) {
        assert_true(executor_wants(test->executor));
        struct transaction one = transfer(test, 0, 1000000 + i);
        execute(test, &one);
    }
    assert_false(executor_wants(test->executor));
    executor_end_entry(test->executor);
    executor_begin_entry(test->executor);
    assert_true(executor_wants(test->executor));
    executor_end_entry(test->executor);
    struct executed_block *block = seal(test);
    assert_int_equal(ledger_records_count(&block->records),
                     EXECUTOR_ENTRY_TRANSACTIONS_MAX);
    executed_block_release(block);
}

/* The last tick closes the block, so an entry needs a tick after it. */
static void test_no_entry_comes_after_the_last_but_one_tick(void **state)
{
    struct test *test = *state;
    begin(test, 1, TIME_MS);
    uint64_t all = test->ledger.chain.genesis.ticks_per_slot;
    assert_true(executor_has_room(test->executor));
    executor_tick(test->executor, all - 1);
    assert_false(executor_has_room(test->executor));
    executed_block_release(seal(test));
}

/* The teardown frees an executor with a block and an entry under way. */
static void test_a_block_under_way_is_given_up(void **state)
{
    struct test *test = *state;
    struct transaction sent = transfer(test, 0, 1000000);
    begin(test, 1, TIME_MS);
    executor_begin_entry(test->executor);
    execute(test, &sent);
    executor_end_entry(test->executor);
    executor_begin_entry(test->executor);
    execute(test, &sent);
}

int main(void)
{
    crypto_init();
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_a_block_is_executed_to_the_same_state_by_others),
        TEST(test_blocks_stand_on_what_is_not_durable_yet),
        TEST(test_an_entry_takes_so_many_transactions),
        TEST(test_no_entry_comes_after_the_last_but_one_tick),
        TEST(test_a_block_under_way_is_given_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
