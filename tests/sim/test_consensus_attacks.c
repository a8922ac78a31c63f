/*
 * Attacks on networks of validators that others have met or written of: each is
 * a script in the world of consensus_world.h, and a test with its name.
 */
#include "consensus_cases.h"

/* ---- two blocks, two votes ---- */

static bool test_a_doubled_leader_makes_two_blocks_of_a_slot(void)
{
    struct world_options options = cases_network(0, 4);

    options.traitors = 1;
    options.lies = LIE(LIE_HALVES) | LIE(LIE_EACH);
    return cases_all_reach(options, 20, 200, 60 * SECOND, MET(SEEN_TWOFOLD));
}

static bool test_a_key_in_two_places_is_shown_and_does_no_harm(void)
{
    struct world_options options = cases_network(0, 4);

    options.traitors = 1;
    return cases_all_reach(options, 20, 200, 60 * SECOND, MET(SEEN_ACCUSED));
}

/* With one process more the traitor's stake would be a quorum with two honest
 * ones of five, if it counted twice. */
static bool test_nobody_counts_twice(void)
{
    bool is_good = true;

    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct world_options options = cases_network(seed, 5);
        options.traitors = 1;
        options.silent = 2;
        options.lies = LIE(LIE_VOTES) | LIE(LIE_CERTIFICATE);
        struct world *world = world_new(&options);
        cases_run_for(world, 10 * SECOND);
        is_good &= cases_end(world, world_result(world)->blocks == 0,
                             "three of five made a block final");
    }
    return is_good;
}

static bool test_forged_votes_and_certificates_count_for_nothing(void)
{
    struct world_options options = cases_network(0, 4);

    options.traitors = 1;
    options.lies = LIE(LIE_FORGE) | LIE(LIE_CERTIFICATE) | LIE(LIE_STATUS);
    options.loss = 50;
    options.faults_us = 60 * SECOND;
    return cases_all_reach(options, 20, 200, 60 * SECOND,
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
    const struct world_options options = cases_network(3, 4);
    struct world *world = world_new(&options);
    struct two_certificates script = {.slot = 5 * WINDOW_SLOTS};

    world_set_filter(world, between_halves, &script);
    world_run(world, script.slot - 1, 11 * SECOND);
    cases_run_for(world, 8 * CASES_DELTA);
    script.phase = 1;
    for (unsigned i = 0; i < 100 && !(world_result(world)->seen &
                                      MET(SEEN_CERTIFIED_AND_COVERED));
         i++)
        cases_run_for(world, CASES_DELTA / 2);
    script.phase = 2;
    bool is_good = cases_go_on(world, 12 * CASES_DELTA + 6 * CASES_WINDOW_US);
    uint64_t seen = world_result(world)->seen;
    is_good &= seen & MET(SEEN_CERTIFIED_AND_COVERED) &&
               seen & (MET(SEEN_ASKED_CERTIFIED) | MET(SEEN_ASKED_COVERED));
    return cases_end(world, is_good, "the halves do not agree");
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
        const struct world_options options = cases_network(seed, 4);
        struct world *world = world_new(&options);
        struct half_told script = {.slot = 5 * WINDOW_SLOTS};
        world_set_filter(world, tell_half, &script);
        world_run(world, script.slot - 1, 11 * SECOND);
        cases_run_for(world, 6 * CASES_DELTA);
        script.is_over = true;
        cases_run_for(world, SECOND);
        /* The traitor does not hear of it, and leads no more. */
        world_crash(world, 0, UINT64_MAX);
        uint64_t before = world_final_slot(world, 1);
        cases_run_for(world, 20 * CASES_WINDOW_US);
        bool is_on = true;
        for (size_t i = 1; i < 4; i++)
            is_on &= world_final_slot(world, i) > before + 2 * WINDOW_SLOTS;
        is_good &= cases_end(world, is_on, "it stands still");
    }
    return is_good;
}

/* ---- other states ---- */

static bool test_no_block_is_final_when_a_third_has_another_state(void)
{
    struct world_options options = cases_network(1, 4);

    options.odd = 2;
    struct world *world = world_new(&options);
    cases_run_for(world, 5 * SECOND);
    const struct world_result *result = world_result(world);
    return cases_end(world, result->blocks == 0,
                     "a state that half has is final");
}

