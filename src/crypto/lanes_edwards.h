/*
 * Points of edwards25519, one a lane, over a field of lanes_field_*.h.
 *
 * Extended coordinates (X : Y : Z : T), x = X/Z, y = Y/Z, xy = T/Z, and the
 * complete formulas of Hisil, Wong, Carter and Dawson ("Twisted Edwards curves
 * revisited", 2008): they hold for all points of the curve, so that no lane
 * ever needs a branch. All here is about public values and takes no care to
 * hide them.
 *
 * What is asked of the field, in the words of lanes_field_26.h: all coordinates
 * of a point are tight, between any two calls here. Of an addend, sum and z2
 * may be loose (and difference, once it was negated). Loose ones are only
 * multiplied. In lanes_field_51.h all of that holds by itself.
 *
 * Costs, in multiplications: a doubling 8, an addition 8, one of a point with z
 * = 1 7, and each one less where t is not wanted. A doubling reads no t, so
 * only what is added to next needs one.
 */
#ifndef POND_CRYPTO_LANES_EDWARDS_H
#define POND_CRYPTO_LANES_EDWARDS_H

#include <string.h>

struct point {
    struct field x, y, z, t;
};

/* A point as an addition wants it: what would be the same for each addition is
 * done once. The opposite point has sum and difference exchanged and dt2
 * negated. Without z2 where z is 1. */
struct addend {
    struct field sum;        /* y + x; loose */
    struct field difference; /* y - x */
    struct field dt2;        /* 2dt */
    struct field z2;         /* 2z; loose */
};

/* Made once, by edwards_prepare(), and only read from then on. Each
 * implementation has its own, because limbs differ; all lanes are alike.
 * All are tight. */
static struct {
    struct field zero, one;
    struct field d, d2; /* the curve's d = -121665/121666, and 2d */
    struct field root;  /* a square root of -1 */
} edwards;

/* ---- Bytes ---- */

/* Bits of a number of 32 bytes, the least first; padded is followed by 8 zero
 * bytes, so that a read of eight never leaves it. At most 51 bits are asked for
 * and 7 are before them, so eight bytes hold them; the last read begins at byte
 * 28. */
static uint64_t bits_of(const uint8_t padded[40], unsigned offset,
                        unsigned bits)
{
    uint64_t word;
    memcpy(&word, padded + offset / 8, sizeof(word));
    return word >> offset % 8 & ((UINT64_C(1) << bits) - 1);
}

/* The lower 255 bits of 32 bytes for each lane. The sign, in bit 255, is left
 * out. Limbs have no bit above their own, so the element is tight; it may stand
 * for a number from p to 2^255 - 1. */
static void field_of_bytes(struct field *out, const uint8_t *const bytes[LANES])
{
    uint64_t limbs[FIELD_LIMBS][LANES];
    for (unsigned lane = 0; lane < LANES; lane++) {
        uint8_t padded[40] = {0};
        memcpy(padded, bytes[lane], 32);
        for (unsigned i = 0; i < FIELD_LIMBS; i++)
            limbs[i][lane] =
                bits_of(padded, field_limb_offset(i), field_limb_bits(i));
    }
    for (unsigned i = 0; i < FIELD_LIMBS; i++)
        out->limb[i] = lanes_load(limbs[i]);
}

/* The one representative below p, in whole limbs. A tight a is below 2p: it is
 * at least p exactly where a + 19 carries out of the last limb. So 19 is added
 * once more where it was, and what goes over 2^255 is dropped: that subtracts
 * p. Shifts take constants, hence the choice by limb_bits, which a compiler
 * makes when it unrolls. */
static void field_canonical(struct field *out, const struct field *a)
{
    lanes carry = lanes_of(19);
    for (unsigned i = 0; i < FIELD_LIMBS; i++) {
        lanes sum = lanes_add(a->limb[i], carry);
        carry = field_limb_bits(i) == 25   ? lanes_shift_right(sum, 25)
                : field_limb_bits(i) == 26 ? lanes_shift_right(sum, 26)
                                           : lanes_shift_right(sum, 51);
    }
    carry = lanes_multiply_32(carry, lanes_of(19));
    for (unsigned i = 0; i < FIELD_LIMBS; i++) {
        lanes sum = lanes_add(a->limb[i], carry);
        uint64_t mask = (UINT64_C(1) << field_limb_bits(i)) - 1;
        carry = field_limb_bits(i) == 25   ? lanes_shift_right(sum, 25)
                : field_limb_bits(i) == 26 ? lanes_shift_right(sum, 26)
                                           : lanes_shift_right(sum, 51);
        out->limb[i] = lanes_and(sum, lanes_of(mask));
    }
}

