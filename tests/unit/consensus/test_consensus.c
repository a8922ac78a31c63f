/*
 * The machine of one validator of four, with a script in place of the others:
 * situations that the simulation (tests/sim) meets seldom or never.
 */
#include "voters.h"

#include "consensus/consensus.h"

#define MS 1000000u
#define DELTA (50 * MS)
#define SLOT (20 * MS)
#define BEGIN UINT64_C(1000000000)

static const uint64_t equal[] = {1, 1, 1, 1};

/* What the machine said last of each act, and how often. */
struct script {
    struct validator_set *set;
    struct consensus *consensus;
    uint64_t now_ns;
    uint64_t root_slot;
    struct consensus_output last[CONSENSUS_HALT + 1];
    unsigned count[CONSENSUS_HALT + 1];
};

static struct script script;

/* Do what the machine wants done: every signature holds, the disk is fast. */
static void drive(void)
{
    struct consensus_output output;
    bool good[4] = {true, true, true, true};

    while (consensus_next(script.consensus, &output)) {
        script.last[output.act] = output;
        script.count[output.act]++;
        if (output.act == CONSENSUS_PERSIST)
            consensus_persisted(script.consensus, output.sequence);
        else if (output.act == CONSENSUS_SIGN)
            consensus_vote(script.consensus, script.now_ns, 0, &output.vote);
        else if (output.act == CONSENSUS_VERIFY)
            consensus_verified(script.consensus, script.now_ns, output.request,
                               good);
        else if (output.act == CONSENSUS_KEEP)
            certificate_free(&output.certificate);
    }
}

static void begin_as(uint16_t self, const struct vote_record *record)
{
    const struct consensus_options options = {.set = script.set,
                                              .self = self,
                                              .root_slot = script.root_slot,
                                              .root = voters_hash(1),
                                              .root_time_ns = BEGIN,
                                              .record = record,
                                              .delta_ns = DELTA,
                                              .slot_ns = SLOT};

    script.now_ns = BEGIN;
    script.consensus = consensus_new(&options, BEGIN);
    drive();
}

static void begin(const struct vote_record *record)
{
    begin_as(0, record);
}

/* The first window that this validator does not lead, of those from one on. */
static uint64_t window_of_others(uint64_t window)
{
    while (!validator_set_leader(script.set, window))
        window++;
    return window;
}

static void vote(uint16_t from, enum vote_kind kind, uint64_t slot,
                 uint64_t value)
{
    struct vote cast = voters_vote(kind, from, slot, value);

    consensus_vote(script.consensus, script.now_ns, from, &cast);
    drive();
}

static void votes(enum vote_kind kind, uint64_t slot, uint64_t value)
{
    for (uint16_t from = 1; from < 4; from++)
        vote(from, kind, slot, value);
}

static void block(uint64_t slot, uint64_t hash, uint64_t parent_slot,
                  uint64_t parent, enum consensus_news news)
{
    const struct consensus_block made = {.slot = slot,
                                         .hash = voters_hash(hash),
                                         .parent_slot = parent_slot,
                                         .parent = voters_hash(parent),
                                         .time_ns = script.now_ns};
    const struct hash state = voters_hash(hash + 1000);

    consensus_block(script.consensus, script.now_ns, &made, news,
                    news == CONSENSUS_EXECUTED ? &state : NULL);
    drive();
}

static void wait_until(uint64_t time_ns)
{
    script.now_ns = time_ns;
    consensus_tick(script.consensus, time_ns);
    drive();
}

static const struct vote *signed_vote(void)
{
    return &script.last[CONSENSUS_SIGN].vote;
}

static int set_up(void **state)
{
    memset(&script, 0, sizeof(script));
    script.set = voters_set(equal, 4);
    /* The last slot of a window, so that a whole one begins. */
    uint64_t window = window_of_others(5);
    while (window_of_others(window + 1) != window + 1)
        window = window_of_others(window + 1);
    script.root_slot = window_begin(window) - 1;
    return 0;
}

static int tear_down(void **state)
{
    consensus_free(script.consensus);
    validator_set_free(script.set);
    return 0;
}

