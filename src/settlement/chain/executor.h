/*
 * Making blocks, one step at a time: the banks of the newest blocks, the block
 * under way, its proof of history and its bytes. Pure: time, the view of the
 * disk and transactions come from the caller, and blocks go to the caller.
 * Thread: one.
 *
 *   executor_set_durable() release what the disk has
 *   executor_begin()        a block on the newest one
 *   executor_tick()         any number of these two, in any order, but the
 *   executor_*_entry()      last step is a tick
 *   executor_seal()
 */
#ifndef POND_SETTLEMENT_CHAIN_EXECUTOR_H
#define POND_SETTLEMENT_CHAIN_EXECUTOR_H

#include "settlement/format/genesis.h"
#include "settlement/ledger/executed_block.h"

/* Transactions in one entry: they are executed between two readings of the
 * clock.
 */
#define EXECUTOR_ENTRY_TRANSACTIONS_MAX 64

/* Compute units of one entry, after which no further transaction joins it:
 * about ten milliseconds. */
#define EXECUTOR_ENTRY_UNITS_MAX 200000

/* Banks that are executed and may not be durable yet: those of a flusher's
 * batch and queue. */
#define EXECUTOR_WAITING_MAX 256

struct executor;

/* newest: the tip, which is on disk; a reference is taken. tip_hash: its
 * block's hash. genesis and identity are borrowed. */
struct executor *executor_new(const struct genesis *genesis,
                              const struct keypair *identity,
                              struct bank *newest, const struct hash *tip_hash);
void executor_free(struct executor *executor); /* NULL is allowed */

/* The newest block, on which the next one is begun. */
const struct bank_info *executor_parent(const struct executor *executor);

/* The disk has all blocks up to that slot. */
void executor_set_durable(struct executor *executor, uint64_t slot);

/* Begin a block. The slot's leader is the identity (CHECKed). base: a view of
 * the disk that was opened after the last executor_set_durable() and stays open
 * until the block is sealed, because the released layers are only on the disk.
 * block: empty; the executor's until it is sealed. */
void executor_begin(struct executor *executor, uint64_t slot, uint64_t unix_ms,
                    const struct state_base *base,
                    struct executed_block *block);

/* Ticks of the block under way; executor_tick() makes count more. */
uint64_t executor_ticks(const struct executor *executor);
void executor_tick(struct executor *executor, uint64_t count);

/* True if the block under way takes another entry. */
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
 * frozen and summed up, its leader has signed. The caller owns it, and sets
 * executed_ms. */
struct executed_block *executor_seal(struct executor *executor);

#endif
