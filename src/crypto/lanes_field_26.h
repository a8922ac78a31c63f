/*
 * The field of integers modulo p = 2^255 - 19, an element a lane, in ten limbs
 * of 26 and 25 bits: what processors do that multiply 32 bits by 32 (AVX2,
 * AVX-512 without IFMA). The layout is that of Bernstein's "Curve25519" (2006).
 *
 * Invariants. Limb i has 26 bits where i is even and 25 where it is odd. An
 * element is
 *   tight: limbs below 2^26 + 2^17 and 2^25 + 2^17: multiplication, squaring,
 *          subtraction and field_of_bytes() make such;
 *   loose: limbs below 3 x 2^26 and 3 x 2^25 and a little: the sum of two
 *          tight ones, or of such a sum and a tight one.
 * Loose ones may be multiplied, squared, subtracted from, and nothing else.
 * With them the products below stay under 2^63, and 19 x a limb under 2^32.
 *
 * Why the products stay under 2^63. Even limbs are below 3 x 2^26 here and odd
 * ones below 3 x 2^25. Limb 0 gets the most: one product of limbs 0 (9 x 2^52),
 * and 19 times four products of even limbs (36 x 2^52) and five of odd ones,
 * which count twice (22.5 x 2^52). That makes 1,120.5 x 2^52, which is 2^62.1,
 * and the little by which limbs may be larger adds less than 1 % to it.
 *
 * And why every operand has 32 bits: 19 x 3 x 2^26 is 2^31.8; four times an odd
 * limb and twice an even one are 2^28.6.
 */
#ifndef POND_CRYPTO_LANES_FIELD_26_H
#define POND_CRYPTO_LANES_FIELD_26_H

#define FIELD_LIMBS 10

struct field {
    lanes limb[FIELD_LIMBS];
};

/* Bits of a limb, and of all limbs below it: 0, 26, 51, 77, 102, ... 230. */
static inline unsigned field_limb_bits(unsigned i)
{
    return i % 2 ? 25 : 26;
}

static inline unsigned field_limb_offset(unsigned i)
{
    return (51 * i + 1) / 2;
}

static inline lanes field_limb_mask(unsigned i)
{
    return lanes_of((1u << field_limb_bits(i)) - 1);
}

static inline lanes field_carry_of(lanes limb, unsigned i)
{
    return i % 2 ? lanes_shift_right(limb, 25) : lanes_shift_right(limb, 26);
}

/* A carry can have more than the 32 bits that a multiplication takes. 16 + 2 +
 * 1: sums of 64 bits take all of it. */
static inline lanes field_times_19(lanes a)
{
    return lanes_add(a,
                     lanes_add(lanes_shift_left(a, 1), lanes_shift_left(a, 4)));
}

/* Limbs below 2^29 to a tight element: every limb hands on at once. A carry is
 * below 2^4, and the one that comes around below 19 x 2^4, far less than the
 * 2^17 by which tight limbs may exceed their bits. Ten shifts that don't wait
 * for each other are faster than one chain through all limbs. */
static inline void field_carry(struct field *out, const struct field *a)
{
    lanes carry[FIELD_LIMBS];
#pragma GCC unroll 10
    for (unsigned i = 0; i < FIELD_LIMBS; i++)
        carry[i] = field_carry_of(a->limb[i], i);
#pragma GCC unroll 10
    for (unsigned i = 0; i < FIELD_LIMBS; i++)
        out->limb[i] = lanes_add(lanes_and(a->limb[i], field_limb_mask(i)),
                                 i ? carry[i - 1] : field_times_19(carry[9]));
}

/* Limb i hands on to the next. */
static inline void field_carry_limb(lanes limbs[FIELD_LIMBS], unsigned i)
{
    lanes carry = field_carry_of(limbs[i], i);
    limbs[i] = lanes_and(limbs[i], field_limb_mask(i));
    if (i == 9)
        limbs[0] = lanes_add(limbs[0], field_times_19(carry));
    else
        limbs[i + 1] = lanes_add(limbs[i + 1], carry);
}

/* Sums of products to a tight element, in two chains that don't wait for each
 * other; limbs 4 and 0 begin and end them, so they hand on twice. The sums are
 * below 2^63, so carries are below 2^38. At the end limbs 1 and 5 alone have
 * more than their bits: limb 5 by what limb 4 hands on the second time, which
 * is below 2^13, and limb 1 by a carry of 19 x 2^38 in limb 0, which is below
 * 2^17. */
static inline void field_carry_products(struct field *out,
                                        lanes sums[FIELD_LIMBS])
{
    field_carry_limb(sums, 0);
    field_carry_limb(sums, 4);
    field_carry_limb(sums, 1);
    field_carry_limb(sums, 5);
    field_carry_limb(sums, 2);
    field_carry_limb(sums, 6);
    field_carry_limb(sums, 3);
    field_carry_limb(sums, 7);
    field_carry_limb(sums, 4);
    field_carry_limb(sums, 8);
    field_carry_limb(sums, 9);
    field_carry_limb(sums, 0);
#pragma GCC unroll 10
    for (unsigned i = 0; i < FIELD_LIMBS; i++)
        out->limb[i] = sums[i];
}

