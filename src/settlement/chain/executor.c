/*
 * Executed banks are kept until they are durable, because the next bank reads
 * through their layers. They are released from the oldest on, and each goes
 * into the row cache first (row_cache.h).
 *
 * With one validator every executed block stands. A slot without transactions
 * is a block as well, whose bank changes only its own rows.
 *
 * The executor does not choose among transactions: their order is the caller's.
 * It does not retry: a transaction that the bank refuses is dropped, and its
 * sender has to ask for its status. It does not verify signatures.
 */
#include "settlement/chain/executor.h"

#include "base/check.h"
#include "base/log.h"
#include "base/memory.h"
#include "settlement/bank/block_execute.h"
#include "settlement/format/leader.h"
#include "settlement/state/row_cache.h"
#include <stdlib.h>

/* The block being made. Its bytes grow as entries come. block_end() gets
 * header.
 */
struct slot {
    struct block_execution execution; /* on the block's bank; one reference */
    struct proof_of_history poh;
    uint64_t ticks;
    struct executed_block *block;
    struct block_header header;
    size_t entry_count;
};

/* An entry under way: its transactions and their results, until they are in the
 * block. There are up to 64 because one hash of the proof of history orders all
 * of them, and the clock is read between two entries. */
struct batch {
    uint64_t units_before; /* the block's */
    struct buffer taken[EXECUTOR_ENTRY_TRANSACTIONS_MAX];
    size_t taken_count;
    struct transaction transactions[EXECUTOR_ENTRY_TRANSACTIONS_MAX];
    struct bank_result results[EXECUTOR_ENTRY_TRANSACTIONS_MAX];
    struct bytes wires[EXECUTOR_ENTRY_TRANSACTIONS_MAX];
    size_t count; /* of those that go into the block */
};

/* Invariants: waiting holds the executed banks whose slot is after base_slot,
 * ascending, with a reference to each. The last of them is parent, unless
 * parent is on disk. The bank of base_slot is marked as durable, so that a
 * child of any bank here reads no further down than that bank. */
struct executor {
    const struct genesis *genesis;
    const struct keypair *identity;
    struct leader_schedule *schedule;
    struct bank *parent;           /* one reference each */
    struct executed_block *newest; /* that made it; NULL: it was on disk */
    struct hash parent_hash;
    struct bank *waiting[EXECUTOR_WAITING_MAX];
    size_t waiting_count;
    uint64_t base_slot;      /* newest slot marked as durable */
    struct row_cache *cache; /* has all rows up to that slot */
    struct slot slot;        /* block NULL: no block is under way */
    struct batch batch;
    struct arena scratch; /* of the transactions of one entry */
};

struct executor *executor_new(const struct genesis *genesis,
                              const struct keypair *identity,
                              struct bank *newest, const struct hash *tip_hash)
{
    struct executor *executor = mem_zero(1, sizeof(*executor));
    executor->genesis = genesis;
    executor->identity = identity;
    executor->schedule = leader_schedule_new(genesis);
    executor->parent = bank_retain(newest);
    executor->parent_hash = *tip_hash;
    executor->base_slot = bank_info(newest)->slot;
    executor->cache = row_cache_new();
    bank_set_durable(newest);
    return executor;
}

void executor_free(struct executor *executor)
{
    if (!executor)
        return;
    if (executor->slot.block) {
        bank_release(executor->slot.execution.bank);
        executed_block_release(executor->slot.block);
    }
    for (size_t i = 0; i < executor->waiting_count; i++)
        bank_release(executor->waiting[i]);
    for (size_t i = 0; i < executor->batch.taken_count; i++)
        buffer_free(&executor->batch.taken[i]);
    bank_release(executor->parent);
    executed_block_release(executor->newest);
    leader_schedule_free(executor->schedule);
    row_cache_free(executor->cache);
    arena_free(&executor->scratch);
    free(executor);
}

const struct bank_info *executor_parent(const struct executor *executor)
{
    return bank_info(executor->parent);
}

/* All banks up to the newest durable one are released at once:
 * bank_set_durable() cuts its layers off from the banks on top of it. The cache
 * gets the rows, in order, before the layers are freed. */
