/*
 * Eight 64-bit numbers that are computed with side by side: AVX-512 (F, DQ).
 * See lanes_256.h, which says what each function does.
 */
#ifndef POND_CRYPTO_LANES_512_H
#define POND_CRYPTO_LANES_512_H

#include <immintrin.h>
#include <stdint.h>

#define LANES 8

typedef __m512i lanes;
typedef __mmask8 lanes_mask; /* a bit a lane */

static inline lanes lanes_load(const uint64_t numbers[LANES])
{
    return _mm512_loadu_si512(numbers);
}

static inline void lanes_store(uint64_t numbers[LANES], lanes a)
{
    _mm512_storeu_si512(numbers, a);
}

static inline lanes lanes_of(uint64_t number)
{
    return _mm512_set1_epi64((long long)number);
}

static inline lanes lanes_of_bytes(const uint8_t bytes[LANES])
{
    return _mm512_cvtepu8_epi64(_mm_loadl_epi64((const __m128i *)bytes));
}

static inline lanes lanes_look_up(const uint64_t *table, lanes index)
{
    return _mm512_i64gather_epi64(index, table, 8);
}

static inline lanes lanes_add(lanes a, lanes b)
{
    return _mm512_add_epi64(a, b);
}

static inline lanes lanes_subtract(lanes a, lanes b)
{
    return _mm512_sub_epi64(a, b);
}

static inline lanes lanes_and(lanes a, lanes b)
{
    return _mm512_and_si512(a, b);
}

#define lanes_shift_right(a, bits) _mm512_srli_epi64(a, bits)
#define lanes_shift_left(a, bits) _mm512_slli_epi64(a, bits)

static inline lanes lanes_multiply_32(lanes a, lanes b)
{
    return _mm512_mul_epu32(a, b);
}

static inline lanes_mask lanes_equal(lanes a, lanes b)
{
    return _mm512_cmpeq_epi64_mask(a, b);
}

static inline lanes_mask lanes_mask_and(lanes_mask a, lanes_mask b)
{
    return a & b;
}

static inline lanes_mask lanes_mask_or(lanes_mask a, lanes_mask b)
{
    return a | b;
}

static inline lanes_mask lanes_mask_not(lanes_mask a)
{
    return (lanes_mask)~a;
}

static inline unsigned lanes_mask_bits(lanes_mask a)
{
    return a;
}

static inline lanes lanes_select(lanes_mask mask, lanes yes, lanes no)
{
    return _mm512_mask_blend_epi64(mask, no, yes);
}

#endif
