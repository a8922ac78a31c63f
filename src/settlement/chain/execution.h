/*
 * What a validator does with blocks, one step at a time: it executes those of
 * others, makes its own when it is to lead, and keeps the tree of what is not
 * final. Who agrees on blocks gives the orders and gets the events.
 *
 *   orders  EXECUTE  a block of another leader, whole
 *           LEAD     make a block on a parent
 *           CERTIFY  a quorum has voted for a block
 *           FINALIZE a block, and so all before it, is final
 *   events  EXECUTED what became of a block that was to be executed
 *           MADE     a block of one's own
 *           STATE    the state after a block, some time after it was executed
 *           UNLED    a slot that was to be led has no block
 *           FINAL    a block that the disk is to get; in order, without a gap
 *           SHOWN    tips that clients see have moved (ledger_publish())
 *
 * Orders are done in the order in which they came, and before another entry of
 * the block under way; LEAD when its slot is due. In a network of one validator
 * nothing is shown here: the flusher does that, when a block is on disk.
 *
 * No clock, thread or file of its own: time comes in, the ledger is only read
 * and shown to, and transactions come from the mempool. execution_thread.h is
 * the thread that drives it; simulations drive it by themselves. One owner.
 */
#ifndef POND_SETTLEMENT_CHAIN_EXECUTION_H
#define POND_SETTLEMENT_CHAIN_EXECUTION_H

#include "settlement/chain/block_tree.h"
#include "settlement/ledger/ledger.h"

struct execution;
struct mempool;
struct slot_control;

struct execution_options {
    struct ledger *ledger;
    struct mempool *mempool;
    const struct keypair *identity; /* borrowed; signs one's own blocks */
    struct slot_control *control;   /* borrowed; NULL: slots don't bend */
};

/* The root is the ledger's tip, which is on disk. */
struct execution *execution_new(const struct execution_options *options);
void execution_free(struct execution *execution); /* NULL is allowed */

/* ---- Orders ---- */

enum execution_order_kind {
    /* A block whose header's hash that is. Its parent is the root or was
     * executed, or was ordered to be. One that is in the tree already is not
     * executed again, and gets the same answer. */
    EXECUTION_EXECUTE,
    /* Make the block of a slot (not 0) on a parent, not before due_ns, and end
     * it one slot's time after that. One that was to be led and is not begun
     * yet is given up for it. */
    EXECUTION_LEAD,
    /* A block is certified. One that is not in the tree is passed over. */
    EXECUTION_CERTIFY,
    /* A block, which was executed, is final, and so are all before it. */
    EXECUTION_FINALIZE,
    /* Seal the block under way at once, do what was ordered, and end. */
    EXECUTION_STOP,
};

struct execution_order {
    enum execution_order_kind kind;
    uint64_t slot;      /* LEAD, FINALIZE */
    struct hash hash;   /* of the block; LEAD: of the parent */
    uint64_t due_ns;    /* LEAD; monotonic */
    struct buffer data; /* EXECUTE: the encoded block */
};

/* Takes data over. */
void execution_order(struct execution *execution,
                     const struct execution_order *order);

/* ---- Steps ---- */

enum execution_act {
    EXECUTION_GO_ON, /* there is more to do at once */
    EXECUTION_WAIT,  /* until an order, a transaction, or the time */
    EXECUTION_SLEEP, /* until an order, or the time */
    EXECUTION_REST,  /* until an order, or no pause is asked for any more */
    EXECUTION_END,   /* nothing more is done */
};

struct execution_step {
    enum execution_act act;
    uint64_t until_ns; /* monotonic; UINT64_MAX: for ever */
};

/* What the driver sees. */
struct execution_seen {
    uint64_t now_ns;       /* monotonic; never less than before */
    uint64_t now_ms;       /* Unix time, which may jump */
    uint64_t durable_slot; /* the newest that is on disk, its rows in place */
};

/* Do one thing; the events of the step before must have been taken (CHECKed).
 * An error is one of the disk, or ERR_STATE: a block is final that is not
 * executed or not valid here. No step may follow it. */
int execution_step(struct execution *execution,
                   const struct execution_seen *seen,
                   struct execution_step *out);

/* A block's memory for the next block that is executed; taken over. Without one
 * its memory is new. */
bool execution_wants_spare(const struct execution *execution);
void execution_lend(struct execution *execution, struct executed_block *block);

/* ---- Events ---- */

enum execution_kind {
    EXECUTION_EXECUTED,
    EXECUTION_MADE,
    EXECUTION_STATE,
    EXECUTION_UNLED,
    EXECUTION_FINAL,
    EXECUTION_SHOWN,
};

struct execution_event {
    enum execution_kind kind;
    uint64_t slot;
    struct hash hash;           /* all but UNLED */
    enum block_verdict verdict; /* EXECUTED */
    struct hash state;          /* STATE */
    /* MADE: when its slot began (monotonic); the next one is due one slot's
     * time later. */
    uint64_t start_ns;
    /* MADE, FINAL, and EXECUTED if it is VALID; NULL if that one was known
     * before and is asleep (block_tree.h). Borrowed until the next step;
     * executed_block_retain() keeps it. */
    struct executed_block *block;
    struct ledger_news news; /* SHOWN; borrowed as block is */
};

/* The next event, oldest first; false: there is none. To be asked after each
 * step until it is false. */
bool execution_next(struct execution *execution, struct execution_event *out);

#endif
