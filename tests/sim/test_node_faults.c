/*
 * Bad days of a node that nobody kills (node_days.h): the settlement is gone,
 * late, garbled, forgetful or of two minds, peers lie, the machine sleeps, the
 * disk is full. Each is one test, for each of COUNT seeds from SEED on.
 *
 * Usage: test_node_faults [SEED [COUNT]]
 */
#include "node_days.h"

#include "base/log.h"
#include "crypto/hash.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define ROUNDS 36

static unsigned number, failed;

static void report(struct days *days, const char *name)
{
    bool is_good = !days->chain.troubles;

    printf("# executed %" PRIu64 ", refused %" PRIu64 ", forks %" PRIu64
           ", claimed %" PRIu64 " (noted %" PRIu64 "), digest %016" PRIx64 "\n",
           days->chain.executed, days->chain.refused, days->chain.forks,
           days->chain.state.claimed, days->journal_claimed,
           days->chain.digest);
    for (size_t i = 0; i < days->chain.troubles && i < CHAIN_TROUBLES_MAX; i++)
        printf("# %s\n", days->chain.trouble[i]);
    printf("%s %u - %s\n", is_good ? "ok" : "not ok", ++number, name);
    fflush(stdout);
    failed += !is_good;
    days_close(days);
}

/* Run to the end, and look at each round before the chain forgets it. A round
 * whose window for submissions touched [from, until) need not be submitted; one
 * that was submitted must be paid, once. */
static void run(struct days *days, uint64_t from, uint64_t until)
{
    struct chain *chain = &days->chain;
    uint64_t reward = 0, looked = 0, at = 0;
    bool is_whole = true;

    while (at < ROUNDS + days->jump_ms / CHAIN_SLOT_MS / chain->times.round) {
        at += 4;
        days_run(days, at, NULL);
        if (at < chain_round_of(chain))
            at = chain_round_of(chain);
        /* Slept over: the chain has forgotten what was paid in them. */
        if (looked + CHAIN_ROUNDS_KEPT < at) {
            looked = at - CHAIN_ROUNDS_KEPT;
            is_whole = false;
        }
        for (; looked + 8 <= at; looked++) {
            const struct chain_round *round = chain_find_round(chain, looked);
            uint64_t first =
                CHAIN_STARTING_SLOT + (looked + 1) * chain->times.round;
            bool is_excused =
                first < until && first + chain->times.submission > from;

            if (!round || !round->submissions[0].is_there) {
                if (!is_excused)
                    chain_trouble(chain, "round %" PRIu64 " was not submitted",
                                  looked);
                continue;
            }
            /* The window for its last list has passed before anybody came. */
            if (!round->is_paid && first + chain->times.round < until &&
                first + chain->times.submission / 2 +
                        (CHAIN_FAILED_ALLOWED + 1) * chain->times.round <
                    until)
                continue;
            if (!round->is_paid || !round->paid[0])
                chain_trouble(chain, "round %" PRIu64 " was not paid", looked);
            reward += round->paid[0];
        }
    }
    for (; looked < at; looked++)
        if (chain_find_round(chain, looked))
            reward += chain_find_round(chain, looked)->paid[0];
    if (is_whole && reward != chain->state.claimed + chain->state.available[0])
        chain_trouble(chain, "%" PRIu64 " of %" PRIu64 " are there",
                      chain->state.claimed + chain->state.available[0], reward);
    if (days->journal_claimed > chain->state.claimed)
        chain_trouble(chain, "the journal has claims of %" PRIu64,
                      days->journal_claimed);
}

static uint64_t slot_of(uint64_t round)
{
    return CHAIN_STARTING_SLOT + round * chain_short.round;
}

/* Some three rounds, from the middle of a submission window on: what was sent
 * may have arrived, and the answer is lost. */
static void test_settlement_is_gone(uint64_t seed, uint64_t slots,
                                    const char *name)
{
    struct days *days = days_open(seed);

    days->chain.has_helpers = true;
    days->deaf_from = slot_of(8) + 6;
    days->deaf_until = days->deaf_from + slots;
    run(days, days->deaf_from, days->deaf_until);
    report(days, name);
}

static void test_answers_are_late(uint64_t seed)
{
    struct days *days = days_open(seed);

    days->chain.has_helpers = true;
    days->late_ms = 2000;
    run(days, 0, 0);
    report(days, "answers that are five slots late");
}

static void test_answers_are_garbage(uint64_t seed)
{
    struct days *days = days_open(seed);

    days->chain.has_helpers = true;
    days->garbled_from = slot_of(8);
    days->garbled_until = slot_of(11);
    run(days, days->garbled_from, days->garbled_until);
    report(days, "answers that are garbage, two of three");
}