/* Limbs overlap in bytes but not in bits, so they are put together by or. Bit
 * 255 is 0: a canonical number has 255. */
static void field_to_bytes(uint8_t bytes[LANES][32], const struct field *a)
{
    struct field canonical;
    uint64_t limbs[FIELD_LIMBS][LANES];
    field_canonical(&canonical, a);
    for (unsigned i = 0; i < FIELD_LIMBS; i++)
        lanes_store(limbs[i], canonical.limb[i]);
    for (unsigned lane = 0; lane < LANES; lane++) {
        uint8_t padded[40] = {0};
        for (unsigned i = 0; i < FIELD_LIMBS; i++) {
            unsigned offset = field_limb_offset(i);
            uint64_t word;
            memcpy(&word, padded + offset / 8, sizeof(word));
            word |= limbs[i][lane] << offset % 8;
            memcpy(padded + offset / 8, &word, sizeof(word));
        }
        memcpy(bytes[lane], padded, 32);
    }
}

/* ---- The field, continued ---- */

/* Both are tight. The same element has many forms, so they are compared in the
 * one that is canonical. */
static lanes_mask field_equal(const struct field *a, const struct field *b)
{
    struct field left, right;
    field_canonical(&left, a);
    field_canonical(&right, b);
    lanes_mask equal = lanes_equal(left.limb[0], right.limb[0]);
    for (unsigned i = 1; i < FIELD_LIMBS; i++)
        equal = lanes_mask_and(equal, lanes_equal(left.limb[i], right.limb[i]));
    return equal;
}

/* Where the least bit of the canonical form is 1: the sign of RFC 8032. */
static lanes_mask field_is_negative(const struct field *a)
{
    struct field canonical;
    field_canonical(&canonical, a);
    return lanes_equal(lanes_and(canonical.limb[0], lanes_of(1)), lanes_of(1));
}

/* Unrolled as often as the larger of the two fields has limbs. */
static inline void field_select(struct field *out, lanes_mask mask,
                                const struct field *yes, const struct field *no)
{
#pragma GCC unroll 10
    for (unsigned i = 0; i < FIELD_LIMBS; i++)
        out->limb[i] = lanes_select(mask, yes->limb[i], no->limb[i]);
}

/* a is tight, as all that field_subtract() subtracts. */
static inline void field_negate(struct field *out, const struct field *a)
{
    field_subtract(out, &edwards.zero, a);
}

/* a^(2^times); times is at least 1. */
static void field_square_times(struct field *out, const struct field *a,
                               unsigned times)
{
    field_square(out, a);
    for (unsigned i = 1; i < times; i++)
        field_square(out, out);
}

/* z^(2^250 - 1), and z^11: both long powers below begin so. The chain is that
 * of Bernstein's "Curve25519" (2006): 249 squarings and 10 multiplications.
 * The comment at a line is the exponent of z by then. */
static void field_power_chain(struct field *out, struct field *z11,
                              const struct field *z)
{
    struct field z2, z9, a, b, c;
    field_square(&z2, z);
    field_square_times(&a, &z2, 2);
    field_multiply(&z9, &a, z);
    field_multiply(z11, &z9, &z2);
    field_square(&a, z11);
    field_multiply(&a, &a, &z9); /* 2^5 - 1 */
    field_square_times(&b, &a, 5);
    field_multiply(&a, &b, &a); /* 2^10 - 1 */
    field_square_times(&b, &a, 10);
    field_multiply(&b, &b, &a); /* 2^20 - 1 */
    field_square_times(&c, &b, 20);
    field_multiply(&b, &c, &b); /* 2^40 - 1 */
    field_square_times(&b, &b, 10);
    field_multiply(&a, &b, &a); /* 2^50 - 1 */
    field_square_times(&b, &a, 50);
    field_multiply(&b, &b, &a); /* 2^100 - 1 */
    field_square_times(&c, &b, 100);
    field_multiply(&b, &c, &b); /* 2^200 - 1 */
    field_square_times(&b, &b, 50);
    field_multiply(out, &b, &a);
}

