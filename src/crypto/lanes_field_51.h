/*
 * The field of integers modulo p = 2^255 - 19, an element a lane, in five limbs
 * of 51 bits: for processors that multiply 52 bits by 52 (AVX-512 IFMA), which
 * give the lower and the upper 52 bits of a product by two instructions.
 *
 * Invariant: limb 0 is below 2^51 + 2^15 and the others below 2^51, so that all
 * are operands that the multiplier takes whole, and the others also twice
 * themselves. What lanes_field_26.h calls loose and tight is one here; sums of
 * elements are carried at once, sums of products when they are complete.
 *
 * Why 51 bits and not 52: p has 255, which five limbs of 51 are exactly, so
 * that what goes over the top counts 19 and no power of two besides. And a bit
 * to spare lets an operand be doubled.
 *
 * Sums of products, in units of 2^51: a single one has less than 249, a sum of
 * two 498, a difference 249 + 256, and the largest that is ever settled, twice
 * a product and a difference (point_double()), 3 x 249 + 256 = 1,003. 2^61 is
 * 1,024.
 */
#ifndef POND_CRYPTO_LANES_FIELD_51_H
#define POND_CRYPTO_LANES_FIELD_51_H

#define FIELD_LIMBS 5

struct field {
    lanes limb[FIELD_LIMBS];
};

/* What multiplications give before it is carried, and sums of that. A single
 * product has limbs below 2^59. A sum is carried once, and not each product in
 * it. */
struct product {
    lanes limb[FIELD_LIMBS];
};

/* All limbs are alike here; lanes_edwards.h asks for each because of the other
 * field. */
static inline unsigned field_limb_bits(unsigned i)
{
    (void)i;
    return 51;
}

static inline unsigned field_limb_offset(unsigned i)
{
    return 51 * i;
}

/* sum + the lower (the upper) 52 bits of a x b. Both take the lower 52 bits of
 * a and b alone, which is why an operand has to be below 2^52; sum has all 64.
 */
static inline lanes field_low(lanes sum, lanes a, lanes b)
{
    return _mm512_madd52lo_epu64(sum, a, b);
}

static inline lanes field_high(lanes sum, lanes a, lanes b)
{
    return _mm512_madd52hi_epu64(sum, a, b);
}

/* ---- Products ---- */

/* Limbs below 2^61 to an element: each hands on to the next in turn, so that
 * all but the first have no bit above their 51. Carries are 2^10 at most, since
 * a limb and a carry are below 2^61 + 2^11. What comes around is added to limb
 * 0 and not carried again: 19 x 2^10 and a little is below 2^15, the room that
 * the invariant leaves. */
static inline void product_settle(struct field *out, const struct product *a)
{
    const lanes mask = lanes_of((UINT64_C(1) << 51) - 1);
    lanes sum = a->limb[0];
#pragma GCC unroll 5
    for (unsigned i = 0; i < FIELD_LIMBS; i++) {
        lanes carry = lanes_shift_right(sum, 51);
        out->limb[i] = lanes_and(sum, mask);
        if (i + 1 < FIELD_LIMBS)
            sum = lanes_add(a->limb[i + 1], carry);
        else
            out->limb[0] = field_low(out->limb[0], carry, lanes_of(19));
    }
}

static inline void product_add(struct product *out, const struct product *a,
                               const struct product *b)
{
#pragma GCC unroll 5
    for (unsigned i = 0; i < FIELD_LIMBS; i++)
        out->limb[i] = lanes_add(a->limb[i], b->limb[i]);
}

/* b is a single product. 256p is added so that no limb gets below zero. Its
 * limbs are 256 x (2^51 - 1), limb 0 256 x (2^51 - 19), each more than the 249
 * x 2^51 that b has at most. */
static inline void product_subtract(struct product *out,
                                    const struct product *a,
                                    const struct product *b)
{
#pragma GCC unroll 5
    for (unsigned i = 0; i < FIELD_LIMBS; i++) {
        uint64_t all_ones = (UINT64_C(1) << 51) - 1;
        lanes multiple_of_p = lanes_of(256 * (i ? all_ones : all_ones - 18));
        out->limb[i] =
            lanes_subtract(lanes_add(a->limb[i], multiple_of_p), b->limb[i]);
    }
}

/* 2a, with limbs below 2^53: a product with a z of 1. */
static inline void product_of_twice(struct product *out, const struct field *a)
{
#pragma GCC unroll 5
    for (unsigned i = 0; i < FIELD_LIMBS; i++)
        out->limb[i] = lanes_add(a->limb[i], a->limb[i]);
}

/* What the limbs from 5 on, which count 19 times, and halves of the others add
 * up to: 19u + 2h is 9u + h twice, and u. That is a shift and four additions a
 * limb. */
static inline void product_fold(struct product *out,
                                const lanes upper[FIELD_LIMBS],
                                const lanes halves[FIELD_LIMBS])
{
#pragma GCC unroll 5
    for (unsigned i = 0; i < FIELD_LIMBS; i++) {
        lanes nine = lanes_add(lanes_shift_left(upper[i], 3), upper[i]);
        lanes half = lanes_add(nine, halves[i]);
        out->limb[i] = lanes_add(lanes_add(half, half), upper[i]);
    }
}

