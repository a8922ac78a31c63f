/*
 * Votes of a window: held, checked together, counted by stake.
 */
#include "voters.h"

#include "consensus/vote_pool.h"

static const uint64_t equal[] = {1, 1, 1, 1};

static struct validator_set *set;
static struct vote_pool *pool;

static int set_up(void **state)
{
    set = voters_set(equal, 4);
    pool = vote_pool_new(set, 2); /* slots 8 … 11 */
    return 0;
}

static int tear_down(void **state)
{
    vote_pool_free(pool);
    validator_set_free(set);
    return 0;
}

static void hold(enum vote_kind kind, uint16_t validator, uint64_t slot,
                 uint64_t value, enum vote_taken expected)
{
    struct vote vote = voters_vote(kind, validator, slot, value);
    assert_int_equal(vote_pool_hold(pool, &vote), expected);
}

static void test_signatures_are_asked_for_when_a_quorum_may_be(void **state)
{
    struct vote votes[4];
    struct hash value;
    hold(VOTE_NOTARIZE, 0, 9, 7, VOTE_TAKEN);
    hold(VOTE_NOTARIZE, 1, 9, 8, VOTE_TAKEN);
    hold(VOTE_NOTARIZE, 2, 9, 7, VOTE_TAKEN);
    assert_int_equal(vote_pool_ask(pool, VOTE_NOTARIZE, 9, votes), 0);
    hold(VOTE_NOTARIZE, 3, 9, 7, VOTE_TAKEN);
    assert_int_equal(vote_pool_ask(pool, VOTE_NOTARIZE, 9, votes), 3);
    /* Once, until the answer. */
    struct vote again[4];
    assert_int_equal(vote_pool_ask(pool, VOTE_NOTARIZE, 9, again), 0);
    assert_false(vote_pool_quorum(pool, VOTE_NOTARIZE, 9, &value));
    for (size_t i = 0; i < 3; i++)
        vote_pool_answer(pool, &votes[i], true);
    assert_true(vote_pool_quorum(pool, VOTE_NOTARIZE, 9, &value));
    assert_int_equal(u64le_read(value.bytes), 7);
    assert_int_equal(vote_pool_ask(pool, VOTE_NOTARIZE, 9, again), 0);
    assert_false(vote_pool_quorum(pool, VOTE_FINALIZE, 9, &value));
    assert_false(vote_pool_quorum(pool, VOTE_NOTARIZE, 8, &value));
    struct certificate made;
    vote_pool_certify(pool, VOTE_NOTARIZE, 9, &value, NULL, &made);
    assert_int_equal(made.count, 3);
    assert_int_equal(made.votes[1].validator, 2);
    certificate_free(&made);
}

static void test_a_bad_signature_does_not_count(void **state)
{
    struct vote votes[4];
    struct hash value;
    for (uint16_t i = 0; i < 3; i++)
        hold(VOTE_FINALIZE, i, 8, 5, VOTE_TAKEN);
    assert_int_equal(vote_pool_ask(pool, VOTE_FINALIZE, 8, votes), 3);
    vote_pool_answer(pool, &votes[0], false); /* the one the group began with */
    vote_pool_answer(pool, &votes[1], true);
    vote_pool_answer(pool, &votes[2], true);
    assert_false(vote_pool_quorum(pool, VOTE_FINALIZE, 8, &value));
    assert_false(vote_pool_find(pool, VOTE_FINALIZE, 8, 0, votes));
    hold(VOTE_FINALIZE, 3, 8, 5, VOTE_TAKEN);
    assert_int_equal(vote_pool_ask(pool, VOTE_FINALIZE, 8, votes), 1);
    assert_int_equal(votes[0].validator, 3);
    vote_pool_answer(pool, &votes[0], true);
    assert_true(vote_pool_quorum(pool, VOTE_FINALIZE, 8, &value));
}

