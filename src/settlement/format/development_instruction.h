/*
 * The development program's instructions on the wire. What they do is in
 * programs/development_program.h. Pond's own, little-endian:
 *
 *   0 SetAccount   lamports u64; owner[32]; space u64; serial u64
 *   1 WriteAccount offset u64; serial u64; the bytes
 *
 * serial makes two equal instructions different transactions. Accounts:
 * [DEVELOPMENT_AUTHORITY_ID; the authority, signer, writable; the account to be
 * set, writable]. The first is an account of the program whose data are the
 * authority's key: a network whose genesis has none can't be bent.
 */
#ifndef POND_SETTLEMENT_FORMAT_DEVELOPMENT_INSTRUCTION_H
#define POND_SETTLEMENT_FORMAT_DEVELOPMENT_INSTRUCTION_H

#include "base/buffer.h"
#include "crypto/key.h"

enum development_instruction {
    DEVELOPMENT_SET_ACCOUNT,
    DEVELOPMENT_WRITE_ACCOUNT,
};

/* Append an instruction's data. */
void development_set_data(uint64_t lamports, const struct pubkey *owner,
                          uint64_t space, uint64_t serial, struct buffer *out);
void development_write_data(uint64_t offset, struct bytes bytes,
                            uint64_t serial, struct buffer *out);

#endif
