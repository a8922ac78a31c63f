/*
 * Executing blocks, one step at a time: the tree of those that are not final,
 * the banks of those that are and may not be on disk yet, and the block that is
 * being made. Pure: time, the view of the disk and transactions come from the
 * caller, and blocks go to the caller. Thread: one.
 *
 *   executor_set_durable()  release what the disk has
 *   executor_open()         read through a view of the disk
 *     executor_check()        a block of another leader, whole
 *     executor_begin()        a block of one's own
 *     executor_tick()         any number of these two, in any order, but the
 *     executor_*_entry()      last step is a tick; other blocks in between
 *     executor_seal()
 *   executor_close()
 *
 * A block that was checked or sealed is in the tree. The state after it is
 * known when it is summed up, which comes before anything else is done with the
 * tree (executor_sum(); CHECKed).
 */
#ifndef POND_SETTLEMENT_CHAIN_EXECUTOR_H
#define POND_SETTLEMENT_CHAIN_EXECUTOR_H

#include "settlement/chain/block_tree.h"
#include "settlement/format/genesis.h"

/* Transactions in one entry: they are executed between two readings of the
 * clock.
 */
#define EXECUTOR_ENTRY_TRANSACTIONS_MAX 64

/* Compute units of one entry, after which no further transaction joins it:
 * about ten milliseconds. */
#define EXECUTOR_ENTRY_UNITS_MAX 200000

/* Banks of final blocks that may not be durable yet: those of a flusher's batch
 * and queue, and all that the tree can hold. While a block is under way none is
 * released, and all that it stands on may become final. */
#define EXECUTOR_WAITING_MAX (EXECUTOR_FLUSHING_MAX + BLOCK_TREE_BLOCKS_MAX)
#define EXECUTOR_FLUSHING_MAX 448

struct executor;

/* newest: the tip, which is on disk and is the tree's root; a reference is
 * taken. tip_hash: its block's hash. genesis and identity are borrowed. */
struct executor *executor_new(const struct genesis *genesis,
                              const struct keypair *identity,
                              struct bank *newest, const struct hash *tip_hash);
void executor_free(struct executor *executor); /* NULL is allowed */

/* Ask who may know that signatures were checked (transaction.is_verified)
 * before those of a block's transactions are. Without it all are checked. */
typedef void executor_recognize(void *user, struct transaction *transactions,
                                size_t count);
void executor_ask(struct executor *executor, executor_recognize *recognize,
                  void *user);

/* Of what is not final. To be changed by the executor alone. */
struct block_tree *executor_tree(const struct executor *executor);

/* ---- The disk ---- */

/* The disk has all blocks up to that slot. Not while a view is open (CHECKed).
 */
void executor_set_durable(struct executor *executor, uint64_t slot);

/* Read through a view of the disk, which was opened after the last
 * executor_set_durable() and stays open until executor_close(), because the
 * released layers are only on the disk. */
void executor_open(struct executor *executor, const struct state_base *base);

/* No block may be under way (CHECKed). */
void executor_close(struct executor *executor);

/* ---- Blocks of others ---- */

/* Check and execute a block: everything that follows from its bytes and the
 * state after its parent, by the functions by which it is made and replayed.
 * block: new, with its data alone; taken over. *out: its node if it is VALID or
 * INVALID, else NULL. Unless it is VALID, err_text() says why. A block that is
 * in the tree already is not checked again. */
enum block_verdict executor_check(struct executor *executor,
                                  const struct hash *hash,
                                  struct executed_block *block,
                                  struct block_node **out);

/* Execute a block again whose bank was given up, and those it stands on; it is
 * not invalid (CHECKed). */
void executor_wake(struct executor *executor, struct block_node *node);

/* ---- Sums ---- */

/* Sum up the state after the oldest block that is not summed up, and return its
 * node; NULL: all are. */
struct block_node *executor_sum(struct executor *executor);

/* ---- One's own blocks ---- */

/* Begin a block on a node that is executed. The slot's leader is the identity
 * (CHECKed). units: how many it may have, if that is less than what a valid one
 * may have. block: new; the executor's until it is sealed. */
void executor_begin(struct executor *executor, struct block_node *parent,
                    uint64_t slot, uint64_t unix_ms, uint64_t units,
                    struct executed_block *block);

/* The parent of the block under way; NULL: none is. */
const struct block_node *executor_parent(const struct executor *executor);

/* Ticks of the block under way; executor_tick() makes count more. */
uint64_t executor_ticks(const struct executor *executor);
void executor_tick(struct executor *executor, uint64_t count);

/* True if the block under way takes another entry. Not while the tree is heavy.
 */
bool executor_has_room(const struct executor *executor);

/* An entry. executor_execute() takes over a transaction's wire bytes, which
 * have been parsed and whose signatures have been checked; executor_wants()
 * says if the entry takes another one. executor_end_entry() puts the
 * transactions that paid into the block. */
void executor_begin_entry(struct executor *executor);
bool executor_wants(const struct executor *executor);
void executor_execute(struct executor *executor, struct buffer *wire);
void executor_end_entry(struct executor *executor);

/* End the block under way, which has all its ticks (CHECKed): its bank is
 * frozen, its leader has signed, it is in the tree. If that has no room, or has
 * the same block, it is given up, and NULL is returned. */
struct block_node *executor_seal(struct executor *executor);

/* Give up the block under way. */
void executor_give_up(struct executor *executor);

/* ---- What is final ---- */

/* The next block on the way from the root to one that is final becomes the
 * root, and is returned; NULL: that one is the root. It is executed and summed
 * up (CHECKed). What no longer descends from the root leaves the tree, and is
 * put in front of the list *dead. The block under way must descend from the
 * final one. */
struct block_node *executor_advance(struct executor *executor,
                                    const struct block_node *final,
                                    struct block_node **dead);

/* Give up banks of the worst forks while the tree has too many. */
void executor_shed(struct executor *executor);

#endif
