/*
 * Files and folders of snapshots: writing, listing, verifying, restoring.
 *
 * Two orders survive a kill and a power cut. Writing: temporary name, fsync,
 * rename, fsync of the folder. Restoring: a folder beside the ledger's, LMDB's
 * own commits, rename, fsync of the parent. In both the rename decides, and
 * what a killed process leaves before it can be removed: the lock on the folder
 * (base/folder_lock.h) ensures that nobody works on it. Restoring takes the
 * lock on the folder that the ledger is in, which is the validator's: so no
 * validator can start meanwhile.
 *
 * Reading takes no lock: a file with its final name is whole, and one that is
 * removed meanwhile stays readable while it is open.
 *
 * A file is checked against its state hash in the same walk that imports it, so
 * that nothing is read twice: the import is dropped if the sum at the end
 * differs.
 *
 * Names have slot and state hash, so a folder is sorted and pruned without
 * opening files. If the contents don't match the name, the list says so, and
 * snapshot_newest() ignores the file.
 *
 * packed_file.c compresses and has the digest, snapshot_format.c has the form,
 * and snapshot_keeper.c decides when to write.
 */
#include "settlement/ledger/snapshot.h"

#include "base/base58.h"
#include "base/check.h"
#include "base/error.h"
#include "base/file.h"
#include "base/folder_lock.h"
#include "base/memory.h"
#include "settlement/bank/bank_sum.h"
#include "settlement/bank/message_set.h"
#include "settlement/ledger/snapshot_format.h"
#include "settlement/table/program_table.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define PREFIX "snapshot-"
#define SUFFIX ".zst"
#define PARTIAL ".partial" /* added to the name while writing */

/* ---- Folders ---- */

/* The folder that a path lies in; the caller frees it. */
static char *folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    if (!slash)
        return mem_text(".");
    return slash == path ? mem_text("/")
                         : mem_format("%.*s", (int)(slash - path), path);
}

/* Whether name ends with end and has something before it. */
static bool ends_with(const char *name, const char *end)
{
    size_t size = strlen(name), end_size = strlen(end);
    return size > end_size && !strcmp(name + size - end_size, end);
}

/* Parse a snapshot's name; false if it is another file's. The slot may have
 * leading zeros. The first digit is checked because strtoull() takes signs and
 * blanks. */
static bool parse_name(const char *name, uint64_t *slot, struct hash *hash)
{
    const char *at = name + strlen(PREFIX);
    char *end;
    if (strncmp(name, PREFIX, strlen(PREFIX)) || !ends_with(name, SUFFIX) ||
        *at < '0' || *at > '9')
        return false;
    errno = 0;
    *slot = strtoull(at, &end, 10);
    if (errno || *end++ != '-')
        return false;
    struct bytes text = bytes_make(end, strlen(end) - strlen(SUFFIX));
    if (base58_decode_exact(text, hash->bytes, sizeof(hash->bytes))) {
        err_clear();
        return false;
    }
    return true;
}

/* ---- Writing ---- */

/* Remove what killed writers left, under the folder's lock. Errors don't
 * matter. */
static void remove_partial(const char *folder)
{
    DIR *directory = opendir(folder);
    struct dirent *entry;
    if (!directory)
        return;
    while ((entry = readdir(directory))) {
        if (!strncmp(entry->d_name, PREFIX, strlen(PREFIX)) &&
            ends_with(entry->d_name, SUFFIX PARTIAL))
            unlinkat(dirfd(directory), entry->d_name, 0);
    }
    closedir(directory);
}

/* The contents are on disk when this returns 0 because the rename must not come
 * before them. */
static int write_rows(struct ledger_export *state, FILE *file,
                      const atomic_bool *cancel)
{
    struct snapshot_writer *writer;
    struct bytes key, value;
    int status = snapshot_writer_open(file, ledger_export_info(state), &writer);
    if (status)
        return status;
    while (!(status = ledger_export_next(state, &key, &value))) {
        status = snapshot_writer_put(writer, key, value);
        if (!status && cancel && atomic_load(cancel))
            status = err_set(ERR_CANCELLED, "the snapshot was given up");
        if (status)
            break;
    }
    if (status == ERR_NOT_FOUND)
        status = snapshot_writer_finish(writer);
    snapshot_writer_close(writer);
    if (!status && fsync(fileno(file)))
        status = err_errno("syncing");
    return status;
}

