/*
 * Multihash: a digest that names its hash function
 * (github.com/multiformats/multihash). A plain value; no ownership.
 */
#ifndef POND_STORAGE_FORMAT_MULTIHASH_H
#define POND_STORAGE_FORMAT_MULTIHASH_H

#include "base/buffer.h"

/* Codes of the multicodec table. */
enum multihash_code {
    /* The "digest" is the data itself. */
    MULTIHASH_IDENTITY = 0x00,
    MULTIHASH_SHA2_256 = 0x12,
    MULTIHASH_SHA2_512 = 0x13,
    MULTIHASH_BLAKE2B_256 = 0xb220,
};

/* Kubo's limit for data carried inside an identity CID; no hash function here
 * has a longer digest. */
#define MULTIHASH_DIGEST_MAX 128

/* Encoded: varint of the code (3 bytes at most), of the size (2), digest. */
#define MULTIHASH_SIZE_MAX (5 + MULTIHASH_DIGEST_MAX)

struct multihash {
    /* enum multihash_code. */
    uint32_t code;
    /* Bytes of digest that count; the rest is zero. */
    uint8_t digest_size;
    uint8_t digest[MULTIHASH_DIGEST_MAX];
};

/* The digest of data under code. ERR_UNSUPPORTED for another code, ERR_LIMIT
 * for an identity over MULTIHASH_DIGEST_MAX. */
int multihash_of(uint32_t code, struct bytes data, struct multihash *out);

/* 0 if data has this hash; ERR_CORRUPT if it has another. */
int multihash_verify(const struct multihash *hash, struct bytes data);

/* Read one multihash. ERR_INVALID, ERR_UNSUPPORTED (an unknown function, or a
 * digest whose size is not the function's own), ERR_LIMIT. */
int multihash_read(struct reader *reader, struct multihash *out);

/* Append the binary form. */
void multihash_write(const struct multihash *hash, struct buffer *out);

bool multihash_equal(const struct multihash *a, const struct multihash *b);

/* The binary form in memory of its own: a key for maps and rows. */
struct multihash_key {
    uint8_t data[MULTIHASH_SIZE_MAX];
    size_t size;
};
void multihash_key(const struct multihash *hash, struct multihash_key *out);

#endif
