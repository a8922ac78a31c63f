/*
 * A validator that has forgotten what it voted.
 */
#include "consensus_script.h"

static void tell(uint16_t peer, const struct consensus_status *status)
{
    consensus_peer(script.consensus, script.now_ns, peer, status);
    script_drive();
}

static struct consensus_status in_window(uint64_t window)
{
    return (struct consensus_status){.root_slot = script.root_slot,
                                     .window = window,
                                     .certified = script.root_slot};
}

static uint64_t own_window(void)
{
    struct consensus_status status;

    consensus_status(script.consensus, &status);
    return status.window;
}

static bool has_forgotten(void)
{
    struct consensus_status status;

    consensus_status(script.consensus, &status);
    return status.has_forgotten;
}

/* Its former self may have been one window further than all who answer. */
static void test_who_forgot_votes_after_the_window_it_may_be_in(void **state)
{
    uint64_t window = window_of(script.root_slot + 1);
    struct consensus_status here = in_window(window);
    script_begin(NULL);
    script_block(script.root_slot + 1, 2, script.root_slot, 1,
                 CONSENSUS_EXECUTED);
    script_wait_until(BEGIN + 100 * DELTA);
    assert_int_equal(script.count[CONSENSUS_PERSIST], 0);
    tell(1, &here);
    tell(2, &here);
    assert_true(has_forgotten());
    tell(3, &here);
    assert_false(has_forgotten());
    assert_int_equal(script.count[CONSENSUS_PERSIST], 1);
    struct consensus_status status;
    consensus_status(script.consensus, &status);
    assert_true(status.is_below_record);
    for (; own_window() < window + 2; script.now_ns += 100 * DELTA) {
        script_wait_until(script.now_ns);
        assert_int_equal(script.count[CONSENSUS_SIGN], 0);
        assert_int_equal(script.count[CONSENSUS_LEAD], 0);
        script_votes(VOTE_NULLIFY, window_begin(own_window()), 0);
    }
    consensus_status(script.consensus, &status);
    assert_false(status.is_below_record);
    script_wait_until(script.now_ns + 100 * DELTA);
    assert_true(script.count[CONSENSUS_SIGN] > 0);
    assert_int_equal(window_of(script_signed_vote()->slot), window + 2);
}

/* Who forgot, too, or is not back where it was, may have voted with the former
 * self in windows that it does not tell of. */
static void test_who_does_not_know_where_it_was_is_no_answer(void **state)
{
    struct consensus_status here = in_window(window_of(script.root_slot + 1));
    struct consensus_status forgot = here, below = here;
    forgot.has_forgotten = true;
    below.is_below_record = true;
    script_begin(NULL);
    tell(1, &here);
    tell(2, &forgot);
    tell(3, &below);
    assert_true(has_forgotten());
    tell(2, &here);
    assert_true(has_forgotten());
    tell(3, &here);
    assert_false(has_forgotten());
}

/* It goes where the others are, with proof, before it answers for itself. */
static void test_an_answer_counts_where_its_window_is_proven(void **state)
{
    uint64_t window = window_of(script.root_slot + 1);
    struct consensus_status here = in_window(window);
    struct consensus_status ahead = in_window(window + 1);
    script_begin(NULL);
    tell(1, &here);
    tell(2, &ahead);
    tell(3, &here);
    assert_true(has_forgotten());
    script_wait_until(script.now_ns + DELTA);
    assert_int_equal(script.last[CONSENSUS_ASK].question.kind,
                     CONSENSUS_EVIDENCE);
    script_certificate(2, VOTE_NULLIFY, script.root_slot + 1, 0);
    assert_false(has_forgotten());
    struct consensus_status status;
    consensus_status(script.consensus, &status);
    assert_int_equal(status.window, window + 1);
    /* By what it was told first, not by what it is told afterwards. */
    script_votes(VOTE_NULLIFY, window_begin(window + 1), 0);
    script_votes(VOTE_NULLIFY, window_begin(window + 2), 0);
    consensus_status(script.consensus, &status);
    assert_false(status.is_below_record);
}

