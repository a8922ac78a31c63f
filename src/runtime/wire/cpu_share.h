/*
 * A share of a processor's time, for who can only look and stop: whoever used
 * more than the share rests until the share has grown again. Pure; times are
 * arguments.
 */
#ifndef POND_RUNTIME_WIRE_CPU_SHARE_H
#define POND_RUNTIME_WIRE_CPU_SHARE_H

#include <stdbool.h>
#include <stdint.h>

/* What can be saved up: half a second of a whole processor. */
#define CPU_SHARE_BURST_MS 500

struct cpu_share {
    /* Of one processor: 100 is all of it; 0: no limit. */
    uint32_t percent;
    /* May be below zero, and then it rests. */
    int64_t left_us;
    uint64_t used_ms, look_ms;
};

struct cpu_share cpu_share_make(uint32_t percent, uint64_t now_ms);

/* Another share from now on. used_ms: as below. */
void cpu_share_change(struct cpu_share *share, uint32_t percent,
                      uint64_t now_ms, uint64_t used_ms);

/* used_ms: all time used since the beginning; less than before (a process that
 * is gone) counts as none. True: it has to rest until it is looked at again. */
bool cpu_share_look(struct cpu_share *share, uint64_t now_ms, uint64_t used_ms);

#endif
