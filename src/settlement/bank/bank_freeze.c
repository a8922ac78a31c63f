/*
 * The end of a block, in two halves: fees are paid out, what was sent to the
 * incinerator is burned, and the bank is frozen; then the state hash is made of
 * a list of the changed rows. Children can be
 * opened in between, because a block's state hash stands in its child's header.
 */
#include "base/check.h"
#include "crypto/hash.h"
#include "settlement/bank/bank_internal.h"
#include "settlement/bank/sysvar.h"
#include "settlement/format/well_known.h"

/* First bytes of the input of a state hash. No other hash's input begins so, so
 * no other hash can pass for a state's. The number rises when the form changes.
 */
#define STATE_HASH_DOMAIN "pond state 2"

/* The leader gets half of the fees, and the odd roe, if its account is System's
 * and no sysvar, as on Solana, and rent-exempt afterwards: so no block makes an
 * account that no transaction could make. The rest is burned and leaves the
 * capitalization, since execute.c took the fees from the payers. */
static void distribute_fees(struct bank *bank)
{
    /* In 128 bits: fees may be a large part of all the coins. */
    uint64_t burned = (uint64_t)((unsigned __int128)bank->info.fees *
                                 BANK_FEE_BURN_PERCENT / 100);
    uint64_t share = bank->info.fees - burned;
    struct arena arena = {0};
    struct account account;
    bool exists;
    bank_load(bank, bank->state, &bank->info.leader, &arena, &account, &exists);
    if (share && !sysvar_is_reserved(bank->programs, &bank->info.leader) &&
        pubkey_equal(&account.owner, &SYSTEM_PROGRAM_ID) &&
        account.lamports + share >= rent_minimum_balance(account.space)) {
        account.lamports += share;
        bank_store(bank, &bank->info.leader, &account, exists);
    } else {
        burned += share;
    }
    CHECK(burned <= bank->info.capitalization);
    bank->info.capitalization -= burned;
    arena_free(&arena);
}

/* What the incinerator's account holds leaves the world, as on Solana (Agave's
 * Bank::run_incinerator(), which comes after the fees, too). So it holds
 * nothing between two blocks, and only the transactions of one block see what
 * the ones before them sent. */
static void burn_incinerated(struct bank *bank)
{
    struct arena arena = {0};
    struct account account;
    bool exists;
    bank_load(bank, bank->state, &INCINERATOR_ID, &arena, &account, &exists);
    if (exists) {
        CHECK(account.lamports <= bank->info.capitalization);
        bank->info.capitalization -= account.lamports;
        account = (struct account){.owner = SYSTEM_PROGRAM_ID};
        bank_store(bank, &INCINERATOR_ID, &account, true);
    }
    arena_free(&arena);
}

/* The value of a row before this block. Rows of recent blocks come from memory:
 * layers of idle banks, which have some of them, are not in the stack. */
static bool value_before(struct bank *bank, const struct state_change *change,
                         struct bytes *out)
{
    struct arena *arena = &bank->changes.values;
    if (change->key.data[0] == RECENT_ROW_PREFIX)
        return bank_recent_before(bank, change->key, arena, out);
    struct bytes value;
    if (change->is_new || !state_get_below(bank->state, change->key, &value))
        return false;
    *out = arena_bytes(arena, value);
    return true;
}

/* The rows that changed in this block, each once. A row that has its old value
 * again is left out, which saves its elements of the lattice.
 *
 * Keys and new values lie in the layer, which no longer changes. The base
 * changes when the layer is written to it, so the old values are copied. */
static void gather_changes(struct bank *bank)
{
    struct state_change change;
    const void *position = NULL;
    while (state_layer_next_put(state_top(bank->state), &position, &change)) {
        struct lattice_change row = {.key = change.key,
                                     .after = change.value,
                                     .is_there = !change.deleted};
        row.was_there = value_before(bank, &change, &row.before);
        if (row.was_there && row.is_there && bytes_equal(row.before, row.after))
            continue;
        buffer_append(&bank->changes.list, &row, sizeof(row));
    }
}

