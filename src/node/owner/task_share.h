/*
 * What all tasks of a node may take together, shared out among those that are
 * at work. Pure; times are arguments.
 *
 * Processor time: each task has a limit, and the limits come to what all may
 * take. A task that needs less than an equal part is left what it uses and a
 * little more, and the others share the rest; so who sleeps holds nobody back,
 * and gets its part back within two looks.
 *
 * Memory can't be taken away: when all of them are above what they may take,
 * the largest rests, and comes back after a minute once there is room for what
 * it had.
 */
#ifndef POND_NODE_OWNER_TASK_SHARE_H
#define POND_NODE_OWNER_TASK_SHARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One task. The caller fills in is_at_work, used_percent and bytes before each
 * call below; the rest is theirs, and zero at first. */
struct task_share {
    bool is_at_work;       /* it has a process */
    uint32_t used_percent; /* of one processor, since the last look */
    uint64_t bytes;        /* resident */

    uint32_t cpu_percent;            /* its limit, of one processor; 0: none */
    bool rests;                      /* for memory */
    uint64_t wanted_bytes, rests_ms; /* what it had, and since when */
};

/* percent: what all may take, of one processor; 0: no limit. Every task has a
 * limit then, at work or not, of 1 at least. */
void task_share_cpu(struct task_share *tasks, size_t count, uint32_t percent);

/* bytes: what all may take; 0: no limit, and nobody rests. One task at most is
 * put to rest, or taken back, by a call. now_ms: monotonic. */
void task_share_memory(struct task_share *tasks, size_t count, uint64_t bytes,
                       uint64_t now_ms);

#endif
