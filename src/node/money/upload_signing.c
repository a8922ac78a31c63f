#include "node/money/upload_signing.h"

#include "base/hex.h"
#include "crypto/hash.h"

bool upload_signing_is_hash(struct bytes bytes)
{
    for (size_t i = 0; i < bytes.size; i++) {
        uint8_t digit = bytes.data[i];

        if ((digit < '0' || digit > '9') && (digit < 'a' || digit > 'f'))
            return false;
    }
    return bytes.size == UPLOAD_SIGNING_SIZE;
}

void upload_signing_hash(struct bytes files, struct buffer *out)
{
    struct hash hash;

    hash_sha256(files, &hash);
    hex_encode(bytes_make(hash.bytes, sizeof(hash.bytes)), out);
}
