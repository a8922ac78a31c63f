/*
 * What a validator asks others for: certificates that it lacks, and blocks; and
 * that it does not matter in what order all comes.
 */
#include "consensus_script.h"

#include "base/random.h"

/* ---- certificates ---- */

/* This validator has left a window because it was given up; the next leader
 * builds on a block of it, which others have certified. */
static void test_a_leaders_unknown_parent_is_asked_of_it(void **state)
{
    uint64_t slot = script.root_slot + 1;
    script_begin_new();
    script_votes(VOTE_NULLIFY, slot + 1, 0);
    script_votes(VOTE_NULLIFY, slot, 0);
    uint64_t next = window_begin(window_of(slot) + 1);
    while (!validator_set_leader(script.set, window_of(next))) {
        script_votes(VOTE_NULLIFY, next, 0);
        next += WINDOW_SLOTS;
    }
    unsigned before = script.count[CONSENSUS_ASK];
    script_block(next, 3, slot, 2, CONSENSUS_EXECUTED);
    assert_int_equal(script.count[CONSENSUS_ASK], before + 1);
    const struct consensus_output *ask = &script.last[CONSENSUS_ASK];
    assert_int_equal(ask->peer,
                     validator_set_leader(script.set, window_of(next)));
    assert_int_equal(ask->question.kind, CONSENSUS_CERTIFIED);
    assert_int_equal(ask->question.at, slot);
    /* With the answer it votes. */
    script_block(slot, 2, script.root_slot, 1, CONSENSUS_EXECUTED);
    script_votes(VOTE_NOTARIZE, slot, 2);
    assert_int_equal(script_signed_vote()->kind, VOTE_NOTARIZE);
    assert_int_equal(script_signed_vote()->slot, next);
}

static void test_who_is_behind_asks_one_after_the_other(void **state)
{
    const struct consensus_status ahead = {.root_slot = script.root_slot,
                                           .window =
                                               window_of(script.root_slot) + 3,
                                           .certified = script.root_slot + 9};
    script_begin_new();
    for (uint16_t peer = 1; peer < 4; peer++) {
        consensus_peer(script.consensus, script.now_ns, peer, &ahead);
        script_drive();
    }
    bool is_asked[4] = {false};
    for (unsigned i = 0; i < 3; i++) {
        script_wait_until(script.now_ns + 2 * DELTA);
        const struct consensus_output *ask = &script.last[CONSENSUS_ASK];
        assert_int_equal(ask->question.kind, CONSENSUS_EVIDENCE);
        assert_int_equal(ask->question.at, window_of(script.root_slot + 1));
        assert_false(is_asked[ask->peer]);
        is_asked[ask->peer] = true;
    }
}

/* ---- blocks that did not come ---- */

/* Two of four: one of them is honest, and has the block. */
static void test_a_block_that_an_honest_one_has_is_fetched(void **state)
{
    uint64_t slot = script.root_slot + 1;

    script_begin_new();
    script_vote(1, VOTE_NOTARIZE, slot, 2);
    script_wait_until(script.now_ns + DELTA);
    assert_int_equal(script.count[CONSENSUS_WANT], 0);
    script_vote(2, VOTE_NOTARIZE, slot, 2);
    /* It may be on its way. */
    script_wait_until(script.now_ns + DELTA - 1);
    assert_int_equal(script.count[CONSENSUS_WANT], 0);
    script_wait_until(script.now_ns + 1);
    assert_int_equal(script.count[CONSENSUS_WANT], 1);
    assert_int_equal(script.last[CONSENSUS_WANT].slot, slot);
    assert_false(script.last[CONSENSUS_WANT].is_certified);
    /* With it, the third vote. Nobody has given the slot up yet. */
    script_block(slot, 2, script.root_slot, 1, CONSENSUS_EXECUTED);
    assert_int_equal(script_signed_vote()->kind, VOTE_FINALIZE);
    assert_int_equal(script.count[CONSENSUS_WANT], 1);
}

