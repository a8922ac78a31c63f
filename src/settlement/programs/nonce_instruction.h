/*
 * The System program's instructions on nonce accounts. Their form is in
 * bank/nonce_account.h. Each returns what the instruction comes to; accounts
 * stand in Solana's places.
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
