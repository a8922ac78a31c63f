/*
 * Four 64-bit numbers that are computed with side by side: AVX2. Included by
 * files that are compiled for it only (meson.build); which processor runs them
 * is decided at run time (signature_lanes.h).
 *
 * lanes_512.h is the same for eight. What they have in common is all that the
 * field and curve arithmetic above them knows of the machine.
 *
 * Why functions and not the compiler's vector types: the products wanted here,
 * 32 bits by 32 or 52 by 52, have no operator in C. And why so few of them:
 * most are one to three instructions on either machine, and what is not needed
 * above is not here.
 *
 * All take and give whole registers, have no state and can't fail. Numbers are
 * unsigned and wrap at 2^64; who must not wrap keeps its own bounds (the
 * field's headers).
 */
#ifndef POND_CRYPTO_LANES_256_H
#define POND_CRYPTO_LANES_256_H

#include <immintrin.h>
#include <stdint.h>
#include <string.h>

#define LANES 4

typedef __m256i lanes;
typedef __m256i lanes_mask; /* all bits of a lane, or none */

/* Lane i is numbers[i]. Loads and stores need no alignment: on the processors
 * meant an aligned address is as fast either way, and callers have arrays on
 * the stack. */
static inline lanes lanes_load(const uint64_t numbers[LANES])
{
    return _mm256_loadu_si256((const __m256i *)numbers);
}

static inline void lanes_store(uint64_t numbers[LANES], lanes a)
{
    _mm256_storeu_si256((__m256i *)numbers, a);
}

static inline lanes lanes_load_bytes(const uint8_t bytes[8 * LANES])
{
    return _mm256_loadu_si256((const __m256i *)bytes);
}

static inline void lanes_store_bytes(uint8_t bytes[8 * LANES], lanes a)
{
    _mm256_storeu_si256((__m256i *)bytes, a);
}

/* The same number in each lane. */
static inline lanes lanes_of(uint64_t number)
{
    return _mm256_set1_epi64x((long long)number);
}

static inline lanes lanes_add(lanes a, lanes b)
{
    return _mm256_add_epi64(a, b);
}

static inline lanes lanes_subtract(lanes a, lanes b)
{
    return _mm256_sub_epi64(a, b);
}

static inline lanes lanes_and(lanes a, lanes b)
{
    return _mm256_and_si256(a, b);
}

static inline lanes lanes_xor_3(lanes a, lanes b, lanes c)
{
    return _mm256_xor_si256(_mm256_xor_si256(a, b), c);
}

/* SHA-512's Ch, and the bytes' swap of lanes_512.h: bits are chosen, not lanes
 * (lanes_select()). No operation of AVX2 does it at once; this form takes
 * three. The bits of yes where those of bits are 1, and of no where they are 0.
 */
static inline lanes lanes_choose(lanes bits, lanes yes, lanes no)
{
    return _mm256_xor_si256(no,
                            _mm256_and_si256(bits, _mm256_xor_si256(yes, no)));
}

/* SHA-512's Maj: the bits that two of the three have at least. */
static inline lanes lanes_majority(lanes a, lanes b, lanes c)
{
    return _mm256_or_si256(_mm256_and_si256(a, b),
                           _mm256_and_si256(c, _mm256_or_si256(a, b)));
}

/* bits must be a constant in these three, from 1 to 63: they become part of the
 * instruction. That is why they are macros. */
#define lanes_shift_right(a, bits) _mm256_srli_epi64(a, bits)
#define lanes_shift_left(a, bits) _mm256_slli_epi64(a, bits)
#define lanes_rotate_right(a, bits)                                            \
    _mm256_or_si256(_mm256_srli_epi64(a, bits),                                \
                    _mm256_slli_epi64(a, 64 - (bits)))

/* By the same number of bits in each lane, which may vary; 0 is allowed. */
static inline lanes lanes_shift_right_by(lanes a, unsigned bits)
{
    return _mm256_srl_epi64(a, _mm_cvtsi32_si128((int)bits));
}

/* The last byte of each number first: SHA-512 counts in big endian. The shuffle
 * works in each half of the register for itself, so both have the same order.
 */
static inline lanes lanes_swap_bytes(lanes a)
{
    const lanes order =
        _mm256_setr_epi8(7, 6, 5, 4, 3, 2, 1, 0, 15, 14, 13, 12, 11, 10, 9, 8,
                         7, 6, 5, 4, 3, 2, 1, 0, 15, 14, 13, 12, 11, 10, 9, 8);
    return _mm256_shuffle_epi8(a, order);
}

/* Lane i of number k becomes lane k of number i. First pairs of numbers are
 * mixed within the halves of the registers, then the halves change places. */
static inline void lanes_transpose(lanes numbers[LANES])
{
    lanes a = _mm256_unpacklo_epi64(numbers[0], numbers[1]);
    lanes b = _mm256_unpackhi_epi64(numbers[0], numbers[1]);
    lanes c = _mm256_unpacklo_epi64(numbers[2], numbers[3]);
    lanes d = _mm256_unpackhi_epi64(numbers[2], numbers[3]);
    numbers[0] = _mm256_permute2x128_si256(a, c, 0x20);
    numbers[1] = _mm256_permute2x128_si256(b, d, 0x20);
    numbers[2] = _mm256_permute2x128_si256(a, c, 0x31);
    numbers[3] = _mm256_permute2x128_si256(b, d, 0x31);
}

/* The 64-bit products of the lower 32 bits of each. The upper 32 are ignored
 * and need not be cleared. */
static inline lanes lanes_multiply_32(lanes a, lanes b)
{
    return _mm256_mul_epu32(a, b);
}

static inline lanes_mask lanes_equal(lanes a, lanes b)
{
    return _mm256_cmpeq_epi64(a, b);
}

/* The numbers are below 2^63, because AVX2 compares signed ones only. */
static inline lanes_mask lanes_above(lanes a, lanes b)
{
    return _mm256_cmpgt_epi64(a, b);
}

static inline lanes_mask lanes_mask_and(lanes_mask a, lanes_mask b)
{
    return _mm256_and_si256(a, b);
}

static inline lanes_mask lanes_mask_or(lanes_mask a, lanes_mask b)
{
    return _mm256_or_si256(a, b);
}

static inline lanes_mask lanes_mask_not(lanes_mask a)
{
    return _mm256_xor_si256(a, _mm256_set1_epi64x(-1));
}

/* Bit i is lane i's. */
static inline unsigned lanes_mask_bits(lanes_mask a)
{
    return (unsigned)_mm256_movemask_pd(_mm256_castsi256_pd(a));
}

/* The whole lane of yes where mask is set, of no where it is not. */
static inline lanes lanes_select(lanes_mask mask, lanes yes, lanes no)
{
    return _mm256_blendv_epi8(no, yes, mask);
}

#endif