/* Limb i counts 2^51i. The upper half of a product counts 2^52, which is twice
 * one limb further up. So the upper halves are summed first, then the lower
 * ones of the limbs from 5 on, and on top of both, folded, the lower ones of
 * the others. Limb 0 gets the most: a lower half, which is 2^52 at most, and 19
 * times four lower halves and five upper ones: less than 249 x 2^51. out may
 * not be one of the operands: its type says so. */
static inline void product_of(struct product *out, const struct field *a,
                              const struct field *b)
{
    lanes halves[FIELD_LIMBS], upper[FIELD_LIMBS];
#pragma GCC unroll 5
    for (unsigned i = 0; i < FIELD_LIMBS; i++)
        halves[i] = upper[i] = lanes_of(0);
#pragma GCC unroll 5
    for (unsigned i = 0; i < FIELD_LIMBS; i++)
#pragma GCC unroll 5
        for (unsigned k = 0; k < FIELD_LIMBS; k++) {
            unsigned to = i + k + 1;
            lanes *sum = to < 5 ? &halves[to] : &upper[to - 5];
            *sum = field_high(*sum, a->limb[i], b->limb[k]);
        }
#pragma GCC unroll 5
    for (unsigned i = 0; i < FIELD_LIMBS; i++)
        upper[i] = lanes_add(upper[i], upper[i]);
#pragma GCC unroll 5
    for (unsigned i = 1; i < FIELD_LIMBS; i++)
#pragma GCC unroll 5
        for (unsigned k = 5 - i; k < FIELD_LIMBS; k++)
            upper[i + k - 5] =
                field_low(upper[i + k - 5], a->limb[i], b->limb[k]);
    product_fold(out, upper, halves);
#pragma GCC unroll 5
    for (unsigned i = 0; i < FIELD_LIMBS; i++)
#pragma GCC unroll 5
        for (unsigned k = 0; k < 5 - i; k++)
            out->limb[i + k] =
                field_low(out->limb[i + k], a->limb[i], b->limb[k]);
}

/* As a x a, with each pair of different limbs taken once, times two: the second
 * is never limb 0, so that it has room to be doubled. */
static inline void product_of_square(struct product *out, const struct field *a)
{
    lanes halves[FIELD_LIMBS], upper[FIELD_LIMBS], twice[FIELD_LIMBS];
#pragma GCC unroll 5
    for (unsigned i = 0; i < FIELD_LIMBS; i++) {
        halves[i] = upper[i] = lanes_of(0);
        twice[i] = lanes_add(a->limb[i], a->limb[i]);
    }
#pragma GCC unroll 5
    for (unsigned i = 0; i < FIELD_LIMBS; i++)
#pragma GCC unroll 5
        for (unsigned k = i; k < FIELD_LIMBS; k++) {
            unsigned to = i + k + 1;
            lanes *sum = to < 5 ? &halves[to] : &upper[to - 5];
            *sum = field_high(*sum, a->limb[i], i == k ? a->limb[k] : twice[k]);
        }
#pragma GCC unroll 5
    for (unsigned i = 0; i < FIELD_LIMBS; i++)
        upper[i] = lanes_add(upper[i], upper[i]);
#pragma GCC unroll 5
    for (unsigned i = 1; i < FIELD_LIMBS; i++)
#pragma GCC unroll 5
        for (unsigned k = i > 5 - i ? i : 5 - i; k < FIELD_LIMBS; k++)
            upper[i + k - 5] = field_low(upper[i + k - 5], a->limb[i],
                                         i == k ? a->limb[k] : twice[k]);
    product_fold(out, upper, halves);
#pragma GCC unroll 3
    for (unsigned i = 0; i < 3; i++)
#pragma GCC unroll 5
        for (unsigned k = i; k < 5 - i; k++)
            out->limb[i + k] = field_low(out->limb[i + k], a->limb[i],
                                         i == k ? a->limb[k] : twice[k]);
}

/* ---- Elements ---- */

static inline void field_add(struct field *out, const struct field *a,
                             const struct field *b)
{
    struct product sum;
#pragma GCC unroll 5
    for (unsigned i = 0; i < FIELD_LIMBS; i++)
        sum.limb[i] = lanes_add(a->limb[i], b->limb[i]);
    product_settle(out, &sum);
}

/* 2p is added so that no limb gets below zero. A limb of b is below 2^51 +
 * 2^15, and of 2p at least 2^52 - 38. */
static inline void field_subtract(struct field *out, const struct field *a,
                                  const struct field *b)
{
    struct product difference;
#pragma GCC unroll 5
    for (unsigned i = 0; i < FIELD_LIMBS; i++) {
        uint64_t all_ones = (UINT64_C(1) << 51) - 1;
        lanes twice_p = lanes_of(2 * (i ? all_ones : all_ones - 18));
        difference.limb[i] =
            lanes_subtract(lanes_add(a->limb[i], twice_p), b->limb[i]);
    }
    product_settle(out, &difference);
}

static void field_multiply(struct field *out, const struct field *a,
                           const struct field *b)
{
    struct product product;
    product_of(&product, a, b);
    product_settle(out, &product);
}

static void field_square(struct field *out, const struct field *a)
{
    struct product product;
    product_of_square(&product, a);
    product_settle(out, &product);
}

#endif
