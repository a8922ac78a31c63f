/*
 * The machine of one validator of four, with a script in place of the others:
 * situations that the simulation (tests/sim) meets seldom or never.
 */
#ifndef POND_TESTS_CONSENSUS_SCRIPT_H
#define POND_TESTS_CONSENSUS_SCRIPT_H

#include "voters.h"

#include "consensus/consensus.h"

#define MS 1000000u
#define DELTA (50 * MS)
#define SLOT (20 * MS)
#define BEGIN UINT64_C(1000000000)

/* What the machine said last of each act, and how often. */
struct script {
    struct validator_set *set;
    struct consensus *consensus;
    uint64_t now_ns;
    uint64_t root_slot;
    bool has_forgotten;
    struct consensus_output last[CONSENSUS_STUCK + 1];
    unsigned count[CONSENSUS_STUCK + 1];
};

static struct script script;

/* Do what the machine wants done: every signature holds, the disk is fast. */
static inline void script_drive(void)
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

static inline void script_begin_as(uint16_t self,
                                   const struct vote_record *record)
{
    const struct consensus_options options = {.set = script.set,
                                              .self = self,
                                              .root_slot = script.root_slot,
                                              .root = voters_hash(1),
                                              .root_time_ns = BEGIN,
                                              .record = record,
                                              .has_forgotten =
                                                  script.has_forgotten,
                                              .delta_ns = DELTA,
                                              .slot_ns = SLOT};

    script.now_ns = BEGIN;
    script.consensus = consensus_new(&options, BEGIN);
    script_drive();
}

static inline void script_begin(const struct vote_record *record)
{
    script_begin_as(0, record);
}

/* One that has never voted. */
static inline void script_begin_new(void)
{
    struct vote_record record =
        vote_record_new(window_of(script.root_slot + 1));

    script_begin(&record);
}

/* The first window that this validator does not lead, of those from one on. */
static inline uint64_t script_window_of_others(uint64_t window)
{
    while (!validator_set_leader(script.set, window))
        window++;
    return window;
}

static inline void script_vote(uint16_t from, enum vote_kind kind,
                               uint64_t slot, uint64_t value)
{
    struct vote cast = voters_vote(kind, from, slot, value);

    consensus_vote(script.consensus, script.now_ns, from, &cast);
    script_drive();
}

static inline void script_votes(enum vote_kind kind, uint64_t slot,
                                uint64_t value)
{
    for (uint16_t from = 1; from < 4; from++)
        script_vote(from, kind, slot, value);
}

static inline void script_block(uint64_t slot, uint64_t hash,
                                uint64_t parent_slot, uint64_t parent,
                                enum consensus_news news)
{
    const struct consensus_block made = {.slot = slot,
                                         .hash = voters_hash(hash),
                                         .parent_slot = parent_slot,
                                         .parent = voters_hash(parent),
                                         .time_ns = script.now_ns};
    const struct hash state = voters_hash(hash + 1000);

    consensus_block(script.consensus, script.now_ns, &made, news,
                    news == CONSENSUS_EXECUTED ? &state : NULL);
    script_drive();
}

static inline void script_wait_until(uint64_t time_ns)
{
    script.now_ns = time_ns;
    consensus_tick(script.consensus, time_ns);
    script_drive();
}

static inline const struct vote *script_signed_vote(void)
{
    return &script.last[CONSENSUS_SIGN].vote;
}

static inline int script_set_up(void **state)
{
    static const uint64_t equal[] = {1, 1, 1, 1};

    memset(&script, 0, sizeof(script));
    script.set = voters_set(equal, 4);
    /* The last slot of a window, so that a whole one begins. */
    uint64_t window = script_window_of_others(5);
    while (script_window_of_others(window + 1) != window + 1)
        window = script_window_of_others(window + 1);
    script.root_slot = window_begin(window) - 1;
    return 0;
}

static inline int script_tear_down(void **state)
{
    consensus_free(script.consensus);
    validator_set_free(script.set);
    return 0;
}

/* A certificate of the first three. */
static inline void script_certificate(uint16_t from, enum vote_kind kind,
                                      uint64_t slot, uint64_t value)
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
    script_drive();
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, script_set_up, script_tear_down)

#endif
