/*
 * What readers take from the writer's memory: the newest bank, and the headers
 * of blocks that are not on disk yet.
 */
#include "settlement/ledger/ledger_internal.h"

#include "base/check.h"
#include "base/lock.h"

/* Bank and base slot change together under the lock, for a view checks the one
 * against the other. The bank before is let go outside: it may be the last
 * reference to its layers, and freeing those takes time.
 *
 * No place is cleared for slots that were skipped: a place tells its own slot.
 */
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

/* Thread: any. A copy, since the place is used again. */
bool ledger_recent(struct ledger *ledger, uint64_t slot,
                   struct ledger_header *out)
{
    lock_take(&ledger->lock);
    *out = ledger->recent[slot % LEDGER_RECENT_MAX];
    lock_give(&ledger->lock);
    /* Slot 0 is always on disk, so the zeros of an unused place are told. */
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
