#include "base/buffer.h"
#include "base/error.h"
#include "simulation/simulated_chain.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define NODES 3
#define STAKE 2000000000ull

static const struct deployment deployment = {
    .task_name = "simulated",
    .description = "what the tests work on",
    .executable_network = "IPFS",
    .round_time = 60,
    .submission_window = 24,
    .audit_window = 24,
    .minimum_stake_roe = 1000000000,
    .total_bounty_roe = 100000000000,
    .bounty_per_round_roe = 2000000000,
    .allowed_failed_distributions = 3,
    .space_bytes = 100000,
};

static struct pubkey keys[NODES];

static struct simulated_chain *open_task(const struct deployment *task,
                                         uint64_t seed)
{
    struct simulated_chain_options options = {.deployment = task,
                                              .staking_keys = keys,
                                              .node_count = NODES,
                                              .stake = STAKE,
                                              .seed = seed};
    struct simulated_chain *chain;

    for (size_t i = 0; i < NODES; i++)
        memset(keys[i].bytes, (int)i + 1, sizeof(keys[i].bytes));
    assert_int_equal(simulated_chain_open(&options, &chain), 0);
    return chain;
}

static struct simulated_chain *open_chain(uint64_t seed)
{
    return open_task(&deployment, seed);
}

/* Round 0 is worked for, accused, listed and paid. */
static void play(struct simulated_chain *chain)
{
    char list[256];

    simulated_chain_go(chain, 1, 0);
    for (size_t i = 0; i < NODES; i++)
        assert_int_equal(
            simulated_chain_submit(chain, i, 0, bytes_text("proof")), 0);
    simulated_chain_go(chain, 1, 24);
    assert_int_equal(simulated_chain_vote(chain, false, 0, 2, 0, false), 0);
    assert_int_equal(simulated_chain_vote(chain, false, 1, 2, 0, false), 0);
    simulated_chain_go(chain, 2, 0);
    snprintf(list, sizeof(list), "{\"%s\":2000000000,\"%s\":-1400000000}",
             PUBKEY_TEXT(&keys[0]), PUBKEY_TEXT(&keys[2]));
    assert_int_equal(simulated_chain_list(chain, 0, 0, bytes_text(list)), 0);
    simulated_chain_go(chain, 2, 48);
    assert_int_equal(simulated_chain_payout(chain, 0), 0);
}

static void test_a_round_is_paid_by_the_rules_and_coins_are_kept(void **state)
{
    struct simulated_chain *chain = open_chain(1);
    struct simulated_sum sum;

    play(chain);
    struct simulated_votes votes = simulated_chain_votes(chain, false, 2, 0);
    assert_true(votes.is_accused);
    assert_int_equal(votes.against, 2);
    assert_int_equal(votes.in_favour, 0);
    assert_int_equal(simulated_chain_purse(chain, 0).claimable, 2000000000);
    assert_int_equal(simulated_chain_purse(chain, 1).stake, STAKE);
    assert_int_equal(simulated_chain_purse(chain, 2).stake, 600000000);
    /* What was taken goes to the bounty. */
    assert_int_equal(simulated_chain_bounty(chain), 99400000000);
    assert_int_equal(simulated_chain_check(chain, &sum), 0);
    assert_true(sum.burned > 0);
    assert_int_equal(sum.now, sum.at_first - sum.burned);
    simulated_chain_close(chain);
}

/* The same round, in tokens of the mint that the task names. */
static void test_a_round_is_paid_in_tokens_and_they_are_kept(void **state)
{
    struct deployment paid_in_tokens = deployment;
    struct simulated_sum sum;
    struct buffer text = {0};

    paid_in_tokens.is_kpl = true;
    memset(paid_in_tokens.token.bytes, 77, sizeof(paid_in_tokens.token.bytes));
    struct simulated_chain *chain = open_task(&paid_in_tokens, 1);
    play(chain);
    assert_int_equal(simulated_chain_purse(chain, 0).claimable, 2000000000);
    assert_int_equal(simulated_chain_purse(chain, 2).stake, 600000000);
    assert_int_equal(simulated_chain_bounty(chain), 99400000000);
    assert_int_equal(simulated_chain_claim(chain, 0), 0);
    assert_int_equal(simulated_chain_purse(chain, 0).claimable, 0);
    assert_int_equal(simulated_chain_purse(chain, 0).claimed, 2000000000);
    assert_int_equal(simulated_chain_claim(chain, 1), ERR_REMOTE);
    assert_int_equal(simulated_chain_check(chain, &sum), 0);
    assert_true(sum.tokens == 100000000000 + NODES * STAKE);
    assert_int_equal(sum.now, sum.at_first - sum.burned);
    simulated_chain_state(chain, &text);
    assert_non_null(strstr(buffer_string(&text), "\"token_type\":[77,77,"));
    assert_null(strstr(buffer_string(&text), "\"submissions\":{\"0\""));
    buffer_clear(&text);
    simulated_chain_submissions(chain, &text);
    assert_non_null(strstr(buffer_string(&text), "\"submissions\":{\"0\""));
    buffer_free(&text);
    simulated_chain_close(chain);
}