/* ---- votes ---- */

static void test_a_block_is_notarized_finalized_and_final(void **state)
{
    uint64_t slot = script.root_slot + 1;
    begin(NULL);
    block(slot, 2, script.root_slot, 1, CONSENSUS_HEADER);
    assert_int_equal(script.count[CONSENSUS_SIGN], 0);
    block(slot, 2, script.root_slot, 1, CONSENSUS_EXECUTED);
    assert_int_equal(signed_vote()->kind, VOTE_NOTARIZE);
    votes(VOTE_NOTARIZE, slot, 2);
    assert_int_equal(script.last[CONSENSUS_CONFIRMED].slot, slot);
    assert_int_equal(signed_vote()->kind, VOTE_FINALIZE);
    assert_int_equal(signed_vote()->slot, slot);
    const struct hash two = voters_hash(2), after = voters_hash(1002);
    struct hash outcome = vote_outcome(&two, &after);
    assert_true(hash_equal(&signed_vote()->value, &outcome));
    for (uint16_t from = 1; from < 3; from++) {
        struct vote cast = voters_vote(VOTE_FINALIZE, from, slot, 0);
        cast.value = outcome;
        assert_int_equal(script.count[CONSENSUS_FINAL], 0);
        consensus_vote(script.consensus, script.now_ns, from, &cast);
        drive();
    }
    assert_int_equal(script.count[CONSENSUS_FINAL], 1);
    assert_int_equal(script.last[CONSENSUS_FINAL].slot, slot);
    assert_true(hash_equal(&script.last[CONSENSUS_FINAL].state, &after));
}

/* All votes are there, and the block's parent, of an earlier window, is not. */
static void test_a_final_block_waits_for_the_one_before(void **state)
{
    uint64_t slot = script.root_slot + 1, next = slot + WINDOW_SLOTS;
    begin(NULL);
    votes(VOTE_NOTARIZE, slot, 2);
    votes(VOTE_NULLIFY, slot + 1, 0);
    block(next, 3, slot, 2, CONSENSUS_EXECUTED);
    votes(VOTE_NOTARIZE, next, 3);
    const struct hash three = voters_hash(3), after = voters_hash(1003);
    for (uint16_t from = 1; from < 4; from++) {
        struct vote cast = voters_vote(VOTE_FINALIZE, from, next, 0);
        cast.value = vote_outcome(&three, &after);
        consensus_vote(script.consensus, script.now_ns, from, &cast);
        drive();
    }
    assert_int_equal(script.count[CONSENSUS_FINAL], 0);
    assert_int_equal(script.last[CONSENSUS_WANT].slot, slot);
    block(slot, 2, script.root_slot, 1, CONSENSUS_EXECUTED);
    assert_int_equal(script.count[CONSENSUS_FINAL], 2);
    assert_int_equal(script.last[CONSENSUS_FINAL].slot, next);
}

static void test_a_vote_waits_for_the_record(void **state)
{
    struct consensus_output output;
    uint64_t slot = script.root_slot + 1;
    begin(NULL);
    const struct consensus_block made = {.slot = slot,
                                         .hash = voters_hash(2),
                                         .parent_slot = script.root_slot,
                                         .parent = voters_hash(1)};
    consensus_block(script.consensus, script.now_ns, &made, CONSENSUS_EXECUTED,
                    NULL);
    uint64_t sequence = 0;
    while (consensus_next(script.consensus, &output)) {
        assert_int_not_equal(output.act, CONSENSUS_SIGN);
        if (output.act == CONSENSUS_PERSIST) {
            sequence = output.sequence;
            assert_int_equal(output.record->bits[0].notarized, 1);
        }
    }
    assert_true(sequence > 0);
    consensus_persisted(script.consensus, sequence);
    assert_true(consensus_next(script.consensus, &output));
    assert_int_equal(output.act, CONSENSUS_SIGN);
}

