#include "test.h"

#include <stdio.h>

#include "base/error.h"
#include "base/json.h"
#include "crypto/hash.h"
#include "settlement/format/compute_budget.h"
#include "settlement/format/system_instruction.h"
#include "settlement/format/task_distribution_list.h"
#include "settlement/format/well_known.h"
#include "settlement/task/task_call.h"
#include "settlement/task_list_build.h"
#include "task_fixture.h"

#define WORK 4
#define SUBMITTED (WORK + 1)
#define LISTED (WORK + 2)
#define KOII ((int64_t)LAMPORTS_PER_KOII)

/* Five staked keys, of which the first four submitted for WORK. */
static int setup_paying(void **state, uint64_t bounty_per_round)
{
    struct task_fixture *f = test_calloc(1, sizeof(*f));
    task_fixture_open(f);
    f->terms.bounty_amount_per_round = bounty_per_round;
    assert_done(task_fixture_create(f, &f->terms, &f->task, &f->pot,
                                    TASK_FIXTURE_SPACE));
    for (size_t i = 0; i < 5; i++)
        assert_done(task_fixture_stake(f, i, 2 * TASK_FIXTURE_STAKE));
    task_fixture_to(f, SUBMITTED, 0);
    for (size_t i = 0; i < 4; i++)
        assert_done(task_fixture_submit(f, i, WORK));
    *state = f;
    return 0;
}

static int setup(void **state)
{
    return setup_paying(state, 10 * KOII);
}

static int setup_without_bounty(void **state)
{
    return setup_paying(state, 0);
}

static int teardown(void **state)
{
    task_fixture_close(*state);
    test_free(*state);
    return 0;
}

static void after_votes(struct task_fixture *f, uint64_t round)
{
    task_fixture_to(f, round,
                    f->terms.submission_window + f->terms.audit_window);
}

static void test_positive_pays_and_negative_takes_stake(void **state)
{
    struct task_fixture *f = *state;
    const int64_t amounts[] = {3 * KOII, 4 * KOII, 0, -KOII / 2};
    task_fixture_to(f, LISTED, 0);
    assert_done(task_fixture_list(f, 0, WORK, amounts, 4));
    after_votes(f, LISTED);
    assert_done(task_fixture_payout(f, WORK));
    assert_int_equal(task_fixture_round(f, WORK).record,
                     TASK_RECORD_SUCCESSFUL);
    assert_int_equal(task_fixture_claimable(f, 0), 3 * KOII);
    assert_int_equal(task_fixture_claimable(f, 1), 4 * KOII);
    assert_int_equal(task_fixture_staked(f, 2), 2 * KOII);
    assert_int_equal(task_fixture_staked(f, 3), 2 * KOII - KOII / 2);
    struct task_header header = task_fixture_header(f);
    assert_int_equal(header.terms.total_bounty_amount, 93 * KOII + KOII / 2);
    assert_int_equal(header.total_stake, 10 * KOII - KOII / 2);
    assert_int_equal(header.total_balance, 7 * KOII);
    assert_custom(task_fixture_payout(f, WORK), TASK_ERROR_ROUND_CLOSED);
}

static void test_payout_waits_for_the_votes(void **state)
{
    struct task_fixture *f = *state;
    const int64_t amounts[] = {KOII};
    task_fixture_to(f, LISTED, 0);
    assert_done(task_fixture_list(f, 0, WORK, amounts, 1));
    task_fixture_to(f, LISTED,
                    f->terms.submission_window + f->terms.audit_window - 1);
    assert_custom(task_fixture_payout(f, WORK), TASK_ERROR_VOTING_ONGOING);
    assert_non_null(strstr(f->log, "Voting ongoing on round"));
    after_votes(f, LISTED);
    assert_done(task_fixture_payout(f, WORK));
}

static void test_lists_of_an_earlier_round_can_be_paid_at_once(void **state)
{
    struct task_fixture *f = *state;
    const int64_t amounts[] = {KOII};
    task_fixture_to(f, LISTED, 0);
    assert_done(task_fixture_list(f, 0, WORK, amounts, 1));
    task_fixture_to(f, LISTED + 1, 0);
    assert_done(task_fixture_payout(f, WORK));
    assert_int_equal(task_fixture_claimable(f, 0), KOII);
}

static void test_payout_without_lists_costs_no_attempt(void **state)
{
    struct task_fixture *f = *state;
    task_fixture_to(f, LISTED, 0);
    assert_custom(task_fixture_payout(f, WORK), TASK_ERROR_NO_SUBMISSION);
    assert_custom(task_fixture_payout(f, WORK - 1), TASK_ERROR_NO_SUBMISSION);
    assert_custom(task_fixture_payout(f, SUBMITTED), TASK_ERROR_WRONG_ROUND);
    assert_int_equal(task_fixture_round(f, WORK).attempts, 0);
}

