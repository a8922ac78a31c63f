/*
 * Anonymous memory, which the kernel can't drop, while a chain takes a million
 * transfers, each to a new account. Pages of LMDB's file do not count, but the
 * benchmark's own transactions do (16,000 at a time).
 *
 *   memory_million         the most after any of the parts, with slots of
 *                          400 ms, so large blocks
 *   memory_million_growth  the most in the last third, less the most in the
 *                          second, with slots of 100 ms (a new network's)
 *
 * Growth is measured with short slots because the messages of a block are
 * remembered for 150 blocks: in 15 s their number reaches its level. With slots
 * of 400 ms that takes a minute, and the number would still rise at the end.
 *
 * Takes a minute or two, so it is a part of its own: make bench ONLY=million
 *
 * Usage: bench_memory [TRANSFERS]
 */
#include "base/check.h"
#include "chain.h"
#include "measure.h"
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define TRANSFERS 1000000
#define PART 16000
#define MEMORY_AIM_MB 150
/* A page or two of malloc()'s arenas do not count as growth. */
#define GROWTH_AIM_MB 3

/* The most in each third, in MB. */
static void run(size_t total, uint64_t slot_ms, double most[3])
{
    static struct chain_load load;
    struct chain *chain = chain_open(slot_ms, 0);
    load.made = 0;
    chain_load_fund(chain, &load, 100000 * LAMPORTS_PER_KOII);
    while (load.made < total) {
        size_t left = total - (size_t)load.made;
        size_t count = left < PART ? left : PART;
        struct wires wires;
        chain_load_make(chain, &load, count, &wires);
        chain_bring(chain, &wires);
        double now_mb = measure_status_mb(getpid(), "RssAnon");
        size_t third = (size_t)(load.made - 1) * 3 / total;
        CHECK(third < 3);
        if (now_mb > most[third])
            most[third] = now_mb;
        chain_wires_free(&wires);
    }
    chain_close(chain);
}

int main(int argc, char **argv)
{
    double large[3] = {0}, small[3] = {0}, peak = 0;
    size_t total = argc > 1 ? strtoul(argv[1], NULL, 10) : TRANSFERS;
    crypto_init();
    run(total, 100, small);
    run(total, 400, large);
    for (int i = 0; i < 3; i++)
        peak = large[i] > peak ? large[i] : peak;
    measure_at_most("settlement/memory_million", peak, "MB", MEMORY_AIM_MB);
    measure_at_most("settlement/memory_million_growth", small[2] - small[1],
                    "MB", GROWTH_AIM_MB);
    return 0;
}
