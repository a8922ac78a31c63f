/* The bounds of a block, for its leader and for those who check it. */
#include "test.h"

#include "base/error.h"
#include "settlement/bank/block_execute.h"
#include "settlement/bank_fixture.h"

/* Whether that many transfers hold to bounds; each of them was let in before.
 */
static int execute(struct fixture *f, struct block_execution *execution,
                   unsigned count)
{
    static uint64_t amount; /* so that no message comes twice */

    for (unsigned i = 0; i < count; i++) {
        struct transaction transfer =
            fixture_transfer(f, &f->keys[0], &f->keys[1].pubkey, ++amount);
        struct bank_result result = {0};

        assert_true(
            block_execute_next(execution, &transfer, 0, &f->arena, &result));
    }
    return block_execute_check(execution);
}

/* In a network of so many validators. */
static struct block_execution begin(struct fixture *f, size_t validators)
{
    const struct genesis genesis = {.slot_ms = 400,
                                    .validator_count = validators};
    return block_execute_begin(f->bank, &genesis);
}

static void test_a_block_has_as_many_messages_as_there_is_room_for(void **state)
{
    struct fixture *f = *state;
    struct block_execution execution = begin(f, 1);

    assert_int_equal(execution.messages_max, BANK_MESSAGES_MAX);
    assert_int_equal(execution.messages, 0);
    execution.messages_max = 3;
    assert_ok(execute(f, &execution, 2));
    fixture_next(f);
    /* Those of the block before count, because they may come again. */
    execution = begin(f, 1);
    assert_int_equal(execution.messages, 2);
    execution.messages_max = 3;
    assert_true(block_execute_has_room(&execution));
    assert_ok(execute(f, &execution, 1));
    assert_int_equal(execution.messages, bank_message_count(f->bank));
    assert_false(block_execute_has_room(&execution));
    assert_ok(block_execute_check(&execution));
    fixture_next(f);
    execution = begin(f, 1);
    execution.messages_max = 3;
    assert_false(block_execute_has_room(&execution));
    assert_int_equal(execute(f, &execution, 1), ERR_CORRUPT);
    assert_non_null(strstr(err_text(), "recent messages"));
}

/* It leaves no trace, so it takes no room. */
static void test_a_refused_transaction_is_no_message(void **state)
{
    struct fixture *f = *state;
    struct block_execution execution = begin(f, 1);
    struct transaction transfer =
        fixture_transfer(f, &f->keys[0], &f->keys[1].pubkey, 1);
    struct bank_result result = {0};

    assert_true(
        block_execute_next(&execution, &transfer, 0, &f->arena, &result));
    assert_false(
        block_execute_next(&execution, &transfer, 0, &f->arena, &result));
    assert_int_equal(execution.messages, 1);
    assert_int_equal(bank_message_count(f->bank), 1);
}

static void test_a_block_has_as_many_units_as_its_slot_has_time_for(void **st)
{
    struct fixture *f = *st;
    struct block_execution execution = begin(f, 1);

    assert_int_equal(execution.units_max, 60000000);
    execution.units_max = 299;
    assert_false(block_execute_has_room(&execution));
    assert_ok(execute(f, &execution, 1));
    assert_int_equal(execute(f, &execution, 2), ERR_CORRUPT);
    assert_non_null(strstr(err_text(), "compute units"));
}

/* What a transfer costs besides its units: a signature and some 200 bytes. */
static void test_one_of_several_counts_signatures_and_bytes(void **state)
{
    struct fixture *f = *state;
    struct block_execution execution = begin(f, 4);
    struct transaction transfer =
        fixture_transfer(f, &f->keys[0], &f->keys[1].pubkey, 1);
    struct bank_result result = {0};
    const uint64_t cost = 150 + 200 + transfer.wire.size / 4;

    assert_int_equal(execution.units_max, 400 * 20000);
    execution.units_max = cost;
    assert_ok(block_execute_made(&execution, &transfer, 0, &f->arena, &result));
    assert_int_equal(execution.cost, cost - 150);
    fixture_next(f);
    execution = begin(f, 4);
    execution.units_max = cost - 1;
    transfer = fixture_transfer(f, &f->keys[0], &f->keys[1].pubkey, 2);
    assert_int_equal(
        block_execute_made(&execution, &transfer, 0, &f->arena, &result),
        ERR_CORRUPT);
}

/* A block that goes on and on is given up where it is past a bound. */
static void test_a_block_past_a_bound_is_not_executed_to_its_end(void **state)
{
    struct fixture *f = *state;
    struct transaction transfers[20];

    for (size_t i = 0; i < 20; i++)
        transfers[i] =
            fixture_transfer(f, &f->keys[0], &f->keys[1].pubkey, i + 1);
    struct block_execution execution = begin(f, 4);
    struct bank_result result = {0};
    execution.units_max = 2000;
    size_t done = 0;
    while (!block_execute_made(&execution, &transfers[done], 0, &f->arena,
                               &result))
        done++;
    assert_int_equal(done, 2000 / (150 + 200 + transfers[0].wire.size / 4));
    assert_int_equal(bank_info(f->bank)->compute_units, (done + 1) * 150);
}

static int setup(void **state)
{
    static struct fixture fixture;

    fixture_open(&fixture);
    *state = &fixture;
    return 0;
}

static int teardown(void **state)
{
    fixture_close(*state);
    return 0;
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_block_has_as_many_messages_as_there_is_room_for),
        TEST(test_a_refused_transaction_is_no_message),
        TEST(test_a_block_has_as_many_units_as_its_slot_has_time_for),
        TEST(test_one_of_several_counts_signatures_and_bytes),
        TEST(test_a_block_past_a_bound_is_not_executed_to_its_end),
    };

    crypto_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
