/*
 * A ledger with changed rows: opening it, reading its blocks and checking it
 * give an error or an answer, whatever the rows hold.
 *
 * The input is a list of changes to the rows of a small ledger, which lies in
 * memory and is copied to a folder each time: a row put, and the n-th row of a
 * table changed in a byte, cut, or deleted. LMDB's own pages stay as they are,
 * because the ledger does not check them.
 */
#include "base/buffer.h"
#include "base/check.h"
#include "base/error.h"
#include "base/file.h"
#include "base/rows.h"
#include "settlement/format/proof_of_history.h"
#include "settlement/ledger/ledger_internal.h"
#include "settlement/table/program_table.h"
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define BLOCKS 5
#define CHANGES_MAX 16
#define SLOTS_SHOWN 32

static char folder[64];
static char data_path[96];
static struct buffer whole; /* the ledger's file, as it was written */
static struct genesis genesis;
static struct keypair leader;

static void flush_empty(struct ledger *ledger)
{
    struct ledger_view *view;
    struct bank *parent = ledger_newest(ledger, LEDGER_FINALIZED);
    const struct bank_info *info = bank_info(parent);
    const struct bank_block at = {.slot = info->slot + 1,
                                  .unix_ms = info->unix_ms + 100,
                                  .leader = info->leader};
    CHECK(!ledger_view_open(ledger, LEDGER_FINALIZED, &view));
    struct executed_block *made = executed_block_new();
    struct bank *bank = bank_open_child(parent, ledger_view_base(view), &at);
    made->bank = bank;
    made->base_slot = info->slot;
    struct proof_of_history poh = proof_of_history_make(&info->blockhash, 0);
    for (uint64_t i = 0; i < genesis.ticks_per_slot; i++)
        proof_of_history_tick(&poh, &(struct entry){0});
    bank_freeze(bank, &poh.hash);
    bank_sum_up(bank);
    ledger_view_close(view);
    struct block_header header = {.flags = BLOCK_IS_EMPTY,
                                  .slot = at.slot,
                                  .parent_slot = info->slot,
                                  .parent_hash = *ledger_tip_hash(ledger),
                                  .parent_state_hash = info->state_hash,
                                  .leader = at.leader,
                                  .unix_ms = at.unix_ms};
    leader_set_hash(ledger_schedule(ledger), at.slot, &header.set_hash);
    block_header_sign(&header, &leader, &made->hash);
    block_header_write(&header, &made->data);
    const struct ledger_block block = {
        .bank = bank, .data = buffer_view(&made->data), .hash = made->hash};
    CHECK(!ledger_flush(ledger, &block, 1, false));
    ledger_publish(ledger, LEDGER_FINALIZED, made, NULL);
    CHECK(!ledger_settle(ledger));
    executed_block_release(made);
    bank_release(parent);
}

static void remove_folder(void)
{
    file_remove_tree(folder);
}

static void make_ledger(void)
{
    static struct genesis_validator validator = {.stake = 1};
    static const uint8_t seed[32] = {9};
    static struct genesis_account account = {.key = {{8}},
                                             .account.lamports = 1000000000};
    struct ledger *ledger;
    crypto_init();
    keypair_from_seed(seed, &leader);
    validator.identity = leader.pubkey;
    genesis = (struct genesis){.slot_ms = 100,
                               .ticks_per_slot = 64,
                               .blockhash_blocks = 600,
                               .validators = &validator,
                               .validator_count = 1,
                               .accounts = &account,
                               .account_count = 1};
    genesis_hash(&genesis, &genesis.hash);
    snprintf(folder, sizeof(folder), "/tmp/pond-fuzz-ledger-XXXXXX");
    CHECK(mkdtemp(folder));
    atexit(remove_folder);
    snprintf(data_path, sizeof(data_path), "%s/data.mdb", folder);
    CHECK(!ledger_open(folder, &genesis, &ledger));
    for (int i = 0; i < BLOCKS; i++)
        flush_empty(ledger);
    ledger_close(ledger);
    CHECK(!file_read(data_path, 64u << 20, &whole));
}

