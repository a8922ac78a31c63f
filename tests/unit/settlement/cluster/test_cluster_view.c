/* What is told of validators, and what can be asked. */
#include "test.h"

#include "settlement/cluster/cluster_view.h"

static const struct hash first = {{1}}, second = {{2}}, third = {{3}};

static struct cluster_view *four(void)
{
    struct cluster_validator validators[4] = {0};
    for (size_t i = 0; i < 4; i++) {
        validators[i].identity.bytes[0] = (uint8_t)(i + 1);
        validators[i].stake = 10 * (i + 1);
        validators[i].last_vote = CLUSTER_NO_SLOT;
    }
    return cluster_view_new(validators, 4);
}

static void assert_stakes(struct cluster_view *view, uint64_t slot,
                          const struct hash *hash, uint64_t notarized,
                          uint64_t finalized)
{
    struct arena arena = {0};
    struct cluster_signers signers;
    assert_true(cluster_view_signers(view, slot, hash, &arena, &signers));
    assert_int_equal(signers.notarized_stake, notarized);
    assert_int_equal(signers.finalized_stake, finalized);
    arena_free(&arena);
}

static bool is_known(struct cluster_view *view, uint64_t slot,
                     const struct hash *hash)
{
    struct arena arena = {0};
    struct cluster_signers signers;
    bool is_there = cluster_view_signers(view, slot, hash, &arena, &signers);
    arena_free(&arena);
    return is_there;
}

static void test_each_vote_counts_once(void **state)
{
    struct cluster_view *view = four();
    struct arena arena = {0};
    struct cluster_signers signers;
    cluster_view_vote(view, 0, CLUSTER_NOTARIZED, 7, &first);
    cluster_view_vote(view, 0, CLUSTER_NOTARIZED, 7, &first);
    cluster_view_vote(view, 3, CLUSTER_NOTARIZED, 7, &first);
    cluster_view_vote(view, 3, CLUSTER_FINALIZED, 7, &first);
    assert_stakes(view, 7, &first, 50, 40);
    assert_true(cluster_view_signers(view, 7, &first, &arena, &signers));
    assert_true(signers.notarized[0] && signers.notarized[3]);
    assert_false(signers.notarized[1] || signers.finalized[0]);
    assert_true(signers.finalized[3]);
    arena_free(&arena);
    cluster_view_free(view);
}

/* Of a slot's blocks those with more stake stay, and of a place's slots the
 * newer ones. */
static void test_signers_of_the_newest_blocks_are_kept(void **state)
{
    struct cluster_view *view = four();
    cluster_view_vote(view, 1, CLUSTER_NOTARIZED, 7, &first);
    cluster_view_vote(view, 0, CLUSTER_NOTARIZED, 7, &second);
    cluster_view_vote(view, 2, CLUSTER_NOTARIZED, 7, &third);
    assert_stakes(view, 7, &first, 20, 0);
    assert_false(is_known(view, 7, &second));
    assert_stakes(view, 7, &third, 30, 0);
    assert_stakes(view, 7, NULL, 30, 0);
    assert_false(is_known(view, 8, NULL));
    cluster_view_vote(view, 0, CLUSTER_NOTARIZED, 7 + CLUSTER_SIGNED_SLOTS,
                      &first);
    cluster_view_vote(view, 0, CLUSTER_NOTARIZED, 7 + CLUSTER_SIGNED_SLOTS,
                      &second);
    assert_false(is_known(view, 7, &first));
    cluster_view_vote(view, 1, CLUSTER_NOTARIZED, 7, &first);
    assert_false(is_known(view, 7, &first));
    cluster_view_free(view);
}

static void test_last_vote_is_the_highest(void **state)
{
    struct cluster_view *view = four();
    struct arena arena = {0};
    struct cluster_validator told = {.stake = 20, .is_connected = true};
    cluster_view_vote(view, 1, CLUSTER_NOTARIZED, 7, &first);
    cluster_view_vote(view, 1, CLUSTER_FINALIZED, 6, &second);
    cluster_view_set_validator(view, 1, &told);
    struct cluster_validator *all = cluster_view_validators(view, &arena);
    assert_int_equal(all[1].last_vote, 7);
    assert_true(all[1].is_connected);
    assert_true(all[0].last_vote == CLUSTER_NO_SLOT);
    arena_free(&arena);
    cluster_view_free(view);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_vote_counts_once),
        cmocka_unit_test(test_signers_of_the_newest_blocks_are_kept),
        cmocka_unit_test(test_last_vote_is_the_highest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