/* Send only this list; the payout must fail. */
static void expect_failure(struct task_fixture *f, const int64_t *amounts,
                           size_t count)
{
    task_fixture_to(f, LISTED, 0);
    assert_done(task_fixture_list(f, 0, WORK, amounts, count));
    after_votes(f, LISTED);
    assert_done(task_fixture_payout(f, WORK));
    assert_non_null(strstr(f->log, "PayoutFailed"));
    assert_int_equal(task_fixture_round(f, WORK).record, TASK_RECORD_FAILED);
    assert_int_equal(task_fixture_round(f, WORK).attempts, 1);
    assert_int_equal(task_fixture_header(f).total_balance, 0);
}

static void test_list_above_the_bounty_per_round_fails(void **state)
{
    const int64_t amounts[] = {5 * KOII, 5 * KOII, 1};
    expect_failure(*state, amounts, 3);
}

static void test_list_of_exactly_the_bounty_per_round_is_paid(void **state)
{
    struct task_fixture *f = *state;
    const int64_t amounts[] = {5 * KOII, 5 * KOII};
    task_fixture_to(f, LISTED, 0);
    assert_done(task_fixture_list(f, 0, WORK, amounts, 2));
    after_votes(f, LISTED);
    assert_done(task_fixture_payout(f, WORK));
    assert_int_equal(task_fixture_header(f).total_balance, 10 * KOII);
}

static void test_without_a_bounty_a_list_of_zeros_is_paid(void **state)
{
    struct task_fixture *f = *state;
    struct buffer list = {0};
    task_fixture_to(f, LISTED, 0);
    buffer_format(&list, "{\"%s\": 0", PUBKEY_TEXT(&f->keys[0]));
    buffer_format(&list, ", \"%s\": 0}", PUBKEY_TEXT(&f->keys[1]));
    assert_done(task_fixture_upload(f, 0, WORK, buffer_view(&list)));
    assert_done(task_fixture_submit_list(f, 0, WORK));
    buffer_free(&list);
    after_votes(f, LISTED);
    assert_done(task_fixture_payout(f, WORK));
    assert_int_equal(task_fixture_round(f, WORK).record,
                     TASK_RECORD_SUCCESSFUL);
    struct task_header header = task_fixture_header(f);
    assert_int_equal(header.terms.total_bounty_amount, 100 * KOII);
    assert_int_equal(header.total_stake, 10 * KOII);
    assert_int_equal(header.total_balance, 0);
    assert_custom(task_fixture_payout(f, WORK), TASK_ERROR_ROUND_CLOSED);
}

static void test_without_a_bounty_a_list_can_take_stake(void **state)
{
    struct task_fixture *f = *state;
    const int64_t amounts[] = {0, -KOII};
    task_fixture_to(f, LISTED, 0);
    assert_done(task_fixture_list(f, 0, WORK, amounts, 2));
    after_votes(f, LISTED);
    assert_done(task_fixture_payout(f, WORK));
    assert_int_equal(task_fixture_round(f, WORK).record,
                     TASK_RECORD_SUCCESSFUL);
    assert_int_equal(task_fixture_staked(f, 1), KOII);
    assert_int_equal(task_fixture_header(f).total_balance, 0);
}

/* What one key loses can't pay another. */
static void test_without_a_bounty_a_list_that_pays_fails(void **state)
{
    const int64_t amounts[] = {1, -KOII};
    expect_failure(*state, amounts, 2);
    assert_int_equal(task_fixture_staked(*state, 1), 2 * KOII);
}

static void test_list_that_takes_more_than_the_stake_fails(void **state)
{
    const int64_t amounts[] = {KOII, -2 * KOII - 1};
    expect_failure(*state, amounts, 2);
}

static void test_list_that_takes_the_whole_stake_is_carried_out(void **state)
{
    struct task_fixture *f = *state;
    const int64_t amounts[] = {KOII, -2 * KOII};
    task_fixture_to(f, LISTED, 0);
    assert_done(task_fixture_list(f, 0, WORK, amounts, 2));
    after_votes(f, LISTED);
    assert_done(task_fixture_payout(f, WORK));
    assert_int_equal(task_fixture_staked(f, 1), 0);
    assert_int_equal(task_fixture_header(f).counts[TASK_COUNT_STAKES], 4);
}

static void test_list_with_a_key_that_did_not_submit_fails(void **state)
{
    const int64_t amounts[] = {KOII, 0, 0, 0, KOII};
    expect_failure(*state, amounts, 5);
}

static void test_list_that_is_no_envelope_fails(void **state)
{
    struct task_fixture *f = *state;
    task_fixture_to(f, LISTED, 0);
    assert_done(task_fixture_upload(f, 0, WORK, bytes_text("{\"a\": 1}")));
    assert_done(task_fixture_submit_list(f, 0, WORK));
    after_votes(f, LISTED);
    assert_done(task_fixture_payout(f, WORK));
    assert_int_equal(task_fixture_round(f, WORK).record, TASK_RECORD_FAILED);
}

