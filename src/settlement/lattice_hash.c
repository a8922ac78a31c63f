/*
 * LtHash over rows; the header says what is computed, and by whom it was
 * proposed.
 *
 * Why not a Merkle tree: that would cost O(log n) hashes a changed row and the
 * nodes of the tree in the database, for proofs of single rows that nothing
 * here asks for. A sum costs one element for what is added and one for what is
 * taken away, and 2 KiB in all.
 *
 * The sum is of a multiset: it does not notice who adds a row twice and takes
 * it away twice. So its user must know what the row was before
 * (update_lattice() in bank.c), and bank_sum.c holds the result against all
 * rows.
 *
 * Pure; any thread.
 */
#include "settlement/lattice_hash.h"
#include "base/check.h"
#include <endian.h>
#include <sodium.h>

/* The 1,024 lanes of one row. A keyed stream rather than a long hash: libsodium
 * runs it on vector units, and it is the longest part of freezing a block. The
 * size before the key keeps (key, value) apart from any other way to cut the
 * same bytes in two. The lanes are little-endian on every machine. */
static void element(struct bytes key, struct bytes value, struct lattice *out)
{
    uint8_t size[4];
    struct hash seed;
    crypto_generichash_state hash;
    CHECK(key.size && key.size <= UINT32_MAX);
    u32le_write(size, (uint32_t)key.size);
    crypto_generichash_init(&hash, NULL, 0, sizeof(seed));
    crypto_generichash_update(&hash, size, sizeof(size));
    crypto_generichash_update(&hash, key.data, key.size);
    if (value.size)
        crypto_generichash_update(&hash, value.data, value.size);
    crypto_generichash_final(&hash, seed.bytes, sizeof(seed));

    static const uint8_t nonce[crypto_stream_chacha20_ietf_NONCEBYTES];
    crypto_stream_chacha20_ietf((uint8_t *)out->lanes, LATTICE_SIZE_BYTES,
                                nonce, seed.bytes);
    for (size_t i = 0; i < LATTICE_LANES; i++)
        out->lanes[i] = le16toh(out->lanes[i]);
}

/* Modulo 2^16 in each lane; the compiler makes vector instructions of the loop.
 */
void lattice_add(struct lattice *lattice, struct bytes key, struct bytes value)
{
    struct lattice row;
    element(key, value, &row);
    for (size_t i = 0; i < LATTICE_LANES; i++)
        lattice->lanes[i] = (uint16_t)(lattice->lanes[i] + row.lanes[i]);
}

/* The inverse of lattice_add() with the same row, exactly. */
void lattice_subtract(struct lattice *lattice, struct bytes key,
                      struct bytes value)
{
    struct lattice row;
    element(key, value, &row);
    for (size_t i = 0; i < LATTICE_LANES; i++)
        lattice->lanes[i] = (uint16_t)(lattice->lanes[i] - row.lanes[i]);
}

/* What headers hold in place of 2048 bytes. */
void lattice_checksum(const struct lattice *lattice, struct hash *out)
{
    uint8_t bytes[LATTICE_SIZE_BYTES];
    lattice_write(lattice, bytes);
    crypto_generichash(out->bytes, sizeof(out->bytes), bytes, sizeof(bytes),
                       NULL, 0);
}

void lattice_write(const struct lattice *lattice,
                   uint8_t out[LATTICE_SIZE_BYTES])
{
    for (size_t i = 0; i < LATTICE_LANES; i++)
        u16le_write(out + 2 * i, lattice->lanes[i]);
}

void lattice_read(struct lattice *lattice, const uint8_t in[LATTICE_SIZE_BYTES])
{
    for (size_t i = 0; i < LATTICE_LANES; i++)
        lattice->lanes[i] = u16le_read(in + 2 * i);
}
