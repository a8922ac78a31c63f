/*
 * Attacks on networks of validators, and accidents, that others have met or
 * written of: each is a script in the world of consensus_world.h, and a test
 * with its name. What is random in it is of a seed, and some have many.
 */
#include "consensus_world.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define MS UINT64_C(1000)
#define SECOND (1000 * MS)
#define BEGIN SECOND /* the world's time at first */
#define DELTA (50 * MS)
#define SLOT (20 * MS)
#define WINDOW_US (5 * DELTA + WINDOW_SLOTS * SLOT)

static struct world_options network(uint64_t seed, size_t validators)
{
    return (struct world_options){.seed = seed,
                                  .validators = validators,
                                  .delta_us = DELTA,
                                  .slot_us = SLOT,
                                  .delay_min_us = 2 * MS,
                                  .delay_max_us = 8 * MS,
                                  .execute_us = 1 * MS,
                                  .disk_us = 2 * MS};
}

/* The end of a test: is all that was to hold so? */
static bool end(struct world *world, bool is_good, const char *what)
{
    const struct world_result *result = world_result(world);

    if (*result->violation)
        printf("# %s\n", result->violation);
    else if (!is_good)
        printf("# %s, at %" PRIu64 " ms with slot %" PRIu64 " final\n", what,
               result->now_us / MS, result->slots);
    is_good = is_good && !*result->violation;
    world_free(world);
    return is_good;
}

static void run_for(struct world *world, uint64_t time_us)
{
    world_run(world, UINT64_MAX, world_now_us(world) + time_us);
}

/* A new block is final at all within that time. */
static bool goes_on(struct world *world, uint64_t time_us)
{
    return world_run(world, world_highest(world) + WINDOW_SLOTS,
                     world_now_us(world) + time_us);
}

/* The same network with many seeds: each is to reach the slot in time. */
static bool all_reach(struct world_options options, uint64_t seeds,
                      uint64_t slot, uint64_t time_us, uint64_t seen)
{
    uint64_t met = 0;
    bool is_good = true;

    for (options.seed = 1; options.seed <= seeds; options.seed++) {
        struct world *world = world_new(&options);
        bool is_reached = world_run(world, slot, BEGIN + time_us);
        met |= world_result(world)->seen;
        is_good &= end(world, is_reached, "it does not go on");
    }
    if ((met & seen) != seen)
        printf("# something was never met: %" PRIx64 " of %" PRIx64 "\n", met,
               seen);
    return is_good && (met & seen) == seen;
}

#define MET(situation) (UINT64_C(1) << (situation))
#define LIE(lie) (1u << (lie))

/* ---- two blocks, two votes ---- */

static bool test_a_doubled_leader_makes_two_blocks_of_a_slot(void)
{
    struct world_options options = network(0, 4);

    options.traitors = 1;
    options.lies = LIE(LIE_HALVES) | LIE(LIE_EACH);
    return all_reach(options, 20, 200, 60 * SECOND, MET(SEEN_TWOFOLD));
}

static bool test_a_key_in_two_places_is_shown_and_does_no_harm(void)
{
    struct world_options options = network(0, 4);

    options.traitors = 1;
    return all_reach(options, 20, 200, 60 * SECOND, MET(SEEN_ACCUSED));
}

/* With one process more the traitor's stake would be a quorum with two honest
 * ones of five, if it counted twice. */
static bool test_nobody_counts_twice(void)
{
    bool is_good = true;

    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct world_options options = network(seed, 5);
        options.traitors = 1;
        options.silent = 2;
        options.lies = LIE(LIE_VOTES) | LIE(LIE_CERTIFICATE);
        struct world *world = world_new(&options);
        run_for(world, 10 * SECOND);
        is_good &= end(world, world_result(world)->blocks == 0,
                       "three of five made a block final");
    }
    return is_good;
}

static bool test_forged_votes_and_certificates_count_for_nothing(void)
{
    struct world_options options = network(0, 4);

    options.traitors = 1;
    options.lies = LIE(LIE_FORGE) | LIE(LIE_CERTIFICATE) | LIE(LIE_STATUS);
    options.loss = 50;
    options.faults_us = 60 * SECOND;
    return all_reach(options, 20, 200, 60 * SECOND,
                     MET(SEEN_CUT_OFF) | MET(SEEN_ASKED_EVIDENCE));
}

/* ---- two certificates of a slot ---- */

struct two_certificates {
    uint64_t slot;
    unsigned phase;
};