/* A list as Koii's clients upload it, of that size by white space; each byte of
 * that is three in its envelope. */
static void plain_list(const struct pubkey *key, int64_t amount, size_t size,
                       struct buffer *out)
{
    buffer_format(out, "{\"%s\": %lld", PUBKEY_TEXT(key), (long long)amount);
    while (out->size + 1 < size)
        buffer_u8(out, ' ');
    buffer_u8(out, '}');
}

/* Four submissions allow for 4,096 + 4 * 512 bytes in the account. */
static void test_list_larger_than_any_it_could_be_fails(void **state)
{
    struct task_fixture *f = *state;
    struct buffer data = {0};
    task_fixture_to(f, LISTED, 0);
    plain_list(&f->keys[0], KOII, 2100, &data);
    assert_done(task_fixture_upload(f, 0, WORK, buffer_view(&data)));
    assert_done(task_fixture_submit_list(f, 0, WORK));
    after_votes(f, LISTED);
    assert_done(task_fixture_payout(f, WORK));
    assert_non_null(strstr(f->log, "is larger than 6144 bytes"));
    assert_int_equal(task_fixture_round(f, WORK).record, TASK_RECORD_FAILED);
    buffer_free(&data);
}

static void test_list_changed_after_it_was_sent_is_not_paid(void **state)
{
    struct task_fixture *f = *state;
    const int64_t honest[] = {KOII, KOII};
    struct task_list_entry greedy = {f->keys[0], 10 * KOII};
    struct buffer data = {0};
    task_fixture_to(f, LISTED, 0);
    assert_done(task_fixture_list(f, 0, WORK, honest, 2));
    after_votes(f, LISTED);
    task_list_build(&f->task, WORK, &greedy, 1, &data);
    assert_done(task_fixture_upload(f, 0, WORK, buffer_view(&data)));
    assert_done(task_fixture_payout(f, WORK));
    assert_int_equal(task_fixture_round(f, WORK).record, TASK_RECORD_FAILED);
    assert_int_equal(task_fixture_claimable(f, 0), 0);
    buffer_free(&data);
}

static void test_list_changed_through_another_task_is_not_paid(void **state)
{
    struct task_fixture *f = *state;
    const int64_t honest[] = {KOII, KOII};
    struct task_list_entry greedy = {f->keys[0], 10 * KOII};
    struct buffer data = {0};
    struct pubkey first = f->task;
    struct pubkey second = task_fixture_key(55);
    struct pubkey pot = task_fixture_pot(55);
    task_fixture_to(f, LISTED, 0);
    assert_done(task_fixture_list(f, 0, WORK, honest, 2));
    after_votes(f, LISTED);
    /* A second task with the same rounds. */
    task_list_build(&first, WORK, &greedy, 1, &data);
    assert_done(task_fixture_create(f, &f->terms, &second, &pot, 50000));
    f->task = second;
    f->pot = pot;
    assert_done(task_fixture_stake(f, 0, TASK_FIXTURE_STAKE));
    task_fixture_to(f, 1, 0);
    assert_done(task_fixture_submit(f, 0, 0));
    assert_done(task_fixture_upload(f, 0, 0, buffer_view(&data)));
    f->task = first;
    f->pot = task_fixture_pot(1);
    assert_done(task_fixture_payout(f, WORK));
    assert_int_equal(task_fixture_round(f, WORK).record, TASK_RECORD_FAILED);
    buffer_free(&data);
}

/* The submitter, of keys 0 to count - 1, whose list comes first. */
static size_t first_in_order(struct task_fixture *f, size_t count)
{
    struct task_round round = task_fixture_round(f, WORK);
    struct hash least = {{0}};
    size_t first = count;
    for (size_t i = 0; i < count; i++) {
        struct hash hash;
        const struct bytes pieces[] = {bytes_make(round.seed.bytes, 32),
                                       pubkey_bytes(&f->keys[i])};
        hash_sha256_pieces(pieces, 2, &hash);
        if (first == count || memcmp(hash.bytes, least.bytes, 32) < 0) {
            first = i;
            least = hash;
        }
    }
    return first;
}

/* Lists of keys 0 to 2 that each pay themselves alone. */
static void send_three(struct task_fixture *f)
{
    task_fixture_to(f, LISTED, 0);
    for (size_t i = 0; i < 3; i++) {
        int64_t amounts[3] = {0};
        amounts[i] = KOII;
        assert_done(task_fixture_list(f, i, WORK, amounts, 3));
    }
}

static void test_seed_chooses_the_list(void **state)
{
    struct task_fixture *f = *state;
    send_three(f);
    size_t first = first_in_order(f, 3);
    after_votes(f, LISTED);
    assert_done(task_fixture_payout(f, WORK));
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(task_fixture_claimable(f, i), i == first ? KOII : 0);
}

