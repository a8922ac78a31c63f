/*
 * The end of a block: fees are paid out, and the state hash is made of the
 * changed rows.
 *
 * There are two ways. A producer needs the hash at once, to sign it. Replay has
 * the hash that was signed: the bank takes that one and children go on from it,
 * while another thread computes the hash from a list of the changes.
 */
#include "base/check.h"
#include "crypto/hash.h"
#include "settlement/bank/bank_internal.h"
#include "settlement/bank/sysvar.h"
#include "settlement/format/well_known.h"

/* First bytes of the input of a state hash. No other hash's input begins so, so
 * no other hash can pass for a state's. The number rises when the form changes.
 */
#define STATE_HASH_DOMAIN "pond state 1"

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

/* The rows that changed in this block, each once. A row that has its old value
 * again is left out, which saves its elements of the lattice. The bank's own
 * rows are not in the layer yet: bank_rows_write() comes later. */
static void gather_changes(const struct bank *bank, struct buffer *out)
{
    struct state_change change;
    const void *position = NULL;
    while (state_layer_next_put(state_top(bank->state), &position, &change)) {
        struct lattice_change row = {.key = change.key,
                                     .after = change.value,
                                     .is_there = !change.deleted};
        row.was_there = !change.is_new &&
                        state_get_below(bank->state, change.key, &row.before);
        if (row.was_there && row.is_there && bytes_equal(row.before, row.after))
            continue;
        buffer_append(out, &row, sizeof(row));
    }
}

static void update_lattice(struct lattice *lattice, const struct buffer *list)
{
    lattice_update(lattice, (const struct lattice_change *)list->data,
                   list->size / sizeof(struct lattice_change));
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

/* Freeze the bank, whose layer must have all its rows. */
static void end(struct bank *bank)
{
    push_recent(bank);
    state_close(bank->scratch);
    bank->scratch = NULL;
    buffer_free(&bank->row);
    bank->row = (struct buffer){0};
    state_layer_freeze(state_top(bank->state));
    bank->info.frozen = true;
}

/* The order matters: the state hash covers the rows of the fees, the header row
 * holds the hash, and that row must be written before the layer is frozen. The
 * lattice is updated before the bank's own rows are written because they must
 * not be in it. bank_rows_write() uses the old places of recent, so
 * push_recent() comes after it. */
void bank_freeze(struct bank *bank, const struct hash *blockhash)
{
    CHECK_MAGIC(bank, BANK_MAGIC);
    CHECK(!bank->info.frozen);
    struct buffer list = {0};
    bank->info.blockhash = *blockhash;
    message_set_freeze(bank->messages);
    distribute_fees(bank);
    bank->idle = state_layer_count(state_top(bank->state)) == 0;
    gather_changes(bank, &list);
    update_lattice(&bank->lattice, &list);
    buffer_free(&list);
    bank_state_hash(&bank->info, &bank->lattice, &bank->info.state_hash);
    bank_rows_write(bank);
    end(bank);
}

/* Keys and new values lie in the layer, which no longer changes. The base
 * changes when the caller writes the layer to it, so the old values are copied.
 */
void bank_freeze_signed(struct bank *bank, const struct hash *blockhash,
                        const struct hash *state_hash,
                        struct bank_changes *changes)
{
    CHECK_MAGIC(bank, BANK_MAGIC);
    CHECK(!bank->info.frozen);
    *changes = (struct bank_changes){0};
    bank->info.blockhash = *blockhash;
    bank->info.state_hash = *state_hash;
    message_set_freeze(bank->messages);
    distribute_fees(bank);
    bank->idle = state_layer_count(state_top(bank->state)) == 0;
    gather_changes(bank, &changes->list);
    struct lattice_change *list = (struct lattice_change *)changes->list.data;
    for (size_t i = 0; i < bank_changes_count(changes); i++)
        if (list[i].was_there)
            list[i].before = arena_bytes(&changes->values, list[i].before);
    end(bank);
}

void bank_changes_sum(const struct bank *bank,
                      const struct bank_changes *changes,
                      struct lattice *lattice, struct hash *state_hash)
{
    CHECK_MAGIC(bank, BANK_MAGIC);
    CHECK(bank->info.frozen);
    update_lattice(lattice, &changes->list);
    bank_state_hash(&bank->info, lattice, state_hash);
}

size_t bank_changes_count(const struct bank_changes *changes)
{
    return changes->list.size / sizeof(struct lattice_change);
}

void bank_changes_free(struct bank_changes *changes)
{
    buffer_free(&changes->list);
    arena_free(&changes->values);
    *changes = (struct bank_changes){0};
}
