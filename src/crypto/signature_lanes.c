/*
 * Which implementation runs where. This file is apart from the implementations,
 * because those are compiled with instructions that the processor may not have.
 *
 * Each call asks anew. That is cheap, because libgcc fills a table when the
 * program starts, and a call is for a batch. libgcc asks the system as well as
 * the processor: wide registers that the kernel does not save count as absent.
 *
 * The fastest is first, so 0 is the one to use. Tests go through all that the
 * processor can run. Intel's servers before Ice Lake have AVX-512 without IFMA.
 */
#include "crypto/signature_lanes.h"

#ifdef __x86_64__

extern const struct signature_lanes signature_lanes_ifma;
extern const struct signature_lanes signature_lanes_avx512;
extern const struct signature_lanes signature_lanes_avx2;

/* n counts down at each that there is; an implementation that is not there
 * takes no number. */
const struct signature_lanes *signature_lanes_nth(unsigned n)
{
    bool has_512 =
        __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq");
    if (has_512 && __builtin_cpu_supports("avx512ifma") && n-- == 0)
        return &signature_lanes_ifma;
    if (has_512 && n-- == 0)
        return &signature_lanes_avx512;
    if (__builtin_cpu_supports("avx2") && n-- == 0)
        return &signature_lanes_avx2;
    return NULL;
}

#else

const struct signature_lanes *signature_lanes_nth(unsigned n)
{
    return NULL;
}

#endif
