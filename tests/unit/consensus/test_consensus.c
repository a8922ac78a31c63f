/*
 * What a validator votes, when it gives up, how it leads, and what it makes of
 * a restart and of liars.
 */
#include "consensus_script.h"

/* ---- votes ---- */

static void test_a_block_is_notarized_finalized_and_final(void **state)
{
    uint64_t slot = script.root_slot + 1;
    script_begin_new();
    script_block(slot, 2, script.root_slot, 1, CONSENSUS_HEADER);
    assert_int_equal(script.count[CONSENSUS_SIGN], 0);
    script_block(slot, 2, script.root_slot, 1, CONSENSUS_EXECUTED);
    assert_int_equal(script_signed_vote()->kind, VOTE_NOTARIZE);
    script_votes(VOTE_NOTARIZE, slot, 2);
    assert_int_equal(script.last[CONSENSUS_CONFIRMED].slot, slot);
    assert_int_equal(script_signed_vote()->kind, VOTE_FINALIZE);
    assert_int_equal(script_signed_vote()->slot, slot);
    const struct hash two = voters_hash(2), after = voters_hash(1002);
    struct hash outcome = vote_outcome(&two, &after);
    assert_true(hash_equal(&script_signed_vote()->value, &outcome));
    for (uint16_t from = 1; from < 3; from++) {
        struct vote cast = voters_vote(VOTE_FINALIZE, from, slot, 0);
        cast.value = outcome;
        assert_int_equal(script.count[CONSENSUS_FINAL], 0);
        consensus_vote(script.consensus, script.now_ns, from, &cast);
        script_drive();
    }
    assert_int_equal(script.count[CONSENSUS_FINAL], 1);
    assert_int_equal(script.last[CONSENSUS_FINAL].slot, slot);
    assert_true(hash_equal(&script.last[CONSENSUS_FINAL].state, &after));
}

/* All votes are there, and the block's parent, of an earlier window, is not. */
static void test_a_final_block_waits_for_the_one_before(void **state)
{
    uint64_t slot = script.root_slot + 1, next = slot + WINDOW_SLOTS;
    script_begin_new();
    script_votes(VOTE_NOTARIZE, slot, 2);
    script_votes(VOTE_NULLIFY, slot + 1, 0);
    script_block(next, 3, slot, 2, CONSENSUS_EXECUTED);
    script_votes(VOTE_NOTARIZE, next, 3);
    const struct hash three = voters_hash(3), after = voters_hash(1003);
    for (uint16_t from = 1; from < 4; from++) {
        struct vote cast = voters_vote(VOTE_FINALIZE, from, next, 0);
        cast.value = vote_outcome(&three, &after);
        consensus_vote(script.consensus, script.now_ns, from, &cast);
        script_drive();
    }
    assert_int_equal(script.count[CONSENSUS_FINAL], 0);
    assert_int_equal(script.last[CONSENSUS_WANT].slot, slot);
    script_block(slot, 2, script.root_slot, 1, CONSENSUS_EXECUTED);
    assert_int_equal(script.count[CONSENSUS_FINAL], 2);
    assert_int_equal(script.last[CONSENSUS_FINAL].slot, next);
}

static void test_a_vote_waits_for_the_record(void **state)
{
    struct consensus_output output;
    uint64_t slot = script.root_slot + 1;
    script_begin_new();
    const struct consensus_block made = {.slot = slot,
                                         .hash = voters_hash(2),
                                         .parent_slot = script.root_slot,
                                         .parent = voters_hash(1)};
    consensus_block(script.consensus, script.now_ns, &made, CONSENSUS_EXECUTED,
                    NULL);
    uint64_t sequence = 0;
    while (consensus_next(script.consensus, &output)) {
        assert_int_not_equal(output.act, CONSENSUS_SIGN);
        if (output.act == CONSENSUS_PERSIST) {
            sequence = output.sequence;
            assert_int_equal(output.record->bits[0].notarized, 1);
        }
    }
    assert_true(sequence > 0);
    consensus_persisted(script.consensus, sequence);
    assert_true(consensus_next(script.consensus, &output));
    assert_int_equal(output.act, CONSENSUS_SIGN);
}

