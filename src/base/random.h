/*
 * Random numbers from a seed, for jitter, samples and simulation: the same
 * seed gives the same numbers on every machine (xoshiro256**, seeded through
 * splitmix64; Blackman and Vigna, 2018). Never for keys: those come from
 * crypto/.
 */
#ifndef POND_BASE_RANDOM_H
#define POND_BASE_RANDOM_H

#include <stdint.h>

struct random {
    /* Never all zero. A copy of it gives the same sequence. */
    uint64_t state[4];
};

/* Any seed will do, 0 too. */
struct random random_make(uint64_t seed);
/* Uniform over all 64 bits; what random_below() is made of, and simulations
 * draw from. */
uint64_t random_u64(struct random *random);

/* Uniform in 0 … bound-1; bound ≥ 1. */
uint64_t random_below(struct random *random, uint64_t bound);

/* 64 bits from the operating system, unforeseeable from outside. May wait for
 * entropy while the machine boots. */
uint64_t random_seed(void);

#endif