static void test_list_voted_down_is_passed_over_and_penalised(void **state)
{
    struct task_fixture *f = *state;
    send_three(f);
    size_t first = first_in_order(f, 3);
    size_t voter = first == 0 ? 1 : 0;
    task_fixture_to(f, LISTED, f->terms.submission_window);
    assert_done(task_fixture_audit_list(f, voter, first, WORK, false));
    after_votes(f, LISTED);
    assert_done(task_fixture_payout(f, WORK));
    assert_int_equal(task_fixture_round(f, WORK).record,
                     TASK_RECORD_SUCCESSFUL);
    assert_int_equal(task_fixture_claimable(f, first), 0);
    assert_int_equal(task_fixture_header(f).total_balance, KOII);
    assert_int_equal(task_fixture_staked(f, first), 2 * KOII - KOII / 10);
    assert_int_equal(task_fixture_staked(f, voter), 2 * KOII);
    assert_int_equal(task_fixture_header(f).terms.total_bounty_amount,
                     99 * KOII + KOII / 10);
}

static void test_tie_of_votes_leaves_the_list_standing(void **state)
{
    struct task_fixture *f = *state;
    const int64_t amounts[] = {KOII};
    task_fixture_to(f, LISTED, 0);
    assert_done(task_fixture_list(f, 0, WORK, amounts, 1));
    task_fixture_to(f, LISTED, f->terms.submission_window);
    assert_done(task_fixture_audit_list(f, 1, 0, WORK, false));
    assert_done(task_fixture_audit_list(f, 2, 0, WORK, true));
    after_votes(f, LISTED);
    assert_done(task_fixture_payout(f, WORK));
    assert_int_equal(task_fixture_claimable(f, 0), KOII);
    assert_int_equal(task_fixture_staked(f, 0), 2 * KOII);
    assert_int_equal(task_fixture_staked(f, 1), 2 * KOII);
}

static void test_refuted_accusations_cost_a_tenth_of_the_minimum(void **state)
{
    struct task_fixture *f = *state;
    const int64_t amounts[] = {KOII};
    task_fixture_to(f, SUBMITTED, f->terms.submission_window);
    assert_done(task_fixture_audit(f, 1, 0, WORK, false));
    assert_done(task_fixture_audit(f, 2, 0, WORK, true));
    assert_done(task_fixture_audit(f, 3, 0, WORK, true));
    task_fixture_to(f, LISTED, 0);
    assert_done(task_fixture_list(f, 0, WORK, amounts, 1));
    task_fixture_to(f, LISTED, f->terms.submission_window);
    assert_done(task_fixture_audit_list(f, 4, 0, WORK, false));
    assert_done(task_fixture_audit_list(f, 2, 0, WORK, true));
    assert_done(task_fixture_audit_list(f, 3, 0, WORK, true));
    after_votes(f, LISTED);
    assert_done(task_fixture_payout(f, WORK));
    assert_int_equal(task_fixture_staked(f, 1), 2 * KOII - KOII / 10);
    assert_int_equal(task_fixture_staked(f, 4), 2 * KOII - KOII / 10);
    assert_int_equal(task_fixture_header(f).terms.total_bounty_amount,
                     99 * KOII + 2 * KOII / 10);
}

/* Key 4 submitted nothing, so nothing else locks its stake. */
static void test_accuser_waits_for_the_judgement(void **state)
{
    struct task_fixture *f = *state;
    const int64_t amounts[] = {KOII};
    task_fixture_to(f, SUBMITTED, f->terms.submission_window);
    assert_done(task_fixture_audit(f, 4, 0, WORK, false));
    assert_done(task_fixture_audit(f, 2, 0, WORK, true));
    assert_done(task_fixture_audit(f, 3, 0, WORK, true));
    assert_custom(task_fixture_withdraw(f, 4), TASK_ERROR_LOCKED);
    assert_non_null(strstr(f->log, "accusation"));
    task_fixture_to(f, LISTED, 0);
    assert_done(task_fixture_list(f, 0, WORK, amounts, 1));
    task_fixture_to(f, LISTED + 1, 0);
    assert_custom(task_fixture_withdraw(f, 4), TASK_ERROR_LOCKED);
    assert_done(task_fixture_payout(f, WORK));
    assert_int_equal(task_fixture_staked(f, 4), 2 * KOII - KOII / 10);
    assert_done(task_fixture_withdraw(f, 4));
}

