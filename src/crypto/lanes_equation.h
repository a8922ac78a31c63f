/*
 * The verification equation in lanes: the body of each implementation in
 * signature_lanes.h, which includes this file after its lanes and its field.
 *
 * [s]B - [h]A by Straus' method: both scalars go through one chain of 256
 * doublings (the first four of the identity), from their upper digits down. A's
 * digits have four bits (a table of 8 multiples for each lane, made anew for
 * each signature), B's have eight (a table of 128 multiples for all, made
 * once).
 *
 * Cost of a group of LANES signatures, in multiplications of the field: 265 to
 * decompress A, 70 for its table, 1,850 for the doublings, 480 and 190 for the
 * additions of A and B, 35 to encode the result.
 *
 * A's table costs each signature 70, so it is short. B's is made once and may
 * be large, as long as it stays in a cache: 129 rows are 33 KB, or half of that
 * with limbs of 51 bits.
 *
 * Digits have a sign, which halves the tables: a negative one adds the opposite
 * point, and that costs next to nothing.
 *
 * Every lane does the same steps whatever its numbers are. That is not for
 * secrecy (nothing here is secret), but because lanes have no branches.
 *
 * Threads: any. What is shared, the constants of the curve and B's table, is
 * made by the first call and only read from then on.
 */
#ifndef POND_CRYPTO_LANES_EQUATION_H
#define POND_CRYPTO_LANES_EQUATION_H

#include "crypto/lanes_edwards.h"
#include "crypto/signature_lanes.h"

#include <pthread.h>

/* Groups that share an inversion: it costs as much as 265 multiplications, and
 * sharing it 3 for each. Eight of eight lanes are SIGNATURE_CHECK_BATCH. */
#define GROUPS_MAX 8

/* Digits of 256 bits, though scalars have 253: what digits_of() adds reaches up
 * to the last. */
#define A_DIGITS 64
#define A_DIGIT_BITS 4
#define A_MULTIPLES 8 /* digits are -8 to 7 */
#define B_DIGIT_BITS 8
#define B_MULTIPLES 128 /* -128 to 127 */

/* A row for each number that a lane may want: its limbs one after the other,
 * filled up to whole groups of LANES, so that transposition brings the rows
 * that the lanes have chosen side by side. */
#define ROW_LIMBS(fields) (((fields)*FIELD_LIMBS + LANES - 1) / LANES * LANES)
#define A_ROW ROW_LIMBS(4)
#define B_ROW ROW_LIMBS(3) /* z is 1 */

/* 0, A, 2A, ... 8A, of each lane's A. */
struct multiples {
    _Alignas(64) uint64_t rows[A_MULTIPLES + 1][LANES][A_ROW];
};

/* 0, B, 2B, ... 128B. */
static _Alignas(64) uint64_t multiples_of_base[B_MULTIPLES + 1][B_ROW];

/* An addend as limbs, in the order of its fields. */
union addend_limbs {
    struct addend addend;
    lanes limbs[A_ROW];
};

/* The first batch makes edwards and multiples_of_base. */
static pthread_once_t prepared = PTHREAD_ONCE_INIT;

/* A row of B's table: a point with z = 1, so that its addition is cheaper, in
 * canonical limbs, which are tight. An inversion for each of the 129 rows does
 * not matter, because it is done once. */
static void keep_multiple(unsigned multiple, const struct point *p)
{
    struct field inverse, sum;
    struct point affine = {.z = edwards.one};
    union addend_limbs canonical = {0};
    struct addend addend;
    field_invert(&inverse, &p->z);
    field_multiply(&affine.x, &p->x, &inverse);
    field_multiply(&affine.y, &p->y, &inverse);
    field_multiply(&affine.t, &affine.x, &affine.y);
    addend_of(&addend, &affine);
    /* A sum is not tight, which field_canonical() wants. */
    field_multiply(&sum, &addend.sum, &edwards.one);
    field_canonical(&canonical.addend.sum, &sum);
    field_canonical(&canonical.addend.difference, &addend.difference);
    field_canonical(&canonical.addend.dt2, &addend.dt2);
    for (unsigned i = 0; i < 3 * FIELD_LIMBS; i++) {
        uint64_t same[LANES];
        lanes_store(same, canonical.limbs[i]);
        multiples_of_base[multiple][i] = same[0];
    }
}