static void test_wrapped_coins_pay_a_task(void **state)
{
    struct deployment wrapped = deployment;
    struct simulated_sum sum;

    wrapped.is_kpl = true;
    assert_int_equal(
        pubkey_parse(bytes_text("So11111111111111111111111111111111111111112"),
                     &wrapped.token),
        0);
    struct simulated_chain *chain = open_task(&wrapped, 1);
    play(chain);
    assert_int_equal(simulated_chain_claim(chain, 0), 0);
    assert_int_equal(simulated_chain_check(chain, &sum), 0);
    assert_true(sum.tokens == 100000000000 + NODES * STAKE);
    simulated_chain_close(chain);
}

static void test_more_than_a_chain_holds_opens_none(void **state)
{
    struct deployment large = deployment;
    const struct simulated_chain_options options = {.deployment = &large,
                                                    .staking_keys = keys,
                                                    .node_count = 2,
                                                    .stake = UINT64_MAX / 2};
    struct simulated_chain *chain;

    large.is_kpl = true;
    assert_int_equal(simulated_chain_open(&options, &chain), ERR_RANGE);
}

static void test_what_the_program_refuses_is_said_in_its_words(void **state)
{
    struct simulated_chain *chain = open_chain(1);

    assert_int_equal(simulated_chain_submit(chain, 0, 0, bytes_text("early")),
                     ERR_REMOTE);
    simulated_chain_go(chain, 1, 0);
    assert_int_equal(simulated_chain_submit(chain, 0, 0, bytes_text("proof")),
                     0);
    assert_int_equal(simulated_chain_vote(chain, false, 1, 0, 0, false),
                     ERR_REMOTE);
    assert_non_null(strstr(err_text(), "an accusation in slot 0"));
    assert_int_equal(simulated_chain_payout(chain, 0), ERR_REMOTE);
    simulated_chain_close(chain);
}

static void test_terms_that_the_program_refuses_open_no_chain(void **state)
{
    struct deployment wrong = deployment;
    struct simulated_chain_options options = {.deployment = &wrong,
                                              .staking_keys = keys,
                                              .node_count = 1,
                                              .stake = STAKE};
    struct simulated_chain *chain;

    wrong.round_time = 1;
    assert_int_equal(simulated_chain_open(&options, &chain), ERR_REMOTE);
    wrong.round_time = deployment.round_time;
    options.stake = 1;
    assert_int_equal(simulated_chain_open(&options, &chain), ERR_REMOTE);
    assert_non_null(strstr(err_text(), "the stake of node 1"));
}

/* All that nodes can read of it is the same, byte by byte. */
static void test_the_same_seed_leaves_the_same_state(void **state)
{
    struct buffer texts[3] = {{0}};

    for (size_t i = 0; i < 3; i++) {
        struct simulated_chain *chain = open_chain(i < 2 ? 7 : 8);

        play(chain);
        simulated_chain_state(chain, &texts[i]);
        simulated_chain_submissions(chain, &texts[i]);
        simulated_chain_distributions(chain, &texts[i]);
        simulated_chain_close(chain);
    }
    assert_true(bytes_equal(buffer_view(&texts[0]), buffer_view(&texts[1])));
    assert_false(bytes_equal(buffer_view(&texts[0]), buffer_view(&texts[2])));
    for (size_t i = 0; i < 3; i++)
        buffer_free(&texts[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_round_is_paid_by_the_rules_and_coins_are_kept),
        cmocka_unit_test(test_a_round_is_paid_in_tokens_and_they_are_kept),
        cmocka_unit_test(test_wrapped_coins_pay_a_task),
        cmocka_unit_test(test_more_than_a_chain_holds_opens_none),
        cmocka_unit_test(test_what_the_program_refuses_is_said_in_its_words),
        cmocka_unit_test(test_terms_that_the_program_refuses_open_no_chain),
        cmocka_unit_test(test_the_same_seed_leaves_the_same_state),
    };

    crypto_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