static void test_another_state_after_a_block_halts(void **state)
{
    uint64_t slot = script.root_slot + 1;
    begin(NULL);
    block(slot, 2, script.root_slot, 1, CONSENSUS_EXECUTED);
    votes(VOTE_NOTARIZE, slot, 2);
    const struct hash two = voters_hash(2), other = voters_hash(9);
    for (uint16_t from = 1; from < 4; from++) {
        struct vote cast = voters_vote(VOTE_FINALIZE, from, slot, 0);
        cast.value = vote_outcome(&two, &other);
        consensus_vote(script.consensus, script.now_ns, from, &cast);
        drive();
    }
    assert_int_equal(script.count[CONSENSUS_HALT], 1);
    assert_int_equal(script.last[CONSENSUS_HALT].slot, slot);
    unsigned before = script.count[CONSENSUS_SIGN];
    block(slot + 1, 3, slot, 2, CONSENSUS_EXECUTED);
    wait_until(BEGIN + 100 * DELTA);
    assert_int_equal(script.count[CONSENSUS_SIGN], before);
}

/* ---- giving up ---- */

static void test_a_silent_leader_is_given_up_after_two_delays(void **state)
{
    begin(NULL);
    wait_until(BEGIN + SLOT + 2 * DELTA - 1);
    assert_int_equal(script.count[CONSENSUS_SIGN], 0);
    assert_int_equal(consensus_due_ns(script.consensus),
                     BEGIN + SLOT + 2 * DELTA);
    wait_until(BEGIN + SLOT + 2 * DELTA);
    assert_int_equal(signed_vote()->kind, VOTE_NULLIFY);
    assert_int_equal(signed_vote()->slot, script.root_slot + 1);
    /* Who gave up may notarize all the same, and does not finalize. */
    block(script.root_slot + 1, 2, script.root_slot, 1, CONSENSUS_EXECUTED);
    assert_int_equal(signed_vote()->kind, VOTE_NOTARIZE);
    votes(VOTE_NOTARIZE, script.root_slot + 1, 2);
    assert_int_equal(script.count[CONSENSUS_CONFIRMED], 1);
    assert_int_equal(signed_vote()->kind, VOTE_NOTARIZE);
}

static void test_what_breaks_a_rule_is_given_up_at_once(void **state)
{
    begin(NULL);
    wait_until(BEGIN + SLOT);
    block(script.root_slot + 1, 2, script.root_slot, 1, CONSENSUS_INVALID);
    assert_int_equal(signed_vote()->kind, VOTE_NULLIFY);
}

static void test_a_leader_of_two_blocks_is_given_up_at_once(void **state)
{
    begin(NULL);
    wait_until(BEGIN + SLOT);
    consensus_leader_seen(script.consensus, script.now_ns, script.root_slot + 1,
                          false);
    drive();
    assert_int_equal(script.count[CONSENSUS_SIGN], 0);
    consensus_leader_seen(script.consensus, script.now_ns, script.root_slot + 1,
                          true);
    drive();
    assert_int_equal(signed_vote()->kind, VOTE_NULLIFY);
}

/* Each window that is given up without a final block lets the next one wait
 * longer, from the fourth on. */
static void test_timers_grow_while_nothing_becomes_final(void **state)
{
    uint64_t window = window_of(script.root_slot + 1);
    uint64_t waits[12];
    begin(NULL);
    for (size_t i = 0; i < 12; i++, window++) {
        uint64_t entered_ns = script.now_ns;
        if (!validator_set_leader(script.set, window))
            waits[i] = 0;
        else
            waits[i] = consensus_due_ns(script.consensus) - entered_ns;
        script.now_ns += 1000 * MS;
        votes(VOTE_NULLIFY, window_begin(window), 0);
    }
    uint64_t expected = 2 * DELTA;
    for (size_t i = 1; i < 12; i++) {
        if (i > 3)
            expected += expected / 4;
        /* Waiting for votes to be sent again may come first. */
        if (waits[i] && waits[i] != 4 * DELTA)
            assert_in_range(waits[i], expected - 8, expected + 8);
    }
}

/* Who catches up goes through many windows, and their blocks become final only
 * afterwards. It waits for the next leader no longer than the others do. */