static bool test_one_with_another_state_halts_and_the_others_go_on(void)
{
    struct world_options options = cases_network(1, 4);

    options.odd = 1;
    struct world *world = world_new(&options);
    cases_run_for(world, 5 * SECOND);
    bool is_on = true;
    for (size_t i = 1; i < 4; i++)
        is_on &= world_final_slot(world, i) > 40;
    is_on &=
        world_final_slot(world, 0) == 0 && world_result(world)->halted == 1;
    return cases_end(world, is_on, "it does not halt alone");
}

/* ---- late, hasty, and all round one ---- */

/* Blocks can't outrun time: by a ninth at most, and by half a second. */
static bool test_a_hasty_leader_gains_no_more_than_a_ninth(void)
{
    bool is_good = true;

    for (uint64_t seed = 1; seed <= 10; seed++) {
        struct world_options options = cases_network(seed, 4);
        options.traitors = 1;
        options.lies = LIE(LIE_HASTY) | LIE(LIE_FIRST);
        struct world *world = world_new(&options);
        cases_run_for(world, 10 * SECOND);
        uint64_t most = (10 * SECOND + SECOND / 2) * 10 / (9 * CASES_SLOT) + 1;
        uint64_t final = world_final_slot(world, 3);
        is_good &= cases_end(world, final > 100 && final <= most,
                             "slots are too fast, or too few");
    }
    return is_good;
}

/* Late by just under the timers, and to just so many that it is no quorum
 * without the traitors themselves. Each of their windows costs its timers, and
 * no more. */
static bool test_a_leader_that_is_as_late_as_it_may_costs_its_window(void)
{
    struct world_options options = cases_network(0, 7);

    options.traitors = 2;
    options.lies = LIE(LIE_LATE) | LIE(LIE_PARTIAL) | LIE(LIE_FIRST);
    return cases_all_reach(options, 10, 200,
                           200 / WINDOW_SLOTS * 3 * CASES_WINDOW_US, 0);
}

/* It hears traitors alone: what it is told is final is so, or nothing is. */
static bool test_who_is_among_traitors_alone_is_told_nothing_false(void)
{
    bool is_good = true;

    for (uint64_t seed = 1; seed <= 10; seed++) {
        struct world_options options = cases_network(seed, 7);
        options.traitors = 2;
        options.lies = LIE(LIE_VOTES) | LIE(LIE_STATUS) | LIE(LIE_CERTIFICATE) |
                       LIE(LIE_ASTRAY) | LIE(LIE_EACH);
        struct world *world = world_new(&options);
        for (size_t i = 2; i < 6; i++)
            world_cut(world, 6, i, false);
        cases_run_for(world, 5 * SECOND);
        for (size_t i = 2; i < 6; i++)
            world_mend(world, 6, i);
        is_good &= cases_end(world, cases_go_on(world, 60 * SECOND),
                             "it stands still");
    }
    return is_good;
}

int main(void)
{
    const struct consensus_case cases[] = {
        CONSENSUS_CASE(test_a_doubled_leader_makes_two_blocks_of_a_slot),
        CONSENSUS_CASE(test_a_key_in_two_places_is_shown_and_does_no_harm),
        CONSENSUS_CASE(test_nobody_counts_twice),
        CONSENSUS_CASE(test_forged_votes_and_certificates_count_for_nothing),
        CONSENSUS_CASE(test_halves_with_certificates_of_two_kinds_agree_again),
        CONSENSUS_CASE(test_votes_told_to_one_and_then_silence),
        CONSENSUS_CASE(test_no_block_is_final_when_a_third_has_another_state),
        CONSENSUS_CASE(test_one_with_another_state_halts_and_the_others_go_on),
        CONSENSUS_CASE(test_a_hasty_leader_gains_no_more_than_a_ninth),
        CONSENSUS_CASE(
            test_a_leader_that_is_as_late_as_it_may_costs_its_window),
        CONSENSUS_CASE(test_who_is_among_traitors_alone_is_told_nothing_false),
    };

    return cases_run(cases, sizeof(cases) / sizeof(*cases));
}
