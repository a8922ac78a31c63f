/*
 * The verification equation in lanes: the body of each implementation in
 * signature_lanes.h, which includes this file after its lanes and its field.
 *
 * [s]B - [h]A by Straus' method: both scalars go through one chain of 252
 * doublings, from their upper digits down. A's digits have four bits (a table
 * of 8 multiples for each lane, made anew for each signature), B's have eight
 * (a table of 128 multiples for all, made once).
 *
 * Cost of a group of LANES signatures, in multiplications of the field: 265 to
 * decompress A, 70 for its table, 1,850 for the doublings, 510 and 220 for the
 * additions of A and B, 35 to encode the result.
 */
#ifndef POND_CRYPTO_LANES_EQUATION_H
#define POND_CRYPTO_LANES_EQUATION_H

#include "crypto/lanes_edwards.h"
#include "crypto/signature_lanes.h"

#include <pthread.h>

/* Groups that share an inversion: it costs as much as 265 multiplications, and
 * sharing it 4 for each. */
#define GROUPS_MAX 8

#define A_DIGITS 64
#define A_DIGIT_BITS 4
#define A_MULTIPLES 8 /* digits are -8 to 7 */
#define B_DIGITS 32
#define B_DIGIT_BITS 8
#define B_MULTIPLES 128 /* -128 to 127 */

/* Signed digits: how much of each, and whether to subtract; the least first. */
struct digits {
    uint8_t size[A_DIGITS][LANES];
    uint8_t is_negative[A_DIGITS][LANES];
};

/* 0, B, 2B, ... 128B with z = 1; each limb of each number in an array of its
 * own, so that a lane's index finds it. */
static struct {
    uint64_t sum[FIELD_LIMBS][B_MULTIPLES + 1];
    uint64_t difference[FIELD_LIMBS][B_MULTIPLES + 1];
    uint64_t dt2[FIELD_LIMBS][B_MULTIPLES + 1];
} multiples_of_base;

static pthread_once_t prepared = PTHREAD_ONCE_INIT;

static void keep_limbs(uint64_t table[FIELD_LIMBS][B_MULTIPLES + 1],
                       unsigned multiple, const struct field *number)
{
    struct field canonical;
    field_canonical(&canonical, number);
    for (unsigned i = 0; i < FIELD_LIMBS; i++) {
        uint64_t same[LANES];
        lanes_store(same, canonical.limb[i]);
        table[i][multiple] = same[0];
    }
}

static void keep_multiple(unsigned multiple, const struct point *p)
{
    struct field inverse;
    struct point affine = {.z = edwards.one};
    struct addend addend;
    struct field sum;
    field_invert(&inverse, &p->z);
    field_multiply(&affine.x, &p->x, &inverse);
    field_multiply(&affine.y, &p->y, &inverse);
    field_multiply(&affine.t, &affine.x, &affine.y);
    addend_of(&addend, &affine);
    /* A sum is not tight, which field_canonical() wants. */
    field_multiply(&sum, &addend.sum, &edwards.one);
    keep_limbs(multiples_of_base.sum, multiple, &sum);
    keep_limbs(multiples_of_base.difference, multiple, &addend.difference);
    keep_limbs(multiples_of_base.dt2, multiple, &addend.dt2);
}

/* y = 4/5 and an even x (RFC 8032, 5.1). All lanes do the same. */
static void prepare(void)
{
    uint8_t base[32] = {0x58};
    const uint8_t *each[LANES];
    struct point b, multiple;
    struct addend addend;
    memset(base + 1, 0x66, sizeof base - 1);
    for (unsigned lane = 0; lane < LANES; lane++)
        each[lane] = base;
    edwards_prepare();
    point_of_bytes(&b, each);
    addend_of(&addend, &b);
    point_identity(&multiple);
    for (unsigned i = 0; i <= B_MULTIPLES; i++) {
        keep_multiple(i, &multiple);
        point_add(&multiple, &addend, false, true);
    }
}

/* ---- Scalars ---- */

/* The scalar is below 2^253, so the last digit takes the last carry. */
static void write_digits(struct digits *digits, unsigned lane,
                         const uint8_t scalar[32], unsigned bits)
{
    int carry = 0, half = 1 << (bits - 1);
    for (unsigned i = 0; i < 256 / bits; i++) {
        int digit = bits == 8 ? scalar[i] : scalar[i / 2] >> i % 2 * 4 & 15;
        digit += carry;
        carry = digit >= half;
        if (carry)
            digit -= 2 * half;
        digits->is_negative[i][lane] = digit < 0;
        digits->size[i][lane] = (uint8_t)(digit < 0 ? -digit : digit);
    }
}

static lanes_mask negative_digits(const struct digits *digits, unsigned i)
{
    return lanes_equal(lanes_of_bytes(digits->is_negative[i]), lanes_of(1));
}

/* ---- Multiples ---- */

/* table[i] becomes [i]A. */
static void make_table(struct addend table[A_MULTIPLES + 1],
                       const struct point *a)
{
    struct point multiple;
    point_identity(&multiple);
    addend_of(&table[0], &multiple);
    addend_of(&table[1], a);
    multiple = *a;
    for (unsigned i = 2; i <= A_MULTIPLES; i++) {
        point_add(&multiple, &table[1], false, true);
        addend_of(&table[i], &multiple);
    }
}

/* Each lane's own multiple. Masks, and no gathered loads: for nine entries they
 * are cheaper on every processor measured. */
