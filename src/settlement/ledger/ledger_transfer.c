/*
 * Only the table `state` goes out: it holds everything that a bank needs to go
 * on (bank_rows.c), and the other tables are history.
 *
 * An export is one read transaction, however long it takes. The writer does not
 * wait; but LMDB can't reuse pages that are freed meanwhile, so the file of a
 * busy ledger grows by what changes during a snapshot.
 *
 * An import commits piece by piece because one transaction would keep the whole
 * state in memory. The rows of `meta` come with the last commit; until then
 * ledger_open() would take the folder for a new ledger and write a genesis over
 * it. So the folder must not have a ledger's name before (snapshot.c uses a
 * folder beside the ledger's).
 *
 * Rows are not verified here (see snapshot.c, bank_sum.h).
 */
#include "settlement/ledger/ledger_transfer.h"

#include "base/check.h"
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "settlement/ledger/ledger_internal.h"
#include "settlement/table/program_table.h"
#include <stdlib.h>
#include <unistd.h>

#define EXPORT_MAGIC 0x4c455850u
#define IMPORT_MAGIC 0x4c494d50u

/* Bytes of rows in one write transaction, whose changed pages LMDB keeps in
 * memory until the commit. */
#define IMPORT_BATCH_BYTES (32u << 20)

/* How often, and at which interval, a ledger is looked at until it is settled:
 * two seconds in all. */
#define SETTLE_TRIES 1000
#define SETTLE_WAIT_US 2000

/* ---- Out ---- */

/* The cursor lies in the view, and the view in the rows. */
struct ledger_export {
    unsigned magic;
    struct rows *own; /* NULL: the rows are an open ledger's */
    struct rows_view *view;
    struct rows_cursor *cursor;
    struct ledger_export_info info;
};

/* Tip and bank are written together, so they agree unless the disk is damaged.
 */
static int read_info(struct ledger_export *transfer)
{
    struct ledger_export_info *info = &transfer->info;
    struct state_base base = ledger_base(transfer->view);
    struct ledger_tip tip;
    struct bytes genesis;
    struct bank *bank;
    int status =
        rows_get(transfer->view, TABLE_META, bytes_text("genesis"), &genesis);
    if (status || genesis.size != sizeof(info->genesis.bytes))
        return err_set(ERR_CORRUPT, "the ledger does not name its genesis");
    memcpy(info->genesis.bytes, genesis.data, genesis.size);
    status = ledger_tip_read(transfer->view, &tip);
    if (status)
        return status;
    status = bank_open_base(&base, &program_table, &bank);
    if (status)
        return err_add(status, "the ledger's state");
    info->slot = bank_info(bank)->slot;
    info->blockhash = bank_info(bank)->blockhash;
    info->state_hash = bank_info(bank)->state_hash;
    info->block_hash = tip.block_hash;
    bank_release(bank);
    if (info->slot != tip.slot ||
        !hash_equal(&info->state_hash, &tip.state_hash))
        return err_set(ERR_CORRUPT, "the ledger's state is not its tip's");
    return rows_count(transfer->view, TABLE_STATE, &info->rows);
}

/* Between a large flush and ledger_settle() the table of the state is of no
 * single slot; the writing process needs some milliseconds to settle. */
static int wait_until_settled(struct rows *rows, struct rows_view **out)
{
    struct ledger_tip tip;
    for (int i = 0; i < SETTLE_TRIES; i++) {
        int status = rows_read(rows, out);
        if (status)
            return status;
        if (ledger_tip_read(*out, &tip) || tip.settled_slot == tip.slot)
            return 0; /* without a tip read_info() says more */
        rows_abort(*out);
        *out = NULL;
        usleep(SETTLE_WAIT_US);
    }
    return err_set(ERR_STATE,
                   "the last flush did not end: open the ledger once with pond "
                   "validator or pond validator --check");
}

/* Takes over own. */
static int export_rows(struct rows *rows, struct rows *own,
                       struct ledger_export **out)
{
    struct ledger_export *transfer = mem_zero(1, sizeof(*transfer));
    transfer->magic = EXPORT_MAGIC;
    transfer->own = own;
    int status = wait_until_settled(rows, &transfer->view);
    if (!status)
        status = read_info(transfer);
    if (!status)
        status = rows_cursor_open(transfer->view, TABLE_STATE,
                                  (struct bytes){0}, &transfer->cursor);
    if (status) {
        ledger_export_close(transfer);
        return status;
    }
    *out = transfer;
    return 0;
}

int ledger_export_open(struct ledger *ledger, struct ledger_export **out)
{
    CHECK_MAGIC(ledger, LEDGER_MAGIC);
    return export_rows(ledger->rows, NULL, out);
}

/* Whether a folder holds LMDB's file. */
static bool holds_ledger(const char *path)
{
    char *file = mem_format("%s/data.mdb", path);
    bool holds = file_exists(file);
    free(file);
    return holds;
}

/* Opened read-only, so that nothing in the ledger changes, not even "clean".
 * LMDB lets one process read while another writes. */
int ledger_export_open_path(const char *path, struct ledger_export **out)
{
    const struct rows_options options = {.tables = ledger_tables,
                                         .read_only = true};
    struct rows *rows;
    if (!holds_ledger(path))
        return err_set(ERR_NOT_FOUND, "%s holds no ledger", path);
    int status = rows_open(path, &options, &rows);
    if (!status)
        status = export_rows(rows, rows, out);
    return status ? err_add(status, "ledger %s", path) : 0;
}

void ledger_export_close(struct ledger_export *transfer)
{
    if (!transfer)
        return;
    CHECK_MAGIC(transfer, EXPORT_MAGIC);
    rows_cursor_close(transfer->cursor);
    rows_abort(transfer->view);
    rows_close(transfer->own);
    transfer->magic = 0;
    free(transfer);
}

