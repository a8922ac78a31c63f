/*
 * The Associated Token Account program: for each wallet and mint one token
 * account at an address that anybody can compute, and anybody can create.
 *
 * Instructions (first byte; empty data is the first one) and their accounts:
 * github.com/solana-program/associated-token-account, interface. It does its
 * work by calling the System and Token programs, as there.
 */
#ifndef POND_SETTLEMENT_PROGRAMS_ASSOCIATED_TOKEN_PROGRAM_H
#define POND_SETTLEMENT_PROGRAMS_ASSOCIATED_TOKEN_PROGRAM_H

#include "settlement/bank/program.h"

/* The first byte of instruction data. */
enum associated_token_instruction {
    ASSOCIATED_TOKEN_CREATE,
    ASSOCIATED_TOKEN_CREATE_IDEMPOTENT,
    ASSOCIATED_TOKEN_RECOVER_NESTED,
};

/* The number of its one INSTRUCTION_CUSTOM. */
#define ASSOCIATED_TOKEN_ERROR_INVALID_OWNER 0

extern const struct program associated_token_program;

/* Where a wallet's account for a mint of a token program lies. */
void associated_token_address(const struct pubkey *wallet,
                              const struct pubkey *token_program_id,
                              const struct pubkey *mint, struct pubkey *out);

#endif
