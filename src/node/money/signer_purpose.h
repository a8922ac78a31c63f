/*
 * What a key of the node may be asked to sign, and how the purposes are kept
 * apart: bytes that were signed for one purpose are never valid for another.
 *
 *  - A transaction's message begins with the number of its signatures, or with
 *    a byte from 0x80 on and a version that Pond reads.
 *  - A task's payload is JSON text (node/money/payload_signing.h), which begins
 *    with neither.
 *  - An upload to Koii's storage is signed for by the hash of its files: 64
 *    digits of hexadecimal, in lower case. Such a text is too short for a
 *    message that begins with its first byte's number of signatures, and as
 *    JSON it could only be a number of 64 digits, which is no task's payload.
 *  - A statement of the node's own begins with SIGNER_STATEMENT_PREFIX. Its
 *    first byte, 0xff, is version 127 of a transaction, which no validator
 *    takes and Solana keeps for what is signed outside the chain. No JSON text
 *    begins with 0xff either.
 *
 * Thread: any.
 */
#ifndef POND_NODE_MONEY_SIGNER_PURPOSE_H
#define POND_NODE_MONEY_SIGNER_PURPOSE_H

#include "base/buffer.h"
#include "crypto/key.h"

enum signer_purpose {
    SIGNER_TRANSACTION, /* the bytes are a transaction's message */
    SIGNER_PAYLOAD,     /* the bytes are a task's: JSON text */
    SIGNER_STATEMENT,   /* the node's own word to its peers: any bytes */
    SIGNER_UPLOAD, /* files for Koii's storage: node/money/upload_signing.h */
};

/* 16 bytes. */
#define SIGNER_STATEMENT_PREFIX "\xffpond statement\n"

/* Append what a key signs for that purpose: the bytes themselves, or prefix and
 * bytes. A peer that checks a statement makes the same bytes with this call.
 *
 * ERR_DENIED: a transaction that the key does not have to sign; a payload or an
 * upload that is none. ERR_LIMIT: a payload that is too large. What
 * transaction_parse_message() returns: the bytes are no transaction's message.
 * On failure *out is as it was. */
int signer_purpose_message(enum signer_purpose purpose,
                           const struct pubkey *key, struct bytes bytes,
                           struct buffer *out);

#endif
