/*
 * Inside the bank: its struct, for the files of this room.
 */
#ifndef POND_SETTLEMENT_BANK_BANK_INTERNAL_H
#define POND_SETTLEMENT_BANK_BANK_INTERNAL_H

#include "settlement/bank/bank.h"
#include "settlement/bank/message_set.h"
#include "settlement/state/lattice_hash.h"
#include <stdatomic.h>

#define BANK_MAGIC 0x62616e6b00000001ull

/* The rows that a block changed, and their values before. Zero-initialised; it
 * lives until the bank is summed up. */
struct bank_changes {
    struct buffer list;  /* struct lattice_change[] */
    struct arena values; /* their values before */
};

/*
 * Invariants: after freezing only references change; parent and is_durable,
 * which belong to the thread that opens children; and what bank_sum_up() sets.
 * The parent is summed up once parent is NULL. recent is newest first, and
 * only the first info.blockhash_blocks, whose blockhashes are good, have
 * messages. recent[0] is the parent's block while the bank executes, and its
 * own once it is frozen.
 */
struct bank {
    uint64_t magic;
    atomic_size_t references;
    const struct program_table *programs; /* borrowed */
    struct bank_info info;
    uint64_t epoch_start_ms;
    /* Retained until this bank is summed up, and this or the parent durable. */
    struct bank *parent;
    bool is_durable;
    bool idle; /* (frozen) changed no rows but those of recent blocks */
    struct bank_changes changes; /* (frozen), until summed up */
    atomic_bool is_summed;
    struct state *state;
    struct state *scratch;  /* a child of state for one transaction at a time;
                               none in a frozen bank */
    struct lattice lattice; /* the parent's, if that is known; (summed) */
    struct message_set *messages; /* of this block */
    struct recent_block *recent;  /* recent_max places */
    size_t recent_count, recent_max;
    struct buffer row; /* scratch for encoding an account */
};

/* The bank's own row, its header: it holds the lattice, and so can't be in
 * it. It is on disk only, and in no layer. */
#define BANK_ROW_PREFIX 'z'

/* A recent block. A bank's state may lack those of idle ancestors that are not
 * durable. */
#define RECENT_ROW_PREFIX 'r'

/* What a bank has of the genesis: one row, written with it. */
#define GENESIS_ROW_PREFIX 'g'

/* Set how long blockhashes are good, and make room for as many recent blocks,
 * or for as many as the sysvar of slot hashes shows. Once, before there are
 * any. */
void bank_set_blockhash_blocks(struct bank *bank, uint64_t blocks);

/* Write the rows of recent blocks, while recent is that of the parent: this
 * block's blockhash and messages; without its messages the block whose
 * blockhash is no longer good; and drop the row of the one that is no longer
 * recent. With the genesis, also the row of GENESIS_ROW_PREFIX. */
void bank_rows_write(struct bank *bank);

/* The value that such a row had before this block; false: there was none. In
 * the arena. recent is that of the parent. */
bool bank_recent_before(const struct bank *bank, struct bytes key,
                        struct arena *arena, struct bytes *value);

/* Fill a bank from the rows below it. ERR_NOT_FOUND, ERR_CORRUPT. */
int bank_rows_read(struct bank *bank);

/* The state hash that follows from a bank's info and lattice. */
void bank_state_hash(const struct bank_info *info,
                     const struct lattice *lattice, struct hash *out);

void bank_changes_free(struct bank_changes *changes);

/* The place in recent of a blockhash that is good, or -1. */
int bank_find_recent(const struct bank *bank, const struct hash *blockhash);

void bank_environment(const struct bank *bank, struct environment *out);

/* An account of the state, or a sysvar or program. A missing account is empty
 * and System's. Ends the process if the account's row does not decode. */
void bank_load(const struct bank *bank, const struct state *state,
               const struct pubkey *key, struct arena *arena,
               struct account *out, bool *exists);

/* Write an account to the bank's layer, or delete it if it has no lamports.
 * existed: what bank_load() said of that account. */
void bank_store(struct bank *bank, const struct pubkey *key,
                const struct account *account, bool existed);

#endif
