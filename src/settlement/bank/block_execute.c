#include "settlement/bank/block_execute.h"
#include "base/error.h"
#include "settlement/format/compute_budget.h"
#include <inttypes.h>

struct block_execution block_execute_begin(struct bank *bank, uint64_t slot_ms)
{
    return (struct block_execution){.bank = bank,
                                    .units_max =
                                        compute_budget_block_units(slot_ms),
                                    .messages_max = BANK_MESSAGES_MAX,
                                    .messages = bank_message_count(bank)};
}

/* What a transaction uses is known when it has been executed. */
bool block_execute_has_room(const struct block_execution *execution)
{
    uint64_t used = bank_info(execution->bank)->compute_units;
    return used + COMPUTE_UNIT_LIMIT_MAX <= execution->units_max &&
           execution->messages < execution->messages_max;
}

bool block_execute_next(struct block_execution *execution,
                        const struct transaction *transaction, unsigned want,
                        struct arena *arena, struct bank_result *result)
{
    bank_execute(execution->bank, transaction, want, arena, result);
    /* Each of them adds its message, and none adds another's. */
    execution->messages += result->recorded;
    return result->recorded;
}

/* It was in the block, so it must be recorded; whether it succeeded is in the
 * state hash. */
int block_execute_made(struct block_execution *execution,
                       const struct transaction *transaction, unsigned want,
                       struct arena *arena, struct bank_result *result)
{
    if (block_execute_next(execution, transaction, want, arena, result))
        return 0;
    return err_set(ERR_CORRUPT,
                   "a transaction of block %" PRIu64 " can't be executed: %s",
                   bank_info(execution->bank)->slot,
                   transaction_error_name(result->status.error));
}

/* Without balances and logs, which nobody asks for here. */
static int execute_all(struct block_execution *execution,
                       const struct transaction *transactions, size_t count)
{
    struct arena arena = {0};
    int status = 0;
    for (size_t i = 0; !status && i < count; i++) {
        struct bank_result result = {0};
        status =
            block_execute_made(execution, &transactions[i], 0, &arena, &result);
        arena_reset(&arena);
    }
    arena_free(&arena);
    return status;
}

int block_execute_check(const struct block_execution *execution)
{
    const struct bank_info *info = bank_info(execution->bank);
    if (info->compute_units > execution->units_max)
        return err_set(ERR_CORRUPT,
                       "block %" PRIu64 " uses %" PRIu64
                       " compute units, and %" PRIu64 " are allowed",
                       info->slot, info->compute_units, execution->units_max);
    if (execution->messages > execution->messages_max)
        return err_set(ERR_CORRUPT,
                       "with block %" PRIu64 " there are %" PRIu64
                       " recent messages, and %" PRIu64 " are allowed",
                       info->slot, execution->messages,
                       execution->messages_max);
    return 0;
}

int block_execute(struct bank *bank, const struct transaction *transactions,
                  size_t count, uint64_t slot_ms)
{
    struct block_execution execution = block_execute_begin(bank, slot_ms);
    int status = execute_all(&execution, transactions, count);
    return status ? status : block_execute_check(&execution);
}
