/*
 * Reading snapshots whole: verifying and restoring. The order in which a
 * restored ledger comes into being is in snapshot.c.
 *
 * A file is checked against its state hash in the same walk that imports it, so
 * that nothing is read twice: the import is dropped if the sum at the end
 * differs.
 */
#include "settlement/ledger/snapshot.h"

#include "base/check.h"
#include "base/error.h"
#include "base/file.h"
#include "base/folder_lock.h"
#include "base/memory.h"
#include "settlement/bank/bank_sum.h"
#include "settlement/bank/message_set.h"
#include "settlement/ledger/snapshot_file.h"
#include "settlement/ledger/snapshot_format.h"
#include "settlement/table/program_table.h"
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

/* ---- Reading ---- */

/* Where the rows go: to a new ledger, or nowhere. If nowhere, own keeps the
 * bank's own rows in memory because the bank is needed for the check; own_bytes
 * bounds them. */
struct sink {
    struct ledger_import *ledger;
    struct state *own;
    size_t own_bytes;
};

/* Most bytes of a bank's own rows: twice as many messages as a leader lets
 * its recent blocks have, and a mebibyte for the rest. A running validator
 * keeps them in memory, too. */
#define OWN_BYTES_MAX                                                          \
    ((size_t)BANK_MESSAGES_MAX * 2 * MESSAGE_KEY_SIZE + (1u << 20))

/* The file is not verified yet, so the rows in memory are counted. */
static int sink_put(struct sink *sink, struct bytes key, struct bytes value)
{
    if (sink->ledger)
        return ledger_import_put(sink->ledger, key, value);
    if (!bank_needs_row(key))
        return 0;
    sink->own_bytes += key.size + value.size;
    if (sink->own_bytes > OWN_BYTES_MAX)
        return err_set(ERR_LIMIT, "the snapshot's bank is too large");
    state_put(sink->own, key, value);
    return 0;
}

/* The bank's own rows in memory as a base, on which a bank can be opened. */
static bool own_get(void *user, struct bytes key, struct bytes *value)
{
    return state_get(user, key, value);
}

static void *own_cursor_open(void *user, struct bytes start)
{
    return state_cursor_open(user, (struct bytes){0}, start);
}

static bool own_cursor_next(void *cursor, struct bytes *key,
                            struct bytes *value)
{
    return state_cursor_next(cursor, key, value);
}

static void own_cursor_close(void *cursor)
{
    state_cursor_close(cursor);
}

/* Open the bank on the rows. */
static int sink_bank(struct sink *sink, struct bank **out)
{
    const struct state_base base = {.user = sink->own,
                                    .get = own_get,
                                    .cursor_open = own_cursor_open,
                                    .cursor_next = own_cursor_next,
                                    .cursor_close = own_cursor_close};
    int status = sink->ledger ? ledger_import_bank(sink->ledger, out)
                              : bank_open_base(&base, &program_table, out);
    if (status == ERR_NOT_FOUND)
        status = err_set(ERR_CORRUPT, "the snapshot holds no bank");
    return status;
}

/* The header must say what the rows say. Only the digest covers the block hash;
 * a wrong one would make a chain that no other validator follows, and does no
 * harm to the state. */
static int check_bank(const struct bank *bank, const struct bank_sum *sum,
                      const struct ledger_export_info *header)
{
    const struct bank_info *info = bank_info(bank);
    if (info->slot != header->slot ||
        !hash_equal(&info->blockhash, &header->blockhash) ||
        !hash_equal(&info->state_hash, &header->state_hash))
        return err_set(ERR_CORRUPT,
                       "the snapshot's rows are not those of its header");
    return bank_sum_check(sum, bank);
}

/* Put every row into the sum and the sink, then check bank and header against
 * the sum. The digest is checked before the rows end (snapshot_reader_next()),
 * so the bank is never opened on damaged rows. */
static int read_rows(struct snapshot_reader *reader, struct sink *sink)
{
    struct bank_sum sum = {0};
    struct bytes key, value;
    struct bank *bank;
    int status;
    while (!(status = snapshot_reader_next(reader, &key, &value))) {
        status = bank_sum_add(&sum, key, value);
        if (!status)
            status = sink_put(sink, key, value);
        if (status)
            return status;
    }
    if (status != ERR_NOT_FOUND)
        return status;
    status = sink_bank(sink, &bank);
    if (status)
        return status;
    status = check_bank(bank, &sum, snapshot_reader_header(reader));
    bank_release(bank);
    return status;
}