/* z^(p - 2), by Fermat the inverse; 0 for 0. p - 2 is 2^5 (2^250 - 1) + 11. */
static void field_invert(struct field *out, const struct field *z)
{
    struct field z11, power;
    field_power_chain(&power, &z11, z);
    field_square_times(&power, &power, 5);
    field_multiply(out, &power, &z11);
}

/* z^((p - 5) / 8), from which a square root is made; the exponent is
 * 2^2 (2^250 - 1) + 1. */
static void field_power_for_root(struct field *out, const struct field *z)
{
    struct field z11, power;
    field_power_chain(&power, &z11, z);
    field_square_times(&power, &power, 2);
    field_multiply(out, &power, z);
}

/* ---- Points ---- */

static void point_identity(struct point *out)
{
    *out = (struct point){.x = edwards.zero,
                          .y = edwards.one,
                          .z = edwards.one,
                          .t = edwards.zero};
}

static void addend_of(struct addend *out, const struct point *p)
{
    field_add(&out->sum, &p->y, &p->x);
    field_subtract(&out->difference, &p->y, &p->x);
    field_add(&out->z2, &p->z, &p->z);
    field_multiply(&out->dt2, &p->t, &edwards.d2);
}

/* Where mask is set, the addend of the opposite point. */
static inline void addend_negate(struct addend *p, lanes_mask mask)
{
    struct field sum = p->sum, negated;
    field_select(&p->sum, mask, &p->difference, &sum);
    field_select(&p->difference, mask, &sum, &p->difference);
    field_negate(&negated, &p->dt2);
    field_select(&p->dt2, mask, &negated, &p->dt2);
}

/* The end of a doubling and of an addition: x = ef, y = gh, z = gf, t = eh, in
 * the names of the paper. Only a following addition wants t. Four sums are
 * settled here and nowhere before, so that each is carried once. */
static inline void point_complete(struct point *out, const struct product *e,
                                  const struct product *f,
                                  const struct product *g,
                                  const struct product *h, bool wants_t)
{
    struct field settled_e, settled_f, settled_g, settled_h;
    product_settle(&settled_e, e);
    product_settle(&settled_f, f);
    product_settle(&settled_g, g);
    product_settle(&settled_h, h);
    field_multiply(&out->x, &settled_e, &settled_f);
    field_multiply(&out->y, &settled_g, &settled_h);
    field_multiply(&out->z, &settled_g, &settled_f);
    if (wants_t)
        field_multiply(&out->t, &settled_e, &settled_h);
}

/* The paper's doubling for a = -1: 4 squarings, and 3 multiplications or 4.
 * Each of e, f, g and h is the negative of the paper's, which saves negations
 * and changes nothing: every coordinate is a product of two of them. f is the
 * sum of three, the most that is loose. */
static void point_double(struct point *p, bool wants_t)
{
    struct product xx, yy, zz, e, f, g, h;
    struct field sum;
    product_of_square(&xx, &p->x);
    product_of_square(&yy, &p->y);
    product_of_square(&zz, &p->z);
    product_add(&zz, &zz, &zz);
    field_add(&sum, &p->x, &p->y);
    product_of_square(&e, &sum);
    product_add(&h, &xx, &yy);
    product_subtract(&e, &h, &e);
    product_subtract(&g, &xx, &yy);
    product_add(&f, &zz, &g);
    point_complete(p, &e, &f, &g, &h, wants_t);
}

/* p's t is good. is_affine: q's z is 1, and its z2 is not read. The paper's
 * unified addition for a = -1. q may be p, its opposite or the identity: the
 * formulas are complete, for d is no square. */
static inline void point_add(struct point *p, const struct addend *q,
                             bool is_affine, bool wants_t)
{
    struct product a, b, c, zz, e, f, g, h;
    struct field difference, sum;
    field_subtract(&difference, &p->y, &p->x);
    product_of(&a, &q->difference, &difference);
    field_add(&sum, &p->y, &p->x);
    product_of(&b, &q->sum, &sum);
    product_of(&c, &p->t, &q->dt2);
    if (is_affine)
        product_of_twice(&zz, &p->z);
    else
        product_of(&zz, &q->z2, &p->z);
    product_subtract(&e, &b, &a);
    product_subtract(&f, &zz, &c);
    product_add(&g, &zz, &c);
    product_add(&h, &b, &a);
    point_complete(p, &e, &f, &g, &h, wants_t);
}

