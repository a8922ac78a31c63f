/*
 * Sets of validators: quorums, leaders, and sets that are refused.
 */
#include "voters.h"

static const uint64_t equal[] = {10, 10, 10, 10};

static void test_a_quorum_is_more_than_two_thirds(void **state)
{
    struct validator_set *set = voters_set(equal, 3);
    assert_int_equal(validator_set_stake(set), 30);
    assert_false(validator_set_is_quorum(set, 20));
    assert_true(validator_set_is_quorum(set, 21));
    validator_set_free(set);
    set = voters_set(equal, 1);
    assert_false(validator_set_is_quorum(set, 0));
    assert_true(validator_set_is_quorum(set, 10));
    validator_set_free(set);
}

/* Of 6,000 windows each leads as its stake is, within five standard
 * deviations. */
static void test_leaders_are_drawn_by_stake(void **state)
{
    static const uint64_t stakes[] = {1, 2, 3, 0x3000000000000000 / 1000};
    struct validator_set *set = voters_set(stakes, 3);
    unsigned led[3] = {0};
    for (uint64_t window = 0; window < 6000; window++)
        led[validator_set_leader(set, window)]++;
    for (size_t i = 0; i < 3; i++) {
        double expected = 6000.0 * (double)stakes[i] / 6;
        assert_true(led[i] > expected - 200 && led[i] < expected + 200);
    }
    validator_set_free(set);
    set = voters_set(stakes, 4);
    for (uint64_t window = 0; window < 100; window++)
        assert_int_equal(validator_set_leader(set, window), 3);
    validator_set_free(set);
}

static void test_a_window_has_one_leader_whoever_asks(void **state)
{
    struct validator_set *one = voters_set(equal, 4);
    struct validator_set *other = voters_set(equal, 4);
    for (uint64_t window = 0; window < 100; window++)
        assert_int_equal(validator_set_leader(one, window),
                         validator_set_leader(other, window));
    validator_set_free(one);
    validator_set_free(other);
}

static void test_the_hash_names_all_that_the_set_is(void **state)
{
    static const uint64_t more[] = {10, 10, 10, 11};
    struct validator_set *one = voters_set(equal, 4);
    struct validator_set *same = voters_set(equal, 4);
    struct validator_set *other = voters_set(more, 4);
    struct hash a, b, c;
    validator_set_hash(one, &a);
    validator_set_hash(same, &b);
    validator_set_hash(other, &c);
    assert_true(hash_equal(&a, &b));
    assert_false(hash_equal(&a, &c));
    validator_set_free(one);
    validator_set_free(same);
    validator_set_free(other);
}

static void test_sets_that_cannot_agree_are_refused(void **state)
{
    const struct hash seed = {0};
    struct validator two[2] = {{.stake = 1}, {.stake = 1}};
    struct validator_set *set;
    assert_int_equal(validator_set_new(two, 0, 0, &seed, &set), ERR_INVALID);
    assert_int_equal(validator_set_new(two, VALIDATORS_MAX + 1, 0, &seed, &set),
                     ERR_INVALID);
    /* One identity, then one voter, twice. */
    assert_int_equal(validator_set_new(two, 2, 0, &seed, &set), ERR_INVALID);
    two[1].identity.bytes[0] = 1;
    assert_int_equal(validator_set_new(two, 2, 0, &seed, &set), ERR_INVALID);
    two[1].voter.bytes[0] = 1;
    two[1].stake = 0;
    assert_int_equal(validator_set_new(two, 2, 0, &seed, &set), ERR_INVALID);
    assert_non_null(strstr(err_text(), "no stake"));
    two[0].stake = two[1].stake = UINT64_MAX / 4;
    assert_int_equal(validator_set_new(two, 2, 0, &seed, &set), ERR_INVALID);
    two[1].stake = 1;
    two[0].stake--;
    assert_ok(validator_set_new(two, 2, 0, &seed, &set));
    assert_int_equal(validator_set_find(set, &two[1].identity), 1);
    assert_int_equal(validator_set_find(set, &two[1].voter), 1);
    two[1].identity.bytes[9] = 9;
    assert_int_equal(validator_set_find(set, &two[1].identity), 2);
    validator_set_free(set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_quorum_is_more_than_two_thirds),
        cmocka_unit_test(test_leaders_are_drawn_by_stake),
        cmocka_unit_test(test_a_window_has_one_leader_whoever_asks),
        cmocka_unit_test(test_the_hash_names_all_that_the_set_is),
        cmocka_unit_test(test_sets_that_cannot_agree_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
