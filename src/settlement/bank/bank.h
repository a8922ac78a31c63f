/*
 * A bank: the state as of one slot, while it is being made and after.
 *
 *   bank_open_child(parent)       a layer on the parent's layers
 *   bank_execute(...)             any number of transactions
 *   bank_freeze(blockhash)        fees paid out, the incinerator emptied; the
 *                                 bank no longer changes, and children may be
 *                                 opened
 *   bank_sum_up()                 its state hash, on any thread
 *   (the ledger writes bank_layer() and the block to disk in one transaction)
 *   bank_set_durable()            children opened from now on stand on the base
 *   bank_release()
 *
 * Pure: a bank does no I/O and has no clock; time comes with the block. What a
 * bank needs to go on after a restart (counters, recent blockhashes, processed
 * messages, lattice sum) is in rows of its own, which are flushed with the
 * others.
 *
 * Threads. Opening, executing and freezing: one thread at a time per bank, and
 * siblings and children on the same thread. Summing up: one thread at a time
 * per bank, after its parent. A frozen bank is immutable: any thread that holds
 * a reference may read it, through a state of its own (bank_open_state()),
 * without locks; so reads never wait for the writer. The reference count is
 * atomic.
 */
#ifndef POND_SETTLEMENT_BANK_BANK_H
#define POND_SETTLEMENT_BANK_BANK_H

#include "settlement/bank/program.h"
#include "settlement/bank/token_balance.h"
#include "settlement/format/block.h"
#include "settlement/format/genesis.h"

/* The most messages that the blocks with good blockhashes may have together: a
 * block that makes more is no block (block_execute_check()). All banks keep
 * them in memory, 17 bytes each. Over a minute that is more than 100,000 a
 * second. */
#define BANK_MESSAGES_MAX 8000000

#define BANK_LAMPORTS_PER_SIGNATURE 5000
#define BANK_FEE_BURN_PERCENT 50

struct bank;

/* Everything about a bank that is not in its rows. Constant after freezing;
 * before that the counters move and the fields marked (frozen) are unset. Those
 * marked (summed) are read only once bank_is_summed(). */
struct bank_info {
    uint64_t slot;
    uint64_t parent_slot;
    uint64_t
        block_height; /* blocks before this one, skipped slots not counted */
    uint64_t epoch;
    uint64_t unix_ms;
    struct pubkey leader;
    struct hash parent_blockhash;
    struct hash parent_state_hash; /* (summed) */
    struct hash blockhash;         /* (frozen) */
    struct hash state_hash;        /* (summed) */
    uint64_t transaction_count;    /* since genesis, failed ones included */
    uint64_t signature_count;      /* of this block */
    uint64_t capitalization;       /* lamports in existence */
    uint64_t fees;                 /* collected in this block */
    uint64_t compute_units;        /* used in this block, by failed ones too */
    uint64_t blockhash_blocks; /* after its own, in which a blockhash is good */
    uint64_t slots_per_epoch;
    bool frozen;
};

/* The bank of slot 0, frozen and summed up, with the genesis' accounts; one
 * reference. It and all its descendants run the programs of that table, which
 * is borrowed. */
struct bank *bank_open_genesis(const struct genesis *genesis,
                               const struct program_table *programs);

/* The bank that a base holds, frozen and summed up, with an empty layer.
 * ERR_NOT_FOUND if the base has no bank's rows, ERR_CORRUPT if they don't
 * parse. */
int bank_open_base(const struct state_base *base,
                   const struct program_table *programs, struct bank **out);

struct bank_block {
    uint64_t slot;    /* > parent's */
    uint64_t unix_ms; /* ≥ parent's */
    struct pubkey leader;
};

/* A bank for the next block, with one reference. parent must be frozen, slot
 * and time must fit the parent's (all CHECKed). base: the view that the bank
 * executes over; it must stay open until the bank is frozen. */
struct bank *bank_open_child(struct bank *parent, const struct state_base *base,
                             const struct bank_block *block);

struct bank *bank_retain(struct bank *bank);
void bank_release(struct bank *bank); /* NULL is allowed */

const struct bank_info *bank_info(const struct bank *bank);

/*
 * Executing.
 */
struct bank_result {
    struct transaction_status status;
    bool recorded; /* processed, maybe with an error: it paid the fee and
                      is in the block. Else nothing of it stays. */
    uint64_t fee;
    uint64_t compute_units;
    /* If asked for; in the arena. Keys: the transaction's static keys, then
     * those loaded from lookup tables, writable ones first. */
    const struct pubkey *keys;
    size_t key_count;
    const uint64_t *balances_before;
    const uint64_t *balances_after;
    const struct token_balance *tokens_before;
    const struct token_balance *tokens_after;
    size_t tokens_before_count;
    size_t tokens_after_count;
    const struct bytes *log;
    size_t log_count;
    const struct inner_instruction *inner; /* in the order of the calls */
    size_t inner_count;
    /* What the last program that set any returned; empty: none did. */
    struct pubkey return_program;
    struct bytes return_data;
};