/* Every third of those that are sent, and so of the copies that follow every
 * two seconds: in windows of a minute, as networks have them, one gets through.
 */
static void test_transactions_are_lost(uint64_t seed)
{
    struct days *days = days_open(seed);

    days->chain.times = chain_usual;
    days->chain.has_helpers = true;
    days->chain.lost_of = 3;
    days->chain.late_max = 4;
    run(days, 0, 0);
    report(days, "transactions of which every third is lost");
}

/* Every twelfth slot, on average, and what had been sent goes with them: only
 * its sender brings it again, as above. */
static void test_blocks_are_taken_back(uint64_t seed)
{
    struct days *days = days_open(seed);

    days->chain.times = chain_usual;
    days->chain.has_helpers = true;
    days->chain.has_forks = true;
    run(days, 0, 0);
    if (!days->chain.forks)
        chain_trouble(&days->chain, "no block was taken back");
    report(days, "blocks that are taken back, with what was confirmed");
}

/* Nobody else lists, and in two of each six rounds no list gets through: what
 * is behind then must be listed before it is given up, and beside what comes
 * on.
 */
static void test_lists_are_late(uint64_t seed)
{
    struct days *days = days_open(seed);

    days->chain.times = chain_usual;
    days->chain.lists_lost_every = 6;
    run(days, 0, 0);
    report(days, "a node that lists alone, and is behind again and again");
}

/* A peer that submits and lists what is wrong is accused of both, each round,
 * and is paid nothing. */
static void test_peers_lie(uint64_t seed)
{
    struct days *days = days_open(seed);
    struct chain *chain = &days->chain;
    size_t liar = CHAIN_KEYS - 1;

    chain->has_liars = true;
    run(days, 0, 0);
    for (uint64_t at = ROUNDS - 10; at + 3 <= ROUNDS; at++) {
        const struct chain_round *round = chain_find_round(chain, at);

        if (!round->submissions[liar].votes[0].is_cast)
            chain_trouble(chain, "round %" PRIu64 ": not accused", at);
        if (round->lists[liar].is_there && !round->lists[liar].votes[0].is_cast)
            chain_trouble(chain, "round %" PRIu64 ": list not accused", at);
        for (size_t i = 1; i < liar; i++)
            if (round->submissions[i].is_raised || round->lists[i].is_raised)
                chain_trouble(chain, "round %" PRIu64 ": %zu accused", at, i);
        if (round->paid[liar] || round->paid[0] != CHAIN_BOUNTY / (liar))
            chain_trouble(chain, "round %" PRIu64 ": wrongly paid", at);
    }
    report(days, "a peer with wrong evidence and wrong lists");
}

/* Clocks jump, and slots are missed. */
static void test_machine_sleeps(uint64_t seed, uint64_t ms, const char *name)
{
    struct days *days = days_open(seed);

    days->chain.has_helpers = true;
    days->jump_at_slot = slot_of(9) + 5;
    days->jump_ms = ms;
    run(days, days->jump_at_slot, days->jump_at_slot + ms / CHAIN_SLOT_MS);
    report(days, name);
}

static void test_disk_is_full(uint64_t seed)
{
    struct days *days = days_open(seed);

    days->chain.has_helpers = true;
    days->full_from = slot_of(8) + 4;
    days->full_until = days->full_from + 120;
    run(days, days->full_from, days->full_until);
    report(days, "a disk that is full for two rounds");
}

/* As many as there are calls here: the plan. */
#define TESTS 11

static void run_all(uint64_t seed)
{
    printf("# seed %" PRIu64 "\n", seed);
    test_settlement_is_gone(seed, 180, "a settlement that is gone for 72 s");
    test_settlement_is_gone(seed, 270,
                            "one that is gone for longer than anything waits");
    test_answers_are_late(seed);
    test_answers_are_garbage(seed);
    test_transactions_are_lost(seed);
    test_blocks_are_taken_back(seed);
    test_lists_are_late(seed);
    test_peers_lie(seed);
    test_machine_sleeps(seed, 40000, "a machine that sleeps for 40 s");
    test_machine_sleeps(seed, 3600000, "a machine that sleeps for an hour");
    test_disk_is_full(seed);
}

int main(int argc, char **argv)
{
    uint64_t first = argc > 1 ? strtoull(argv[1], NULL, 10) : 1;
    uint64_t count = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;

    crypto_init();
    log_configure(getenv("POND_LOG") ? getenv("POND_LOG") : "quiet");
    printf("1..%" PRIu64 "\n", TESTS * count);
    for (uint64_t seed = first; seed < first + count; seed++)
        run_all(seed);
    return failed != 0;
}
