/*
 * A token bucket: so much a second, with bursts. Pure; time is an argument.
 */
#ifndef POND_RUNTIME_WIRE_RATE_H
#define POND_RUNTIME_WIRE_RATE_H

#include <stdbool.h>
#include <stdint.h>

struct rate {
    uint64_t per_s;
    uint64_t burst;
    /* Tokens left, in thousandths. */
    uint64_t thousandths;
    uint64_t last_ms;
};

/* A full bucket. burst is the most that can be taken at once. */
struct rate rate_make(uint64_t per_s, uint64_t burst, uint64_t now_ms);

/* Take amount if it is there; false, and nothing taken, if it is not. */
bool rate_take(struct rate *rate, uint64_t now_ms, uint64_t amount);

/* Take amount even if the bucket is empty afterwards; false if it was more
 * than there was: the caller should pause. */
bool rate_force(struct rate *rate, uint64_t now_ms, uint64_t amount);

#endif
