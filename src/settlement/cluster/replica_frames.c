/*
 * Frames of peers: what each says, and how much of it is taken.
 */
#include "base/check.h"
#include "base/error.h"
#include "base/memory.h"
#include "settlement/cluster/replica_internal.h"

#include <stdlib.h>

/* ---- bounds ---- */

static uint64_t vote_frames_per_s(const struct replica *replica)
{
    uint64_t per_s =
        REPLICA_VOTE_FRAMES_PER_SLOT * 1000 / replica->options.slot_ms;

    return per_s > REPLICA_VOTE_FRAMES_PER_S_MIN
               ? per_s
               : REPLICA_VOTE_FRAMES_PER_S_MIN;
}

/* A validator's share of what is for all, by its stake, but so much at least.
 */
static uint64_t share_of(const struct replica *replica, uint16_t index,
                         uint64_t all, uint64_t least)
{
    const struct validator_set *set = replica->options.set;
    __extension__ typedef unsigned __int128 wide;
    uint64_t share =
        (uint64_t)((wide)all * validator_set_at(set, index)->stake /
                   validator_set_stake(set));

    return share > least ? share : least;
}

void replica_peers_open(struct replica *replica, struct replica_clock clock)
{
    uint64_t now_ms = clock.ns / 1000000;
    uint64_t frames = vote_frames_per_s(replica);

    replica->peers = mem_zero(replica->count, sizeof(*replica->peers));
    for (size_t i = 0; i < replica->count; i++) {
        struct replica_peer *peer = &replica->peers[i];
        uint64_t intake = share_of(replica, (uint16_t)i, REPLICA_INTAKE_PER_S,
                                   CLUSTER_TRANSACTIONS_MAX);
        peer->vote_frames =
            rate_make(frames, frames * REPLICA_VOTE_FRAMES_BURST_S, now_ms);
        peer->served =
            rate_make(REPLICA_SERVED_BYTES_PER_S,
                      2 * (uint64_t)REPLICA_SERVED_BYTES_PER_S, now_ms);
        peer->transactions = rate_make(intake, intake, now_ms);
        peer->intakes_own =
            share_of(replica, (uint16_t)i, REPLICA_INTAKES_OWN, 1);
    }
}

void replica_peers_free(struct replica *replica)
{
    for (size_t i = 0; i < replica->count; i++)
        replica_bytes_release(replica->peers[i].pieces);
    free(replica->peers);
}

/* ---- status ---- */

void replica_tell_status(struct replica *replica, struct replica_clock clock,
                         uint16_t index)
{
    struct cluster_status status = {.unix_ms = clock.unix_ms};
    struct buffer body = {0};

    consensus_status(replica->consensus, &status.consensus);
    cluster_status_encode(&status, &body);
    replica_send(replica, index, PEER_VOTES, CLUSTER_STATUS, &body);
}

static int take_status(struct replica *replica, struct replica_clock clock,
                       uint16_t index, struct bytes body)
{
    struct replica_peer *peer = &replica->peers[index];
    struct cluster_status status;
    int result = cluster_status_decode(body, &status);

    if (result)
        return result;
    peer->status = status;
    peer->has_status = true;
    peer->clock_ms = (int64_t)(status.unix_ms - clock.unix_ms);
    consensus_peer(replica->consensus, clock.ns, index, &status.consensus);
    return 0;
}

/* ---- votes ---- */

static int take_votes(struct replica *replica, struct replica_clock clock,
                      uint16_t index, struct bytes body)
{
    struct replica_peer *peer = &replica->peers[index];
    struct cluster_votes *votes = mem_alloc(sizeof(*votes));
    int status = cluster_votes_decode(body, votes);

    for (size_t i = 0; !status && i < votes->count; i++) {
        const struct vote *vote = &votes->votes[i];
        if (vote->validator == index) {
            replica_signers_note(replica, clock, vote);
            if (vote->slot > peer->last_vote)
                peer->last_vote = vote->slot;
        }
        consensus_vote(replica->consensus, clock.ns, index, vote);
    }
    free(votes);
    return status;
}

/* ---- the others ---- */

static int take_question(struct replica *replica, struct replica_clock clock,
                         uint16_t index, struct bytes body)
{
    struct cluster_question question;
    int status = cluster_question_decode(body, &question);

    if (!status)
        replica_serve(replica, clock, index, &question);
    return status;
}

/* Is there room for another frame of its transactions to be checked? */
static bool has_room(const struct replica *replica,
                     const struct replica_peer *peer)
{
    return peer->intakes < peer->intakes_own ||
           (peer->intakes <
                peer->intakes_own + REPLICA_INTAKES_SHARED_PEER_MAX &&
            replica->intakes_shared < REPLICA_INTAKES_SHARED);
}

void replica_intake_done(struct replica *replica, uint16_t index)
{
    struct replica_peer *peer = &replica->peers[index];

    CHECK(peer->intakes > 0);
    replica->intakes_shared -= peer->intakes > peer->intakes_own;
    peer->intakes--;
}

/* What is dropped is not lost: who sent it keeps it, and sends it again in
 * another window. */
static int take_transactions(struct replica *replica,
                             struct replica_clock clock, uint16_t index,
                             struct bytes body)
{
    struct replica_peer *peer = &replica->peers[index];
    struct cluster_transactions transactions;
    int status = cluster_transactions_decode(body, &transactions);

    if (status || !transactions.count)
        return status;
    if (!has_room(replica, peer) ||
        !rate_take(&peer->transactions, clock.ns / 1000000,
                   transactions.count)) {
        replica->counters.transactions_excess += transactions.count;
        return 0;
    }
    replica->intakes_shared += peer->intakes >= peer->intakes_own;
    peer->intakes++;
    struct replica_bytes *bytes = replica_bytes_copy(body);
    replica_do(replica, REPLICA_TRANSACTIONS, bytes)->index = index;
    replica_bytes_release(bytes);
    return 0;
}

static int take_block(struct replica *replica, struct replica_clock clock,
                      uint16_t index, struct bytes body)
{
    struct cluster_piece piece;
    int status = cluster_piece_decode(body, &piece);

    if (!status)
        replica_take_piece(replica, clock, index, &piece);
    return status;
}

static int take(struct replica *replica, struct replica_clock clock,
                uint16_t index, uint8_t kind, struct bytes body)
{
    switch (kind) {
    case CLUSTER_STATUS:
        return take_status(replica, clock, index, body);
    case CLUSTER_VOTES:
        return take_votes(replica, clock, index, body);
    case CLUSTER_QUESTION:
        return take_question(replica, clock, index, body);
    case CLUSTER_ANSWER:
        replica_take_answer(replica, clock, index, body);
        return 0;
    case CLUSTER_TRANSACTIONS:
        return take_transactions(replica, clock, index, body);
    case CLUSTER_BLOCK:
        return take_block(replica, clock, index, body);
    default:
        return err_set(ERR_INVALID, "there is no frame of kind %u", kind);
    }
}

void replica_take_frame(struct replica *replica, struct replica_clock clock,
                        uint16_t index, uint8_t kind, struct bytes body)
{
    struct replica_peer *peer = &replica->peers[index];

    if (peer->is_banned)
        return;
    if ((kind == CLUSTER_VOTES || kind == CLUSTER_STATUS) &&
        !rate_take(&peer->vote_frames, clock.ns / 1000000, 1)) {
        replica->counters.votes_flooded++;
        return;
    }
    if (take(replica, clock, index, kind, body)) {
        replica->counters.frames_wrong++;
        replica_do(replica, REPLICA_CUT, NULL)->index = index;
    }
}
