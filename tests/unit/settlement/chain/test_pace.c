/*
 * A leader's decisions with made-up clocks.
 */
#include "settlement/chain/pace.h"

#include "settlement/ledger/ledger.h"
#include "test.h"

#define MS 1000000ull
#define START_NS (5000 * MS)
#define START_UNIX_MS 1760000000000ull
#define TICKS 10
#define SLOT_MS 100

static struct genesis genesis;
static struct pace pace;
static struct pace_seen seen;

static int setup(void **state)
{
    genesis = (struct genesis){
        .slot_ms = SLOT_MS, .ticks_per_slot = TICKS, .validator_count = 1};
    pace = pace_make(&genesis);
    pace_lead(&pace, 8, START_NS);
    seen = (struct pace_seen){.now_ns = START_NS, .has_room = true};
    return 0;
}

static struct pace_step expect(enum pace_act act)
{
    struct pace_step step = pace_next(&pace, &seen);
    assert_int_equal(step.act, act);
    if (act == PACE_TICK)
        seen.ticks += step.ticks;
    return step;
}

static struct pace_block begin(void)
{
    expect(PACE_BEGIN);
    seen.ticks = 0;
    return pace_begin(&pace, 7, START_UNIX_MS, seen.now_ns,
                      START_UNIX_MS + SLOT_MS);
}

static void execute(size_t count)
{
    expect(PACE_EXECUTE);
    pace_executed(&pace, count);
}

/* The next slot is due when this one was to end. */
static void seal(void)
{
    expect(PACE_SEAL);
    pace_sealed(&pace);
    pace_lead(&pace, 8, pace.start_ns + SLOT_MS * MS);
}

static void test_an_idle_slot_wakes_once(void **state)
{
    struct pace_block block = begin();
    assert_int_equal(block.slot, 8);
    assert_int_equal(block.unix_ms, START_UNIX_MS + SLOT_MS);
    execute(0);
    uint64_t end_ns = START_NS + SLOT_MS * MS;
    assert_int_equal(expect(PACE_WAIT).until_ns, end_ns);
    seen.now_ns = end_ns;
    assert_int_equal(expect(PACE_TICK).ticks, TICKS);
    seal();
    expect(PACE_BEGIN);
}

static void test_a_costly_proof_of_history_wakes_for_each_tick(void **state)
{
    genesis.hashes_per_tick = 10000;
    pace = pace_make(&genesis);
    pace_lead(&pace, 8, START_NS);
    begin();
    for (uint64_t tick = 1; tick <= TICKS; tick++) {
        execute(0);
        uint64_t due_ns = START_NS + tick * SLOT_MS * MS / TICKS;
        assert_int_equal(expect(PACE_WAIT).until_ns, due_ns);
        seen.now_ns = due_ns;
        assert_int_equal(expect(PACE_TICK).ticks, 1);
        if (tick < TICKS)
            expect(PACE_SLEEP); /* a transaction may have come */
    }
    seal();
}

/* Transactions that come with the first one are executed with it. */
static void
test_the_first_transaction_after_a_pause_waits_for_more(void **state)
{
    begin();
    execute(0);
    expect(PACE_WAIT);
    seen.now_ns += 50 * MS;
    assert_int_equal(expect(PACE_TICK).ticks, TICKS / 2);
    assert_int_equal(expect(PACE_SLEEP).until_ns, seen.now_ns + 2 * MS);
    seen.now_ns += 2 * MS;
    execute(3);
    execute(0);
    expect(PACE_WAIT);
    /* The wait does not exceed the slot. */
    seen.now_ns = START_NS + 99 * MS;
    expect(PACE_TICK);
    execute(1);
}

static void test_a_full_block_sleeps_to_the_end_of_its_slot(void **state)
{
    begin();
    execute(64);
    seen.has_room = false;
    uint64_t end_ns = START_NS + SLOT_MS * MS;
    assert_int_equal(expect(PACE_SLEEP).until_ns, end_ns);
    seen.now_ns = end_ns;
    expect(PACE_TICK);
    seal();
}

/* Late slots follow each other, each with the time at which it was due; but not
 * after a long stop. */
static void test_late_slots_are_made_up_for_two_at_most(void **state)
{
    begin();
    seen.now_ns = START_NS + 290 * MS;
    expect(PACE_TICK);
    seal();
    begin();
    assert_int_equal(expect(PACE_TICK).ticks, TICKS);
    seal();
    begin();
    assert_int_equal(expect(PACE_TICK).ticks, TICKS - 1);
    assert_int_equal(pace.start_ns, START_NS + 200 * MS);
    seen.now_ns = START_NS + 3600000 * MS;
    expect(PACE_TICK);
    seal();
    begin();
    assert_int_equal(pace.start_ns, seen.now_ns);
    execute(0);
    expect(PACE_WAIT);
}

static void test_a_stop_seals_the_slot_under_way_and_ends(void **state)
{
    begin();
    execute(5);
    seen.is_stopping = true;
    assert_int_equal(expect(PACE_TICK).ticks, TICKS);
    seal();
    expect(PACE_END);
    expect(PACE_END);
}

