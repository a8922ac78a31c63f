/*
 * Accidents of networks of validators, without a traitor: crashes, lost disks,
 * clocks, connections. Each is a script in the world of consensus_world.h, and
 * a test with its name.
 */
#include "consensus_cases.h"

/* ---- crashes ---- */

static bool test_all_crash_at_once_and_come_back(void)
{
    bool is_good = true;

    for (uint64_t seed = 1; seed <= 20; seed++) {
        const struct world_options options = cases_network(seed, 4);
        struct world *world = world_new(&options);
        bool is_on = true;
        for (unsigned i = 0; i < 5; i++) {
            world_run(world, UINT64_MAX,
                      world_now_us(world) + SECOND + seed * 7 * MS + i * MS);
            for (size_t k = 0; k < 4; k++)
                world_crash(world, k, (k + 1) * 5 * MS);
            cases_run_for(world, 25 * MS);
            is_on &= cases_go_on(world, 12 * CASES_DELTA + 6 * CASES_WINDOW_US);
        }
        is_good &= cases_end(world, is_on, "it stands still");
    }
    return is_good;
}

static bool test_a_quarter_gone_is_borne_and_more_is_waited_for(void)
{
    const struct world_options options = cases_network(2, 4);
    struct world *world = world_new(&options);

    cases_run_for(world, SECOND);
    world_crash(world, 3, UINT64_MAX);
    uint64_t before = world_final_slot(world, 0);
    cases_run_for(world, 5 * SECOND);
    bool is_good = world_final_slot(world, 0) > before + 40;
    world_crash(world, 2, 30 * SECOND);
    cases_run_for(world, SECOND);
    before = world_final_slot(world, 0);
    cases_run_for(world, 25 * SECOND);
    is_good &= world_final_slot(world, 0) == before;
    cases_run_for(world, 10 * SECOND);
    is_good &= world_final_slot(world, 0) > before + 40;
    return cases_end(world, is_good, "it does not bear, or does not wait");
}

static bool test_one_that_forgot_its_votes_comes_to_vote_again(void)
{
    bool is_good = true;

    for (uint64_t seed = 1; seed <= 20; seed++) {
        const struct world_options options = cases_network(seed, 4);
        struct world *world = world_new(&options);
        cases_run_for(world, SECOND + seed * 3 * MS);
        world_forget(world, 3, 20 * MS);
        cases_run_for(world, 4 * SECOND);
        /* It is needed again. */
        world_crash(world, 0, UINT64_MAX);
        uint64_t before = world_final_slot(world, 1);
        cases_run_for(world, 15 * SECOND);
        bool is_on = world_final_slot(world, 1) > before + 20 &&
                     world_result(world)->seen & MET(SEEN_VOTES_AGAIN);
        is_good &= cases_end(world, is_on, "it does not vote again");
    }
    return is_good;
}

static bool test_when_half_forgot_nothing_goes_on_and_it_is_said(void)
{
    struct world_options options = cases_network(1, 4);

    options.forgetful = 2;
    struct world *world = world_new(&options);
    cases_run_for(world, SECOND);
    world_forget(world, 2, 20 * MS);
    world_forget(world, 3, 30 * MS);
    cases_run_for(world, 100 * MS);
    uint64_t before = world_final_slot(world, 0);
    cases_run_for(world, 20 * SECOND);
    bool is_still =
        world_final_slot(world, 0) == before && world_result(world)->stuck > 0;
    return cases_end(world, is_still, "it goes on, or does not say so");
}

/* An hour later it is 9,000 slots behind: too far for blocks one by one. */
static bool test_who_stands_still_for_an_hour_begins_from_a_snapshot(void)
{
    struct world_options options = cases_network(1, 4);

    options.slot_us = 400 * MS;
    struct world *world = world_new(&options);
    cases_run_for(world, 10 * SECOND);
    world_pause(world, 2, 3600 * SECOND);
    cases_run_for(world, 3600 * SECOND);
    uint64_t others = world_final_slot(world, 0);
    uint64_t own = world_final_slot(world, 2);
    cases_run_for(world, 30 * SECOND);
    bool is_good = others > 5000 && own < 50 &&
                   world_final_slot(world, 2) > others &&
                   world_result(world)->seen & MET(SEEN_SNAPSHOT);
    return cases_end(world, is_good, "it does not come back");
}

