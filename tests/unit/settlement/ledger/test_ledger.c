#include "settlement/ledger/ledger_internal.h"

#include "base/error.h"
#include "base/file.h"
#include "base/random.h"
#include "settlement/format/well_known.h"
#include "settlement/ledger_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static const struct pubkey target = {{1, 2, 3}};

static void transfer_in_slot(struct ledger_fixture *fixture, uint64_t slot,
                             int from, uint64_t lamports)
{
    struct transaction transaction =
        ledger_fixture_transfer(fixture, from, &target, lamports);
    ledger_fixture_block(fixture, slot, &transaction, 1);
}

static void test_restart_finds_state_and_tip(void **state)
{
    struct ledger_fixture *fixture = *state;
    transfer_in_slot(fixture, 1, 0, 5000000);
    transfer_in_slot(fixture, 2, 1, 6000000);
    struct bank_info before = *bank_info(fixture->tip);
    struct hash hash = fixture->tip_hash;
    ledger_fixture_reopen(fixture, false);
    const struct bank_info *after = bank_info(fixture->tip);
    assert_int_equal(after->slot, 2);
    assert_true(hash_equal(&after->state_hash, &before.state_hash));
    assert_true(hash_equal(&after->blockhash, &before.blockhash));
    assert_true(hash_equal(&fixture->tip_hash, &hash));
    assert_int_equal(ledger_fixture_balance(fixture, &target), 11000000);
}

static void test_end_in_order_is_distinguished_from_a_crash(void **state)
{
    struct ledger_fixture *fixture = *state;
    assert_true(ledger_was_clean(fixture->ledger)); /* new */
    ledger_fixture_reopen(fixture, true);
    assert_true(ledger_was_clean(fixture->ledger));
    ledger_fixture_reopen(fixture, false);
    assert_false(ledger_was_clean(fixture->ledger));
}

static void test_chain_goes_on_after_a_restart(void **state)
{
    struct ledger_fixture *fixture = *state;
    struct ledger_report report;
    for (uint64_t slot = 1; slot < 20; slot++) {
        if (slot % 3 == 0)
            transfer_in_slot(fixture, slot, (int)(slot % 8), 1000000 + slot);
        else
            ledger_fixture_block(fixture, slot, NULL, 0);
        if (slot % 7 == 0)
            ledger_fixture_reopen(fixture, slot % 2);
    }
    if (ledger_check(fixture->ledger, &report))
        fail_msg("%s", err_text());
    assert_int_equal(report.slot, 19);
    assert_int_equal(report.blocks, 6);
    assert_int_equal(report.transactions, 6);
}

static void
test_executed_transaction_is_not_taken_again_after_restart(void **state)
{
    struct ledger_fixture *fixture = *state;
    struct transaction once =
        ledger_fixture_transfer(fixture, 0, &target, 5000000);
    ledger_fixture_block(fixture, 1, &once, 1);
    ledger_fixture_reopen(fixture, false);
    struct ledger_view *view = ledger_fixture_view(fixture);
    struct arena arena = {0};
    struct bank_result result;
    bank_simulate(ledger_view_bank(view), ledger_view_base(view), &once, false,
                  &arena, &result, NULL);
    assert_int_equal(result.status.error, TRANSACTION_ALREADY_PROCESSED);
    arena_free(&arena);
    ledger_view_close(view);
}