/* Write the file under a temporary name, then rename it. After an error the
 * temporary file is removed. packed_writer_finish() flushes, so a full disk
 * shows before fclose(). */
static int write_file(struct ledger_export *state, const char *path,
                      const atomic_bool *cancel, uint64_t *size_bytes)
{
    char *partial = mem_format("%s" PARTIAL, path);
    FILE *file = fopen(partial, "wbe");
    if (!file) {
        int status = err_errno("making %s", partial);
        free(partial);
        return status;
    }
    int status = write_rows(state, file, cancel);
    off_t size = ftello(file);
    if (fclose(file) && !status)
        status = err_errno("closing");
    if (!status && rename(partial, path))
        status = err_errno("naming");
    if (status)
        unlink(partial);
    free(partial);
    *size_bytes = (uint64_t)size;
    return status ? err_add(status, "snapshot %s", path) : 0;
}

/* What killed writers left goes first because it may fill the disk. The folder
 * is synced after the rename, so that a snapshot that was reported survives a
 * power cut. */
int snapshot_write(struct ledger_export *state, const char *folder,
                   const atomic_bool *cancel, struct arena *arena,
                   struct snapshot *out)
{
    CHECK(state && folder && arena);
    const struct ledger_export_info *info = ledger_export_info(state);
    struct folder_lock *lock;
    *out = (struct snapshot){.header = *info};
    out->path = arena_format(arena, "%s/" PREFIX "%" PRIu64 "-%s" SUFFIX,
                             folder, info->slot, HASH_TEXT(&info->state_hash));
    int status = file_make_folder(folder, 0700);
    if (!status)
        status = folder_lock_take(folder, &lock);
    if (status)
        return status;
    remove_partial(folder);
    status = write_file(state, out->path, cancel, &out->size_bytes);
    if (!status)
        status = file_sync_folder(folder);
    folder_lock_release(lock);
    return status;
}

/* ---- Listing ---- */

/* Open a file for reading; ERR_NOT_FOUND if it is missing. */
static int open_file(const char *path, FILE **out)
{
    *out = fopen(path, "rbe");
    if (*out)
        return 0;
    return errno == ENOENT ? err_set(ERR_NOT_FOUND, "there is no file %s", path)
                           : err_errno("opening %s", path);
}

/* Only the beginning of the file is read, so the rest may still be damaged. */
static int read_header(const char *path, struct ledger_export_info *out)
{
    struct snapshot_reader *reader;
    FILE *file;
    int status = open_file(path, &file);
    if (status)
        return status;
    status = snapshot_reader_open(file, &reader);
    if (!status) {
        *out = *snapshot_reader_header(reader);
        snapshot_reader_close(reader);
    }
    fclose(file);
    return status;
}

/* One bad file must not hide the good ones, so its error is kept with it. */
static void look_at(struct snapshot *snapshot, struct arena *arena)
{
    struct ledger_export_info named = snapshot->header, header;
    struct stat stat_of;
    if (!stat(snapshot->path, &stat_of))
        snapshot->size_bytes = (uint64_t)stat_of.st_size;
    snapshot->status = read_header(snapshot->path, &header);
    if (!snapshot->status &&
        (header.slot != named.slot ||
         !hash_equal(&header.state_hash, &named.state_hash)))
        snapshot->status =
            err_set(ERR_CORRUPT, "the contents are not those of the name");
    if (snapshot->status)
        snapshot->problem = arena_text(arena, bytes_text(err_text()));
    else
        snapshot->header = header;
}

