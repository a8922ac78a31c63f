/*
 * The flusher's decisions with made-up time and a made-up disk: slow, failing,
 * stopped in the middle.
 */
#include "settlement/chain/flush_queue.h"

#include "base/error.h"
#include "test.h"

#define START_MS 1000000
#define LARGE (FLUSH_QUEUE_BYTES_MAX / 2 + 1)

static struct flush_queue queue;

/* A stand-in for the block, which the machine only hands back. */
static struct executed_block *block_of(uint64_t slot)
{
    return (struct executed_block *)(uintptr_t)(slot * 16);
}

static struct flush_item item(uint64_t slot, uint64_t ms, size_t bytes,
                              bool waits_for_disk)
{
    return (struct flush_item){
        .block = block_of(slot),
        .slot = slot,
        .due_ms = waits_for_disk ? ms : ms + LEDGER_IDLE_FLUSH_MS,
        .used_bytes = bytes};
}

static void push(uint64_t slot, uint64_t ms, size_t bytes, bool waits_for_disk)
{
    const struct flush_item pushed = item(slot, ms, bytes, waits_for_disk);
    assert_true(flush_queue_has_room(&queue, bytes));
    assert_true(flush_queue_push(&queue, &pushed));
}

/* Report the step before as done and get the next one. */
static struct flush_step expect(enum flush_act act, uint64_t ms)
{
    struct flush_step step = flush_queue_next(&queue, ms);
    assert_int_equal(step.act, act);
    return step;
}

static void carry_out(enum flush_act act, uint64_t ms)
{
    expect(act, ms);
    flush_queue_done(&queue, 0);
}

static void expect_batch(uint64_t first, uint64_t last)
{
    assert_int_equal(queue.batch_count, last - first + 1);
    for (size_t i = 0; i < queue.batch_count; i++)
        assert_int_equal(queue.batch[i].slot, first + i);
}

/* A whole flush, of blocks that were not shown before. */
static void flush(uint64_t ms, bool shows)
{
    carry_out(FLUSH_WRITE, ms);
    if (shows)
        carry_out(FLUSH_SHOW, ms);
    carry_out(FLUSH_SETTLE, ms);
    carry_out(FLUSH_RELEASE, ms);
}

static int setup(void **state)
{
    queue = flush_queue_make(10);
    return 0;
}

static void test_empty_blocks_are_shown_and_wait_for_the_time(void **state)
{
    assert_true(expect(FLUSH_WAIT, START_MS).until_ms == FLUSH_NEVER);
    push(11, START_MS, 1, false);
    carry_out(FLUSH_SHOW, START_MS);
    push(12, START_MS + 100, 1, false);
    carry_out(FLUSH_SHOW, START_MS + 100);
    uint64_t due_ms = START_MS + LEDGER_IDLE_FLUSH_MS;
    assert_int_equal(expect(FLUSH_WAIT, due_ms - 1).until_ms, due_ms);
    assert_int_equal(queue.durable_slot, 10);
    carry_out(FLUSH_WRITE, due_ms);
    expect_batch(11, 12);
    assert_int_equal(queue.durable_slot, 10);
    carry_out(FLUSH_SETTLE, due_ms);
    assert_int_equal(queue.durable_slot, 12);
    carry_out(FLUSH_RELEASE, due_ms);
    assert_true(expect(FLUSH_WAIT, due_ms).until_ms == FLUSH_NEVER);
}

/* The machine was suspended, and the monotonic clock went on. */
static void test_time_that_jumps_makes_a_batch_due_once(void **state)
{
    push(11, START_MS, 1, false);
    carry_out(FLUSH_SHOW, START_MS);
    flush(START_MS + 3600000, false);
    push(12, START_MS + 3600000, 1, false);
    carry_out(FLUSH_SHOW, START_MS + 3600000);
    expect(FLUSH_WAIT, START_MS + 3600001);
}

