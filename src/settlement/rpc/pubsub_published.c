/*
 * From what has moved to the blocks that subscribers are told of.
 *
 * A level's new tip is most often the next block; it may be several blocks
 * later, and on another fork. Then the blocks above the newest common one are
 * told in their order, and the subscribers of accounts that the lost blocks
 * touched learn what those are now.
 *
 * Levels come in the order in which a block reaches them.
 */
#include "settlement/rpc/pubsub_internal.h"

#include "base/check.h"
#include "base/error.h"
#include "base/log.h"

static const struct bank_info *tip_of(const struct ledger_branch *branch)
{
    return bank_info(branch->bank);
}

/* How many of a branch's blocks, from its lowest on, are on another as well, or
 * below it. */
static size_t common_count(const struct ledger_branch *branch,
                           const struct ledger_branch *other)
{
    size_t count = branch->count;
    while (count > 0) {
        const struct executed_block *block = branch->blocks[count - 1];
        uint64_t slot = bank_info(block->bank)->slot;
        if (slot <= tip_of(other)->slot &&
            ledger_branch_has(other, slot, &block->hash))
            break;
        count--;
    }
    return count;
}

static bool wants_accounts(const struct pubsub *pubsub, enum ledger_level level)
{
    return pubsub->counts[SUBSCRIPTION_ACCOUNT][level] ||
           pubsub->counts[SUBSCRIPTION_PROGRAM][level];
}

/* All accounts are read through one view. A block without transactions changes
 * no account's row. */
static void notify_accounts(struct pubsub *pubsub, enum ledger_level level,
                            const struct ledger_branch *before,
                            const struct ledger_branch *branch)
{
    size_t kept = common_count(before, branch);
    size_t told = common_count(branch, before);
    bool has_changes = false;
    for (size_t i = kept; i < before->count; i++)
        has_changes |= bank_info(before->blocks[i]->bank)->signature_count > 0;
    for (size_t i = told; i < branch->count; i++)
        has_changes |= bank_info(branch->blocks[i]->bank)->signature_count > 0;
    if (!has_changes || !wants_accounts(pubsub, level))
        return;
    struct ledger_view *view;
    if (ledger_view_open(pubsub->options.ledger, level, &view)) {
        log_error("pubsub", "subscribers learn nothing of block %llu: %s",
                  (unsigned long long)tip_of(branch)->slot, err_text());
        return;
    }
    for (size_t i = kept; i < before->count; i++)
        pubsub_notify_accounts(pubsub, level, view, before->blocks[i],
                               tip_of(branch)->slot, true);
    for (size_t i = told; i < branch->count; i++)
        pubsub_notify_accounts(pubsub, level, view, branch->blocks[i],
                               bank_info(branch->blocks[i]->bank)->slot, false);
    ledger_view_close(view);
}

static void notify_level(struct pubsub *pubsub, enum ledger_level level,
                         const struct ledger_news *news)
{
    struct ledger_branch *branch = news->branch, *before = pubsub->shown[level];
    bool is_final = news->levels & 1u << LEDGER_FINALIZED;
    struct pubsub_block shown = {
        .level = level,
        .view = ledger_view_open_branch(pubsub->options.ledger, branch)};
    for (size_t i = common_count(branch, before); i < branch->count; i++) {
        shown.block = branch->blocks[i];
        shown.info = bank_info(shown.block->bank);
        shown.root = is_final ? shown.info->slot
                              : tip_of(pubsub->shown[LEDGER_FINALIZED])->slot;
        pubsub_notify_slots(pubsub, &shown);
        pubsub_notify_blocks(pubsub, &shown);
        pubsub_notify_records(pubsub, &shown);
    }
    ledger_view_close(shown.view);
    notify_accounts(pubsub, level, before, branch);
    pubsub->shown[level] = ledger_branch_retain(branch);
    ledger_branch_release(before);
}

void pubsub_notify_news(struct pubsub *pubsub, const struct ledger_news *news)
{
    for (int level = 0; level < LEDGER_LEVELS; level++)
        if (news->levels & 1u << level)
            notify_level(pubsub, (enum ledger_level)level, news);
}
