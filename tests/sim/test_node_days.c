/*
 * kill -9 of node, worker and signer at every step of a round, over simulated
 * rounds (node_days.h).
 *
 * Usage: test_node_days [--rounds COUNT] [--seed SEED]
 */
#include "node_days.h"

#include "base/check.h"
#include "base/log.h"
#include "crypto/hash.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* Quiet rounds at the end, in which what is under way comes to its end. */
#define QUIET_ROUNDS 6
/* So often it is looked at what was done; the chain keeps rounds for longer. */
#define ROUNDS_A_LOOK 4

/* Who is alone has the lists of two of each so many rounds lost. */
#define LISTS_LOST_EVERY 6
#define LISTS_LOST 2

/* The next round's kill of the node is a step later than this one's, so that
 * each step has its turn; worker and signer die where chance has it, and every
 * fourth node once more soon after its start. A node that is killed each round
 * forgets how often its worker ended, so that the pauses before a new one stay
 * short against the windows. */
static void plan(struct days *days)
{
    uint64_t steps = days->steps_quiet;
    uint64_t at = 1 + days->round % steps;

    days->strikes[0] = (struct days_strike){.step = at, .victim = DAYS_NODE};
    days->strikes[1] = (struct days_strike){
        .step = 1 + random_below(&days->random, steps), .victim = DAYS_WORKER};
    days->strikes[2] = (struct days_strike){
        .step = 1 + random_below(&days->random, steps), .victim = DAYS_SIGNER};
    if (random_below(&days->random, 4) == 0)
        days->strikes[3] = (struct days_strike){
            .step = at + 1 + random_below(&days->random, 40),
            .victim = DAYS_NODE};
}

/* A node whose task was running in so many slots of the window could have
 * submitted: it begins in the first quarter, and what failed once is tried
 * again. */
static uint64_t ready_slots(const struct days *days)
{
    return days->chain.times.submission / 2;
}

/* How many rounds have been paid, if they ever are. Round n is proved in n + 1,
 * listed in n + 2 or, where that gets lost, in the next that is better, and
 * paid after that list's windows, in the round after at the latest. Where the
 * node is killed it has as long as the chain gives it. */
static uint64_t count_over(const struct days *days, bool is_quiet)
{
    uint64_t now = chain_round_of(&days->chain), late = 3;

    if (!is_quiet)
        late += CHAIN_FAILED_ALLOWED;
    else if (days->chain.lists_lost_every)
        late += LISTS_LOST;
    return now > late ? now - late : 0;
}

/* Each round whose windows have passed is looked at before the chain forgets
 * it. */
static void check_round(struct days *days, uint64_t number, uint64_t *reward)
{
    const struct chain_round *round = chain_find_round(&days->chain, number);

    if (!round || !round->submissions[0].is_there) {
        uint64_t ready = days->ready_slots[(number + 1) % CHAIN_ROUNDS_KEPT];

        if (ready >= ready_slots(days))
            chain_trouble(&days->chain,
                          "round %" PRIu64 " was not submitted in %" PRIu64
                          " slots",
                          number, ready);
        days->missed++;
        return;
    }
    if (!round->is_paid)
        chain_trouble(&days->chain, "round %" PRIu64 " was not paid", number);
    else if (!round->paid[0])
        chain_trouble(&days->chain, "round %" PRIu64 " paid others only",
                      number);
    *reward += round->paid[0];
}

/* The account book says what the chain did, to the roe. settled: of the rewards
 * of rounds that are over; of the newest ones, and of what was under way at the
 * end, it may have been or not. */
static void check_book(struct days *days, uint64_t settled, uint64_t reward)
{
    const struct chain_state *state = &days->chain.state;
    const uint64_t *book = days->book;
    const struct {
        const char *name;
        uint64_t is, least, most;
    } sums[] = {
        {"rewards", book[JOURNAL_REWARD], settled, reward},
        {"claims", book[JOURNAL_CLAIMED], state->claimed - days->open_claims,
         state->claimed},
        {"stakes", book[JOURNAL_STAKED], state->staked - days->open_stakes,
         state->staked},
        {"fees", book[JOURNAL_FEE], state->fees - days->open_fees, state->fees},
        {"slashes", book[JOURNAL_SLASH], 0, 0},
        {"losses", book[JOURNAL_LOSS], 0, 0},
        {"penalties", book[JOURNAL_PENALTY], 0, 0},
    };

    for (size_t i = 0; i < sizeof(sums) / sizeof(*sums); i++)
        if (sums[i].is < sums[i].least || sums[i].is > sums[i].most)
            chain_trouble(&days->chain,
                          "the book has %s of %" PRIu64 ", the chain of "
                          "%" PRIu64 " to %" PRIu64,
                          sums[i].name, sums[i].is, sums[i].least,
                          sums[i].most);
}

