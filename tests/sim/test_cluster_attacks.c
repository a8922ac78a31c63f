/*
 * Attacks and accidents that other networks have met, on whole validators
 * (cluster_world.h). Each stands for itself; test_cluster.c mixes them by
 * chance.
 */
#include "cluster_world.h"
#include "sim_main.h"

#include "base/log.h"

#include <inttypes.h>
#include <stdlib.h>

#define MS 1000u
#define N 4
#define LIE(name) (1u << LIE_##name)

static struct world_options calm(uint64_t seed)
{
    return (struct world_options){.seed = seed,
                                  .validators = N,
                                  .delta_us = 50 * MS,
                                  .slot_us = 50 * MS,
                                  .delay_min_us = 1 * MS,
                                  .delay_max_us = 10 * MS,
                                  .execute_us = 2 * MS,
                                  .disk_us = 2 * MS,
                                  .client_us = 40 * MS,
                                  .look_us = 40 * MS};
}

static bool has_seen(struct world *world, enum world_situation situation)
{
    return world_result(world)->seen >> situation & 1;
}

/* So many slots further, for all. */
static bool go_on(struct world *world, uint64_t slots)
{
    return world_run(world, world_highest(world) + slots,
                     world_now_us(world) + 60000 * MS);
}

/* The end of each test: says what is wrong. */
static bool end(struct world *world, bool is_good)
{
    world_settle(world);
    if (*world_result(world)->violation) {
        printf("# %s\n", world_result(world)->violation);
        is_good = false;
    }
    if (!is_good)
        world_print_state(stdout, world);
    world_free(world);
    return is_good;
}

static bool test_of_two_blocks_of_a_slot_all_keep_the_same(void)
{
    struct world_options options = calm(1);

    options.traitors = 1;
    options.lies = LIE(HALVES) | LIE(EACH);
    struct world *world = world_new(&options);
    bool is_good = go_on(world, 120) && has_seen(world, SEEN_TWO_BLOCKS);
    return end(world, is_good);
}

static bool test_a_leader_with_two_machines_does_no_harm(void)
{
    struct world_options options = calm(2);

    options.traitors = 1;
    options.has_twins = true;
    struct world *world = world_new(&options);
    return end(world, go_on(world, 120) && has_seen(world, SEEN_TWINS));
}

static bool test_headers_that_break_a_rule_are_no_blocks(void)
{
    struct world_options options = calm(3);

    options.traitors = 1;
    options.lies = LIE(HEADER) | LIE(STATE);
    struct world *world = world_new(&options);
    return end(world, go_on(world, 160) && has_seen(world, SEEN_INVALID_BLOCK));
}

static bool test_half_a_block_is_had_from_others_or_given_up(void)
{
    struct world_options options = calm(4);

    options.traitors = 1;
    options.lies = LIE(WITHHOLD) | LIE(BODY);
    options.client_us = 10 * MS;
    struct world *world = world_new(&options);
    return end(world, go_on(world, 160) && has_seen(world, SEEN_FETCHED));
}

/* What is no valid block is none after a restart, either: the same function
 * looks at it. */
static bool test_junk_in_the_logs_is_junk_after_a_restart(void)
{
    struct world_options options = calm(5);

    options.traitors = 1;
    options.lies = LIE(JUNK);
    struct world *world = world_new(&options);
    bool is_good = true;
    for (int i = 0; i < 4 && is_good; i++) {
        is_good = go_on(world, 20);
        for (size_t k = 0; k < N; k++)
            world_crash(world, k, 100 * MS);
    }
    is_good = is_good && go_on(world, 20);
    return end(world, is_good && has_seen(world, SEEN_INVALID_BLOCK) &&
                          has_seen(world, SEEN_RESTORED));
}

static bool test_a_key_without_its_votes_does_not_vote_twice(void)
{
    struct world_options options = calm(6);
    struct world *world = world_new(&options);
    bool is_good = go_on(world, 20);

    for (int i = 0; i < 3 && is_good; i++) {
        world_forget(world, N - 1, 50 * MS);
        is_good = go_on(world, 40);
    }
    return end(world, is_good && has_seen(world, SEEN_FORGOT));
}

static bool test_no_final_transaction_is_lost_when_the_power_goes(void)
{
    struct world_options options = calm(7);

    options.disk_us = 20 * MS;
    options.client_us = 5 * MS;
    struct world *world = world_new(&options);
    bool is_good = true;
    for (int i = 0; i < 6 && is_good; i++) {
        is_good = go_on(world, 12);
        for (size_t k = 0; k < N; k++)
            world_crash(world, k, 20 * MS * (k + 1));
    }
    is_good = is_good && go_on(world, 20);
    return end(world, is_good && world_transfers_final(world) > 100);
}

/* Half come to another state: better a halt than two chains. */
static bool test_nothing_is_final_when_half_have_another_state(void)
{
    struct world_options options = calm(8);

    options.odd = N / 2;
    struct world *world = world_new(&options);
    world_run(world, UINT64_MAX, 6000 * MS);
    bool is_good = true;
    for (size_t i = 0; i < N; i++)
        is_good &= !world_final_slot(world, i);
    return end(world, is_good);
}