/* ---- Changes ---- */

static uint8_t byte(struct reader *reader)
{
    uint8_t value = 0;
    if (reader->left.size)
        CHECK(!reader_u8(reader, &value));
    return value;
}

static struct bytes take(struct reader *reader)
{
    struct bytes bytes;
    size_t size = byte(reader);
    size = size > reader->left.size ? reader->left.size : size;
    CHECK(!reader_take(reader, size, &bytes));
    return bytes;
}

/* Copy the n-th row, because it will be overwritten. Returns false if there are
 * fewer rows. */
static bool find(struct rows_view *view, int table, size_t n,
                 struct buffer *key_out, struct buffer *value_out)
{
    struct rows_cursor *cursor;
    struct bytes key, value;
    bool found = false;
    CHECK(!rows_cursor_open(view, table, (struct bytes){0}, &cursor));
    while (!found && !rows_cursor_next(cursor, &key, &value))
        found = n-- == 0;
    if (found) {
        buffer_bytes(key_out, key);
        buffer_bytes(value_out, value);
    }
    rows_cursor_close(cursor);
    return found;
}

static void change(struct rows_view *view, struct reader *reader)
{
    int table = byte(reader) % (TABLE_PENDING + 1);
    uint8_t how = byte(reader) % 4;
    struct buffer key = {0}, value = {0};
    if (how == 0) {
        buffer_bytes(&key, take(reader));
        buffer_bytes(&value, take(reader));
        if (key.size)
            CHECK(
                !rows_put(view, table, buffer_view(&key), buffer_view(&value)));
    } else if (find(view, table, byte(reader), &key, &value)) {
        size_t at = byte(reader) | (size_t)byte(reader) << 8;
        if (how == 1 && value.size)
            value.data[at % value.size] ^= (uint8_t)(byte(reader) | 1);
        else if (how == 2)
            buffer_resize(&value, at % (value.size + 1));
        if (how == 3)
            CHECK(!rows_delete(view, table, buffer_view(&key)));
        else
            CHECK(
                !rows_put(view, table, buffer_view(&key), buffer_view(&value)));
    }
    buffer_free(&key);
    buffer_free(&value);
}

static void change_all(struct reader *reader)
{
    const struct rows_options options = {.tables = ledger_tables};
    struct rows *rows;
    struct rows_view *view;
    CHECK(!rows_open(folder, &options, &rows));
    CHECK(!rows_write(rows, &view));
    for (int i = 0; i < CHANGES_MAX && reader->left.size; i++)
        change(view, reader);
    CHECK(!rows_commit(view));
    rows_close(rows);
}

/* ---- Looking ---- */

static void look(struct ledger *ledger)
{
    struct ledger_view *view;
    struct ledger_header header;
    uint64_t slot = 0, unix_ms;
    if (ledger_view_open(ledger, LEDGER_FINALIZED, &view))
        return;
    for (int i = 0; i < SLOTS_SHOWN && !ledger_next_slot(view, slot, &slot);
         i++) {
        ledger_header(view, slot, &header);
        ledger_unix_ms(view, slot, &unix_ms);
        if (slot++ == UINT64_MAX)
            break;
    }
    ledger_view_close(view);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct reader reader = reader_make(bytes_make(data, size));
    struct ledger_report report;
    struct ledger *ledger;
    if (!whole.size)
        make_ledger();
    FILE *file = fopen(data_path, "wb");
    CHECK(file && fwrite(whole.data, 1, whole.size, file) == whole.size);
    CHECK(!fclose(file));
    bool is_changed = size > 0;
    change_all(&reader);
    if (ledger_open(folder, &genesis, &ledger))
        return 0;
    look(ledger);
    int status = ledger_check(ledger, &report);
    if (status && !is_changed)
        fprintf(stderr, "%s\n", err_text());
    CHECK(!status || is_changed);
    ledger_close(ledger);
    return 0;
}
