/*
 * The field of integers modulo p = 2^255 - 19, an element a lane, in five limbs
 * of 51 bits: for processors that multiply 52 bits by 52 (AVX-512 IFMA), which
 * give the lower and the upper 52 bits of a product by two instructions.
 *
 * Invariant: limbs are below 2^51 + 2^15, so that they are operands that the
 * multiplier takes whole. What lanes_field_26.h calls loose and tight is one
 * here; sums are carried at once.
 */
#ifndef POND_CRYPTO_LANES_FIELD_51_H
#define POND_CRYPTO_LANES_FIELD_51_H

#define FIELD_LIMBS 5

struct field {
    lanes limb[FIELD_LIMBS];
};

static inline unsigned field_limb_bits(unsigned i)
{
    (void)i;
    return 51;
}

static inline unsigned field_limb_offset(unsigned i)
{
    return 51 * i;
}

/* sum + the lower (the upper) 52 bits of a x b. */
static inline lanes field_low(lanes sum, lanes a, lanes b)
{
    return _mm512_madd52lo_epu64(sum, a, b);
}

static inline lanes field_high(lanes sum, lanes a, lanes b)
{
    return _mm512_madd52hi_epu64(sum, a, b);
}

/* Limbs below 2^60 to an element: every limb hands on at once. */
static inline void field_carry(struct field *out, const struct field *a)
{
    const lanes mask = lanes_of((UINT64_C(1) << 51) - 1);
    lanes carry[FIELD_LIMBS];
#pragma GCC unroll 5
    for (unsigned i = 0; i < FIELD_LIMBS; i++)
        carry[i] = lanes_shift_right(a->limb[i], 51);
#pragma GCC unroll 5
    for (unsigned i = 0; i < FIELD_LIMBS; i++) {
        lanes kept = lanes_and(a->limb[i], mask);
        out->limb[i] = i ? lanes_add(kept, carry[i - 1])
                         : field_low(kept, carry[4], lanes_of(19));
    }
}

static inline void field_add(struct field *out, const struct field *a,
                             const struct field *b)
{
    struct field sum;
#pragma GCC unroll 5
    for (unsigned i = 0; i < FIELD_LIMBS; i++)
        sum.limb[i] = lanes_add(a->limb[i], b->limb[i]);
    field_carry(out, &sum);
}

/* 2p is added so that no limb gets below zero. */
static inline void field_subtract(struct field *out, const struct field *a,
                                  const struct field *b)
{
    struct field difference;
#pragma GCC unroll 5
    for (unsigned i = 0; i < FIELD_LIMBS; i++) {
        uint64_t all_ones = (UINT64_C(1) << 51) - 1;
        lanes twice_p = lanes_of(2 * (i ? all_ones : all_ones - 18));
        difference.limb[i] =
            lanes_subtract(lanes_add(a->limb[i], twice_p), b->limb[i]);
    }
    field_carry(out, &difference);
}

/* low[k] counts 2^51k. high[k] is of the same products and 52 bits above them,
 * which is twice one limb further up. From limb 5 on all counts 19 times. Each
 * sum has five terms at most: below 2^55, times 19 and one: below 2^60. */
static inline void field_reduce(struct field *out, const lanes low[9],
                                const lanes high[9])
{
    lanes sums[2 * FIELD_LIMBS];
    struct field folded;
#pragma GCC unroll 10
    for (unsigned k = 0; k < 2 * FIELD_LIMBS; k++) {
        sums[k] = k < 9 ? low[k] : lanes_of(0);
        if (k > 0)
            sums[k] = lanes_add(sums[k], lanes_shift_left(high[k - 1], 1));
    }
#pragma GCC unroll 5
    for (unsigned k = 0; k < FIELD_LIMBS; k++) {
        lanes upper = sums[k + FIELD_LIMBS];
        lanes times_19 = lanes_add(lanes_add(upper, lanes_shift_left(upper, 1)),
                                   lanes_shift_left(upper, 4));
        folded.limb[k] = lanes_add(sums[k], times_19);
    }
    field_carry(out, &folded);
}

static void field_multiply(struct field *out, const struct field *a,
                           const struct field *b)
{
    lanes low[9], high[9];
#pragma GCC unroll 9
    for (unsigned k = 0; k < 9; k++)
        low[k] = high[k] = lanes_of(0);
#pragma GCC unroll 5
    for (unsigned i = 0; i < FIELD_LIMBS; i++) {
#pragma GCC unroll 5
        for (unsigned k = 0; k < FIELD_LIMBS; k++) {
            low[i + k] = field_low(low[i + k], a->limb[i], b->limb[k]);
            high[i + k] = field_high(high[i + k], a->limb[i], b->limb[k]);
        }
    }
    field_reduce(out, low, high);
}

/* Each pair of different limbs is taken once, and the sums are doubled: a
 * doubled limb would have a bit more than the multiplier takes. */
static void field_square(struct field *out, const struct field *a)
{
    lanes low[9], high[9];
#pragma GCC unroll 9
    for (unsigned k = 0; k < 9; k++)
        low[k] = high[k] = lanes_of(0);
#pragma GCC unroll 5
    for (unsigned i = 0; i < FIELD_LIMBS; i++) {
#pragma GCC unroll 5
        for (unsigned k = i + 1; k < FIELD_LIMBS; k++) {
            low[i + k] = field_low(low[i + k], a->limb[i], a->limb[k]);
            high[i + k] = field_high(high[i + k], a->limb[i], a->limb[k]);
        }
    }
#pragma GCC unroll 9
    for (unsigned k = 0; k < 9; k++) {
        low[k] = lanes_add(low[k], low[k]);
        high[k] = lanes_add(high[k], high[k]);
    }
#pragma GCC unroll 5
    for (unsigned i = 0; i < FIELD_LIMBS; i++) {
        low[2 * i] = field_low(low[2 * i], a->limb[i], a->limb[i]);
        high[2 * i] = field_high(high[2 * i], a->limb[i], a->limb[i]);
    }
    field_reduce(out, low, high);
}

#endif
