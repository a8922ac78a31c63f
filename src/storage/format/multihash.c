/*
 * Four functions: sha2-256, which nearly every CID has, sha2-512 and
 * blake2b-256, which other systems of the IPFS family use, and the identity for
 * data small enough to stand in its own name.
 *
 * Truncated digests, which the format would allow, are refused: a digest of
 * four bytes is easily met by other data, and a CID is a promise. Functions
 * that are broken (sha1, md5) are refused for the same reason.
 */
#include "storage/format/multihash.h"
#include "base/check.h"
#include "base/error.h"
#include "crypto/hash.h"

/* The digest size of a hash function in bytes; 0 for one that is not supported,
 * and for the identity, whose size is free. The one place that says which
 * functions are known to multihash_read(). */
static size_t digest_size_of(uint64_t code)
{
    switch (code) {
    case MULTIHASH_SHA2_256:
    case MULTIHASH_BLAKE2B_256:
        return 32;
    case MULTIHASH_SHA2_512:
        return 64;
    }
    return 0;
}

/* The digest of all of data. Blocks are at most STORE_BLOCK_SIZE_MAX, so there
 * is no need to hash in pieces. */
int multihash_of(uint32_t code, struct bytes data, struct multihash *out)
{
    struct hash hash;

    /* All of it: values are copied and compared whole in places. */
    memset(out, 0, sizeof(*out));
    out->code = code;
    switch (code) {
    case MULTIHASH_IDENTITY:
        if (data.size > MULTIHASH_DIGEST_MAX)
            /* A CID is a name: it has to fit rows, URLs and log lines. */
            return err_set(ERR_LIMIT,
                           "%zu bytes are too many for an identity CID, "
                           "which holds %d",
                           data.size, MULTIHASH_DIGEST_MAX);
        out->digest_size = (uint8_t)data.size;
        if (data.size)
            memcpy(out->digest, data.data, data.size);
        return 0;
    case MULTIHASH_SHA2_512:
        out->digest_size = 64;
        hash_sha512(data, out->digest);
        return 0;
    case MULTIHASH_SHA2_256:
        hash_sha256(data, &hash);
        break;
    case MULTIHASH_BLAKE2B_256:
        hash_blake2b_256(data, &hash);
        break;
    /* This is no CHECK, because the code may come from a stranger's CID. */
    default:
        return err_set(ERR_UNSUPPORTED, "hash function 0x%x is not supported",
                       code);
    }
    out->digest_size = 32;
    memcpy(out->digest, hash.bytes, 32);
    return 0;
}

/* Compute the digest and compare. The time is not constant, because nothing
 * here is secret. */
int multihash_verify(const struct multihash *hash, struct bytes data)
{
    struct multihash found;

    if (hash->code == MULTIHASH_IDENTITY) {
        /* No function to run: the digest is the data. */
        if (bytes_equal(data, bytes_make(hash->digest, hash->digest_size)))
            return 0;
    } else {
        /* A read multihash has a known function, so this can't fail there; one
         * built by hand may. */
        int status = multihash_of(hash->code, data, &found);

        if (status)
            return status;
        if (multihash_equal(hash, &found))
            return 0;
    }
    return err_set(ERR_CORRUPT, "the bytes do not have the hash of their CID");
}

/* Code and size are varints from outside; both are compared in 64 bits before
 * they are cut to the struct's fields. */
int multihash_read(struct reader *reader, struct multihash *out)
{
    uint64_t code, size;

    memset(out, 0, sizeof(*out));
    int status = reader_varint(reader, &code);
    if (!status)
        status = reader_varint(reader, &size);
    if (status)
        return err_add(status, "multihash");
    if (code == MULTIHASH_IDENTITY) {
        if (size > MULTIHASH_DIGEST_MAX)
            return err_set(ERR_LIMIT,
                           "identity multihash of %llu bytes is over the limit "
                           "of %d",
                           (unsigned long long)size, MULTIHASH_DIGEST_MAX);
    } else if (!digest_size_of(code)) {
        return err_set(ERR_UNSUPPORTED, "hash function 0x%llx is not supported",
                       (unsigned long long)code);
    } else if (size != digest_size_of(code)) {
        return err_set(ERR_UNSUPPORTED,
                       "a digest of %llu bytes is not the whole of hash "
                       "function 0x%llx",
                       (unsigned long long)size, (unsigned long long)code);
    }
    out->code = (uint32_t)code;
    out->digest_size = (uint8_t)size;
    status = reader_copy(reader, out->digest, size);
    return status ? err_add(status, "multihash") : 0;
}

void multihash_write(const struct multihash *hash, struct buffer *out)
{
    struct multihash_key key;

    multihash_key(hash, &key);
    buffer_append(out, key.data, key.size);
}

bool multihash_equal(const struct multihash *a, const struct multihash *b)
{
    return a->code == b->code && a->digest_size == b->digest_size &&
           !memcmp(a->digest, b->digest, a->digest_size);
}

/* As buffer_varint(), into memory of the caller. Returns the bytes used. */
static size_t put_varint(uint8_t *at, uint64_t value)
{
    size_t size = 0;

    while (value >= 0x80) {
        at[size++] = (uint8_t)(value | 0x80);
        value >>= 7;
    }
    at[size++] = (uint8_t)value;
    return size;
}

/* On the stack and without a buffer: every look-up in the store makes one. */
void multihash_key(const struct multihash *hash, struct multihash_key *out)
{
    CHECK(hash->digest_size <= MULTIHASH_DIGEST_MAX);
    out->size = put_varint(out->data, hash->code);
    out->size += put_varint(out->data + out->size, hash->digest_size);
    memcpy(out->data + out->size, hash->digest, hash->digest_size);
    out->size += hash->digest_size;
}