static void test_timers_are_short_again_with_a_final_block(void **state)
{
    uint64_t window = window_of(script.root_slot + 1) + 20;
    begin(NULL);
    while (!validator_set_leader(script.set, window))
        window++;
    for (uint64_t i = window_of(script.root_slot + 1); i < window; i++) {
        script.now_ns += WINDOW_SLOTS * SLOT;
        votes(VOTE_NULLIFY, window_begin(i), 0);
    }
    uint64_t slot = window_begin(window);
    block(slot, 2, script.root_slot, 1, CONSENSUS_EXECUTED);
    votes(VOTE_NOTARIZE, slot, 2);
    const struct hash two = voters_hash(2), after = voters_hash(1002);
    for (uint16_t from = 1; from < 4; from++) {
        struct vote cast = voters_vote(VOTE_FINALIZE, from, slot, 0);
        cast.value = vote_outcome(&two, &after);
        consensus_vote(script.consensus, script.now_ns, from, &cast);
        drive();
    }
    assert_int_equal(script.last[CONSENSUS_FINAL].slot, slot);
    unsigned before = script.count[CONSENSUS_SIGN];
    wait_until(script.now_ns + SLOT + 3 * DELTA + 2 * SLOT);
    assert_int_equal(script.count[CONSENSUS_SIGN], before + 1);
    assert_int_equal(signed_vote()->kind, VOTE_NULLIFY);
    assert_int_equal(signed_vote()->slot, slot + 1);
}

/* ---- leading ---- */

/* A window of its own comes after the root. */
static void begin_before_own(void)
{
    uint64_t window = 5;

    while (validator_set_leader(script.set, window))
        window++;
    script.root_slot = window_begin(window) - 1;
    begin(NULL);
}

static void
test_a_leader_makes_its_window_one_block_after_the_other(void **state)
{
    begin_before_own();
    uint64_t parent = 1;
    for (unsigned i = 0; i < WINDOW_SLOTS; i++) {
        const struct consensus_output *lead = &script.last[CONSENSUS_LEAD];
        assert_int_equal(script.count[CONSENSUS_LEAD], i + 1);
        assert_int_equal(lead->slot, script.root_slot + 1 + i);
        assert_int_equal(lead->parent_slot, script.root_slot + i);
        assert_int_equal(u64le_read(lead->parent.bytes), parent);
        block(lead->slot, parent + 1, lead->parent_slot, parent,
              CONSENSUS_EXECUTED);
        assert_int_equal(signed_vote()->slot, script.root_slot + 1 + i);
        parent++;
    }
    assert_int_equal(script.count[CONSENSUS_LEAD], WINDOW_SLOTS);
}

static void test_a_leader_that_cannot_gives_its_slot_up_at_once(void **state)
{
    begin_before_own();
    assert_int_equal(script.count[CONSENSUS_SIGN], 0);
    consensus_cannot_lead(script.consensus, script.now_ns,
                          script.root_slot + 1);
    drive();
    assert_int_equal(signed_vote()->kind, VOTE_NULLIFY);
    assert_int_equal(signed_vote()->slot, script.root_slot + 1);
    assert_int_equal(script.count[CONSENSUS_LEAD], 1);
}

/* What was begun before a crash is not begun again with other contents. */
static void test_a_leader_does_not_lead_a_window_twice(void **state)
{
    begin_before_own();
    uint64_t window = window_of(script.root_slot + 1);
    struct vote_record record = {.sequence = 5};
    vote_record_enter(&record, window);
    record.led = 1;
    consensus_free(script.consensus);
    memset(script.count, 0, sizeof(script.count));
    begin(&record);
    assert_int_equal(script.count[CONSENSUS_LEAD], 0);
}

/* ---- what is asked for ---- */

/* This validator has left a window because it was given up; the next leader
 * builds on a block of it, which others have certified. */
