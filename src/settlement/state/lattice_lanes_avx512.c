/* AVX512: vectors of 512 bits. Compiled with such instructions (meson.build).
 */
#define LANES 16
#include "settlement/state/lattice_stream.h"

const struct lattice_lanes lattice_lanes_avx512 = {
    .name = "avx512", .add = add, .subtract = subtract, .finish = finish};