enum bank_want {
    BANK_WANT_BALANCES = 1,
    BANK_WANT_LOG = 2, /* and inner instructions */
};

/* Execute a transaction whose signatures were checked (transaction_verify()).
 * want: bits of enum bank_want. arena takes what the result points to and the
 * scratch of execution. The bank must not be frozen (CHECKed). */
void bank_execute(struct bank *bank, const struct transaction *transaction,
                  unsigned want, struct arena *arena,
                  struct bank_result *result);

/* What a simulated transaction leaves, until it is closed. */
struct bank_after {
    const struct bank *bank; /* borrowed */
    /* In the order of result->keys; NULL: the transaction failed. */
    const struct loaded_account *accounts;
    size_t count;
    /* The state before, and on it the layer of rows that programs changed. */
    struct state *before;
    struct state *rows;
};

/* Execute on a frozen bank without keeping anything, through a base view of the
 * calling thread. replace_blockhash: take any blockhash. after (may be NULL):
 * call bank_after_close() before view and arena end. Thread: any. */
void bank_simulate(const struct bank *bank, const struct state_base *base,
                   const struct transaction *transaction,
                   bool replace_blockhash, struct arena *arena,
                   struct bank_result *result, struct bank_after *after);

/* An account of the transaction as clients would see it afterwards; an account
 * that no longer holds anything is empty. ERR_NOT_FOUND if the transaction
 * failed or does not name the account. Data lies in the arena. */
int bank_after_account(const struct bank_after *after, const struct pubkey *key,
                       struct arena *arena, struct account *out);
void bank_after_close(struct bank_after *after);

/* End the block: blockhash is the last hash of its proof of history. Its base
 * is not needed for bank_sum_up(). */
void bank_freeze(struct bank *bank, const struct hash *blockhash);

/* The second half of a block's end: make the state hash from the changed rows,
 * which takes longer than all of bank_freeze(). The bank is frozen, and its
 * parent summed up (CHECKed). Once. Thread: any, but not while another calls
 * bank_set_durable() on this bank. */
void bank_sum_up(struct bank *bank);

/* Whether bank_sum_up() has been done. Thread: any. */
bool bank_is_summed(const struct bank *bank);

/* The changes of a frozen bank, for the flush (state_layer_next()). Deleted
 * rows that the base does not have may be among them. */
const struct state_layer *bank_layer(const struct bank *bank);

/* The row that must be on disk with the changes of a bank, and of the newest
 * one alone, for bank_open_base(). The bank is summed up (CHECKed). The value
 * is appended; the key is a constant. */
struct bytes bank_header_row(const struct bank *bank, struct buffer *value);

/* Does bank_open_base() read that row? Then a base needs it. */
bool bank_needs_row(struct bytes key);

/* Say that the bank's changes are in the base. Children that are opened later
 * don't stand on its layer, nor on those of its ancestors. Thread: the one that
 * opens children. */
void bank_set_durable(struct bank *bank);

/*
 * Reading.
 */

/* The state of the bank, borrowed. For harnesses, tests and simulations, which
 * look at a bank between two transactions; others open bank_open_state().
 * Thread: the executing one. */
struct state *bank_state(struct bank *bank);

/* A state of the calling thread's own on a frozen bank, over a base view of its
 * own (open the view first, then take the bank: see state.h). Close it with
 * state_close() before you release the bank. */
struct state *bank_open_state(const struct bank *bank,
                              const struct state_base *base);

/* An account as clients see it: also sysvars and native programs, and with
 * rendered data (account.rendered is then false, and data and space are those
 * of the rendered bytes). Data lies in the arena or in the state.
 * ERR_NOT_FOUND. */
int bank_account(const struct bank *bank, const struct state *state,
                 const struct pubkey *key, struct arena *arena,
                 struct account *out);

/* The data of an account that was read from its row; rendered if it must be.
 * Data lies in the arena or in the state. ERR_CORRUPT if no program can render
 * it. */
int bank_account_data(const struct bank *bank, const struct state *state,
                      const struct pubkey *key, const struct account *account,
                      struct arena *arena, struct bytes *out);

/* Whether a child of this bank takes transactions with that blockhash.
 * last_valid_block_height (may be NULL): the height of the last block that
 * does; clients compare it with getBlockHeight to know when to give up. */
bool bank_is_blockhash_valid(const struct bank *bank, const struct hash *hash,
                             uint64_t *last_valid_block_height);

/* Whether this frozen bank's block, or one before it, has the transaction, so
 * that no block after it may. Only blocks that its blockhash allows are asked;
 * a durable nonce's are none. Thread: any. */
bool bank_has_transaction(const struct bank *bank,
                          const struct transaction *transaction);

/* The number of messages in the blocks whose blockhashes are good, this one's
 * included. */
size_t bank_message_count(const struct bank *bank);

/* The fee of a message in lamports. A budget that can't be read counts without
 * priority: such a transaction is refused. */
uint64_t bank_fee(const struct transaction *transaction);

#endif
