/*
 * Inside the bank: its struct, for the files of this room; and freezing in two
 * steps, for replay.
 */
#ifndef POND_SETTLEMENT_BANK_BANK_INTERNAL_H
#define POND_SETTLEMENT_BANK_BANK_INTERNAL_H

#include "settlement/bank/bank.h"
#include "settlement/bank/message_set.h"
#include "settlement/state/lattice_hash.h"
#include <stdatomic.h>

#define BANK_MAGIC 0x62616e6b00000001ull

/*
 * Invariants: after freezing only references change, and parent and is_durable,
 * which belong to the thread that opens children. recent is newest first, and
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
    struct bank *parent; /* retained until this or the parent is durable */
    bool is_durable;
    bool idle; /* (frozen) changed no rows but the bank's own */
    struct state *state;
    struct state *scratch; /* a child of state for one transaction at a time;
                              none in a frozen bank */
    struct lattice lattice;
    struct message_set *messages; /* of this block */
    struct recent_block *recent;  /* recent_max places */
    size_t recent_count, recent_max;
    struct buffer row; /* scratch for encoding an account */
};

/* Rows of the bank itself: class `z`. They are not part of the state hash's
 * lattice because they hold it. They are read from the disk only: a bank's
 * state may lack those of ancestors that are not durable. */
#define BANK_ROW_PREFIX 'z'

/* Set how long blockhashes are good, and make room for as many recent blocks,
 * or for as many as the sysvar of slot hashes shows. Once, before there are
 * any. */
void bank_set_blockhash_blocks(struct bank *bank, uint64_t blocks);

/* Write the rows that bank_rows_read() needs: the bank's header, and this
 * block's blockhash and messages; drop the messages of the block whose
 * blockhash is no longer good, and the row of the one that is no longer
 * recent. */
void bank_rows_write(struct bank *bank);

/* Fill a bank from the rows below it. ERR_NOT_FOUND, ERR_CORRUPT. */
int bank_rows_read(struct bank *bank);

/* The state hash that follows from a bank's info and lattice. */
void bank_state_hash(const struct bank_info *info,
                     const struct lattice *lattice, struct hash *out);

/* The rows that a block changed, and their values before. */
struct bank_changes {
    struct buffer list;  /* struct lattice_change[] */
    struct arena values; /* their values before */
};

/* End a block that is signed already, with the state hash that was signed.
 * bank_changes_sum() computes the hash later, which is most of the work of
 * bank_freeze(). It needs changes, which stay valid while the bank is retained;
 * free them with bank_changes_free(). Such a bank has no lattice and no rows of
 * its own in its layer, so it can't be made durable. */
void bank_freeze_signed(struct bank *bank, const struct hash *blockhash,
                        const struct hash *state_hash,
                        struct bank_changes *changes);

/* The state hash that the bank should have. lattice: the parent's, and then the
 * bank's own. Thread: any; the bank is only read. */
void bank_changes_sum(const struct bank *bank,
                      const struct bank_changes *changes,
                      struct lattice *lattice, struct hash *state_hash);

size_t bank_changes_count(const struct bank_changes *changes);
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
