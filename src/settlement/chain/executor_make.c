/*
 * The block that a leader makes. It does not choose among transactions: their
 * order is the caller's. It does not retry: a transaction that the bank refuses
 * is dropped, and its sender has to ask for its status. It does not verify
 * signatures. A slot without transactions is a block as well, whose bank
 * changes only its own rows.
 */
#include "settlement/chain/executor_internal.h"

#include "base/check.h"
#include "base/log.h"

/* The leader is this validator: otherwise nobody would have been asked to lead.
 */
void executor_begin(struct executor *executor, struct block_node *parent,
                    uint64_t slot, uint64_t unix_ms, uint64_t units,
                    struct executed_block *block)
{
    struct bank *below = parent->block->bank;
    const struct bank_info *info = bank_info(below);
    const struct bank_block at = {
        .slot = slot,
        .unix_ms = unix_ms,
        .leader = leader_at(executor->schedule, slot)->identity};
    CHECK(executor->is_open && !executor->making.block);
    CHECK(bank_is_summed(below));
    CHECK(pubkey_equal(&at.leader, &executor->identity->pubkey));
    struct bank *bank =
        bank_open_child(below, row_cache_base(executor->cache), &at);
    executor->making = (struct making){
        .parent = parent,
        .execution = block_execute_begin(bank, executor->genesis),
        .poh = proof_of_history_make(&info->blockhash,
                                     executor->genesis->hashes_per_tick),
        .block = block,
        .header = {.slot = slot,
                   .parent_slot = info->slot,
                   .parent_hash = parent->hash,
                   .parent_state_hash = info->state_hash,
                   .leader = at.leader,
                   .unix_ms = unix_ms}};
    if (units < executor->making.execution.units_max)
        executor->making.execution.units_max = units;
    leader_set_hash(executor->schedule, slot,
                    &executor->making.header.set_hash);
    block_begin(0, &block->data);
}

const struct block_node *executor_parent(const struct executor *executor)
{
    return executor->making.parent;
}

uint64_t executor_ticks(const struct executor *executor)
{
    return executor->making.ticks;
}

/* places: block_add()'s. */
static void add_entry(struct making *making, const struct entry *entry,
                      size_t *places)
{
    making->entry_count++;
    block_add(entry, &making->block->data, places);
}

void executor_tick(struct executor *executor, uint64_t count)
{
    struct making *making = &executor->making;
    CHECK(count <= executor->genesis->ticks_per_slot - making->ticks);
    for (uint64_t i = 0; i < count; i++) {
        struct entry entry = {0};
        proof_of_history_tick(&making->poh, &entry);
        add_entry(making, &entry, NULL);
        making->ticks++;
    }
}

/* What an entry takes without transactions, and with the most. */
#define ENTRY_HEAD_SIZE (8 + 32 + 4)
#define ENTRY_SIZE_MAX                                                         \
    (ENTRY_HEAD_SIZE +                                                         \
     EXECUTOR_ENTRY_TRANSACTIONS_MAX * (2 + TRANSACTION_SIZE_MAX))

/* While nothing becomes final, a chain gets no more memory than the tree may
 * have. The limits on entries, transactions and bytes are those of
 * block_decode() and of the genesis: a block that others refuse must not be
 * made. */
bool executor_has_room(const struct executor *executor)
{
    const struct making *making = &executor->making;
    const struct genesis *genesis = executor->genesis;
    uint64_t ticks_per_slot = genesis->ticks_per_slot;
    uint64_t most = ledger_records_count(&making->block->records) +
                    EXECUTOR_ENTRY_TRANSACTIONS_MAX;
    uint64_t bytes = making->block->data.size + ENTRY_SIZE_MAX +
                     ticks_per_slot * ENTRY_HEAD_SIZE;
    /* A batch may need an entry, and a tick before it. */
    return !block_tree_is_heavy(executor->tree) &&
           making->ticks + 1 < ticks_per_slot &&
           making->entry_count + ticks_per_slot + 2 < BLOCK_ENTRIES_MAX &&
           most <= genesis_block_transactions(genesis) &&
           bytes <= genesis_block_bytes(genesis) &&
           block_execute_has_room(&making->execution);
}

/* ---- Entries ---- */

static uint64_t units(const struct executor *executor)
{
    return bank_info(executor->making.execution.bank)->compute_units;
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
           block_execute_has_room(&executor->making.execution);
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
    if (block_execute_next(&executor->making.execution, transaction,
                           BANK_WANT_BALANCES | BANK_WANT_LOG,
                           &executor->scratch, result))
        batch->wires[batch->count++] = bytes;
    else
        log_debug("execution", "dropped a transaction: %s",
                  transaction_error_name(result->status.error));
}

/* Put the executed transactions into the block, as one entry. The proof of
 * history may have to tick first: after the hashes of a tick are used up,
 * nothing can be mixed in before the next. Records are made now, while results
 * are in the arena. */
static void add_batch(struct executor *executor)
{
    struct making *making = &executor->making;
    const struct batch *batch = &executor->batch;
    struct entry entry = {0};
    struct hash mixin;
    size_t places[EXECUTOR_ENTRY_TRANSACTIONS_MAX];
    proof_of_history_mixin(batch->wires, batch->count, &mixin);
    while (!proof_of_history_record(&making->poh, &mixin, &entry)) {
        executor_tick(executor, 1);
        CHECK(making->ticks < executor->genesis->ticks_per_slot);
    }
    entry.transactions = batch->wires;
    entry.transaction_count = batch->count;
    add_entry(making, &entry, places);
    for (size_t i = 0; i < batch->count; i++)
        ledger_records_add(&making->block->records, &batch->transactions[i],
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

/* The bytes that are hashed and signed are complete only now. One that is in
 * the tree already came from another process of this leader. */
struct block_node *executor_seal(struct executor *executor)
{
    struct making *making = &executor->making;
    struct executed_block *block = making->block;
    CHECK(making->ticks == executor->genesis->ticks_per_slot);
    if (!executor->genesis->hashes_per_tick &&
        !ledger_records_count(&block->records))
        making->header.flags |= BLOCK_IS_EMPTY;
    block_end(&making->header, making->entry_count, executor->identity, 0,
              &block->data, &block->hash);
    if (block_tree_count(executor->tree) >= BLOCK_TREE_BLOCKS_MAX ||
        block_tree_find(executor->tree, &block->hash)) {
        executor_give_up(executor);
        return NULL;
    }
    block->bank = making->execution.bank;
    bank_freeze(block->bank, &making->poh.hash);
    executor_link(executor, making->parent, block);
    struct block_node *node =
        block_tree_add(executor->tree, making->parent, block);
    *making = (struct making){0};
    return node;
}

void executor_give_up(struct executor *executor)
{
    struct making *making = &executor->making;
    for (size_t i = 0; i < executor->batch.taken_count; i++)
        buffer_free(&executor->batch.taken[i]);
    executor->batch.taken_count = 0;
    if (!making->block)
        return;
    bank_release(making->execution.bank);
    executed_block_release(making->block);
    *making = (struct making){0};
}
