/*
 * The ledger on disk: the state, the blocks that made it, and the indexes that
 * clients need, in one LMDB environment.
 *
 * One thread writes (the validator's flusher). One write transaction makes all
 * blocks of a flush durable, or none of them, so a restart after kill -9 finds
 * exactly the durable ones. Index rows of large flushes are written in
 * transactions before it, and state rows get to their place in others after it
 * (ledger_settle()). Readers open a view: a snapshot of the disk, and a tip
 * with the blocks below it that are not on disk. They never wait for the
 * writer.
 *
 * docs/settlement.md has all tables and their keys.
 *
 * The indexes leave out what a transaction's bytes say, such as its signature:
 * their rows land on pages all over the tables, and pages are what a flush
 * costs.
 *
 * Blocks without transactions are kept as runs: running the proof of history
 * again from the run's start gives their hashes. Runs are cut so that this
 * never takes more than LEDGER_RUN_HASHES_MAX hashes.
 */
#ifndef POND_SETTLEMENT_LEDGER_LEDGER_H
#define POND_SETTLEMENT_LEDGER_LEDGER_H

#include "settlement/bank/bank.h"
#include "settlement/format/leader.h"
#include "settlement/ledger/ledger_branch.h"
#include "settlement/ledger/ledger_record.h"

struct ledger;
struct rows_view;

/* Some 20 ms of hashing. */
#define LEDGER_RUN_HASHES_MAX 65536

/* Open the ledger in a folder. A new one is made for this genesis if there is
 * none, with the genesis' bank durable. ERR_STATE if it belongs to another
 * genesis, ERR_CORRUPT if the state's hash is not the tip's, ERR_BUSY if
 * another process has it open. genesis must outlive the ledger. */
int ledger_open(const char *path, const struct genesis *genesis,
                struct ledger **out);
void ledger_close(struct ledger *ledger); /* NULL is allowed */

const struct genesis *ledger_genesis(const struct ledger *ledger);
/* The network's leaders; the ledger's. Thread: any. */
struct leader_schedule *ledger_schedule(struct ledger *ledger);

/* False if the process that wrote the ledger did not end in order: then clients
 * may have heard of up to LEDGER_IDLE_BLOCKS_MAX empty slots that are not here.
 */
bool ledger_was_clean(const struct ledger *ledger);

/* The hash of the newest durable block. Thread: the writer. */
const struct hash *ledger_tip_hash(const struct ledger *ledger);

/* ---- Writing. Thread: one ---- */

/* Longest time that finished empty slots wait for their flush, and how many may
 * wait. A flush writes at least some 75 KB, which would be 6 GB a day if an
 * idle chain flushed every second. Each waiting block takes some 24 KB of
 * memory, and is what a snapshot is older than the chain. */
#define LEDGER_IDLE_FLUSH_MS 36000
#define LEDGER_IDLE_BLOCKS_MAX 384

/* A frozen bank with the block that made it. */
struct ledger_block {
    struct bank *bank; /* borrowed */
    struct bytes data; /* encoded */
    struct hash hash;  /* block_hash() of data */
    /* The records of its transactions, in the block's order; borrowed. NULL: it
     * has no transactions. */
    const struct ledger_records *records;
};

/* Write blocks, each the parent of the next and the first a child of the tip
 * (CHECKed): they are on disk when this returns 0. clean: this is the last
 * flush of an orderly end. ERR_IO, ERR_FULL: no block was written. */
int ledger_flush(struct ledger *ledger, const struct ledger_block *blocks,
                 size_t count, bool clean);

/* Do what a large flush left for later: move state rows to their place and drop
 * history, a bounded number in a transaction. Call it after the flush and after
 * publishing its blocks, so that clients need not wait. After it the blocks'
 * changes are in the base (bank_set_durable()). The next flush or ledger_open()
 * finishes what a crash or an error left. ERR_IO, ERR_FULL. */
int ledger_settle(struct ledger *ledger);

/* How many slots of history to keep, the tip's included; 0, the default: all.
 * Later flushes drop older blocks, their transactions and their index rows, a
 * bounded number in each (runs of empty slots as a whole). The blocks of the
 * state's recent blockhashes, the newest 512 or as many as blockhashes live,
 * always stay. The state does not change. Thread: the writer. */
void ledger_keep(struct ledger *ledger, uint64_t slots);

/* A week of 100 ms slots. */
#define LEDGER_KEEP_SLOTS_DEFAULT 6048000

/* ---- Publishing. Thread: one, the writer or another ---- */

/* How sure a block is (docs/settlement.md): executed by this node; certified by
 * a quorum; final. Clients call them commitments. */
enum ledger_level {
    LEDGER_PROCESSED,
    LEDGER_CONFIRMED,
    LEDGER_FINALIZED,
    LEDGER_LEVELS,
};

/* What a publication has changed. */
struct ledger_news {
    unsigned levels; /* bits: 1 << level, whose tip is another */
    /* That tip; one reference, ledger_branch_release(). */
    struct ledger_branch *branch;
};

/* Make a block the tip that views of a level show. The tips stand on one chain,
 * the surer ones below, and this keeps them there: a tip of a less sure level
 * that does not descend from the block is replaced by it. So with one
 * validator, publishing a block as final is enough. Returns false and does
 * nothing if the block is not new: if it does not descend from the tips of the
 * surer levels, or is an ancestor of its own level's tip or that tip. The tip
 * that is final therefore only rises; that of LEDGER_PROCESSED may change to
 * another branch.
 *
 * The block's ancestors down to the newest one on disk must be linked (CHECKed;
 * executed_block.parent); those need not have been published. A final block
 * must be published before it is flushed, or right after. news may be NULL. */
