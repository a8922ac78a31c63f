/*
 * Nanoseconds since the clock's zero fit 64 bits for five centuries; nothing
 * here runs over. clock_gettime() can't fail for these two clocks, so a failure
 * is a check and no error to pass on.
 */
#include "base/clock.h"

#include "base/check.h"

#include <stdio.h>
#include <time.h>

/* Thread: any. A vDSO call on Linux, not a system call: cheap enough for every
 * message. */
static uint64_t read_ns(clockid_t which)
{
    struct timespec now;
    CHECK(clock_gettime(which, &now) == 0);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

uint64_t clock_monotonic_ns(void)
{
    return read_ns(CLOCK_MONOTONIC);
}

uint64_t clock_monotonic_ms(void)
{
    return clock_monotonic_ns() / 1000000u;
}

uint64_t clock_unix_ms(void)
{
    return read_ns(CLOCK_REALTIME) / 1000000u;
}

/* The last moment that has a year of four digits. */
#define TEXT_MS_MAX 253402300799999u

const char *clock_text(uint64_t unix_ms, char out[CLOCK_TEXT_SIZE])
{
    if (unix_ms > TEXT_MS_MAX)
        unix_ms = TEXT_MS_MAX;
    time_t seconds = (time_t)(unix_ms / 1000);
    struct tm utc;
    gmtime_r(&seconds, &utc);
    size_t size = strftime(out, CLOCK_TEXT_SIZE, "%Y-%m-%dT%H:%M:%S", &utc);
    snprintf(out + size, CLOCK_TEXT_SIZE - size, ".%03uZ",
             (unsigned)(unix_ms % 1000));
    return out;
}