static void test_a_liar_about_windows_keeps_nobody_from_voting(void **state)
{
    static const uint64_t stakes[] = {1, 4, 4, 1};
    struct consensus_status here = in_window(window_of(script.root_slot + 1));
    struct consensus_status far = in_window(UINT64_C(1) << 40);
    validator_set_free(script.set);
    script.set = voters_set(stakes, 4);
    script_begin(NULL);
    tell(3, &far);
    tell(1, &here);
    assert_true(has_forgotten());
    tell(2, &here);
    assert_false(has_forgotten());
}

static void test_it_is_said_when_more_forgot_than_may(void **state)
{
    struct consensus_status here = in_window(window_of(script.root_slot + 1));
    struct consensus_status forgot = here;
    forgot.has_forgotten = true;
    script_begin_new();
    tell(1, &forgot);
    tell(2, &here);
    assert_int_equal(script.count[CONSENSUS_STUCK], 0);
    tell(3, &forgot);
    tell(2, &here);
    assert_int_equal(script.count[CONSENSUS_STUCK], 1);
    tell(3, &here);
    tell(3, &forgot);
    assert_int_equal(script.count[CONSENSUS_STUCK], 2);
}

/* Of a record that is not believed the number is: the file has it. */
static void test_the_new_record_counts_before_the_old_one(void **state)
{
    struct consensus_status here = in_window(window_of(script.root_slot + 1));
    struct vote_record record = vote_record_new(0);
    record.sequence = 1000;
    script.has_forgotten = true;
    script_begin(&record);
    assert_true(has_forgotten());
    for (uint16_t peer = 1; peer < 4; peer++)
        tell(peer, &here);
    assert_false(has_forgotten());
    assert_int_equal(script.last[CONSENSUS_PERSIST].sequence, 1001);
    assert_int_equal(script.last[CONSENSUS_PERSIST].record->known, 1);
}

/* A network that begins anew counts no vote and no record from before. */
static void test_a_network_that_begins_anew_has_another_name(void **state)
{
    const struct hash genesis = voters_hash(1), block = voters_hash(2);
    const struct hash other = voters_hash(3);
    const struct pubkey voter = {.bytes = {1}};
    struct hash names[] = {genesis, consensus_network(&genesis, 8, &block),
                           consensus_network(&genesis, 9, &block),
                           consensus_network(&genesis, 8, &other),
                           consensus_network(&other, 8, &block)};
    struct vote vote = voters_vote(VOTE_NULLIFY, 1, 8, 0);
    uint8_t signed_bytes[5][VOTE_MESSAGE_SIZE_MAX];
    uint8_t bytes[VOTE_RECORD_SIZE];
    struct vote_record record = vote_record_new(2);
    for (size_t i = 0; i < 5; i++) {
        struct vote_tag tag = vote_tag_of(&names[i]);
        size_t size = vote_message(&tag, 0, &vote, signed_bytes[i]);
        struct vote_tag mine = vote_record_tag(&names[i], &voter);
        vote_record_encode(&record, &mine, bytes);
        for (size_t j = 0; j < i; j++) {
            assert_memory_not_equal(signed_bytes[i], signed_bytes[j], size);
            struct vote_tag before = vote_record_tag(&names[j], &voter);
            assert_int_equal(vote_record_decode(bytes, &before, &record),
                             ERR_DENIED);
        }
    }
    struct hash again = consensus_network(&genesis, 8, &block);
    assert_memory_equal(&names[1], &again, sizeof(again));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_who_forgot_votes_after_the_window_it_may_be_in),
        TEST(test_who_does_not_know_where_it_was_is_no_answer),
        TEST(test_an_answer_counts_where_its_window_is_proven),
        TEST(test_a_liar_about_windows_keeps_nobody_from_voting),
        TEST(test_it_is_said_when_more_forgot_than_may),
        TEST(test_the_new_record_counts_before_the_old_one),
        TEST(test_a_network_that_begins_anew_has_another_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
