#include "settlement/chain/executed_block.h"

#include "base/memory.h"
#include <stdlib.h>

struct executed_block *executed_block_new(void)
{
    return mem_zero(1, sizeof(struct executed_block));
}

/* The layers are freed with the last reference to the bank, which a view or the
 * producer may hold. */
void executed_block_free(struct executed_block *block)
{
    if (!block)
        return;
    bank_release(block->bank);
    buffer_free(&block->data);
    ledger_records_free(&block->records);
    free(block);
}

bool executed_block_reuse(struct executed_block *block)
{
    if (block->data.size < block->data.capacity / 2)
        return false;
    bank_release(block->bank);
    buffer_clear(&block->data);
    ledger_records_clear(&block->records);
    *block =
        (struct executed_block){.data = block->data, .records = block->records};
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
