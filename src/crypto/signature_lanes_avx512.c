/* AVX-512 without IFMA: eight lanes, limbs of 26 bits. Compiled for such
 * processors only (meson.build). The order of the headers matters: each stands
 * on the one before. */
#include <stdbool.h>

#include "crypto/lanes_512.h"

#include "crypto/lanes_field_26.h"

#include "crypto/lanes_equation.h"

#include "crypto/lanes_sha512.h"

const struct signature_lanes signature_lanes_avx512 = {
    .name = "avx512", .hash = hash, .check = check};
