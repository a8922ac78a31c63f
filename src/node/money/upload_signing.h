/*
 * What a staking key signs so that Koii's storage takes files: the SHA-256 of
 * their bytes, one file after the other, in hexadecimal (reference, 5).
 *
 * Pure. Thread: any.
 */
#ifndef POND_NODE_MONEY_UPLOAD_SIGNING_H
#define POND_NODE_MONEY_UPLOAD_SIGNING_H

#include "base/buffer.h"

#define UPLOAD_SIGNING_SIZE 64

/* Append what is signed for these bytes. */
void upload_signing_hash(struct bytes files, struct buffer *out);

/* Whether it has the form of that: 64 digits in lower case. */
bool upload_signing_is_hash(struct bytes bytes);

#endif
