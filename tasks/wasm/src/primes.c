/*
 * Counts primes: the work of the task "wasm". Compiled to WebAssembly without
 * any library; what is exported is all that JavaScript sees.
 */
#include <stdbool.h>
#include <stdint.h>

#define EXPORT(name) __attribute__((export_name(name)))

/* The widest range, in numbers. The sieve takes a byte of memory for each. */
#define RANGE_MAX 1000000u

static bool is_composite[RANGE_MAX];
static uint32_t largest;

/* The first multiple of prime in the range that is not prime itself. */
static uint64_t first_multiple(uint32_t prime, uint32_t from)
{
    uint64_t square = (uint64_t)prime * prime;
    uint64_t above = ((uint64_t)from + prime - 1) / prime * prime;
    return above > square ? above : square;
}

/* How many primes there are in [from, to). UINT32_MAX if the range is wider
 * than RANGE_MAX or runs backwards. */
EXPORT("count_primes")
uint32_t count_primes(uint32_t from, uint32_t to)
{
    uint32_t count = 0;
    largest = 0;
    if (to < from || to - from > RANGE_MAX)
        return UINT32_MAX;
    for (uint32_t i = 0; i < to - from; i++)
        is_composite[i] = from + i < 2;
    for (uint32_t factor = 2; (uint64_t)factor * factor < to; factor++)
        for (uint64_t at = first_multiple(factor, from); at < to; at += factor)
            is_composite[at - from] = true;
    for (uint32_t i = 0; i < to - from; i++)
        if (!is_composite[i]) {
            count++;
            largest = from + i;
        }
    return count;
}

/* The largest prime of the last range, or 0. */
EXPORT("largest_prime")
uint32_t largest_prime(void)
{
    return largest;
}
