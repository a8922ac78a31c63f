/*
 * Orders and events of one validator of several, step by step. Random orders
 * are in tests/sim/test_forks.c; here is what is said when something can't be
 * done, and what a loser leaves.
 */
#include "settlement/chain/execution.h"

#include "base/error.h"
#include "settlement/chain/executor.h"
#include "settlement/chain/mempool.h"
#include "settlement/format/leader.h"
#include "settlement/ledger_fixture.h"
#include "test.h"

#define MS 1000000ull
#define VALIDATORS 2

struct test {
    struct ledger_fixture ledger;
    struct mempool *mempool;
    struct execution *execution;
    struct leader_schedule *schedule;
    uint64_t now_ns;
    /* What came, by its kind: how often, and the newest. */
    unsigned count[EXECUTION_SHOWN + 1];
    struct execution_event last[EXECUTION_SHOWN + 1];
    /* A validator that makes the blocks of others. */
    struct ledger_view *view;
    struct keypair leader;
    struct executor *other;
};

/* ---- Steps ---- */

static void take_events(struct test *test)
{
    struct execution_event event;
    while (execution_next(test->execution, &event)) {
        test->count[event.kind]++;
        test->last[event.kind] = event;
    }
}

/* Until there is nothing to do at this time. */
static int run(struct test *test, struct execution_step *step)
{
    int status = 0;
    step->act = EXECUTION_GO_ON;
    while (!status && step->act == EXECUTION_GO_ON) {
        const struct execution_seen seen = {.now_ns = test->now_ns,
                                            .now_ms = FIXTURE_UNIX_MS +
                                                      test->now_ns / MS};
        status = execution_step(test->execution, &seen, step);
        take_events(test);
    }
    return status;
}

static void go(struct test *test)
{
    struct execution_step step;
    assert_ok(run(test, &step));
}

static void order(struct test *test, enum execution_order_kind kind,
                  uint64_t slot, const struct hash *hash)
{
    const struct execution_order order = {
        .kind = kind, .slot = slot, .hash = *hash, .due_ns = test->now_ns};
    execution_order(test->execution, &order);
}

static void deliver(struct test *test, uint64_t slot, const struct hash *hash,
                    struct bytes data)
{
    struct execution_order order = {
        .kind = EXECUTION_EXECUTE, .slot = slot, .hash = *hash};
    buffer_bytes(&order.data, data);
    execution_order(test->execution, &order);
    go(test);
}

/* ---- Leaders ---- */

static bool is_own(struct test *test, uint64_t slot)
{
    return pubkey_equal(&leader_at(test->schedule, slot)->identity,
                        &test->ledger.chain.leader.pubkey);
}

/* The first slot from there on that is the validator's own, or the other's. */
static uint64_t slot_of(struct test *test, uint64_t from, bool own)
{
    while (is_own(test, from) != own)
        from++;
    return from;
}

static struct block_node *root(struct test *test)
{
    return block_tree_root(executor_tree(test->other));
}

static struct block_node *make(struct test *test, struct block_node *parent,
                               uint64_t slot)
{
    executor_begin(test->other, parent, slot, FIXTURE_UNIX_MS + slot * 100,
                   UINT64_MAX, executed_block_new());
    executor_tick(test->other, test->ledger.chain.genesis.ticks_per_slot);
    struct block_node *node = executor_seal(test->other);
    executor_sum(test->other);
    return node;
}

static void deliver_node(struct test *test, const struct block_node *node)
{
    deliver(test, node->slot, &node->hash, buffer_view(&node->block->data));
    assert_int_equal(test->last[EXECUTION_EXECUTED].verdict, VERDICT_VALID);
}

static int setup(void **state)
{
    static struct test test;
    static const size_t places[] = {8};
    test = (struct test){.now_ns = 1000000 * MS, .leader = fixture_key(1001)};
    ledger_fixture_open_among(&test.ledger, VALIDATORS);
    test.mempool = mempool_new_of_several(places, 1, 8);
    test.schedule = leader_schedule_new(&test.ledger.chain.genesis);
    const struct execution_options options = {.ledger = test.ledger.ledger,
                                              .mempool = test.mempool,
                                              .identity =
                                                  &test.ledger.chain.leader};
    test.execution = execution_new(&options);
    test.view = ledger_fixture_view(&test.ledger);
    test.other = executor_new(&test.ledger.chain.genesis, &test.leader,
                              test.ledger.tip, &test.ledger.tip_hash);
    executor_open(test.other, ledger_view_base(test.view));
    *state = &test;
    return 0;
}

