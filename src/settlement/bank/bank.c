/*
 * A bank's life: opening and reading. Its accounts are in bank_account.c; what
 * happens to a transaction in between, in execute.c; how a block ends, in
 * bank_freeze.c; what of a bank is on disk, in bank_rows.c.
 *
 * Why a bank does not hold its parent for ever: each bank retains its parent
 * only until one of the two is durable, because a child opened after that
 * stands on the base and needs the parent's layer no more. A bank's own layers,
 * on the other hand, are retained by its state as long as it lives, and so is
 * everything a reader of it can reach.
 */
#include "base/check.h"
#include "base/error.h"
#include "base/memory.h"
#include "crypto/hash.h"
#include "settlement/bank/bank_internal.h"
#include "settlement/format/compute_budget.h"
#include "settlement/format/leader.h"
#include <stdlib.h>

/* layers: what it stands on, newest first, frozen. The bank gets a layer of its
 * own on them, and a scratch layer for a transaction at a time; of its info
 * nothing is set. */
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

struct bank *bank_retain(struct bank *bank)
{
    CHECK_MAGIC(bank, BANK_MAGIC);
    atomic_fetch_add_explicit(&bank->references, 1, memory_order_relaxed);
    return bank;
}

/* The children of a bank retain it, so nobody stands on it any more. */
static void bank_free(struct bank *bank)
{
    bank->magic = 0;
    state_close(bank->scratch);
    state_close(bank->state);
    message_set_release(bank->messages);
    for (size_t i = 0; i < bank->recent_count; i++)
        message_set_release(bank->recent[i].messages);
    free(bank->recent);
    buffer_free(&bank->row);
    free(bank);
}

/* A loop and not a recursion: a line of banks that wait for the disk may be
 * long, and each may be the last to hold its parent. */
void bank_release(struct bank *bank)
{
    while (bank) {
        CHECK_MAGIC(bank, BANK_MAGIC);
        if (atomic_fetch_sub_explicit(&bank->references, 1,
                                      memory_order_acq_rel) != 1)
            return;
        struct bank *parent = bank->parent;
        bank_free(bank);
        bank = parent;
    }
}

/* Borrowed from the bank. Readers on other threads have frozen banks only, of
 * which nothing in it changes. */
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

/* The top layer alone: what the parent's block changed is in the parent's. */
const struct state_layer *bank_layer(const struct bank *bank)
{
    CHECK_MAGIC(bank, BANK_MAGIC);
    CHECK(bank->info.frozen);
    return state_layer_at(bank->state, 0);
}

/* The genesis block executes nothing: its accounts are put as they stand in the
 * file, and its blockhash is the file's hash, so that a transaction signed for
 * one network is not taken by another. Keys are unique and lamports add up
 * (genesis.c), which is why nothing is checked here. */
struct bank *bank_open_genesis(const struct genesis *genesis,
                               const struct program_table *programs)
{
    CHECK(genesis->validator_count);
    struct bank *bank = bank_new(programs, &STATE_BASE_EMPTY, NULL, 0);
    bank_set_blockhash_blocks(bank, genesis_blockhash_blocks(genesis));
    bank->info.unix_ms = genesis->creation_unix_ms;
    const struct leader_schedule schedule = leader_schedule(genesis);
    bank->info.leader = leader_at(&schedule, 0)->identity;
    bank->epoch_start_ms = genesis->creation_unix_ms;
    for (size_t i = 0; i < genesis->account_count; i++) {
        const struct genesis_account *account = &genesis->accounts[i];
        bank_store(bank, &account->key, &account->account, false);
        bank->info.capitalization += account->account.lamports;
    }
    bank_freeze(bank, &genesis->hash);
    return bank;
}

/* Its layer is empty: all it has is on the base. So it is at once frozen and
 * durable, and nothing keeps the ancestors it once had. */
int bank_open_base(const struct state_base *base,
                   const struct program_table *programs, struct bank **out)
{
    struct bank *bank = bank_new(programs, base, NULL, 0);
    int r = bank_rows_read(bank);
    if (r) {
        bank_release(bank);
        return r;
    }
    state_close(bank->scratch);
    bank->scratch = NULL;
    state_layer_freeze(state_top(bank->state));
    bank->info.frozen = true;
    bank->is_durable = true;
    *out = bank;
    return 0;
}

/* The layers a child of parent stands on: those not on disk yet, newest first.
 * The walk ends at the first durable bank, since blocks become so in order:
 * whatever lies below it is in the base too. Idle banks are passed over: after
 * a pause there are many that wait for their flush, and each look-up would ask
 * all of them. *out is the caller's to free. */
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

/* The parent is frozen, so its own block is among them already. The sets of
 * messages are shared and not copied: they never change once their block is
 * frozen. */
static void inherit_recent(struct bank *bank, const struct bank *parent)
{
    bank->recent_count = parent->recent_count;
    for (size_t i = 0; i < parent->recent_count; i++) {
        bank->recent[i] = parent->recent[i];
        if (bank->recent[i].messages)
            message_set_retain(bank->recent[i].messages);
    }
}

/* Slot and time are CHECKed and not refused: whoever takes a block from outside
 * has compared them with the parent's first, and the producer makes them from
 * its own. An epoch's start is the time of the first block in it, for the clock
 * sysvar; skipped slots may make that a slot other than the epoch's first. */
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
    bank->parent = parent->is_durable ? NULL : bank_retain(parent);
    bank->lattice = parent->lattice;
    bank_set_blockhash_blocks(bank, parent->info.blockhash_blocks);
    inherit_recent(bank, parent);
    const struct bank_info *before = &parent->info;
    bank->info = (struct bank_info){
        .slot = block->slot,
        .parent_slot = before->slot,
        .block_height = before->block_height + 1,
        .epoch = block->slot / BANK_SLOTS_PER_EPOCH,
        .unix_ms = block->unix_ms,
        .leader = block->leader,
        .parent_blockhash = before->blockhash,
        .parent_state_hash = before->state_hash,
        .transaction_count = before->transaction_count,
        .capitalization = before->capitalization,
        .blockhash_blocks = before->blockhash_blocks,
    };
    bank->epoch_start_ms = bank->info.epoch == before->epoch
                               ? parent->epoch_start_ms
                               : block->unix_ms;
    return bank;
}

/* Children that were opened before keep their layers: over a base that holds
 * them already they change nothing (state.h). The parent is let go, and with it
 * the memory of all that came before, unless a reader still holds on to some.
 */
void bank_set_durable(struct bank *bank)
{
    CHECK_MAGIC(bank, BANK_MAGIC);
    CHECK(bank->info.frozen);
    struct bank *parent = bank->parent;
    bank->is_durable = true;
    bank->parent = NULL;
    bank_release(parent);
}

/* The bank's layers over the caller's own view of the disk: this is how any
 * number of threads read one bank at once, each with a stack and cursors of its
 * own. */
struct state *bank_open_state(const struct bank *bank,
                              const struct state_base *base)
{
    CHECK_MAGIC(bank, BANK_MAGIC);
    CHECK(bank->info.frozen);
    return state_open_over(bank->state, base);
}

/* What programs may know of the block they run in: nothing here comes from a
 * clock or from this machine. recent is borrowed from the bank. */
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

/* What a message would be charged, for getFeeForMessage and the mempool's
 * order. A budget that does not read is priced without priority: executing
 * refuses the transaction then, so the number is never charged. */
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