static void test_idle_blocks_are_bounded(void **state)
{
    for (uint64_t i = 0; i < LEDGER_IDLE_BLOCKS_MAX - 1; i++) {
        push(11 + i, START_MS, 1, false);
        carry_out(FLUSH_SHOW, START_MS);
    }
    expect(FLUSH_WAIT, START_MS);
    push(10 + LEDGER_IDLE_BLOCKS_MAX, START_MS, 1, false);
    flush(START_MS, true);
    assert_int_equal(queue.durable_slot, 10 + LEDGER_IDLE_BLOCKS_MAX);
}

static void test_transactions_are_on_disk_before_they_are_shown(void **state)
{
    push(11, START_MS, 1, false);
    carry_out(FLUSH_SHOW, START_MS);
    push(12, START_MS, 1, false);
    push(13, START_MS, 1000, true);
    expect(FLUSH_WRITE, START_MS);
    expect_batch(11, 13);
    assert_int_equal(queue.shown, 1);
    flush_queue_done(&queue, 0);
    carry_out(FLUSH_SHOW, START_MS);
    assert_int_equal(queue.shown, 3);
    assert_int_equal(queue.durable_slot, 10);
    carry_out(FLUSH_SETTLE, START_MS);
    assert_int_equal(queue.durable_slot, 13);
}

static void test_a_slow_disk_fills_the_queue_and_no_more(void **state)
{
    push(11, START_MS, 1000, true);
    expect(FLUSH_WRITE, START_MS);
    for (uint64_t i = 0; i < FLUSH_QUEUE_MAX; i++)
        push(12 + i, START_MS + i, 1000, true);
    assert_false(flush_queue_has_room(&queue, 0));
    flush_queue_done(&queue, 0);
    carry_out(FLUSH_SHOW, START_MS);
    carry_out(FLUSH_SETTLE, START_MS);
    assert_false(flush_queue_has_room(&queue, 0));
    carry_out(FLUSH_RELEASE, START_MS);
    expect(FLUSH_WRITE, START_MS); /* all of them, in one flush */
    expect_batch(12, 11 + FLUSH_QUEUE_MAX);
    assert_true(flush_queue_has_room(&queue, 0));
}

static void test_large_blocks_wait_and_are_flushed_alone(void **state)
{
    push(11, START_MS, LARGE, true);
    expect(FLUSH_WRITE, START_MS);
    push(12, START_MS, LARGE, false);
    assert_false(flush_queue_has_room(&queue, LARGE));
    push(13, START_MS, 1, false);
    flush_queue_done(&queue, 0);
    carry_out(FLUSH_SHOW, START_MS);
    carry_out(FLUSH_SETTLE, START_MS);
    carry_out(FLUSH_RELEASE, START_MS);
    /* A block that has no place in the batch makes the batch due. */
    expect(FLUSH_WRITE, START_MS);
    expect_batch(12, 12);
    assert_true(flush_queue_has_room(&queue, LARGE));
}

/* The blocks that a failure left, from first to last. */
static void expect_left(uint64_t first, uint64_t last)
{
    for (uint64_t slot = first; slot <= last; slot++)
        assert_ptr_equal(flush_queue_left(&queue), block_of(slot));
    assert_null(flush_queue_left(&queue));
}

static void test_what_a_disk_refuses_is_never_shown(void **state)
{
    push(11, START_MS, 1, true);
    expect(FLUSH_WRITE, START_MS);
    for (uint64_t i = 0; i < FLUSH_QUEUE_MAX; i++)
        push(12 + i, START_MS, 1, true);
    flush_queue_done(&queue, ERR_IO);
    assert_true(queue.has_failed);
    assert_int_equal(queue.shown, 0);
    assert_int_equal(queue.durable_slot, 10);
    /* Who pushes does not wait, and blocks do not pile up. */
    const struct flush_item late = item(40, START_MS, LARGE, true);
    assert_true(flush_queue_has_room(&queue, LARGE));
    assert_false(flush_queue_push(&queue, &late));
    expect(FLUSH_END, START_MS);
    flush_queue_stop(&queue);
    expect(FLUSH_END, START_MS);
    expect_left(11, 11 + FLUSH_QUEUE_MAX);
}

/* The block is shown and on disk, but its rows are not in their place: readers
 * must not look there yet. */
