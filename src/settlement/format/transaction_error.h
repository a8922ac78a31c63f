/*
 * Solana's error values. TransactionError says why a transaction was refused or
 * failed; one of its values, InstructionError, carries the index of the
 * instruction that failed and that program's error; the error Custom carries a
 * number of the program's own.
 *
 * Names, order and texts are those of solana-transaction-error and
 * solana-instruction-error 2.2. The numbers are Pond's (0 is success), and
 * blocks' records on disk hold them: append, never renumber.
 */
#ifndef POND_SETTLEMENT_FORMAT_TRANSACTION_ERROR_H
#define POND_SETTLEMENT_FORMAT_TRANSACTION_ERROR_H

#include "base/json.h"

enum instruction_error {
    INSTRUCTION_OK,
    /* For programs that have no better error. */
    INSTRUCTION_GENERIC_ERROR,
    /* A program refuses its input: arguments, bytes that do not parse, accounts
     * that hold something else, or too little. */
    INSTRUCTION_INVALID_ARGUMENT,
    INSTRUCTION_INVALID_INSTRUCTION_DATA,
    INSTRUCTION_INVALID_ACCOUNT_DATA,
    INSTRUCTION_ACCOUNT_DATA_TOO_SMALL,
    INSTRUCTION_INSUFFICIENT_FUNDS,
    /* A program refuses the accounts it was given: of another program, not
     * signed, used already or not made yet. */
    INSTRUCTION_INCORRECT_PROGRAM_ID,
    INSTRUCTION_MISSING_REQUIRED_SIGNATURE,
    INSTRUCTION_ACCOUNT_ALREADY_INITIALIZED,
    INSTRUCTION_UNINITIALIZED_ACCOUNT,
    /* The runtime refuses what a program did because it broke the rules of
     * accounts (program.h): lamports that do not add up, a change that only the
     * owner may make, or that nobody may. */
    INSTRUCTION_UNBALANCED_INSTRUCTION,
    INSTRUCTION_MODIFIED_PROGRAM_ID,
    INSTRUCTION_EXTERNAL_ACCOUNT_LAMPORT_SPEND,
    INSTRUCTION_EXTERNAL_ACCOUNT_DATA_MODIFIED,
    INSTRUCTION_READONLY_LAMPORT_CHANGE,
    INSTRUCTION_READONLY_DATA_MODIFIED,
    INSTRUCTION_DUPLICATE_ACCOUNT_INDEX,
    INSTRUCTION_EXECUTABLE_MODIFIED,
    INSTRUCTION_RENT_EPOCH_MODIFIED,
    /* A list of accounts that is too short. */
    INSTRUCTION_NOT_ENOUGH_ACCOUNT_KEYS,
    /* More rules of the runtime. The borrows are those of Solana's own runtime,
     * and never arise here. */
    INSTRUCTION_ACCOUNT_DATA_SIZE_CHANGED,
    INSTRUCTION_ACCOUNT_NOT_EXECUTABLE,
    INSTRUCTION_ACCOUNT_BORROW_FAILED,
    INSTRUCTION_ACCOUNT_BORROW_OUTSTANDING,
    INSTRUCTION_DUPLICATE_ACCOUNT_OUT_OF_SYNC,
    /* A number of the program's own. */
    INSTRUCTION_CUSTOM, /* with a number */
    /* Changes to executable accounts, which nothing may change. */
    INSTRUCTION_INVALID_ERROR,
    INSTRUCTION_EXECUTABLE_DATA_MODIFIED,
    INSTRUCTION_EXECUTABLE_LAMPORT_CHANGE,
    INSTRUCTION_EXECUTABLE_ACCOUNT_NOT_RENT_EXEMPT,
    /* Calls: to an account that is no program, too deep, without an account
     * that is needed, back into the caller. */
    INSTRUCTION_UNSUPPORTED_PROGRAM_ID,
    INSTRUCTION_CALL_DEPTH,
    INSTRUCTION_MISSING_ACCOUNT,
    INSTRUCTION_REENTRANCY_NOT_ALLOWED,
    /* Derived addresses. */
    INSTRUCTION_MAX_SEED_LENGTH_EXCEEDED,
    INSTRUCTION_INVALID_SEEDS,
    /* Growth past 10 MiB. */
    INSTRUCTION_INVALID_REALLOC,
    /* The instruction costs more compute units than are left. */
    INSTRUCTION_COMPUTATIONAL_BUDGET_EXCEEDED,
    /* A call that gives the callee a signature or a right to write that the
     * caller does not have. */
    INSTRUCTION_PRIVILEGE_ESCALATION,
    /* Errors of interpreted programs. Native programs that stand in for one
     * give the same answer. */
    INSTRUCTION_PROGRAM_ENVIRONMENT_SETUP_FAILURE,
    INSTRUCTION_PROGRAM_FAILED_TO_COMPLETE,
    INSTRUCTION_PROGRAM_FAILED_TO_COMPILE,
    /* Wrong or missing authorities, and what else programs check. */
    INSTRUCTION_IMMUTABLE,
    INSTRUCTION_INCORRECT_AUTHORITY,
    INSTRUCTION_BORSH_IO_ERROR,
    INSTRUCTION_ACCOUNT_NOT_RENT_EXEMPT,
    INSTRUCTION_INVALID_ACCOUNT_OWNER,
    INSTRUCTION_ARITHMETIC_OVERFLOW,
    INSTRUCTION_UNSUPPORTED_SYSVAR,
    INSTRUCTION_ILLEGAL_OWNER,
    /* Limits over the whole transaction. */
    INSTRUCTION_MAX_ACCOUNTS_DATA_ALLOCATIONS_EXCEEDED,
    INSTRUCTION_MAX_ACCOUNTS_EXCEEDED,
    INSTRUCTION_MAX_INSTRUCTION_TRACE_LENGTH_EXCEEDED,
    INSTRUCTION_BUILTIN_PROGRAMS_MUST_CONSUME_COMPUTE_UNITS,
    INSTRUCTION_ERROR_COUNT,
};

