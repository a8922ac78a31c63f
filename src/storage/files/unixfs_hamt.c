/*
 * MurmurHash3_x64_128 (Austin Appleby, public domain algorithm) with seed 0, of
 * which a sharded directory uses the first half.
 *
 * It is no cryptographic hash: names with equal hashes can be made at will, so
 * a directory can be made that no shard can hold. write_shard() refuses that
 * one; nothing else is harmed.
 *
 * Written from the algorithm: 16 bytes a round, in two lanes. The constants are
 * its own.
 */
#include "storage/files/unixfs_state.h"

static uint64_t rotate_left(uint64_t value, unsigned bits)
{
    return value << bits | value >> (64 - bits);
}

/* Every bit of the input changes half of the bits of the result. */
static uint64_t final_mix(uint64_t value)
{
    value ^= value >> 33;
    value *= 0xff51afd7ed558ccdull;
    value ^= value >> 33;
    value *= 0xc4ceb9fe1a85ec53ull;
    return value ^ value >> 33;
}

/* c1 and c2 of the algorithm. */
#define FACTOR_1 0x87c37b91114253d5ull
#define FACTOR_2 0x4cf5ad432745937full

/* What goes into the first lane, and into the second. */
static uint64_t mix_1(uint64_t value)
{
    return rotate_left(value * FACTOR_1, 31) * FACTOR_2;
}

static uint64_t mix_2(uint64_t value)
{
    return rotate_left(value * FACTOR_2, 33) * FACTOR_1;
}

/* Sixteen bytes a round, the rest zero-filled, then both lanes mixed with the
 * length; the first lane is the result, as go-unixfs takes it. */
uint64_t unixfs_hamt_hash(struct bytes name)
{
    uint64_t first = 0, second = 0;
    uint8_t tail[16] = {0};
    size_t at = 0;

    for (; name.size - at >= 16; at += 16) {
        first ^= mix_1(u64le_read(name.data + at));
        first = (rotate_left(first, 27) + second) * 5 + 0x52dce729;
        second ^= mix_2(u64le_read(name.data + at + 8));
        second = (rotate_left(second, 31) + first) * 5 + 0x38495ab5;
    }
    /* The rest, filled up with zeros: for those the mix adds nothing, so it is
     * the same as the algorithm's switch over the length. */
    if (name.size > at)
        memcpy(tail, name.data + at, name.size - at);
    first ^= mix_1(u64le_read(tail));
    second ^= mix_2(u64le_read(tail + 8));

    first ^= name.size;
    second ^= name.size;
    first += second;
    second += first;
    return final_mix(first) + final_mix(second);
}

unsigned unixfs_hamt_prefix_size(uint64_t fanout)
{
    return fanout > 256 ? 3 : fanout > 16 ? 2 : 1;
}
