#include "settlement/bank/block_execute.h"
#include "base/error.h"
#include "settlement/format/compute_budget.h"
#include <inttypes.h>

/* Without balances and logs, which nobody asks for here. Each was in the block,
 * so each must be recorded; whether it succeeded is in the state hash. */
static int execute_transactions(struct bank *bank,
                                const struct transaction *transactions,
                                size_t count)
{
    struct arena arena = {0};
    int status = 0;
    for (size_t i = 0; !status && i < count; i++) {
        struct bank_result result = {0};
        bank_execute(bank, &transactions[i], 0, &arena, &result);
        if (!result.recorded)
            status = err_set(ERR_CORRUPT,
                             "a transaction of block %" PRIu64
                             " can't be executed: %s",
                             bank_info(bank)->slot,
                             transaction_error_name(result.status.error));
        arena_reset(&arena);
    }
    arena_free(&arena);
    return status;
}

/* As the producer fills blocks. */
static int check_units(const struct bank *bank, uint64_t slot_ms)
{
    const struct bank_info *info = bank_info(bank);
    uint64_t most = compute_budget_block_units(slot_ms);
    if (info->compute_units <= most)
        return 0;
    return err_set(ERR_CORRUPT,
                   "block %" PRIu64 " uses %" PRIu64
                   " compute units, and %" PRIu64 " are allowed",
                   info->slot, info->compute_units, most);
}

int block_execute(struct bank *bank, const struct transaction *transactions,
                  size_t count, uint64_t slot_ms)
{
    int status = execute_transactions(bank, transactions, count);
    return status ? status : check_units(bank, slot_ms);
}