static void test_a_leaders_unknown_parent_is_asked_of_it(void **state)
{
    uint64_t slot = script.root_slot + 1;
    begin(NULL);
    votes(VOTE_NULLIFY, slot + 1, 0);
    votes(VOTE_NULLIFY, slot, 0);
    uint64_t next = window_begin(window_of(slot) + 1);
    while (!validator_set_leader(script.set, window_of(next))) {
        votes(VOTE_NULLIFY, next, 0);
        next += WINDOW_SLOTS;
    }
    unsigned before = script.count[CONSENSUS_ASK];
    block(next, 3, slot, 2, CONSENSUS_EXECUTED);
    assert_int_equal(script.count[CONSENSUS_ASK], before + 1);
    const struct consensus_output *ask = &script.last[CONSENSUS_ASK];
    assert_int_equal(ask->peer,
                     validator_set_leader(script.set, window_of(next)));
    assert_int_equal(ask->question.kind, CONSENSUS_CERTIFIED);
    assert_int_equal(ask->question.at, slot);
    /* With the answer it votes. */
    block(slot, 2, script.root_slot, 1, CONSENSUS_EXECUTED);
    votes(VOTE_NOTARIZE, slot, 2);
    assert_int_equal(signed_vote()->kind, VOTE_NOTARIZE);
    assert_int_equal(signed_vote()->slot, next);
}

static void test_who_is_behind_asks_one_after_the_other(void **state)
{
    const struct consensus_status ahead = {.root_slot = script.root_slot,
                                           .window =
                                               window_of(script.root_slot) + 3,
                                           .certified = script.root_slot + 9};
    begin(NULL);
    for (uint16_t peer = 1; peer < 4; peer++) {
        consensus_peer(script.consensus, script.now_ns, peer, &ahead);
        drive();
    }
    bool is_asked[4] = {false};
    for (unsigned i = 0; i < 3; i++) {
        wait_until(script.now_ns + 2 * DELTA);
        const struct consensus_output *ask = &script.last[CONSENSUS_ASK];
        assert_int_equal(ask->question.kind, CONSENSUS_EVIDENCE);
        assert_int_equal(ask->question.at, window_of(script.root_slot + 1));
        assert_false(is_asked[ask->peer]);
        is_asked[ask->peer] = true;
    }
}

/* ---- who only watches ---- */

/* A certificate of the first three. */
static void certificate(uint16_t from, enum vote_kind kind, uint64_t slot,
                        uint64_t value)
{
    struct vote cast[3];
    struct certificate made = {
        .kind = kind, .slot = slot, .count = 3, .votes = cast};

    for (uint16_t i = 0; i < 3; i++)
        cast[i] = voters_vote(kind, i, slot, value);
    if (kind != VOTE_NULLIFY)
        made.block = voters_hash(value);
    if (kind == VOTE_FINALIZE) {
        made.state = voters_hash(value + 1000);
        for (uint16_t i = 0; i < 3; i++)
            cast[i].value = vote_outcome(&made.block, &made.state);
    }
    consensus_certificate(script.consensus, script.now_ns, from, &made);
    drive();
}

