#include "settlement/bank/block_execute.h"
#include "base/error.h"
#include "settlement/format/compute_budget.h"
#include <inttypes.h>

static uint64_t units_of_several(uint64_t slot_ms)
{
    uint64_t units = slot_ms * BLOCK_COST_PER_MS;
    return units > 2 * COMPUTE_UNIT_LIMIT_MAX ? units
                                              : 2 * COMPUTE_UNIT_LIMIT_MAX;
}

uint64_t block_execute_units_max(const struct genesis *genesis)
{
    return genesis->validator_count == 1
               ? compute_budget_block_units(genesis->slot_ms)
               : units_of_several(genesis->slot_ms);
}

struct block_execution block_execute_begin(struct bank *bank,
                                           const struct genesis *genesis)
{
    return (struct block_execution){.bank = bank,
                                    .units_max =
                                        block_execute_units_max(genesis),
                                    .is_costed = genesis->validator_count > 1,
                                    .messages_max = BANK_MESSAGES_MAX,
                                    .messages = bank_message_count(bank)};
}

static uint64_t cost_of(uint64_t signatures, uint64_t bytes)
{
    return BLOCK_COST_SIGNATURE * signatures + bytes / BLOCK_COST_BYTES;
}

uint64_t block_execute_cost(const struct bank_info *info, size_t bytes)
{
    return info->compute_units + cost_of(info->signature_count, bytes);
}

static uint64_t used(const struct block_execution *execution)
{
    return bank_info(execution->bank)->compute_units + execution->cost;
}

/* What a transaction uses is known when it has been executed. Each of its
 * signatures takes its bytes. */
bool block_execute_has_room(const struct block_execution *execution)
{
    uint64_t most =
        COMPUTE_UNIT_LIMIT_MAX +
        (execution->is_costed
             ? cost_of(TRANSACTION_SIZE_MAX / sizeof(struct signature),
                       TRANSACTION_SIZE_MAX)
             : 0);
    return used(execution) + most <= execution->units_max &&
           execution->messages < execution->messages_max;
}

bool block_execute_next(struct block_execution *execution,
                        const struct transaction *transaction, unsigned want,
                        struct arena *arena, struct bank_result *result)
{
    bank_execute(execution->bank, transaction, want, arena, result);
    if (!result->recorded)
        return false;
    /* Each of them adds its message, and none adds another's. */
    execution->messages++;
    if (execution->is_costed)
        execution->cost +=
            cost_of(transaction->signature_count, transaction->wire.size);
    return true;
}

/* It was in the block, so it must be recorded; whether it succeeded is in the
 * state hash. */
int block_execute_made(struct block_execution *execution,
                       const struct transaction *transaction, unsigned want,
                       struct arena *arena, struct bank_result *result)
{
    if (block_execute_next(execution, transaction, want, arena, result))
        return block_execute_check(execution);
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
    if (used(execution) > execution->units_max)
        return err_set(ERR_CORRUPT,
                       "block %" PRIu64 " uses %" PRIu64
                       " compute units, and %" PRIu64 " are allowed",
                       info->slot, used(execution), execution->units_max);
    if (execution->messages > execution->messages_max)
        return err_set(ERR_CORRUPT,
                       "with block %" PRIu64 " there are %" PRIu64
                       " recent messages, and %" PRIu64 " are allowed",
                       info->slot, execution->messages,
                       execution->messages_max);
    return 0;
}

int block_execute(struct bank *bank, const struct transaction *transactions,
                  size_t count, const struct genesis *genesis)
{
    struct block_execution execution = block_execute_begin(bank, genesis);
    return execute_all(&execution, transactions, count);
}