static inline void choose_multiple(struct addend *out,
                                   const struct addend table[A_MULTIPLES + 1],
                                   const struct digits *digits, unsigned i)
{
    lanes size = lanes_of_bytes(digits->size[i]);
    *out = table[0];
    for (unsigned k = 1; k <= A_MULTIPLES; k++) {
        lanes_mask is_k = lanes_equal(size, lanes_of(k));
        const struct addend *entry = &table[k];
        field_select(&out->sum, is_k, &entry->sum, &out->sum);
        field_select(&out->difference, is_k, &entry->difference,
                     &out->difference);
        field_select(&out->z2, is_k, &entry->z2, &out->z2);
        field_select(&out->dt2, is_k, &entry->dt2, &out->dt2);
    }
    addend_negate(out, negative_digits(digits, i));
}

static inline void choose_base_multiple(struct addend *out,
                                        const struct digits *digits, unsigned i)
{
    lanes size = lanes_of_bytes(digits->size[i]);
#pragma GCC unroll 10
    for (unsigned k = 0; k < FIELD_LIMBS; k++) {
        out->sum.limb[k] = lanes_look_up(multiples_of_base.sum[k], size);
        out->difference.limb[k] =
            lanes_look_up(multiples_of_base.difference[k], size);
        out->dt2.limb[k] = lanes_look_up(multiples_of_base.dt2[k], size);
    }
    addend_negate(out, negative_digits(digits, i));
}

/* [s]B + [h]A */
static void multiply(struct point *out, const struct point *a,
                     const struct digits *h, const struct digits *s)
{
    struct addend table[A_MULTIPLES + 1], addend;
    make_table(table, a);
    point_identity(out);
    for (unsigned i = A_DIGITS; i-- > 0;) {
        bool has_base_digit = i % (B_DIGIT_BITS / A_DIGIT_BITS) == 0;
        for (unsigned k = 1; k <= A_DIGIT_BITS; k++)
            point_double(out, k == A_DIGIT_BITS);
        choose_multiple(&addend, table, h, i);
        point_add(out, &addend, false, has_base_digit);
        if (!has_base_digit)
            continue;
        choose_base_multiple(&addend, s, i / (B_DIGIT_BITS / A_DIGIT_BITS));
        point_add(out, &addend, true, false);
    }
}

/* ---- Groups of LANES equations ---- */

struct group {
    struct point result;
    struct field before; /* the product of z over this group and those before */
    unsigned is_point;   /* a bit a lane */
};

/* Lanes without an equation repeat the last one. */
static void compute(struct group *group,
                    const struct signature_equation *equations, size_t count)
{
    const uint8_t *keys[LANES];
    struct digits h, s;
    struct point a;
    for (unsigned lane = 0; lane < LANES; lane++) {
        size_t from = lane < count ? lane : count - 1;
        keys[lane] = equations[from].pubkey;
        write_digits(&h, lane, equations[from].h, A_DIGIT_BITS);
        write_digits(&s, lane, equations[from].s, B_DIGIT_BITS);
    }
    /* A lane whose key is no point goes on with the identity: z would be zero
     * otherwise, and with it the product of all groups' z. */
    group->is_point = lanes_mask_bits(point_of_bytes(&a, keys));
    field_negate(&a.x, &a.x);
    field_negate(&a.t, &a.t);
    multiply(&group->result, &a, &h, &s);
}

/* inverse: of z. */
static void compare(const struct group *group, const struct field *inverse,
                    const struct signature_equation *equations, size_t count,
                    bool *holds)
{
    struct field x, y;
    uint8_t encoded[LANES][32];
    field_multiply(&x, &group->result.x, inverse);
    field_multiply(&y, &group->result.y, inverse);
    unsigned negative = lanes_mask_bits(field_is_negative(&x));
    field_to_bytes(encoded, &y);
    for (unsigned lane = 0; lane < count && lane < LANES; lane++) {
        encoded[lane][31] |= (uint8_t)((negative >> lane & 1) << 7);
        holds[lane] = group->is_point >> lane & 1 &&
                      !memcmp(encoded[lane], equations[lane].r, 32);
    }
}

/* One inversion of the product of all z gives each one's: Montgomery's trick,
 * in every lane for itself. */
static void check_groups(const struct signature_equation *equations,
                         size_t count, bool *holds)
{
    struct group groups[GROUPS_MAX];
    struct field inverse, own;
    size_t group_count = (count + LANES - 1) / LANES;
    for (size_t i = 0; i < group_count; i++) {
        compute(&groups[i], equations + i * LANES, count - i * LANES);
        field_multiply(&groups[i].before, &groups[i].result.z,
                       i ? &groups[i - 1].before : &edwards.one);
    }
    field_invert(&inverse, &groups[group_count - 1].before);
    for (size_t i = group_count; i-- > 0;) {
        field_multiply(&own, &inverse,
                       i ? &groups[i - 1].before : &edwards.one);
        field_multiply(&inverse, &inverse, &groups[i].result.z);
        compare(&groups[i], &own, equations + i * LANES, count - i * LANES,
                holds + i * LANES);
    }
}

static void check(const struct signature_equation *equations, size_t count,
                  bool *holds)
{
    const size_t most = GROUPS_MAX * LANES;
    pthread_once(&prepared, prepare);
    for (size_t at = 0; at < count; at += most)
        check_groups(equations + at, count - at < most ? count - at : most,
                     holds + at);
}

#endif