static bool test_one_with_another_state_stops_alone(void)
{
    struct world_options options = calm(9);

    options.odd = 1;
    struct world *world = world_new(&options);
    world_run(world, UINT64_MAX, 6000 * MS);
    return end(world, world_final_slot(world, N - 1) > 60 &&
                          world_result(world)->halted == 1);
}

/* It hears a traitor alone, and then everybody again. */
static bool test_who_hears_a_traitor_alone_believes_nothing_false(void)
{
    struct world_options options = calm(10);

    options.traitors = 1;
    options.lies =
        LIE(HALVES) | LIE(VOTES) | LIE(STATUS) | LIE(FRAMES) | LIE(ANSWERS);
    struct world *world = world_new(&options);
    bool is_good = go_on(world, 20);
    for (size_t i = 1; i < N - 1; i++)
        world_cut(world, N - 1, i, false);
    uint64_t final = world_final_slot(world, N - 1);
    world_run(world, UINT64_MAX, world_now_us(world) + 3000 * MS);
    is_good = is_good && world_final_slot(world, N - 1) < final + 8;
    for (size_t i = 1; i < N - 1; i++)
        world_mend(world, N - 1, i);
    return end(world, is_good && go_on(world, 40));
}

static bool test_a_transaction_lands_with_the_next_honest_leader(void)
{
    struct world_options options = calm(11);

    options.traitors = 1;
    options.lies = LIE(CENSOR);
    options.client_us = 0;
    struct world *world = world_new(&options);
    bool is_good = go_on(world, 8);
    for (int i = 0; i < 12 && is_good; i++) {
        uint64_t before = world_transfers_final(world);
        uint64_t window = world_highest(world) / 4;
        is_good = world_transfer(world, 1 + (size_t)i % (N - 1));
        while (world_leader(world, window) < options.traitors)
            window++;
        /* Its slots, and those until they are final. */
        is_good &= world_run(world, window * 4 + 4 + 8,
                             world_now_us(world) + 60000 * MS);
        is_good &= world_transfers_final(world) == before + 1;
    }
    return end(world, is_good);
}

static bool test_who_hears_and_is_not_heard_catches_up(void)
{
    struct world_options options = calm(12);
    struct world *world = world_new(&options);
    bool is_good = go_on(world, 12);

    for (size_t i = 0; i < N - 1; i++)
        world_cut(world, N - 1, i, true);
    world_run(world, UINT64_MAX, world_now_us(world) + 3000 * MS);
    is_good = is_good && world_final_slot(world, 0) > 24;
    for (size_t i = 0; i < N - 1; i++)
        world_mend(world, N - 1, i);
    return end(world, is_good && go_on(world, 40));
}

/* With these pairs cut, or one direction of them, all go on. */
static bool goes_on_with(uint64_t seed, const size_t (*cuts)[2], size_t count,
                         bool is_one_way)
{
    struct world_options options = calm(seed);
    struct world *world = world_new(&options);
    bool is_good = go_on(world, 8);

    for (size_t i = 0; i < count; i++)
        world_cut(world, cuts[i][0], cuts[i][1], is_one_way);
    is_good = is_good && go_on(world, 20);
    for (size_t i = 0; i < count; i++)
        world_mend(world, cuts[i][0], cuts[i][1]);
    return end(world, is_good && go_on(world, 20));
}

static bool test_a_star_a_chain_and_a_ring_go_on(void)
{
    static const size_t star[][2] = {{1, 2}, {1, 3}, {2, 3}};
    static const size_t chain[][2] = {{0, 2}, {0, 3}, {1, 3}};
    static const size_t ring[][2] = {{0, 2}, {1, 3}};

    return goes_on_with(21, star, 3, false) &&
           goes_on_with(22, chain, 3, false) &&
           goes_on_with(23, ring, 2, false);
}

static bool test_a_ring_of_one_way_cuts_goes_on(void)
{
    static const size_t ring[][2] = {{0, 1}, {1, 2}, {2, 3}, {3, 0}};

    return goes_on_with(24, ring, 4, true);
}

static bool test_a_full_disk_ends_a_process_and_harms_nobody(void)
{
    struct world_options options = calm(13);

    options.full_us = 500 * MS;
    options.down_us = 500 * MS;
    options.faults_us = 10000 * MS;
    struct world *world = world_new(&options);
    world_run(world, UINT64_MAX, options.faults_us);
    return end(world, go_on(world, 40) && has_seen(world, SEEN_DISK_FULL));
}

static bool test_endpoints_take_nothing_back(void)
{
    struct world_options options = calm(14);

    options.look_us = 3 * MS;
    options.client_us = 10 * MS;
    options.crash_us = 400 * MS;
    options.down_us = 200 * MS;
    options.cut_us = 400 * MS;
    options.heal_us = 600 * MS;
    options.cuts = (1u << CUT_COUNT) - 1;
    options.faults_us = 15000 * MS;
    struct world *world = world_new(&options);
    world_run(world, UINT64_MAX, options.faults_us);
    return end(world, go_on(world, 60) && world_result(world)->looks > 4000);
}

