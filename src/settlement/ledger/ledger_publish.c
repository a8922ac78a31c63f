/*
 * Publishing: readers take the tips of the three levels from memory.
 *
 * Only one thread publishes, so it may read the tips without the lock; readers
 * take a reference under it. A tip is a branch that never changes, so a reader
 * is done with the lock after that.
 */
#include "settlement/ledger/ledger_internal.h"

#include "base/check.h"
#include "base/lock.h"

static uint64_t slot_of(const struct ledger_branch *branch)
{
    return bank_info(branch->bank)->slot;
}

static bool descends(const struct ledger_branch *branch,
                     const struct ledger_branch *from)
{
    return slot_of(branch) >= slot_of(from) &&
           ledger_branch_has(branch, slot_of(from), &from->hash);
}

/* ledger_publish() says what is new. */
static bool is_new(const struct ledger *ledger, enum ledger_level level,
                   const struct ledger_branch *branch)
{
    for (int surer = level + 1; surer < LEDGER_LEVELS; surer++)
        if (!descends(branch, ledger->tips[surer]))
            return false;
    if (level == LEDGER_FINALIZED &&
        !descends(branch, ledger->tips[LEDGER_FINALIZED]))
        return false;
    return !descends(ledger->tips[level], branch);
}

/* The tips before are released outside of the lock: freeing their layers may
 * take time. */
static unsigned replace(struct ledger *ledger, enum ledger_level level,
                        struct ledger_branch *branch)
{
    struct ledger_branch *before[LEDGER_LEVELS] = {NULL};
    unsigned moved = 0;
    for (int at = 0; at <= (int)level; at++)
        if (!descends(ledger->tips[at], branch))
            moved |= 1u << at;
    lock_take(&ledger->lock);
    for (int at = 0; at <= (int)level; at++) {
        if (moved & 1u << at) {
            before[at] = ledger->tips[at];
            ledger->tips[at] = ledger_branch_retain(branch);
        }
    }
    lock_give(&ledger->lock);
    for (int at = 0; at < LEDGER_LEVELS; at++)
        ledger_branch_release(before[at]);
    return moved;
}

bool ledger_publish(struct ledger *ledger, enum ledger_level level,
                    struct executed_block *block, struct ledger_news *news)
{
    CHECK_MAGIC(ledger, LEDGER_MAGIC);
    CHECK(level < LEDGER_LEVELS);
    CHECK(bank_info(block->bank)->frozen);
    struct ledger_branch *branch =
        ledger_branch_make(block, atomic_load(&ledger->durable_slot));
    bool is_shown = is_new(ledger, level, branch);
    unsigned moved = is_shown ? replace(ledger, level, branch) : 0;
    if (news)
        *news = (struct ledger_news){
            moved, is_shown ? ledger_branch_retain(branch) : NULL};
    ledger_branch_release(branch);
    return is_shown;
}

void ledger_publish_tip(struct ledger *ledger, struct bank *bank)
{
    struct ledger_branch *branch =
        ledger_branch_on_disk(bank, &ledger->tip.block_hash);
    atomic_store(&ledger->durable_slot, ledger->tip.slot);
    for (int level = 0; level < LEDGER_LEVELS; level++)
        ledger->tips[level] = ledger_branch_retain(branch);
    ledger_branch_release(branch);
}

struct ledger_branch *ledger_tip_branch(struct ledger *ledger,
                                        enum ledger_level level)
{
    CHECK_MAGIC(ledger, LEDGER_MAGIC);
    CHECK(level < LEDGER_LEVELS);
    lock_take(&ledger->lock);
    struct ledger_branch *branch = ledger_branch_retain(ledger->tips[level]);
    lock_give(&ledger->lock);
    return branch;
}

struct bank *ledger_newest(struct ledger *ledger, enum ledger_level level)
{
    struct ledger_branch *branch = ledger_tip_branch(ledger, level);
    struct bank *bank = bank_retain(branch->bank);
    ledger_branch_release(branch);
    return bank;
}
