/*
 * Replicas that agree, fall behind, begin again, and meet peers that lie.
 */
#include "replica_world.h"

#include "base/error.h"
#include "settlement/cluster/cluster_verdict.h"
#include "test.h"

#define ALL 4

static struct replica_world *
begin_with(const struct replica_world_options *options)
{
    struct replica_world *world = replica_world_new(options);

    for (size_t i = 0; i < options->count; i++)
        replica_world_start(world, i);
    return world;
}

/* ---- agreeing ---- */

static void test_four_agree_on_every_slot(void **state)
{
    (void)state;
    const struct replica_world_options options = {.count = ALL, .seed = 1};
    struct replica_world *world = begin_with(&options);
    replica_world_until_final(world, 80, 10000);
    assert_int_equal(replica_world_blocks(world, 80), 80);
    for (size_t i = 0; i < ALL; i++) {
        struct replica_counters counters = replica_world_counters(world, i);
        const struct replica_counters none = {0};
        assert_memory_equal(&counters, &none, sizeof(none));
        assert_int_equal(replica_world_acts(world, i, REPLICA_CUT), 0);
        /* Each vote of each is told, once; of the newest block's some come. */
        assert_in_range(replica_world_acts(world, i, REPLICA_VOTED),
                        78 * 2 * ALL,
                        (replica_world_final(world, i) + 4) * 2 * ALL);
        struct replica_health health = replica_world_health(world, i);
        assert_true(health.has_quorum);
        assert_int_equal(health.fetching, 0);
        assert_true(health.behind_slots < 16);
    }
    replica_world_free(world);
}

static void test_the_chain_goes_on_past_the_ends_of_epochs(void **state)
{
    (void)state;
    const struct replica_world_options options = {
        .count = ALL, .seed = 27, .slots_per_epoch = 32};
    struct replica_world *world = begin_with(&options);
    replica_world_until_final(world, 100, 60000);
    assert_int_equal(replica_world_blocks(world, 100), 100);
    replica_world_free(world);
}

static void test_large_bodies_travel_in_pieces(void **state)
{
    (void)state;
    const struct replica_world_options options = {
        .count = ALL, .seed = 2, .body_size_max = 3 * CLUSTER_PIECE_MAX};
    struct replica_world *world = begin_with(&options);
    replica_world_until_final(world, 24, 10000);
    assert_int_equal(replica_world_blocks(world, 24), 24);
    replica_world_free(world);
}

static void test_one_validator_decides_alone(void **state)
{
    (void)state;
    const struct replica_world_options options = {.count = 1, .seed = 3};
    struct replica_world *world = begin_with(&options);
    replica_world_until_final(world, 40, 10000);
    assert_int_equal(replica_world_blocks(world, 40), 40);
    replica_world_free(world);
}

static void test_three_of_four_go_on_and_two_wait(void **state)
{
    (void)state;
    const struct replica_world_options options = {.count = ALL, .seed = 4};
    struct replica_world *world = begin_with(&options);
    replica_world_until_final(world, 8, 10000);
    replica_world_kill(world, 3);
    replica_world_until_final(world, 60, 60000);
    /* The windows of the one that is away have no blocks. */
    uint64_t led = 0;
    for (uint64_t slot = 12; slot <= 60; slot++)
        led += replica_world_leader(world, slot) != 3;
    assert_in_range(replica_world_blocks(world, 60), led, led + 12);

    replica_world_kill(world, 2);
    replica_world_run(world, 1000);
    uint64_t final = replica_world_final(world, 0);
    replica_world_run(world, 5000);
    assert_int_equal(replica_world_final(world, 0), final);
    assert_false(replica_world_health(world, 0).has_quorum);

    replica_world_start(world, 2);
    replica_world_until_final(world, final + 12, 60000);
    replica_world_free(world);
}

/* ---- being behind ---- */

static void test_one_that_was_away_fetches_what_it_missed(void **state)
{
    (void)state;
    const struct replica_world_options options = {
        .count = ALL, .seed = 5, .body_size_max = 200000};
    struct replica_world *world = begin_with(&options);
    replica_world_until_final(world, 8, 10000);
    replica_world_kill(world, 1);
    replica_world_until_final(world, 300, 120000);
    replica_world_start(world, 1);
    replica_world_until_final(world, 310, 20000);
    assert_true(replica_world_counters(world, 1).blocks_fetched > 150);
    replica_world_free(world);
}

static void test_bodies_below_the_root_are_read_from_disk(void **state)
{
    (void)state;
    const struct replica_world_options options = {
        .count = ALL, .seed = 6, .body_size_max = 1000};
    struct replica_world *world = begin_with(&options);
    replica_world_kill(world, 1);
    replica_world_until_final(world, 100, 60000);
    /* The others begin again: nothing final is in their memory. */
    for (size_t i = 0; i < ALL; i++)
        if (i != 1) {
            replica_world_flush(world, i);
            replica_world_kill(world, i);
        }
    for (size_t i = 0; i < ALL; i++)
        replica_world_start(world, i);
    replica_world_until_final(world, 120, 60000);
    size_t loads = 0;
    for (size_t i = 0; i < ALL; i++)
        loads += replica_world_acts(world, i, REPLICA_LOAD);
    assert_true(loads > 40);
    replica_world_free(world);
}

/* Asks validator 0 for a chunk of each final block up to slot. Returns how many
 * of them it reads from its disk. */