/* ---- time ---- */

static bool test_clocks_off_by_two_seconds_do_no_harm(void)
{
    struct world_options options = cases_network(0, 7);

    options.skew_us = 2 * SECOND;
    options.drift = 500;
    options.jump_us = SECOND;
    options.faults_us = 20 * SECOND;
    return cases_all_reach(options, 10, 300, 60 * SECOND, MET(SEEN_CLOCK_SET));
}

/* ---- connections ---- */

static bool test_who_hears_and_is_not_heard_is_missed_by_nobody(void)
{
    const struct world_options options = cases_network(1, 4);
    struct world *world = world_new(&options);

    for (size_t i = 0; i < 3; i++)
        world_cut(world, 3, i, true);
    cases_run_for(world, 5 * SECOND);
    bool is_good = true;
    for (size_t i = 0; i < 4; i++)
        is_good &= world_final_slot(world, i) > 40;
    for (size_t i = 0; i < 3; i++)
        world_mend(world, 3, i);
    /* It is needed again. */
    world_crash(world, 0, UINT64_MAX);
    uint64_t before = world_final_slot(world, 1);
    cases_run_for(world, 15 * SECOND);
    is_good &= world_final_slot(world, 1) > before + 40;
    return cases_end(world, is_good, "it stands still");
}

static bool test_who_is_heard_and_does_not_hear_harms_nobody(void)
{
    const struct world_options options = cases_network(1, 4);
    struct world *world = world_new(&options);

    for (size_t i = 0; i < 3; i++)
        world_cut(world, i, 3, true);
    cases_run_for(world, 10 * SECOND);
    bool is_good = world_final_slot(world, 3) == 0;
    for (size_t i = 0; i < 3; i++)
        is_good &= world_final_slot(world, i) > 40;
    for (size_t i = 0; i < 3; i++)
        world_mend(world, i, 3);
    is_good &= cases_go_on(world, 15 * SECOND);
    return cases_end(world, is_good, "it stands still");
}

static bool test_a_cut_in_half_ends_in_four_delays_and_a_window(void)
{
    bool is_good = true;

    for (uint64_t seed = 1; seed <= 10; seed++) {
        const struct world_options options = cases_network(seed, 4);
        struct world *world = world_new(&options);
        cases_run_for(world, SECOND);
        for (size_t i = 0; i < 4; i++)
            world_cut(world, i % 2, 2 + i / 2, false);
        cases_run_for(world, 3 * SECOND);
        uint64_t before = world_final_slot(world, 0);
        for (size_t i = 0; i < 4; i++)
            world_mend(world, i % 2, 2 + i / 2);
        is_good &= cases_end(
            world,
            world_run(world, before + 1,
                      world_now_us(world) + 4 * CASES_DELTA + CASES_WINDOW_US),
            "it takes too long");
    }
    return is_good;
}

/* ---- who is connected with whom ---- */

#define PAIRS 6

/* The pairs of four that are connected, as bits. */
static bool is_connected(unsigned pairs, size_t a, size_t b)
{
    static const unsigned numbers[4][4] = {
        {0, 0, 1, 2}, {0, 0, 3, 4}, {1, 3, 0, 5}, {2, 4, 5, 0}};

    return a == b || pairs >> numbers[a][b] & 1;
}

static size_t connections_of(unsigned pairs, size_t index)
{
    size_t count = 0;

    for (size_t i = 0; i < 4; i++)
        count += is_connected(pairs, index, i);
    return count;
}

/* Those who can get what that one has, by whatever way. */
static unsigned who_is_reached(unsigned pairs, size_t from)
{
    unsigned reached = 1u << from;

    for (size_t step = 0; step < 3; step++)
        for (size_t a = 0; a < 4; a++)
            for (size_t b = 0; b < 4 && reached >> a & 1; b++)
                if (is_connected(pairs, a, b))
                    reached |= 1u << b;
    return reached;
}

/* Who has a quorum beside it is enough: those it reaches go on, and all others
 * wait. */
static unsigned who_goes_on(unsigned pairs)
{
    for (size_t i = 0; i < 4; i++)
        if (connections_of(pairs, i) >= 3)
            return who_is_reached(pairs, i);
    return 0;
}

