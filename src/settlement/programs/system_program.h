/*
 * The System program: creates accounts, transfers lamports, assigns and
 * allocates, keeps durable nonces. Instruction data is bincode: u32le index,
 * then the fields.
 *
 * Source: solana-system-interface (instruction.rs, error.rs) for the formats
 * and errors, Agave's system_processor.rs for the order of the checks.
 */
#ifndef POND_SETTLEMENT_PROGRAMS_SYSTEM_PROGRAM_H
#define POND_SETTLEMENT_PROGRAMS_SYSTEM_PROGRAM_H

#include "settlement/bank/program.h"

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

extern const struct program system_program;

/* Instruction data for clients, appended. */
void system_transfer_data(uint64_t lamports, struct buffer *out);
void system_create_account_data(uint64_t lamports, uint64_t space,
                                const struct pubkey *owner, struct buffer *out);

#endif
