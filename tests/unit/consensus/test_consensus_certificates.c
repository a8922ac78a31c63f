/*
 * Certificates that are asked for and given; who follows by them alone.
 */
#include "consensus_script.h"

static void test_who_only_watches_follows_by_what_it_asks(void **state)
{
    uint64_t slot = script.root_slot + 1;
    const struct consensus_status ahead = {
        .root_slot = slot, .window = window_of(slot), .certified = slot};
    script_begin_as(CONSENSUS_NONE, NULL);
    consensus_peer(script.consensus, script.now_ns, 2, &ahead);
    script_wait_until(script.now_ns + DELTA);
    assert_int_equal(script.count[CONSENSUS_ASK], 1);
    assert_int_equal(script.last[CONSENSUS_ASK].question.kind,
                     CONSENSUS_EVIDENCE);
    /* Whoever answers need not be a validator. */
    script_certificate(CONSENSUS_NONE, VOTE_FINALIZE, slot, 2);
    assert_int_equal(script.last[CONSENSUS_WANT].slot, slot);
    assert_int_equal(script.count[CONSENSUS_FINAL], 0);
    script_block(slot, 2, script.root_slot, 1, CONSENSUS_EXECUTED);
    assert_int_equal(script.last[CONSENSUS_CONFIRMED].slot, slot);
    assert_int_equal(script.last[CONSENSUS_FINAL].slot, slot);
    /* What is final is asked for even where the window is known. */
    script_certificate(CONSENSUS_NONE, VOTE_NOTARIZE, slot + 1, 3);
    script_block(slot + 1, 3, slot, 2, CONSENSUS_EXECUTED);
    const struct consensus_status newer = {.root_slot = slot + 1,
                                           .window = window_of(slot),
                                           .certified = slot + 1};
    consensus_peer(script.consensus, script.now_ns, 2, &newer);
    script_wait_until(script.now_ns + DELTA);
    assert_int_equal(script.count[CONSENSUS_ASK], 2);
    script_certificate(CONSENSUS_NONE, VOTE_FINALIZE, slot + 1, 3);
    assert_int_equal(script.last[CONSENSUS_FINAL].slot, slot + 1);
    script_wait_until(script.now_ns + 1000 * DELTA);
    assert_int_equal(script.count[CONSENSUS_SIGN], 0);
    assert_int_equal(script.count[CONSENSUS_LEAD], 0);
    assert_int_equal(script.count[CONSENSUS_PERSIST], 0);
}

/* One answer has many windows, whose signatures are checked while it comes. */
static void test_an_answer_of_many_windows_is_taken_whole(void **state)
{
    uint64_t window = window_of(script.root_slot + 1);
    bool good[4] = {true, true, true, true};
    struct consensus_output output;
    uint64_t requests[CONSENSUS_WINDOWS_ANSWERED];
    size_t count = 0;
    script_begin_as(CONSENSUS_NONE, NULL);
    for (uint64_t i = 0; i < CONSENSUS_WINDOWS_ANSWERED; i++) {
        struct vote cast[3];
        const struct certificate made = {.kind = VOTE_NULLIFY,
                                         .slot = window_begin(window + i),
                                         .count = 3,
                                         .votes = cast};
        for (uint16_t v = 0; v < 3; v++)
            cast[v] = voters_vote(VOTE_NULLIFY, v, made.slot, 0);
        consensus_certificate(script.consensus, script.now_ns, 1, &made);
    }
    while (consensus_next(script.consensus, &output))
        if (output.act == CONSENSUS_VERIFY)
            requests[count++] = output.request;
    assert_int_equal(count, CONSENSUS_WINDOWS_ANSWERED);
    for (size_t i = 0; i < count; i++)
        consensus_verified(script.consensus, script.now_ns, requests[i], good);
    script_drive();
    struct consensus_status status;
    consensus_status(script.consensus, &status);
    assert_int_equal(status.window, window + CONSENSUS_WINDOWS_ANSWERED);
}

/* Who else needs it may find no other who has it. */
static void test_after_a_restart_the_roots_finalisation_is_given(void **state)
{
    const struct consensus_question question = {
        .kind = CONSENSUS_EVIDENCE, .at = window_of(script.root_slot)};
    struct certificate given;
    size_t place = 0;
    script_begin_new();
    assert_false(consensus_answer(script.consensus, &question, &place, &given));
    script_certificate(CONSENSUS_NONE, VOTE_FINALIZE, script.root_slot, 9);
    script_certificate(CONSENSUS_NONE, VOTE_FINALIZE, script.root_slot, 1);
    place = 0;
    assert_true(consensus_answer(script.consensus, &question, &place, &given));
    assert_int_equal(given.kind, VOTE_FINALIZE);
    assert_int_equal(given.slot, script.root_slot);
    assert_int_equal(u64le_read(given.block.bytes), 1);
    certificate_free(&given);
    assert_int_equal(script.count[CONSENSUS_VERIFY], 1);
}

static void test_a_false_certificate_of_nobody_is_passed_over(void **state)
{
    bool good[3] = {true, false, true};
    struct consensus_output output;
    struct vote cast[3];
    const struct certificate made = {.kind = VOTE_NULLIFY,
                                     .slot = script.root_slot + 1,
                                     .count = 3,
                                     .votes = cast};
    script_begin_new();
    for (uint16_t v = 0; v < 3; v++)
        cast[v] = voters_vote(VOTE_NULLIFY, v, made.slot, 0);
    consensus_certificate(script.consensus, script.now_ns, CONSENSUS_NONE,
                          &made);
    assert_true(consensus_next(script.consensus, &output));
    assert_int_equal(output.act, CONSENSUS_VERIFY);
    consensus_verified(script.consensus, script.now_ns, output.request, good);
    script_drive();
    assert_int_equal(script.count[CONSENSUS_BAD], 0);
    struct consensus_status status;
    consensus_status(script.consensus, &status);
    assert_int_equal(status.window, window_of(script.root_slot + 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_who_only_watches_follows_by_what_it_asks),
        TEST(test_an_answer_of_many_windows_is_taken_whole),
        TEST(test_after_a_restart_the_roots_finalisation_is_given),
        TEST(test_a_false_certificate_of_nobody_is_passed_over),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