/* First nobody hears a vote for the slot, so all give it up. Then one half
 * hears that it was notarized, and the other one that it was given up. Then
 * neither hears any more of it from votes. */
static bool between_halves(const struct world_message *message, void *context)
{
    const struct two_certificates *script = context;

    if (!message->vote || window_of(message->slot) != window_of(script->slot) ||
        message->slot < script->slot)
        return true;
    if (script->phase == 0 || script->phase == 2)
        return false;
    return message->to < 2 ? message->vote->kind == VOTE_NOTARIZE
                           : message->vote->kind == VOTE_NULLIFY;
}

static bool test_halves_with_certificates_of_two_kinds_agree_again(void)
{
    const struct world_options options = network(3, 4);
    struct world *world = world_new(&options);
    struct two_certificates script = {.slot = 5 * WINDOW_SLOTS};

    world_set_filter(world, between_halves, &script);
    world_run(world, script.slot - 1, BEGIN + 10 * SECOND);
    run_for(world, 8 * DELTA);
    script.phase = 1;
    for (unsigned i = 0; i < 100 && !(world_result(world)->seen &
                                      MET(SEEN_CERTIFIED_AND_COVERED));
         i++)
        run_for(world, DELTA / 2);
    script.phase = 2;
    bool is_good = goes_on(world, 12 * DELTA + 6 * WINDOW_US);
    uint64_t seen = world_result(world)->seen;
    is_good &= seen & MET(SEEN_CERTIFIED_AND_COVERED) &&
               seen & (MET(SEEN_ASKED_CERTIFIED) | MET(SEEN_ASKED_COVERED));
    return end(world, is_good, "the halves do not agree");
}

/* ---- a traitor that helps one, and falls silent ---- */

struct half_told {
    uint64_t slot;
    bool is_over;
};

/* Validator 0 tells 1 alone, and 3 gets the window's blocks when it is over. */
static bool tell_half(const struct world_message *message, void *context)
{
    const struct half_told *script = context;

    if (message->slot < script->slot)
        return true;
    if (message->from == 0)
        return !script->is_over && (message->to == 1 || message->is_block);
    return script->is_over || message->to != 3 || !message->is_block ||
           window_of(message->slot) != window_of(script->slot);
}

static bool test_votes_told_to_one_and_then_silence(void)
{
    bool is_good = true;

    for (uint64_t seed = 1; seed <= 20; seed++) {
        const struct world_options options = network(seed, 4);
        struct world *world = world_new(&options);
        struct half_told script = {.slot = 5 * WINDOW_SLOTS};
        world_set_filter(world, tell_half, &script);
        world_run(world, script.slot - 1, BEGIN + 10 * SECOND);
        run_for(world, 6 * DELTA);
        script.is_over = true;
        run_for(world, SECOND);
        /* The traitor does not hear of it, and leads no more. */
        world_crash(world, 0, UINT64_MAX);
        uint64_t before = world_final_slot(world, 1);
        run_for(world, 20 * WINDOW_US);
        bool is_on = true;
        for (size_t i = 1; i < 4; i++)
            is_on &= world_final_slot(world, i) > before + 2 * WINDOW_SLOTS;
        is_good &= end(world, is_on, "it stands still");
    }
    return is_good;
}

/* ---- other states ---- */

static bool test_no_block_is_final_when_a_third_has_another_state(void)
{
    struct world_options options = network(1, 4);

    options.odd = 2;
    struct world *world = world_new(&options);
    run_for(world, 5 * SECOND);
    const struct world_result *result = world_result(world);
    return end(world, result->blocks == 0, "a state that half has is final");
}

static bool test_one_with_another_state_halts_and_the_others_go_on(void)
{
    struct world_options options = network(1, 4);

    options.odd = 1;
    struct world *world = world_new(&options);
    run_for(world, 5 * SECOND);
    bool is_on = true;
    for (size_t i = 1; i < 4; i++)
        is_on &= world_final_slot(world, i) > 40;
    is_on &=
        world_final_slot(world, 0) == 0 && world_result(world)->halted == 1;
    return end(world, is_on, "it does not halt alone");
}

/* ---- crashes ---- */

