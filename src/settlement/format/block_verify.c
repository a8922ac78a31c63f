#include "settlement/format/block_verify.h"
#include "base/error.h"
#include <inttypes.h>

int block_verify_ticks(const struct block *block, const struct genesis *genesis)
{
    int status =
        entries_check_ticks(block->entries, block->entry_count,
                            genesis->hashes_per_tick, genesis->ticks_per_slot);
    return status ? err_add(ERR_CORRUPT, "block %" PRIu64, block->slot) : 0;
}

int block_verify_leader(const struct block *block, struct bytes data,
                        const struct leader_schedule *schedule)
{
    const struct pubkey *leader = &leader_at(schedule, block->slot)->identity;
    if (!pubkey_equal(&block->leader, leader))
        return err_set(ERR_CORRUPT,
                       "block %" PRIu64 " is of %s, who is not its leader",
                       block->slot, PUBKEY_TEXT(&block->leader));
    if (!block_verify_signature(data, leader))
        return err_set(ERR_CORRUPT,
                       "block %" PRIu64 " is not what its leader signed",
                       block->slot);
    return 0;
}

int block_verify_entries(const struct block *block,
                         const struct hash *parent_blockhash, size_t first,
                         size_t end)
{
    for (size_t i = first; i < end; i++) {
        const struct hash *previous =
            i ? &block->entries[i - 1].hash : parent_blockhash;
        if (!entry_verify(&block->entries[i], previous))
            return err_set(ERR_CORRUPT,
                           "block %" PRIu64 ": entry %zu is not in its proof "
                           "of history",
                           block->slot, i);
    }
    return 0;
}

/* Several share the lanes of the vector unit (transaction_verify_all()). */
int block_verify_signatures(const struct block *block,
                            struct transaction *transactions, size_t first,
                            size_t count)
{
    struct arena scratch = {0};
    struct transaction **each = arena_alloc(&scratch, count * sizeof(*each));
    for (size_t i = 0; i < count; i++)
        each[i] = &transactions[i];
    transaction_verify_all(each, count);
    arena_free(&scratch);
    for (size_t i = 0; i < count; i++)
        if (!transactions[i].is_verified)
            return err_set(ERR_CORRUPT,
                           "block %" PRIu64 ": a signature of transaction %zu "
                           "does not verify",
                           block->slot, first + i);
    return 0;
}