void executor_set_durable(struct executor *executor, uint64_t slot)
{
    size_t gone = 0;
    CHECK(!executor->slot.block);
    while (gone < executor->waiting_count &&
           bank_info(executor->waiting[gone])->slot <= slot)
        gone++;
    if (gone == 0)
        return;
    struct bank *newest = executor->waiting[gone - 1];
    bank_set_durable(newest);
    executor->base_slot = bank_info(newest)->slot;
    for (size_t i = 0; i < gone; i++) {
        row_cache_change(executor->cache, bank_layer(executor->waiting[i]));
        bank_release(executor->waiting[i]);
    }
    executor->waiting_count -= gone;
    memmove(executor->waiting, executor->waiting + gone,
            executor->waiting_count * sizeof(*executor->waiting));
}

/* ---- The block under way ---- */

/* The leader is this validator: otherwise its folder would not have been opened
 * (validator_folder.h). */
void executor_begin(struct executor *executor, uint64_t slot, uint64_t unix_ms,
                    const struct state_base *base, struct executed_block *block)
{
    const struct bank_info *parent = bank_info(executor->parent);
    const struct bank_block at = {
        .slot = slot,
        .unix_ms = unix_ms,
        .leader = leader_at(executor->schedule, slot)->identity};
    CHECK(!executor->slot.block);
    CHECK(pubkey_equal(&at.leader, &executor->identity->pubkey));
    row_cache_begin(executor->cache, base);
    struct bank *bank =
        bank_open_child(executor->parent, row_cache_base(executor->cache), &at);
    executor->slot = (struct slot){
        .execution = block_execute_begin(bank, executor->genesis->slot_ms),
        .poh = proof_of_history_make(&parent->blockhash,
                                     executor->genesis->hashes_per_tick),
        .block = block,
        .header = {.slot = slot,
                   .parent_slot = parent->slot,
                   .parent_hash = executor->parent_hash,
                   .leader = at.leader,
                   .unix_ms = unix_ms}};
    leader_set_hash(executor->schedule, slot, &executor->slot.header.set_hash);
    block_begin(0, &block->data);
}

uint64_t executor_ticks(const struct executor *executor)
{
    return executor->slot.ticks;
}

/* places: block_add()'s. */
static void add_entry(struct slot *slot, const struct entry *entry,
                      size_t *places)
{
    slot->entry_count++;
    block_add(entry, &slot->block->data, places);
}

void executor_tick(struct executor *executor, uint64_t count)
{
    struct slot *slot = &executor->slot;
    CHECK(count <= executor->genesis->ticks_per_slot - slot->ticks);
    for (uint64_t i = 0; i < count; i++) {
        struct entry entry = {0};
        proof_of_history_tick(&slot->poh, &entry);
        add_entry(slot, &entry, NULL);
        slot->ticks++;
    }
}

/* The limits on entries, transactions and bytes are those of block_decode(): a
 * block that can't be read must not be made. Half of the bytes are kept free,
 * because an entry of 64 takes far less, and computing the true sum would gain
 * nothing. */
bool executor_has_room(const struct executor *executor)
{
    const struct slot *slot = &executor->slot;
    uint64_t ticks_per_slot = executor->genesis->ticks_per_slot;
    size_t most = ledger_records_count(&slot->block->records) +
                  EXECUTOR_ENTRY_TRANSACTIONS_MAX;
    /* A batch may need an entry, and a tick before it. */
    return slot->ticks + 1 < ticks_per_slot &&
           slot->entry_count + ticks_per_slot + 2 < BLOCK_ENTRIES_MAX &&
           most < BLOCK_TRANSACTIONS_MAX &&
           slot->block->data.size < BLOCK_SIZE_MAX_BYTES / 2 &&
           block_execute_has_room(&slot->execution);
}

/* ---- Entries ---- */

static uint64_t units(const struct executor *executor)
{
    return bank_info(executor->slot.execution.bank)->compute_units;
}

void executor_begin_entry(struct executor *executor)
{
    CHECK(executor_has_room(executor));
    executor->batch.units_before = units(executor);
    executor->batch.taken_count = executor->batch.count = 0;
}

