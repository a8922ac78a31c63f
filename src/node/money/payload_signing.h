/*
 * Signatures of data that a task asks for, with the keys that also sign
 * transactions.
 *
 * Koii's form can't carry a prefix of its own: its clients expect nacl.sign()
 * of JSON.stringify(value), to the byte. So the purposes are separated by what
 * is signed: JSON text without white space around it. Its first byte is never
 * below 0x22, and read as a transaction's message that byte is the number of
 * signatures: 34 of them alone are larger than any transaction may be. A
 * versioned message begins with a byte from 0x80 on, which no JSON text does.
 * Whatever parses as a message all the same is refused. So is a number that
 * could be the hash of an upload (upload_signing.h); JSON.stringify() gives
 * none of 64 digits.
 */
#ifndef POND_NODE_MONEY_PAYLOAD_SIGNING_H
#define POND_NODE_MONEY_PAYLOAD_SIGNING_H

#include "base/buffer.h"
#include "crypto/key.h"

/* May a key sign this for a task? ERR_DENIED: the payload is not JSON text, or
 * could be read as a transaction; ERR_LIMIT: it is too large for base58. */
int payload_signing_check(struct bytes payload);

/* Base58 of the signature (64 bytes) followed by the payload, appended to
 * *base58: nacl.sign()'s form. The payload has passed the check. */
void payload_signing_text(const struct signature *signature,
                          struct bytes payload, struct buffer *base58);

/* The way back: what the key has signed, appended to *payload. ERR_INVALID: the
 * text is not of that form, or the signature does not hold. */
int payload_signing_open(struct bytes base58, const struct pubkey *key,
                         struct buffer *payload);

#endif
