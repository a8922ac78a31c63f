/*
 * Which implementation runs where. Apart from the implementations, for those
 * are compiled with instructions that the processor may not have.
 *
 * Asked anew at each call: the answers lie in a table that libgcc fills when
 * the program starts, and a call is for a batch. It asks the system as well as
 * the processor: wide registers that the kernel does not save count as absent.
 *
 * Fastest first, so that 0 is the one to use, and tests go through all of them
 * on a processor that has all. AVX-512 without IFMA is what Intel's servers
 * before Ice Lake have.
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