static bool go_on_or_wait(unsigned pairs)
{
    const struct world_options options = cases_network(1 + pairs, 4);
    struct world *world = world_new(&options);
    uint64_t before[4];
    unsigned went_on = 0;

    cases_run_for(world, SECOND);
    for (size_t a = 0; a < 4; a++)
        for (size_t b = 0; b < a; b++)
            if (!is_connected(pairs, a, b))
                world_cut(world, a, b, false);
    cases_run_for(world, SECOND);
    for (size_t i = 0; i < 4; i++)
        before[i] = world_final_slot(world, i);
    cases_run_for(world, 60 * SECOND);
    for (size_t i = 0; i < 4; i++)
        went_on |= (unsigned)(world_final_slot(world, i) > before[i] + 20) << i;
    for (size_t a = 0; a < 4; a++)
        for (size_t b = 0; b < a; b++)
            world_mend(world, a, b);
    bool is_good = went_on == who_goes_on(pairs);
    if (!is_good)
        printf("# pairs %x: %x go on, and should be %x\n", pairs, went_on,
               who_goes_on(pairs));
    is_good &= cases_go_on(world, 30 * SECOND);
    return cases_end(world, is_good, "it stands still");
}

/* A star, a chain and a ring are among them. */
static bool test_in_each_way_to_be_connected_one_with_a_quorum_suffices(void)
{
    bool is_good = true;

    for (unsigned pairs = 0; pairs < 1u << PAIRS; pairs++)
        is_good &= go_on_or_wait(pairs);
    return is_good;
}

/* Of seven, four stand round the first; behind one of these stands another, and
 * behind that the last. */
static bool test_those_behind_others_follow_a_star(void)
{
    static const size_t next_to[7] = {0, 0, 0, 0, 0, 4, 5};
    const struct world_options options = cases_network(1, 7);
    struct world *world = world_new(&options);
    bool is_good = true;

    for (size_t a = 1; a < 7; a++)
        for (size_t b = 0; b < a; b++)
            if (next_to[a] != b)
                world_cut(world, a, b, false);
    cases_run_for(world, 120 * SECOND);
    for (size_t i = 0; i < 7; i++)
        is_good &= world_final_slot(world, i) > 100;
    return cases_end(world, is_good, "it stands still");
}

/* Each hears all but the one before it. Nobody has a quorum beside it in both
 * directions; but each hears one, and blocks are had from others. */
static bool test_a_ring_of_one_way_cuts_goes_on(void)
{
    bool is_good = true;

    for (uint64_t seed = 1; seed <= 20; seed++) {
        const struct world_options options = cases_network(seed, 4);
        struct world *world = world_new(&options);
        for (size_t i = 0; i < 4; i++)
            world_cut(world, i, (i + 1) % 4, true);
        cases_run_for(world, 20 * SECOND);
        bool is_on = true;
        for (size_t i = 0; i < 4; i++)
            is_on &= world_final_slot(world, i) > 20;
        is_good &= cases_end(world, is_on, "it stands still");
    }
    return is_good;
}

int main(void)
{
    const struct consensus_case cases[] = {
        CONSENSUS_CASE(test_all_crash_at_once_and_come_back),
        CONSENSUS_CASE(test_a_quarter_gone_is_borne_and_more_is_waited_for),
        CONSENSUS_CASE(test_one_that_forgot_its_votes_comes_to_vote_again),
        CONSENSUS_CASE(test_when_half_forgot_nothing_goes_on_and_it_is_said),
        CONSENSUS_CASE(
            test_who_stands_still_for_an_hour_begins_from_a_snapshot),
        CONSENSUS_CASE(test_clocks_off_by_two_seconds_do_no_harm),
        CONSENSUS_CASE(test_who_hears_and_is_not_heard_is_missed_by_nobody),
        CONSENSUS_CASE(test_who_is_heard_and_does_not_hear_harms_nobody),
        CONSENSUS_CASE(test_a_cut_in_half_ends_in_four_delays_and_a_window),
        CONSENSUS_CASE(
            test_in_each_way_to_be_connected_one_with_a_quorum_suffices),
        CONSENSUS_CASE(test_those_behind_others_follow_a_star),
        CONSENSUS_CASE(test_a_ring_of_one_way_cuts_goes_on),
    };

    return cases_run(cases, sizeof(cases) / sizeof(*cases));
}
