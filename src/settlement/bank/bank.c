/*
 * Opening and reading banks. bank_account.c has the accounts, execute.c runs
 * transactions, bank_freeze.c ends a block, bank_rows.c has what is on disk,
 * and bank_reference.c frees.
 */
#include "base/check.h"
#include "base/error.h"
#include "base/memory.h"
#include "crypto/hash.h"
#include "settlement/bank/bank_internal.h"
#include "settlement/format/compute_budget.h"
#include "settlement/format/leader.h"
#include <stdlib.h>

/* layers: what the bank stands on, newest first, frozen. The bank gets a layer
 * of its own on them, and a scratch layer for one transaction at a time. Its
 * info is not set. */
static struct bank *bank_new(const struct program_table *programs,
                             const struct state_base *base,
                             struct state_layer *const *layers, size_t count)
{
    struct bank *bank = mem_zero(1, sizeof(*bank));
    bank->magic = BANK_MAGIC;
    bank->programs = programs;
    atomic_init(&bank->references, 1);
    bank->state = state_open_writable(base, layers, count);
    bank->scratch = state_open_child(bank->state);
    return bank;
}

const struct bank_info *bank_info(const struct bank *bank)
{
    CHECK_MAGIC(bank, BANK_MAGIC);
    return &bank->info;
}

struct state *bank_state(struct bank *bank)
{
    CHECK_MAGIC(bank, BANK_MAGIC);
    return bank->state;
}

/* The top layer alone; the layer of the parent holds the parent's changes. */
const struct state_layer *bank_layer(const struct bank *bank)
{
    CHECK_MAGIC(bank, BANK_MAGIC);
    CHECK(bank->info.frozen);
    return state_layer_at(bank->state, 0);
}

/* The genesis block executes nothing: its accounts are those of the file, and
 * its blockhash is the file's hash, so that a transaction signed for one
 * network is not taken by another. genesis.c has checked that keys are unique
 * and that lamports add up. */
struct bank *bank_open_genesis(const struct genesis *genesis,
                               const struct program_table *programs)
{
    CHECK(genesis->validator_count);
    struct bank *bank = bank_new(programs, &STATE_BASE_EMPTY, NULL, 0);
    bank_set_blockhash_blocks(bank, genesis_blockhash_blocks(genesis));
    bank->info.slots_per_epoch = genesis_slots_per_epoch(genesis);
    bank->info.unix_ms = genesis->creation_unix_ms;
    struct leader_schedule *schedule = leader_schedule_new(genesis);
    bank->info.leader = leader_at(schedule, 0)->identity;
    leader_schedule_free(schedule);
    bank->epoch_start_ms = genesis->creation_unix_ms;
    for (size_t i = 0; i < genesis->account_count; i++) {
        const struct genesis_account *account = &genesis->accounts[i];
        bank_store(bank, &account->key, &account->account, false);
        bank->info.capitalization += account->account.lamports;
    }
    bank_freeze(bank, &genesis->hash);
    bank_sum_up(bank);
    return bank;
}

/* The bank's layer is empty because all its rows are in the base. So it is
 * frozen and durable at once. */
int bank_open_base(const struct state_base *base,
                   const struct program_table *programs, struct bank **out)
{
    struct bank *bank = bank_new(programs, base, NULL, 0);
    int status = bank_rows_read(bank);
    if (status) {
        bank_release(bank);
        return status;
    }
    state_close(bank->scratch);
    bank->scratch = NULL;
    state_layer_freeze(state_top(bank->state));
    bank->info.frozen = true;
    atomic_init(&bank->is_summed, true);
    bank->is_durable = true;
    *out = bank;
    return 0;
}

/* The layers that a child of parent stands on: those not on disk yet, newest
 * first. Blocks become durable in order, so the walk ends at the first durable
 * bank. Idle banks are skipped: after a pause many of them wait for their
 * flush, and each look-up would ask all of them. The caller frees *out. */
static size_t collect_layers(struct bank *parent, struct state_layer ***out)
{
    size_t count = 0;
    for (struct bank *bank = parent; bank && !bank->is_durable;
         bank = bank->parent)
        count += !bank->idle;
    struct state_layer **layers =
        mem_zero(count + 1, sizeof(struct state_layer *));
    struct bank *bank = parent;
    for (size_t i = 0; i < count; bank = bank->parent)
        if (!bank->idle)
            layers[i++] = state_layer_at(bank->state, 0);
    *out = layers;
    return count;
}