/* Tight operands give a loose sum, and so does a sum of three tight operands. A
 * fourth is too many. Nothing counts that at run time; lanes_edwards.h keeps
 * the rule. */
static inline void field_add(struct field *out, const struct field *a,
                             const struct field *b)
{
#pragma GCC unroll 10
    for (unsigned i = 0; i < FIELD_LIMBS; i++)
        out->limb[i] = lanes_add(a->limb[i], b->limb[i]);
}

/* b is tight. 2p is added so that no limb gets below zero. Its limbs are twice
 * all ones, 2^27 - 2 and 2^26 - 2 (limb 0: 2^27 - 38), more than a tight limb
 * can have. a may be loose: at most 5 x 2^26 goes to field_carry(). The result
 * is tight. */
static inline void field_subtract(struct field *out, const struct field *a,
                                  const struct field *b)
{
    struct field difference;
#pragma GCC unroll 10
    for (unsigned i = 0; i < FIELD_LIMBS; i++) {
        uint64_t all_ones = (1u << field_limb_bits(i)) - 1;
        lanes twice_p = lanes_of(2 * (i ? all_ones : all_ones - 18));
        difference.limb[i] =
            lanes_subtract(lanes_add(a->limb[i], twice_p), b->limb[i]);
    }
    field_carry(out, &difference);
}

/* Limb i stands for 2^ceil(25.5 i), so the product of two odd limbs counts
 * twice; from 2^255 on all counts 19 times. For that the bits of two odd limbs'
 * places are one more than those of their sum's. Operands may be loose; out may
 * be one of them, because it is written at the end. */
static void field_multiply(struct field *out, const struct field *a,
                           const struct field *b)
{
    lanes sums[FIELD_LIMBS], b19[FIELD_LIMBS];
    const lanes nineteen = lanes_of(19);
#pragma GCC unroll 10
    for (unsigned i = 0; i < FIELD_LIMBS; i++) {
        sums[i] = lanes_of(0);
        b19[i] = lanes_multiply_32(b->limb[i], nineteen);
    }
#pragma GCC unroll 10
    for (unsigned i = 0; i < FIELD_LIMBS; i++) {
        lanes twice = lanes_add(a->limb[i], a->limb[i]);
#pragma GCC unroll 10
        for (unsigned k = 0; k < FIELD_LIMBS; k++) {
            unsigned to = (i + k) % FIELD_LIMBS;
            lanes left = i % 2 && k % 2 ? twice : a->limb[i];
            lanes right = i + k >= FIELD_LIMBS ? b19[k] : b->limb[k];
            sums[to] = lanes_add(sums[to], lanes_multiply_32(left, right));
        }
    }
    field_carry_products(out, sums);
}

/* As a x a, with each pair of different limbs taken once. 55 products instead
 * of 100. The factor of 2 for the pair and that for two odd limbs are put on
 * the left operand, the 19 on the right one, so that neither has more than 32
 * bits. */
static void field_square(struct field *out, const struct field *a)
{
    lanes sums[FIELD_LIMBS], a19[FIELD_LIMBS];
    const lanes nineteen = lanes_of(19);
#pragma GCC unroll 10
    for (unsigned i = 0; i < FIELD_LIMBS; i++) {
        sums[i] = lanes_of(0);
        a19[i] = lanes_multiply_32(a->limb[i], nineteen);
    }
#pragma GCC unroll 10
    for (unsigned i = 0; i < FIELD_LIMBS; i++) {
        lanes twice = lanes_add(a->limb[i], a->limb[i]);
        lanes four_times = lanes_add(twice, twice);
#pragma GCC unroll 10
        for (unsigned k = i; k < FIELD_LIMBS; k++) {
            unsigned to = (i + k) % FIELD_LIMBS;
            bool both_odd = i % 2 && k % 2;
            lanes left = i == k ? (both_odd ? twice : a->limb[i])
                                : (both_odd ? four_times : twice);
            lanes right = i + k >= FIELD_LIMBS ? a19[k] : a->limb[k];
            sums[to] = lanes_add(sums[to], lanes_multiply_32(left, right));
        }
    }
    field_carry_products(out, sums);
}

/* ---- Products ---- */

/* What lanes_field_51.h has between a product and its carries. Here a product
 * is carried at once, because its sums have no bit to spare. The functions are
 * there so that lanes_edwards.h is written once: product_add() and
 * product_subtract() have the rules of field_add() and field_subtract(). */
struct product {
    struct field whole;
};

static inline void product_settle(struct field *out, const struct product *a)
{
    *out = a->whole;
}

static inline void product_add(struct product *out, const struct product *a,
                               const struct product *b)
{
    field_add(&out->whole, &a->whole, &b->whole);
}

static inline void product_subtract(struct product *out,
                                    const struct product *a,
                                    const struct product *b)
{
    field_subtract(&out->whole, &a->whole, &b->whole);
}

static inline void product_of_twice(struct product *out, const struct field *a)
{
    field_add(&out->whole, a, a);
}

static inline void product_of(struct product *out, const struct field *a,
                              const struct field *b)
{
    field_multiply(&out->whole, a, b);
}

static inline void product_of_square(struct product *out, const struct field *a)
{
    field_square(&out->whole, a);
}

#endif