/* The two that come last lose their disks, so that no quorum knows what it
 * voted. What was final stays so when all begin anew. */
static bool begin_anew(uint64_t seed)
{
    struct world_options options = calm(seed);
    size_t last = 0, other = 1;

    options.forgetful = 2;
    options.client_us = 10 * MS;
    options.disk_us = 5 * MS;
    struct world *world = world_new(&options);
    world_run(world, UINT64_MAX, (2000 + seed * 37) * MS);
    for (size_t i = 1; i < N; i++)
        if (world_final_slot(world, i) < world_final_slot(world, last))
            last = i;
    other = last ? 0 : 1;
    for (size_t i = 0; i < N; i++)
        if (i != last &&
            world_final_slot(world, i) < world_final_slot(world, other))
            other = i;
    uint64_t before = world_highest_final(world);
    for (size_t i = 0; i < N; i++) {
        if (i == last || i == other)
            world_forget(world, i, 50 * MS);
        else
            world_crash(world, i, 50 * MS);
    }
    /* Some operators see first that it stands still. */
    bool is_good = true;
    if (seed % 2) {
        world_run(world, UINT64_MAX, world_now_us(world) + 3000 * MS);
        is_good =
            world_highest_final(world) == before && world_result(world)->stuck;
    }
    world_begin_anew(world);
    return end(world, go_on(world, 40) && is_good);
}

static bool test_nothing_final_is_lost_when_all_begin_anew(void)
{
    bool is_good = true;

    for (uint64_t seed = 20; seed < 40; seed++)
        is_good &= begin_anew(seed);
    return is_good;
}

/* The blocks that one missed are on the disks of the others alone, and one of
 * these can't be read. */
static bool test_what_a_disk_can_not_read_is_had_from_others(void)
{
    struct world_options options = calm(40);
    struct world *world = world_new(&options);
    bool is_good = go_on(world, 20);

    for (size_t i = 1; i < N; i++)
        world_cut(world, 0, i, false);
    world_run(world, UINT64_MAX, world_now_us(world) + 4000 * MS);
    for (size_t i = 1; i < N; i++)
        world_crash(world, i, 20 * MS);
    world_run(world, UINT64_MAX, world_now_us(world) + 1000 * MS);
    for (int i = 0; i < 200; i++)
        world_spoil(world, 3);
    for (size_t i = 1; i < N; i++)
        world_mend(world, 0, i);
    is_good &= go_on(world, 20) && has_seen(world, SEEN_LOADED) &&
               has_seen(world, SEEN_UNREADABLE);
    world_crash(world, 3, 20 * MS);
    is_good &= go_on(world, 40) && has_seen(world, SEEN_LOG_DAMAGED);
    return end(world, is_good);
}

static bool test_what_a_validator_holds_does_not_grow(void)
{
    struct world_options options = calm(41);
    struct world *world = world_new(&options);
    bool is_good = true;

    for (int i = 0; i < 26 && is_good; i++)
        is_good = go_on(world, 100);
    return end(world, is_good);
}

int main(void)
{
    const struct sim_case cases[] = {
        SIM_CASE(test_of_two_blocks_of_a_slot_all_keep_the_same),
        SIM_CASE(test_a_leader_with_two_machines_does_no_harm),
        SIM_CASE(test_headers_that_break_a_rule_are_no_blocks),
        SIM_CASE(test_half_a_block_is_had_from_others_or_given_up),
        SIM_CASE(test_junk_in_the_logs_is_junk_after_a_restart),
        SIM_CASE(test_a_key_without_its_votes_does_not_vote_twice),
        SIM_CASE(test_no_final_transaction_is_lost_when_the_power_goes),
        SIM_CASE(test_nothing_is_final_when_half_have_another_state),
        SIM_CASE(test_one_with_another_state_stops_alone),
        SIM_CASE(test_who_hears_a_traitor_alone_believes_nothing_false),
        SIM_CASE(test_a_transaction_lands_with_the_next_honest_leader),
        SIM_CASE(test_who_hears_and_is_not_heard_catches_up),
        SIM_CASE(test_a_star_a_chain_and_a_ring_go_on),
        SIM_CASE(test_a_ring_of_one_way_cuts_goes_on),
        SIM_CASE(test_a_full_disk_ends_a_process_and_harms_nobody),
        SIM_CASE(test_endpoints_take_nothing_back),
        SIM_CASE(test_nothing_final_is_lost_when_all_begin_anew),
        SIM_CASE(test_what_a_disk_can_not_read_is_had_from_others),
        SIM_CASE(test_what_a_validator_holds_does_not_grow),
    };

    log_configure("quiet");
    return sim_cases(cases, sizeof(cases) / sizeof(*cases));
}
