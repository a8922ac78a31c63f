/*
 * Native programs and their runtime.
 *
 * Before a transaction executes, the bank loads each of its accounts once.
 * Programs change those copies through the calls below, which enforce Solana's
 * rules at the moment of change: only the owner debits an account or changes
 * its data, and nothing read-only changes. An instruction must not change the
 * sum of its accounts' lamports; after the last one every changed account must
 * be rent-exempt or empty. If all goes well the bank writes the accounts back;
 * else only the fee stays.
 *
 * A program's own rows (the task programs have some) are read and written
 * through invocation->state, a layer that is merged or dropped with the
 * transaction. A program must not write account rows there.
 *
 * A program is deterministic: it sees only the invocation. Thread: the one that
 * executes.
 */
#ifndef POND_SETTLEMENT_BANK_PROGRAM_H
#define POND_SETTLEMENT_BANK_PROGRAM_H

#include "base/arena.h"
#include "settlement/format/account.h"
#include "settlement/format/transaction.h"
#include "settlement/format/transaction_error.h"
#include "settlement/state/state.h"

/* Bytes of data that all instructions of a transaction together may add to
 * accounts; Solana's MAX_PERMITTED_ACCOUNTS_DATA_ALLOCATIONS_PER_TRANSACTION.
 */
#define ACCOUNTS_DATA_GROWTH_MAX (2 * 10 * 1024 * 1024)

/* An account as loaded for a transaction. Programs read the fields and change
 * them only through the invocation_* calls. */
struct loaded_account {
    struct pubkey key;
    struct pubkey owner;
    uint64_t lamports;
    uint64_t space;   /* length of the data, rendered or not */
    uint8_t *data;    /* space bytes; NULL if rendered */
    bool data_is_own; /* data lies in the arena: it may be written in place */
    bool executable;
    bool rendered;
    bool signer; /* by the transaction's message */
    bool writable;
    bool changed; /* to be written back */
    bool exists;  /* had a row before the transaction */
    uint64_t lamports_before;
    uint64_t space_before;
};

/* Blocks whose slots a program can ask for; Solana's slot_hashes::MAX_ENTRIES.
 */
#define SLOT_HASHES_MAX 512

struct message_set;

/* One of the newest blocks, for nonces, lookup tables and the check that a
 * blockhash is recent. */
struct recent_block {
    struct hash blockhash;
    uint64_t slot;
    struct message_set *messages; /* that it processed; NULL: none, or its
                                     blockhash is no longer good */
};

/* An instruction that a program called (Solana's inner instruction). Its
 * indexes are those of the transaction's keys. */
struct inner_instruction {
    uint8_t outer;        /* place of the transaction's own that led to it */
    uint8_t stack_height; /* 2: called by outer; 3: by a call of height 2; … */
    struct transaction_instruction instruction;
};

/* What a program may know of the chain: the same for every transaction of a
 * block, and on every validator. */
struct environment {
    uint64_t slot;
    uint64_t epoch;
    uint64_t unix_ms;        /* of the block */
    uint64_t epoch_start_ms; /* Unix time of the epoch's first block */
    struct hash blockhash;   /* the newest one: of the parent block */
    uint64_t lamports_per_signature;
    const struct recent_block *recent; /* newest first */
    size_t recent_count;
};

/* How many blocks after a recent slot's block the newest one is; -1 if the slot
 * had no block or is not recent. */
int environment_slot_position(const struct environment *environment,
                              uint64_t slot);

/* One instruction under way. */
struct invocation {
    const struct environment *environment;
    struct state *state;   /* rows of programs, merged on success */
    struct arena *arena;   /* lives as long as the transaction's execution */
    struct pubkey program; /* the id called */
    struct bytes data;
    uint8_t depth; /* 1 for the transaction's own instructions */
    struct transaction_context *context; /* bank's; accounts, log, limits */
    const struct invocation_account *accounts; /* see invocation_account() */
    size_t account_count;
};

/* An account of the instruction: its index among the transaction's, and its
 * rights in this instruction. signer and writable never exceed the
 * transaction's own flags or, in a call, the caller's, except for one address
 * that the caller derived. */
struct invocation_account {
    uint8_t index;
    bool signer;
    bool writable;
};

/* A native program. It has no state but rows and accounts, and is shared by all
 * threads. */
struct program {
    const struct pubkey *id;
    const char *text; /* id in base58, for the log */
    const char *name; /* "system_program": data of its account */

    /* The least compute units of an instruction: Solana's figures for its
     * builtins. Programs whose work grows with the state charge more
     * (invocation_charge()). */
    uint32_t compute_units;

    /* Solana runs the program in a virtual machine, which logs what each call
     * consumed and returned. */
    bool is_virtual;

    /* Run one instruction. On failure changes need not be undone: the whole
     * transaction is dropped. */
    enum instruction_error (*execute)(struct invocation *invocation);

    /* Append the data of an account of this program that is marked rendered;
     * NULL in programs without such accounts. Returns 0 or ERR_*. */
    int (*render)(const struct state *state, const struct pubkey *key,
                  const struct account *account, struct buffer *out);
};

/* The programs that a bank can run. The caller hands the bank a table
 * (bank_open_genesis()), and the bank passes it on to its children. The table
 * must outlive all of them. */
struct program_table {
    const struct program *const *programs;
    size_t count;
};

/* The program with that id, or NULL. The search is linear: some nine
 * comparisons of 32 bytes, most of which end at the first, cost less than
 * hashing a key. */