/*
 * SHA-256(domain || parent's state hash || slot || unix ms || blockhash ||
 * transactions || signatures || capitalization || lattice checksum).
 *
 * Every part has a fixed length, so no two contents have the same bytes. The
 * parent's hash makes it a chain: equal hashes mean equal histories.
 */
void bank_state_hash(const struct bank_info *info,
                     const struct lattice *lattice, struct hash *out)
{
    struct hash checksum;
    struct buffer text = {0};
    lattice_checksum(lattice, &checksum);
    buffer_text(&text, STATE_HASH_DOMAIN);
    buffer_append(&text, info->parent_state_hash.bytes, 32);
    buffer_u64le(&text, info->slot);
    buffer_u64le(&text, info->unix_ms);
    buffer_append(&text, info->blockhash.bytes, 32);
    buffer_u64le(&text, info->transaction_count);
    buffer_u64le(&text, info->signature_count);
    buffer_u64le(&text, info->capitalization);
    buffer_append(&text, checksum.bytes, 32);
    hash_sha256(buffer_view(&text), out);
    buffer_free(&text);
}

/* Put this block in front; the block whose blockhash is no longer good loses
 * its messages. A block moves the whole list, some kilobytes; a ring would cost
 * every reader an index. */
static void push_recent(struct bank *bank)
{
    const size_t ending = bank->info.blockhash_blocks - 1;
    if (bank->recent_count > ending) {
        message_set_release(bank->recent[ending].messages);
        bank->recent[ending].messages = NULL;
    }
    if (bank->recent_count < bank->recent_max)
        bank->recent_count++;
    memmove(&bank->recent[1], &bank->recent[0],
            (bank->recent_count - 1) * sizeof(bank->recent[0]));
    bank->recent[0] = (struct recent_block){
        .blockhash = bank->info.blockhash,
        .slot = bank->info.slot,
        .messages = bank->messages ? message_set_retain(bank->messages) : NULL};
}

/* The order matters: the changes have the rows of the fees and of recent
 * blocks; and bank_rows_write() and gather_changes() use the old places of
 * recent, so push_recent() comes after them. */
void bank_freeze(struct bank *bank, const struct hash *blockhash)
{
    CHECK_MAGIC(bank, BANK_MAGIC);
    CHECK(!bank->info.frozen);
    bank->info.blockhash = *blockhash;
    message_set_freeze(bank->messages);
    distribute_fees(bank);
    burn_incinerated(bank);
    bank->idle = state_layer_count(state_top(bank->state)) == 0;
    bank_rows_write(bank);
    gather_changes(bank);
    push_recent(bank);
    state_close(bank->scratch);
    bank->scratch = NULL;
    buffer_free(&bank->row);
    bank->row = (struct buffer){0};
    state_layer_freeze(state_top(bank->state));
    bank->info.frozen = true;
}

/* Others see the hash once they see is_summed. A durable bank's parent was kept
 * for this only. */
void bank_sum_up(struct bank *bank)
{
    CHECK_MAGIC(bank, BANK_MAGIC);
    CHECK(bank->info.frozen && !bank_is_summed(bank));
    if (bank->parent) {
        CHECK(bank_is_summed(bank->parent));
        bank->lattice = bank->parent->lattice;
        bank->info.parent_state_hash = bank->parent->info.state_hash;
    }
    lattice_update(&bank->lattice,
                   (const struct lattice_change *)bank->changes.list.data,
                   bank->changes.list.size / sizeof(struct lattice_change));
    bank_changes_free(&bank->changes);
    bank_state_hash(&bank->info, &bank->lattice, &bank->info.state_hash);
    atomic_store_explicit(&bank->is_summed, true, memory_order_release);
    if (bank->is_durable) {
        bank_release(bank->parent);
        bank->parent = NULL;
    }
}
