/*
 * The System program's instructions on the wire: bincode, an index u32le and
 * then the fields. What they do is in programs/system_program.h.
 *
 * Source: solana-system-interface (instruction.rs, error.rs).
 */
#ifndef POND_SETTLEMENT_FORMAT_SYSTEM_INSTRUCTION_H
#define POND_SETTLEMENT_FORMAT_SYSTEM_INSTRUCTION_H

#include "base/buffer.h"
#include "crypto/key.h"

/* The index that instruction data begins with, u32le; SystemInstruction's
 * order. */
enum system_instruction {
    SYSTEM_CREATE_ACCOUNT,
    SYSTEM_ASSIGN,
    SYSTEM_TRANSFER,
    SYSTEM_CREATE_ACCOUNT_WITH_SEED,
    SYSTEM_ADVANCE_NONCE_ACCOUNT,
    SYSTEM_WITHDRAW_NONCE_ACCOUNT,
    SYSTEM_INITIALIZE_NONCE_ACCOUNT,
    SYSTEM_AUTHORIZE_NONCE_ACCOUNT,
    SYSTEM_ALLOCATE,
    SYSTEM_ALLOCATE_WITH_SEED,
    SYSTEM_ASSIGN_WITH_SEED,
    SYSTEM_TRANSFER_WITH_SEED,
    SYSTEM_UPGRADE_NONCE_ACCOUNT,
};

/* Custom errors of the program; SystemError's order. */
enum system_error {
    SYSTEM_ERROR_ACCOUNT_ALREADY_IN_USE,
    SYSTEM_ERROR_RESULT_WITH_NEGATIVE_LAMPORTS,
    SYSTEM_ERROR_INVALID_PROGRAM_ID,
    SYSTEM_ERROR_INVALID_ACCOUNT_DATA_LENGTH,
    SYSTEM_ERROR_MAX_SEED_LENGTH_EXCEEDED,
    SYSTEM_ERROR_ADDRESS_WITH_SEED_MISMATCH,
    SYSTEM_ERROR_NONCE_NO_RECENT_BLOCKHASHES,
    SYSTEM_ERROR_NONCE_BLOCKHASH_NOT_EXPIRED,
    SYSTEM_ERROR_NONCE_UNEXPECTED_BLOCKHASH_VALUE,
};

/* Append the instruction data of a Transfer and of a CreateAccount. */
void system_transfer_data(uint64_t lamports, struct buffer *out);
void system_create_account_data(uint64_t lamports, uint64_t space,
                                const struct pubkey *owner, struct buffer *out);

#endif
