#include "node/task/task_standing.h"

/* The first that applies, in the order of what an operator must know first. */
const char *task_standing_name(const struct task_standing *standing)
{
    if (standing->is_known && !standing->is_active)
        return "BLACKLISTED";
    if (standing->has_failed)
        return "ERROR";
    if (standing->is_known && standing->bounty < standing->bounty_per_round)
        return "COMPLETE";
    if (standing->proofs >= 3)
        return "ACTIVE";
    return standing->proofs ? "WARMING_UP" : "PRE_SUBMISSION";
}
