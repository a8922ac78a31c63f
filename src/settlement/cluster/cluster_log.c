/*
 * What an operator is told: who is connected, whether there is a quorum, what
 * is wrong and what to do about it. Each thing once, and again when it is over.
 * And what clients may see (cluster_view.h).
 */
#include "base/clock.h"
#include "base/hex.h"
#include "base/log.h"
#include "base/memory.h"
#include "settlement/cluster/cluster_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Clocks that differ by more than that are said to be wrong: blocks that are
 * twice as far ahead wait (REPLICA_BLOCK_AHEAD_MS). */
#define CLOCK_WRONG_MS 250
/* Slots behind that are said; less is the time of a message. */
#define BEHIND_SLOTS 64

/* How often it is said why there is no quorum, if the reasons change. */
#define QUORUM_SAID_MS 10000

/* So many connections of strangers that came to nothing are worth a line, but
 * not more often. */
#define STRANGERS_SAID 1000
#define STRANGERS_SAID_MS 60000

static const struct pubkey *identity_of(const struct cluster *cluster,
                                        uint16_t index)
{
    return &validator_set_at(cluster->set, index)->identity;
}

/* ---- connections ---- */

void cluster_say_peer(struct cluster *cluster, uint16_t index, bool is_up,
                      const char *why)
{
    const char *identity = PUBKEY_TEXT(identity_of(cluster, index));

    if (is_up == cluster->said.is_connected[index])
        return;
    cluster->said.is_connected[index] = is_up;
    if (is_up)
        log_info("cluster", "connected with validator %u, %s", index, identity);
    else
        log_info("cluster", "no longer connected with validator %u, %s: %s",
                 index, identity, why);
}

/* ---- offences ---- */

void cluster_say_accusation(const struct cluster *cluster,
                            const struct replica_output *output)
{
    struct buffer shown = {0}, text = {0};

    if (output->is_header) {
        buffer_bytes(&shown, output->bytes);
    } else {
        vote_encode(&output->votes[0], &shown);
        vote_encode(&output->votes[1], &shown);
    }
    hex_encode(buffer_view(&shown), &text);
    log_warn("cluster",
             "validator %u, %s, signed two %s of slot %" PRIu64
             " that no honest validator signs both: is it running twice? %s",
             output->index, PUBKEY_TEXT(identity_of(cluster, output->index)),
             output->is_header ? "blocks" : "votes", output->slot,
             buffer_string(&text));
    buffer_free(&shown);
    buffer_free(&text);
}

void cluster_say_halt(struct cluster *cluster,
                      const struct replica_output *output)
{
    snprintf(cluster->halt, sizeof(cluster->halt),
             "the others agreed on another state after the block of slot "
             "%" PRIu64 " than there is here",
             output->slot);
    log_error(
        "cluster",
        "%s (block %s). This validator votes no more. Compare its version "
        "with the others'; if they agree among themselves, begin again "
        "from a snapshot of one of them",
        cluster->halt, HASH_TEXT(&output->hash));
}

void cluster_say_stuck(void)
{
    log_error(
        "cluster",
        "validators with a third of the stake or more have lost what they "
        "voted, so the others are no quorum and the network stands. If it "
        "stays so, all operators agree on the newest final block and "
        "start with the same --restart-from SLOT:HASH");
}

/* ---- health ---- */

/* Who is not connected, and why as far as it is known. */
static void list_missing(const struct cluster *cluster, struct buffer *out)
{
    const uint16_t count = (uint16_t)validator_set_count(cluster->set);

    for (uint16_t i = 0; i < count; i++) {
        struct replica_peer_view peer;
        replica_peer_view(cluster->replica, i, &peer);
        if (i == cluster->self || peer.is_up)
            continue;
        if (out->size > 800) {
            buffer_text(out, " and others");
            break;
        }
        const char *trouble = peer_host_trouble(cluster->host, i);
        buffer_format(out, " %u (%s%s%s)", i,
                      PUBKEY_TEXT(identity_of(cluster, i)),
                      *trouble ? ": " : "", trouble);
    }
}

static void say_no_quorum(struct cluster *cluster,
                          const struct replica_health *health)
{
    struct cluster_said *said = &cluster->said;
    struct buffer missing = {0};

    list_missing(cluster, &missing);
    if (said->has_quorum || !said->missing ||
        strcmp(said->missing, buffer_string(&missing)) != 0)
        log_warn("cluster",
                 "no quorum: validators with %" PRIu64 " of %" PRIu64
                 " roe of stake are connected; waiting for%s",
                 health->up_stake, validator_set_stake(cluster->set),
                 buffer_string(&missing));
    free(said->missing);
    said->missing = mem_text(buffer_string(&missing));
    said->quorum_ms = clock_monotonic_ms();
    buffer_free(&missing);
}

/* Why somebody is missing is often known only after some tries: then it is said
 * once more. */
static void say_quorum(struct cluster *cluster,
                       const struct replica_health *health)
{
    struct cluster_said *said = &cluster->said;

    if (health->has_quorum && !said->has_quorum)
        log_info("cluster",
                 "validators with more than two thirds of the stake are "
                 "connected");
    if (!health->has_quorum &&
        (said->has_quorum ||
         clock_monotonic_ms() >= said->quorum_ms + QUORUM_SAID_MS))
        say_no_quorum(cluster, health);
    said->has_quorum = health->has_quorum;
}