static void test_accuser_of_a_list_waits_for_the_judgement(void **state)
{
    struct task_fixture *f = *state;
    const int64_t bad[] = {11 * KOII};
    expect_failure(f, bad, 1);
    task_fixture_to(f, LISTED + 1, 0);
    assert_done(task_fixture_list(f, 0, WORK, bad, 1));
    task_fixture_to(f, LISTED + 1, f->terms.submission_window);
    assert_done(task_fixture_audit_list(f, 4, 0, WORK, false));
    assert_custom(task_fixture_withdraw(f, 4), TASK_ERROR_LOCKED);
    /* The sender's submission is four rounds old, its list is not judged. */
    task_fixture_to(f, WORK + 4, 0);
    assert_custom(task_fixture_withdraw(f, 0), TASK_ERROR_LOCKED);
    assert_done(task_fixture_payout(f, WORK));
    assert_int_equal(task_fixture_staked(f, 0), 2 * KOII - KOII / 10);
    assert_done(task_fixture_withdraw(f, 4));
    assert_done(task_fixture_withdraw(f, 0));
}

static void test_accuser_leaves_when_no_payout_can_come(void **state)
{
    struct task_fixture *f = *state;
    task_fixture_to(f, SUBMITTED, f->terms.submission_window);
    assert_done(task_fixture_audit(f, 4, 0, WORK, false));
    /* R - 3 - 2 > WORK */
    task_fixture_to(f, WORK + 5, 99);
    assert_custom(task_fixture_withdraw(f, 4), TASK_ERROR_LOCKED);
    task_fixture_to(f, WORK + 6, 0);
    assert_done(task_fixture_withdraw(f, 4));
}

static void test_failed_payouts_end_with_the_round_given_up(void **state)
{
    struct task_fixture *f = *state;
    const int64_t good[] = {KOII};
    const int64_t bad[] = {11 * KOII};
    /* 2 failures are allowed; the third closes the round. */
    for (uint64_t round = LISTED; round < LISTED + 3; round++) {
        task_fixture_to(f, round, 0);
        assert_custom(task_fixture_payout(f, WORK), TASK_ERROR_NO_SUBMISSION);
        assert_done(task_fixture_list(f, 0, WORK, bad, 1));
        assert_custom(task_fixture_submit_list(f, 0, WORK),
                      TASK_ERROR_DUPLICATE);
        after_votes(f, round);
        assert_done(task_fixture_payout(f, WORK));
    }
    assert_int_equal(task_fixture_round(f, WORK).attempts, 3);
    task_fixture_to(f, LISTED + 3, 0);
    assert_custom(task_fixture_list(f, 0, WORK, good, 1),
                  TASK_ERROR_ROUND_CLOSED);
    assert_custom(task_fixture_payout(f, WORK), TASK_ERROR_ROUND_CLOSED);
}

static void test_good_list_after_a_failure_is_paid(void **state)
{
    struct task_fixture *f = *state;
    const int64_t bad[] = {11 * KOII};
    const int64_t good[] = {KOII};
    expect_failure(f, bad, 1);
    task_fixture_to(f, LISTED + 1, 0);
    assert_done(task_fixture_list(f, 1, WORK, good, 1));
    after_votes(f, LISTED + 1);
    assert_done(task_fixture_payout(f, WORK));
    assert_int_equal(task_fixture_round(f, WORK).record,
                     TASK_RECORD_SUCCESSFUL);
    assert_int_equal(task_fixture_claimable(f, 0), KOII);
}

static void test_round_too_long_ago_is_closed(void **state)
{
    struct task_fixture *f = *state;
    const int64_t amounts[] = {KOII};
    task_fixture_to(f, LISTED, 0);
    assert_done(task_fixture_list(f, 0, WORK, amounts, 1));
    /* R - 3 - 2 > WORK */
    task_fixture_to(f, WORK + 6, 0);
    assert_custom(task_fixture_payout(f, WORK), TASK_ERROR_ROUND_CLOSED);
}

/* Accounts of the task program for keys that stake, submit and send their list
 * while others do. The fixture's last key stands for them in turn. */
#define STRANGERS 32
#define STRANGER (TASK_FIXTURE_KEYS - 1)

static void stranger_joins(struct task_fixture *f, const struct pubkey *key)
{
    const struct account_meta accounts[2] = {{f->payer, true, true},
                                             {*key, true, true}};
    struct buffer data = {0};
    system_create_account_data(TASK_FIXTURE_KEY_LAMPORTS,
                               TASK_STAKING_KEY_SPACE, &KOII_TASK_PROGRAM_ID,
                               &data);
    const struct instruction create = {SYSTEM_PROGRAM_ID, accounts, 2,
                                       buffer_view(&data)};
    f->keys[STRANGER] = *key;
    assert_done(task_fixture_execute(f, &create, 1));
    assert_done(task_fixture_stake(f, STRANGER, 2 * TASK_FIXTURE_STAKE));
    assert_done(task_fixture_submit(f, STRANGER, WORK));
    buffer_free(&data);
}

static void order_of(const struct hash *seed, const struct pubkey *key,
                     struct hash *out)
{
    const struct bytes pieces[] = {bytes_make(seed->bytes, 32),
                                   pubkey_bytes(key)};
    hash_sha256_pieces(pieces, 2, out);
}

