#include "runtime/wire/cpu_share.h"

struct cpu_share cpu_share_make(uint32_t percent, uint64_t now_ms)
{
    return (struct cpu_share){.percent = percent,
                              .left_us = CPU_SHARE_BURST_MS * 1000,
                              .look_ms = now_ms};
}

/* What was used without a limit is owed to nobody. */
void cpu_share_change(struct cpu_share *share, uint32_t percent,
                      uint64_t now_ms, uint64_t used_ms)
{
    if (share->percent) {
        (void)cpu_share_look(share, now_ms, used_ms);
    } else {
        *share = cpu_share_make(percent, now_ms);
        share->used_ms = used_ms;
    }
    share->percent = percent;
}

bool cpu_share_look(struct cpu_share *share, uint64_t now_ms, uint64_t used_ms)
{
    uint64_t used = used_ms > share->used_ms ? used_ms - share->used_ms : 0;
    if (!share->percent)
        return false;
    /* A hundredth of a ms is 10 µs. */
    share->left_us +=
        (int64_t)((now_ms - share->look_ms) * share->percent * 10) -
        (int64_t)(used * 1000);
    if (share->left_us > CPU_SHARE_BURST_MS * 1000)
        share->left_us = CPU_SHARE_BURST_MS * 1000;
    share->used_ms = used_ms;
    share->look_ms = now_ms;
    return share->left_us < 0;
}