static void test_transaction_is_found_by_signature_and_address(void **state)
{
    struct ledger_fixture *fixture = *state;
    struct transaction sent[2];
    struct arena arena = {0};
    sent[0] = ledger_fixture_transfer(fixture, 0, &target, 5000000);
    sent[1] = ledger_fixture_transfer(fixture, 1, &target, 6000000);
    ledger_fixture_block(fixture, 1, sent, 2);
    struct ledger_view *view = ledger_fixture_view(fixture);
    struct ledger_place place;
    struct ledger_record record;
    assert_int_equal(ledger_find(view, transaction_id(&sent[1]), &place), 0);
    assert_int_equal(place.slot, 1);
    assert_int_equal(place.index, 1);
    assert_int_equal(ledger_record(view, place, &arena, &record), 0);
    assert_true(bytes_equal(record.wire, sent[1].wire));
    assert_true(transaction_status_ok(record.result.status));
    assert_int_equal(record.result.fee, 5000);
    assert_int_equal(record.result.key_count, 3);
    assert_int_equal(record.result.balances_before[1], 5000000);
    assert_int_equal(record.result.balances_after[1], 11000000);

    struct ledger_walk *walk;
    struct signature signature;
    struct ledger_place end = {UINT64_MAX, UINT32_MAX};
    assert_int_equal(ledger_walk_open(view, &target, end, &walk), 0);
    for (int i = 1; i >= 0; i--) {
        assert_int_equal(ledger_walk_next(walk, &place, &signature), 0);
        assert_memory_equal(signature.bytes, transaction_id(&sent[i])->bytes,
                            64);
    }
    assert_int_equal(ledger_walk_next(walk, &place, &signature), ERR_NOT_FOUND);
    ledger_walk_close(walk);
    arena_free(&arena);
    ledger_view_close(view);
}

/* A memo that ends with spaces, as K2's clients pad texts. */
static struct transaction padded(struct ledger_fixture *fixture, int from)
{
    const struct keypair *signer = &fixture->chain.keys[from];
    uint8_t text[400];
    memset(text, ' ', sizeof(text));
    text[0] = (uint8_t)('a' + from);
    const struct instruction memo = {MEMO_PROGRAM_ID, NULL, 0,
                                     bytes_make(text, sizeof(text))};
    return fixture_make(&fixture->chain, &signer, 1, &memo, 1,
                        &bank_info(fixture->tip)->blockhash);
}

static void
test_padded_transactions_are_kept_short_and_given_whole(void **state)
{
    struct ledger_fixture *fixture = *state;
    struct transaction sent[3];
    struct arena arena = {0};
    sent[0] = padded(fixture, 0);
    sent[1] = ledger_fixture_transfer(fixture, 1, &target, 6000000);
    sent[2] = padded(fixture, 2);
    ledger_fixture_block(fixture, 1, sent, 3);
    struct ledger_view *view = ledger_fixture_view(fixture);
    struct ledger_header header;
    assert_int_equal(ledger_header(view, 1, &header), 0);
    assert_int_equal(header.transaction_count, 3);
    /* 399 spaces of each are left out; an empty entry has 44 bytes. */
    size_t entries = fixture->chain.genesis.ticks_per_slot + 1;
    size_t whole =
        sent[0].wire.size + sent[1].wire.size + sent[2].wire.size + 3 * 2;
    assert_int_equal(header.data.size, BLOCK_HEADER_SIZE + 4 + 44 * entries +
                                           whole - 2 * (399 - 5));
    for (uint32_t i = 0; i < 3; i++) {
        struct ledger_place place;
        struct ledger_record record;
        struct ledger_walk *walk;
        struct signature signature;
        const struct ledger_place end = {UINT64_MAX, UINT32_MAX};
        assert_int_equal(ledger_find(view, transaction_id(&sent[i]), &place),
                         0);
        assert_int_equal(place.index, i);
        assert_int_equal(ledger_record(view, place, &arena, &record), 0);
        assert_true(bytes_equal(record.wire, sent[i].wire));
        assert_int_equal(ledger_walk_open(view, &sent[i].keys[0], end, &walk),
                         0);
        assert_int_equal(ledger_walk_next(walk, &place, &signature), 0);
        assert_int_equal(place.index, i);
        ledger_walk_close(walk);
    }
    arena_free(&arena);
    ledger_view_close(view);
    struct ledger_report report;
    if (ledger_check(fixture->ledger, &report))
        fail_msg("%s", err_text());
    assert_int_equal(report.transactions, 3);
}

