/*
 * How validators agree: in the simulated world of tests/sim/consensus_world.h,
 * where time is simulated and so exact, and by the machine alone, whose
 * processor time and memory are real.
 *
 *  - how long a block takes to be final: in delays of a message, and over the
 *    distances between regions of the Internet;
 *  - how long a network takes to go on when a partition ends;
 *  - what a vote costs from its bytes to being counted, as a ratio to the check
 *    of its signature, which is the floor; also where a third of the validators
 *    votes for what does not exist, each for another thing;
 *  - the machine's memory with 200 validators;
 *  - how fast the simulation is.
 */
#include "base/check.h"
#include "base/memory.h"
#include "consensus_world.h"
#include "crypto/signature_check.h"
#include "measure.h"
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MS UINT64_C(1000)
#define NS_PER_MS UINT64_C(1000000)
#define BEGIN_US (1000 * MS)
#define MANY 200
#define MOST 400

/* ---- simulated time ---- */

static struct world *must_reach(const struct world_options *options,
                                uint64_t slot)
{
    struct world *world = world_new(options);
    bool is_reached = world_run(world, slot, UINT64_MAX);

    if (!is_reached || *world_result(world)->violation) {
        fprintf(stderr, "the simulated network: %s\n",
                world_result(world)->violation);
        exit(1);
    }
    return world;
}

/* Half of all pairs of a block and a validator take less. */
static double median_finality_us(struct world *world)
{
    uint64_t *sorted_us;
    size_t count = world_finality(world, &sorted_us);

    CHECK(count);
    return (double)sorted_us[count / 2];
}

static void measure_delays(void)
{
    const struct world_options options = {.seed = 1,
                                          .validators = MANY,
                                          .delta_us = 50 * MS,
                                          .slot_us = 100 * MS,
                                          .delay_min_us = 10 * MS,
                                          .delay_max_us = 10 * MS};
    struct world *world = must_reach(&options, 20);

    measure_at_most("final, 200 validators, sent directly",
                    median_finality_us(world) / (double)(10 * MS), "delays",
                    3.05);
    world_free(world);
}

static void measure_map(void)
{
    const struct world_options options = {.seed = 1,
                                          .validators = 50,
                                          .is_map = true,
                                          .delta_us = 250 * MS,
                                          .slot_us = 400 * MS,
                                          .execute_us = 1 * MS,
                                          .disk_us = 2 * MS};
    struct world *world = must_reach(&options, 200);

    measure_at_most("final, 50 validators in 10 regions, median, simulated",
                    median_finality_us(world) / (double)MS, "ms", 300);
    world_free(world);
}

/* Cut in two halves for three seconds, then whole again. */
static uint64_t healed_us(uint64_t seed, uint64_t delta_us, uint64_t slot_us)
{
    const struct world_options options = {.seed = seed,
                                          .validators = 4,
                                          .delta_us = delta_us,
                                          .slot_us = slot_us,
                                          .delay_min_us = 2 * MS,
                                          .delay_max_us = delta_us / 4,
                                          .execute_us = 1 * MS,
                                          .disk_us = 2 * MS};
    struct world *world = must_reach(&options, 20);

    for (size_t i = 0; i < 4; i++)
        world_cut(world, i % 2, 2 + i / 2, false);
    world_run(world, UINT64_MAX,
              world_now_us(world) + 3000 * MS + seed * 7 * MS);
    uint64_t final = world_final_slot(world, 0);
    for (size_t i = 0; i < 4; i++) {
        if (world_final_slot(world, i) > final)
            final = world_final_slot(world, i);
        world_mend(world, i % 2, 2 + i / 2);
    }
    uint64_t mended_us = world_now_us(world);
    CHECK(world_run(world, final + 1, mended_us + 60000 * MS));
    CHECK(!*world_result(world)->violation);
    uint64_t took_us = world_now_us(world) - mended_us;
    world_free(world);
    return took_us;
}

static void measure_heal(void)
{
    const uint64_t delta_us = 50 * MS, slot_us = 20 * MS;
    uint64_t most_us = 0;

    for (uint64_t seed = 1; seed <= 50; seed++) {
        uint64_t took_us = healed_us(seed, delta_us, slot_us);
        if (took_us > most_us)
            most_us = took_us;
    }
    measure_at_most("final after a partition of halves, slowest of 50",
                    (double)most_us / MS, "ms",
                    (double)(4 * delta_us + WINDOW_SLOTS * slot_us) / MS);
}

/* ---- the machine alone ---- */

/* Votes of all validators, as they are sent, with signatures that hold. */
struct votes {
    struct validator_set *set;
    size_t validators;
    bool has_liars; /* nearly a third of them */
    struct keypair keys[MOST];
    struct vote_tag tag;
    struct buffer bytes;
    size_t count;
};

static struct hash block_hash(uint64_t slot)
{
    struct hash hash = {0};

    u64le_write(hash.bytes, slot);
    hash.bytes[31] = 1;
    return hash;
}

