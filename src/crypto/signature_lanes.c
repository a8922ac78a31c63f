/*
 * Which implementation runs where. Apart from the implementations, for those
 * are compiled with instructions that the processor may not have.
 */
#include "crypto/signature_lanes.h"

#ifdef __x86_64__

extern const struct signature_lanes signature_lanes_ifma;
extern const struct signature_lanes signature_lanes_avx512;
extern const struct signature_lanes signature_lanes_avx2;

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
