/*
 * xoshiro256** by David Blackman and Sebastiano Vigna ("Scrambled linear
 * pseudorandom number generators", ACM TOMS 47, 2021), written from its
 * definition. Four words of state, a period of 2^256 - 1, and the same numbers
 * everywhere: a simulation that fails is repeated from its seed, on another
 * machine and years later.
 *
 * An observer of some outputs can compute the others. Numbers that an outsider
 * must not foresee come from random_seed() or from crypto/.
 */
#include "base/random.h"

#include "base/check.h"

#include <sys/random.h>

/* The generator its authors advise for filling the state: neighbouring seeds
 * (0, 1, 2 …) give unrelated states, and never all zeros, the one state xoshiro
 * can't leave. */
static uint64_t splitmix64(uint64_t *state)
{
    uint64_t z = (*state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

struct random random_make(uint64_t seed)
{
    struct random random;
    for (int i = 0; i < 4; i++)
        random.state[i] = splitmix64(&seed);
    return random;
}

/* count in 1 … 63: shifting by 64 is undefined. */
static uint64_t rotate_left(uint64_t value, int count)
{
    return value << count | value >> (64 - count);
}

uint64_t random_u64(struct random *random)
{
    uint64_t *s = random->state;
    /* The constants 5, 7, 9, 17 and 45 are the algorithm's. */
    uint64_t result = rotate_left(s[1] * 5, 7) * 9;
    uint64_t t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate_left(s[3], 45);
    return result;
}

uint64_t random_below(struct random *random, uint64_t bound)
{
    CHECK(bound > 0);
    /* -bound is 2^64 - bound, which has the same rest as 2^64. Drop that many
     * of the lowest values, so that the rest divides evenly; a plain % would
     * prefer small numbers. Drawn again less than once on average. */
    uint64_t least = -bound % bound;
    uint64_t value;
    do {
        value = random_u64(random);
    } while (value < least);
    return value % bound;
}

uint64_t random_seed(void)
{
    uint64_t seed;
    /* Can't fail for so few bytes once the machine has booted; a seed that was
     * guessable would be worse than no process. */
    CHECK(getrandom(&seed, sizeof(seed), 0) == (ssize_t)sizeof(seed));
    return seed;
}
