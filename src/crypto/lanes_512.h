/*
 * Eight 64-bit numbers that are computed with side by side: AVX-512 (F, DQ).
 * See lanes_256.h, which says what each function does.
 *
 * Two things are other than there. A mask is a number in a register of its own,
 * a bit a lane, and no vector. And three-operand logic is one instruction.
 *
 * AVX-512 F and DQ are all that is asked for, so that the same file serves the
 * implementations with IFMA and without; BW, VBMI and the like would make a few
 * functions shorter and leave processors out.
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

static inline lanes lanes_load_bytes(const uint8_t bytes[8 * LANES])
{
    return _mm512_loadu_si512(bytes);
}

static inline void lanes_store_bytes(uint8_t bytes[8 * LANES], lanes a)
{
    _mm512_storeu_si512(bytes, a);
}

static inline lanes lanes_of(uint64_t number)
{
    return _mm512_set1_epi64((long long)number);
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

/* The last argument of _mm512_ternarylogic_epi64() has the result for each of
 * the eight values that three bits can have, a's being the uppermost: 0x96 is 1
 * where an odd number of them is, 0xca is a ? b : c, 0xe8 where two are. */
static inline lanes lanes_xor_3(lanes a, lanes b, lanes c)
{
    return _mm512_ternarylogic_epi64(a, b, c, 0x96);
}

static inline lanes lanes_choose(lanes bits, lanes yes, lanes no)
{
    return _mm512_ternarylogic_epi64(bits, yes, no, 0xca);
}

static inline lanes lanes_majority(lanes a, lanes b, lanes c)
{
    return _mm512_ternarylogic_epi64(a, b, c, 0xe8);
}

#define lanes_shift_right(a, bits) _mm512_srli_epi64(a, bits)
#define lanes_shift_left(a, bits) _mm512_slli_epi64(a, bits)
#define lanes_rotate_right(a, bits) _mm512_ror_epi64(a, bits)

/* The count lies in the lower 64 bits of a short register. */
static inline lanes lanes_shift_right_by(lanes a, unsigned bits)
{
    return _mm512_srl_epi64(a, _mm_cvtsi32_si128((int)bits));
}

/* A shuffle of bytes would need AVX-512 BW: the bytes of each half are swapped
 * by two rotations of it, of which each moves every other byte to its place. */
static inline lanes lanes_swap_bytes(lanes a)
{
    const lanes even_bytes = lanes_of(UINT64_C(0x00ff00ff00ff00ff));
    lanes halves = lanes_choose(even_bytes, _mm512_rol_epi32(a, 8),
                                _mm512_ror_epi32(a, 8));
    return lanes_rotate_right(halves, 32);
}

/* Two by two, then four by four, then the halves. Every step is one instruction
 * for each of the eight registers, 24 in all. */
static inline void lanes_transpose(lanes numbers[LANES])
{
    /* pairs[i] has the even lanes of two numbers, pairs[i + 1] the odd ones. */
    lanes pairs[LANES], fours[LANES];
#pragma GCC unroll 8
    for (unsigned i = 0; i < LANES; i += 2) {
        pairs[i] = _mm512_unpacklo_epi64(numbers[i], numbers[i + 1]);
        pairs[i + 1] = _mm512_unpackhi_epi64(numbers[i], numbers[i + 1]);
    }
#pragma GCC unroll 8
    for (unsigned i = 0; i < LANES; i++) {
        /* fours[i % 2] has lanes 0 and 4 of four numbers, or 1 and 5, ... */
        unsigned from = i / 4 * 4 + i % 2;
        lanes low = pairs[from], high = pairs[from + 2];
        fours[i] = i % 4 < 2 ? _mm512_shuffle_i64x2(low, high, 0x88)
                             : _mm512_shuffle_i64x2(low, high, 0xdd);
    }
#pragma GCC unroll 8
    for (unsigned i = 0; i < LANES / 2; i++) {
        numbers[i] = _mm512_shuffle_i64x2(fours[i], fours[i + 4], 0x88);
        numbers[i + 4] = _mm512_shuffle_i64x2(fours[i], fours[i + 4], 0xdd);
    }
}

static inline lanes lanes_multiply_32(lanes a, lanes b)
{
    return _mm512_mul_epu32(a, b);
}

static inline lanes_mask lanes_equal(lanes a, lanes b)
{
    return _mm512_cmpeq_epi64_mask(a, b);
}

static inline lanes_mask lanes_above(lanes a, lanes b)
{
    return _mm512_cmpgt_epi64_mask(a, b);
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
