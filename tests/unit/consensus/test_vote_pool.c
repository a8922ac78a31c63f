/*
 * Votes of a window: held, checked together, counted by stake.
 */
#include "voters.h"

#include "base/random.h"
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

/* ---- many values, by chance, beside a count that is made anew ---- */

#define MANY 40
#define VALUES 14 /* some with a quorum, some with a vote or none */

struct ballot {
    uint64_t value; /* 0: none */
    bool is_good;
};

static uint64_t many_stake(uint16_t validator)
{
    return 1 + validator % 3;
}

/* Stake of the votes for a value; of checked ones alone. */
static uint64_t count_stake(const struct ballot *ballots, uint64_t value,
                            bool is_good)
{
    uint64_t stake = 0;

    for (uint16_t i = 0; i < MANY; i++)
        if (ballots[i].value == value && (ballots[i].is_good || !is_good))
            stake += many_stake(i);
    return stake;
}

static void check_counts(struct vote_pool *many,
                         const struct validator_set *voters,
                         const struct ballot *ballots)
{
    uint64_t agreed = 0;

    for (uint64_t value = 1; value <= VALUES; value++) {
        const struct hash hash = voters_hash(value);
        assert_int_equal(vote_pool_stake(many, VOTE_NOTARIZE, 8, &hash),
                         count_stake(ballots, value, false));
        if (validator_set_is_quorum(voters, count_stake(ballots, value, true)))
            agreed = value;
    }
    struct hash found = {0};
    assert_int_equal(vote_pool_quorum(many, VOTE_NOTARIZE, 8, &found),
                     agreed != 0);
    assert_int_equal(u64le_read(found.bytes), agreed);
}

/* Most vote for the first value, so that it is a quorum now and then. */
static uint64_t draw_value(struct random *random)
{
    return random_below(random, 4) ? 1 : 1 + random_below(random, VALUES);
}

static void change(struct vote_pool *many, struct ballot *ballots,
                   struct random *random)
{
    uint16_t validator = (uint16_t)random_below(random, MANY);
    struct ballot *ballot = &ballots[validator];
    uint64_t value = draw_value(random);
    struct vote vote = voters_vote(VOTE_NOTARIZE, validator, 8, value);

    switch (random_below(random, 4)) {
    case 0: /* checked elsewhere */
        vote_pool_add(many, &vote);
        *ballot = (struct ballot){.value = value, .is_good = true};
        break;
    case 1:
        vote_pool_drop(many, validator);
        if (!ballot->is_good)
            ballot->value = 0;
        break;
    default:
        vote_pool_hold(many, &vote);
        if (!ballot->value)
            ballot->value = value;
    }
}

/* Half of the signatures that are asked for do not hold. */
static void answer_asked(struct vote_pool *many, struct ballot *ballots,
                         struct random *random)
{
    struct vote asked[MANY];
    size_t count = vote_pool_ask(many, VOTE_NOTARIZE, 8, asked);

    for (size_t i = 0; i < count; i++) {
        bool is_good = random_below(random, 2);
        vote_pool_answer(many, &asked[i], is_good);
        ballots[asked[i].validator].is_good = is_good;
        if (!is_good)
            ballots[asked[i].validator].value = 0;
    }
}

static void test_votes_for_many_values_are_counted_each(void **state)
{
    uint64_t stakes[MANY];
    (void)state;

    for (uint16_t i = 0; i < MANY; i++)
        stakes[i] = many_stake(i);
    struct validator_set *voters = voters_set(stakes, MANY);
    for (uint64_t seed = 1; seed <= 50; seed++) {
        struct random random = random_make(seed);
        struct vote_pool *many = vote_pool_new(voters, 2);
        struct ballot ballots[MANY] = {{0}};
        for (unsigned i = 0; i < 300; i++) {
            change(many, ballots, &random);
            if (random_below(&random, 4) == 0)
                answer_asked(many, ballots, &random);
            check_counts(many, voters, ballots);
        }
        vote_pool_free(many);
    }
    validator_set_free(voters);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_signatures_are_asked_for_when_a_quorum_may_be),
        TEST(test_a_bad_signature_does_not_count),
        TEST(test_a_validator_has_one_vote),
        TEST(test_giving_up_a_slot_gives_up_those_after_it),
        TEST(test_a_bad_lower_vote_leaves_the_good_one),
        TEST(test_what_is_held_of_a_liar_is_dropped),
        cmocka_unit_test(test_votes_for_many_values_are_counted_each),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
