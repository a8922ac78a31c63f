#include "settlement/format/block_time.h"

#include "base/check.h"

/* Rounded up. Slots and times come from blocks: the sum stops at the largest
 * number, which no block's time reaches. */
uint64_t block_time_paced(uint64_t slot_ms, uint64_t parent_slot,
                          uint64_t parent_ms, uint64_t slot)
{
    CHECK(slot > parent_slot);
    unsigned __int128 tenths =
        (unsigned __int128)(slot - parent_slot) * slot_ms * 9;
    unsigned __int128 least = parent_ms + (tenths + 9) / 10;
    return least > UINT64_MAX ? UINT64_MAX : (uint64_t)least;
}

uint64_t block_time_least(const struct genesis *genesis, uint64_t parent_slot,
                          uint64_t parent_ms, uint64_t slot)
{
    CHECK(slot > parent_slot);
    return genesis->validator_count == 1
               ? parent_ms
               : block_time_paced(genesis->slot_ms, parent_slot, parent_ms,
                                  slot);
}