/* is_alone: nobody else lists, and in two of each six rounds no list gets
 * through, so that late ones are under way when the node dies. */
static bool run(uint64_t rounds, uint64_t seed, bool is_alone, uint64_t *out)
{
    struct days *days = days_open(seed);
    uint64_t reward = 0, looked = 0, settled;
    bool is_good;

    days->chain.has_helpers = !is_alone;
    days->has_stakes = true;
    if (is_alone) {
        days->chain.times = chain_usual;
        days->chain.lists_lost_every = LISTS_LOST_EVERY;
    }
    /* How many steps a round has is counted where nobody dies. */
    days_run(days, QUIET_ROUNDS, NULL);
    for (uint64_t at = QUIET_ROUNDS; at < rounds + QUIET_ROUNDS;) {
        uint64_t end = at < rounds ? rounds : rounds + QUIET_ROUNDS;

        at = at + ROUNDS_A_LOOK < end ? at + ROUNDS_A_LOOK : end;
        days_run(days, at, at <= rounds ? plan : NULL);
        for (; looked < count_over(days, at > rounds + ROUNDS_A_LOOK); looked++)
            check_round(days, looked, &reward);
    }
    settled = reward;
    for (; looked < chain_round_of(&days->chain); looked++) {
        const struct chain_round *round =
            chain_find_round(&days->chain, looked);

        reward += round ? round->paid[0] : 0;
    }
    if (reward != days->chain.state.claimed + days->chain.state.available[0])
        chain_trouble(
            &days->chain, "rewards of %" PRIu64 ", not %" PRIu64,
            days->chain.state.claimed + days->chain.state.available[0], reward);
    if (days->journal_claimed > days->chain.state.claimed)
        chain_trouble(&days->chain,
                      "the journal has claims of %" PRIu64
                      ", the chain of %" PRIu64,
                      days->journal_claimed, days->chain.state.claimed);
    check_book(days, settled, reward);
    if (days->stakes * 2 < rounds)
        chain_trouble(&days->chain, "of an order a round %" PRIu64 " staked",
                      days->stakes);
    is_good = !days->chain.troubles;
    printf("# seed %" PRIu64 ": %" PRIu64 " rounds of some %" PRIu64
           " steps, %" PRIu64 " lives; killed: node %" PRIu64
           ", worker %" PRIu64 ", signer %" PRIu64 "; %" PRIu64
           " transactions executed, %" PRIu64 " refused; %" PRIu64
           " submissions that could not be made; claimed %" PRIu64
           " (noted %" PRIu64 "); digest %016" PRIx64 "\n",
           seed, chain_round_of(&days->chain), days->steps_quiet, days->lives,
           days->kills[DAYS_NODE], days->kills[DAYS_WORKER],
           days->kills[DAYS_SIGNER], days->chain.executed, days->chain.refused,
           days->missed, days->chain.state.claimed, days->journal_claimed,
           days->chain.digest);
    for (size_t i = 0; i < days->chain.troubles && i < CHAIN_TROUBLES_MAX; i++)
        printf("# %s\n", days->chain.trouble[i]);
    *out = days->chain.digest;
    days_close(days);
    return is_good;
}

int main(int argc, char **argv)
{
    uint64_t rounds = 100, seed = 1, digest = 0, again = 0;

    for (int i = 1; i + 1 < argc; i += 2) {
        if (!strcmp(argv[i], "--rounds"))
            rounds = strtoull(argv[i + 1], NULL, 10);
        else if (!strcmp(argv[i], "--seed"))
            seed = strtoull(argv[i + 1], NULL, 10);
    }
    crypto_init();
    log_configure(getenv("POND_LOG") ? getenv("POND_LOG") : "quiet");
    printf("1..3\n");
    bool is_good = run(rounds, seed, false, &digest);
    printf("%s 1 - %" PRIu64 " rounds, node, worker and signer killed in each "
           "(seed %" PRIu64 ")\n",
           is_good ? "ok" : "not ok", rounds, seed);
    fflush(stdout);
    uint64_t twice = rounds < 30 ? rounds : 30;
    bool is_first = run(twice, seed + 1, false, &digest);
    bool is_second = run(twice, seed + 1, false, &again);
    bool is_alike = is_first && is_second && digest == again;
    printf("%s 2 - two runs of one seed are alike\n",
           is_alike ? "ok" : "not ok");
    fflush(stdout);
    bool is_paid = run(rounds < 100 ? rounds : 100, seed, true, &digest);
    printf("%s 3 - a node that lists alone, killed in each round\n",
           is_paid ? "ok" : "not ok");
    return !is_good || !is_alike || !is_paid;
}
