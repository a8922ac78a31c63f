/* The sums of a private network's report, on views and blocks made up here. */
#include "test.h"

#include <stdio.h>

#include "base/error.h"
#include "base/json.h"
#include "devnet/network_sums.h"

/* Too large for the stack. */
static struct network_view view;
static struct network_claim claim;

/* Two honest nodes and a cheater, in so many paid rounds: the honest ones get
 * 40 each of 100. */
static void make_view(size_t rounds)
{
    view = (struct network_view){.node_count = 3,
                                 .round_count = rounds,
                                 .rounds_paid = rounds,
                                 .bounty_per_round_roe = 100,
                                 .minimum_stake_roe = 50};
    claim = (struct network_claim){0};
    for (size_t i = 0; i < 3; i++) {
        snprintf(view.nodes[i].name, sizeof(view.nodes[i].name), "node-%zu",
                 i + 1);
        view.nodes[i].first_stake_roe = view.nodes[i].stake_roe = 100;
    }
    view.nodes[2].is_cheater = true;
    for (size_t r = 0; r < rounds; r++) {
        view.rounds[r].round = r;
        view.rounds[r].is_paid = true;
        for (size_t i = 0; i < 2; i++) {
            view.rounds[r].work[i].has_reward = true;
            view.rounds[r].work[i].reward_roe = 40;
            view.nodes[i].claimed_roe += 40;
        }
    }
}

static void slash_cheater(size_t round, int64_t roe)
{
    struct network_work *work = &view.rounds[round].work[2];

    work->is_accused = true;
    work->votes_against = 2;
    work->has_reward = true;
    work->reward_roe = -roe;
}

static bool holds(void (*check)(const struct network_view *view,
                                struct network_claim *claim))
{
    check(&view, &claim);
    assert_true(claim.is_checked);
    return claim.holds;
}

static void test_a_list_that_was_never_paid_moved_nothing(void **state)
{
    make_view(2);
    slash_cheater(0, 70);
    view.nodes[2].stake_roe = 30;
    /* Read, and then refused or still waiting. */
    view.round_count = 3;
    view.rounds[2].work[0].has_reward = true;
    view.rounds[2].work[0].reward_roe = 90;
    slash_cheater(2, 30);
    assert_int_equal(network_sums_earned(&view, 0), 80);
    assert_true(holds(network_sums_paid));
    assert_true(holds(network_sums_claimed));
    assert_true(holds(network_sums_caught));
}

static void
test_a_node_that_goes_without_or_claims_otherwise_is_seen(void **state)
{
    make_view(2);
    view.rounds[1].work[1].has_reward = false;
    assert_false(holds(network_sums_paid));
    assert_false(holds(network_sums_claimed));
    make_view(2);
    view.nodes[0].claimed_roe++;
    assert_false(holds(network_sums_claimed));
    make_view(2);
    view.nodes[0].claimable_roe = 1;
    assert_false(holds(network_sums_claimed));
}

static void test_a_round_gives_no_more_than_its_bounty(void **state)
{
    make_view(1);
    assert_true(holds(network_sums_paid));
    view.rounds[0].work[0].reward_roe = 61;
    assert_false(holds(network_sums_paid));
    assert_non_null(strstr(claim.text, "1 rounds gave more than their bounty"));
}

/* Its lists give nothing, and may still slash. */
static void test_a_task_without_a_bounty_a_round_pays_nothing(void **state)
{
    make_view(2);
    view.bounty_per_round_roe = 0;
    assert_false(holds(network_sums_paid));
    for (size_t r = 0; r < 2; r++)
        for (size_t i = 0; i < 2; i++)
            view.rounds[r].work[i].reward_roe = 0;
    assert_true(holds(network_sums_paid));
    view.rounds[0].work[1].has_reward = false;
    assert_true(holds(network_sums_paid));
    view.rounds[1].work[0].reward_roe = 1;
    assert_false(holds(network_sums_paid));
    view.rounds_paid = 0;
    view.round_count = 0;
    assert_false(holds(network_sums_paid));
}

