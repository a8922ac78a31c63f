/*
 * SHA-512 (FIPS 180-4) of several messages side by side, one a lane: the hash
 * of each implementation in signature_lanes.h. Stands on the lanes alone.
 *
 * Messages are taken in the order of their number of blocks, so that those of a
 * group are about as long as each other. A lane whose message ends before the
 * group's longest keeps its state from there on.
 *
 * The rounds of one message wait for each other, so lanes take messages and not
 * parts of one.
 *
 * Nothing is copied but the blocks in which the two parts meet, or which hold
 * padding.
 */
#ifndef POND_CRYPTO_LANES_SHA512_H
#define POND_CRYPTO_LANES_SHA512_H

#include "crypto/signature_lanes.h"

#define BLOCK_BYTES 128
#define BLOCK_WORDS 16
#define STATE_WORDS 8

/* FIPS 180-4, 4.2.3: the first 64 bits of the fractions of the cube roots of
 * the first eighty primes. */
static const uint64_t round_constants[80] = {
    0x428a2f98d728ae22, 0x7137449123ef65cd, 0xb5c0fbcfec4d3b2f,
    0xe9b5dba58189dbbc, 0x3956c25bf348b538, 0x59f111f1b605d019,
    0x923f82a4af194f9b, 0xab1c5ed5da6d8118, 0xd807aa98a3030242,
    0x12835b0145706fbe, 0x243185be4ee4b28c, 0x550c7dc3d5ffb4e2,
    0x72be5d74f27b896f, 0x80deb1fe3b1696b1, 0x9bdc06a725c71235,
    0xc19bf174cf692694, 0xe49b69c19ef14ad2, 0xefbe4786384f25e3,
    0x0fc19dc68b8cd5b5, 0x240ca1cc77ac9c65, 0x2de92c6f592b0275,
    0x4a7484aa6ea6e483, 0x5cb0a9dcbd41fbd4, 0x76f988da831153b5,
    0x983e5152ee66dfab, 0xa831c66d2db43210, 0xb00327c898fb213f,
    0xbf597fc7beef0ee4, 0xc6e00bf33da88fc2, 0xd5a79147930aa725,
    0x06ca6351e003826f, 0x142929670a0e6e70, 0x27b70a8546d22ffc,
    0x2e1b21385c26c926, 0x4d2c6dfc5ac42aed, 0x53380d139d95b3df,
    0x650a73548baf63de, 0x766a0abb3c77b2a8, 0x81c2c92e47edaee6,
    0x92722c851482353b, 0xa2bfe8a14cf10364, 0xa81a664bbc423001,
    0xc24b8b70d0f89791, 0xc76c51a30654be30, 0xd192e819d6ef5218,
    0xd69906245565a910, 0xf40e35855771202a, 0x106aa07032bbd1b8,
    0x19a4c116b8d2d0c8, 0x1e376c085141ab53, 0x2748774cdf8eeb99,
    0x34b0bcb5e19b48a8, 0x391c0cb3c5c95a63, 0x4ed8aa4ae3418acb,
    0x5b9cca4f7763e373, 0x682e6ff3d6b2b8a3, 0x748f82ee5defb2fc,
    0x78a5636f43172f60, 0x84c87814a1f0ab72, 0x8cc702081a6439ec,
    0x90befffa23631e28, 0xa4506cebde82bde9, 0xbef9a3f7b2c67915,
    0xc67178f2e372532b, 0xca273eceea26619c, 0xd186b8c721c0c207,
    0xeada7dd6cde0eb1e, 0xf57d4f7fee6ed178, 0x06f067aa72176fba,
    0x0a637dc5a2c898a6, 0x113f9804bef90dae, 0x1b710b35131c471b,
    0x28db77f523047d84, 0x32caab7b40c72493, 0x3c9ebe0a15c9bebc,
    0x431d67c49c100d4c, 0x4cc5d4becb3e42b6, 0x597f299cfc657e2a,
    0x5fcb6fab3ad6faec, 0x6c44198c4a475817,
};

/* FIPS 180-4, 5.3.5: the same of the square roots of the first eight. */
static const uint64_t initial_state[STATE_WORDS] = {
    0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b,
    0xa54ff53a5f1d36f1, 0x510e527fade682d1, 0x9b05688c2b3e6c1f,
    0x1f83d9abfb41bd6b, 0x5be0cd19137e2179,
};