static size_t ask_for_all(struct replica_world *world, uint64_t slot)
{
    size_t before = replica_world_acts(world, 0, REPLICA_LOAD);

    for (uint64_t at = 1; at <= slot; at++) {
        const struct hash *hash = replica_world_chain(world, at);
        struct buffer body = {0};
        if (!hash)
            continue;
        const struct cluster_question question = {.number = 1000000,
                                                  .kind = CLUSTER_CHUNKS,
                                                  .hash = *hash,
                                                  .count = 1};
        cluster_question_encode(&question, &body);
        replica_world_inject(world, 1, 0, CLUSTER_QUESTION, &body);
        replica_world_run(world, 20);
    }
    return replica_world_acts(world, 0, REPLICA_LOAD) - before;
}

/* Nothing becomes final meanwhile: what is read stays in memory as far as there
 * is room for it. */
static void test_bodies_that_were_read_from_disk_are_bounded(void **state)
{
    (void)state;
    const struct replica_world_options options = {
        .count = ALL, .seed = 26, .body_size_max = 1500000};
    struct replica_world *world = begin_with(&options);
    replica_world_until_final(world, 14, 60000);
    for (size_t i = 0; i < ALL; i++) {
        replica_world_flush(world, i);
        replica_world_kill(world, i);
    }
    replica_world_start(world, 0);
    replica_world_start(world, 1);
    assert_true(ask_for_all(world, 2) > 0);
    assert_int_equal(ask_for_all(world, 2), 0);
    assert_true(ask_for_all(world, 14) > 5);
    assert_true(ask_for_all(world, 2) > 0);
    replica_world_free(world);
}

static bool lose_blocks(void *user, size_t from, size_t to, uint8_t kind,
                        struct buffer *body)
{
    const bool *is_on = user;

    (void)from;
    (void)to;
    (void)body;
    return !*is_on || kind != CLUSTER_BLOCK;
}

/* All windows are given up for long: the machines keep no certificates of the
 * older ones, and one that comes late gets them from the others' disks. */
static void test_windows_given_up_long_ago_are_read_from_disk(void **state)
{
    (void)state;
    bool is_on = false;
    const struct replica_world_options options = {
        .count = ALL, .seed = 29, .tamper = lose_blocks, .user = &is_on};
    struct replica_world *world = begin_with(&options);
    struct consensus_status status;
    replica_world_until_final(world, 8, 10000);
    replica_world_kill(world, 2);
    is_on = true;
    do {
        replica_world_run(world, 10000);
        replica_status(replica_world_replica(world, 0), &status);
    } while (status.window < 2 * CONSENSUS_WINDOWS_BACK + 8);
    replica_world_start(world, 2);
    replica_world_run(world, 3000);
    is_on = false;
    replica_world_until_final(world, window_begin(status.window), 600000);
    size_t loads = 0;
    for (size_t i = 0; i < ALL; i++)
        loads += replica_world_acts(world, i, REPLICA_LOAD_CERTIFICATES);
    assert_true(loads >= 2);
    replica_world_free(world);
}

static void test_one_too_far_behind_knows_it(void **state)
{
    (void)state;
    const struct replica_world_options options = {
        .count = ALL, .seed = 7, .slot_ms = 20, .delta_ms = 20};
    struct replica_world *world = begin_with(&options);
    replica_world_kill(world, 2);
    replica_world_until_final(world, REPLICA_SLOTS_AHEAD_MAX + 200, 600000);
    replica_world_start(world, 2);
    replica_world_run(world, 1000);
    struct replica_health health = replica_world_health(world, 2);
    assert_true(health.behind_slots > REPLICA_SLOTS_AHEAD_MAX);
    assert_int_equal(replica_world_final(world, 2), 0);
    assert_int_equal(health.fetching, 0);
    replica_world_free(world);
}

/* ---- beginning again ---- */

static void test_all_go_on_after_all_were_killed(void **state)
{
    (void)state;
    const struct replica_world_options options = {
        .count = ALL, .seed = 8, .body_size_max = 5000};
    struct replica_world *world = begin_with(&options);
    uint64_t slot = 0;
    for (int round = 0; round < 12; round++) {
        replica_world_run(world, 700 + 37 * (uint64_t)round);
        for (size_t i = 0; i < ALL; i++) {
            if (round % 3 == 1)
                replica_world_flush(world, i);
            replica_world_kill(world, i);
        }
        for (size_t i = 0; i < ALL; i++)
            replica_world_start(world, i);
        slot += 4;
        replica_world_until_final(world, slot, 30000);
    }
    replica_world_free(world);
}

/* Two of four have lost their records, one its whole disk besides. Nothing goes
 * on, until all begin anew from one block, which some have to fetch. */
static void test_all_begin_anew_from_one_block(void **state)
{
    (void)state;
    const struct replica_world_options options = {
        .count = ALL, .seed = 30, .body_size_max = 5000};
    struct replica_world *world = begin_with(&options);
    replica_world_kill(world, 3);
    replica_world_until_final(world, 60, 60000);
    uint64_t slot = replica_world_final(world, 0);
    const struct hash *hash = replica_world_chain(world, slot);
    for (size_t i = 0; i < 3; i++)
        replica_world_kill(world, i);
    replica_world_forget(world, 1);
    replica_world_forget(world, 2);
    for (size_t i = 0; i < 3; i++)
        replica_world_start(world, i);
    replica_world_run(world, 20000);
    assert_int_equal(replica_world_final(world, 0), slot);
    assert_true(replica_world_acts(world, 0, REPLICA_STUCK) > 0);

    for (size_t i = 0; i < 3; i++)
        replica_world_kill(world, i);
    replica_world_restart_from(world, slot, hash);
    for (size_t i = 0; i < ALL; i++)
        replica_world_start(world, i);
    replica_world_until_final(world, slot + 40, 60000);
    assert_true(replica_world_counters(world, 3).blocks_fetched > 20);
    /* And again, with what they have voted since. */
    for (size_t i = 0; i < ALL; i++)
        replica_world_kill(world, i);
    for (size_t i = 0; i < ALL; i++)
        replica_world_start(world, i);
    replica_world_until_final(world, slot + 80, 60000);
    replica_world_free(world);
}