static void test_who_only_watches_follows_by_what_it_asks(void **state)
{
    uint64_t slot = script.root_slot + 1;
    const struct consensus_status ahead = {
        .root_slot = slot, .window = window_of(slot), .certified = slot};
    begin_as(CONSENSUS_NONE, NULL);
    consensus_peer(script.consensus, script.now_ns, 2, &ahead);
    wait_until(script.now_ns + DELTA);
    assert_int_equal(script.count[CONSENSUS_ASK], 1);
    assert_int_equal(script.last[CONSENSUS_ASK].question.kind,
                     CONSENSUS_EVIDENCE);
    /* Whoever answers need not be a validator. */
    certificate(CONSENSUS_NONE, VOTE_FINALIZE, slot, 2);
    assert_int_equal(script.last[CONSENSUS_WANT].slot, slot);
    assert_int_equal(script.count[CONSENSUS_FINAL], 0);
    block(slot, 2, script.root_slot, 1, CONSENSUS_EXECUTED);
    assert_int_equal(script.last[CONSENSUS_CONFIRMED].slot, slot);
    assert_int_equal(script.last[CONSENSUS_FINAL].slot, slot);
    /* What is final is asked for even where the window is known. */
    certificate(CONSENSUS_NONE, VOTE_NOTARIZE, slot + 1, 3);
    block(slot + 1, 3, slot, 2, CONSENSUS_EXECUTED);
    const struct consensus_status newer = {.root_slot = slot + 1,
                                           .window = window_of(slot),
                                           .certified = slot + 1};
    consensus_peer(script.consensus, script.now_ns, 2, &newer);
    wait_until(script.now_ns + DELTA);
    assert_int_equal(script.count[CONSENSUS_ASK], 2);
    certificate(CONSENSUS_NONE, VOTE_FINALIZE, slot + 1, 3);
    assert_int_equal(script.last[CONSENSUS_FINAL].slot, slot + 1);
    wait_until(script.now_ns + 1000 * DELTA);
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
    begin_as(CONSENSUS_NONE, NULL);
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
    drive();
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
    begin(NULL);
    assert_false(consensus_answer(script.consensus, &question, &place, &given));
    certificate(CONSENSUS_NONE, VOTE_FINALIZE, script.root_slot, 9);
    certificate(CONSENSUS_NONE, VOTE_FINALIZE, script.root_slot, 1);
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
    begin(NULL);
    for (uint16_t v = 0; v < 3; v++)
        cast[v] = voters_vote(VOTE_NULLIFY, v, made.slot, 0);
    consensus_certificate(script.consensus, script.now_ns, CONSENSUS_NONE,
                          &made);
    assert_true(consensus_next(script.consensus, &output));
    assert_int_equal(output.act, CONSENSUS_VERIFY);
    consensus_verified(script.consensus, script.now_ns, output.request, good);
    drive();
    assert_int_equal(script.count[CONSENSUS_BAD], 0);
    struct consensus_status status;
    consensus_status(script.consensus, &status);
    assert_int_equal(status.window, window_of(script.root_slot + 1));
}

/* ---- restarts ---- */

static struct vote_record record_of(uint64_t window)
{
    struct vote_record record = {.sequence = 5};

    vote_record_enter(&record, window);
    return record;
}

/* The record's window, and a slot of it before the one that was given up: what
 * had certified that slot is lost. */
static void test_after_a_restart_an_earlier_slot_can_be_given_up(void **state)
{
    struct vote_record record = record_of(window_of(script.root_slot + 1));
    record.bits[0].nullified = 4;
    begin(&record);
    assert_int_equal(signed_vote()->kind, VOTE_NULLIFY);
    assert_int_equal(signed_vote()->slot, script.root_slot + 3);
    wait_until(BEGIN + 1000 * MS);
    assert_int_equal(signed_vote()->kind, VOTE_NULLIFY);
    assert_int_equal(signed_vote()->slot, script.root_slot + 1);
}

static void test_after_a_restart_nothing_finalized_is_given_up(void **state)
{
    struct vote_record record = record_of(window_of(script.root_slot + 1));
    record.bits[0].finalized = 2;
    record.finalized[1] = voters_hash(7);
    begin(&record);
    assert_int_equal(signed_vote()->kind, VOTE_FINALIZE);
    unsigned before = script.count[CONSENSUS_SIGN];
    wait_until(BEGIN + 10000 * MS);
    assert_int_equal(script.count[CONSENSUS_SIGN], before);
}

static void test_after_a_restart_nothing_is_notarized_twice(void **state)
{
    struct vote_record record = record_of(window_of(script.root_slot + 1));
    record.bits[0].notarized = 1;
    record.notarized[0] = voters_hash(2);
    begin(&record);
    assert_int_equal(script.count[CONSENSUS_SIGN], 1);
    assert_int_equal(u64le_read(signed_vote()->value.bytes), 2);
    block(script.root_slot + 1, 3, script.root_slot, 1, CONSENSUS_EXECUTED);
    assert_int_equal(script.count[CONSENSUS_SIGN], 1);
    /* The next slot may be, on what was voted for. */
    block(script.root_slot + 2, 5, script.root_slot + 1, 3, CONSENSUS_EXECUTED);
    assert_int_equal(script.count[CONSENSUS_SIGN], 1);
    block(script.root_slot + 2, 4, script.root_slot + 1, 2, CONSENSUS_EXECUTED);
    assert_int_equal(script.count[CONSENSUS_SIGN], 2);
}