/* ---- Blocks ---- */

/* Padding is a bit, zeros, and the number of bits in 16 bytes. (5.1.2).
 * Messages in memory have less than 2^61 bytes, so the upper eight of the 16
 * are zeros. */
static size_t block_count(const struct signature_hash *message)
{
    size_t size = message->head.size + message->body.size;
    return (size + 1 + 16 + BLOCK_BYTES - 1) / BLOCK_BYTES;
}

/* What the block that begins at start has of a part that begins at offset.
 * Nothing where they don't overlap. */
static void copy_part(uint8_t block[BLOCK_BYTES], size_t start,
                      struct bytes part, size_t offset)
{
    size_t end = offset + part.size, block_end = start + BLOCK_BYTES;
    size_t from = offset > start ? offset : start;
    if (end > block_end)
        end = block_end;
    if (from < end)
        memcpy(block + (from - start), part.data + (from - offset), end - from);
}

/* The block with this number, where it is, or made in own. Padding may need a
 * block of its own: the bit then stands in the last but one, or at the
 * beginning of the last. */
static const uint8_t *block_at(const struct signature_hash *message,
                               size_t number, uint8_t own[BLOCK_BYTES])
{
    size_t size = message->head.size + message->body.size;
    size_t start = number * BLOCK_BYTES;
    if (start >= message->head.size && start + BLOCK_BYTES <= size)
        return message->body.data + (start - message->head.size);
    memset(own, 0, BLOCK_BYTES);
    copy_part(own, start, message->head, 0);
    copy_part(own, start, message->body, message->head.size);
    if (start <= size && size < start + BLOCK_BYTES)
        own[size - start] = 0x80;
    if (number == block_count(message) - 1) {
        uint64_t bits = __builtin_bswap64((uint64_t)size * 8);
        memcpy(own + BLOCK_BYTES - sizeof(bits), &bits, sizeof(bits));
    }
    return own;
}

/* words[i] becomes word i of every lane's block. A lane's bytes are loaded
 * LANES words at a time, as they lie, and the transposition brings the same
 * word of all lanes side by side. */
static void load_words(lanes words[BLOCK_WORDS],
                       const uint8_t *const blocks[LANES])
{
#pragma GCC unroll 4
    for (unsigned at = 0; at < BLOCK_WORDS; at += LANES) {
#pragma GCC unroll 8
        for (unsigned lane = 0; lane < LANES; lane++)
            words[at + lane] =
                lanes_swap_bytes(lanes_load_bytes(blocks[lane] + 8 * at));
        lanes_transpose(words + at);
    }
}

/* ---- The hash ---- */

/* FIPS 180-4, 4.1.3. */
#define big_sigma(a, x, y, z)                                                  \
    lanes_xor_3(lanes_rotate_right(a, x), lanes_rotate_right(a, y),            \
                lanes_rotate_right(a, z))
#define small_sigma(a, x, y, z)                                                \
    lanes_xor_3(lanes_rotate_right(a, x), lanes_rotate_right(a, y),            \
                lanes_shift_right(a, z))

/* 6.4.2. The schedule lives in sixteen words: each makes room for the one
 * sixteen rounds on when it has been used. The variables change places by name,
 * and the compiler unrolls sixteen rounds, after which they have their old
 * names: no moves are left. */
static void compress(lanes state[STATE_WORDS], lanes words[BLOCK_WORDS])
{
    lanes a = state[0], b = state[1], c = state[2], d = state[3];
    lanes e = state[4], f = state[5], g = state[6], h = state[7];
    for (unsigned round = 0; round < 80; round += BLOCK_WORDS) {
#pragma GCC unroll 16
        for (unsigned i = 0; i < BLOCK_WORDS; i++) {
            lanes constant = lanes_of(round_constants[round + i]);
            lanes t1 = lanes_add(
                lanes_add(h, lanes_add(words[i], constant)),
                lanes_add(big_sigma(e, 14, 18, 41), lanes_choose(e, f, g)));
            lanes t2 =
                lanes_add(big_sigma(a, 28, 34, 39), lanes_majority(a, b, c));
            h = g, g = f, f = e, e = lanes_add(d, t1);
            d = c, c = b, b = a, a = lanes_add(t1, t2);
            lanes of_15 = words[(i + 1) % BLOCK_WORDS];
            lanes of_2 = words[(i + 14) % BLOCK_WORDS];
            words[i] =
                lanes_add(lanes_add(words[i], words[(i + 9) % BLOCK_WORDS]),
                          lanes_add(small_sigma(of_15, 1, 8, 7),
                                    small_sigma(of_2, 19, 61, 6)));
        }
    }
    const lanes after[STATE_WORDS] = {a, b, c, d, e, f, g, h};
#pragma GCC unroll 8
    for (unsigned i = 0; i < STATE_WORDS; i++)
        state[i] = lanes_add(state[i], after[i]);
}

