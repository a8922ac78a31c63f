/*
 * The pause after the n-th end in a row is 2^(n+1) s: 2, 4, 8 ... so that what
 * can't go on costs its node less and less, and what stumbled once is back at
 * once. Koii's node counts the same way, so operators see what they know.
 */
#include "node/task/backoff.h"

#include "base/check.h"

/* The count is looked at before it grows: the first end waits 2 s. */
uint64_t backoff_next_ms(struct backoff *backoff, uint64_t started_ms,
                         uint64_t ended_ms)
{
    uint64_t wait_ms = BACKOFF_MAX_MS;

    CHECK(ended_ms >= started_ms);
    if (ended_ms - started_ms >= BACKOFF_STABLE_MS)
        backoff->ends = 0;
    /* 2^(n+1) s passes the limit at n = 8. */
    if (backoff->ends < 8)
        wait_ms = (uint64_t)1000 << (backoff->ends + 1);
    if (backoff->ends < UINT32_MAX)
        backoff->ends++;
    return wait_ms < BACKOFF_MAX_MS ? wait_ms : BACKOFF_MAX_MS;
}