static void test_another_state_after_a_block_halts(void **state)
{
    uint64_t slot = script.root_slot + 1;
    script_begin_new();
    script_block(slot, 2, script.root_slot, 1, CONSENSUS_EXECUTED);
    script_votes(VOTE_NOTARIZE, slot, 2);
    const struct hash two = voters_hash(2), other = voters_hash(9);
    for (uint16_t from = 1; from < 4; from++) {
        struct vote cast = voters_vote(VOTE_FINALIZE, from, slot, 0);
        cast.value = vote_outcome(&two, &other);
        consensus_vote(script.consensus, script.now_ns, from, &cast);
        script_drive();
    }
    assert_int_equal(script.count[CONSENSUS_HALT], 1);
    assert_int_equal(script.last[CONSENSUS_HALT].slot, slot);
    unsigned before = script.count[CONSENSUS_SIGN];
    script_block(slot + 1, 3, slot, 2, CONSENSUS_EXECUTED);
    script_wait_until(BEGIN + 100 * DELTA);
    assert_int_equal(script.count[CONSENSUS_SIGN], before);
}

/* ---- giving up ---- */

static void test_a_silent_leader_is_given_up_after_its_slot(void **state)
{
    script_begin_new();
    /* Its slot begins one slot after BEGIN, and its block comes at the end. */
    const uint64_t due_ns = BEGIN + 2 * SLOT + 2 * DELTA;
    script_wait_until(due_ns - 1);
    assert_int_equal(script.count[CONSENSUS_SIGN], 0);
    assert_int_equal(consensus_due_ns(script.consensus), due_ns);
    script_wait_until(due_ns);
    assert_int_equal(script_signed_vote()->kind, VOTE_NULLIFY);
    assert_int_equal(script_signed_vote()->slot, script.root_slot + 1);
    /* Who gave up may notarize all the same, and does not finalize. */
    script_block(script.root_slot + 1, 2, script.root_slot, 1,
                 CONSENSUS_EXECUTED);
    assert_int_equal(script_signed_vote()->kind, VOTE_NOTARIZE);
    script_votes(VOTE_NOTARIZE, script.root_slot + 1, 2);
    assert_int_equal(script.count[CONSENSUS_CONFIRMED], 1);
    assert_int_equal(script_signed_vote()->kind, VOTE_NOTARIZE);
}

static void test_what_breaks_a_rule_is_given_up_at_once(void **state)
{
    script_begin_new();
    script_wait_until(BEGIN + SLOT);
    script_block(script.root_slot + 1, 2, script.root_slot, 1,
                 CONSENSUS_INVALID);
    assert_int_equal(script_signed_vote()->kind, VOTE_NULLIFY);
}

static void test_a_leader_of_two_blocks_is_given_up_at_once(void **state)
{
    script_begin_new();
    script_wait_until(BEGIN + SLOT);
    consensus_leader_seen(script.consensus, script.now_ns, script.root_slot + 1,
                          false);
    script_drive();
    assert_int_equal(script.count[CONSENSUS_SIGN], 0);
    consensus_leader_seen(script.consensus, script.now_ns, script.root_slot + 1,
                          true);
    script_drive();
    assert_int_equal(script_signed_vote()->kind, VOTE_NULLIFY);
}

/* Each window that is given up without a final block lets the next one wait
 * longer, from the fourth on. */