/* Keys that a seed sorts before the first four of the fixture. */
static void grind(struct task_fixture *f, const struct hash *seed,
                  struct pubkey *out)
{
    struct hash first, order;
    order_of(seed, &f->keys[0], &first);
    for (size_t i = 1; i < 4; i++) {
        order_of(seed, &f->keys[i], &order);
        if (memcmp(&order, &first, sizeof(order)) < 0)
            first = order;
    }
    for (size_t found = 0, number = 5000000; found < STRANGERS; number++) {
        out[found] = task_fixture_key(number);
        order_of(seed, &out[found], &order);
        found += memcmp(&order, &first, sizeof(order)) < 0;
    }
}

/* As many as a payout reads lists, made when the first submission was there,
 * by the newest blockhash then and by any that came until the window closed. */
static void test_keys_made_in_the_window_do_not_come_first(void **state)
{
    for (uint64_t offset = 0; offset < 40; offset += 13) {
        struct task_fixture *f = *state;
        const int64_t good[] = {KOII};
        const int64_t bad[] = {11 * KOII};
        struct pubkey keys[STRANGERS];
        if (offset) {
            teardown(state);
            setup(state);
            f = *state;
        }
        task_fixture_to(f, SUBMITTED, offset);
        struct hash seed = bank_info(f->bank)->parent_blockhash;
        grind(f, &seed, keys);
        for (size_t i = 0; i < STRANGERS; i++)
            stranger_joins(f, &keys[i]);
        task_fixture_to(f, LISTED, 0);
        for (size_t i = 0; i < 4; i++)
            assert_done(task_fixture_list(f, i, WORK, good, 1));
        for (size_t i = 0; i < STRANGERS; i++) {
            f->keys[STRANGER] = keys[i];
            assert_done(task_fixture_list(f, STRANGER, WORK, bad, 1));
        }
        after_votes(f, LISTED);
        assert_done(task_fixture_payout(f, WORK));
        assert_int_equal(task_fixture_round(f, WORK).record,
                         TASK_RECORD_SUCCESSFUL);
    }
}

/* The block does not depend on when the first list is sent. */
static void test_seed_is_the_block_before_the_round_of_the_lists(void **state)
{
    struct task_fixture *f = *state;
    const int64_t amounts[] = {KOII};
    task_fixture_to(f, LISTED, 0);
    struct hash before = bank_info(f->bank)->parent_blockhash;
    task_fixture_to(f, LISTED, 1);
    task_fixture_to(f, LISTED, 39);
    assert_done(task_fixture_list(f, 0, WORK, amounts, 1));
    struct task_round round = task_fixture_round(f, WORK);
    assert_true(hash_equal(&round.seed, &before));
    task_fixture_to(f, LISTED + 1, 0);
    assert_done(task_fixture_list(f, 1, WORK, amounts, 1));
    round = task_fixture_round(f, WORK);
    assert_true(hash_equal(&round.seed, &before));
}

static void test_a_failed_payout_changes_the_order(void **state)
{
    struct task_fixture *f = *state;
    const int64_t bad[] = {11 * KOII};
    static const struct hash none;
    task_fixture_to(f, LISTED, 0);
    assert_done(task_fixture_list(f, 0, WORK, bad, 1));
    struct hash first = task_fixture_round(f, WORK).seed;
    after_votes(f, LISTED);
    assert_done(task_fixture_payout(f, WORK));
    struct task_round round = task_fixture_round(f, WORK);
    assert_true(hash_equal(&round.seed, &none));
    task_fixture_to(f, LISTED + 1, 0);
    struct hash before = bank_info(f->bank)->parent_blockhash;
    assert_done(task_fixture_list(f, 0, WORK, bad, 1));
    round = task_fixture_round(f, WORK);
    assert_true(hash_equal(&round.seed, &before));
    assert_false(hash_equal(&round.seed, &first));
}

/* Lists that fill all room and turn out wrong only at their very end. */
static void send_large_lists(struct task_fixture *f, size_t count)
{
    struct buffer data = {0};
    task_fixture_to(f, LISTED, 0);
    plain_list(&f->keys[0], 11 * KOII, 1900, &data);
    for (size_t i = 0; i < count; i++) {
        assert_done(task_fixture_upload(f, i, WORK, buffer_view(&data)));
        assert_done(task_fixture_submit_list(f, i, WORK));
    }
    buffer_free(&data);
    after_votes(f, LISTED);
}