enum transaction_error {
    TRANSACTION_OK,
    /* From Solana's parallel execution; never arises here. */
    TRANSACTION_ACCOUNT_IN_USE,
    /* A key stands in the message twice, or in it and in a table. */
    TRANSACTION_ACCOUNT_LOADED_TWICE,
    /* The payer does not exist; a program that is called does not. */
    TRANSACTION_ACCOUNT_NOT_FOUND,
    TRANSACTION_PROGRAM_ACCOUNT_NOT_FOUND,
    /* The payer can't pay, or may not: only plain System accounts and nonces
     * may. */
    TRANSACTION_INSUFFICIENT_FUNDS_FOR_FEE,
    TRANSACTION_INVALID_ACCOUNT_FOR_FEE,
    /* The message took effect before; its blockhash is too old or unknown, and
     * is no nonce. */
    TRANSACTION_ALREADY_PROCESSED,
    TRANSACTION_BLOCKHASH_NOT_FOUND,
    TRANSACTION_INSTRUCTION_ERROR, /* with index and instruction_error */
    /* Kept for the names: these never arise here. */
    TRANSACTION_CALL_CHAIN_TOO_DEEP,
    TRANSACTION_MISSING_SIGNATURE_FOR_FEE,
    TRANSACTION_INVALID_ACCOUNT_INDEX,
    /* A signature is wrong: found before the bank sees it. */
    TRANSACTION_SIGNATURE_FAILURE,
    /* An account was called that is no program. */
    TRANSACTION_INVALID_PROGRAM_FOR_EXECUTION,
    /* The transaction parses but breaks the rules of transaction_parse(). */
    TRANSACTION_SANITIZE_FAILURE,
    /* Kept for the names, except UNSUPPORTED_VERSION, which the parser gives.
     */
    TRANSACTION_CLUSTER_MAINTENANCE,
    TRANSACTION_ACCOUNT_BORROW_OUTSTANDING,
    TRANSACTION_WOULD_EXCEED_MAX_BLOCK_COST_LIMIT,
    TRANSACTION_UNSUPPORTED_VERSION,
    TRANSACTION_INVALID_WRITABLE_ACCOUNT,
    TRANSACTION_WOULD_EXCEED_MAX_ACCOUNT_COST_LIMIT,
    TRANSACTION_WOULD_EXCEED_ACCOUNT_DATA_BLOCK_LIMIT,
    /* More accounts than one transaction may have. */
    TRANSACTION_TOO_MANY_ACCOUNT_LOCKS,
    /* Lookup tables: absent or deactivated, another program's, not a table,
     * an index past its end. */
    TRANSACTION_ADDRESS_LOOKUP_TABLE_NOT_FOUND,
    TRANSACTION_INVALID_ADDRESS_LOOKUP_TABLE_OWNER,
    TRANSACTION_INVALID_ADDRESS_LOOKUP_TABLE_DATA,
    TRANSACTION_INVALID_ADDRESS_LOOKUP_TABLE_INDEX,
    /* Kept for the names. */
    TRANSACTION_INVALID_RENT_PAYING_ACCOUNT,
    TRANSACTION_WOULD_EXCEED_MAX_VOTE_COST_LIMIT,
    TRANSACTION_WOULD_EXCEED_ACCOUNT_DATA_TOTAL_LIMIT,
    /* The transaction asks for a compute budget twice. */
    TRANSACTION_DUPLICATE_INSTRUCTION, /* with index */
    /* An account would end with less than its rent, and more than nothing. */
    TRANSACTION_INSUFFICIENT_FUNDS_FOR_RENT, /* with index of the account */
    /* The accounts hold more data than the transaction's limit; the limit is 0.
     */
    TRANSACTION_MAX_LOADED_ACCOUNTS_DATA_SIZE_EXCEEDED,
    TRANSACTION_INVALID_LOADED_ACCOUNTS_DATA_SIZE_LIMIT,
    /* Kept for the names. */
    TRANSACTION_RESANITIZATION_NEEDED,
    TRANSACTION_PROGRAM_EXECUTION_TEMPORARILY_RESTRICTED, /* with index */
    TRANSACTION_UNBALANCED_TRANSACTION,
    TRANSACTION_PROGRAM_CACHE_HIT_MAX_LIMIT,
    TRANSACTION_COMMIT_CANCELLED,
    TRANSACTION_ERROR_COUNT,
};

