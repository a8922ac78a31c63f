/*
 * The two clocks of the machine, read only at the edges: the state machines
 * take time as an argument.
 */
#ifndef POND_BASE_CLOCK_H
#define POND_BASE_CLOCK_H

#include <stdint.h>

/* Milliseconds (nanoseconds) of a clock that never goes back. */
uint64_t clock_monotonic_ms(void);
uint64_t clock_monotonic_ns(void);

/* Unix time in milliseconds. */
uint64_t clock_unix_ms(void);

#endif
