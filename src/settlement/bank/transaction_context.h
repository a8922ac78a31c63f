/*
 * What the instructions of one transaction share while it executes: the loaded
 * accounts, the log and the limits. execute.c makes it, and the invocation_*
 * calls (program.h) use it. It lives as long as one execution.
 */
#ifndef POND_SETTLEMENT_BANK_TRANSACTION_CONTEXT_H
#define POND_SETTLEMENT_BANK_TRANSACTION_CONTEXT_H

#include "settlement/bank/program.h"

/* Longest log of one transaction, in bytes (Solana's LOG_MESSAGES_BYTES_LIMIT).
 */
#define TRANSACTION_LOG_SIZE_MAX 10000

/* Solana's MAX_INSTRUCTION_TRACE_LENGTH and MAX_INSTRUCTION_STACK_DEPTH. */
#define INSTRUCTION_TRACE_MAX 64
#define INSTRUCTION_DEPTH_MAX 5

/* Lines in the order of writing. When a line does not fit, truncated is set and
 * no more is added, as on Solana ("Log truncated"). */
struct transaction_log {
    struct bytes *lines;
    size_t count;
    size_t capacity;
    size_t size_bytes;
    bool truncated;
};

/*
 * Invariants:
 *
 * 1. accounts[i] is the transaction's key i; a program changes only these
 *    copies and its rows in state.
 * 2. Between instructions lamport_change is 0: no lamports are made or lost.
 * 3. compute_used ≤ compute_limit, or the transaction has failed.
 */
struct transaction_context {
    const struct environment *environment;
    const struct program_table *programs; /* that can be called */
    struct arena *arena;
    struct state *state;
    struct loaded_account *accounts;
    size_t account_count;
    struct transaction_log *log; /* NULL: nobody asked for it */
    int64_t data_growth;         /* bytes added to accounts so far */
    __int128 lamport_change;     /* over all accounts, since the start */
    uint64_t compute_limit;
    uint64_t compute_used;
    size_t instructions_run;
    struct inner_instruction
        *inner; /* calls, if a log is wanted; NULL: none yet */
    size_t inner_count;
    bool is_broken_off; /* a call failed, and with it its caller */
    uint8_t outer;      /* the transaction's own instruction that runs */
    uint32_t custom;    /* number of an INSTRUCTION_CUSTOM */
    struct pubkey return_program; /* that set return_data */
    struct bytes return_data;     /* in the arena; empty: none */
};

/* The account as the copy has it; borrows the data, of which a rendered account
 * has none. */
static inline struct account
loaded_account_value(const struct loaded_account *loaded)
{
    return (struct account){
        .lamports = loaded->lamports,
        .owner = loaded->owner,
        .executable = loaded->executable,
        .rendered = loaded->rendered,
        .space = loaded->space,
        .data = bytes_make(loaded->data, loaded->rendered ? 0 : loaded->space)};
}

/* Run a program on accounts of the transaction, with log lines, limits and the
 * check that lamports add up. depth: 1 for the transaction's own instructions.
 */
enum instruction_error
transaction_context_run(struct transaction_context *context,
                        const struct pubkey *program,
                        const struct invocation_account *accounts,
                        size_t account_count, struct bytes data, uint8_t depth);

#endif