/* The parent is frozen, so its own block is among its recent ones. The sets of
 * messages are shared because they never change once their block is frozen. */
static void inherit_recent(struct bank *bank, const struct bank *parent)
{
    bank->recent_count = parent->recent_count;
    for (size_t i = 0; i < parent->recent_count; i++) {
        bank->recent[i] = parent->recent[i];
        if (bank->recent[i].messages)
            message_set_retain(bank->recent[i].messages);
    }
}

/* What bank_sum_up() needs of the parent: its sum, if that is there for good,
 * or the parent. */
static void inherit_sum(struct bank *bank, struct bank *parent)
{
    if (!parent->is_durable || !bank_is_summed(parent)) {
        bank->parent = bank_retain(parent);
        return;
    }
    bank->lattice = parent->lattice;
    bank->info.parent_state_hash = parent->info.state_hash;
}

/* Slot and time are CHECKed because replay compares a block's with the parent's
 * before, and a leader makes them from the parent's. An epoch's start, for
 * the clock sysvar, is the time of the first block in it; that need not be the
 * epoch's first slot. */
struct bank *bank_open_child(struct bank *parent, const struct state_base *base,
                             const struct bank_block *block)
{
    CHECK_MAGIC(parent, BANK_MAGIC);
    CHECK(parent->info.frozen);
    CHECK(block->slot > parent->info.slot);
    CHECK(block->unix_ms >= parent->info.unix_ms);
    struct state_layer **layers;
    size_t count = collect_layers(parent, &layers);
    struct bank *bank = bank_new(parent->programs, base, layers, count);
    free(layers);
    bank_set_blockhash_blocks(bank, parent->info.blockhash_blocks);
    inherit_recent(bank, parent);
    const struct bank_info *before = &parent->info;
    bank->info = (struct bank_info){
        .slot = block->slot,
        .parent_slot = before->slot,
        .block_height = before->block_height + 1,
        .epoch = block->slot / before->slots_per_epoch,
        .unix_ms = block->unix_ms,
        .leader = block->leader,
        .parent_blockhash = before->blockhash,
        .transaction_count = before->transaction_count,
        .capitalization = before->capitalization,
        .blockhash_blocks = before->blockhash_blocks,
        .slots_per_epoch = before->slots_per_epoch,
    };
    inherit_sum(bank, parent);
    bank->epoch_start_ms = bank->info.epoch == before->epoch
                               ? parent->epoch_start_ms
                               : block->unix_ms;
    return bank;
}

/* Children that were opened before keep their layers: over a base that holds
 * them they change nothing (state.h). Releasing the parent frees the memory of
 * all earlier banks that no reader retains. */
void bank_set_durable(struct bank *bank)
{
    CHECK_MAGIC(bank, BANK_MAGIC);
    CHECK(bank->info.frozen);
    struct bank *parent = bank->parent;
    bank->is_durable = true;
    if (bank_is_summed(bank)) {
        bank->parent = NULL;
        bank_release(parent);
    }
}

/* So any number of threads read one bank at once, each with a stack and cursors
 * of its own. */
struct state *bank_open_state(const struct bank *bank,
                              const struct state_base *base)
{
    CHECK_MAGIC(bank, BANK_MAGIC);
    CHECK(bank->info.frozen);
    return state_open_over(bank->state, base);
}

/* Nothing here comes from a clock or from this machine. recent is borrowed from
 * the bank. */
void bank_environment(const struct bank *bank, struct environment *out)
{
    *out = (struct environment){
        .slot = bank->info.slot,
        .epoch = bank->info.epoch,
        .unix_ms = bank->info.unix_ms,
        .epoch_start_ms = bank->epoch_start_ms,
        .blockhash = bank->recent[0].blockhash,
        .lamports_per_signature = BANK_LAMPORTS_PER_SIGNATURE,
        .recent = bank->recent,
        .recent_count = bank->recent_count < SLOT_HASHES_MAX
                            ? bank->recent_count
                            : SLOT_HASHES_MAX};
}

uint64_t bank_fee(const struct transaction *transaction)
{
    struct compute_budget budget;
    uint64_t fee = (uint64_t)BANK_LAMPORTS_PER_SIGNATURE *
                   transaction->required_signatures;
    if (compute_budget_read(transaction, &budget).error)
        return fee;
    uint64_t priority = compute_budget_priority_fee(&budget);
    return priority > UINT64_MAX - fee ? UINT64_MAX : fee + priority;
}