static void test_any_may_be_killed_at_any_time(void **state)
{
    (void)state;
    const struct replica_world_options options = {
        .count = ALL, .seed = 9, .body_size_max = 5000};
    struct replica_world *world = begin_with(&options);
    for (size_t round = 0; round < 40; round++) {
        replica_world_run(world, 150 + 13 * round);
        replica_world_kill(world, round * 7 % ALL);
        replica_world_run(world, 100 + 11 * (40 - round));
        if (round % 2)
            replica_world_flush(world, round * 7 % ALL);
        replica_world_start(world, round * 7 % ALL);
    }
    replica_world_until_final(world, 100, 60000);
    replica_world_free(world);
}

static void test_halves_that_were_apart_agree_again(void **state)
{
    (void)state;
    const struct replica_world_options options = {
        .count = ALL, .seed = 10, .body_size_max = 5000};
    struct replica_world *world = begin_with(&options);
    for (int round = 0; round < 4; round++) {
        replica_world_run(world, 1333);
        for (size_t i = 0; i < 2; i++)
            for (size_t j = 2; j < ALL; j++)
                replica_world_link(world, i, j, false);
        replica_world_run(world, 3000);
        for (size_t i = 0; i < 2; i++)
            for (size_t j = 2; j < ALL; j++)
                replica_world_link(world, i, j, true);
    }
    replica_world_until_final(world, replica_world_final(world, 0) + 20, 60000);
    replica_world_free(world);
}

/* ---- peers that lie ---- */

struct liar {
    size_t index;
    uint8_t kind; /* of frames that it spoils */
    enum cluster_question_kind asked;
    bool is_silent; /* it loses them */
    size_t skip;    /* bytes that it leaves as they are */
    size_t spoilt;
};

static bool spoil(void *user, size_t from, size_t to, uint8_t kind,
                  struct buffer *body)
{
    struct liar *liar = user;

    (void)to;
    if (from != liar->index || kind != liar->kind || body->size <= liar->skip)
        return true;
    liar->spoilt++;
    if (liar->is_silent)
        return false;
    body->data[liar->skip + liar->spoilt % (body->size - liar->skip)] ^= 0x55;
    return true;
}

/* One comes back and asks, among others, one that spoils its answers: number,
 * status and a size are left, so that what they hold is wrong. */
static void test_wrong_answers_are_found_out(void **state)
{
    (void)state;
    struct liar liar = {.index = 0, .kind = CLUSTER_ANSWER, .skip = 9};
    const struct replica_world_options options = {.count = ALL,
                                                  .seed = 11,
                                                  .body_size_max = 150000,
                                                  .tamper = spoil,
                                                  .user = &liar};
    struct replica_world *world = begin_with(&options);
    replica_world_kill(world, 2);
    replica_world_until_final(world, 120, 120000);
    replica_world_start(world, 2);
    replica_world_until_final(world, 130, 60000);
    assert_true(liar.spoilt > 0);
    assert_true(replica_world_counters(world, 2).answers_wrong > 0);
    assert_true(replica_world_acts(world, 2, REPLICA_CUT) > 0);
    replica_world_free(world);
}

/* Answers with another header than was asked for, which its leader signed: the
 * first one is left out. */
static bool leave_out_first(void *user, size_t from, size_t to, uint8_t kind,
                            struct buffer *body)
{
    struct cluster_answer answer;
    struct buffer other = {0};

    (void)to;
    if (kind != CLUSTER_ANSWER || from != 0 ||
        cluster_answer_decode(buffer_view(body), &answer) || answer.count < 2 ||
        answer.things[0].size != BLOCK_HEADER_SIZE)
        return true;
    ++*(size_t *)user;
    cluster_answer_begin(answer.number, answer.status, &other);
    for (size_t i = 1; i < answer.count; i++)
        cluster_answer_add(answer.things[i], &other);
    buffer_free(body);
    *body = other;
    return true;
}

static void test_a_header_of_another_hash_is_not_taken(void **state)
{
    (void)state;
    size_t spoilt = 0;
    const struct replica_world_options options = {
        .count = ALL, .seed = 26, .tamper = leave_out_first, .user = &spoilt};
    struct replica_world *world = begin_with(&options);
    for (size_t round = 0; round < 6; round++) {
        replica_world_kill(world, 2);
        replica_world_until_final(world, 100 * round + 90, 120000);
        replica_world_start(world, 2);
        replica_world_until_final(world, 100 * round + 100, 60000);
    }
    assert_true(spoilt > 0);
    replica_world_free(world);
}

static void test_one_that_answers_nothing_holds_nobody_up(void **state)
{
    (void)state;
    struct liar liar = {.index = 0, .kind = CLUSTER_ANSWER, .is_silent = true};
    const struct replica_world_options options = {.count = ALL,
                                                  .seed = 12,
                                                  .body_size_max = 150000,
                                                  .tamper = spoil,
                                                  .user = &liar};
    struct replica_world *world = begin_with(&options);
    replica_world_kill(world, 2);
    replica_world_until_final(world, 120, 120000);
    replica_world_start(world, 2);
    replica_world_until_final(world, 130, 60000);
    assert_true(liar.spoilt > 0);
    replica_world_free(world);
}

