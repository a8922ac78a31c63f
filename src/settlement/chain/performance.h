/*
 * How fast the chain runs: slots and transactions a minute, for
 * getRecentPerformanceSamples. Kept in memory only, as Solana's clients expect
 * no more than the last hours. Thread: any.
 */
#ifndef POND_SETTLEMENT_CHAIN_PERFORMANCE_H
#define POND_SETTLEMENT_CHAIN_PERFORMANCE_H

#include <stddef.h>
#include <stdint.h>

/* Solana's PERFORMANCE_SAMPLES_LIMIT: 12 hours. */
#define PERFORMANCE_SAMPLES_MAX 720
#define PERFORMANCE_PERIOD_MS 60000

struct performance_sample {
    uint64_t slot; /* the last one in it */
    uint64_t slots;
    uint64_t transactions;
    uint64_t period_ms;
};

struct performance;
struct performance *performance_new(void);
void performance_free(struct performance *performance); /* NULL is allowed */

/* A block is final. now_ms: monotonic. transaction_count: since genesis. */
void performance_note(struct performance *performance, uint64_t slot,
                      uint64_t transaction_count, uint64_t now_ms);

/* The newest samples, newest first, at most limit; returns how many. In the
 * first minute the part that has passed counts as a sample, because task nodes
 * compute the slots' length from the samples. */
size_t performance_samples(struct performance *performance,
                           struct performance_sample *out, size_t limit);

#endif