static void test_a_validator_has_one_vote(void **state)
{
    struct vote votes[4];
    hold(VOTE_NOTARIZE, 0, 8, 1, VOTE_TAKEN);
    hold(VOTE_NOTARIZE, 0, 8, 1, VOTE_KNOWN);
    hold(VOTE_NOTARIZE, 0, 8, 2, VOTE_CONFLICT);
    hold(VOTE_NOTARIZE, 1, 8, 2, VOTE_TAKEN);
    hold(VOTE_NOTARIZE, 2, 8, 2, VOTE_TAKEN);
    assert_int_equal(vote_pool_ask(pool, VOTE_NOTARIZE, 8, votes), 0);
    /* A certificate that has its other vote is right all the same. */
    struct hash value;
    for (uint16_t i = 0; i < 3; i++) {
        struct vote vote = voters_vote(VOTE_NOTARIZE, i, 8, 2);
        vote_pool_add(pool, &vote);
    }
    assert_true(vote_pool_quorum(pool, VOTE_NOTARIZE, 8, &value));
    assert_int_equal(u64le_read(value.bytes), 2);
}

static void test_giving_up_a_slot_gives_up_those_after_it(void **state)
{
    struct vote votes[4];
    hold(VOTE_NULLIFY, 0, 10, 0, VOTE_TAKEN);
    hold(VOTE_NULLIFY, 1, 8, 0, VOTE_TAKEN);
    assert_int_equal(vote_pool_ask(pool, VOTE_NULLIFY, 8, votes), 0);
    hold(VOTE_NULLIFY, 2, 9, 0, VOTE_TAKEN);
    assert_int_equal(vote_pool_ask(pool, VOTE_NULLIFY, 9, votes), 3);
    for (size_t i = 0; i < 3; i++)
        vote_pool_answer(pool, &votes[i], true);
    assert_int_equal(vote_pool_covered_from(pool), 2); /* slot 10 */
    hold(VOTE_NULLIFY, 0, 11, 0, VOTE_KNOWN);
    hold(VOTE_NULLIFY, 0, 9, 0, VOTE_TAKEN);
    assert_int_equal(vote_pool_ask(pool, VOTE_NULLIFY, 9, votes), 1);
    assert_int_equal(vote_pool_covered_from(pool), 2);
    vote_pool_answer(pool, &votes[0], true);
    assert_int_equal(vote_pool_covered_from(pool), 1);
    struct certificate made;
    vote_pool_certify(pool, VOTE_NULLIFY, 9, NULL, NULL, &made);
    assert_int_equal(made.count, 3);
    assert_int_equal(made.votes[1].slot, 8);
    certificate_free(&made);
}

/* A forged lower vote takes nothing from the good one before it. */
static void test_a_bad_lower_vote_leaves_the_good_one(void **state)
{
    struct vote votes[4];
    for (uint16_t i = 0; i < 3; i++)
        hold(VOTE_NULLIFY, i, 10, 0, VOTE_TAKEN);
    assert_int_equal(vote_pool_ask(pool, VOTE_NULLIFY, 10, votes), 3);
    for (size_t i = 0; i < 3; i++)
        vote_pool_answer(pool, &votes[i], true);
    for (uint16_t i = 0; i < 3; i++)
        hold(VOTE_NULLIFY, i, 8, 0, VOTE_TAKEN);
    assert_int_equal(vote_pool_ask(pool, VOTE_NULLIFY, 8, votes), 3);
    for (size_t i = 0; i < 3; i++)
        vote_pool_answer(pool, &votes[i], false);
    assert_int_equal(vote_pool_covered_from(pool), 2);
    struct certificate made;
    vote_pool_certify(pool, VOTE_NULLIFY, 10, NULL, NULL, &made);
    assert_int_equal(made.count, 3);
    certificate_free(&made);
}

static void test_what_is_held_of_a_liar_is_dropped(void **state)
{
    struct vote vote;
    hold(VOTE_NOTARIZE, 1, 8, 4, VOTE_TAKEN);
    hold(VOTE_NULLIFY, 1, 9, 0, VOTE_TAKEN);
    struct vote good = voters_vote(VOTE_FINALIZE, 1, 8, 4);
    vote_pool_add(pool, &good);
    vote_pool_drop(pool, 1);
    assert_false(vote_pool_find(pool, VOTE_NOTARIZE, 8, 1, &vote));
    assert_false(vote_pool_find(pool, VOTE_NULLIFY, 9, 1, &vote));
    assert_true(vote_pool_find(pool, VOTE_FINALIZE, 8, 1, &vote));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_signatures_are_asked_for_when_a_quorum_may_be),
        TEST(test_a_bad_signature_does_not_count),
        TEST(test_a_validator_has_one_vote),
        TEST(test_giving_up_a_slot_gives_up_those_after_it),
        TEST(test_a_bad_lower_vote_leaves_the_good_one),
        TEST(test_what_is_held_of_a_liar_is_dropped),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
