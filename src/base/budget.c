/*
 * A counter with a limit. It has no queue, because the caller knows best
 * whether to wait, to ask for less, or to pass the error on.
 */
#include "base/budget.h"
#include "base/check.h"
#include "base/error.h"

#include <inttypes.h>

int budget_take(struct budget *budget, uint64_t bytes)
{
    if (bytes > budget_left(budget))
        return err_set(ERR_LIMIT,
                       "%s hold %" PRIu64 " bytes in memory; %" PRIu64
                       " more are over the limit of %" PRIu64
                       ": wait until some of them have ended",
                       budget->name, budget->used_bytes, bytes,
                       budget->limit_bytes);
    budget->used_bytes += bytes;
    return 0;
}

void budget_give(struct budget *budget, uint64_t bytes)
{
    CHECK(bytes <= budget->used_bytes);
    budget->used_bytes -= bytes;
}

uint64_t budget_left(const struct budget *budget)
{
    CHECK(budget->used_bytes <= budget->limit_bytes);
    return budget->limit_bytes - budget->used_bytes;
}
