#include "node/page/guess_brake.h"

#include "base/error.h"

#include <inttypes.h>

/* Wrong attempts before the first pause, and the pauses. */
#define WRONG_FREE 5
#define PAUSE_MS_MIN 1000
#define PAUSE_MS_MAX 60000

int guess_brake_ask(const struct guess_brake *brake, uint64_t now_ms,
                    uint64_t *wait_ms)
{
    uint64_t wait = brake->until_ms > now_ms ? brake->until_ms - now_ms : 0;

    /* A clock that was set back is no reason to wait longer. */
    *wait_ms = wait > PAUSE_MS_MAX ? PAUSE_MS_MAX : wait;
    return wait ? err_set(ERR_LIMIT,
                          "too many wrong attempts: try again in %" PRIu64 " s",
                          (*wait_ms + 999) / 1000)
                : 0;
}

void guess_brake_wrong(struct guess_brake *brake, uint64_t now_ms)
{
    uint64_t pause_ms = PAUSE_MS_MIN;

    if (++brake->wrong < WRONG_FREE)
        return;
    for (unsigned i = WRONG_FREE; i < brake->wrong && pause_ms < PAUSE_MS_MAX;
         i++)
        pause_ms *= 2;
    brake->until_ms =
        now_ms + (pause_ms < PAUSE_MS_MAX ? pause_ms : PAUSE_MS_MAX);
}