static void test_failed_settling_leaves_the_durable_slot(void **state)
{
    push(11, START_MS, 1, true);
    carry_out(FLUSH_WRITE, START_MS);
    carry_out(FLUSH_SHOW, START_MS);
    expect(FLUSH_SETTLE, START_MS);
    flush_queue_done(&queue, ERR_FULL);
    assert_int_equal(queue.durable_slot, 10);
    expect(FLUSH_END, START_MS);
    expect_left(11, 11);
}

static void test_a_stop_in_the_middle_of_a_write_flushes_the_rest(void **state)
{
    push(11, START_MS, 1, true);
    assert_false(expect(FLUSH_WRITE, START_MS).is_last);
    push(12, START_MS, LARGE, true);
    push(13, START_MS, 1, false);
    flush_queue_stop(&queue);
    flush_queue_done(&queue, 0);
    carry_out(FLUSH_SHOW, START_MS);
    carry_out(FLUSH_SETTLE, START_MS);
    carry_out(FLUSH_RELEASE, START_MS);
    assert_false(expect(FLUSH_WRITE, START_MS).is_last);
    flush_queue_done(&queue, 0);
    carry_out(FLUSH_SHOW, START_MS);
    carry_out(FLUSH_SETTLE, START_MS);
    carry_out(FLUSH_RELEASE, START_MS);
    assert_true(expect(FLUSH_WRITE, START_MS).is_last);
    expect_batch(13, 13);
    flush_queue_done(&queue, 0);
    carry_out(FLUSH_SHOW, START_MS);
    carry_out(FLUSH_SETTLE, START_MS);
    carry_out(FLUSH_RELEASE, START_MS);
    expect(FLUSH_END, START_MS);
    assert_int_equal(queue.durable_slot, 13);
    expect_left(1, 0);
}

static void test_an_orderly_end_is_written_without_blocks(void **state)
{
    flush_queue_stop(&queue);
    assert_true(expect(FLUSH_WRITE, START_MS).is_last);
    assert_int_equal(queue.batch_count, 0);
    flush_queue_done(&queue, 0);
    carry_out(FLUSH_SETTLE, START_MS);
    carry_out(FLUSH_RELEASE, START_MS);
    expect(FLUSH_END, START_MS);
    assert_int_equal(queue.durable_slot, 10);
}

/* As in a network of several: the time says when, and nothing is shown. */
static void test_blocks_that_are_shown_wait_for_the_first_due_one(void **state)
{
    struct flush_item pushed = item(11, START_MS, 1, false);
    pushed.is_shown = true;
    assert_true(flush_queue_push(&queue, &pushed));
    expect(FLUSH_WAIT, START_MS);
    pushed = item(12, START_MS + 500, 1000, true);
    pushed.due_ms = START_MS + 1500;
    pushed.is_shown = true;
    assert_true(flush_queue_push(&queue, &pushed));
    assert_int_equal(expect(FLUSH_WAIT, START_MS + 500).until_ms,
                     START_MS + 1500);
    flush(START_MS + 1500, false);
    assert_int_equal(queue.durable_slot, 12);
    assert_true(expect(FLUSH_WAIT, START_MS + 1500).until_ms == FLUSH_NEVER);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, setup)
    const struct CMUnitTest tests[] = {
        TEST(test_empty_blocks_are_shown_and_wait_for_the_time),
        TEST(test_time_that_jumps_makes_a_batch_due_once),
        TEST(test_idle_blocks_are_bounded),
        TEST(test_transactions_are_on_disk_before_they_are_shown),
        TEST(test_a_slow_disk_fills_the_queue_and_no_more),
        TEST(test_large_blocks_wait_and_are_flushed_alone),
        TEST(test_what_a_disk_refuses_is_never_shown),
        TEST(test_failed_settling_leaves_the_durable_slot),
        TEST(test_a_stop_in_the_middle_of_a_write_flushes_the_rest),
        TEST(test_an_orderly_end_is_written_without_blocks),
        TEST(test_blocks_that_are_shown_wait_for_the_first_due_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