/* The leader's header is right and the rest is not. */
static void test_a_wrong_body_is_fetched_or_given_up(void **state)
{
    (void)state;
    struct liar liar = {.index = 1, .kind = CLUSTER_BLOCK, .skip = 500};
    const struct replica_world_options options = {.count = ALL,
                                                  .seed = 13,
                                                  .body_size_max = 300000,
                                                  .tamper = spoil,
                                                  .user = &liar};
    struct replica_world *world = begin_with(&options);
    replica_world_until_final(world, 60, 60000);
    assert_true(replica_world_counters(world, 0).bodies_wrong > 0);
    replica_world_free(world);
}

/* Only one is told of the blocks of a leader, and that one in part. */
static bool lose_second_halves(void *user, size_t from, size_t to, uint8_t kind,
                               struct buffer *body)
{
    struct cluster_piece piece;

    (void)user;
    if (kind != CLUSTER_BLOCK || from != 1 || to != 0 ||
        cluster_piece_decode(buffer_view(body), &piece))
        return true;
    return piece.place == 0;
}

static void test_half_a_block_is_fetched_from_those_who_voted(void **state)
{
    (void)state;
    const struct replica_world_options options = {.count = ALL,
                                                  .seed = 14,
                                                  .body_size_max =
                                                      4 * CLUSTER_PIECE_MAX,
                                                  .tamper = lose_second_halves};
    struct replica_world *world = begin_with(&options);
    replica_world_until_final(world, 60, 60000);
    assert_true(replica_world_counters(world, 0).blocks_fetched > 0);
    /* Three had the blocks, and so they are final. */
    assert_int_equal(replica_world_blocks(world, 60), 60);
    replica_world_free(world);
}

static void test_frames_of_no_form_end_the_connection(void **state)
{
    (void)state;
    const struct replica_world_options options = {.count = ALL, .seed = 15};
    struct replica_world *world = begin_with(&options);
    const uint8_t kinds[] = {CLUSTER_STATUS,
                             CLUSTER_VOTES,
                             CLUSTER_QUESTION,
                             CLUSTER_ANSWER,
                             CLUSTER_TRANSACTIONS,
                             CLUSTER_BLOCK,
                             99};
    for (size_t i = 0; i < sizeof(kinds); i++) {
        struct buffer body = {0};
        buffer_text(&body, "?");
        replica_world_inject(world, 1, 0, kinds[i], &body);
        replica_world_run(world, 10);
        assert_int_equal(replica_world_acts(world, 0, REPLICA_CUT), i + 1);
    }
    struct replica_counters counters = replica_world_counters(world, 0);
    assert_int_equal(counters.frames_wrong + counters.answers_wrong,
                     sizeof(kinds));
    replica_world_until_final(world, 20, 10000);
    replica_world_free(world);
}

/* The last 64 bytes are a signature. */
static bool spoil_signature(void *user, size_t from, size_t to, uint8_t kind,
                            struct buffer *body)
{
    (void)user;
    (void)to;
    if (from == 3 && kind == CLUSTER_VOTES)
        body->data[body->size - 64] ^= 1;
    return true;
}

static void test_who_signs_wrongly_is_not_listened_to(void **state)
{
    (void)state;
    const struct replica_world_options options = {
        .count = ALL, .seed = 28, .tamper = spoil_signature};
    struct replica_world *world = begin_with(&options);
    replica_world_until_final(world, 40, 60000);
    for (size_t i = 0; i < 3; i++) {
        struct replica_peer_view peer;
        replica_peer_view(replica_world_replica(world, i), 3, &peer);
        assert_true(peer.is_banned);
        assert_int_equal(replica_world_acts(world, i, REPLICA_BAN), 1);
    }
    replica_world_free(world);
}

static void test_an_answer_that_nobody_asked_for_is_dropped(void **state)
{
    (void)state;
    const struct replica_world_options options = {.count = ALL, .seed = 16};
    struct replica_world *world = begin_with(&options);
    struct buffer body = {0};
    cluster_answer_begin(4711, CLUSTER_HERE, &body);
    replica_world_inject(world, 1, 0, CLUSTER_ANSWER, &body);
    replica_world_run(world, 10);
    assert_int_equal(replica_world_counters(world, 0).answers_unasked, 1);
    replica_world_free(world);
}

/* ---- too much ---- */

static void test_floods_are_bounded_and_the_chain_goes_on(void **state)
{
    (void)state;
    const struct replica_world_options options = {
        .count = ALL, .seed = 17, .body_size_max = 100000};
    struct replica_world *world = begin_with(&options);
    replica_world_until_final(world, 8, 10000);
    uint8_t wire[1000] = {1};
    for (int round = 0; round < 40; round++) {
        for (int i = 0; i < 100; i++) {
            const struct vote vote = {
                .kind = VOTE_NULLIFY, .validator = 1, .slot = 1000000};
            const struct cluster_question question = {
                .kind = CLUSTER_EVIDENCE,
                .consensus = {.kind = CONSENSUS_EVIDENCE}};
            struct buffer body = {0};
            vote_encode(&vote, &body);
            replica_world_inject(world, 1, 0, CLUSTER_VOTES, &body);
            cluster_question_encode(&question, &body);
            replica_world_inject(world, 1, 0, CLUSTER_QUESTION, &body);
            for (int j = 0; j < CLUSTER_TRANSACTIONS_MAX; j++)
                cluster_transaction_add(bytes_make(wire, sizeof(wire)), &body);
            for (int j = 0; j < 4; j++) {
                struct buffer copy = {0};
                buffer_bytes(&copy, buffer_view(&body));
                replica_world_inject(world, 1, 0, CLUSTER_TRANSACTIONS, &copy);
            }
            buffer_free(&body);
        }
        replica_world_run(world, 50);
    }
    struct replica_counters counters = replica_world_counters(world, 0);
    assert_true(counters.votes_flooded > 1000);
    assert_true(counters.questions_excess > 1000);
    assert_true(counters.transactions_excess > 10000);
    replica_world_until_final(world, replica_world_final(world, 0) + 16, 30000);
    replica_world_free(world);
}