/* Snapshots of the same slot are in the order of their names. */
static int newer_first(const void *a, const void *b)
{
    const struct snapshot *x = a, *y = b;
    if (x->header.slot != y->header.slot)
        return x->header.slot < y->header.slot ? 1 : -1;
    return strcmp(x->path, y->path);
}

/* List by the names alone; at most SNAPSHOT_FILES_MAX files. */
static int list_names(const char *folder, struct arena *arena,
                      struct snapshot **out, size_t *count)
{
    struct buffer found = {0};
    struct dirent *entry;
    DIR *directory = opendir(folder);
    *out = NULL;
    *count = 0;
    if (!directory)
        return errno == ENOENT ? 0 : err_errno("listing %s", folder);
    while ((entry = readdir(directory)) && *count < SNAPSHOT_FILES_MAX) {
        struct snapshot one = {0};
        if (!parse_name(entry->d_name, &one.header.slot,
                        &one.header.state_hash))
            continue;
        one.path = arena_format(arena, "%s/%s", folder, entry->d_name);
        buffer_append(&found, &one, sizeof(one));
        ++*count;
    }
    closedir(directory);
    *out = arena_copy(arena, found.data, found.size);
    buffer_free(&found);
    if (*count)
        qsort(*out, *count, sizeof(**out), newer_first);
    return 0;
}

int snapshot_list(const char *folder, struct arena *arena,
                  const struct snapshot **out, size_t *count)
{
    struct snapshot *found;
    int status = list_names(folder, arena, &found, count);
    if (status)
        return status;
    for (size_t i = 0; i < *count; i++)
        look_at(&found[i], arena);
    *out = found;
    return 0;
}

/* Mostly the first name is good, and only that file is opened. Rows are not
 * read: a damaged file with a good header counts here. */
int snapshot_newest(const char *folder, uint64_t *slot)
{
    struct arena arena = {0};
    struct snapshot *found;
    size_t count, i = 0;
    int status = list_names(folder, &arena, &found, &count);
    if (status)
        return status;
    for (; i < count; i++) {
        look_at(&found[i], &arena);
        if (!found[i].status)
            break;
    }
    if (i == count)
        status = err_set(ERR_NOT_FOUND, "there is no snapshot in %s", folder);
    else
        *slot = found[i].header.slot;
    arena_free(&arena);
    return status;
}

/* Files are sorted by name, also those that can't be read. Stops at the first
 * file that can't be removed. */
int snapshot_prune(const char *folder, size_t keep)
{
    struct arena arena = {0};
    struct snapshot *found;
    size_t count = 0;
    struct folder_lock *lock;
    int status = folder_lock_take(folder, &lock);
    if (status)
        return status;
    status = list_names(folder, &arena, &found, &count);
    for (size_t i = keep; !status && i < count; i++)
        if (unlink(found[i].path))
            status = err_errno("removing %s", found[i].path);
    if (!status)
        status = file_sync_folder(folder);
    arena_free(&arena);
    folder_lock_release(lock);
    return status;
}

/* ---- Reading ---- */

/* Where the rows go: to a new ledger, or nowhere. If nowhere, own keeps the
 * bank's own rows in memory because the bank is needed for the check; own_bytes
 * bounds them. */
struct sink {
    struct ledger_import *ledger;
    struct state *own;
    size_t own_bytes;
};

/* Most bytes of a bank's own rows: twice as many messages as a producer lets
 * its recent blocks have, and a mebibyte for the rest. A running validator
 * keeps them in memory, too. */
#define OWN_BYTES_MAX                                                          \
    ((size_t)BANK_MESSAGES_MAX * 2 * MESSAGE_KEY_SIZE + (1u << 20))

/* The file is not verified yet, so the rows in memory are counted. */
static int sink_put(struct sink *sink, struct bytes key, struct bytes value)
{
    if (sink->ledger)
        return ledger_import_put(sink->ledger, key, value);
    if (!bank_sum_is_own(key))
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
    int status = open_file(path, &file);
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
    int status = open_file(path, &file);
    if (status)
        return status;
    char *parent = folder_of(ledger_path);
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