static void test_empty_slots_are_one_run_and_still_have_blocks(void **state)
{
    struct ledger_fixture *fixture = *state;
    struct hash hashes[40];
    struct ledger_header header;
    for (uint64_t slot = 1; slot < 40; slot++) {
        ledger_fixture_block(fixture, slot, NULL, 0);
        hashes[slot] = bank_info(fixture->tip)->blockhash;
    }
    struct ledger_report report;
    if (ledger_check(fixture->ledger, &report))
        fail_msg("%s", err_text());
    assert_int_equal(report.runs, 2); /* the genesis, and the rest */
    struct ledger_view *view = ledger_fixture_view(fixture);
    for (uint64_t slot = 2; slot < 40; slot++) {
        assert_int_equal(ledger_header(view, slot, &header), 0);
        assert_int_equal(header.parent_slot, slot - 1);
        assert_int_equal(header.block_height, slot);
        assert_int_equal(header.unix_ms, FIXTURE_UNIX_MS + slot * 100);
        assert_true(hash_equal(&header.blockhash, &hashes[slot]));
        assert_true(hash_equal(&header.parent_blockhash, &hashes[slot - 1]));
    }
    assert_int_equal(ledger_header(view, 40, &header), ERR_NOT_FOUND);
    ledger_view_close(view);
}

static void test_skipped_slots_hold_no_block(void **state)
{
    struct ledger_fixture *fixture = *state;
    struct ledger_header header;
    uint64_t slot;
    ledger_fixture_block(fixture, 1, NULL, 0);
    transfer_in_slot(fixture, 5, 0, 5000000);
    ledger_fixture_block(fixture, 9, NULL, 0);
    struct ledger_view *view = ledger_fixture_view(fixture);
    assert_int_equal(ledger_header(view, 3, &header), ERR_NOT_FOUND);
    assert_int_equal(ledger_header(view, 5, &header), 0);
    assert_int_equal(header.parent_slot, 1);
    assert_int_equal(header.block_height, 2);
    static const uint64_t expected[] = {0, 1, 5, 9};
    slot = 0;
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(ledger_next_slot(view, slot, &slot), 0);
        assert_int_equal(slot++, expected[i]);
    }
    assert_int_equal(ledger_next_slot(view, slot, &slot), ERR_NOT_FOUND);
    ledger_view_close(view);
    struct ledger_report report;
    if (ledger_check(fixture->ledger, &report))
        fail_msg("%s", err_text());
}

static void test_old_view_keeps_its_state_while_blocks_come(void **state)
{
    struct ledger_fixture *fixture = *state;
    transfer_in_slot(fixture, 1, 0, 5000000);
    struct ledger_view *old = ledger_fixture_view(fixture);
    struct arena arena = {0};
    struct account account;
    for (uint64_t slot = 2; slot < 6; slot++)
        transfer_in_slot(fixture, slot, 0, 5000000);
    assert_int_equal(bank_account(ledger_view_bank(old), ledger_view_state(old),
                                  &target, &arena, &account),
                     0);
    assert_int_equal(account.lamports, 5000000);
    assert_int_equal(ledger_view_tip(old)->slot, 1);
    assert_int_equal(ledger_fixture_balance(fixture, &target), 25000000);
    arena_free(&arena);
    ledger_view_close(old);
}

/* Publish empty blocks that are not flushed yet; last is the newest. */
static void show_empty(struct ledger_fixture *fixture, size_t count,
                       struct executed_block **blocks)
{
    for (size_t i = 0; i < count; i++) {
        blocks[i] = ledger_fixture_execute(
            fixture, bank_info(fixture->tip)->slot + 1, NULL, 0);
        assert_true(
            ledger_publish(fixture->ledger, LEDGER_FINALIZED, blocks[i], NULL));
    }
}

/* As many blocks as may wait are flushed, and as many wait again: an older view
 * still has each of its blocks. */
static void test_old_view_finds_its_empty_slots(void **state)
{
    enum { COUNT = LEDGER_IDLE_BLOCKS_MAX };
    struct ledger_fixture *fixture = *state;
    static struct executed_block *blocks[2 * COUNT];
    struct ledger_block flushed[COUNT] = {0};
    struct ledger_header header;
    show_empty(fixture, COUNT, blocks);
    struct ledger_view *view = ledger_fixture_view(fixture);
    for (size_t i = 0; i < COUNT; i++)
        flushed[i] =
            (struct ledger_block){.bank = blocks[i]->bank,
                                  .data = buffer_view(&blocks[i]->data),
                                  .hash = blocks[i]->hash};
    assert_int_equal(ledger_flush(fixture->ledger, flushed, COUNT, false), 0);
    ledger_fixture_settle(fixture, blocks[COUNT - 1]);
    show_empty(fixture, COUNT, blocks + COUNT);
    for (uint64_t slot = 1; slot <= COUNT; slot++) {
        assert_int_equal(ledger_header(view, slot, &header), 0);
        assert_int_equal(header.slot, slot);
    }
    ledger_view_close(view);
    for (size_t i = 0; i < sizeof(blocks) / sizeof(*blocks); i++)
        executed_block_release(blocks[i]);
}