static void test_timers_grow_while_nothing_becomes_final(void **state)
{
    uint64_t window = window_of(script.root_slot + 1);
    uint64_t waits[12];
    script_begin_new();
    for (size_t i = 0; i < 12; i++, window++) {
        uint64_t entered_ns = script.now_ns;
        if (!validator_set_leader(script.set, window))
            waits[i] = 0;
        else
            waits[i] = consensus_due_ns(script.consensus) - entered_ns;
        script.now_ns += 1000 * MS;
        script_votes(VOTE_NULLIFY, window_begin(window), 0);
    }
    uint64_t expected = SLOT + 2 * DELTA;
    for (size_t i = 1; i < 12; i++) {
        if (i > 3)
            expected += expected / 4;
        /* Waiting for votes to be sent again may come first. */
        if (waits[i] && waits[i] != 4 * DELTA)
            assert_in_range(waits[i], expected - 8, expected + 8);
    }
}

/* Who catches up goes through many windows, and their blocks become final only
 * afterwards. It waits for the next leader no longer than the others do. */
static void test_timers_are_short_again_with_a_final_block(void **state)
{
    uint64_t window = window_of(script.root_slot + 1) + 20;
    script_begin_new();
    while (!validator_set_leader(script.set, window))
        window++;
    for (uint64_t i = window_of(script.root_slot + 1); i < window; i++) {
        script.now_ns += WINDOW_SLOTS * SLOT;
        script_votes(VOTE_NULLIFY, window_begin(i), 0);
    }
    uint64_t slot = window_begin(window);
    script_block(slot, 2, script.root_slot, 1, CONSENSUS_EXECUTED);
    script_votes(VOTE_NOTARIZE, slot, 2);
    const struct hash two = voters_hash(2), after = voters_hash(1002);
    for (uint16_t from = 1; from < 4; from++) {
        struct vote cast = voters_vote(VOTE_FINALIZE, from, slot, 0);
        cast.value = vote_outcome(&two, &after);
        consensus_vote(script.consensus, script.now_ns, from, &cast);
        script_drive();
    }
    assert_int_equal(script.last[CONSENSUS_FINAL].slot, slot);
    unsigned before = script.count[CONSENSUS_SIGN];
    script_wait_until(script.now_ns + SLOT + 3 * DELTA + 2 * SLOT);
    assert_int_equal(script.count[CONSENSUS_SIGN], before + 1);
    assert_int_equal(script_signed_vote()->kind, VOTE_NULLIFY);
    assert_int_equal(script_signed_vote()->slot, slot + 1);
}

/* ---- leading ---- */

/* A window of its own comes after the root. */
static void begin_before_own(void)
{
    uint64_t window = 5;

    while (validator_set_leader(script.set, window))
        window++;
    script.root_slot = window_begin(window) - 1;
    script_begin_new();
}

static void
test_a_leader_makes_its_window_one_block_after_the_other(void **state)
{
    begin_before_own();
    uint64_t parent = 1;
    for (unsigned i = 0; i < WINDOW_SLOTS; i++) {
        const struct consensus_output *lead = &script.last[CONSENSUS_LEAD];
        assert_int_equal(script.count[CONSENSUS_LEAD], i + 1);
        assert_int_equal(lead->slot, script.root_slot + 1 + i);
        assert_int_equal(lead->parent_slot, script.root_slot + i);
        assert_int_equal(u64le_read(lead->parent.bytes), parent);
        script_block(lead->slot, parent + 1, lead->parent_slot, parent,
                     CONSENSUS_EXECUTED);
        assert_int_equal(script_signed_vote()->slot, script.root_slot + 1 + i);
        parent++;
    }
    assert_int_equal(script.count[CONSENSUS_LEAD], WINDOW_SLOTS);
}

static void test_a_leader_that_cannot_gives_its_slot_up_at_once(void **state)
{
    begin_before_own();
    assert_int_equal(script.count[CONSENSUS_SIGN], 0);
    consensus_cannot_lead(script.consensus, script.now_ns,
                          script.root_slot + 1);
    script_drive();
    assert_int_equal(script_signed_vote()->kind, VOTE_NULLIFY);
    assert_int_equal(script_signed_vote()->slot, script.root_slot + 1);
    assert_int_equal(script.count[CONSENSUS_LEAD], 1);
}

