/*
 * OpenSSL's low-level SHA-2 calls rather than EVP: EVP allocates and looks up
 * the algorithm for each digest, which for the 32 to 200 bytes hashed here most
 * of the time costs several times the hashing. They are marked deprecated in
 * OpenSSL 3.0, and there in all of 3.x.
 *
 * OpenSSL's calls here return 1 always: there is no provider to be looked up
 * and no memory to be had. So a hash can't fail, and no caller has to ask.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "crypto/hash.h"

#include "base/check.h"
#include <endian.h>
#include <openssl/sha.h>
#include <sodium.h>

void hash_sha256(struct bytes data, struct hash *out)
{
    hash_sha256_pieces(&data, 1, out);
}

/* Pieces spare the callers a buffer to join what they hash: an account row, an
 * entry of proof of history, the preimage of a derived address. */
void hash_sha256_pieces(const struct bytes *pieces, size_t count,
                        struct hash *out)
{
    SHA256_CTX context;
    SHA256_Init(&context);
    for (size_t i = 0; i < count; i++)
        SHA256_Update(&context, pieces[i].data, pieces[i].size);
    SHA256_Final(out->bytes, &context);
}

void hash_sha512(struct bytes data, uint8_t out[64])
{
    SHA512_CTX context;
    SHA512_Init(&context);
    SHA512_Update(&context, data.data, data.size);
    SHA512_Final(out, &context);
}

/* RFC 6455, 4.2.2: a constant of the protocol, which no collision helps anybody
 * against. */
void hash_sha1(struct bytes data, uint8_t out[20])
{
    SHA_CTX context;
    SHA1_Init(&context);
    SHA1_Update(&context, data.data, data.size);
    SHA1_Final(out, &context);
}

/* Unkeyed, with a digest of 32 bytes, which is part of what is hashed: it is
 * not the beginning of the 64-byte one. libsodium fails only for lengths out of
 * range. */
void hash_blake2b_256(struct bytes data, struct hash *out)
{
    CHECK(!crypto_generichash_blake2b(out->bytes, sizeof(out->bytes), data.data,
                                      data.size, NULL, 0));
}

/*
 * The incremental form keeps FIPS 180-4's state and at most one unfinished
 * block in plain memory. OpenSSL's struct is not in the header, so users need
 * no include of OpenSSL and may copy the struct to branch off a hash.
 *
 * Invariants:
 *
 * 1. size counts all bytes given so far.
 * 2. state is that after the whole blocks among them.
 * 3. block holds the size % 64 bytes after those; its other bytes mean nothing.
 *
 * Between two calls the state goes through SHA256_CTX.h, the same eight words,
 * which is why OpenSSL's struct is used by its members.
 */
void sha256_init(struct sha256 *sha256)
{
    SHA256_CTX context;
    SHA256_Init(&context);
    memcpy(sha256->state, context.h, sizeof(sha256->state));
    sha256->size = 0;
}

/* Whole blocks only: OpenSSL then hashes in place, many blocks in one call. */
static void sha256_blocks(struct sha256 *sha256, const uint8_t *data,
                          size_t size)
{
    SHA256_CTX context;
    CHECK(size % sizeof(sha256->block) == 0);
    SHA256_Init(&context);
    memcpy(context.h, sha256->state, sizeof(sha256->state));
    SHA256_Update(&context, data, size);
    memcpy(sha256->state, context.h, sizeof(sha256->state));
}

/* First fill up the block that is held, then hash what is whole where it lies,
 * then hold the rest. */
void sha256_update(struct sha256 *sha256, struct bytes data)
{
    const size_t block_size = sizeof(sha256->block);
    size_t held = sha256->size % block_size;
    sha256->size += data.size;
    if (held) {
        size_t room = block_size - held;
        size_t take = data.size < room ? data.size : room;
        if (take)
            memcpy(sha256->block + held, data.data, take);
        if (take < room)
            return;
        sha256_blocks(sha256, sha256->block, block_size);
        data = bytes_make(data.data + take, data.size - take);
    }
    size_t whole = data.size - data.size % block_size;
    if (whole)
        sha256_blocks(sha256, data.data, whole);
    if (data.size > whole)
        memcpy(sha256->block, data.data + whole, data.size - whole);
}

void sha256_final(struct sha256 *sha256, struct hash *out)
{
    /* An OpenSSL context holds the same part of a block, so it can do the
     * padding. */
    SHA256_CTX context;
    size_t held = sha256->size % sizeof(sha256->block);
    uint64_t hashed_bits = (sha256->size - held) * 8;
    SHA256_Init(&context);
    memcpy(context.h, sha256->state, sizeof(sha256->state));
    /* The count of bits, in two halves, which the padding ends with:
     * SHA256_Update() adds that of what is held. */
    context.Nl = (SHA_LONG)hashed_bits;
    context.Nh = (SHA_LONG)(hashed_bits >> 32);
    SHA256_Update(&context, sha256->block, held);
    SHA256_Final(out->bytes, &context);
}

void hash_chain(struct hash *value, uint64_t count)
{
    /* One after the other by design: that no step can begin before the last one
     * has ended is what proves that time has passed.
     *
     * A 32-byte message is one block of which only the first half changes, so
     * the padding is laid out once (FIPS 180-4, 5.1.1). SHA256_Init's state is
     * restored from a copy: a call a step would be a tenth of the time. */
    SHA256_CTX initial;
    SHA256_CTX context;
    uint8_t block[64] = {0};
    SHA256_Init(&initial);
    context = initial;
    memcpy(block, value->bytes, 32);
    block[32] = 0x80;
    u32be_write(block + 60, 32 * 8);
    for (uint64_t i = 0; i < count; i++) {
        memcpy(context.h, initial.h, sizeof(initial.h));
        SHA256_Transform(&context, block);
        for (int word = 0; word < 8; word++) {
            uint32_t big_endian = htobe32(context.h[word]);
            memcpy(block + 4 * word, &big_endian, sizeof(big_endian));
        }
    }
    memcpy(value->bytes, block, 32);
}