static void test_a_block_that_comes_in_time_is_not_fetched(void **state)
{
    uint64_t slot = script.root_slot + 1;

    script_begin_new();
    script_vote(1, VOTE_NOTARIZE, slot, 2);
    script_vote(2, VOTE_NOTARIZE, slot, 2);
    script_block(slot, 2, script.root_slot, 1, CONSENSUS_HEADER);
    script_wait_until(script.now_ns + DELTA / 2);
    script_block(slot, 2, script.root_slot, 1, CONSENSUS_EXECUTED);
    script_wait_until(script.now_ns + 2 * DELTA);
    assert_int_equal(script.count[CONSENSUS_WANT], 0);
}

/* What a quorum voted for is needed at once, and is asked for again. */
static void test_a_certified_block_is_fetched_at_once(void **state)
{
    uint64_t slot = script.root_slot + 1;

    script_begin_new();
    script_vote(1, VOTE_NOTARIZE, slot, 2);
    script_vote(2, VOTE_NOTARIZE, slot, 2);
    script_wait_until(script.now_ns + DELTA);
    assert_int_equal(script.count[CONSENSUS_WANT], 1);
    script_vote(3, VOTE_NOTARIZE, slot, 2);
    assert_int_equal(script.count[CONSENSUS_WANT], 2);
    assert_true(script.last[CONSENSUS_WANT].is_certified);
    script_wait_until(script.now_ns + 4 * DELTA);
    assert_int_equal(script.count[CONSENSUS_WANT], 3);
}

/* ---- in whatever order ---- */

#define THINGS (WINDOW_SLOTS * 7)

/* Of each slot of the window its block, and two kinds of votes of each of the
 * others. */
static void arrive(unsigned thing, uint64_t first)
{
    uint64_t place = thing % WINDOW_SLOTS;
    uint64_t slot = first + place, value = 2 + place;
    unsigned what = thing / WINDOW_SLOTS;

    if (!what) {
        script_block(slot, value, slot - 1, place ? value - 1 : 1,
                     CONSENSUS_EXECUTED);
        return;
    }
    enum vote_kind kind = what <= 3 ? VOTE_NOTARIZE : VOTE_FINALIZE;
    uint16_t from = (uint16_t)(1 + (what - 1) % 3);
    struct vote cast = voters_vote(kind, from, slot, value);
    const struct hash block = voters_hash(value);
    const struct hash after = voters_hash(value + 1000);
    if (kind == VOTE_FINALIZE)
        cast.value = vote_outcome(&block, &after);
    consensus_vote(script.consensus, script.now_ns, from, &cast);
    script_drive();
}

static void test_the_order_of_arrival_changes_nothing(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 200; seed++) {
        struct random random = random_make(seed);
        struct consensus_status status;
        unsigned order[THINGS];
        memset(script.count, 0, sizeof(script.count));
        script_begin_new();
        for (unsigned i = 0; i < THINGS; i++) {
            unsigned at = (unsigned)random_below(&random, i + 1);
            order[i] = order[at];
            order[at] = i;
        }
        for (unsigned i = 0; i < THINGS; i++)
            arrive(order[i], script.root_slot + 1);
        consensus_status(script.consensus, &status);
        assert_int_equal(status.root_slot, script.root_slot + WINDOW_SLOTS);
        assert_int_equal(script.count[CONSENSUS_FINAL], WINDOW_SLOTS);
        assert_int_equal(script.count[CONSENSUS_ACCUSE], 0);
        assert_int_equal(script.count[CONSENSUS_HALT], 0);
        if (seed < 200)
            consensus_free(script.consensus);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_leaders_unknown_parent_is_asked_of_it),
        TEST(test_who_is_behind_asks_one_after_the_other),
        TEST(test_a_block_that_an_honest_one_has_is_fetched),
        TEST(test_a_block_that_comes_in_time_is_not_fetched),
        TEST(test_a_certified_block_is_fetched_at_once),
        TEST(test_the_order_of_arrival_changes_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
