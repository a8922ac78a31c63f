/*
 * A network without a final block for long: memory stays what it is, and
 * everything can go on.
 */
#include "consensus_script.h"

#include <malloc.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define MANY 20000u
#else
#define MANY 200000u
#endif

/* What the allocator has given out, in bytes. */
static size_t memory(void)
{
    return mallinfo2().uordblks;
}

static uint64_t own_window(void)
{
    struct consensus_status status;

    consensus_status(script.consensus, &status);
    return status.window;
}

static void give_up_windows(uint64_t count)
{
    for (uint64_t i = 0; i < count; i++)
        script_certificate(CONSENSUS_NONE, VOTE_NULLIFY,
                           window_begin(own_window()), 0);
}

static void test_windows_that_are_given_up_take_no_memory(void **state)
{
    uint64_t first = window_of(script.root_slot + 1);
    script_begin_new();
    give_up_windows(1000);
    assert_int_equal(own_window(), first + 1000);
    size_t before = memory();
    give_up_windows(MANY);
    assert_int_equal(own_window(), first + 1000 + MANY);
    /* Which windows are kept differs, and so what they take. */
    assert_true(memory() <= before + 16384);
    /* Each was kept, for those who will ask. */
    assert_int_equal(script.count[CONSENSUS_KEEP], 1000 + MANY);
    assert_int_equal(consensus_first_window(script.consensus),
                     own_window() - CONSENSUS_WINDOWS_BACK);
    /* A block on the root is still one that may be voted for. */
    while (!validator_set_leader(script.set, own_window()))
        give_up_windows(1);
    uint64_t slot = window_begin(own_window());
    script_block(slot, 2, script.root_slot, 1, CONSENSUS_EXECUTED);
    assert_int_equal(script_signed_vote()->kind, VOTE_NOTARIZE);
    assert_int_equal(script_signed_vote()->slot, slot);
    script_certificate(CONSENSUS_NONE, VOTE_FINALIZE, slot, 2);
    assert_int_equal(script.last[CONSENSUS_FINAL].slot, slot);
    assert_int_equal(script.count[CONSENSUS_FINAL], 1);
}

static bool is_answered(enum consensus_question_kind kind, uint64_t at)
{
    const struct consensus_question question = {.kind = kind, .at = at};
    struct certificate given;
    size_t place = 0;
    bool is_there =
        consensus_answer(script.consensus, &question, &place, &given);

    if (is_there)
        certificate_free(&given);
    return is_there;
}

static void test_old_windows_are_the_disks_to_answer(void **state)
{
    uint64_t first = window_of(script.root_slot + 1);
    script_begin_new();
    give_up_windows(100);
    uint64_t from = consensus_first_window(script.consensus);
    assert_int_equal(from, first + 100 - CONSENSUS_WINDOWS_BACK);
    for (uint64_t i = first; i < first + 100; i++)
        assert_int_equal(is_answered(CONSENSUS_COVERED, window_begin(i)),
                         i >= from);
    assert_true(is_answered(CONSENSUS_EVIDENCE, first + 90));
    assert_false(is_answered(CONSENSUS_EVIDENCE, first));
}

#define WINDOWS_KEPT 150u

/* A window that is given up, and what of it is kept. */
static struct certificate give_up_and_keep(void)
{
    bool good[4] = {true, true, true, true};
    struct consensus_output output;
    struct certificate kept = {0};
    struct vote cast[3];
    const struct certificate made = {.kind = VOTE_NULLIFY,
                                     .slot = window_begin(own_window()),
                                     .count = 3,
                                     .votes = cast};

    for (uint16_t i = 0; i < 3; i++)
        cast[i] = voters_vote(VOTE_NULLIFY, i, made.slot, 0);
    consensus_certificate(script.consensus, script.now_ns, 1, &made);
    while (consensus_next(script.consensus, &output))
        if (output.act == CONSENSUS_VERIFY)
            consensus_verified(script.consensus, script.now_ns, output.request,
                               good);
        else if (output.act == CONSENSUS_KEEP)
            kept = output.certificate;
    return kept;
}

/* As its peers answer: the machine, and before its first window the disk. */
static void test_who_comes_late_gets_there_by_what_was_kept(void **state)
{
    uint64_t first = window_of(script.root_slot + 1),
             end = first + WINDOWS_KEPT;
    struct certificate kept[WINDOWS_KEPT];
    script_begin_as(CONSENSUS_NONE, NULL);
    for (size_t i = 0; i < WINDOWS_KEPT; i++) {
        kept[i] = give_up_and_keep();
        assert_int_equal(window_of(kept[i].slot), first + i);
    }
    consensus_free(script.consensus);
    script_begin_as(CONSENSUS_NONE, NULL);
    const struct consensus_status ahead = {.root_slot = script.root_slot,
                                           .window = end,
                                           .certified = script.root_slot};
    consensus_peer(script.consensus, script.now_ns, 2, &ahead);
    unsigned asked = 0;
    while (own_window() < end) {
        script_wait_until(script.now_ns + 2 * DELTA);
        assert_true(script.count[CONSENSUS_ASK] > asked);
        asked = script.count[CONSENSUS_ASK];
        uint64_t at = script.last[CONSENSUS_ASK].question.at;
        assert_int_equal(at, own_window());
        for (uint64_t i = at; i < at + CONSENSUS_WINDOWS_ANSWERED && i < end;
             i++)
            consensus_certificate(script.consensus, script.now_ns, 2,
                                  &kept[i - first]);
        script_drive();
    }
    assert_in_range(asked, WINDOWS_KEPT / CONSENSUS_WINDOWS_ANSWERED,
                    WINDOWS_KEPT / CONSENSUS_WINDOWS_ANSWERED + 2);
    for (size_t i = 0; i < WINDOWS_KEPT; i++)
        certificate_free(&kept[i]);
}

