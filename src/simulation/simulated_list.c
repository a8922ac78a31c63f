/*
 * Distribution lists and payouts. Every node computes a list; two submitters
 * and those who cheat with it send theirs, as LISTS_WANTED of node/task has it;
 * all others compare. What a payout gave and took is read from the chain.
 */
#include "base/check.h"
#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "simulation/simulated_network_parts.h"

#include <inttypes.h>
#include <stdlib.h>

/* Honest submitters that send a list. */
#define LISTS_WANTED 2

/* Rounds whose lists are due: two rounds of the clock after the work, and later
 * if a payout failed. */
static bool is_due(const struct simulated_round *round, uint64_t now)
{
    return round->is_open && round->round + 2 <= now;
}

/* ---- making ---- */

static int by_key(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct pubkey));
}

static int64_t tally(struct simulated_votes votes)
{
    return votes.is_accused ? (int64_t)votes.in_favour - votes.against : 1;
}

/* A submitter as distribution() sees it. */
struct submitter {
    struct pubkey key; /* first: the order */
    unsigned at;
};

static size_t submitters_of(const struct simulated_network *network,
                            const struct simulated_round *round,
                            struct submitter *out)
{
    size_t count = 0;

    for (unsigned i = 0; i < network->count; i++) {
        if (!round->shares[i].submission)
            continue;
        out[count].key = *simulated_chain_key(network->chain, i);
        out[count++].at = i;
    }
    qsort(out, count, sizeof(*out), by_key);
    return count;
}

static uint64_t bounty_of(const struct simulated_network *network)
{
    uint64_t left = simulated_chain_bounty(network->chain);
    uint64_t round = network->options->deployment->bounty_per_round_roe;

    return round < left ? round : left;
}

/* In ascending order of keys, as the chain gives them. */
static bool distribution_arguments(struct simulated_node *node,
                                   struct buffer *out)
{
    const struct simulated_network *network = node->network;
    uint64_t round = network->call.round;
    struct submitter submitters[SIMULATION_NODES_MAX];
    struct json_writer writer = json_writer_make(out);
    size_t count = submitters_of(network, &network->rounds[round], submitters);

    json_open_array(&writer);
    json_open_array(&writer);
    for (size_t i = 0; i < count; i++) {
        unsigned at = submitters[i].at;

        json_open_object(&writer);
        json_field_text(&writer, "publicKey", PUBKEY_TEXT(&submitters[i].key));
        json_field_i64(
            &writer, "votes",
            tally(simulated_chain_votes(network->chain, false, at, round)));
        json_field_u64(&writer, "stake",
                       simulated_chain_purse(network->chain, at).stake);
        json_close_object(&writer);
    }
    json_close_array(&writer);
    json_write_u64(&writer, bounty_of(network));
    json_write_u64(&writer, round);
    json_close_array(&writer);
    return true;
}

/* The whole bounty for its sender. */
static char *greedy_list(const struct simulated_node *node)
{
    const struct pubkey *key =
        simulated_chain_key(node->network->chain, node->at);

    return mem_format("{\"%s\":%" PRIu64 "}", PUBKEY_TEXT(key),
                      bounty_of(node->network));
}

static bool is_same(const char *first, const char *second)
{
    struct json_object *a = NULL, *b = NULL;
    bool is_equal = !json_parse(bytes_text(first), &a) &&
                    !json_parse(bytes_text(second), &b) &&
                    json_object_equal(a, b);

    json_object_put(a);
    json_object_put(b);
    return is_equal;
}

/* Honest nodes that compute different lists accuse each other. */
static void keep_lists(struct simulated_network *network,
                       struct simulated_round *round)
{
    const struct simulated_node *first = NULL;