static struct transaction_status payout_then(struct task_fixture *f,
                                             uint32_t unit_limit, bool fails)
{
    const struct task_instruction payout = {.kind = TASK_PAYOUT, .round = WORK};
    const struct task_parties parties = {
        .task = f->task, .stake_pot = f->pot, .data_account = f->keys[0]};
    struct account_meta accounts[TASK_ACCOUNTS_MAX];
    struct buffer data = {0}, limit = {0};
    assert_int_equal(task_instruction_build(&payout, &data), 0);
    buffer_u8(&limit, 2); /* SetComputeUnitLimit */
    buffer_u32le(&limit, unit_limit);
    size_t count =
        task_instruction_accounts(TASK_PAYOUT, 0, &parties, accounts);
    const struct instruction list[3] = {
        {COMPUTE_BUDGET_PROGRAM_ID, NULL, 0, buffer_view(&limit)},
        {KOII_TASK_PROGRAM_ID, accounts, count, buffer_view(&data)},
        /* No instruction is that short. */
        {KOII_TASK_PROGRAM_ID, accounts, count, bytes_make(data.data, 0)},
    };
    struct transaction_status status =
        task_fixture_execute(f, list, fails ? 3 : 2);
    buffer_free(&data);
    buffer_free(&limit);
    return status;
}

static void test_payout_costs_by_the_bytes_and_rows_it_reads(void **state)
{
    struct task_fixture *f = *state;
    send_large_lists(f, 1);
    assert_done(task_fixture_payout(f, WORK));
    uint64_t one = f->units;
    teardown(state);
    setup(state);
    f = *state;
    send_large_lists(f, 4);
    assert_done(task_fixture_payout(f, WORK));
    uint64_t four = f->units;
    /* The bytes of envelopes, and rows of each kind. */
    assert_true(four >= one + 3 * (5400 / TASK_BYTES_PER_UNIT +
                                   2 * TASK_UNITS_ROW_WALKED));
    assert_true(four < one + 3 * 5400);
}

/* What the failed transaction used counts for the block, as what it pays. */
static void test_failing_after_a_payout_does_not_make_it_free(void **state)
{
    struct task_fixture *f = *state;
    send_large_lists(f, 4);
    uint64_t units = bank_info(f->bank)->compute_units;
    uint64_t fees = bank_info(f->bank)->fees;
    assert_int_not_equal(
        task_fixture_error(payout_then(f, COMPUTE_UNIT_LIMIT_MAX, true)),
        INSTRUCTION_OK);
    assert_true(f->units > 4 * 5400 / TASK_BYTES_PER_UNIT);
    assert_int_equal(bank_info(f->bank)->compute_units - units, f->units);
    assert_true(bank_info(f->bank)->fees > fees);
    assert_int_equal(task_fixture_round(f, WORK).record, TASK_RECORD_NONE);
}

/* A caller that asks for too little can't make the round's payout fail. */
static void test_payout_without_units_leaves_the_round_as_it_was(void **state)
{
    struct task_fixture *f = *state;
    send_large_lists(f, 4);
    for (uint32_t limit = 1000; limit < 3500; limit += 100)
        if (task_fixture_error(payout_then(f, limit, false)) ==
            INSTRUCTION_COMPUTATIONAL_BUDGET_EXCEEDED)
            assert_int_equal(task_fixture_round(f, WORK).record,
                             TASK_RECORD_NONE);
    assert_refused(payout_then(f, 1100, false),
                   INSTRUCTION_COMPUTATIONAL_BUDGET_EXCEEDED);
    assert_done(payout_then(f, COMPUTE_UNIT_LIMIT_MAX, false));
    assert_int_equal(task_fixture_round(f, WORK).record, TASK_RECORD_FAILED);
}

/* What Koii's readers do with an account: JSON.parse() of all of it, and the
 * bytes before the first 0 are the list. The JSON library here allows neither
 * zeros nor text after the value. */
static void read_as_koii_does(struct task_fixture *f, size_t key, char *out,
                              size_t size)
{
    struct account account;
    struct json_object *envelope, *round, *bytes;
    size_t count = 0;
    char name[24];
    assert_int_equal(bank_account(f->bank, bank_state(f->bank), &f->keys[key],
                                  &f->arena, &account),
                     0);
    assert_int_equal(account.space, account.data.size);
    assert_ok(json_parse(account.data, &envelope));
    snprintf(name, sizeof(name), "%d", WORK);
    assert_ok(json_get_object(envelope, name, &round));
    assert_ok(json_get_array(round, PUBKEY_TEXT(&f->task), &bytes));
    for (; count < json_object_array_length(bytes); count++) {
        int byte = json_object_get_int(json_object_array_get_idx(bytes, count));
        assert_true(count < size);
        out[count] = (char)byte;
        if (!byte)
            break;
    }
    assert_true(count < json_object_array_length(bytes)); /* there is a 0 */
    json_object_put(envelope);
}

/* The three forms in which lists are uploaded, and a list that ends with its
 * last chunk: all are paid, and all read back in the envelope. */