static void say_clock(struct cluster *cluster,
                      const struct replica_health *health)
{
    bool is_wrong = llabs(health->clock_ms) > CLOCK_WRONG_MS;

    if (is_wrong == cluster->said.is_clock_wrong)
        return;
    cluster->said.is_clock_wrong = is_wrong;
    if (is_wrong)
        log_warn("cluster",
                 "this machine's clock is %.1f s %s the other validators': its "
                 "blocks may get no votes. Let it follow a time server",
                 (double)llabs(health->clock_ms) / 1000,
                 health->clock_ms > 0 ? "behind" : "ahead of");
    else
        log_info("cluster", "this machine's clock agrees with the others'");
}

static void say_behind(struct cluster *cluster,
                       const struct replica_health *health)
{
    bool is_too_far = health->behind_slots > REPLICA_SLOTS_AHEAD_MAX;
    bool is_behind = health->behind_slots > BEHIND_SLOTS;

    if (is_too_far && !cluster->said.is_too_far)
        log_error("cluster",
                  "%" PRIu64 " slots behind the others, who keep %d for those "
                  "who fetch them: stop this validator and begin again from "
                  "a snapshot of one of them (pond snapshot restore)",
                  health->behind_slots, REPLICA_SLOTS_AHEAD_MAX);
    else if (is_behind && !cluster->said.is_behind)
        log_info("cluster",
                 "%" PRIu64 " slots behind the others: fetching blocks",
                 health->behind_slots);
    if (!is_behind && cluster->said.is_behind)
        log_info("cluster", "has caught up with the others");
    cluster->said.is_too_far = is_too_far;
    cluster->said.is_behind = is_behind;
}

/* Its first vote is two windows after the one in which it was sure. */
static void say_votes_again(struct cluster *cluster)
{
    struct consensus_status status;

    replica_status(cluster->replica, &status);
    if (cluster->said.has_forgotten && !status.has_forgotten)
        log_info("cluster",
                 "votes again: enough others have shown what it can't have "
                 "voted");
    cluster->said.has_forgotten = status.has_forgotten;
}

/* Of strangers nothing is said one by one: who means harm would fill the log.
 */
static void say_strangers(struct cluster *cluster)
{
    struct peer_counters now, *before = &cluster->said.peers;
    uint64_t now_ms = clock_monotonic_ms();

    if (cluster->said.strangers_ms &&
        now_ms < cluster->said.strangers_ms + STRANGERS_SAID_MS)
        return;
    peer_host_counters(cluster->host, &now);
    uint64_t refused = now.refused_limit + now.refused_banned -
                       before->refused_limit - before->refused_banned;
    uint64_t failed = now.handshakes_failed - before->handshakes_failed;
    uint64_t cut = now.cut_flood + now.cut_slow + now.cut_wrong -
                   before->cut_flood - before->cut_slow - before->cut_wrong;
    if (refused + failed + cut < STRANGERS_SAID)
        return;
    log_warn("cluster",
             "many connections that others made: %" PRIu64 " were refused, "
             "%" PRIu64 " did not get through the handshake, %" PRIu64
             " were cut off. A firewall that lets the other validators in and "
             "few else would save the work",
             refused, failed, cut);
    *before = now;
    cluster->said.strangers_ms = now_ms;
}

/* ---- the view ---- */

static void show_validators(struct cluster *cluster)
{
    const struct genesis *genesis =
        ledger_genesis(cluster->options.execution.ledger);

    for (uint16_t i = 0; i < genesis->validator_count; i++) {
        struct replica_peer_view peer;
        struct consensus_status own;
        struct cluster_validator shown =
            cluster_validator_of(&genesis->validators[i]);
        replica_peer_view(cluster->replica, i, &peer);
        replica_status(cluster->replica, &own);
        cluster_contacts_show(cluster, i, &shown);
        shown.is_connected = i == cluster->self || peer.is_up;
        if (peer.has_status)
            shown.root_slot = peer.status.consensus.root_slot;
        if (i == cluster->self)
            shown.root_slot = own.root_slot;
        cluster_view_set_validator(cluster->options.view, i, &shown);
    }
}

static struct cluster_counters counters_of(const struct cluster *cluster)
{
    struct cluster_counters counters = {.transactions_forwarded =
                                            cluster->forwarding.count};
    struct peer_counters peers;

    replica_counters(cluster->replica, &counters.replica);
    peer_host_counters(cluster->host, &peers);
    counters.connections_refused = peers.refused_limit + peers.refused_banned;
    counters.handshakes_failed = peers.handshakes_failed;
    counters.cut_flood = peers.cut_flood;
    counters.cut_slow = peers.cut_slow;
    counters.cut_wrong = peers.cut_wrong;
    return counters;
}

static void show_state(struct cluster *cluster,
                       const struct replica_health *health)
{
    struct consensus_status status;

    replica_status(cluster->replica, &status);
    struct cluster_state state = {
        .has_self = true,
        .self = cluster->self,
        .certified_slot = status.certified > status.root_slot
                              ? status.certified
                              : status.root_slot,
        .final_ms = cluster->final_ms,
        .counters = counters_of(cluster),
    };
    if (health->behind_slots &&
        status.root_slot + health->behind_slots > state.certified_slot)
        state.certified_slot = status.root_slot + health->behind_slots;
    snprintf(state.halt, sizeof(state.halt), "%s", cluster->halt);
    cluster_view_set_state(cluster->options.view, &state);
}

void cluster_watch(struct cluster *cluster)
{
    struct replica_health health;

    replica_health(cluster->replica, &health);
    say_quorum(cluster, &health);
    say_clock(cluster, &health);
    say_behind(cluster, &health);
    say_votes_again(cluster);
    say_strangers(cluster);
    show_validators(cluster);
    show_state(cluster, &health);
}
