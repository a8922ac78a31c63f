#include "ledger_fixture.h"

#include "base/check.h"
#include "base/error.h"
#include "base/file.h"
#include "settlement/format/well_known.h"
#include "settlement/ledger/ledger_internal.h"
#include <stdio.h>
#include <stdlib.h>

static void open_ledger(struct ledger_fixture *fixture)
{
    if (ledger_open(fixture->folder, &fixture->chain.genesis,
                    &fixture->ledger)) {
        fprintf(stderr, "%s\n", err_text());
        abort();
    }
    fixture->tip = ledger_newest(fixture->ledger, LEDGER_FINALIZED);
    fixture->tip_hash = *ledger_tip_hash(fixture->ledger);
    fixture->base_slot = bank_info(fixture->tip)->slot;
    bank_set_durable(fixture->tip);
}

/* Not the ledger, which may be closed. */
static void close_tip(struct ledger_fixture *fixture)
{
    bank_release(fixture->tip);
    executed_block_release(fixture->newest);
    fixture->tip = NULL;
    fixture->newest = NULL;
}

/* The first one is the chain's leader, who signs all blocks here. */
static void set_validators(struct fixture *chain, size_t count)
{
    struct genesis_validator *validators =
        arena_zero(&chain->arena, count * sizeof(*validators));
    for (size_t i = 0; i < count; i++) {
        validators[i].identity = fixture_key(1000 + i).pubkey;
        validators[i].stake = (i + 1) * 1000000000;
    }
    chain->genesis.validators = validators;
    chain->genesis.validator_count = count;
    genesis_hash(&chain->genesis, &chain->genesis.hash);
}

void ledger_fixture_open(struct ledger_fixture *fixture)
{
    ledger_fixture_open_among(fixture, 1);
}

void ledger_fixture_open_among(struct ledger_fixture *fixture,
                               size_t validators)
{
    fixture_open(&fixture->chain);
    if (validators > 1)
        set_validators(&fixture->chain, validators);
    strcpy(fixture->folder, "/tmp/pond-ledger-XXXXXX");
    CHECK(mkdtemp(fixture->folder));
    open_ledger(fixture);
}

void ledger_fixture_close(struct ledger_fixture *fixture)
{
    close_tip(fixture);
    ledger_close(fixture->ledger);
    file_remove_tree(fixture->folder);
    fixture_close(&fixture->chain);
}

int ledger_fixture_setup(void **state)
{
    struct ledger_fixture *fixture = calloc(1, sizeof(*fixture));
    CHECK(fixture);
    ledger_fixture_open(fixture);
    *state = fixture;
    return 0;
}

int ledger_fixture_teardown(void **state)
{
    ledger_fixture_close(*state);
    free(*state);
    return 0;
}

void ledger_fixture_end(struct ledger_fixture *fixture)
{
    close_tip(fixture);
    ledger_close(fixture->ledger);
    fixture->ledger = NULL;
}

int ledger_fixture_check(struct ledger_fixture *fixture)
{
    struct ledger *ledger;
    struct ledger_report report;
    int status = ledger_open(fixture->folder, &fixture->chain.genesis, &ledger);
    if (status)
        return status;
    status = ledger_check(ledger, &report);
    ledger_close(ledger);
    return status;
}

void ledger_fixture_put_row(struct ledger_fixture *fixture, int table,
                            struct bytes key, struct bytes value)
{
    const struct rows_options options = {.tables = ledger_tables};
    struct rows *rows;
    struct rows_view *view;
    CHECK(!rows_open(fixture->folder, &options, &rows));
    CHECK(!rows_write(rows, &view));
    CHECK(!rows_put(view, table, key, value));
    CHECK(!rows_commit(view));
    rows_close(rows);
}

struct ledger_view *ledger_fixture_view(struct ledger_fixture *fixture)
{
    struct ledger_view *view;
    CHECK(!ledger_view_open(fixture->ledger, LEDGER_FINALIZED, &view));
    return view;
}