/* What was begun before a crash is not begun again with other contents. */
static void test_a_leader_does_not_lead_a_window_twice(void **state)
{
    begin_before_own();
    uint64_t window = window_of(script.root_slot + 1);
    struct vote_record record = vote_record_new(window);
    record.led = 1;
    consensus_free(script.consensus);
    memset(script.count, 0, sizeof(script.count));
    script_begin(&record);
    assert_int_equal(script.count[CONSENSUS_LEAD], 0);
}

/* ---- restarts ---- */

static struct vote_record record_of(uint64_t window)
{
    struct vote_record record = vote_record_new(0);

    vote_record_enter(&record, window);
    return record;
}

/* The record's window, and a slot of it before the one that was given up: what
 * had certified that slot is lost. */
static void test_after_a_restart_an_earlier_slot_can_be_given_up(void **state)
{
    struct vote_record record = record_of(window_of(script.root_slot + 1));
    record.bits[0].nullified = 4;
    script_begin(&record);
    assert_int_equal(script_signed_vote()->kind, VOTE_NULLIFY);
    assert_int_equal(script_signed_vote()->slot, script.root_slot + 3);
    script_wait_until(BEGIN + 1000 * MS);
    assert_int_equal(script_signed_vote()->kind, VOTE_NULLIFY);
    assert_int_equal(script_signed_vote()->slot, script.root_slot + 1);
}

static void test_after_a_restart_nothing_finalized_is_given_up(void **state)
{
    struct vote_record record = record_of(window_of(script.root_slot + 1));
    record.bits[0].finalized = 2;
    record.finalized[1] = voters_hash(7);
    script_begin(&record);
    assert_int_equal(script_signed_vote()->kind, VOTE_FINALIZE);
    unsigned before = script.count[CONSENSUS_SIGN];
    script_wait_until(BEGIN + 10000 * MS);
    assert_int_equal(script.count[CONSENSUS_SIGN], before);
}

static void test_after_a_restart_nothing_is_notarized_twice(void **state)
{
    struct vote_record record = record_of(window_of(script.root_slot + 1));
    record.bits[0].notarized = 1;
    record.notarized[0] = voters_hash(2);
    script_begin(&record);
    assert_int_equal(script.count[CONSENSUS_SIGN], 1);
    assert_int_equal(u64le_read(script_signed_vote()->value.bytes), 2);
    script_block(script.root_slot + 1, 3, script.root_slot, 1,
                 CONSENSUS_EXECUTED);
    assert_int_equal(script.count[CONSENSUS_SIGN], 1);
    /* The next slot may be, on what was voted for. */
    script_block(script.root_slot + 2, 5, script.root_slot + 1, 3,
                 CONSENSUS_EXECUTED);
    assert_int_equal(script.count[CONSENSUS_SIGN], 1);
    script_block(script.root_slot + 2, 4, script.root_slot + 1, 2,
                 CONSENSUS_EXECUTED);
    assert_int_equal(script.count[CONSENSUS_SIGN], 2);
}

/* A record of later windows: until the machine is there again it notarizes
 * nothing. */
static void test_after_a_restart_it_notarizes_from_its_record_on(void **state)
{
    struct vote_record record = record_of(window_of(script.root_slot + 1) + 2);
    script_begin(&record);
    script_block(script.root_slot + 1, 2, script.root_slot, 1,
                 CONSENSUS_EXECUTED);
    assert_int_equal(script.count[CONSENSUS_SIGN], 0);
    assert_int_equal(script.count[CONSENSUS_LEAD], 0);
    script_votes(VOTE_NOTARIZE, script.root_slot + 1, 2);
    assert_int_equal(script_signed_vote()->kind, VOTE_FINALIZE);
}

/* ---- liars ---- */