/* Runs are written once a flush: those that are full, the one before the block
 * with a transaction, and the one that the next flush goes on with. */
static void test_one_flush_has_all_of_its_runs(void **state)
{
    enum { COUNT = 2 * LEDGER_RUN_SLOTS_MAX + 20, FULL = COUNT - 5 };
    struct ledger_fixture *fixture = *state;
    static struct executed_block *blocks[2 * COUNT + 1];
    struct ledger_block flushed[COUNT + 1];
    for (uint64_t slot = 1; slot <= 2 * COUNT; slot++) {
        struct transaction sent = ledger_fixture_transfer(
            fixture, (int)(slot % 8), &target, 1000000 + slot);
        blocks[slot] =
            ledger_fixture_execute(fixture, slot, &sent, slot % COUNT == FULL);
        flushed[(slot - 1) % COUNT] =
            (struct ledger_block){.bank = blocks[slot]->bank,
                                  .data = buffer_view(&blocks[slot]->data),
                                  .hash = blocks[slot]->hash,
                                  .records = &blocks[slot]->records};
        assert_true(ledger_publish(fixture->ledger, LEDGER_FINALIZED,
                                   blocks[slot], NULL));
        if (slot % COUNT)
            continue;
        assert_int_equal(ledger_flush(fixture->ledger, flushed, COUNT, false),
                         0);
        ledger_fixture_settle(fixture, blocks[slot]);
    }
    ledger_fixture_end(fixture);
    assert_int_equal(ledger_fixture_check(fixture), 0);
    for (uint64_t slot = 1; slot <= 2 * COUNT; slot++)
        executed_block_release(blocks[slot]);
}

static void test_another_genesis_is_refused(void **state)
{
    struct ledger_fixture *fixture = *state;
    struct ledger *ledger;
    struct genesis other = fixture->chain.genesis;
    other.slot_ms++;
    genesis_hash(&other, &other.hash);
    bank_release(fixture->tip);
    ledger_close(fixture->ledger);
    assert_int_equal(ledger_open(fixture->folder, &other, &ledger), ERR_STATE);
    assert_int_equal(
        ledger_open(fixture->folder, &fixture->chain.genesis, &fixture->ledger),
        0);
    fixture->tip = ledger_newest(fixture->ledger, LEDGER_FINALIZED);
}

/* In runs on disk, at their ends and within; with transactions; in memory; and
 * the genesis. */
static void test_each_block_has_the_hash_that_was_signed(void **state)
{
    struct ledger_fixture *fixture = *state;
    struct hash hashes[14] = {fixture->tip_hash}, found;
    struct ledger_view *view;
    for (uint64_t slot = 1; slot < 14; slot++) {
        struct transaction sent = ledger_fixture_transfer(
            fixture, 0, &fixture->chain.keys[1].pubkey, slot);
        size_t count = slot == 5 || slot == 12;
        if (slot == 8)
            continue; /* skipped */
        if (slot < 12)
            ledger_fixture_block(fixture, slot, &sent, count);
        else
            executed_block_release(
                ledger_fixture_execute(fixture, slot, &sent, count));
        hashes[slot] = fixture->tip_hash;
    }
    ledger_publish(fixture->ledger, LEDGER_PROCESSED, fixture->newest, NULL);
    assert_int_equal(ledger_view_open(fixture->ledger, LEDGER_PROCESSED, &view),
                     0);
    for (uint64_t slot = 0; slot < 14; slot++) {
        int status = ledger_block_hash(view, slot, &found);
        assert_int_equal(status, slot == 8 ? ERR_NOT_FOUND : 0);
        if (!status)
            assert_string_equal(HASH_TEXT(&found), HASH_TEXT(&hashes[slot]));
    }
    assert_int_equal(ledger_block_hash(view, 14, &found), ERR_NOT_FOUND);
    ledger_view_close(view);
}