static inline const struct program *
program_table_find(const struct program_table *table, const struct pubkey *id)
{
    for (size_t i = 0; i < table->count; i++)
        if (pubkey_equal(table->programs[i]->id, id))
            return table->programs[i];
    return NULL;
}

/*
 * For programs. index: place in the instruction's account list.
 *
 * Reading. invocation_account() returns NULL past the end of the list; programs
 * with a fixed number of accounts call invocation_require() first.
 */
const struct loaded_account *
invocation_account(const struct invocation *invocation, size_t index);
/* The rights in this instruction, not in the transaction. False past the end of
 * the list. */
bool invocation_is_signer(const struct invocation *invocation, size_t index);
bool invocation_is_writable(const struct invocation *invocation, size_t index);

/* INSTRUCTION_NOT_ENOUGH_ACCOUNT_KEYS unless there are at least count accounts.
 */
enum instruction_error invocation_require(const struct invocation *invocation,
                                          size_t count);

/* True if the key signs at any place of this instruction's list. */
bool invocation_signed_by(const struct invocation *invocation,
                          const struct pubkey *key);

/* An account's data; empty if it is rendered. Valid until the data changes. */
struct bytes invocation_data(const struct invocation *invocation, size_t index);

/*
 * Changing. index must be in range (CHECKed).
 */
/* INSTRUCTION_ARITHMETIC_OVERFLOW for a sum past 2^64,
 * INSTRUCTION_INSUFFICIENT_FUNDS for too small a balance. */
enum instruction_error invocation_credit(struct invocation *invocation,
                                         size_t index, uint64_t lamports);
enum instruction_error invocation_debit(struct invocation *invocation,
                                        size_t index, uint64_t lamports);

/* debit and credit; from and to may be the same account. */
enum instruction_error invocation_move(struct invocation *invocation,
                                       size_t from, size_t to,
                                       uint64_t lamports);
enum instruction_error invocation_set_owner(struct invocation *invocation,
                                            size_t index,
                                            const struct pubkey *owner);

/* Give a writable account another owner, whoever owns it and whatever it holds:
 * for the development program alone. INSTRUCTION_READONLY_DATA_MODIFIED. */
enum instruction_error invocation_take_over(struct invocation *invocation,
                                            size_t index,
                                            const struct pubkey *owner);

/* Grow with zeros or cut. Rent is checked at the transaction's end
 * (InsufficientFundsForRent). */
enum instruction_error invocation_resize(struct invocation *invocation,
                                         size_t index, uint64_t space);

/* Overwrite a part that lies inside the data, else
 * INSTRUCTION_ACCOUNT_DATA_TOO_SMALL. */
enum instruction_error invocation_write(struct invocation *invocation,
                                        size_t index, size_t offset,
                                        struct bytes bytes);

/* Drop the account's data, which the program renders from now on; its space
 * stays. invocation_resize() of a rendered account changes just the space. */
enum instruction_error invocation_set_rendered(struct invocation *invocation,
                                               size_t index);

/* Make an account that does not exist yet (System's, no lamports, no data) this
 * program's own without its signature: for accounts whose key nobody holds,
 * such as the native task program's stake pots.
 * INSTRUCTION_INVALID_ACCOUNT_OWNER if the account exists,
 * INSTRUCTION_READONLY_DATA_MODIFIED if it is read-only. */
enum instruction_error invocation_adopt(struct invocation *invocation,
                                        size_t index);

/* Call the System program's Transfer, which need not be in the list. The source
 * must sign this instruction, be System's and have no data. */
enum instruction_error invocation_system_transfer(struct invocation *invocation,
                                                  size_t from, size_t to,
                                                  uint64_t lamports);

/*
 * Call another program from this one (a cross-program invocation). accounts:
 * places in this instruction's list (not the transaction's), and the callee's
 * rights: no more than this instruction has (INSTRUCTION_PRIVILEGE_ESCALATION),
 * except that derived, an address derived from this program (crypto/address.h;
 * NULL: none), may sign. The callee must be in the list, too
 * (INSTRUCTION_MISSING_ACCOUNT).
 */
enum instruction_error
invocation_call(struct invocation *invocation, const struct pubkey *program,
                const struct invocation_account *accounts, size_t account_count,
                struct bytes data, const struct pubkey *derived);

/* Take compute units for work that grows with the state, before it is done.
 * INSTRUCTION_COMPUTATIONAL_BUDGET_EXCEEDED if the transaction has fewer left:
 * the program must then stop and return that error. */
enum instruction_error invocation_charge(struct invocation *invocation,
                                         uint64_t units);

/* Set what the program answers its caller; a simulation reports it, too. It
 * lasts until the next program runs. At most RETURN_DATA_SIZE_MAX bytes
 * (CHECKed). */
#define RETURN_DATA_SIZE_MAX 1024 /* Solana's MAX_RETURN_DATA */
void invocation_set_return_data(struct invocation *invocation,
                                struct bytes data);

/* Add "Program log: <text>" to the transaction's log. A formatted line is cut
 * to 511 bytes. Costs nothing if no log is wanted. */
void invocation_log_text(struct invocation *invocation, struct bytes text);
void invocation_log(struct invocation *invocation, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Add a line without that prefix, as Solana's builtin programs do. */
void invocation_log_line(struct invocation *invocation, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Add "Program log: Error: <name>", as Solana's libraries for programs do, for
 * an error that is not the program's own; nothing for others and for success.
 */
void invocation_log_error(struct invocation *invocation,
                          enum instruction_error error);

/* Fail with a number of the program's own: return invocation_custom(...). */
enum instruction_error invocation_custom(struct invocation *invocation,
                                         uint32_t number);

#endif