static void test_a_vote_in_anothers_name_cuts_its_sender_off(void **state)
{
    script_begin_new();
    struct vote cast = voters_vote(VOTE_NOTARIZE, 2, script.root_slot + 1, 2);
    consensus_vote(script.consensus, script.now_ns, 1, &cast);
    script_drive();
    assert_int_equal(script.count[CONSENSUS_BAD], 1);
    assert_int_equal(script.last[CONSENSUS_BAD].peer, 1);
    /* Nothing of it counts from then on: two and its own are no quorum. */
    script_block(script.root_slot + 1, 2, script.root_slot, 1,
                 CONSENSUS_EXECUTED);
    script_votes(VOTE_NOTARIZE, script.root_slot + 1, 2);
    assert_int_equal(script.count[CONSENSUS_CONFIRMED], 1);
    script_vote(1, VOTE_NULLIFY, script.root_slot + 2, 0);
    assert_int_equal(script.count[CONSENSUS_BAD], 1);
}

static void test_who_votes_twice_is_accused_once(void **state)
{
    script_begin_new();
    script_vote(1, VOTE_NOTARIZE, script.root_slot + 1, 2);
    script_vote(1, VOTE_NOTARIZE, script.root_slot + 1, 3);
    script_vote(1, VOTE_NOTARIZE, script.root_slot + 1, 4);
    assert_int_equal(script.count[CONSENSUS_ACCUSE], 1);
    assert_int_equal(script.last[CONSENSUS_ACCUSE].peer, 1);
    assert_false(hash_equal(&script.last[CONSENSUS_ACCUSE].vote.value,
                            &script.last[CONSENSUS_ACCUSE].other.value));
}

/* Both have come, from whom it may be. */
static void test_who_leads_a_slot_twice_is_accused_and_given_up(void **state)
{
    uint64_t slot = script.root_slot + 1;
    script_begin_new();
    script_wait_until(BEGIN + SLOT);
    script_block(slot, 2, script.root_slot, 1, CONSENSUS_HEADER);
    script_block(slot, 2, script.root_slot, 1, CONSENSUS_HEADER);
    assert_int_equal(script.count[CONSENSUS_ACCUSE], 0);
    script_block(slot, 3, script.root_slot, 1, CONSENSUS_HEADER);
    script_block(slot, 4, script.root_slot, 1, CONSENSUS_HEADER);
    assert_int_equal(script.count[CONSENSUS_ACCUSE], 1);
    const struct consensus_output *accuse = &script.last[CONSENSUS_ACCUSE];
    assert_int_equal(accuse->peer,
                     validator_set_leader(script.set, window_of(slot)));
    assert_int_equal(accuse->slot, slot);
    assert_int_equal(u64le_read(accuse->hash.bytes), 2);
    assert_int_equal(u64le_read(accuse->other_hash.bytes), 3);
    assert_int_equal(accuse->other.kind, 0);
    assert_int_equal(script_signed_vote()->kind, VOTE_NULLIFY);
    assert_int_equal(script_signed_vote()->slot, slot);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_block_is_notarized_finalized_and_final),
        TEST(test_a_final_block_waits_for_the_one_before),
        TEST(test_a_vote_waits_for_the_record),
        TEST(test_another_state_after_a_block_halts),
        TEST(test_a_silent_leader_is_given_up_after_its_slot),
        TEST(test_what_breaks_a_rule_is_given_up_at_once),
        TEST(test_a_leader_of_two_blocks_is_given_up_at_once),
        TEST(test_timers_grow_while_nothing_becomes_final),
        TEST(test_timers_are_short_again_with_a_final_block),
        TEST(test_a_leader_makes_its_window_one_block_after_the_other),
        TEST(test_a_leader_that_cannot_gives_its_slot_up_at_once),
        TEST(test_a_leader_does_not_lead_a_window_twice),
        TEST(test_after_a_restart_an_earlier_slot_can_be_given_up),
        TEST(test_after_a_restart_nothing_finalized_is_given_up),
        TEST(test_after_a_restart_nothing_is_notarized_twice),
        TEST(test_after_a_restart_it_notarizes_from_its_record_on),
        TEST(test_a_vote_in_anothers_name_cuts_its_sender_off),
        TEST(test_who_votes_twice_is_accused_once),
        TEST(test_who_leads_a_slot_twice_is_accused_and_given_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