/* y = 4/5 and an even x (RFC 8032, 5.1). All lanes do the same. The encoding is
 * 0x58 and thirty-one times 0x66, the sign of x being 0. That is a point, so
 * the result of point_of_bytes() is not checked. */
static void prepare(void)
{
    uint8_t base[32] = {0x58};
    const uint8_t *each[LANES];
    struct point b, multiple;
    struct addend addend;
    memset(base + 1, 0x66, sizeof(base) - 1);
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

/* Scalars whose digits are the bits there less half of the digit's range: a
 * nibble of 0 to 15 stands for -8 to 7, a byte for -128 to 127. */
struct digits {
    lanes words[4];
};

/* Half the range of every digit is added: what would be a borrow from the next
 * digit is in its place then. The scalar is below 2^253, so nothing is lost. */
static void digits_of(struct digits *digits,
                      const uint8_t *const scalars[LANES], unsigned bits)
{
    uint64_t words[4][LANES];
    uint64_t half_of_each =
        bits == 8 ? UINT64_C(0x8080808080808080) : UINT64_C(0x8888888888888888);
    for (unsigned lane = 0; lane < LANES; lane++) {
        unsigned __int128 sum = 0;
        for (unsigned i = 0; i < 4; i++) {
            uint64_t word;
            memcpy(&word, scalars[lane] + 8 * i, sizeof(word));
            sum = (sum >> 64) + word + half_of_each;
            words[i][lane] = (uint64_t)sum;
        }
    }
    for (unsigned i = 0; i < 4; i++)
        digits->words[i] = lanes_load(words[i]);
}

/* How much of each, and where it is to be subtracted; the least is number 0. A
 * digit never crosses a word, since 4 and 8 divide 64. sizes are 0 to 8, or to
 * 128: rows of the table. */
static inline lanes_mask digit_at(uint64_t sizes[LANES],
                                  const struct digits *digits, unsigned number,
                                  unsigned bits)
{
    const lanes half = lanes_of(UINT64_C(1) << (bits - 1));
    const lanes mask = lanes_of((UINT64_C(1) << bits) - 1);
    lanes word = digits->words[number * bits / 64];
    lanes raw = lanes_and(lanes_shift_right_by(word, number * bits % 64), mask);
    lanes_mask is_negative = lanes_above(half, raw);
    lanes_store(sizes, lanes_select(is_negative, lanes_subtract(half, raw),
                                    lanes_subtract(raw, half)));
    return is_negative;
}

/* ---- Multiples ---- */

/* Turn the rows that the lanes have chosen into one vector a limb: LANES limbs
 * of each row are loaded and transposed. The places after a row's last limb
 * give vectors that are not used. */
static inline void gather_rows(lanes *limbs, const uint64_t *const rows[LANES],
                               unsigned count)
{
#pragma GCC unroll 10
    for (unsigned at = 0; at < count; at += LANES) {
#pragma GCC unroll 8
        for (unsigned lane = 0; lane < LANES; lane++)
            limbs[at + lane] = lanes_load(rows[lane] + at);
        lanes_transpose(limbs + at);
    }
}

/* The other way: an addend to a row for each lane. Its limbs stay as they are,
 * loose ones too. */
static void keep_rows(uint64_t rows[LANES][A_ROW], const struct addend *addend)
{
    union addend_limbs all = {0};
    all.addend = *addend;
    for (unsigned at = 0; at < A_ROW; at += LANES) {
        lanes_transpose(all.limbs + at);
        for (unsigned lane = 0; lane < LANES; lane++)
            lanes_store(rows[lane] + at, all.limbs[at + lane]);
    }
}

/* Each multiple is the one before plus A. t is always wanted, because the
 * addend has it. */
static void make_multiples(struct multiples *multiples, const struct point *a)
{
    struct point multiple;
    struct addend first, next;
    point_identity(&multiple);
    addend_of(&next, &multiple);
    keep_rows(multiples->rows[0], &next);
    addend_of(&first, a);
    keep_rows(multiples->rows[1], &first);
    multiple = *a;
    for (unsigned i = 2; i <= A_MULTIPLES; i++) {
        point_add(&multiple, &first, false, true);
        addend_of(&next, &multiple);
        keep_rows(multiples->rows[i], &next);
    }
}

/* Each lane's own multiple. */
static inline void choose_multiple(struct addend *out,
                                   const struct multiples *multiples,
                                   const struct digits *digits, unsigned number)
{
    uint64_t sizes[LANES];
    const uint64_t *rows[LANES];
    union addend_limbs chosen;
    lanes_mask is_negative = digit_at(sizes, digits, number, A_DIGIT_BITS);
    for (unsigned lane = 0; lane < LANES; lane++)
        rows[lane] = multiples->rows[sizes[lane]][lane];
    gather_rows(chosen.limbs, rows, A_ROW);
    addend_negate(&chosen.addend, is_negative);
    *out = chosen.addend;
}

static inline void choose_base_multiple(struct addend *out,
                                        const struct digits *digits,
                                        unsigned number)
{
    uint64_t sizes[LANES];
    const uint64_t *rows[LANES];
    union addend_limbs chosen;
    lanes_mask is_negative = digit_at(sizes, digits, number, B_DIGIT_BITS);
    for (unsigned lane = 0; lane < LANES; lane++)
        rows[lane] = multiples_of_base[sizes[lane]];
    gather_rows(chosen.limbs, rows, B_ROW);
    addend_negate(&chosen.addend, is_negative);
    *out = chosen.addend;
}

/* [s]B + [h]A. A's digits have weights of 16^i and B's of 256^k, so B has one
 * at every other of A's. Only before an addition is t needed: after the fourth
 * doubling, and after A's addition where B's follows. */
static void multiply(struct point *out, const struct point *a,
                     const struct digits *h, const struct digits *s)
{
    struct multiples multiples;
    struct addend addend;
    make_multiples(&multiples, a);
    point_identity(out);
    for (unsigned i = A_DIGITS; i-- > 0;) {
        bool has_base_digit = i % (B_DIGIT_BITS / A_DIGIT_BITS) == 0;
        for (unsigned k = 1; k <= A_DIGIT_BITS; k++)
            point_double(out, k == A_DIGIT_BITS);
        choose_multiple(&addend, &multiples, h, i);
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
    const uint8_t *keys[LANES], *of_h[LANES], *of_s[LANES];
    struct digits h, s;
    struct point a;
    for (unsigned lane = 0; lane < LANES; lane++) {
        size_t from = lane < count ? lane : count - 1;
        keys[lane] = equations[from].pubkey;
        of_h[lane] = equations[from].h;
        of_s[lane] = equations[from].s;
    }
    digits_of(&h, of_h, A_DIGIT_BITS);
    digits_of(&s, of_s, B_DIGIT_BITS);
    /* A lane whose key is no point goes on with the identity: z would be zero
     * otherwise, and with it the product of all groups' z. */
    group->is_point = lanes_mask_bits(point_of_bytes(&a, keys));
    field_negate(&a.x, &a.x);
    field_negate(&a.t, &a.t);
    multiply(&group->result, &a, &h, &s);
}

/* x and y are the affine ones, and the encoding (RFC 8032, 5.1.2) is y with the
 * sign of x in the uppermost bit. As R is compared with it byte for byte, an R
 * that is not canonical, or no point, never holds. inverse: of z. */
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
 * in every lane for itself. On the way back inverse is that of the product up
 * to group i: times the product before i it is that of z alone, and times z
 * that of the product before. No z is 0, since the formulas are complete and
 * lanes without a point have the identity; one would spoil the answers of its
 * lane in all groups. */
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

/* The name is the struct's field: one in each implementation. */
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