/* The first window of a leader other than validator 0. */
static void send_transactions(struct replica_world *world, size_t from,
                              size_t frames)
{
    const uint8_t wire[200] = {1};
    for (size_t i = 0; i < frames; i++) {
        struct buffer body = {0};
        for (int j = 0; j < CLUSTER_TRANSACTIONS_MAX; j++)
            cluster_transaction_add(bytes_make(wire, sizeof(wire)), &body);
        replica_world_inject(world, from, 0, CLUSTER_TRANSACTIONS, &body);
    }
    replica_world_run(world, 10);
}

/* What one floods while its frames are being checked is dropped, and takes
 * nothing of what others may have checked. */
static void test_transactions_of_one_take_no_turn_of_others(void **state)
{
    (void)state;
    const struct replica_world_options options = {
        .count = ALL, .seed = 41, .check_ms = REPLICA_WORLD_NEVER};
    struct replica_world *world = begin_with(&options);
    const size_t own = 64 / ALL, most = own + 16;
    for (size_t i = 0; i < 10; i++)
        send_transactions(world, 1, 20);
    assert_int_equal(replica_world_acts(world, 0, REPLICA_TRANSACTIONS), most);
    assert_int_equal(replica_world_counters(world, 0).transactions_excess,
                     (200 - most) * CLUSTER_TRANSACTIONS_MAX);
    send_transactions(world, 2, own);
    send_transactions(world, 3, own);
    assert_int_equal(replica_world_acts(world, 0, REPLICA_TRANSACTIONS),
                     most + 2 * own);
    replica_world_free(world);
}

/* Each frame that was checked makes room for another. */
static void test_checked_transactions_make_room(void **state)
{
    (void)state;
    const struct replica_world_options options = {
        .count = ALL, .seed = 42, .check_ms = 5};
    struct replica_world *world = begin_with(&options);
    for (size_t i = 0; i < 20; i++)
        send_transactions(world, 1, 20);
    assert_int_equal(replica_world_acts(world, 0, REPLICA_TRANSACTIONS), 400);
    assert_int_equal(replica_world_counters(world, 0).transactions_excess, 0);
    replica_world_free(world);
}

/* Others check them before they send them on. */
static void test_who_sends_unsigned_transactions_is_banned(void **state)
{
    (void)state;
    const struct replica_world_options options = {
        .count = ALL, .seed = 43, .check_ms = 5, .junk_from = 1};
    struct replica_world *world = begin_with(&options);
    struct replica_peer_view peer;
    send_transactions(world, 1, 3);
    send_transactions(world, 2, 3);
    replica_peer_view(replica_world_replica(world, 0), 1, &peer);
    assert_true(peer.is_banned);
    replica_peer_view(replica_world_replica(world, 0), 2, &peer);
    assert_false(peer.is_banned);
    assert_int_equal(replica_world_acts(world, 0, REPLICA_BAN), 1);
    replica_world_until_final(world, 12, 10000);
    replica_world_free(world);
}

static uint64_t slot_of_another(const struct replica_world *world)
{
    uint64_t slot = WINDOW_SLOTS;

    while (replica_world_leader(world, slot) == 0)
        slot += WINDOW_SLOTS;
    return slot;
}

static void send_block(struct replica_world *world, size_t from, size_t to,
                       const struct hash *hash, const struct buffer *block)
{
    for (size_t place = 0; place < block->size;) {
        struct buffer body = {0};
        place = cluster_piece_encode(hash, buffer_view(block), place, &body);
        replica_world_inject(world, from, to, CLUSTER_BLOCK, &body);
    }
}

/* Of a slot two blocks are taken, and the second is shown as an offence. */
static void test_a_leader_that_makes_many_blocks_is_shown(void **state)
{
    (void)state;
    const struct replica_world_options options = {.count = ALL, .seed = 18};
    struct replica_world *world = replica_world_new(&options);
    /* Only two run, so nothing is decided. */
    uint64_t slot = slot_of_another(world);
    assert_true(slot < 12);
    size_t leader = replica_world_leader(world, slot);
    replica_world_start(world, 0);
    replica_world_start(world, leader);
    replica_world_run(world, 20);
    for (size_t i = 0; i < 5; i++) {
        struct buffer block = {0};
        struct hash hash;
        replica_world_make(world, slot, 1000, 1700000000000 + i, &block, &hash);
        send_block(world, leader, 0, &hash, &block);
        buffer_free(&block);
        replica_world_run(world, 20);
    }
    assert_int_equal(replica_world_counters(world, 0).blocks_excess, 3);
    assert_int_equal(replica_world_acts(world, 0, REPLICA_ACCUSE), 1);
    replica_world_free(world);
}