const struct ledger_export_info *
ledger_export_info(const struct ledger_export *transfer)
{
    return &transfer->info;
}

int ledger_export_next(struct ledger_export *transfer, struct bytes *key,
                       struct bytes *value)
{
    CHECK_MAGIC(transfer, EXPORT_MAGIC);
    return rows_cursor_next(transfer->cursor, key, value);
}

/* ---- In ---- */

/* view is NULL only after a failed commit and after the last one; nothing may
 * be put then. last_key serves to check the order. */
struct ledger_import {
    unsigned magic;
    struct rows *rows;
    struct rows_view *view; /* a write transaction, or NULL */
    size_t batch_bytes;
    struct buffer last_key;
};

/* A folder that holds a ledger is never written to. */
int ledger_import_open(const char *path, struct ledger_import **out)
{
    const struct rows_options options = {.tables = ledger_tables};
    if (holds_ledger(path))
        return err_set(ERR_EXISTS, "%s holds a ledger already", path);
    struct ledger_import *transfer = mem_zero(1, sizeof(*transfer));
    transfer->magic = IMPORT_MAGIC;
    int status = rows_open(path, &options, &transfer->rows);
    if (!status)
        status = rows_write(transfer->rows, &transfer->view);
    if (status) {
        ledger_import_close(transfer);
        return err_add(status, "ledger %s", path);
    }
    *out = transfer;
    return 0;
}

/* End the transaction and begin the next. After an error the transfer can only
 * be closed. */
static int commit(struct ledger_import *transfer)
{
    int status = rows_commit(transfer->view);
    transfer->view = NULL;
    transfer->batch_bytes = 0;
    return status ? status : rows_write(transfer->rows, &transfer->view);
}

/* Ascending keys fill LMDB's pages one after the other. The order is CHECKed
 * because the reader of the file refuses any other (snapshot_format.c). */
int ledger_import_put(struct ledger_import *transfer, struct bytes key,
                      struct bytes value)
{
    CHECK_MAGIC(transfer, IMPORT_MAGIC);
    CHECK(transfer->view);
    CHECK(key.size > 0 && key.size <= STATE_KEY_SIZE_MAX);
    CHECK(bytes_compare(key, buffer_view(&transfer->last_key)) > 0);
    buffer_clear(&transfer->last_key);
    buffer_bytes(&transfer->last_key, key);
    int status = rows_put(transfer->view, TABLE_STATE, key, value);
    transfer->batch_bytes += key.size + value.size;
    if (!status && transfer->batch_bytes >= IMPORT_BATCH_BYTES)
        status = commit(transfer);
    return status;
}

/* The write transaction sees its own rows. The bank must be released before the
 * next row is put because that moves rows. */
int ledger_import_bank(struct ledger_import *transfer, struct bank **out)
{
    CHECK_MAGIC(transfer, IMPORT_MAGIC);
    struct state_base base = ledger_base(transfer->view);
    return bank_open_base(&base, &program_table, out);
}

/* The first block is a run of one slot. Its height, times and hashes come from
 * the bank, except the block hash, which is over contents that are not here.
 * The check of the chain begins with it (ledger_check.c). */
static int write_root(struct ledger_import *transfer,
                      const struct bank_info *info,
                      const struct hash *block_hash)
{
    const struct block_header header = {.unix_ms = info->unix_ms};
    struct buffer slots = {0};
    ledger_run_slot_write(&header, &slots);
    const struct ledger_run run = {
        .first = info->slot,
        .last = info->slot,
        .parent_slot = info->parent_slot,
        .block_height = info->block_height,
        .parent_blockhash = info->parent_blockhash,
        .last_blockhash = info->blockhash,
        .last_hash = *block_hash,
        .state_hash = info->state_hash,
        .slots = buffer_view(&slots),
    };
    const struct ledger_tip tip = {.slot = info->slot,
                                   .block_hash = *block_hash,
                                   .state_hash = info->state_hash,
                                   .settled_slot = info->slot};
    int status = ledger_run_write(transfer->view, &run);
    buffer_free(&slots);
    if (!status)
        status = ledger_version_write(transfer->view);
    if (!status)
        status = ledger_tip_write(transfer->view, &tip);
    if (!status)
        status = ledger_root_write(transfer->view, info->slot);
    return status;
}

/* The genesis' row comes with the rest of `meta` in the last commit. There is
 * no row "clean": clients of the snapshot's source may have heard of later
 * slots, which must not be made again. */
int ledger_import_finish(struct ledger_import *transfer,
                         const struct hash *genesis,
                         const struct hash *block_hash)
{
    CHECK_MAGIC(transfer, IMPORT_MAGIC);
    struct bank *bank;
    int status = ledger_import_bank(transfer, &bank);
    if (status)
        return status;
    struct bank_info info = *bank_info(bank);
    bank_release(bank);
    status = write_root(transfer, &info, block_hash);
    if (!status)
        status = rows_put(transfer->view, TABLE_META, bytes_text("genesis"),
                          bytes_make(genesis->bytes, sizeof(genesis->bytes)));
    if (!status) {
        status = rows_commit(transfer->view);
        transfer->view = NULL;
    }
    return status;
}

/* Committed rows stay in the folder; the caller removes it. */
void ledger_import_close(struct ledger_import *transfer)
{
    if (!transfer)
        return;
    CHECK_MAGIC(transfer, IMPORT_MAGIC);
    rows_abort(transfer->view);
    rows_close(transfer->rows);
    buffer_free(&transfer->last_key);
    transfer->magic = 0;
    free(transfer);
}
