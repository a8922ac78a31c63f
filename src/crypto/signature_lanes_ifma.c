/* AVX-512 with IFMA: eight lanes, limbs of 51 bits. Compiled for such
 * processors only (meson.build). The order of the headers matters: each stands
 * on the one before. */
#include <stdbool.h>

#include "crypto/lanes_512.h"

#include "crypto/lanes_field_51.h"

#include "crypto/lanes_equation.h"

#include "crypto/lanes_sha512.h"

const struct signature_lanes signature_lanes_ifma = {
    .name = "ifma", .hash = hash, .check = check};