static bool test_all_crash_at_once_and_come_back(void)
{
    bool is_good = true;

    for (uint64_t seed = 1; seed <= 20; seed++) {
        const struct world_options options = network(seed, 4);
        struct world *world = world_new(&options);
        bool is_on = true;
        for (unsigned i = 0; i < 5; i++) {
            world_run(world, UINT64_MAX,
                      world_now_us(world) + SECOND + seed * 7 * MS + i * MS);
            for (size_t k = 0; k < 4; k++)
                world_crash(world, k, (k + 1) * 5 * MS);
            run_for(world, 25 * MS);
            is_on &= goes_on(world, 12 * DELTA + 6 * WINDOW_US);
        }
        is_good &= end(world, is_on, "it stands still");
    }
    return is_good;
}

static bool test_a_quarter_gone_is_borne_and_more_is_waited_for(void)
{
    const struct world_options options = network(2, 4);
    struct world *world = world_new(&options);

    run_for(world, SECOND);
    world_crash(world, 3, UINT64_MAX);
    uint64_t before = world_final_slot(world, 0);
    run_for(world, 5 * SECOND);
    bool is_good = world_final_slot(world, 0) > before + 40;
    world_crash(world, 2, 30 * SECOND);
    run_for(world, SECOND);
    before = world_final_slot(world, 0);
    run_for(world, 25 * SECOND);
    is_good &= world_final_slot(world, 0) == before;
    run_for(world, 10 * SECOND);
    is_good &= world_final_slot(world, 0) > before + 40;
    return end(world, is_good, "it does not bear, or does not wait");
}

/* An hour later it is 9,000 slots behind: too far for blocks one by one. */
static bool test_who_stands_still_for_an_hour_begins_from_a_snapshot(void)
{
    struct world_options options = network(1, 4);

    options.slot_us = 400 * MS;
    struct world *world = world_new(&options);
    run_for(world, 10 * SECOND);
    world_pause(world, 2, 3600 * SECOND);
    run_for(world, 3600 * SECOND);
    uint64_t others = world_final_slot(world, 0);
    uint64_t own = world_final_slot(world, 2);
    run_for(world, 30 * SECOND);
    bool is_good = others > 5000 && own < 50 &&
                   world_final_slot(world, 2) > others &&
                   world_result(world)->seen & MET(SEEN_SNAPSHOT);
    return end(world, is_good, "it does not come back");
}

/* ---- time ---- */

/* Blocks can't outrun time: by a ninth at most, and by half a second. */
static bool test_a_hasty_leader_gains_no_more_than_a_ninth(void)
{
    bool is_good = true;

    for (uint64_t seed = 1; seed <= 10; seed++) {
        struct world_options options = network(seed, 4);
        options.traitors = 1;
        options.lies = LIE(LIE_HASTY) | LIE(LIE_FIRST);
        struct world *world = world_new(&options);
        run_for(world, 10 * SECOND);
        uint64_t most = (10 * SECOND + SECOND / 2) * 10 / (9 * SLOT) + 1;
        uint64_t final = world_final_slot(world, 3);
        is_good &= end(world, final > 100 && final <= most,
                       "slots are too fast, or too few");
    }
    return is_good;
}

static bool test_clocks_off_by_two_seconds_do_no_harm(void)
{
    struct world_options options = network(0, 7);

    options.skew_us = 2 * SECOND;
    options.drift = 500;
    options.jump_us = SECOND;
    options.faults_us = 20 * SECOND;
    return all_reach(options, 10, 300, 60 * SECOND, MET(SEEN_CLOCK_SET));
}

/* Late by just under the timers, and to just so many that it is no quorum
 * without the traitors themselves. Each of their windows costs its timers, and
 * no more. */
static bool test_a_leader_that_is_as_late_as_it_may_costs_its_window(void)
{
    struct world_options options = network(0, 7);

    options.traitors = 2;
    options.lies = LIE(LIE_LATE) | LIE(LIE_PARTIAL) | LIE(LIE_FIRST);
    return all_reach(options, 10, 200, 200 / WINDOW_SLOTS * 3 * WINDOW_US, 0);
}

/* ---- connections ---- */

static bool test_who_hears_and_is_not_heard_is_missed_by_nobody(void)
{
    const struct world_options options = network(1, 4);
    struct world *world = world_new(&options);

    for (size_t i = 0; i < 3; i++)
        world_cut(world, 3, i, true);
    run_for(world, 5 * SECOND);
    bool is_good = true;
    for (size_t i = 0; i < 4; i++)
        is_good &= world_final_slot(world, i) > 40;
    for (size_t i = 0; i < 3; i++)
        world_mend(world, 3, i);
    /* It is needed again. */
    world_crash(world, 0, UINT64_MAX);
    uint64_t before = world_final_slot(world, 1);
    run_for(world, 15 * SECOND);
    is_good &= world_final_slot(world, 1) > before + 40;
    return end(world, is_good, "it stands still");
}