/* A record of later windows: until the machine is there again it notarizes
 * nothing. */
static void test_after_a_restart_it_notarizes_from_its_record_on(void **state)
{
    struct vote_record record = record_of(window_of(script.root_slot + 1) + 2);
    begin(&record);
    block(script.root_slot + 1, 2, script.root_slot, 1, CONSENSUS_EXECUTED);
    assert_int_equal(script.count[CONSENSUS_SIGN], 0);
    assert_int_equal(script.count[CONSENSUS_LEAD], 0);
    votes(VOTE_NOTARIZE, script.root_slot + 1, 2);
    assert_int_equal(signed_vote()->kind, VOTE_FINALIZE);
}

/* ---- liars ---- */

static void test_a_vote_in_anothers_name_cuts_its_sender_off(void **state)
{
    begin(NULL);
    struct vote cast = voters_vote(VOTE_NOTARIZE, 2, script.root_slot + 1, 2);
    consensus_vote(script.consensus, script.now_ns, 1, &cast);
    drive();
    assert_int_equal(script.count[CONSENSUS_BAD], 1);
    assert_int_equal(script.last[CONSENSUS_BAD].peer, 1);
    /* Nothing of it counts from then on: two and its own are no quorum. */
    block(script.root_slot + 1, 2, script.root_slot, 1, CONSENSUS_EXECUTED);
    votes(VOTE_NOTARIZE, script.root_slot + 1, 2);
    assert_int_equal(script.count[CONSENSUS_CONFIRMED], 1);
    vote(1, VOTE_NULLIFY, script.root_slot + 2, 0);
    assert_int_equal(script.count[CONSENSUS_BAD], 1);
}

static void test_who_votes_twice_is_accused_once(void **state)
{
    begin(NULL);
    vote(1, VOTE_NOTARIZE, script.root_slot + 1, 2);
    vote(1, VOTE_NOTARIZE, script.root_slot + 1, 3);
    vote(1, VOTE_NOTARIZE, script.root_slot + 1, 4);
    assert_int_equal(script.count[CONSENSUS_ACCUSE], 1);
    assert_int_equal(script.last[CONSENSUS_ACCUSE].peer, 1);
    assert_false(hash_equal(&script.last[CONSENSUS_ACCUSE].vote.value,
                            &script.last[CONSENSUS_ACCUSE].other.value));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_block_is_notarized_finalized_and_final),
        TEST(test_a_final_block_waits_for_the_one_before),
        TEST(test_a_vote_waits_for_the_record),
        TEST(test_another_state_after_a_block_halts),
        TEST(test_a_silent_leader_is_given_up_after_two_delays),
        TEST(test_what_breaks_a_rule_is_given_up_at_once),
        TEST(test_a_leader_of_two_blocks_is_given_up_at_once),
        TEST(test_timers_grow_while_nothing_becomes_final),
        TEST(test_timers_are_short_again_with_a_final_block),
        TEST(test_a_leader_makes_its_window_one_block_after_the_other),
        TEST(test_a_leader_that_cannot_gives_its_slot_up_at_once),
        TEST(test_a_leader_does_not_lead_a_window_twice),
        TEST(test_a_leaders_unknown_parent_is_asked_of_it),
        TEST(test_who_is_behind_asks_one_after_the_other),
        TEST(test_who_only_watches_follows_by_what_it_asks),
        TEST(test_an_answer_of_many_windows_is_taken_whole),
        TEST(test_after_a_restart_the_roots_finalisation_is_given),
        TEST(test_a_false_certificate_of_nobody_is_passed_over),
        TEST(test_after_a_restart_an_earlier_slot_can_be_given_up),
        TEST(test_after_a_restart_nothing_finalized_is_given_up),
        TEST(test_after_a_restart_nothing_is_notarized_twice),
        TEST(test_after_a_restart_it_notarizes_from_its_record_on),
        TEST(test_a_vote_in_anothers_name_cuts_its_sender_off),
        TEST(test_who_votes_twice_is_accused_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