static const char *const tables[] = {"state",   "blocks",     "runs",
                                     "records", "signatures", "addresses",
                                     "meta",    NULL};

/* Put a row while nobody has the ledger open. */
static void refuse_version(struct ledger_fixture *fixture, struct bytes version,
                           int status, const char *text)
{
    ledger_fixture_put_row(fixture, TABLE_META, bytes_text("version"), version);
    assert_int_equal(
        ledger_open(fixture->folder, &fixture->chain.genesis, &fixture->ledger),
        status);
    assert_non_null(strstr(err_text(), text));
    fixture->ledger = NULL;
}

static void test_ledger_of_another_version_is_refused(void **state)
{
    struct ledger_fixture *fixture = *state;
    const uint8_t newer = LEDGER_VERSION + 1;
    ledger_fixture_end(fixture);
    refuse_version(fixture, bytes_make(&newer, 1), ERR_STATE, "of version 7");
    /* Its blocks were executed by other rules. */
    refuse_version(fixture, bytes_text("\x05"), ERR_STATE,
                   "of version 5, and this Pond works on version 6");
    refuse_version(fixture, bytes_text("\x04\x04"), ERR_CORRUPT,
                   "not readable");
}

/* The index holds a part of each signature; here two have the same part. */
static void test_signatures_with_an_equal_part_are_distinguished(void **state)
{
    struct ledger_fixture *fixture = *state;
    struct ledger_view *view;
    struct ledger_place place;
    struct signature absent;
    uint8_t key[SIGNATURE_KEY_SIZE];
    struct transaction sent[2];
    for (int i = 0; i < 2; i++)
        sent[i] = ledger_fixture_transfer(fixture, i, &target, 1000000);
    ledger_fixture_block(fixture, 1, sent, 2);
    ledger_fixture_end(fixture);
    ledger_fixture_put_row(fixture, TABLE_SIGNATURES,
                           ledger_signature_key(sent[1].wire.data, 1, 0, key),
                           (struct bytes){0});
    assert_int_equal(
        ledger_open(fixture->folder, &fixture->chain.genesis, &fixture->ledger),
        0);
    assert_int_equal(ledger_view_open(fixture->ledger, LEDGER_FINALIZED, &view),
                     0);
    assert_int_equal(ledger_find(view, transaction_id(&sent[1]), &place), 0);
    assert_int_equal(place.index, 1);
    absent = *transaction_id(&sent[1]);
    absent.bytes[0] ^= 1;
    assert_int_equal(ledger_find(view, &absent, &place), ERR_NOT_FOUND);
    ledger_view_close(view);
}

/* ---- Changed bits ---- */

/* Change one bit of the row at place row_index of a table (and of the value at
 * bit). False if there is no such row, or it has no value. */
static bool flip(const char *folder, int table, unsigned row_index,
                 uint64_t bit)
{
    const struct rows_options options = {.tables = tables};
    struct rows *rows;
    struct rows_view *view;
    struct rows_cursor *cursor;
    struct bytes key, value;
    assert_int_equal(rows_open(folder, &options, &rows), 0);
    assert_int_equal(rows_write(rows, &view), 0);
    assert_int_equal(rows_cursor_open(view, table, (struct bytes){0}, &cursor),
                     0);
    int status = 0;
    for (unsigned i = 0; !status && i <= row_index; i++)
        status = rows_cursor_next(cursor, &key, &value);
    struct buffer copy_key = {0}, copy = {0};
    if (!status) {
        buffer_bytes(&copy_key, key);
        buffer_bytes(&copy, value);
    }
    rows_cursor_close(cursor);
    /* An index row has no value; its key is changed by flip_key(). */
    if (!status && copy.size == 0)
        status = ERR_NOT_FOUND;
    if (!status) {
        copy.data[(bit / 8) % copy.size] ^= (uint8_t)(1u << (bit % 8));
        assert_int_equal(
            rows_put(view, table, buffer_view(&copy_key), buffer_view(&copy)),
            0);
    }
    assert_int_equal(rows_commit(view), 0);
    rows_close(rows);
    buffer_free(&copy_key);
    buffer_free(&copy);
    return !status;
}