/* A whole error value, as it is kept and sent. */
struct transaction_status {
    uint8_t error;       /* enum transaction_error */
    uint8_t index;       /* of the instruction or account, where it has one */
    uint8_t instruction; /* enum instruction_error */
    uint32_t custom;     /* for INSTRUCTION_CUSTOM */
};

static inline bool transaction_status_ok(struct transaction_status status)
{
    return status.error == TRANSACTION_OK;
}

static inline struct transaction_status
transaction_status_of(enum transaction_error error)
{
    return (struct transaction_status){.error = (uint8_t)error};
}

/* Solana's names ("BlockhashNotFound"); "" for 0. */
const char *transaction_error_name(enum transaction_error error);
const char *instruction_error_name(enum instruction_error error);

/* The value as JSON-RPC's "err": null, "BlockhashNotFound",
 * {"InstructionError":[0,{"Custom":1}]}, ... */
void transaction_status_json(struct json_writer *writer,
                             struct transaction_status status);

/* The inverse, for clients. value is parsed JSON; NULL is JSON's null, and
 * success. ERR_INVALID for what is no TransactionError. */
int transaction_status_parse(struct json_object *value,
                             struct transaction_status *out);

/* Append the sentence that Solana's Display gives ("Blockhash not found",
 * "Error processing Instruction 0: custom program error: 0x1"). */
void transaction_status_text(struct transaction_status status,
                             struct buffer *out);
/* The text of the instruction's error alone ("insufficient funds"). */
void instruction_error_text(enum instruction_error error, uint32_t custom,
                            struct buffer *out);

/* Fixed form for records on disk. Decoding moves the reader only on success;
 * ERR_INVALID for values that are not in the enums. */
#define TRANSACTION_STATUS_SIZE 7
void transaction_status_encode(struct transaction_status status,
                               struct buffer *out);
int transaction_status_decode(struct reader *reader,
                              struct transaction_status *out);

#endif
