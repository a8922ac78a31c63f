/*
 * The System program's instructions on nonce accounts (bank/nonce_account.h).
 * Accounts stand in Solana's places; system_program.c has checked that the
 * first one is there. Each function returns the instruction's error.
 */
#ifndef POND_SETTLEMENT_PROGRAMS_NONCE_INSTRUCTION_H
#define POND_SETTLEMENT_PROGRAMS_NONCE_INSTRUCTION_H

#include "settlement/bank/program.h"

enum instruction_error nonce_advance(struct invocation *invocation);
enum instruction_error nonce_withdraw(struct invocation *invocation,
                                      uint64_t lamports);
enum instruction_error nonce_initialize(struct invocation *invocation,
                                        const struct pubkey *authority);
enum instruction_error nonce_authorize(struct invocation *invocation,
                                       const struct pubkey *authority);
enum instruction_error nonce_upgrade(struct invocation *invocation);

#endif