static int teardown(void **state)
{
    struct test *test = *state;
    execution_free(test->execution);
    executor_free(test->other);
    ledger_view_close(test->view);
    leader_schedule_free(test->schedule);
    mempool_free(test->mempool);
    ledger_fixture_close(&test->ledger);
    return 0;
}

/* ---- Leading ---- */

/* The slot ends one slot's time after it was due, however late it began. */
static void test_a_slot_is_led_when_it_is_due(void **state)
{
    struct test *test = *state;
    struct execution_step step;
    uint64_t slot = slot_of(test, 1, true), due_ns = test->now_ns + 30 * MS;
    const struct execution_order lead = {.kind = EXECUTION_LEAD,
                                         .slot = slot,
                                         .hash = root(test)->hash,
                                         .due_ns = due_ns};
    execution_order(test->execution, &lead);
    assert_ok(run(test, &step));
    assert_int_equal(step.act, EXECUTION_SLEEP);
    assert_int_equal(step.until_ns, due_ns);
    test->now_ns = due_ns + 10 * MS;
    assert_ok(run(test, &step));
    assert_int_equal(step.act, EXECUTION_WAIT);
    assert_int_equal(step.until_ns, due_ns + 100 * MS);
    test->now_ns = step.until_ns;
    assert_ok(run(test, &step));
    assert_int_equal(test->count[EXECUTION_MADE], 1);
    assert_int_equal(test->last[EXECUTION_MADE].slot, slot);
    assert_int_equal(test->last[EXECUTION_MADE].start_ns, due_ns);
    assert_int_equal(test->count[EXECUTION_STATE], 1);
    assert_int_equal(step.act, EXECUTION_SLEEP);
    assert_true(step.until_ns == UINT64_MAX);
}

static void test_a_slot_on_an_unknown_block_is_not_led(void **state)
{
    struct test *test = *state;
    const struct hash unknown = {{1}};
    uint64_t slot = slot_of(test, 1, true);
    order(test, EXECUTION_LEAD, slot, &unknown);
    go(test);
    assert_int_equal(test->count[EXECUTION_UNLED], 1);
    assert_int_equal(test->last[EXECUTION_UNLED].slot, slot);
    order(test, EXECUTION_LEAD, slot, &root(test)->hash);
    go(test);
    test->now_ns += 100 * MS;
    go(test);
    assert_int_equal(test->count[EXECUTION_MADE], 1);
}

/* The block under way stands on the fork that loses, and goes with it; the next
 * one is made on the winner. */
static void test_a_block_under_way_dies_with_its_fork(void **state)
{
    struct test *test = *state;
    uint64_t low = slot_of(test, 1, false),
             high = slot_of(test, low + 1, false);
    uint64_t own = slot_of(test, high + 1, true);
    struct block_node *loser = make(test, root(test), low);
    struct block_node *winner = make(test, root(test), high);
    deliver_node(test, loser);
    deliver_node(test, winner);
    order(test, EXECUTION_LEAD, own, &loser->hash);
    go(test);
    order(test, EXECUTION_FINALIZE, winner->slot, &winner->hash);
    go(test);
    assert_int_equal(test->count[EXECUTION_UNLED], 1);
    assert_int_equal(test->last[EXECUTION_UNLED].slot, own);
    assert_true(hash_equal(&test->last[EXECUTION_FINAL].hash, &winner->hash));
    deliver(test, loser->slot, &loser->hash, buffer_view(&loser->block->data));
    assert_int_equal(test->last[EXECUTION_EXECUTED].verdict, VERDICT_NO_PARENT);
    order(test, EXECUTION_LEAD, own, &winner->hash);
    go(test);
    test->now_ns += 100 * MS;
    go(test);
    assert_int_equal(test->count[EXECUTION_MADE], 1);
    const struct bank_info *info =
        bank_info(test->last[EXECUTION_MADE].block->bank);
    assert_int_equal(info->parent_slot, winner->slot);
}