/* Votes for blocks that do not exist don't hide who voted for those that do. */
static void test_noise_does_not_hide_who_voted(void **state)
{
    (void)state;
    const struct replica_world_options options = {.count = ALL, .seed = 28};
    struct replica_world *world = begin_with(&options);
    struct buffer body = {0};
    replica_world_until_final(world, 8, 10000);
    uint64_t first = replica_world_final(world, 0) + 3;
    size_t before = replica_world_acts(world, 0, REPLICA_VOTED);
    for (uint64_t i = 0; i < 12; i++) {
        const struct vote noise = {.kind = VOTE_NOTARIZE,
                                   .validator = 3,
                                   .slot = first + i / 3,
                                   .value = {{(uint8_t)(i + 1)}}};
        vote_encode(&noise, &body);
    }
    replica_world_inject(world, 3, 0, CLUSTER_VOTES, &body);
    replica_world_until_final(world, first + 4, 20000);
    /* The three others notarize and finalize seven slots; of the newest not all
     * is known yet. Four slots without the notarize votes are twelve fewer. */
    assert_true(replica_world_acts(world, 0, REPLICA_VOTED) - before > 42 - 12);
    replica_world_free(world);
}

/* One's own block was had from others, who have it of another process with the
 * same key. */
static void test_ones_own_block_may_be_known_already(void **state)
{
    (void)state;
    const struct replica_world_options options = {.count = ALL, .seed = 27};
    struct replica_world *world = replica_world_new(&options);
    struct buffer block = {0};
    struct replica_output output;
    struct hash hash;
    uint64_t slot = WINDOW_SLOTS;
    size_t appended = 0;
    while (replica_world_leader(world, slot) != 0)
        slot += WINDOW_SLOTS;
    replica_world_start(world, 0);
    replica_world_make(world, slot, 10, 1700000000000, &block, &hash);
    struct replica *replica = replica_world_replica(world, 0);
    const struct replica_clock clock = {.ns = replica_due_ns(replica),
                                        .unix_ms = 1700000000000};
    replica_made(replica, clock, buffer_view(&block), clock.ns);
    replica_made(replica, clock, buffer_view(&block), clock.ns);
    while (replica_next(replica, &output))
        appended += output.act == REPLICA_APPEND && output.is_block;
    assert_int_equal(appended, 1);
    buffer_free(&block);
    replica_world_free(world);
}

static void test_blocks_of_others_or_far_slots_are_refused(void **state)
{
    (void)state;
    const struct replica_world_options options = {.count = ALL, .seed = 19};
    struct replica_world *world = replica_world_new(&options);
    struct buffer block = {0};
    struct hash hash;
    uint64_t slot = slot_of_another(world);
    size_t leader = replica_world_leader(world, slot);
    size_t other = leader == 1 ? 2 : 1;
    replica_world_start(world, 0);
    replica_world_start(world, leader);
    replica_world_start(world, other);

    /* From another than its leader. */
    replica_world_make(world, slot, 10, 0, &block, &hash);
    send_block(world, other, 0, &hash, &block);
    replica_world_run(world, 10);
    assert_int_equal(replica_world_counters(world, 0).headers_wrong, 1);
    /* Under another name, and with another signature. */
    struct hash wrong = hash;
    wrong.bytes[0] ^= 1;
    send_block(world, leader, 0, &wrong, &block);
    replica_world_run(world, 10);
    assert_int_equal(replica_world_counters(world, 0).headers_wrong, 2);
    block.data[BLOCK_HEADER_SIZE - 1] ^= 1;
    send_block(world, leader, 0, &hash, &block);
    replica_world_run(world, 10);
    assert_int_equal(replica_world_counters(world, 0).headers_wrong, 3);
    buffer_clear(&block);
    /* Of a slot that is far away. */
    uint64_t far = slot + 400;
    while (replica_world_leader(world, far) != leader)
        far += WINDOW_SLOTS;
    replica_world_make(world, far, 10, 0, &block, &hash);
    send_block(world, leader, 0, &hash, &block);
    replica_world_run(world, 10);
    assert_int_equal(replica_world_counters(world, 0).headers_wrong, 4);
    /* A piece of nothing. */
    struct buffer body = {0};
    buffer_append(&body, hash.bytes, 32);
    buffer_u32le(&body, 5);
    buffer_u32le(&body, 100);
    buffer_text(&body, "bytes");
    replica_world_inject(world, leader, 0, CLUSTER_BLOCK, &body);
    replica_world_run(world, 10);
    assert_int_equal(replica_world_counters(world, 0).pieces_wrong, 1);
    buffer_free(&block);
    replica_world_free(world);
}

/* ---- time ---- */

static void check_clock(int64_t offset_ms)
{
    const struct replica_world_options options = {.count = ALL, .seed = 20};
    struct replica_world *world = replica_world_new(&options);
    replica_world_set_clock(world, 3, offset_ms);
    for (size_t i = 0; i < ALL; i++)
        replica_world_start(world, i);
    replica_world_until_final(world, 60, 60000);
    struct replica_health health = replica_world_health(world, 3);
    assert_in_range(health.clock_ms + offset_ms + 1000, 900, 1100);
    health = replica_world_health(world, 0);
    assert_in_range(health.clock_ms + 1000, 900, 1100);
    /* Blocks that are minutes ahead get no votes; one that is behind makes its
     * blocks as soon as they may come after their parents. */
    uint64_t led = 0;
    for (uint64_t slot = 1; slot <= 60; slot++)
        led += offset_ms < 0 || replica_world_leader(world, slot) != 3;
    assert_int_equal(replica_world_blocks(world, 60), led);
    replica_world_free(world);
}

static void test_a_clock_that_is_minutes_off_does_no_harm(void **state)
{
    (void)state;
    check_clock(300000);
    check_clock(-300000);
}