    for (unsigned i = 0; i < network->count; i++) {
        struct simulated_node *node = &network->nodes[i];
        struct simulated_share *share = &round->shares[i];

        free(share->list);
        share->has_list = false;
        share->list =
            node->json && *node->json == '{' ? mem_text(node->json) : NULL;
        if (node->cheat == SIMULATION_LIST) {
            free(share->list);
            share->list = greedy_list(node);
        } else if (!first && share->list) {
            first = node;
        } else if (first && share->list &&
                   !is_same(round->shares[first->at].list, share->list)) {
            simulated_fault(network, round->round, node,
                            "distribution() on node %u gives %s, and %s on "
                            "node %u",
                            node->world.node, share->list,
                            round->shares[first->at].list, first->world.node);
        }
    }
}

/* ---- sending ---- */

static void send_list(struct simulated_network *network,
                      struct simulated_round *round, unsigned at)
{
    struct simulated_share *share = &round->shares[at];

    if (!share->submission || !share->list || share->has_list)
        return;
    if (simulated_chain_list(network->chain, at, round->round,
                             bytes_text(share->list)))
        simulated_refusal(network, round->round, &network->nodes[at],
                          "the list");
    else
        share->has_list = true;
}

/* The turn goes on with the round, and with every attempt. */
static void send_all(struct simulated_network *network,
                     struct simulated_round *round)
{
    unsigned honest = 0;

    for (unsigned i = 0; i < network->count; i++) {
        if (network->nodes[i].cheat == SIMULATION_LIST)
            send_list(network, round, i);
    }
    for (unsigned i = 0; i < network->count && honest < LISTS_WANTED; i++) {
        unsigned at =
            (unsigned)((round->round + round->attempts + i) % network->count);

        if (network->nodes[at].cheat == SIMULATION_LIST)
            continue;
        send_list(network, round, at);
        honest += round->shares[at].has_list;
    }
}

static void close_round(struct simulated_network *network,
                        struct simulated_round *round);

int simulated_lists_send(struct simulated_network *network, uint64_t now)
{
    int status = 0;

    for (uint64_t i = 0; i < network->options->rounds && !status; i++) {
        struct simulated_round *round = &network->rounds[i];
        struct submitter submitters[SIMULATION_NODES_MAX];

        if (!is_due(round, now))
            continue;
        if (!submitters_of(network, round, submitters)) {
            simulated_fault(network, i, NULL,
                            "nobody has submitted anything: submission() must "
                            "return a text of at most 512 bytes");
            close_round(network, round);
            continue;
        }
        status = simulated_call(network, "distribution", i, 0,
                                distribution_arguments);
        if (!status)
            status = simulated_check_calls(network);
        if (!status) {
            keep_lists(network, round);
            send_all(network, round);
        }
    }
    return status;
}

/* ---- comparing ---- */

void simulated_lists_audit(struct simulated_network *network, uint64_t now)
{
    for (uint64_t i = 0; i < network->options->rounds; i++) {
        const struct simulated_round *round = &network->rounds[i];

        for (unsigned sender = 0; sender < network->count && is_due(round, now);
             sender++) {
            enum simulated_verdict verdicts[SIMULATION_NODES_MAX] = {0};

            if (!round->shares[sender].has_list)
                continue;
            CHECK(round->shares[sender].list);
            for (unsigned n = 0; n < network->count; n++) {
                if (n == sender || !round->shares[n].list)
                    continue;
                bool is_right =
                    is_same(round->shares[n].list, round->shares[sender].list);
                verdicts[n] =
                    simulated_told(&network->nodes[n],
                                   is_right ? VERDICT_TRUE : VERDICT_FALSE);
            }
            simulated_vote(network, i, true, sender, verdicts);
        }
    }
}

/* ---- paying ---- */

/* At the end of a task there is less than a round's share, which may be too
 * little for anybody. */
static bool is_bounty_whole(const struct simulated_network *network)
{
    uint64_t round = network->options->deployment->bounty_per_round_roe;

    return round && bounty_of(network) == round;
}

/* Whatever honest nodes lose while they are the greater part is the task's
 * doing. */
