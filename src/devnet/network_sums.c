/*
 * Only paid rounds count: a list that was read and never paid moved nothing.
 * Sums are of what an endpoint says, so none of them may overflow in silence;
 * rewards are bounded by the supply, blocks' figures are checked.
 */
#include "devnet/network_sums.h"
#include "base/check.h"
#include "base/error.h"
#include "base/json.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

/* Of a minimum stake: what a list that was voted down costs, or an accusation
 * that was refuted (docs/settlement.md, "Payout"). */
#define PENALTY_DIVISOR 10

/* The figures are part of the verdict: a check that only says yes convinces
 * nobody. */
void network_sums_say(struct network_claim *claim, bool holds,
                      const char *format, ...)
{
    CHECK(claim && format);
    va_list arguments;

    claim->is_checked = true;
    claim->holds = holds;
    va_start(arguments, format);
    vsnprintf(claim->text, sizeof(claim->text), format, arguments);
    va_end(arguments);
}

/* Three arguments for KOII_FORMAT; roe is computed twice. A private network's
 * token has as many decimals. */
#define KOII(roe)                                                              \
    ((roe) / 1000000000), ((roe) % 1000000000), view->is_kpl ? "tokens" : "KOII"
#define KOII_FORMAT "%" PRIu64 ".%09" PRIu64 " %s"

/* What the list of a paid round gave a node; 0 if it was slashed. */
static uint64_t reward(const struct network_round *round, size_t node)
{
    const struct network_work *work = &round->work[node];

    return round->is_paid && work->has_reward && work->reward_roe > 0
               ? (uint64_t)work->reward_roe
               : 0;
}

/* What the list of a paid round took from a node's stake. */
static uint64_t slash(const struct network_round *round, size_t node)
{
    const struct network_work *work = &round->work[node];

    /* -INT64_MIN would not fit, so the sign is taken off in unsigned numbers.
     */
    return round->is_paid && work->has_reward && work->reward_roe < 0
               ? 0 - (uint64_t)work->reward_roe
               : 0;
}

/* In every paid round, unless the task has no bounty a round: then nobody gets
 * any. An honest node that missed one is reported and fails the check. What a
 * cheater gets is another check's affair, but is part of the round's bounty. */
void network_sums_paid(const struct network_view *view,
                       struct network_claim *claim)
{
    CHECK(view && claim);
    uint64_t rewards = 0, sum = 0, unpaid = 0, beyond = 0;
    bool has_bounty = view->bounty_per_round_roe > 0;

    for (size_t r = 0; r < view->round_count; r++) {
        const struct network_round *round = &view->rounds[r];
        uint64_t given = 0;

        for (size_t i = 0; round->is_paid && i < view->node_count; i++) {
            given += reward(round, i);
            if (view->nodes[i].is_cheater)
                continue;
            rewards += reward(round, i) > 0;
            unpaid += has_bounty && reward(round, i) == 0;
            sum += reward(round, i);
        }
        beyond += given > view->bounty_per_round_roe;
    }
    bool is_paid = has_bounty ? rewards > 0 : view->rounds_paid > 0;
    network_sums_say(claim, is_paid && unpaid == 0 && beyond == 0,
                     "%" PRIu64 " rounds paid; %" PRIu64
                     " rewards of honest nodes, " //
                     KOII_FORMAT " in all; %" PRIu64 " went without; %" PRIu64
                     " rounds gave more than their bounty",
                     view->rounds_paid, rewards, KOII(sum), unpaid, beyond);
}

/* What a cheater's rounds add up to. */
struct caught {
    uint64_t rounds, rewards, slashed_roe;
    unsigned against, in_favour; /* in the newest */
};

/* Accused, voted down and slashed must all have happened in the same round. */
static struct caught add_up(const struct network_view *view, size_t node)
{
    struct caught caught = {0};

    for (size_t r = 0; r < view->round_count; r++) {
        const struct network_round *round = &view->rounds[r];
        const struct network_work *work = &round->work[node];

        caught.rewards += reward(round, node) > 0;
        caught.slashed_roe += slash(round, node);
        if (!work->is_accused || work->votes_against <= work->votes_for ||
            !slash(round, node))
            continue;
        caught.rounds++;
        caught.against = work->votes_against;
        caught.in_favour = work->votes_for;
    }
    return caught;
}

/* A cheater may also have sent a list that was voted down, or an accusation
 * that was refuted: then some whole penalties are missing from its stake, too.
 */
void network_sums_caught(const struct network_view *view,
                         struct network_claim *claim)
{
    CHECK(view && claim);
    uint64_t penalty = view->minimum_stake_roe / PENALTY_DIVISOR;

