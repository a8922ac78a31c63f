/*
 * Chooses the implementation. This file is apart from the implementations
 * because those are compiled with instructions that the processor may not have.
 */
#include "settlement/state/lattice_lanes.h"

#ifdef __x86_64__

extern const struct lattice_lanes lattice_lanes_avx512;
extern const struct lattice_lanes lattice_lanes_avx2;

const struct lattice_lanes *lattice_lanes_nth(unsigned n)
{
    if (__builtin_cpu_supports("avx512f") &&
        __builtin_cpu_supports("avx512bw") && n-- == 0)
        return &lattice_lanes_avx512;
    if (__builtin_cpu_supports("avx2") && n-- == 0)
        return &lattice_lanes_avx2;
    return NULL;
}

#else

const struct lattice_lanes *lattice_lanes_nth(unsigned n)
{
    return NULL;
}

#endif
