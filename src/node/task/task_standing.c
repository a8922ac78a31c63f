#include "node/task/task_standing.h"

#include "node/task/backoff.h"

/* Ends of a worker in a row after which it is not by chance. */
#define ENDS_MANY 3
/* After them. */
#define STEADY_MS 60000

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

/* It has begun after such an end, and a minute has not passed. One that began
 * anew for another reason, long after, is no news. */
static bool is_shaky(const struct task_run *run)
{
    return run->is_running && run->ends >= ENDS_MANY &&
           run->age_ms < STEADY_MS &&
           run->end_age_ms < BACKOFF_MAX_MS + STEADY_MS;
}

bool task_run_is_trouble(const struct task_run *run)
{
    return run->has_failed || is_shaky(run) ||
           (run->is_backing_off && run->ends >= ENDS_MANY);
}

bool task_run_is_well(const struct task_run *run)
{
    return run->is_running && !is_shaky(run);
}