    for (size_t i = 0; i < view->node_count; i++) {
        const struct network_node *node = &view->nodes[i];
        struct caught caught;
        uint64_t left, missing;
        bool adds_up;

        /* There is one at most. */
        if (!node->is_cheater)
            continue;
        caught = add_up(view, i);
        adds_up = caught.slashed_roe <= node->first_stake_roe &&
                  node->stake_roe <= node->first_stake_roe - caught.slashed_roe;
        left = adds_up ? node->first_stake_roe - caught.slashed_roe : 0;
        missing = adds_up ? left - node->stake_roe : 0;
        /* The last penalty takes no more than is left. */
        if (missing && node->stake_roe && (!penalty || missing % penalty))
            adds_up = false;
        network_sums_say(
            claim, caught.rounds > 0 && caught.rewards == 0 && adds_up,
            "%s was accused and voted down in %" PRIu64
            " round(s) (%u against %u); it lost " KOII_FORMAT
            " of its stake of " KOII_FORMAT ", and " KOII_FORMAT
            " for lists and accusations, and was paid %" PRIu64 " times",
            node->name, caught.rounds, caught.against, caught.in_favour,
            KOII(caught.slashed_roe), KOII(node->first_stake_roe),
            KOII(missing), caught.rewards);
        return;
    }
}

uint64_t network_sums_earned(const struct network_view *view, size_t node)
{
    CHECK(view && node < view->node_count);
    uint64_t sum = 0;

    for (size_t r = 0; r < view->round_count; r++)
        sum += reward(&view->rounds[r], node);
    return sum;
}

/* What a node claimed is its own book's word, what it earned is the chain's.
 * Both must agree to the roe, with nothing left over. */
void network_sums_claimed(const struct network_view *view,
                          struct network_claim *claim)
{
    CHECK(view && claim);
    uint64_t claimed = 0;
    bool holds = true;

    for (size_t i = 0; i < view->node_count; i++) {
        const struct network_node *node = &view->nodes[i];
        uint64_t earned = network_sums_earned(view, i);

        claimed += node->claimed_roe;
        if (!node->is_cheater &&
            (earned == 0 || node->claimed_roe != earned || node->claimable_roe))
            holds = false;
    }
    network_sums_say(claim, holds,
                     KOII_FORMAT " claimed, to the roe what was earned",
                     KOII(claimed));
}

/* The lamports of a list of balances. */
static int add_balances(struct json_object *meta, const char *name,
                        uint64_t *sum)
{
    struct json_object *list;
    int status = json_get_array(meta, name, &list);

    *sum = 0;
    for (size_t i = 0; !status && i < json_object_array_length(list); i++) {
        uint64_t balance;

        if (!json_is_u64(json_object_array_get_idx(list, i), &balance) ||
            __builtin_add_overflow(*sum, balance, sum))
            status = err_set(ERR_INVALID, "%s are not balances", name);
    }
    return status;
}

/* Its fee, and what else it took from accounts and gave to none: deleting a
 * task burns what the task does not owe. */
static int read_transaction(struct json_object *transaction, uint64_t *fee,
                            uint64_t *destroyed)
{
    struct json_object *meta;
    uint64_t before = 0, after = 0;
    int status = json_get_object(transaction, "meta", &meta);

    if (!status)
        status = json_get_u64(meta, "fee", fee);
    if (!status)
        status = add_balances(meta, "preBalances", &before);
    if (!status)
        status = add_balances(meta, "postBalances", &after);
    if (!status && (before < after || before - after < *fee))
        status = err_set(ERR_INVALID, "a transaction made coins");
    if (!status)
        *destroyed = before - after - *fee;
    return status;
}

/* Half of a block's fees is burned, and an odd roe is the leader's. Where the
 * leader's share would not leave it a living account, all of them are
 * (docs/settlement.md); the leader of a private network holds coins. */
int network_sums_block(struct json_object *block, uint64_t *burned,
                       uint64_t *transactions)
{
    CHECK(burned && transactions);
    struct json_object *list;
    uint64_t fees = 0, destroyed = 0;
    int status = json_get_array(block, "transactions", &list);

    for (size_t i = 0; !status && i < json_object_array_length(list); i++) {
        uint64_t fee, more;

        status =
            read_transaction(json_object_array_get_idx(list, i), &fee, &more);
        if (!status && (__builtin_add_overflow(fees, fee, &fees) ||
                        __builtin_add_overflow(destroyed, more, &destroyed)))
            status = err_set(ERR_INVALID, "its fees are more than there is");
        if (!status)
            (*transactions)++;
    }
    if (!status && (__builtin_add_overflow(*burned, fees / 2, burned) ||
                    __builtin_add_overflow(*burned, destroyed, burned)))
        status = err_set(ERR_INVALID, "more is burned than there is");
    return status;
}
