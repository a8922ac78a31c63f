/*
 * Proof of history: a SHA-256 chain that shows that time passed, and in which
 * order transactions came. Pure; any thread.
 *
 * The chain runs as Solana's does. A plain hash: next = SHA-256(previous). An
 * entry with transactions is the last hash of its run with their hash mixed
 * in: next = SHA-256(previous || mixin), where mixin is the root of a Merkle
 * tree over all signatures of the entry's transactions (leaf SHA-256(0x00 ||
 * signature), node SHA-256(0x01 || left || right), an odd last node paired
 * with itself). An entry without transactions is a tick.
 *
 * Source: solana-entry 2.2 (entry.rs), solana-merkle-tree.
 */
#ifndef POND_SETTLEMENT_FORMAT_PROOF_OF_HISTORY_H
#define POND_SETTLEMENT_FORMAT_PROOF_OF_HISTORY_H

#include "settlement/format/transaction.h"

/* One entry: num_hashes steps after the entry before it the chain is at hash.
 * The transactions are borrowed. */
struct entry {
    uint64_t num_hashes;
    struct hash hash;
    const struct bytes *transactions; /* wire bytes */
    size_t transaction_count;
    /* Where each begins in the encoded block; set by block_decode() alone. */
    const uint32_t *places;
};

static inline bool entry_is_tick(const struct entry *entry)
{
    return !entry->transaction_count;
}

/* The leader's end of the chain. */
struct proof_of_history {
    struct hash hash;
    uint64_t hashes_per_tick; /* 0: idle, one hash a tick */
    uint64_t hashes_in_tick;  /* done since the last tick */
    uint64_t hashes_in_entry; /* done since the last entry */
};

struct proof_of_history proof_of_history_make(const struct hash *start,
                                              uint64_t hashes_per_tick);

/* Run up to count plain hashes, and leave the tick's own hash; returns how many
 * were run. An idle chain runs none. */
uint64_t proof_of_history_run(struct proof_of_history *poh, uint64_t count);

/* Mix a hash in and end an entry; the caller sets out's transactions. False,
 * and nothing happens, if only the tick's own hash is left: tick first. */
bool proof_of_history_record(struct proof_of_history *poh,
                             const struct hash *mixin, struct entry *out);

/* Run what is left of the tick and end it. */
void proof_of_history_tick(struct proof_of_history *poh, struct entry *out);

/* The mixin of transactions, count ≥ 1; each is wire bytes that were parsed
 * before (a well-formed signature array is CHECKed). */
void proof_of_history_mixin(const struct bytes *transactions, size_t count,
                            struct hash *out);

/* Does the entry have the hash that it must have after previous? Entries can be
 * checked in any order and by any thread, given the hash of the one before. */
bool entry_verify(const struct entry *entry, const struct hash *previous);

/* Check that the entries' numbers of hashes make ticks_per_slot whole ticks of
 * hashes_per_tick, and that the last entry is a tick. Does not check the
 * hashes. ERR_INVALID with the entry's place. */
int entries_check_ticks(const struct entry *entries, size_t count,
                        uint64_t hashes_per_tick, uint64_t ticks_per_slot);

#endif
