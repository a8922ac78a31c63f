/*
 * What every implementation shares: the part of the rule that looks at bytes.
 * What is left is a hash and an equation (signature_lanes.h).
 *
 * The rule as libsodium 1.0.18 has it (crypto_sign_verify_detached), in its
 * order: S below the group's order; R not of small order; A canonical, and not
 * of small order; A a point; and R the encoding of [S]B - [h]A.
 *
 * Why so: the two halves have different costs. The bytes take nanoseconds and
 * are looked at one signature after the other; hash and equation take all the
 * time and are what lanes are for. What the bytes refuse never takes a lane.
 *
 * Nothing here is secret (keys, signatures and messages are public), so
 * compares may end early and time may depend on what is compared. This code
 * must never see a secret key.
 *
 * Why the rule is spelled out here, and not left to libsodium: a network on
 * which one node accepts what another refuses forks. tests/unit holds both
 * against each other on the cases about which implementations differ.
 */
#include "crypto/signature_check.h"

#include "base/check.h"
#include "crypto/signature_lanes.h"
#include <sodium.h>

/* The order of the group of B, 2^252 + 27742317777372353535851937790883648493,
 * the least byte first (L in RFC 8032, 5.1). An S at or above it is the same
 * number modulo L as a smaller one, so an outsider could make a second
 * signature from a first. */
static const uint8_t group_order[32] = {
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7,
    0xa2, 0xde, 0xf9, 0xde, 0x14, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x10};

/* p = 2^255 - 19, the least byte first. A y at or above it is another way to
 * write y - p. */
static const uint8_t field_order[32] = {
    0xed, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f};

/* y of the points whose order divides 8, each below p: orders 4, 1, 2, and two
 * of order 8. Forms at or above p need no entry: A is canonical, and R is
 * compared with an encoding that is. */
static const uint8_t small_order_y[5][32] = {
    {0},
    {1},
    {0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f},
    {0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4,
     0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6,
     0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05},
    {0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b,
     0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39,
     0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a},
};

/* Both have their least byte first. False where they are equal. */
static bool is_below(const uint8_t number[32], const uint8_t limit[32])
{
    for (unsigned i = 32; i-- > 0;)
        if (number[i] != limit[i])
            return number[i] < limit[i];
    return false;
}

/* The sign of x apart, which may be either. */
static void y_of(const uint8_t encoded[32], uint8_t y[32])
{
    memcpy(y, encoded, 32);
    y[31] &= 0x7f;
}

/* y alone decides: a point and its opposite have the same order. */
static bool has_small_order(const uint8_t y[32])
{
    for (unsigned i = 0; i < sizeof(small_order_y) / 32; i++)
        if (!memcmp(y, small_order_y[i], 32))
            return true;
    return false;
}

/* False where the bytes alone say that the signature is wrong. True says
 * nothing yet: A may be no point, and the equation may not hold. Each test is
 * one of libsodium's, though their order makes no difference here, where all
 * that comes out is yes or no. */
static bool bytes_are_good(const struct signature_check *check)
{
    const uint8_t *r = check->signature->bytes, *s = r + 32;
    uint8_t r_y[32], a_y[32];
    y_of(r, r_y);
    y_of(check->pubkey->bytes, a_y);
    return is_below(s, group_order) && !has_small_order(r_y) &&
           is_below(a_y, field_order) && !has_small_order(a_y);
}

/*
 * What passed by its bytes.
 *
 * Invariants:
 *
 * 1. equations[i] is that of checks[of_check[i]], for i below count; of_check
 *    goes up.
 * 2. The pointers in the equations lead into what the caller has lent.
 * 3. No field of an equation is read before hash_batch() but r, s and pubkey; h
 *    is filled in there.
 */
struct batch {
    struct signature_equation equations[SIGNATURE_CHECK_BATCH];
    size_t of_check[SIGNATURE_CHECK_BATCH];
    size_t count;
};

/* h = SHA-512(R || A || message) modulo the group's order. R and A are the head
 * of each, put together here; the message is read where it lies. */
static void hash_batch(const struct signature_lanes *lanes,
                       const struct signature_check *checks,
                       struct batch *batch)
{
    struct signature_hash messages[SIGNATURE_CHECK_BATCH];
    uint8_t heads[SIGNATURE_CHECK_BATCH][64],
        digests[SIGNATURE_CHECK_BATCH][64];
    for (size_t i = 0; i < batch->count; i++) {
        memcpy(heads[i], batch->equations[i].r, 32);
        memcpy(heads[i] + 32, batch->equations[i].pubkey, 32);
        messages[i].head = bytes_make(heads[i], sizeof(heads[i]));
        messages[i].body = checks[batch->of_check[i]].message;
    }
    lanes->hash(messages, batch->count, digests);
    for (size_t i = 0; i < batch->count; i++)
        crypto_core_ed25519_scalar_reduce(batch->equations[i].h, digests[i]);
}

/* is_good is set for all of them first, so what falls out by its bytes needs no
 * second thought. A batch from which everything has fallen out calls the lanes
 * with a count of 0, which they take. */
static void check_batch(const struct signature_lanes *lanes,
                        const struct signature_check *checks, size_t count,
                        bool *is_good)
{
    struct batch batch;
    bool holds[SIGNATURE_CHECK_BATCH];
    CHECK(count <= SIGNATURE_CHECK_BATCH);
    batch.count = 0;
    for (size_t i = 0; i < count; i++) {
        is_good[i] = false;
        if (!bytes_are_good(&checks[i]))
            continue;
        batch.equations[batch.count].pubkey = checks[i].pubkey->bytes;
        batch.equations[batch.count].r = checks[i].signature->bytes;
        batch.equations[batch.count].s = checks[i].signature->bytes + 32;
        batch.of_check[batch.count++] = i;
    }
    hash_batch(lanes, checks, &batch);
    lanes->check(batch.equations, batch.count, holds);
    for (size_t i = 0; i < batch.count; i++)
        is_good[batch.of_check[i]] = holds[i];
}

/* In batches, so that what is needed lies on the stack (some 15 KiB here, about
 * 50 more in the lanes): no memory is allocated, and any number of threads can
 * be here at once. */
void signature_check_with(const struct signature_lanes *lanes,
                          const struct signature_check *checks, size_t count,
                          bool *is_good)
{
    for (size_t i = 0; !lanes && i < count; i++)
        is_good[i] = key_verify(checks[i].pubkey, checks[i].message,
                                checks[i].signature);
    for (size_t at = 0; lanes && at < count; at += SIGNATURE_CHECK_BATCH) {
        size_t left = count - at;
        check_batch(lanes, checks + at,
                    left < SIGNATURE_CHECK_BATCH ? left : SIGNATURE_CHECK_BATCH,
                    is_good + at);
    }
}

void signature_check_all(const struct signature_check *checks, size_t count,
                         bool *is_good)
{
    /* Lanes take as long for one signature as libsodium does, or longer. */
    signature_check_with(count > 1 ? signature_lanes_nth(0) : NULL, checks,
                         count, is_good);
}