static void test_a_cheater_s_stake_is_what_slashes_and_penalties_left(void **st)
{
    static const struct {
        int64_t slash;
        uint64_t stake;
        bool holds;
    } cases[] = {
        {70, 30, true},
        /* One and two penalties of 5: a tenth of the minimum stake. */
        {70, 25, true},
        {70, 20, true},
        {70, 27, false},
        /* The last penalty found 3 left. */
        {97, 0, true},
        {70, 31, false},
        {101, 0, false},
        {INT64_MIN, 100, false},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        make_view(1);
        slash_cheater(0, 1);
        view.rounds[0].work[2].reward_roe =
            cases[i].slash == INT64_MIN ? INT64_MIN : -cases[i].slash;
        view.nodes[2].stake_roe = cases[i].stake;
        if (holds(network_sums_caught) != cases[i].holds)
            fail_msg("case %zu: %s", i, claim.text);
    }
    make_view(1);
    assert_false(holds(network_sums_caught));
    make_view(1);
    view.nodes[2].is_cheater = false;
    network_sums_caught(&view, &claim);
    assert_false(claim.is_checked);
}

static int sums_of(const char *text, uint64_t *burned, uint64_t *count)
{
    struct json_object *block;

    assert_ok(json_parse(bytes_text(text), &block));
    int status = network_sums_block(block, burned, count);
    json_object_put(block);
    return status;
}

#define TRANSACTION(fee, pre, post)                                            \
    "{\"meta\":{\"fee\":" fee ",\"preBalances\":[" pre                         \
    "],\"postBalances\":[" post "]}}"

static void test_half_of_a_block_s_fees_is_burned_rounded_down(void **state)
{
    uint64_t burned = 0, count = 0;

    /* By block and not by transaction: two odd fees are an even sum. */
    assert_ok(sums_of(
        "{\"transactions\":[" TRANSACTION("5", "10,1", "5,1") "," TRANSACTION(
            "7", "10,1", "1,3") "]}",
        &burned, &count));
    assert_int_equal(burned, 6);
    assert_int_equal(count, 2);
    assert_ok(sums_of("{\"transactions\":[" TRANSACTION("5", "10", "5") "]}",
                      &burned, &count));
    assert_int_equal(burned, 8);
    assert_ok(sums_of("{\"transactions\":[]}", &burned, &count));
    assert_int_equal(count, 3);
}

static void test_what_a_deleted_task_destroys_is_burned_too(void **state)
{
    uint64_t burned = 0, count = 0;

    assert_ok(
        sums_of("{\"transactions\":[" TRANSACTION("5", "10,90", "5,20") "]}",
                &burned, &count));
    assert_int_equal(burned, 72);
}

static void test_sums_that_can_not_be_are_errors(void **state)
{
    static const char *const wrong[] = {
        "{}",
        "{\"transactions\":[5]}",
        "{\"transactions\":[{\"meta\":{\"fee\":5}}]}",
        "{\"transactions\":[" TRANSACTION("5", "10", "6") "]}",
        "{\"transactions\":[" TRANSACTION("5", "10", "11") "]}",
        "{\"transactions\":[" TRANSACTION("-5", "10", "5") "]}",
        "{\"transactions\":[" TRANSACTION("5", "18446744073709551615,10",
                                          "18446744073709551615,5") "]}",
    };

    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
        uint64_t burned = 0, count = 0;

        if (!sums_of(wrong[i], &burned, &count))
            fail_msg("%s was taken", wrong[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_list_that_was_never_paid_moved_nothing),
        cmocka_unit_test(
            test_a_node_that_goes_without_or_claims_otherwise_is_seen),
        cmocka_unit_test(test_a_round_gives_no_more_than_its_bounty),
        cmocka_unit_test(test_a_task_without_a_bounty_a_round_pays_nothing),
        cmocka_unit_test(
            test_a_cheater_s_stake_is_what_slashes_and_penalties_left),
        cmocka_unit_test(test_half_of_a_block_s_fees_is_burned_rounded_down),
        cmocka_unit_test(test_what_a_deleted_task_destroys_is_burned_too),
        cmocka_unit_test(test_sums_that_can_not_be_are_errors),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
