/*
 * The SPL Token program: fungible tokens (KPL tokens are these).
 *
 * All instructions of the program as Solana runs it today (spl-token 4, the
 * rewrite known as p-token): 0 to 24, WithdrawExcessLamports (38),
 * UnwrapLamports (45) and Batch (255). The order of checks is the same, so that
 * the same input gives the same error. A differential test compares the program
 * with Solana's own runtime.
 *
 * Layouts and errors: github.com/solana-program/token, interface.
 */
#ifndef POND_SETTLEMENT_PROGRAMS_TOKEN_PROGRAM_H
#define POND_SETTLEMENT_PROGRAMS_TOKEN_PROGRAM_H

#include "settlement/bank/program.h"

extern const struct program token_program;

/* First byte of an instruction; the numbers are spl-token's. */
enum token_instruction {
    TOKEN_INITIALIZE_MINT = 0,
    TOKEN_INITIALIZE_ACCOUNT = 1,
    TOKEN_INITIALIZE_MULTISIG = 2,
    TOKEN_TRANSFER = 3,
    TOKEN_APPROVE = 4,
    TOKEN_REVOKE = 5,
    TOKEN_SET_AUTHORITY = 6,
    TOKEN_MINT_TO = 7,
    TOKEN_BURN = 8,
    TOKEN_CLOSE_ACCOUNT = 9,
    TOKEN_FREEZE_ACCOUNT = 10,
    TOKEN_THAW_ACCOUNT = 11,
    TOKEN_TRANSFER_CHECKED = 12,
    TOKEN_APPROVE_CHECKED = 13,
    TOKEN_MINT_TO_CHECKED = 14,
    TOKEN_BURN_CHECKED = 15,
    TOKEN_INITIALIZE_ACCOUNT_2 = 16,
    TOKEN_SYNC_NATIVE = 17,
    TOKEN_INITIALIZE_ACCOUNT_3 = 18,
    TOKEN_INITIALIZE_MULTISIG_2 = 19,
    TOKEN_INITIALIZE_MINT_2 = 20,
    TOKEN_GET_ACCOUNT_DATA_SIZE = 21,
    TOKEN_INITIALIZE_IMMUTABLE_OWNER = 22,
    TOKEN_AMOUNT_TO_UI_AMOUNT = 23,
    TOKEN_UI_AMOUNT_TO_AMOUNT = 24,
    TOKEN_WITHDRAW_EXCESS_LAMPORTS = 38,
    TOKEN_UNWRAP_LAMPORTS = 45,
    TOKEN_BATCH = 255,
};

/* SetAuthority's second byte: spl-token's AuthorityType. */
enum token_authority {
    TOKEN_AUTHORITY_MINT_TOKENS,
    TOKEN_AUTHORITY_FREEZE_ACCOUNT,
    TOKEN_AUTHORITY_ACCOUNT_OWNER,
    TOKEN_AUTHORITY_CLOSE_ACCOUNT,
};

/* Numbers of INSTRUCTION_CUSTOM, in the order of spl-token's TokenError. */
enum token_error {
    TOKEN_ERROR_NOT_RENT_EXEMPT,
    TOKEN_ERROR_INSUFFICIENT_FUNDS,
    TOKEN_ERROR_INVALID_MINT,
    TOKEN_ERROR_MINT_MISMATCH,
    TOKEN_ERROR_OWNER_MISMATCH,
    TOKEN_ERROR_FIXED_SUPPLY,
    TOKEN_ERROR_ALREADY_IN_USE,
    TOKEN_ERROR_INVALID_NUMBER_OF_PROVIDED_SIGNERS,
    TOKEN_ERROR_INVALID_NUMBER_OF_REQUIRED_SIGNERS,
    TOKEN_ERROR_UNINITIALIZED_STATE,
    TOKEN_ERROR_NATIVE_NOT_SUPPORTED,
    TOKEN_ERROR_NON_NATIVE_HAS_BALANCE,
    TOKEN_ERROR_INVALID_INSTRUCTION,
    TOKEN_ERROR_INVALID_STATE,
    TOKEN_ERROR_OVERFLOW,
    TOKEN_ERROR_AUTHORITY_TYPE_NOT_SUPPORTED,
    TOKEN_ERROR_MINT_CANNOT_FREEZE,
    TOKEN_ERROR_ACCOUNT_FROZEN,
    TOKEN_ERROR_MINT_DECIMALS_MISMATCH,
    TOKEN_ERROR_NON_NATIVE_NOT_SUPPORTED,
    TOKEN_ERROR_COUNT,
};

#endif