static void make_set(struct votes *votes)
{
    struct validator validators[MOST] = {0};
    struct hash seed = {0};

    for (size_t i = 0; i < votes->validators; i++) {
        keypair_generate(&votes->keys[i]);
        validators[i].identity = votes->keys[i].pubkey;
        validators[i].voter = votes->keys[i].pubkey;
        validators[i].stake = 1000;
    }
    must(
        validator_set_new(validators, votes->validators, 0, &seed, &votes->set),
        "set");
    votes->tag = vote_tag_of(&seed);
}

static void add_vote(struct votes *votes, uint16_t validator,
                     enum vote_kind kind, uint64_t slot)
{
    const struct hash block = block_hash(slot), state = block_hash(slot + 1);
    struct vote vote = {.kind = kind, .validator = validator, .slot = slot};
    uint8_t message[VOTE_MESSAGE_SIZE_MAX];

    vote.value = kind == VOTE_NOTARIZE ? block : vote_outcome(&block, &state);
    /* The others are a quorum without this machine, which does not vote. */
    if (votes->has_liars && validator % 3 == 1 && validator > 4)
        u64le_write(vote.value.bytes + 16, UINT64_C(1) << 63 | validator);
    size_t size = vote_message(&votes->tag, 0, &vote, message);
    key_sign(&votes->keys[validator], bytes_make(message, size),
             &vote.signature);
    vote_encode(&vote, &votes->bytes);
    votes->count++;
}

static struct consensus *new_machine(const struct votes *votes)
{
    const struct consensus_options options = {.set = votes->set,
                                              .self = 0,
                                              .root_time_ns = 1,
                                              .delta_ns = 250 * NS_PER_MS,
                                              .slot_ns = 400 * NS_PER_MS};

    return consensus_new(&options, 1);
}

static void check_votes(const struct votes *votes,
                        const struct consensus_output *output, bool *is_good)
{
    static uint8_t messages[MOST][VOTE_MESSAGE_SIZE_MAX];
    struct signature_check checks[MOST];

    for (size_t i = 0; i < output->count; i++) {
        const struct vote *vote = &output->votes[i];
        size_t size = vote_message(&votes->tag, 0, vote, messages[i]);
        checks[i] = (struct signature_check){
            .pubkey = &validator_set_at(votes->set, vote->validator)->voter,
            .signature = &vote->signature,
            .message = bytes_make(messages[i], size)};
    }
    signature_check_all(checks, output->count, is_good);
}

/* Do what the machine wants done. Returns how many signatures were checked;
 * without votes, each holds. */
static size_t drive(struct consensus *consensus, uint64_t now_ns,
                    const struct votes *votes)
{
    struct consensus_output output;
    bool is_good[MOST];
    size_t checked = 0;

    while (consensus_next(consensus, &output)) {
        if (output.act == CONSENSUS_PERSIST)
            consensus_persisted(consensus, output.sequence);
        else if (output.act == CONSENSUS_KEEP)
            certificate_free(&output.certificate);
        else if (output.act == CONSENSUS_SIGN)
            consensus_vote(consensus, now_ns, 0, &output.vote);
        if (output.act != CONSENSUS_VERIFY)
            continue;
        memset(is_good, true, sizeof(is_good));
        if (votes)
            check_votes(votes, &output, is_good);
        consensus_verified(consensus, now_ns, output.request, is_good);
        checked += output.count;
    }
    return checked;
}

static void tell_block(struct consensus *consensus, uint64_t now_ns,
                       uint64_t slot)
{
    const struct hash state = block_hash(slot + 1);
    const struct consensus_block block = {
        .slot = slot,
        .hash = block_hash(slot),
        .parent_slot = slot - 1,
        .parent = slot > 1 ? block_hash(slot - 1) : (struct hash){{0}},
        .time_ns = now_ns};

    consensus_block(consensus, now_ns, &block, CONSENSUS_EXECUTED, &state);
}

#define COSTED_SLOTS 40

static void make_votes(struct votes *votes)
{
    make_set(votes);
    for (uint64_t slot = 1; slot <= COSTED_SLOTS; slot++)
        for (int kind = VOTE_NOTARIZE; kind <= VOTE_FINALIZE; kind += 2)
            for (uint16_t i = 1; i < votes->validators; i++)
                add_vote(votes, i, (enum vote_kind)kind, slot);
}

/* From bytes to the tally, what the machine does besides with them included.
 * Returns processor time; checked: signatures. */
static double take_votes_ns(const struct votes *votes, size_t *checked)
{
    struct reader reader =
        reader_make(bytes_make(votes->bytes.data, votes->bytes.size));
    struct consensus *consensus = new_machine(votes);
    struct consensus_status status;
    uint64_t told = 0, spent_ns = 0;

    *checked = 0;
    drive(consensus, 1, votes);
    for (size_t i = 0; i < votes->count; i++) {
        struct vote vote;
        uint64_t start_ns = measure_thread_ns();
        must(vote_decode(&reader, &vote), "vote");
        while (told < vote.slot)
            tell_block(consensus, 1, ++told);
        consensus_vote(consensus, 1, vote.validator, &vote);
        *checked += drive(consensus, 1, votes);
        spent_ns += measure_thread_ns() - start_ns;
    }
    consensus_status(consensus, &status);
    CHECK(status.root_slot == COSTED_SLOTS);
    consensus_free(consensus);
    return (double)spent_ns;
}