/* The chain's time can't run backwards, and is ahead of all clocks by then. */
static void test_all_clocks_set_back_by_an_hour_stop_nothing(void **state)
{
    (void)state;
    const struct replica_world_options options = {.count = ALL, .seed = 26};
    struct replica_world *world = replica_world_new(&options);
    for (size_t i = 0; i < ALL; i++)
        replica_world_start(world, i);
    replica_world_until_final(world, 8, 20000);
    for (size_t i = 0; i < ALL; i++)
        replica_world_set_clock(world, i, -3600000);
    replica_world_until_final(world, 40, 20000);
    replica_world_kill(world, 0);
    replica_world_start(world, 0);
    replica_world_until_final(world, 60, 20000);
    replica_world_free(world);
}

static void say_notarize(struct replica_world *world, size_t from,
                         uint64_t slot, const struct hash *hash)
{
    const struct vote vote = {.kind = VOTE_NOTARIZE,
                              .validator = (uint16_t)from,
                              .slot = slot,
                              .value = *hash};
    struct buffer body = {0};

    vote_encode(&vote, &body);
    replica_world_inject(world, from, 0, CLUSTER_VOTES, &body);
}

/* Also if half voted for it, so that it would be fetched: of these one may be
 * honest, with a wrong clock. */
static void test_a_block_ahead_of_its_time_is_kept_until_then(void **state)
{
    (void)state;
    const struct replica_world_options options = {.count = ALL, .seed = 21};
    struct replica_world *world = replica_world_new(&options);
    const uint64_t slot = 1;
    size_t leader = replica_world_leader(world, slot);
    size_t other = leader == ALL - 1 ? ALL - 2 : ALL - 1;
    struct buffer block = {0};
    struct hash hash;
    assert_int_not_equal(leader, 0);
    replica_world_start(world, 0);
    replica_world_start(world, leader);
    replica_world_start(world, other);
    replica_world_run(world, 20);
    size_t before = replica_world_acts(world, 0, REPLICA_EXECUTE);
    replica_world_make(world, slot, 0,
                       1700000000020 + REPLICA_BLOCK_AHEAD_MS + 1000, &block,
                       &hash);
    send_block(world, leader, 0, &hash, &block);
    say_notarize(world, leader, slot, &hash);
    say_notarize(world, other, slot, &hash);
    replica_world_run(world, 10);
    replica_world_kill(world, other);
    replica_world_run(world, 890);
    assert_int_equal(replica_world_counters(world, 0).blocks_early, 1);
    size_t kept = replica_world_acts(world, 0, REPLICA_EXECUTE);
    replica_world_run(world, 200);
    assert_int_equal(replica_world_acts(world, 0, REPLICA_EXECUTE), kept + 1);
    assert_true(kept >= before);
    buffer_free(&block);
    replica_world_free(world);
}

/* A leader that hurries: its blocks are nine tenths of a slot apart, and one
 * less. */
struct hurry {
    size_t index;
    uint64_t less_ms;
};

static void lead_fast(void *user, size_t index, struct block_header *header)
{
    const struct hurry *hurry = user;

    if (index == hurry->index)
        header->unix_ms -= hurry->less_ms;
}

static void test_who_makes_slots_shorter_gets_no_votes(void **state)
{
    (void)state;
    struct hurry hurry = {.index = 1, .less_ms = 50};
    const struct replica_world_options options = {
        .count = ALL, .seed = 22, .lead = lead_fast, .user = &hurry};
    struct replica_world *world = begin_with(&options);
    replica_world_until_final(world, 60, 60000);
    uint64_t led = 0, others = 0;
    for (uint64_t slot = 1; slot <= 60; slot++)
        others += replica_world_leader(world, slot) != 1;
    led = replica_world_blocks(world, 60) - others;
    /* The first of a window may be late enough. */
    assert_true(led <= (60 - others) / 2);
    replica_world_free(world);
}

/* ---- blocks that are wrong ---- */

static enum replica_verdict refuse_some(void *user,
                                        const struct block_header *header)
{
    (void)user;
    return header->slot % 16 == 6 ? REPLICA_INVALID : REPLICA_VALID;
}

static void test_what_does_not_execute_is_given_up(void **state)
{
    (void)state;
    const struct replica_world_options options = {
        .count = ALL, .seed = 23, .execute = refuse_some};
    struct replica_world *world = begin_with(&options);
    replica_world_until_final(world, 70, 60000);
    assert_true(replica_world_blocks(world, 70) < 68);
    replica_world_free(world);
}

static enum replica_verdict put_off(void *user,
                                    const struct block_header *header)
{
    unsigned *count = user;

    (void)header;
    return ++*count % 5 ? REPLICA_VALID : REPLICA_LATER;
}

static void test_what_could_not_be_executed_is_given_out_again(void **state)
{
    (void)state;
    unsigned count = 0;
    const struct replica_world_options options = {
        .count = ALL, .seed = 24, .execute = put_off, .user = &count};
    struct replica_world *world = begin_with(&options);
    replica_world_until_final(world, 60, 60000);
    assert_int_equal(replica_world_blocks(world, 60), 60);
    replica_world_free(world);
}

/* The execution has a copy of each block that it was given. */
static void test_few_large_blocks_wait_to_be_executed(void **state)
{
    (void)state;
    const struct replica_world_options options = {
        .count = ALL,
        .seed = 44,
        .slot_ms = 1000,
        .execute_ms = 400,
        .body_size_max = REPLICA_BLOCK_SIZE_MAX - 1000};
    struct replica_world *world = begin_with(&options);
    replica_world_until_final(world, 2, 60000);
    replica_world_kill(world, 1);
    replica_world_until_final(world, 24, 240000);
    replica_world_start(world, 1);
    replica_world_until_final(world, 28, 120000);
    size_t most = replica_world_ordered_most(world, 1);
    assert_in_range(most, REPLICA_BLOCK_SIZE_MAX / 2,
                    2 * REPLICA_BLOCK_SIZE_MAX);
    replica_world_free(world);
}

