#include "settlement/ledger/executed_block.h"

#include "base/check.h"
#include "base/memory.h"
#include "settlement/ledger/recent.h"
#include <stdlib.h>

struct executed_block *executed_block_new(void)
{
    struct executed_block *block = mem_zero(1, sizeof(*block));
    atomic_init(&block->references, 1);
    return block;
}

struct executed_block *executed_block_retain(struct executed_block *block)
{
    atomic_fetch_add_explicit(&block->references, 1, memory_order_relaxed);
    return block;
}

/* The layers are freed with the last reference to the bank, which a view or the
 * executor may hold. A loop and not a recursion because a line of blocks that
 * wait for the disk may be long. */
void executed_block_release(struct executed_block *block)
{
    while (block) {
        if (atomic_fetch_sub_explicit(&block->references, 1,
                                      memory_order_acq_rel) != 1)
            return;
        struct executed_block *parent = block->parent;
        bank_release(block->bank);
        buffer_free(&block->data);
        ledger_records_free(&block->records);
        recent_index_free(atomic_load(&block->signatures));
        recent_index_free(atomic_load(&block->addresses));
        free(block);
        block = parent;
    }
}

bool executed_block_is_shared(const struct executed_block *block)
{
    return atomic_load_explicit(&block->references, memory_order_acquire) != 1;
}

bool executed_block_reuse(struct executed_block *block)
{
    CHECK(!executed_block_is_shared(block));
    if (block->data.size < block->data.capacity / 2)
        return false;
    struct buffer data = block->data;
    struct ledger_records records = block->records;
    buffer_clear(&data);
    ledger_records_clear(&records);
    bank_release(block->bank);
    executed_block_release(block->parent);
    recent_index_free(atomic_load(&block->signatures));
    recent_index_free(atomic_load(&block->addresses));
    *block = (struct executed_block){.data = data, .records = records};
    atomic_init(&block->references, 1);
    return true;
}

size_t executed_block_used_bytes(const struct executed_block *block)
{
    return block->data.size + block->records.rows.size +
           block->records.items.size +
           state_layer_used_bytes(bank_layer(block->bank));
}

bool executed_block_waits_for_disk(const struct executed_block *block)
{
    const struct bank_info *info = bank_info(block->bank);
    return ledger_records_count(&block->records) > 0 ||
           info->slot != info->parent_slot + 1;
}
