/* AVX2: vectors of 256 bits. Compiled with such instructions (meson.build). */
#define LANES 8
#include "settlement/state/lattice_stream.h"

const struct lattice_lanes lattice_lanes_avx2 = {
    .name = "avx2", .add = add, .subtract = subtract, .finish = finish};
