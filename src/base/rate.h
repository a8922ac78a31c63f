/*
 * A token bucket: a number of tokens a second, with bursts. Pure; time is an
 * argument.
 */
#ifndef POND_BASE_RATE_H
#define POND_BASE_RATE_H

#include <stdbool.h>
#include <stdint.h>

struct rate {
    uint64_t per_s;
    uint64_t burst;
    /* What is left, in thousandths of a token. */
    uint64_t thousandths;
    uint64_t last_ms;
};

/* A full bucket. burst is the most that can be taken at once. Both numbers are
 * at least 1 (CHECKed). */
struct rate rate_make(uint64_t per_s, uint64_t burst, uint64_t now_ms);

/* Take amount tokens. False if there are fewer; then nothing is taken. */
bool rate_take(struct rate *rate, uint64_t now_ms, uint64_t amount);

/* Take amount tokens, or all if there are fewer. False if there were fewer:
 * the caller should pause. */
bool rate_force(struct rate *rate, uint64_t now_ms, uint64_t amount);

#endif
