/*
 * A Bloom filter (Bloom 1970) with the positions of Kirsch and Mitzenmacher
 * (2006): two hashes make them all. With 16 bits a block and 8 positions one
 * false yes comes in 1,700 questions.
 *
 * The hash is taken of the multihash and has no secret. An attacker who chooses
 * blocks that collide only makes a collection keep more of them while a pin has
 * a hole.
 */
#include "storage/keep/dag_sketch.h"
#include "base/check.h"

#include <xxhash.h>

#define BITS_PER_BLOCK 16
#define POSITIONS 8
/* In fewer bits the positions of different blocks are too much alike. */
#define SIZE_MIN 32
/* A note: the two hashes, u64le each. */
#define NOTE_SIZE 16

void dag_sketch_note(struct bytes multihash, struct buffer *noted)
{
    XXH128_hash_t hash = XXH3_128bits(multihash.data, multihash.size);

    buffer_u64le(noted, hash.low64);
    buffer_u64le(noted, hash.high64);
}

/* Bit number i of the block in a sketch of so many bits. */
static uint64_t position(uint64_t low, uint64_t high, unsigned i, uint64_t bits)
{
    return (low + i * (high | 1)) % bits;
}

void dag_sketch_make(struct bytes noted, struct buffer *out)
{
    size_t count = noted.size / NOTE_SIZE, begin = out->size;
    size_t size = (count * BITS_PER_BLOCK + 7) / 8;

    CHECK(noted.size % NOTE_SIZE == 0);
    if (size > DAG_SKETCH_SIZE_MAX)
        size = DAG_SKETCH_SIZE_MAX;
    if (!size)
        return;
    if (size < SIZE_MIN)
        size = SIZE_MIN;
    buffer_resize(out, begin + size);
    memset(out->data + begin, 0, size);
    for (size_t at = 0; at < noted.size; at += NOTE_SIZE) {
        uint64_t low = u64le_read(noted.data + at);
        uint64_t high = u64le_read(noted.data + at + 8);

        for (unsigned i = 0; i < POSITIONS; i++) {
            uint64_t bit = position(low, high, i, (uint64_t)size * 8);

            out->data[begin + bit / 8] |= (uint8_t)(1u << bit % 8);
        }
    }
}

bool dag_sketch_may_have(struct bytes sketch, struct bytes multihash)
{
    XXH128_hash_t hash = XXH3_128bits(multihash.data, multihash.size);

    if (!sketch.size)
        return false;
    for (unsigned i = 0; i < POSITIONS; i++) {
        uint64_t bit =
            position(hash.low64, hash.high64, i, (uint64_t)sketch.size * 8);

        if (!(sketch.data[bit / 8] & 1u << bit % 8))
            return false;
    }
    return true;
}
