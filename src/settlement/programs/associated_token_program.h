/*
 * The Associated Token Account program. Each wallet has one token account for
 * each mint, at an address that anybody can compute, and anybody can create
 * that account.
 *
 * Source of the instructions (first byte; empty data is the first one) and of
 * their accounts: github.com/solana-program/associated-token-account,
 * interface. The program calls the System and Token programs, as Solana's does.
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

/* The program's one custom error. */
#define ASSOCIATED_TOKEN_ERROR_INVALID_OWNER 0

extern const struct program associated_token_program;

/* The address of a wallet's account for a mint of a token program. Costs a hash
 * for each bump that is tried. */
void associated_token_address(const struct pubkey *wallet,
                              const struct pubkey *token_program_id,
                              const struct pubkey *mint, struct pubkey *out);

#endif