int snapshot_verify_file(FILE *file, struct ledger_export_info *out)
{
    struct snapshot_reader *reader;
    struct sink sink = {0};
    int status = snapshot_reader_open(file, &reader);
    if (status)
        return status;
    sink.own = state_open_writable(&STATE_BASE_EMPTY, NULL, 0);
    status = read_rows(reader, &sink);
    if (!status)
        *out = *snapshot_reader_header(reader);
    state_close(sink.own);
    snapshot_reader_close(reader);
    return status;
}

/* Memory is constant except for the bank's own rows; the time is that of
 * unpacking and of summing up all rows. */
int snapshot_verify(const char *path, struct ledger_export_info *out)
{
    FILE *file;
    int status = snapshot_file_open(path, &file);
    if (status)
        return status;
    status = snapshot_verify_file(file, out);
    fclose(file);
    return status ? err_add(status, "snapshot %s", path) : 0;
}

/* ---- Restoring ---- */

/* Put everything into the staging folder, verified and synced: rows, check, and
 * only then what makes them a ledger. It is closed before the folder is synced
 * because LMDB's lock file is an entry, too. */
static int stage(struct snapshot_reader *reader, const char *staging)
{
    const struct ledger_export_info *header = snapshot_reader_header(reader);
    struct sink sink = {0};
    int status = ledger_import_open(staging, &sink.ledger);
    if (status)
        return status;
    status = read_rows(reader, &sink);
    if (!status)
        status = ledger_import_finish(sink.ledger, &header->genesis,
                                      &header->block_hash);
    ledger_import_close(sink.ledger);
    return status ? status : file_sync_folder(staging);
}

/* A rename over a folder works only if that is empty, so no ledger is ever
 * overwritten. After the rename the ledger is there; an error of the sync only
 * means that a power cut might still take it. */
static int take_name(const char *staging, const char *ledger_path,
                     const char *parent)
{
    if (!rename(staging, ledger_path))
        return file_sync_folder(parent);
    if (errno == ENOTEMPTY || errno == EEXIST)
        return err_set(ERR_EXISTS, "%s holds a ledger already", ledger_path);
    return err_errno("naming %s", ledger_path);
}

/* The first error is reported, and not that of clearing away. The lock is on
 * the folder around both names: otherwise two processes that restore to the
 * same place would remove each other's work. */
static int restore(struct snapshot_reader *reader, const char *ledger_path,
                   const char *parent)
{
    char *staging = mem_format("%s.restoring", ledger_path);
    char *data = mem_format("%s/data.mdb", ledger_path);
    struct folder_lock *lock = NULL;
    int status = folder_lock_take(parent, &lock);
    if (status)
        goto err0;
    if (file_exists(data)) {
        status = err_set(ERR_EXISTS, "%s holds a ledger already", ledger_path);
        goto err1;
    }
    status = file_remove_tree(staging); /* of a killed process */
    if (!status)
        status = stage(reader, staging);
    if (!status)
        status = take_name(staging, ledger_path, parent);
    if (status) {
        char *text = mem_text(err_text());
        file_remove_tree(staging);
        err_set(status, "%s", text);
        free(text);
    }
err1:
    folder_lock_release(lock);
err0:
    free(data);
    free(staging);
    return status;
}

/* The genesis is compared before anything is written. */
int snapshot_restore(const char *path, const struct hash *genesis,
                     const char *ledger_path, struct ledger_export_info *out)
{
    CHECK(path && genesis && ledger_path);
    struct snapshot_reader *reader;
    FILE *file;
    int status = snapshot_file_open(path, &file);
    if (status)
        return status;
    char *parent = file_parent(ledger_path);
    status = snapshot_reader_open(file, &reader);
    if (status)
        goto err0;
    *out = *snapshot_reader_header(reader);
    if (!hash_equal(&out->genesis, genesis))
        status = err_set(ERR_STATE,
                         "it belongs to another network, whose genesis is %s",
                         HASH_TEXT(&out->genesis));
    if (!status)
        status = restore(reader, ledger_path, parent);
    snapshot_reader_close(reader);
err0:
    free(parent);
    fclose(file);
    return status ? err_add(status, "snapshot %s", path) : 0;
}