/* No validator takes that for an error of the leader's: no slot is given up. */
static enum replica_verdict change_some_bytes(void *user,
                                              const struct block_header *header)
{
    unsigned *count = user;

    (void)header;
    return cluster_verdict_of(++*count % 5 ? VERDICT_VALID : VERDICT_OTHER);
}

static void test_bytes_that_changed_in_memory_are_taken_again(void **state)
{
    (void)state;
    unsigned count = 0;
    const struct replica_world_options options = {
        .count = ALL, .seed = 26, .execute = change_some_bytes, .user = &count};
    struct replica_world *world = begin_with(&options);
    replica_world_until_final(world, 60, 60000);
    assert_int_equal(replica_world_blocks(world, 60), 60);
    replica_world_free(world);
}

/* ---- disks ---- */

/* Three agree without the one whose disk is slow; it is told what is final when
 * its own disk has it (replica_world.c asserts that). */
static void test_final_is_told_when_the_disk_has_it(void **state)
{
    (void)state;
    const struct replica_world_options options = {
        .count = ALL, .seed = 25, .body_size_max = 1000};
    struct replica_world *world = begin_with(&options);
    replica_world_set_disk(world, 3, 700);
    replica_world_until_final(world, 60, 60000);
    replica_world_free(world);
}

/* The commits of a slot, on average over all. */
static double commits_of_a_slot(size_t body_size_max, size_t *blocks)
{
    const struct replica_world_options options = {.count = ALL,
                                                  .seed = 28,
                                                  .delta_ms = 250,
                                                  .body_size_max =
                                                      body_size_max};
    struct replica_world *world = begin_with(&options);
    size_t commits = 0;

    replica_world_until_final(world, 200, 60000);
    for (size_t i = 0; i < ALL; i++)
        commits += replica_world_commits(world, i);
    *blocks = replica_world_blocks(world, 200);
    replica_world_free(world);
    return (double)commits / ALL / 200;
}

/* A commit for a window's votes, and those of who leads it; else those of each
 * block and of each certificate. */
static void test_an_idle_chain_commits_rarely(void **state)
{
    (void)state;
    size_t blocks;

    assert_true(commits_of_a_slot(0, &blocks) < 1);
    assert_int_equal(blocks, 200);
    assert_true(commits_of_a_slot(1000, &blocks) > 2);
    assert_int_equal(blocks, 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_four_agree_on_every_slot),
        cmocka_unit_test(test_the_chain_goes_on_past_the_ends_of_epochs),
        cmocka_unit_test(test_large_bodies_travel_in_pieces),
        cmocka_unit_test(test_one_validator_decides_alone),
        cmocka_unit_test(test_three_of_four_go_on_and_two_wait),
        cmocka_unit_test(test_one_that_was_away_fetches_what_it_missed),
        cmocka_unit_test(test_bodies_below_the_root_are_read_from_disk),
        cmocka_unit_test(test_bodies_that_were_read_from_disk_are_bounded),
        cmocka_unit_test(test_windows_given_up_long_ago_are_read_from_disk),
        cmocka_unit_test(test_one_too_far_behind_knows_it),
        cmocka_unit_test(test_all_go_on_after_all_were_killed),
        cmocka_unit_test(test_all_begin_anew_from_one_block),
        cmocka_unit_test(test_any_may_be_killed_at_any_time),
        cmocka_unit_test(test_halves_that_were_apart_agree_again),
        cmocka_unit_test(test_wrong_answers_are_found_out),
        cmocka_unit_test(test_a_header_of_another_hash_is_not_taken),
        cmocka_unit_test(test_one_that_answers_nothing_holds_nobody_up),
        cmocka_unit_test(test_a_wrong_body_is_fetched_or_given_up),
        cmocka_unit_test(test_half_a_block_is_fetched_from_those_who_voted),
        cmocka_unit_test(test_frames_of_no_form_end_the_connection),
        cmocka_unit_test(test_who_signs_wrongly_is_not_listened_to),
        cmocka_unit_test(test_an_answer_that_nobody_asked_for_is_dropped),
        cmocka_unit_test(test_floods_are_bounded_and_the_chain_goes_on),
        cmocka_unit_test(test_transactions_of_one_take_no_turn_of_others),
        cmocka_unit_test(test_checked_transactions_make_room),
        cmocka_unit_test(test_who_sends_unsigned_transactions_is_banned),
        cmocka_unit_test(test_a_leader_that_makes_many_blocks_is_shown),
        cmocka_unit_test(test_noise_does_not_hide_who_voted),
        cmocka_unit_test(test_ones_own_block_may_be_known_already),
        cmocka_unit_test(test_blocks_of_others_or_far_slots_are_refused),
        cmocka_unit_test(test_a_clock_that_is_minutes_off_does_no_harm),
        cmocka_unit_test(test_all_clocks_set_back_by_an_hour_stop_nothing),
        cmocka_unit_test(test_a_block_ahead_of_its_time_is_kept_until_then),
        cmocka_unit_test(test_who_makes_slots_shorter_gets_no_votes),
        cmocka_unit_test(test_what_does_not_execute_is_given_up),
        cmocka_unit_test(test_what_could_not_be_executed_is_given_out_again),
        cmocka_unit_test(test_few_large_blocks_wait_to_be_executed),
        cmocka_unit_test(test_bytes_that_changed_in_memory_are_taken_again),
        cmocka_unit_test(test_final_is_told_when_the_disk_has_it),
        cmocka_unit_test(test_an_idle_chain_commits_rarely),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