uint64_t ledger_fixture_balance(struct ledger_fixture *fixture,
                                const struct pubkey *key)
{
    struct ledger_view *view = ledger_fixture_view(fixture);
    struct arena arena = {0};
    struct account account = {0};
    bank_account(ledger_view_bank(view), ledger_view_state(view), key, &arena,
                 &account);
    arena_free(&arena);
    ledger_view_close(view);
    return account.lamports;
}

void ledger_fixture_reopen(struct ledger_fixture *fixture, bool clean)
{
    if (clean)
        CHECK(!ledger_flush(fixture->ledger, NULL, 0, true));
    close_tip(fixture);
    ledger_close(fixture->ledger);
    open_ledger(fixture);
}

struct transaction ledger_fixture_transfer(struct ledger_fixture *fixture,
                                           int from, const struct pubkey *to,
                                           uint64_t lamports)
{
    const struct keypair *signer = &fixture->chain.keys[from];
    struct buffer data = {0};
    system_transfer_data(lamports, &data);
    const struct account_meta accounts[] = {
        {.key = signer->pubkey, .signer = true, .writable = true},
        {.key = *to, .writable = true}};
    const struct instruction instruction = {.program = SYSTEM_PROGRAM_ID,
                                            .accounts = accounts,
                                            .account_count = 2,
                                            .data = buffer_view(&data)};
    struct transaction transaction =
        fixture_make(&fixture->chain, &signer, 1, &instruction, 1,
                     &bank_info(fixture->tip)->blockhash);
    buffer_free(&data);
    return transaction;
}

/* One entry of all transactions, then the slot's ticks. */
static void make_entries(struct ledger_fixture *fixture, struct bank *bank,
                         const struct transaction *transactions, size_t count,
                         struct bank_result *results, struct buffer *entries,
                         struct hash *blockhash)
{
    struct arena *arena = &fixture->chain.arena;
    struct bytes *wires = arena_zero(arena, (count + 1) * sizeof(*wires));
    struct proof_of_history poh =
        proof_of_history_make(&bank_info(fixture->tip)->blockhash,
                              fixture->chain.genesis.hashes_per_tick);
    struct entry entry = {0};
    struct hash mixin;
    for (size_t i = 0; i < count; i++) {
        bank_execute(bank, &transactions[i], BANK_WANT_BALANCES | BANK_WANT_LOG,
                     arena, &results[i]);
        CHECK(results[i].recorded);
        wires[i] = transactions[i].wire;
    }
    if (count > 0) {
        proof_of_history_mixin(wires, count, &mixin);
        CHECK(proof_of_history_record(&poh, &mixin, &entry));
        entry.transactions = wires;
        entry.transaction_count = count;
        buffer_append(entries, &entry, sizeof(entry));
    }
    for (uint64_t i = 0; i < fixture->chain.genesis.ticks_per_slot; i++) {
        entry = (struct entry){0};
        proof_of_history_tick(&poh, &entry);
        buffer_append(entries, &entry, sizeof(entry));
    }
    *blockhash = poh.hash;
}

struct block_header ledger_fixture_header(struct ledger_fixture *fixture,
                                          const struct bank_info *info,
                                          const struct hash *parent_hash)
{
    struct block_header header = {.slot = info->slot,
                                  .parent_slot = info->parent_slot,
                                  .parent_hash = *parent_hash,
                                  .parent_state_hash = info->parent_state_hash,
                                  .leader = info->leader,
                                  .unix_ms = info->unix_ms};
    leader_set_hash(ledger_schedule(fixture->ledger), info->slot,
                    &header.set_hash);
    return header;
}

