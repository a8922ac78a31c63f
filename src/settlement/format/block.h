/*
 * Blocks: what a leader made of a slot, in the form that is kept and sent.
 *
 * Encoding, little-endian:
 *   version u8 = 2; slot u64; parent_slot u64; parent_hash[32]; leader[32];
 *   unix_ms u64; entry count u32, entries; state_hash[32]; signature[64]
 *   entry = num_hashes u64; hash[32]; transaction count u32, each as
 *           block_transaction.h says
 *
 * A block's hash is SHA-256 over everything before the signature, and is what
 * the leader signs. A block's *blockhash* is something else: the last hash of
 * its proof of history, which transactions name as recent.
 */
#ifndef POND_SETTLEMENT_FORMAT_BLOCK_H
#define POND_SETTLEMENT_FORMAT_BLOCK_H

#include "settlement/format/proof_of_history.h"
#include "settlement/format/transaction.h"

#define BLOCK_SIZE_MAX_BYTES (64u * 1024 * 1024)
#define BLOCK_ENTRIES_MAX 65536
#define BLOCK_TRANSACTIONS_MAX 131072

struct block {
    uint64_t slot;
    uint64_t parent_slot;
    struct hash parent_hash; /* the parent's block_hash */
    struct pubkey leader;
    uint64_t unix_ms;
    const struct entry *entries;
    size_t entry_count;
    struct hash state_hash;
    struct signature signature;
};

/* Append the encoding. If keypair is given the leader's signature is made with
 * it; if it is NULL the block's signature is written as it is. hash (may be
 * NULL) gets the block's hash. */
void block_encode(const struct block *block, const struct keypair *keypair,
                  struct buffer *out, struct hash *hash);

/* The same in steps, for a block whose entries come one by one: begin with the
 * fields before the entry count, add each entry, and end with all the others
 * set. start: the size of out before block_begin(). block_add() sets places[i],
 * if places is not NULL, to where the entry's transaction i begins in out. */
void block_begin(const struct block *block, struct buffer *out);
void block_add(const struct entry *entry, struct buffer *out, size_t *places);
void block_end(const struct block *block, const struct keypair *keypair,
               size_t start, struct buffer *out, struct hash *hash);

/* Parse; checks the form only. Transactions point into data, or lie in the
 * arena with the arrays if a run was left out of them. ERR_INVALID for a wrong
 * form, ERR_LIMIT for a block above the limits above. */
int block_decode(struct bytes data, struct arena *arena, struct block *out);

/* The hash of an encoded block; data holds more than a signature (CHECKed).
 * block_verify_signature() checks the signature over that hash; any data. */
void block_hash(struct bytes data, struct hash *out);
bool block_verify_signature(struct bytes data, const struct pubkey *leader);

/* The last hash of the block's proof of history. The block has at least one
 * entry (CHECKed). */
const struct hash *block_blockhash(const struct block *block);

size_t block_transaction_count(const struct block *block);

/* Parse the transactions of an entry. *out lies in the arena. The errors of
 * transaction_parse(). Thread: any. */
int entry_parse_transactions(const struct entry *entry, struct arena *arena,
                             struct transaction **out);

#endif
