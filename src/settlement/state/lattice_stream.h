/*
 * The body of an implementation of lattice_lanes.h. The file that includes it
 * defines LANES, how many numbers of 32 bits a vector has, and is compiled for
 * processors with such vectors.
 *
 * A stream is 32 blocks of ChaCha20, which differ by their counter only. Each
 * lane makes one block, and no number moves between lanes. So the words lie by
 * their number in the block and not by block. A sum is taken place by place, so
 * it is kept in that order and reordered once, at its end. On x86 the halves of
 * a word are in the order of the stream's bytes.
 */
#include "settlement/state/lattice_lanes.h"

#define BLOCK_WORDS 16
#define BLOCKS (LATTICE_LANES / 2 / BLOCK_WORDS)
#define GROUPS (BLOCKS / LANES)

/* Rounds of ChaCha20, two at a time. */
#define DOUBLE_ROUNDS 10

typedef uint32_t words __attribute__((vector_size(4 * LANES)));
/* A sum need not be aligned to a vector. */
typedef uint16_t halves
    __attribute__((vector_size(4 * LANES), aligned(_Alignof(uint16_t))));

static inline __attribute__((always_inline)) words rotate(words value,
                                                          unsigned bits)
{
    return value << bits | value >> (32 - bits);
}

static inline __attribute__((always_inline)) void
quarter_round(words *a, words *b, words *c, words *d)
{
    *a += *b;
    *d = rotate(*d ^ *a, 16);
    *c += *d;
    *b = rotate(*b ^ *c, 12);
    *a += *b;
    *d = rotate(*d ^ *a, 8);
    *c += *d;
    *b = rotate(*b ^ *c, 7);
}

/* The state that the first block of a group begins with, in each lane with its
 * counter: the constant, the key, the counter, a nonce of zeros (RFC 8439). */
static inline __attribute__((always_inline)) void
begin(const struct hash *seed, unsigned group, words state[BLOCK_WORDS])
{
    static const uint32_t constant[4] = {0x61707865, 0x3320646e, 0x79622d32,
                                         0x6b206574};
    const words zero = {0};
    words counter = {0};
    uint32_t key[8];
    memcpy(key, seed->bytes, sizeof(key));
    for (unsigned i = 0; i < LANES; i++)
        counter[i] = group * LANES + i;
    for (unsigned i = 0; i < 4; i++)
        state[i] = zero + constant[i];
    for (unsigned i = 0; i < 8; i++)
        state[4 + i] = zero + key[i];
    state[12] = counter;
    for (unsigned i = 13; i < BLOCK_WORDS; i++)
        state[i] = zero;
}

static inline __attribute__((always_inline)) void
double_round(words x[BLOCK_WORDS])
{
    for (unsigned i = 0; i < 4; i++)
        quarter_round(&x[i], &x[4 + i], &x[8 + i], &x[12 + i]);
    for (unsigned i = 0; i < 4; i++)
        quarter_round(&x[i], &x[4 + (i + 1) % 4], &x[8 + (i + 2) % 4],
                      &x[12 + (i + 3) % 4]);
}

static inline __attribute__((always_inline)) void
change(struct lattice_sum *sum, const struct hash *seed, bool subtract)
{
    halves *numbers = (halves *)sum->numbers;
    for (unsigned group = 0; group < GROUPS; group++) {
        words start[BLOCK_WORDS], x[BLOCK_WORDS];
        begin(seed, group, start);
        for (unsigned i = 0; i < BLOCK_WORDS; i++)
            x[i] = start[i];
        for (unsigned i = 0; i < DOUBLE_ROUNDS; i++)
            double_round(x);
        for (unsigned i = 0; i < BLOCK_WORDS; i++, numbers++) {
            halves block = (halves)(x[i] + start[i]);
            *numbers = subtract ? *numbers - block : *numbers + block;
        }
    }
}

static void add(struct lattice_sum *sum, const struct hash *seed)
{
    change(sum, seed, false);
}

static void subtract(struct lattice_sum *sum, const struct hash *seed)
{
    change(sum, seed, true);
}

static void finish(const struct lattice_sum *sum, struct lattice *lattice)
{
    const uint16_t *number = sum->numbers;
    for (unsigned group = 0; group < GROUPS; group++)
        for (unsigned word = 0; word < BLOCK_WORDS; word++)
            for (unsigned lane = 0; lane < LANES; lane++, number += 2) {
                uint16_t *to =
                    &lattice->lanes[2 * ((group * LANES + lane) * BLOCK_WORDS +
                                         word)];
                to[0] = (uint16_t)(to[0] + number[0]);
                to[1] = (uint16_t)(to[1] + number[1]);
            }
}