static void judge(struct simulated_network *network,
                  const struct simulated_round *round)
{
    unsigned honest = 0;
    uint64_t earned = 0;

    for (unsigned i = 0; i < network->count; i++) {
        honest += network->nodes[i].cheat == SIMULATION_HONEST;
        earned += round->shares[i].reward;
    }
    for (unsigned i = 0; i < network->count && 2 * honest > network->count;
         i++) {
        const struct simulated_node *node = &network->nodes[i];

        if (node->cheat == SIMULATION_HONEST && round->shares[i].lost)
            simulated_fault(network, round->round, node,
                            "node %u is honest and loses %" PRIu64 " %s",
                            node->world.node, round->shares[i].lost,
                            simulation_unit(network->options));
    }
    if (!round->is_paid)
        simulated_fault(network, round->round, NULL, "it was not paid");
    else if (!earned && is_bounty_whole(network))
        simulated_fault(network, round->round, NULL,
                        "distribution() gives nothing to anybody");
}

static void close_round(struct simulated_network *network,
                        struct simulated_round *round)
{
    struct simulation_work works[SIMULATION_NODES_MAX];
    const struct simulation_round shown = {.round = round->round,
                                           .is_paid = round->is_paid,
                                           .failed = round->attempts,
                                           .works = works,
                                           .count = network->count};

    round->is_open = false;
    network->paid += round->is_paid;
    for (unsigned i = 0; i < network->count; i++) {
        const struct simulated_share *share = &round->shares[i];
        struct simulated_votes votes =
            simulated_chain_votes(network->chain, false, i, round->round);
        struct simulated_votes list =
            simulated_chain_votes(network->chain, true, i, round->round);

        works[i] = (struct simulation_work){
            .node = i + 1,
            .cheat = network->nodes[i].cheat,
            .submission = share->submission,
            .is_accused = votes.is_accused,
            .votes_for = votes.in_favour,
            .votes_against = votes.against,
            .has_list = share->has_list,
            .is_list_accused = list.is_accused,
            .list_for = list.in_favour,
            .list_against = list.against,
            .reward = share->reward,
            .lost = share->lost,
            .stake = simulated_chain_purse(network->chain, i).stake};
    }
    if (network->events->round)
        network->events->round(network->user, &shown);
    /* Where nothing was submitted that is all there is to say. */
    for (unsigned i = 0; i < network->count; i++) {
        if (round->shares[i].submission) {
            judge(network, round);
            break;
        }
    }
}

/* What changed between two looks at the purses. */
static void note_sums(struct simulated_network *network,
                      struct simulated_round *round,
                      const struct simulated_purse *before)
{
    for (unsigned i = 0; i < network->count; i++) {
        struct simulated_purse after = simulated_chain_purse(network->chain, i);

        round->shares[i].reward += after.claimable - before[i].claimable;
        round->shares[i].lost += before[i].stake - after.stake;
    }
}

static void pay(struct simulated_network *network,
                struct simulated_round *round)
{
    struct simulated_purse before[SIMULATION_NODES_MAX];
    struct task_row row = {.kind = TASK_ROW_ROUND, .round = round->round};

    for (unsigned i = 0; i < network->count; i++)
        before[i] = simulated_chain_purse(network->chain, i);
    if (simulated_chain_payout(network->chain, round->round)) {
        simulated_fault(network, round->round, NULL, "the payout: %s",
                        err_text());
        err_clear();
        close_round(network, round);
        return;
    }
    CHECK(simulated_chain_find(network->chain, &row));
    note_sums(network, round, before);
    round->is_paid = row.status.record == TASK_RECORD_SUCCESSFUL;
    round->attempts = row.status.attempts;
    if (round->is_paid ||
        round->attempts >
            network->options->deployment->allowed_failed_distributions)
        close_round(network, round);
}

void simulated_payouts(struct simulated_network *network, uint64_t now)
{
    for (uint64_t i = 0; i < network->options->rounds; i++) {
        if (is_due(&network->rounds[i], now))
            pay(network, &network->rounds[i]);
    }
}