/* The block's bytes and records. */
static void encode(struct ledger_fixture *fixture, struct executed_block *made,
                   const struct buffer *entries,
                   const struct transaction *transactions,
                   const struct bank_result *results)
{
    size_t at = 0;
    const struct bank_info *info = bank_info(made->bank);
    const struct entry *entry = (const void *)entries->data;
    size_t entry_count = entries->size / sizeof(struct entry);
    struct block_header header =
        ledger_fixture_header(fixture, info, &fixture->tip_hash);
    block_begin(0, &made->data);
    for (size_t i = 0; i < entry_count; i++) {
        size_t count = entry[i].transaction_count;
        size_t *places =
            arena_alloc(&fixture->chain.arena, count * sizeof(*places));
        block_add(&entry[i], &made->data, places);
        for (size_t j = 0; j < count; j++, at++)
            ledger_records_add(&made->records, &transactions[at], &results[at],
                               places[j]);
    }
    if (at == 0 && !fixture->chain.genesis.hashes_per_tick)
        header.flags |= BLOCK_IS_EMPTY;
    block_end(&header, entry_count, &fixture->chain.leader, 0, &made->data,
              &made->hash);
    made->parent_hash = fixture->tip_hash;
}

struct executed_block *
ledger_fixture_execute(struct ledger_fixture *fixture, uint64_t slot,
                       const struct transaction *transactions, size_t count)
{
    struct ledger_view *view;
    struct buffer entries = {0};
    struct hash blockhash;
    struct executed_block *block = executed_block_new();
    struct bank_result *results =
        arena_zero(&fixture->chain.arena, (count + 1) * sizeof(*results));
    const struct bank_block at = {
        .slot = slot,
        .unix_ms = fixture->chain.genesis.creation_unix_ms + slot * 100,
        .leader = fixture->chain.leader.pubkey};
    CHECK(!ledger_view_open(fixture->ledger, LEDGER_FINALIZED, &view));
    block->bank = bank_open_child(fixture->tip, ledger_view_base(view), &at);
    block->base_slot = fixture->base_slot;
    make_entries(fixture, block->bank, transactions, count, results, &entries,
                 &blockhash);
    bank_freeze(block->bank, &blockhash);
    bank_sum_up(block->bank);
    ledger_view_close(view);
    encode(fixture, block, &entries, transactions, results);
    if (fixture->newest)
        block->parent = executed_block_retain(fixture->newest);
    ledger_fixture_stand_on(fixture, block);
    buffer_free(&entries);
    return block;
}

void ledger_fixture_stand_on(struct ledger_fixture *fixture,
                             struct executed_block *block)
{
    struct executed_block *before = fixture->newest;
    bank_release(fixture->tip);
    fixture->newest = executed_block_retain(block);
    fixture->tip = bank_retain(block->bank);
    fixture->tip_hash = block->hash;
    executed_block_release(before);
}

void ledger_fixture_flush(struct ledger_fixture *fixture,
                          const struct executed_block *block)
{
    const struct ledger_block flushed = {.bank = block->bank,
                                         .data = buffer_view(&block->data),
                                         .hash = block->hash,
                                         .records = &block->records};
    CHECK(!ledger_flush(fixture->ledger, &flushed, 1, false));
}

void ledger_fixture_settle(struct ledger_fixture *fixture,
                           struct executed_block *block)
{
    CHECK(!ledger_settle(fixture->ledger));
    bank_set_durable(block->bank);
    fixture->base_slot = bank_info(block->bank)->slot;
}

void ledger_fixture_block_unsettled(struct ledger_fixture *fixture,
                                    uint64_t slot,
                                    const struct transaction *transactions,
                                    size_t count)
{
    struct executed_block *block =
        ledger_fixture_execute(fixture, slot, transactions, count);
    ledger_fixture_flush(fixture, block);
    ledger_publish(fixture->ledger, LEDGER_FINALIZED, block, NULL);
    executed_block_release(block);
}

void ledger_fixture_block(struct ledger_fixture *fixture, uint64_t slot,
                          const struct transaction *transactions, size_t count)
{
    ledger_fixture_block_unsettled(fixture, slot, transactions, count);
    ledger_fixture_settle(fixture, fixture->newest);
}
