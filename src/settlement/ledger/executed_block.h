/*
 * A block that is executed: its bank, its bytes and what became of its
 * transactions. Whoever made it shares it with the flusher, which brings it to
 * disk, and with views, which read it from memory until it is there.
 *
 * It is counted by references. Once it is handed on, its contents don't change:
 * any thread that holds a reference may read them, but for `parent`.
 */
#ifndef POND_SETTLEMENT_LEDGER_EXECUTED_BLOCK_H
#define POND_SETTLEMENT_LEDGER_EXECUTED_BLOCK_H

#include "settlement/bank/bank.h"
#include "settlement/ledger/ledger_record.h"
#include <stdatomic.h>

struct recent_index;

/* Owns all it points to. */
struct executed_block {
    struct bank *bank; /* frozen; one reference */
    /* The disk must hold at least this slot for the bank's lowest layer. */
    uint64_t base_slot;
    uint64_t executed_ms; /* monotonic */
    struct buffer data;   /* the encoded block */
    struct hash hash;
    struct hash parent_hash;
    struct ledger_records records; /* of its transactions */
    /* The block that it stands on, one reference; NULL if that is on disk. Set
     * before the block is handed on. From then on it belongs to the thread that
     * publishes, which lets go of what is on disk (ledger_publish()). */
    struct executed_block *parent;
    atomic_size_t references;
    /* recent.h's; NULL until somebody looks for a transaction. */
    _Atomic(struct recent_index *) signatures;
    _Atomic(struct recent_index *) addresses;
};

/* Empty, with one reference. */
struct executed_block *executed_block_new(void);

struct executed_block *executed_block_retain(struct executed_block *block);
void executed_block_release(struct executed_block *block); /* NULL is allowed */

/* True if somebody else has a reference. Thread: a holder's. If it is false,
 * nobody can take one but the caller. */
bool executed_block_is_shared(const struct executed_block *block);

/* Make it empty and keep its memory for the next block; it must not be shared
 * (CHECKed). Returns false and does nothing if the block used little of its
 * memory, so that the memory is given back after a burst. */
bool executed_block_reuse(struct executed_block *block);

/* The memory that the block takes until it is on disk. It does not change after
 * the block has been executed. */
size_t executed_block_used_bytes(const struct executed_block *block);

/* True if the block must be on disk before it is shown: if it has transactions,
 * or is the first one after slots that were left out because the last run did
 * not end in order. The next run counts from the tip on disk. If that were
 * still the block before the gap, the next run would publish the slots after
 * the gap a second time. Only for a network of one validator: in others the
 * bytes are kept elsewhere before anybody votes. */
bool executed_block_waits_for_disk(const struct executed_block *block);

#endif
