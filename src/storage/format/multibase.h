/*
 * Multibase: bytes as text whose first character names the base
 * (github.com/multiformats/multibase). The bases that CIDs are written in.
 */
#ifndef POND_STORAGE_FORMAT_MULTIBASE_H
#define POND_STORAGE_FORMAT_MULTIBASE_H

#include "base/buffer.h"

enum multibase {
    /* RFC 4648, lower case, no padding: the usual form of a CIDv1. */
    MULTIBASE_BASE32 = 'b',
    MULTIBASE_BASE32_UPPER = 'B',
    /* Lower case: fits a DNS label. */
    MULTIBASE_BASE36 = 'k',
    /* Bitcoin's alphabet. */
    MULTIBASE_BASE58BTC = 'z',
    /* RFC 4648 section 5, no padding. */
    MULTIBASE_BASE64URL = 'u',
};

/* Longest text taken, in characters. base36 and base58 cost the square of the
 * length; the longest CID accepted here has 230 characters. */
#define MULTIBASE_TEXT_MAX 1024

/* Append the text, prefix first. data at most MULTIBASE_TEXT_MAX / 2 bytes
 * (CHECKed). */
void multibase_encode(enum multibase base, struct bytes data,
                      struct buffer *out);

/* Append the bytes. ERR_UNSUPPORTED for a base not listed above, ERR_INVALID
 * for characters outside the base or bits left over, ERR_LIMIT. */
int multibase_decode(struct bytes text, struct buffer *out);

#endif