bool executor_wants(const struct executor *executor)
{
    const struct batch *batch = &executor->batch;
    return batch->taken_count < EXECUTOR_ENTRY_TRANSACTIONS_MAX &&
           units(executor) - batch->units_before < EXECUTOR_ENTRY_UNITS_MAX &&
           block_execute_has_room(&executor->slot.execution);
}

/* A refused transaction leaves no trace, and the next one takes its place; its
 * sender notices when the blockhash has expired. A failed one is in the block,
 * because it paid its fee. */
void executor_execute(struct executor *executor, struct buffer *wire)
{
    struct batch *batch = &executor->batch;
    struct transaction *transaction = &batch->transactions[batch->count];
    struct bank_result *result = &batch->results[batch->count];
    CHECK(batch->taken_count < EXECUTOR_ENTRY_TRANSACTIONS_MAX);
    struct bytes bytes = buffer_view(wire);
    batch->taken[batch->taken_count++] = *wire;
    *wire = (struct buffer){0};
    CHECK(!transaction_parse(bytes, &executor->scratch, transaction));
    if (block_execute_next(&executor->slot.execution, transaction,
                           BANK_WANT_BALANCES | BANK_WANT_LOG,
                           &executor->scratch, result))
        batch->wires[batch->count++] = bytes;
    else
        log_debug("producer", "dropped a transaction: %s",
                  transaction_error_name(result->status.error));
}

/* Put the executed transactions into the block, as one entry. The proof of
 * history may have to tick first: after the hashes of a tick are used up,
 * nothing can be mixed in before the next. Records are made now, while results
 * are in the arena. */
static void add_batch(struct executor *executor)
{
    struct slot *slot = &executor->slot;
    const struct batch *batch = &executor->batch;
    struct entry entry = {0};
    struct hash mixin;
    size_t places[EXECUTOR_ENTRY_TRANSACTIONS_MAX];
    proof_of_history_mixin(batch->wires, batch->count, &mixin);
    while (!proof_of_history_record(&slot->poh, &mixin, &entry)) {
        executor_tick(executor, 1);
        CHECK(slot->ticks < executor->genesis->ticks_per_slot);
    }
    entry.transactions = batch->wires;
    entry.transaction_count = batch->count;
    add_entry(slot, &entry, places);
    for (size_t i = 0; i < batch->count; i++)
        ledger_records_add(&slot->block->records, &batch->transactions[i],
                           &batch->results[i], places[i]);
}

/* Wire bytes are freed when they are in the block. The arena is emptied and not
 * freed. */
void executor_end_entry(struct executor *executor)
{
    struct batch *batch = &executor->batch;
    if (batch->count > 0)
        add_batch(executor);
    for (size_t i = 0; i < batch->taken_count; i++)
        buffer_free(&batch->taken[i]);
    batch->taken_count = batch->count = 0;
    arena_reset(&executor->scratch);
}

/* ---- The end of a block ---- */

/* The bytes that are hashed and signed are complete only now. base_slot goes
 * with the block, because a view needs it to find the rows under this bank
 * (ledger_publish()). */
struct executed_block *executor_seal(struct executor *executor)
{
    struct slot *slot = &executor->slot;
    struct bank *bank = slot->execution.bank;
    struct executed_block *block = slot->block;
    CHECK(slot->ticks == executor->genesis->ticks_per_slot);
    bank_freeze(bank, &slot->poh.hash);
    bank_sum_up(bank);
    slot->header.parent_state_hash = bank_info(bank)->parent_state_hash;
    if (!executor->genesis->hashes_per_tick &&
        !ledger_records_count(&block->records))
        slot->header.flags |= BLOCK_IS_EMPTY;
    block_end(&slot->header, slot->entry_count, executor->identity, 0,
              &block->data, &block->hash);
    block->bank = bank;
    block->base_slot = executor->base_slot;
    block->parent_hash = executor->parent_hash;
    block->parent = executor->newest;
    executor->newest = executed_block_retain(block);
    bank_release(executor->parent);
    executor->parent = bank_retain(bank);
    executor->parent_hash = block->hash;
    CHECK(executor->waiting_count < EXECUTOR_WAITING_MAX);
    executor->waiting[executor->waiting_count++] = bank_retain(bank);
    slot->block = NULL;
    return block;
}