/* A quorum's signatures together, as the machine has them checked. */
static double check_ns(const struct votes *votes)
{
    const size_t quorum = 2 * votes->validators / 3 + 1;
    struct reader reader =
        reader_make(bytes_make(votes->bytes.data, votes->bytes.size));
    struct vote batch[MOST];
    bool is_good[MOST];
    double runs[9];

    for (size_t i = 0; i < quorum; i++)
        must(vote_decode(&reader, &batch[i]), "vote");
    const struct consensus_output output = {.votes = batch, .count = quorum};
    for (size_t run = 0; run < 9; run++) {
        uint64_t start_ns = measure_thread_ns();
        check_votes(votes, &output, is_good);
        runs[run] = (double)(measure_thread_ns() - start_ns) / (double)quorum;
    }
    return measure_median(runs, 9);
}

static void measure_vote(const struct votes *votes, const char *who)
{
    double runs[5];
    size_t checked = 0;
    char name[128];

    for (size_t run = 0; run < 5; run++)
        runs[run] = take_votes_ns(votes, &checked);
    double spent_ns = measure_median(runs, 5);
    snprintf(name, sizeof(name), "a vote from its bytes to the tally, %s", who);
    measure_plain(name, spent_ns / (double)votes->count / 1000, "us");
    snprintf(name, sizeof(name), "a ratio to the checks of signatures, %s",
             who);
    measure_at_most(name, spent_ns / ((double)checked * check_ns(votes)),
                    "times", 1.5);
}

static void measure_votes(size_t validators, bool has_liars, const char *who)
{
    struct votes *votes = mem_zero(1, sizeof(*votes));

    votes->validators = validators;
    votes->has_liars = has_liars;
    make_votes(votes);
    measure_vote(votes, who);
    validator_set_free(votes->set);
    buffer_free(&votes->bytes);
    free(votes);
}

/* ---- memory ---- */

/* Votes of all three kinds for each slot of windows that are given up, one
 * after the other, so that none becomes final. */
static void give_up_windows(struct consensus *consensus, uint64_t windows)
{
    for (uint64_t slot = 1; slot < windows * WINDOW_SLOTS; slot++)
        for (uint16_t i = 1; i < MANY; i++)
            for (int kind = VOTE_NOTARIZE; kind <= VOTE_FINALIZE; kind++) {
                /* Nobody notarizes or finalizes what another does. */
                struct vote vote = {
                    .kind = (enum vote_kind)kind, .validator = i, .slot = slot};
                if (kind != VOTE_NULLIFY)
                    u64le_write(vote.value.bytes, i);
                consensus_vote(consensus, 1, i, &vote);
                drive(consensus, 1, NULL);
            }
}

static void measure_memory(const struct votes *votes)
{
    size_t before = mallinfo2().uordblks;
    struct consensus *consensus = new_machine(votes);

    drive(consensus, 1, NULL);
    give_up_windows(consensus, CONSENSUS_WINDOWS_BACK);
    double used = (double)(mallinfo2().uordblks - before) / 1e6;
    measure_at_most("consensus, 200 validators, 32 windows without a final "
                    "block, each with all votes there can be",
                    used, "MB", 12);
    consensus_free(consensus);
}

/* ---- the simulation ---- */

static void measure_simulator(const char *name, size_t validators,
                              uint64_t slots, double aim)
{
    const struct world_options options = {.seed = 1,
                                          .validators = validators,
                                          .delta_us = 50 * MS,
                                          .slot_us = 20 * MS,
                                          .delay_min_us = 1 * MS,
                                          .delay_max_us = 10 * MS,
                                          .execute_us = 1 * MS,
                                          .disk_us = 2 * MS};
    uint64_t start_ns = measure_thread_ns();
    struct world *world = must_reach(&options, slots);
    double seconds = (double)(measure_thread_ns() - start_ns) / 1e9;

    measure_at_least(name, (double)slots / seconds, "slots/s", aim);
    world_free(world);
}

int main(void)
{
    static struct votes votes = {.validators = MANY};

    crypto_init();
    measure_delays();
    measure_map();
    measure_heal();
    measure_votes(MANY, false, "200 validators");
    measure_votes(MANY, true, "200, a third of them against it");
    measure_votes(MOST, false, "400 validators");
    measure_votes(MOST, true, "400, a third of them against it");
    make_set(&votes);
    measure_memory(&votes);
    measure_simulator("simulation of 4 validators", 4, 20000, 20000);
    measure_simulator("simulation of 200 validators", MANY, 20, 10);
    validator_set_free(votes.set);
    return 0;
}