static void test_lists_in_each_form_are_paid_and_read_back(void **state)
{
    for (size_t form = 0; form < 4; form++) {
        struct task_fixture *f = *state;
        struct buffer list = {0}, data = {0};
        char read[2048];
        plain_list(&f->keys[0], KOII, form == 3 ? 508 : 0, &list);
        if (form == 1) {
            task_list_build_text(&f->task, WORK, buffer_view(&list), &data);
        } else if (form == 2) {
            buffer_u64le(&data, 1);
            buffer_u64le(&data, WORK);
            buffer_u64le(&data, 1);
            buffer_u64le(&data, strlen(PUBKEY_TEXT(&f->task)));
            buffer_text(&data, PUBKEY_TEXT(&f->task));
            buffer_u64le(&data, list.size);
            buffer_bytes(&data, buffer_view(&list));
        } else {
            buffer_bytes(&data, buffer_view(&list));
        }
        task_fixture_to(f, LISTED, 0);
        assert_done(task_fixture_upload(f, 0, WORK, buffer_view(&data)));
        assert_done(task_fixture_submit_list(f, 0, WORK));
        read_as_koii_does(f, 0, read, sizeof(read));
        assert_string_equal(read, buffer_string(&list));
        after_votes(f, LISTED);
        assert_done(task_fixture_payout(f, WORK));
        assert_int_equal(task_fixture_claimable(f, 0), KOII);
        buffer_free(&list);
        buffer_free(&data);
        teardown(state);
        setup(state);
    }
}

/* The second list is shorter, and for the same round: no rest of the first one
 * may follow it. */
static void test_a_list_after_a_failure_begins_anew(void **state)
{
    struct task_fixture *f = *state;
    struct buffer list = {0};
    char read[2048];
    const int64_t bad[] = {11 * KOII, 5, 5, 5};
    expect_failure(f, bad, 4);
    task_fixture_to(f, LISTED + 1, 0);
    plain_list(&f->keys[1], KOII, 508, &list);
    const struct task_instruction upload = {
        .kind = TASK_UPLOAD_DISTRIBUTION_LIST,
        .round = WORK,
        .chunk = {.data = buffer_view(&list)}};
    /* One chunk without room for a byte after the list, as Koii's. */
    assert_done(task_fixture_run(
        f, &upload, &(struct task_parties){.data_account = f->keys[0]}));
    assert_done(task_fixture_submit_list(f, 0, WORK));
    read_as_koii_does(f, 0, read, sizeof(read));
    assert_string_equal(read, buffer_string(&list));
    after_votes(f, LISTED + 1);
    assert_done(task_fixture_payout(f, WORK));
    assert_int_equal(task_fixture_claimable(f, 1), KOII);
    buffer_free(&list);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
#define TEST_WITHOUT_BOUNTY(name)                                              \
    cmocka_unit_test_setup_teardown(name, setup_without_bounty, teardown)
    const struct CMUnitTest tests[] = {
        TEST_WITHOUT_BOUNTY(test_without_a_bounty_a_list_of_zeros_is_paid),
        TEST_WITHOUT_BOUNTY(test_without_a_bounty_a_list_can_take_stake),
        TEST_WITHOUT_BOUNTY(test_without_a_bounty_a_list_that_pays_fails),
        TEST(test_positive_pays_and_negative_takes_stake),
        TEST(test_payout_waits_for_the_votes),
        TEST(test_lists_of_an_earlier_round_can_be_paid_at_once),
        TEST(test_payout_without_lists_costs_no_attempt),
        TEST(test_list_above_the_bounty_per_round_fails),
        TEST(test_list_of_exactly_the_bounty_per_round_is_paid),
        TEST(test_list_that_takes_more_than_the_stake_fails),
        TEST(test_list_that_takes_the_whole_stake_is_carried_out),
        TEST(test_list_with_a_key_that_did_not_submit_fails),
        TEST(test_list_that_is_no_envelope_fails),
        TEST(test_list_larger_than_any_it_could_be_fails),
        TEST(test_list_changed_after_it_was_sent_is_not_paid),
        TEST(test_list_changed_through_another_task_is_not_paid),
        TEST(test_seed_chooses_the_list),
        TEST(test_keys_made_in_the_window_do_not_come_first),
        TEST(test_seed_is_the_block_before_the_round_of_the_lists),
        TEST(test_a_failed_payout_changes_the_order),
        TEST(test_lists_in_each_form_are_paid_and_read_back),
        TEST(test_a_list_after_a_failure_begins_anew),
        TEST(test_payout_costs_by_the_bytes_and_rows_it_reads),
        TEST(test_failing_after_a_payout_does_not_make_it_free),
        TEST(test_payout_without_units_leaves_the_round_as_it_was),
        TEST(test_list_voted_down_is_passed_over_and_penalised),
        TEST(test_tie_of_votes_leaves_the_list_standing),
        TEST(test_refuted_accusations_cost_a_tenth_of_the_minimum),
        TEST(test_accuser_waits_for_the_judgement),
        TEST(test_accuser_of_a_list_waits_for_the_judgement),
        TEST(test_accuser_leaves_when_no_payout_can_come),
        TEST(test_failed_payouts_end_with_the_round_given_up),
        TEST(test_good_list_after_a_failure_is_paid),
        TEST(test_round_too_long_ago_is_closed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