static void test_changed_bit_in_any_table_is_found(void **state)
{
    struct ledger_fixture *fixture = *state;
    for (uint64_t slot = 1; slot < 8; slot++) {
        if (slot % 2)
            transfer_in_slot(fixture, slot, (int)slot, 1000000 * slot);
        else
            ledger_fixture_block(fixture, slot, NULL, 0);
    }
    ledger_fixture_end(fixture);
    assert_int_equal(ledger_fixture_check(fixture), 0);
    for (int table = 0; table < 7; table++) {
        for (unsigned row = 0; row < 60; row++) {
            uint64_t bit = 977 * (row + 1) + 131 * (uint64_t)table;
            if (!flip(fixture->folder, table, row, bit))
                break;
            int status = ledger_fixture_check(fixture);
            if (!status)
                fail_msg("bit %llu of row %u of %s was changed unnoticed",
                         (unsigned long long)bit, row, tables[table]);
            assert_true(flip(fixture->folder, table, row, bit));
        }
    }
    assert_int_equal(ledger_fixture_check(fixture), 0);
}

/* Change one bit of a row's key. False if there is no such row, or another has
 * the changed key. */
static bool flip_key(const char *folder, int table, unsigned row_index,
                     uint64_t bit)
{
    const struct rows_options options = {.tables = tables};
    struct rows *rows;
    struct rows_view *view;
    struct rows_cursor *cursor;
    struct bytes key, value, other;
    struct buffer changed = {0}, before = {0}, kept = {0};
    assert_int_equal(rows_open(folder, &options, &rows), 0);
    assert_int_equal(rows_write(rows, &view), 0);
    assert_int_equal(rows_cursor_open(view, table, (struct bytes){0}, &cursor),
                     0);
    int status = 0;
    for (unsigned i = 0; !status && i <= row_index; i++)
        status = rows_cursor_next(cursor, &key, &value);
    if (!status) {
        buffer_bytes(&before, key);
        buffer_bytes(&changed, key);
        buffer_bytes(&kept, value);
        changed.data[(bit / 8) % changed.size] ^= (uint8_t)(1u << (bit % 8));
        if (!rows_get(view, table, buffer_view(&changed), &other))
            status = ERR_EXISTS;
    }
    rows_cursor_close(cursor);
    if (!status) {
        assert_int_equal(rows_delete(view, table, buffer_view(&before)), 0);
        assert_int_equal(
            rows_put(view, table, buffer_view(&changed), buffer_view(&kept)),
            0);
    }
    assert_int_equal(rows_commit(view), 0);
    rows_close(rows);
    buffer_free(&changed);
    buffer_free(&before);
    buffer_free(&kept);
    return !status;
}

#define FLIPS 200 /* of values, and half as many of keys */

/* Keep a copy of the data file, to restore it later. */
static void copy_data(struct ledger_fixture *fixture, struct buffer *data,
                      bool back)
{
    char path[128];
    snprintf(path, sizeof(path), "%s/data.mdb", fixture->folder);
    if (back)
        assert_int_equal(file_replace(path, buffer_view(data), 0600), 0);
    else
        assert_int_equal(file_read(path, 64u << 20, data), 0);
}

/* The place of the bank's header in the table of the state. */
static unsigned header_place(struct ledger_fixture *fixture)
{
    static const uint8_t header[] = {'z', 'b'}; /* docs/settlement.md */
    const struct rows_options options = {.tables = tables};
    struct rows *rows;
    struct rows_view *view;
    struct rows_cursor *cursor;
    struct bytes key, value;
    unsigned row = 0;
    assert_int_equal(rows_open(fixture->folder, &options, &rows), 0);
    assert_int_equal(rows_write(rows, &view), 0);
    assert_int_equal(rows_cursor_open(view, 0, (struct bytes){0}, &cursor), 0);
    for (;; row++) {
        assert_int_equal(rows_cursor_next(cursor, &key, &value), 0);
        if (bytes_equal(key, bytes_make(header, sizeof(header))))
            break;
    }
    rows_cursor_close(cursor);
    assert_int_equal(rows_commit(view), 0);
    rows_close(rows);
    return row;
}

/* A change of each field of the header must be found, though it is one row of
 * many. */
