/*
 * Publishing: readers take the newest bank, and the headers of blocks that are
 * not on disk yet, from the writer's memory.
 */
#include "settlement/ledger/ledger_internal.h"

#include "base/check.h"
#include "base/lock.h"

/* Bank and base slot change together under the lock because a view compares
 * them. The bank before is released outside: freeing its layers may take time.
 *
 * Places of skipped slots are not cleared because a place has its own slot. */
void ledger_publish(struct ledger *ledger, struct bank *bank,
                    uint64_t base_slot)
{
    CHECK_MAGIC(ledger, LEDGER_MAGIC);
    const struct bank_info *info = bank_info(bank);
    CHECK(info->frozen);
    bank_retain(bank);
    lock_take(&ledger->lock);
    struct bank *before = ledger->newest;
    ledger->newest = bank;
    ledger->base_slot = base_slot;
    ledger->recent[info->slot % LEDGER_RECENT_MAX] = (struct ledger_header){
        .slot = info->slot,
        .parent_slot = info->parent_slot,
        .block_height = info->block_height,
        .unix_ms = info->unix_ms,
        .blockhash = info->blockhash,
        .parent_blockhash = info->parent_blockhash,
    };
    lock_give(&ledger->lock);
    bank_release(before);
}

bool ledger_recent(struct ledger *ledger, uint64_t slot,
                   struct ledger_header *out)
{
    lock_take(&ledger->lock);
    *out = ledger->recent[slot % LEDGER_RECENT_MAX];
    lock_give(&ledger->lock);
    /* Slot 0 is always on disk, so an unused place of zeros is no header. */
    return slot != 0 && out->slot == slot;
}

struct bank *ledger_newest(struct ledger *ledger)
{
    CHECK_MAGIC(ledger, LEDGER_MAGIC);
    lock_take(&ledger->lock);
    struct bank *bank = bank_retain(ledger->newest);
    lock_give(&ledger->lock);
    return bank;
}