static bool test_who_is_heard_and_does_not_hear_harms_nobody(void)
{
    const struct world_options options = network(1, 4);
    struct world *world = world_new(&options);

    for (size_t i = 0; i < 3; i++)
        world_cut(world, i, 3, true);
    run_for(world, 10 * SECOND);
    bool is_good = world_final_slot(world, 3) == 0;
    for (size_t i = 0; i < 3; i++)
        is_good &= world_final_slot(world, i) > 40;
    for (size_t i = 0; i < 3; i++)
        world_mend(world, i, 3);
    is_good &= goes_on(world, 15 * SECOND);
    return end(world, is_good, "it stands still");
}

/* It hears traitors alone: what it is told is final is so, or nothing is. */
static bool test_who_is_among_traitors_alone_is_told_nothing_false(void)
{
    bool is_good = true;

    for (uint64_t seed = 1; seed <= 10; seed++) {
        struct world_options options = network(seed, 7);
        options.traitors = 2;
        options.lies = LIE(LIE_VOTES) | LIE(LIE_STATUS) | LIE(LIE_CERTIFICATE) |
                       LIE(LIE_ASTRAY) | LIE(LIE_EACH);
        struct world *world = world_new(&options);
        for (size_t i = 2; i < 6; i++)
            world_cut(world, 6, i, false);
        run_for(world, 5 * SECOND);
        for (size_t i = 2; i < 6; i++)
            world_mend(world, 6, i);
        is_good &= end(world, goes_on(world, 60 * SECOND), "it stands still");
    }
    return is_good;
}

static bool test_a_cut_in_half_ends_in_four_delays_and_a_window(void)
{
    bool is_good = true;

    for (uint64_t seed = 1; seed <= 10; seed++) {
        const struct world_options options = network(seed, 4);
        struct world *world = world_new(&options);
        run_for(world, SECOND);
        for (size_t i = 0; i < 4; i++)
            world_cut(world, i % 2, 2 + i / 2, false);
        run_for(world, 3 * SECOND);
        uint64_t before = world_final_slot(world, 0);
        for (size_t i = 0; i < 4; i++)
            world_mend(world, i % 2, 2 + i / 2);
        is_good &= end(world,
                       world_run(world, before + 1,
                                 world_now_us(world) + 4 * DELTA + WINDOW_US),
                       "it takes too long");
    }
    return is_good;
}

#define TEST(name)                                                             \
    {                                                                          \
#name, name                                                            \
    }

int main(void)
{
    const struct {
        const char *name;
        bool (*run)(void);
    } tests[] = {
        TEST(test_a_doubled_leader_makes_two_blocks_of_a_slot),
        TEST(test_a_key_in_two_places_is_shown_and_does_no_harm),
        TEST(test_nobody_counts_twice),
        TEST(test_forged_votes_and_certificates_count_for_nothing),
        TEST(test_halves_with_certificates_of_two_kinds_agree_again),
        TEST(test_votes_told_to_one_and_then_silence),
        TEST(test_no_block_is_final_when_a_third_has_another_state),
        TEST(test_one_with_another_state_halts_and_the_others_go_on),
        TEST(test_all_crash_at_once_and_come_back),
        TEST(test_a_quarter_gone_is_borne_and_more_is_waited_for),
        TEST(test_who_stands_still_for_an_hour_begins_from_a_snapshot),
        TEST(test_a_hasty_leader_gains_no_more_than_a_ninth),
        TEST(test_clocks_off_by_two_seconds_do_no_harm),
        TEST(test_a_leader_that_is_as_late_as_it_may_costs_its_window),
        TEST(test_who_hears_and_is_not_heard_is_missed_by_nobody),
        TEST(test_who_is_heard_and_does_not_hear_harms_nobody),
        TEST(test_who_is_among_traitors_alone_is_told_nothing_false),
        TEST(test_a_cut_in_half_ends_in_four_delays_and_a_window),
    };
    const size_t count = sizeof(tests) / sizeof(*tests);
    int failed = 0;

    printf("1..%zu\n", count);
    for (size_t i = 0; i < count; i++) {
        bool is_good = tests[i].run();
        printf("%s %zu - %s\n", is_good ? "ok" : "not ok", i + 1,
               tests[i].name);
        fflush(stdout);
        failed += !is_good;
    }
    return failed != 0;
}
