/*
 * The two clocks of the machine, read only at the edges: the state machines
 * take time as an argument, so that tests and simulations can run them through
 * years in a second.
 *
 * The monotonic clock is for durations and timeouts: it starts anywhere, never
 * goes back, and means nothing on another machine. Unix time is for what people
 * and peers read: it may jump when the machine's clock is set, so nothing that
 * must not go back depends on it.
 */
#ifndef POND_BASE_CLOCK_H
#define POND_BASE_CLOCK_H

#include <stdint.h>

/* Milliseconds, nanoseconds of a clock that never goes back. */
uint64_t clock_monotonic_ms(void);
uint64_t clock_monotonic_ns(void);

/* Unix time in milliseconds. */
uint64_t clock_unix_ms(void);

/* Unix time as ISO 8601 in UTC with milliseconds, 2026-01-31T12:00:00.000Z:
 * texts of several machines sort together, and JavaScript writes the same. */
#define CLOCK_TEXT_SIZE 32
const char *clock_text(uint64_t unix_ms, char out[CLOCK_TEXT_SIZE]);

#endif
