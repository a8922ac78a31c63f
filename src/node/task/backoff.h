/*
 * How long to wait before what ended is begun again: min(2^(n+1) s, 5 min)
 * after its n-th end in a row, n from 0; the count begins anew once it has gone
 * well for five hours (as Koii's node does it for a task that ended). Pure:
 * times are arguments, in milliseconds of a clock that does not go back.
 *
 * Three things wait so: a worker that ended (runner_worker.h), a start without
 * code or worker (runner_loader.h) and a stake that was refused (task_money.h).
 * The last two fail at once, so they end when they begin, and cut the pause
 * shorter themselves.
 */
#ifndef POND_NODE_TASK_BACKOFF_H
#define POND_NODE_TASK_BACKOFF_H

#include <stdint.h>

/* Both are those of Koii's node. */
#define BACKOFF_MAX_MS 300000         /* 5 min */
#define BACKOFF_STABLE_MS 18000000ull /* 5 h */

/* Zero is what has not ended yet. Belongs to one thread. */
struct backoff {
    uint32_t ends; /* in a row */
};

/* What began at started_ms has ended; returns how long to wait before it is
 * begun again, in ms. At most BACKOFF_MAX_MS. ended_ms is not before started_ms
 * (CHECKed). */
uint64_t backoff_next_ms(struct backoff *backoff, uint64_t started_ms,
                         uint64_t ended_ms);

#endif