/* ---- Groups of LANES messages ---- */

static void store_digests(uint8_t *const digests[LANES],
                          lanes state[STATE_WORDS])
{
    for (unsigned at = 0; at < STATE_WORDS; at += LANES) {
        lanes_transpose(state + at);
        for (unsigned lane = 0; lane < LANES; lane++)
            lanes_store_bytes(digests[lane] + 8 * at,
                              lanes_swap_bytes(state[at + lane]));
    }
}

/* Lanes may be given the same message. They write the same digest to the same
 * place then. */
static void hash_group(const struct signature_hash *const messages[LANES],
                       uint8_t *const digests[LANES])
{
    uint8_t own[LANES][BLOCK_BYTES];
    const uint8_t *blocks[LANES];
    uint64_t counts[LANES];
    size_t longest = 0;
    lanes state[STATE_WORDS], words[BLOCK_WORDS];
    for (unsigned i = 0; i < STATE_WORDS; i++)
        state[i] = lanes_of(initial_state[i]);
    for (unsigned lane = 0; lane < LANES; lane++) {
        counts[lane] = block_count(messages[lane]);
        longest = counts[lane] > longest ? counts[lane] : longest;
        blocks[lane] = own[lane];
    }
    for (size_t number = 0; number < longest; number++) {
        lanes before[STATE_WORDS];
        memcpy(before, state, sizeof(before));
        /* A lane that has ended hashes its last block again, without effect. */
        for (unsigned lane = 0; lane < LANES; lane++)
            if (number < counts[lane])
                blocks[lane] = block_at(messages[lane], number, own[lane]);
        load_words(words, blocks);
        compress(state, words);
        lanes_mask goes_on = lanes_above(lanes_load(counts), lanes_of(number));
        for (unsigned i = 0; i < STATE_WORDS; i++)
            state[i] = lanes_select(goes_on, state[i], before[i]);
    }
    store_digests(digests, state);
}

/* The most messages that are ordered at a time. */
#define ORDERED_MAX 64

/* Numbers of messages, those with few blocks first. By insertion: there are not
 * many, and most are as long as others. */
static void order_by_blocks(uint8_t order[ORDERED_MAX],
                            const struct signature_hash *messages, size_t count)
{
    size_t blocks[ORDERED_MAX];
    for (size_t i = 0; i < count; i++) {
        size_t at = i;
        blocks[i] = block_count(&messages[i]);
        for (; at > 0 && blocks[order[at - 1]] > blocks[i]; at--)
            order[at] = order[at - 1];
        order[at] = (uint8_t)i;
    }
}

/* Lanes without a message repeat the last one. */
static void hash_ordered(const struct signature_hash *messages, size_t count,
                         uint8_t (*digests)[64])
{
    uint8_t order[ORDERED_MAX];
    order_by_blocks(order, messages, count);
    for (size_t at = 0; at < count; at += LANES) {
        const struct signature_hash *of_lane[LANES];
        uint8_t *to[LANES];
        for (unsigned lane = 0; lane < LANES; lane++) {
            size_t from = at + lane < count ? at + lane : count - 1;
            of_lane[lane] = &messages[order[from]];
            to[lane] = digests[order[from]];
        }
        hash_group(of_lane, to);
    }
}

static void hash(const struct signature_hash *messages, size_t count,
                 uint8_t (*digests)[64])
{
    for (size_t at = 0; at < count; at += ORDERED_MAX)
        hash_ordered(messages + at,
                     count - at < ORDERED_MAX ? count - at : ORDERED_MAX,
                     digests + at);
}

#endif
