/*
 * The log of a transaction: the lines that Solana's runtime writes around each
 * program. What a program itself writes goes through invocation_log*()
 * (program.h), which is here, too. Clients parse these lines: their words are
 * Solana's.
 */
#ifndef POND_SETTLEMENT_BANK_PROGRAM_LOG_H
#define POND_SETTLEMENT_BANK_PROGRAM_LOG_H

#include "settlement/bank/transaction_context.h"

/* "Program", its id's text, and what happens with it: " invoke [1]". */
void program_log_line(struct invocation *invocation, const char *program,
                      const char *what);

/* A program has returned; program: its id's text. */
void program_log_result(struct invocation *invocation, const char *program,
                        enum instruction_error error);

/* What Solana's virtual machine adds, failed or not, for a program that runs in
 * one there. used_before: the transaction's units before it ran. */
void program_log_run(struct invocation *invocation,
                     const struct program *program, uint64_t used_before);

#endif