/* A block of slot that stands on another, certified and not final. */
static void certify(uint64_t slot, uint64_t parent)
{
    script_block(slot, slot, parent, parent == script.root_slot ? 1 : parent,
                 CONSENSUS_EXECUTED);
    script_certificate(CONSENSUS_NONE, VOTE_NOTARIZE, slot, slot);
}

/* Windows with one block each, which the next one stands on. */
static uint64_t certify_windows(unsigned count, uint64_t parent)
{
    for (unsigned i = 0; i < count; i++) {
        uint64_t slot = window_begin(own_window());
        certify(slot, parent);
        script_certificate(CONSENSUS_NONE, VOTE_NULLIFY, slot + 1, 0);
        assert_int_equal(own_window(), window_of(slot) + 1);
        parent = slot;
    }
    return parent;
}

/* Others may go on all the same: their votes are followed. */
static void test_blocks_that_do_not_become_final_come_to_an_end(void **state)
{
    script_begin_new();
    uint64_t last = certify_windows(200, script.root_slot);
    while (!validator_set_leader(script.set, own_window()))
        last = certify_windows(1, last);
    unsigned before = script.count[CONSENSUS_SIGN];
    script_block(window_begin(own_window()), 5, last, last, CONSENSUS_EXECUTED);
    assert_true(script.count[CONSENSUS_SIGN] > before);
    last = certify_windows(100, last);
    while (!validator_set_leader(script.set, own_window()))
        last = certify_windows(1, last);
    before = script.count[CONSENSUS_SIGN];
    script_block(window_begin(own_window()), 6, last, last, CONSENSUS_EXECUTED);
    assert_int_equal(script.count[CONSENSUS_SIGN], before);
    /* When none of them can become final any more by itself, one may again. */
    give_up_windows(CONSENSUS_WINDOWS_BACK + 1);
    while (!validator_set_leader(script.set, own_window()))
        give_up_windows(1);
    uint64_t slot = window_begin(own_window());
    script_block(slot, slot, last, last, CONSENSUS_EXECUTED);
    assert_int_equal(script_signed_vote()->kind, VOTE_NOTARIZE);
    assert_int_equal(script_signed_vote()->slot, slot);
    /* With it all of them are final. */
    script_certificate(CONSENSUS_NONE, VOTE_FINALIZE, slot, slot);
    assert_int_equal(script.last[CONSENSUS_FINAL].slot, slot);
    assert_true(script.count[CONSENSUS_FINAL] > 300);
}

/* Evidence of a window whose votes are gone: a block of it was certified, too,
 * which a leader builds on. */
static void test_what_is_long_past_can_still_be_certified(void **state)
{
    uint64_t old = script.root_slot + 1;
    script_begin_new();
    give_up_windows(100);
    while (!validator_set_leader(script.set, own_window()))
        give_up_windows(1);
    uint64_t slot = window_begin(own_window());
    script_block(slot, 3, old, 2, CONSENSUS_EXECUTED);
    assert_int_equal(script.last[CONSENSUS_ASK].question.kind,
                     CONSENSUS_CERTIFIED);
    assert_int_equal(script.last[CONSENSUS_ASK].question.at, old);
    unsigned before = script.count[CONSENSUS_SIGN];
    script_certificate(1, VOTE_NOTARIZE, old, 2);
    assert_int_equal(script.last[CONSENSUS_WANT].slot, old);
    script_block(old, 2, script.root_slot, 1, CONSENSUS_EXECUTED);
    assert_int_equal(script.count[CONSENSUS_SIGN], before + 1);
    assert_int_equal(script_signed_vote()->kind, VOTE_NOTARIZE);
    assert_int_equal(script_signed_vote()->slot, slot);
    script_certificate(CONSENSUS_NONE, VOTE_FINALIZE, slot, 3);
    assert_int_equal(script.count[CONSENSUS_FINAL], 2);
}

/* After a restart everything kept is given back, by rising slot. */
static void test_what_was_kept_brings_a_machine_back(void **state)
{
    uint64_t first = window_of(script.root_slot + 1);
    struct vote_record record = vote_record_new(0);
    vote_record_enter(&record, first + 5000);
    record.bits[0].nullified = 1;
    script_begin(&record);
    assert_int_equal(own_window(), first);
    size_t before = memory();
    give_up_windows(5000);
    assert_int_equal(own_window(), first + 5000);
    assert_true(memory() <= before + (65536));
    struct consensus_status status;
    consensus_status(script.consensus, &status);
    assert_false(status.is_below_record);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_windows_that_are_given_up_take_no_memory),
        TEST(test_old_windows_are_the_disks_to_answer),
        TEST(test_who_comes_late_gets_there_by_what_was_kept),
        TEST(test_blocks_that_do_not_become_final_come_to_an_end),
        TEST(test_what_is_long_past_can_still_be_certified),
        TEST(test_what_was_kept_brings_a_machine_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
