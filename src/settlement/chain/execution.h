/*
 * What a validator does with blocks, one step at a time: it executes those of
 * others, makes its own when it is to lead, and keeps the tree of what is not
 * final. Who agrees on blocks gives the orders and gets the events.
 *
 *   orders  EXECUTE  a block of another leader, whole
 *           LEAD     make a block on a parent
 *           CERTIFY  a quorum has voted for a block
 *           FINAL    a block, and so all before it, is final
 *   events  EXECUTED what became of a block that was to be executed
 *           MADE     a block of one's own
 *           STATE    the state after a block, some time after it was executed
 *           UNLED    a slot that was to be led has no block
 *           FINAL    a block that the disk is to get; in order, without a gap
 *
 * Orders are done in the order in which they came, and before another entry of
 * the block under way; LEAD when its slot is due. Each block is shown
 * (ledger_publish()) at the level that it has reached, before its event; in a
 * network of one validator the flusher does that, when the block is on disk.
 *
 * No clock, thread or file of its own: time comes in, the ledger is only read
 * and shown to, and transactions come from the mempool. execution_thread.h is
 * the thread that drives it; simulations drive it by themselves. One owner.
 */
#ifndef POND_SETTLEMENT_CHAIN_EXECUTION_H
#define POND_SETTLEMENT_CHAIN_EXECUTION_H

#include "settlement/ledger/executed_block.h"
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

/* The root is the ledger's tip, which is on disk. now_ns: monotonic. */
struct execution *execution_new(const struct execution_options *options,
                                uint64_t now_ns);
void execution_free(struct execution *execution); /* NULL is allowed */

/* ---- Orders ---- */

/* Execute a block whose header's hash that is; data, its encoding, is taken
 * over. Its parent is the root or was executed, or was to be. A block that is
 * in the tree already is not executed again, and gets the same answer. */
void execution_execute(struct execution *execution, const struct hash *hash,
                       struct buffer *data);

/* Make the block of a slot on that parent, not before due_ns (monotonic), and
 * end it one slot's time after that. One that was to be led and is not begun
 * yet is given up for it. */
void execution_lead(struct execution *execution, uint64_t slot,
                    const struct hash *parent, uint64_t due_ns);

/* A block is certified. One that is not in the tree is passed over. */
void execution_certify(struct execution *execution, const struct hash *hash);

/* A block is final. It was executed (an error of execution_step() if not); one
 * that is final already is passed over. */
void execution_finalize(struct execution *execution, const struct hash *hash);

/* Do what was ordered, seal the block under way at once, and end. No orders
 * come after it. */
void execution_stop(struct execution *execution);

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

/* Do one thing. durable_slot: the newest block that is on disk with its rows in
 * their place. now_ns: monotonic; now_ms: Unix time, which may jump. An error
 * is one of the disk, or a final block that is not executed: no further step
 * may follow. */
int execution_step(struct execution *execution, uint64_t now_ns,
                   uint64_t now_ms, uint64_t durable_slot,
                   struct execution_step *out);

/* ---- Events ---- */

enum execution_kind {
    EXECUTION_EXECUTED,
    EXECUTION_MADE,
    EXECUTION_STATE,
    EXECUTION_UNLED,
    EXECUTION_FINAL,
};

enum execution_verdict {
    EXECUTION_VALID,
    /* The same for everybody who has the block and its parent. */
    EXECUTION_INVALID,
    /* The parent is not in the tree: it is not here, or is below the root. */
    EXECUTION_NO_PARENT,
    /* There are too many blocks above the root (BLOCK_TREE_BLOCKS_MAX). */
    EXECUTION_NO_ROOM,
};

struct execution_event {
    enum execution_kind kind;
    uint64_t slot;
    struct hash hash;               /* all but UNLED */
    enum execution_verdict verdict; /* EXECUTED */
    struct hash state;              /* STATE */
    /* MADE: when its slot began (monotonic); what is due next counts from it.
     */
    uint64_t start_ns;
    /* MADE, FINAL, and EXECUTED if it is valid: borrowed until the next call;
     * executed_block_retain() keeps it. */
    struct executed_block *block;
};

/* The next event, oldest first; false: there is none. To be asked after each
 * step until it is false. */
bool execution_next(struct execution *execution, struct execution_event *out);

#endif
