/*
 * The order of the mempool (mempool.h): waiting transactions, the highest fee
 * first, among equals the first to come. They come from sources, each of which
 * has a share of the places. What a source leaves free of its share others use,
 * until it wants it back: so none can keep another out, and no place is empty
 * while somebody has a use for it. Pure: no clock, thread or lock; one owner.
 */
#ifndef POND_SETTLEMENT_CHAIN_FEE_QUEUE_H
#define POND_SETTLEMENT_CHAIN_FEE_QUEUE_H

#include "base/buffer.h"
#include "crypto/key.h"

struct fee_queue;

/* The heaps in which an entry has a place. */
enum { FEE_QUEUE_BEST, FEE_QUEUE_WORST, FEE_QUEUE_HEAPS };

/* A transaction that waits. */
struct fee_entry {
    uint64_t fee;
    size_t source;
    struct buffer wire; /* of a parsed transaction; the entry's own */
    /* The queue's. */
    uint64_t arrival;
    size_t place[FEE_QUEUE_HEAPS];
};

/* Moves wire to the new entry. */
struct fee_entry *fee_entry_new(size_t source, uint64_t fee,
                                struct buffer *wire);
void fee_entry_free(struct fee_entry *entry); /* NULL is allowed */

/* The places that each source has a right to, and how many sources there are,
 * at least one. The queue has the sum of them. */
struct fee_queue *fee_queue_new(const size_t *shares, size_t count);
void fee_queue_free(struct fee_queue *queue); /* NULL is allowed */

size_t fee_queue_count(const struct fee_queue *queue);

/* The entry of a transaction, borrowed; NULL: it does not wait. Clients
 * identify a transaction by its first signature. Two with the same first
 * signature are the same transaction. */
const struct fee_entry *fee_queue_find(const struct fee_queue *queue,
                                       const struct signature *id);

/* Does the source have a place for one of that fee, be it that of another? */
bool fee_queue_has_room(const struct fee_queue *queue, size_t source,
                        uint64_t fee);

/* Takes the entry over if it returns 0. *pushed_out: one that had to make room
 * and now belongs to the caller; or NULL: of a source with more than its share,
 * or of the entry's own, the worst of them. ERR_EXISTS: the transaction waits
 * already; ERR_FULL: its source has its share, and all those pay as much or
 * more. */
int fee_queue_add(struct fee_queue *queue, struct fee_entry *entry,
                  struct fee_entry **pushed_out);

/* Take the best entry, which now belongs to the caller; NULL if no entry waits.
 */
struct fee_entry *fee_queue_take(struct fee_queue *queue);

/* Take out a transaction, which now belongs to the caller; NULL if it does not
 * wait. */
struct fee_entry *fee_queue_remove(struct fee_queue *queue,
                                   const struct signature *id);

#endif