/* The point whose encoding (RFC 8032, 5.1.3) is given, or the identity where
 * none is; returns where one is. A y at or above p is taken modulo p, and a
 * sign with x = 0 is ignored: a strict caller checks the bytes. Both
 * branches, root or root times that of -1, are computed for all lanes and
 * chosen from. RFC 8032, 5.1.3 has the formulas. */
static lanes_mask point_of_bytes(struct point *out,
                                 const uint8_t *const bytes[LANES])
{
    struct field u, v, v3, x, check, other;
    uint64_t signs[LANES];
    field_of_bytes(&out->y, bytes);
    for (unsigned lane = 0; lane < LANES; lane++)
        signs[lane] = bytes[lane][31] >> 7;
    /* x^2 = u/v; a candidate for the root is u v^3 (u v^7)^((p-5)/8). */
    field_square(&u, &out->y);
    field_multiply(&v, &u, &edwards.d);
    field_subtract(&u, &u, &edwards.one);
    field_add(&v, &v, &edwards.one);
    field_square(&v3, &v);
    field_multiply(&v3, &v3, &v);
    field_square(&x, &v3);
    field_multiply(&x, &x, &v);
    field_multiply(&x, &x, &u);
    field_power_for_root(&x, &x);
    field_multiply(&x, &x, &v3);
    field_multiply(&x, &x, &u);
    /* v x^2 is u, or -u if the root is to be multiplied by that of -1. */
    field_square(&check, &x);
    field_multiply(&check, &check, &v);
    field_negate(&other, &u);
    lanes_mask is_root = field_equal(&check, &u);
    lanes_mask is_other = field_equal(&check, &other);
    field_multiply(&other, &x, &edwards.root);
    field_select(&x, is_root, &x, &other);
    lanes_mask is_good = lanes_mask_or(is_root, is_other);

    lanes_mask sign = lanes_equal(lanes_load(signs), lanes_of(1));
    lanes_mask negative = field_is_negative(&x);
    lanes_mask same = lanes_mask_or(
        lanes_mask_and(sign, negative),
        lanes_mask_and(lanes_mask_not(sign), lanes_mask_not(negative)));
    field_negate(&other, &x);
    field_select(&x, same, &x, &other);
    field_select(&out->x, is_good, &x, &edwards.zero);
    field_select(&out->y, is_good, &out->y, &edwards.one);
    out->z = edwards.one;
    field_multiply(&out->t, &out->x, &out->y);
    return is_good;
}

/* Constants of the curve, the least byte first (RFC 8032, 5.1). */
static void edwards_prepare(void)
{
    static const uint8_t d[32] = {
        0xa3, 0x78, 0x59, 0x13, 0xca, 0x4d, 0xeb, 0x75, 0xab, 0xd8, 0x41,
        0x41, 0x4d, 0x0a, 0x70, 0x00, 0x98, 0xe8, 0x79, 0x77, 0x79, 0x40,
        0xc7, 0x8c, 0x73, 0xfe, 0x6f, 0x2b, 0xee, 0x6c, 0x03, 0x52};
    static const uint8_t root[32] = {
        0xb0, 0xa0, 0x0e, 0x4a, 0x27, 0x1b, 0xee, 0xc4, 0x78, 0xe4, 0x2f,
        0xad, 0x06, 0x18, 0x43, 0x2f, 0xa7, 0xd7, 0xfb, 0x3d, 0x99, 0x00,
        0x4d, 0x2b, 0x0b, 0xdf, 0xc1, 0x4f, 0x80, 0x24, 0x83, 0x2b};
    const uint8_t *each[LANES];
    for (unsigned i = 0; i < FIELD_LIMBS; i++) {
        edwards.zero.limb[i] = lanes_of(0);
        edwards.one.limb[i] = lanes_of(i == 0);
    }
    for (unsigned lane = 0; lane < LANES; lane++)
        each[lane] = d;
    field_of_bytes(&edwards.d, each);
    for (unsigned lane = 0; lane < LANES; lane++)
        each[lane] = root;
    field_of_bytes(&edwards.root, each);
    /* Multiplied and not added, so that it is tight. */
    struct field two;
    field_add(&two, &edwards.one, &edwards.one);
    field_multiply(&edwards.d2, &edwards.d, &two);
}

#endif