static void test_a_stop_ends_the_slot_under_way_at_once(void **state)
{
    struct test *test = *state;
    struct execution_step step;
    const struct hash none = {{0}};
    order(test, EXECUTION_LEAD, slot_of(test, 1, true), &root(test)->hash);
    go(test);
    order(test, EXECUTION_STOP, 0, &none);
    assert_ok(run(test, &step));
    assert_int_equal(step.act, EXECUTION_END);
    assert_int_equal(test->count[EXECUTION_MADE], 1);
    assert_int_equal(test->count[EXECUTION_STATE], 1);
}

/* ---- What is shown ---- */

static uint64_t tip(struct test *test, enum ledger_level level)
{
    struct bank *bank = ledger_newest(test->ledger.ledger, level);
    uint64_t slot = bank_info(bank)->slot;
    bank_release(bank);
    return slot;
}

static void test_a_block_is_shown_at_the_level_it_has_reached(void **state)
{
    struct test *test = *state;
    struct block_node *node = make(test, root(test), slot_of(test, 1, false));
    deliver_node(test, node);
    assert_int_equal(tip(test, LEDGER_PROCESSED), node->slot);
    assert_int_equal(tip(test, LEDGER_CONFIRMED), 0);
    assert_int_equal(test->last[EXECUTION_SHOWN].news.levels,
                     1u << LEDGER_PROCESSED);
    order(test, EXECUTION_CERTIFY, node->slot, &node->hash);
    go(test);
    assert_int_equal(tip(test, LEDGER_CONFIRMED), node->slot);
    assert_int_equal(tip(test, LEDGER_FINALIZED), 0);
    order(test, EXECUTION_FINALIZE, node->slot, &node->hash);
    go(test);
    assert_int_equal(tip(test, LEDGER_FINALIZED), node->slot);
    assert_int_equal(test->count[EXECUTION_SHOWN], 3);
    /* Told again, it changes nothing. */
    order(test, EXECUTION_FINALIZE, node->slot, &node->hash);
    go(test);
    assert_int_equal(test->count[EXECUTION_FINAL], 1);
}

/* ---- What can't be ---- */

static void test_a_final_block_that_is_not_here_ends_the_validator(void **state)
{
    struct test *test = *state;
    struct execution_step step;
    const struct hash unknown = {{1}};
    order(test, EXECUTION_FINALIZE, 7, &unknown);
    assert_int_equal(run(test, &step), ERR_STATE);
    assert_non_null(
        strstr(err_text(), "slot 7 is final, and was not executed"));
}

static void
test_a_final_block_that_is_not_valid_ends_the_validator(void **state)
{
    struct test *test = *state;
    struct execution_step step;
    struct buffer data = {0};
    struct block_header header;
    struct hash hash;
    uint64_t slot = slot_of(test, 1, false);
    struct block_node *node = make(test, root(test), slot);
    struct reader reader = reader_make(buffer_view(&node->block->data));
    assert_ok(block_header_read(&reader, &header));
    header.parent_state_hash.bytes[0] ^= 1;
    block_header_sign(&header, &test->leader, &hash);
    block_header_write(&header, &data);
    deliver(test, slot, &hash, buffer_view(&data));
    assert_int_equal(test->last[EXECUTION_EXECUTED].verdict, VERDICT_INVALID);
    /* A quorum that votes for it is no harm yet. */
    order(test, EXECUTION_CERTIFY, slot, &hash);
    go(test);
    assert_int_equal(tip(test, LEDGER_PROCESSED), 0);
    order(test, EXECUTION_FINALIZE, slot, &hash);
    assert_int_equal(run(test, &step), ERR_STATE);
    assert_non_null(strstr(err_text(), "not valid here"));
    buffer_free(&data);
}

int main(void)
{
    crypto_init();
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_a_slot_is_led_when_it_is_due),
        TEST(test_a_slot_on_an_unknown_block_is_not_led),
        TEST(test_a_block_under_way_dies_with_its_fork),
        TEST(test_a_stop_ends_the_slot_under_way_at_once),
        TEST(test_a_block_is_shown_at_the_level_it_has_reached),
        TEST(test_a_final_block_that_is_not_here_ends_the_validator),
        TEST(test_a_final_block_that_is_not_valid_ends_the_validator),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