/* Without an order nothing is due; one that comes too early waits. */
static void test_a_slot_begins_when_it_is_ordered_and_due(void **state)
{
    pace_forget(&pace);
    assert_true(expect(PACE_SLEEP).until_ns == UINT64_MAX);
    pace_lead(&pace, 9, START_NS + 30 * MS);
    assert_int_equal(expect(PACE_SLEEP).until_ns, START_NS + 30 * MS);
    /* Another takes its place. */
    pace_lead(&pace, 12, START_NS + 10 * MS);
    seen.now_ns = START_NS + 15 * MS;
    assert_int_equal(begin().slot, 12);
    assert_int_equal(pace.start_ns, START_NS + 10 * MS);
    /* Once. */
    seen.now_ns = START_NS + 200 * MS;
    expect(PACE_TICK);
    expect(PACE_SEAL);
    pace_sealed(&pace);
    assert_true(expect(PACE_SLEEP).until_ns == UINT64_MAX);
}

/* In a network of several a block that came earlier would not be taken. */
static void test_time_is_not_hurried_by_one_of_several(void **state)
{
    genesis.validator_count = 4;
    seen.ticks = 0;
    expect(PACE_BEGIN);
    assert_int_equal(
        pace_begin(&pace, 7, START_UNIX_MS, START_NS, START_UNIX_MS + 1)
            .unix_ms,
        START_UNIX_MS + 90);
    pace_sealed(&pace);
    pace_lead(&pace, 11, START_NS);
    assert_int_equal(
        pace_begin(&pace, 8, START_UNIX_MS, START_NS, START_UNIX_MS + 269)
            .unix_ms,
        START_UNIX_MS + 270);
    pace_sealed(&pace);
    pace_lead(&pace, 12, START_NS);
    assert_int_equal(
        pace_begin(&pace, 11, START_UNIX_MS, START_NS, START_UNIX_MS + 95)
            .unix_ms,
        START_UNIX_MS + 95);
}

/* ---- The clock that people set ---- */

static struct pace_block block_at(uint64_t parent_ms, uint64_t now_ms)
{
    pace.state = PACE_STATE_BETWEEN;
    pace_lead(&pace, 8, START_NS);
    return pace_begin(&pace, 7, parent_ms, START_NS, now_ms);
}

static void test_block_times_follow_the_clock(void **state)
{
    assert_int_equal(block_at(1000, 1000).unix_ms, 1000);
    assert_int_equal(block_at(1000, 1007).unix_ms, 1007);
    assert_int_equal(block_at(1000, 9999999).unix_ms, 9999999);
}

/* A clock that was a day ahead for one block, and was then set right. */
static void test_block_times_move_on_after_a_clock_was_set_back(void **state)
{
    const uint64_t day_ms = 86400000;
    uint64_t now = START_UNIX_MS, time = now + day_ms;
    size_t slots = 0;
    while (time > now) {
        struct pace_block block = block_at(time, now);
        assert_true(block.unix_ms > time);
        assert_int_equal(block.clock,
                         slots ? PACE_CLOCK_AS_BEFORE : PACE_CLOCK_BEHIND);
        time = block.unix_ms;
        now += SLOT_MS;
        slots++;
    }
    assert_true(slots <= 2 * day_ms / SLOT_MS + 1);
    struct pace_block block = block_at(time, now);
    assert_int_equal(block.unix_ms, now);
    assert_int_equal(block.clock, PACE_CLOCK_RIGHT);
    assert_int_equal(block_at(now, now).clock, PACE_CLOCK_AS_BEFORE);
}

static void test_a_pause_begins_no_block_and_loses_no_time_after(void **state)
{
    seen.is_paused = true;
    /* A driver that comes back too early rests again. */
    for (size_t i = 0; i < 2; i++) {
        expect(PACE_REST);
        seen.now_ns += 5 * SLOT_MS * MS + 1;
    }
    seen.is_paused = false;
    begin();
    execute(0);
    /* The slot has its whole length. */
    assert_int_equal(expect(PACE_WAIT).until_ns, seen.now_ns + SLOT_MS * MS);
    /* A stop ends a pause. */
    pace = pace_make(&genesis);
    seen = (struct pace_seen){
        .now_ns = START_NS, .is_paused = true, .is_stopping = true};
    expect(PACE_END);
}

static void test_slots_are_left_out_up_to_the_one_that_is_wanted(void **state)
{
    seen.reach = 1000;
    assert_int_equal(begin().slot, 1000);
    pace = pace_make(&genesis);
    pace_lead(&pace, 8, START_NS);
    seen.reach = 3; /* long past */
    assert_int_equal(begin().slot, 8);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, setup)
    const struct CMUnitTest tests[] = {
        TEST(test_an_idle_slot_wakes_once),
        TEST(test_a_costly_proof_of_history_wakes_for_each_tick),
        TEST(test_the_first_transaction_after_a_pause_waits_for_more),
        TEST(test_a_full_block_sleeps_to_the_end_of_its_slot),
        TEST(test_late_slots_are_made_up_for_two_at_most),
        TEST(test_a_stop_seals_the_slot_under_way_and_ends),
        TEST(test_a_slot_begins_when_it_is_ordered_and_due),
        TEST(test_time_is_not_hurried_by_one_of_several),
        TEST(test_a_pause_begins_no_block_and_loses_no_time_after),
        TEST(test_slots_are_left_out_up_to_the_one_that_is_wanted),
        TEST(test_block_times_follow_the_clock),
        TEST(test_block_times_move_on_after_a_clock_was_set_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