static void test_any_bit_of_the_banks_header_is_found(void **state)
{
    struct ledger_fixture *fixture = *state;
    struct buffer data = {0};
    transfer_in_slot(fixture, 1, 1, 1000000);
    ledger_fixture_end(fixture);
    unsigned header = header_place(fixture);
    copy_data(fixture, &data, false);
    /* All but the lattice, and some of that. */
    for (uint64_t bit = 0; bit < 8 * 260; bit += 3) {
        assert_true(flip(fixture->folder, 0, header, bit));
        assert_int_not_equal(ledger_fixture_check(fixture), 0);
        copy_data(fixture, &data, true);
    }
    assert_int_equal(ledger_fixture_check(fixture), 0);
    buffer_free(&data);
}

/* Slot, hashes and settled slot: no hash covers the row. */
static void test_any_bit_of_the_tip_is_found(void **state)
{
    struct ledger_fixture *fixture = *state;
    const unsigned row = 1; /* after "genesis" */
    transfer_in_slot(fixture, 7, 0, 1000000);
    ledger_fixture_end(fixture);
    for (uint64_t bit = 0; bit < TIP_SIZE * 8; bit++) {
        assert_true(flip(fixture->folder, TABLE_META, row, bit));
        if (!ledger_fixture_check(fixture))
            fail_msg("bit %d of the tip was changed unnoticed", (int)bit);
        assert_true(flip(fixture->folder, TABLE_META, row, bit));
    }
    assert_int_equal(ledger_fixture_check(fixture), 0);
}

static void test_bits_changed_at_random_are_found(void **state)
{
    struct ledger_fixture *fixture = *state;
    uint64_t seed = random_seed();
    struct random random = random_make(seed);
    struct buffer data = {0};
    print_message("# seed %llu\n", (unsigned long long)seed);
    for (uint64_t slot = 1; slot < 50; slot++) {
        if (slot % 7 == 3)
            continue;
        struct transaction sent[3];
        for (int i = 0; i < 3; i++)
            sent[i] = ledger_fixture_transfer(fixture, (int)(slot + i) % 8,
                                              &target, 1000000 + slot);
        ledger_fixture_block(fixture, slot, sent, slot % 4);
    }
    ledger_fixture_end(fixture);
    assert_int_equal(ledger_fixture_check(fixture), 0);
    copy_data(fixture, &data, false);
    for (unsigned done = 0; done < FLIPS + FLIPS / 2;) {
        int table = (int)random_below(&random, 7);
        unsigned row = (unsigned)random_below(&random, 80);
        uint64_t bit = random_u64(&random);
        bool is_key = done >= FLIPS;
        if (!(is_key ? flip_key : flip)(fixture->folder, table, row, bit))
            continue;
        if (!ledger_fixture_check(fixture))
            fail_msg("bit %llu of the %s of row %u of %s was changed unnoticed",
                     (unsigned long long)bit, is_key ? "key" : "value", row,
                     tables[table]);
        copy_data(fixture, &data, true);
        done++;
    }
    assert_int_equal(ledger_fixture_check(fixture), 0);
    buffer_free(&data);
}

int main(void)
{
    crypto_init();
#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, ledger_fixture_setup,                \
                                    ledger_fixture_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_restart_finds_state_and_tip),
        TEST(test_end_in_order_is_distinguished_from_a_crash),
        TEST(test_chain_goes_on_after_a_restart),
        TEST(test_executed_transaction_is_not_taken_again_after_restart),
        TEST(test_transaction_is_found_by_signature_and_address),
        TEST(test_padded_transactions_are_kept_short_and_given_whole),
        TEST(test_empty_slots_are_one_run_and_still_have_blocks),
        TEST(test_skipped_slots_hold_no_block),
        TEST(test_old_view_keeps_its_state_while_blocks_come),
        TEST(test_old_view_finds_its_empty_slots),
        TEST(test_one_flush_has_all_of_its_runs),
        TEST(test_another_genesis_is_refused),
        TEST(test_ledger_of_another_version_is_refused),
        TEST(test_each_block_has_the_hash_that_was_signed),
        TEST(test_signatures_with_an_equal_part_are_distinguished),
        TEST(test_changed_bit_in_any_table_is_found),
        TEST(test_any_bit_of_the_banks_header_is_found),
        TEST(test_any_bit_of_the_tip_is_found),
        TEST(test_bits_changed_at_random_are_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
