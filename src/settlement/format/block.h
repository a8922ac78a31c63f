/*
 * Blocks: what a leader made of a slot, in the form that is kept and sent.
 *
 * Encoding, little-endian: the header (block_header.h), and, unless it says
 * that there is none, a body:
 *   entry count u32, entries
 *   entry = num_hashes u64; hash[32]; transaction count u32, each as
 *           block_transaction.h says
 *
 * A block without transactions has no body where proof of history is idle: its
 * ticks follow from its parent (block_verify_shape()).
 *
 * A block's *blockhash* is not its hash: it is the last hash of its proof of
 * history, which transactions name as recent.
 */
#ifndef POND_SETTLEMENT_FORMAT_BLOCK_H
#define POND_SETTLEMENT_FORMAT_BLOCK_H

#include "settlement/format/block_header.h"
#include "settlement/format/proof_of_history.h"
#include "settlement/format/transaction.h"

#define BLOCK_ENTRIES_MAX 65536
#define BLOCK_TRANSACTIONS_MAX 131072

struct block {
    struct block_header header;
    const struct entry *entries; /* none if the block has no body */
    size_t entry_count;
};

/* Append the encoding. If keypair is given, it makes the header's signature,
 * and size and root of the body are computed; if it is NULL the header is
 * written as it is. hash (may be NULL) gets the block's hash. */
void block_encode(struct block *block, const struct keypair *keypair,
                  struct buffer *out, struct hash *hash);

/* The same in steps, for a block whose entries come one by one: begin, add each
 * entry, and end with the header's fields set, but for size and root of the
 * body and signature, which block_end() sets. start: the size of out before
 * block_begin(). Whether there is a proof must be known at the beginning;
 * BLOCK_IS_EMPTY at the end, and drops the entries. block_add() sets places[i],
 * if places is not NULL, to where the entry's transaction i begins in out. */
void block_begin(uint8_t flags, struct buffer *out);
void block_add(const struct entry *entry, struct buffer *out, size_t *places);
void block_end(struct block_header *header, size_t entry_count,
               const struct keypair *keypair, size_t start, struct buffer *out,
               struct hash *hash);

/* Parse; checks the form only. Transactions point into data, or lie in the
 * arena with the arrays if a run was left out of them. ERR_INVALID for a wrong
 * form, ERR_LIMIT for a block above the limits above. */
int block_decode(struct bytes data, struct arena *arena, struct block *out);

/* The body in a block's encoding, which block_decode() took. */
struct bytes block_body(const struct block_header *header, struct bytes data);

/* The block of a slot's ticks alone: sets the header's BLOCK_IS_EMPTY, or size
 * and root of the body that the ticks make. blockhash: the parent's, and then
 * its own. */
void block_make_empty(struct block_header *header, uint64_t hashes_per_tick,
                      uint64_t ticks_per_slot, struct hash *blockhash);

/* The last hash of the block's proof of history. parent_blockhash: its
 * parent's. */
void block_blockhash(const struct block *block,
                     const struct hash *parent_blockhash,
                     uint64_t ticks_per_slot, struct hash *out);

size_t block_transaction_count(const struct block *block);

/* Parse the transactions of an entry. *out lies in the arena. The errors of
 * transaction_parse(). Thread: any. */
int entry_parse_transactions(const struct entry *entry, struct arena *arena,
                             struct transaction **out);

#endif