bool ledger_publish(struct ledger *ledger, enum ledger_level level,
                    struct executed_block *block, struct ledger_news *news);

/* The bank of a level's tip, retained. Thread: any. */
struct bank *ledger_newest(struct ledger *ledger, enum ledger_level level);

/* A level's tip with the blocks below it, retained. Thread: any. */
struct ledger_branch *ledger_tip_branch(struct ledger *ledger,
                                        enum ledger_level level);

/* ---- Views. Thread: the one that opened it; any number at once ---- */

/* A view shows the chain of one tip, whatever is published later: blocks above
 * the newest one on disk are read from memory. */
struct ledger_view;
int ledger_view_open(struct ledger *ledger, enum ledger_level level,
                     struct ledger_view **out);
void ledger_view_close(struct ledger_view *view); /* NULL is allowed */

/* A view of the blocks of a branch alone, which needs no disk: their headers
 * and records. Nothing else may be read through it: no other slot, no state, no
 * signature or address. For those who tell what has happened. */
struct ledger_view *ledger_view_open_branch(struct ledger *ledger,
                                            struct ledger_branch *branch);

/* The tips of all levels at the moment when the view was opened. */
struct ledger_height {
    uint64_t slot;
    uint64_t block_height;
};
const struct ledger_height *ledger_view_height(const struct ledger_view *view,
                                               enum ledger_level level);

/* The block of a slot if it is in memory, borrowed; NULL: there is none, or it
 * is on disk. */
const struct executed_block *ledger_view_block(const struct ledger_view *view,
                                               uint64_t slot);

/* What these return is valid until the view is closed. ledger_view_base() lacks
 * what is in the bank's layers. */
const struct bank *ledger_view_bank(const struct ledger_view *view);
const struct bank_info *ledger_view_tip(const struct ledger_view *view);
struct state *ledger_view_state(struct ledger_view *view);
const struct state_base *ledger_view_base(const struct ledger_view *view);
const struct genesis *ledger_view_genesis(const struct ledger_view *view);

/* ---- Blocks ---- */

struct ledger_header {
    uint64_t slot;
    uint64_t parent_slot;
    uint64_t block_height;
    uint64_t unix_ms;
    struct hash blockhash;
    struct hash parent_blockhash;
    size_t transaction_count;
    struct bytes data; /* the encoded block; empty for empty slots on disk */
};

/* The header of a slot's block. ERR_NOT_FOUND: the slot has no block. */
int ledger_header(struct ledger_view *view, uint64_t slot,
                  struct ledger_header *out);

/* The hash of a slot's block, which its leader signed, and by which validators
 * name it; not the blockhash, which clients name. ERR_NOT_FOUND. In a run it
 * costs a hash for each tick of the run. */
int ledger_block_hash(struct ledger_view *view, uint64_t slot,
                      struct hash *out);

/* The Unix time of a block, without reading the whole block. */
int ledger_unix_ms(struct ledger_view *view, uint64_t slot, uint64_t *out);

/* The first slot ≥ from that holds a block; ERR_NOT_FOUND. */
int ledger_next_slot(struct ledger_view *view, uint64_t from, uint64_t *out);

/* Walk the slots that hold a block, from one on: *first … *last without a gap,
 * ascending. ERR_NOT_FOUND at the end. Close the walk before its view. */
struct ledger_slots;
int ledger_slots_open(struct ledger_view *view, uint64_t from,
                      struct ledger_slots **out);
int ledger_slots_next(struct ledger_slots *slots, uint64_t *first,
                      uint64_t *last);
void ledger_slots_close(struct ledger_slots *slots); /* NULL is allowed */

/* The first slot whose block is still kept. */
int ledger_first_slot(struct ledger_view *view, uint64_t *out);

/* ---- Transactions ---- */

struct ledger_place {
    uint64_t slot;
    uint32_t index; /* in its block */
};

/* The place of a transaction. ERR_NOT_FOUND. */
int ledger_find(struct ledger_view *view, const struct signature *signature,
                struct ledger_place *out);

/* The record at a place; arrays lie in the arena. ERR_NOT_FOUND. */
int ledger_record(struct ledger_view *view, struct ledger_place place,
                  struct arena *arena, struct ledger_record *out);

/* Walk the transactions that name an address, before a place, the newest first.
 * Close the walk before its view. */
struct ledger_walk;
int ledger_walk_open(struct ledger_view *view, const struct pubkey *address,
                     struct ledger_place before, struct ledger_walk **out);
/* ERR_NOT_FOUND at the end. */
int ledger_walk_next(struct ledger_walk *walk, struct ledger_place *place,
                     struct signature *signature);
void ledger_walk_close(struct ledger_walk *walk); /* NULL is allowed */

/* ---- Check ---- */

struct ledger_report {
    uint64_t slot;
    uint64_t blocks; /* with transactions */
    uint64_t runs;
    uint64_t transactions;
    uint64_t signatures; /* verified */
    uint64_t rows;
    uint64_t lamports; /* sum over all accounts */
    uint64_t replayed; /* blocks executed again (replay.h); set by the caller */
};

/* Verify everything that can be verified without replaying: each block's form,
 * proof of history, leader's signature, its transactions' signatures, the chain
 * of parents; each record and index row against its block; the state's hash
 * against all rows; the accounts' sum against the capitalization; the task
 * programs' invariants. ERR_CORRUPT names the first thing that fails. Thread:
 * any. */
int ledger_check(struct ledger *ledger, struct ledger_report *report);

#endif
