/*
 * Files and folders of snapshots, and what a file becomes.
 *
 * Two orders survive a kill and a power cut. Writing: temporary name, fsync,
 * rename, fsync of the folder. Restoring: a folder beside the ledger's, LMDB's
 * own commits, rename, fsync of the parent. In both the rename is the moment,
 * and everything before it can be thrown away by whoever comes next: the lock
 * on the folder (base/folder_lock.h) says that nobody works on it. Restoring
 * takes the lock on the folder that the ledger is in, which is the validator's:
 * a validator can't start meanwhile.
 *
 * Who only reads takes no lock: a file has its name when it is whole, and one
 * that is removed meanwhile stays readable to who has it open.
 *
 * A file is held against its state hash in the same walk that imports it, so
 * that nothing is read twice: what was imported is thrown away if the sum at
 * the end is another. Until then nothing of it is believed but its form.
 *
 * Names carry slot and state hash, so a folder is listed, sorted and thinned
 * out without opening files; a name that its contents don't bear out is told in
 * the list, and is no snapshot to snapshot_newest().
 *
 * Not done here: no compression and no digest (packed_file.c), no form
 * (snapshot_format.c), no decision when to write (snapshot_keeper.c), no
 * download.
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
#define PARTIAL ".partial" /* behind the name while it is written */

/* ---- Folders ---- */

/* The folder that a rename in it has to be synced in; the caller frees it. A
 * name without a slash lies in the working folder. */
static char *folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    if (!slash)
        return mem_text(".");
    return slash == path ? mem_text("/")
                         : mem_format("%.*s", (int)(slash - path), path);
}

/* Longer than the end: a name that is nothing else has nothing before it. */
static bool ends_with(const char *name, const char *end)
{
    size_t size = strlen(name), end_size = strlen(end);
    return size > end_size && !strcmp(name + size - end_size, end);
}

/* What a name says; false if it is not a snapshot's. Exactly what
 * snapshot_write() makes, but that the slot may have leading zeros. Other files
 * in the folder are nobody's business here. strtoull() would take a sign or
 * blanks, hence the look at the first digit. */
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

/* What a writer left that was killed. Under the folder's lock. What can't be
 * removed is left; it is in nobody's way. */
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

/* On disk when it returns 0: the rename that follows must not be ahead of the
 * contents. cancel is looked at with every row, which costs nothing beside
 * compressing it. A snapshot that is given up leaves its temporary file to
 * write_file(). */
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

/* The whole file under its temporary name, then its own. The error is the first
 * one; the temporary file goes. A disk that is full shows at the latest when
 * stdio's rest is written, which packed_writer_finish() does, so fclose() has
 * nothing to lose. */
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

/* What is left of killed writers goes first, for it may be what the disk is
 * full of. The folder is synced after the rename and under the lock: a snapshot
 * that was told of is still there after a power cut. */
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

/* A missing file is the caller's slip and not the disk's fault. For reading;
 * closed in programs that are started meanwhile. */
static int open_file(const char *path, FILE **out)
{
    *out = fopen(path, "rbe");
    if (*out)
        return 0;
    return errno == ENOENT ? err_set(ERR_NOT_FOUND, "there is no file %s", path)
                           : err_errno("opening %s", path);
}

/* Only the beginning of the file is read. So a list of large snapshots is as
 * quick as one of small ones; that the rest is good it does not say. */
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

/* One bad file must not hide the good ones: what is wrong is noted with it. The
 * text is copied at once: the next error has the same place for its own. */
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

/* Of one slot on two chains, in any order that stays the same. */
static int newer_first(const void *a, const void *b)
{
    const struct snapshot *x = a, *y = b;
    if (x->header.slot != y->header.slot)
        return x->header.slot < y->header.slot ? 1 : -1;
    return strcmp(x->path, y->path);
}

/* By their names alone. No more than SNAPSHOT_FILES_MAX, in the order in which
 * the folder has them: with more than that it is no folder of snapshots. */
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

/* Headers are read after the names are sorted, so the newest are looked at
 * first. */
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

/* Most often the first name is good, and only that file is opened. Rows are not
 * read: a damaged file with a good header is taken for good here. */
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

/* By name: a file that can't be read is as old as its name says. Under the
 * lock, so that no writer's temporary file and no snapshot that is just being
 * named is in the way. An error ends it: what can't be removed now may be
 * later. */
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

/* Where the rows go: to a new ledger, or nowhere; then the bank's own rows are
 * kept in memory, for the bank is what they are held against. own is NULL where
 * the rows go to a ledger; own_bytes bounds it. */
struct sink {
    struct ledger_import *ledger;
    struct state *own;
    size_t own_bytes;
};

/* A bank's own rows in memory: twice as many messages as a producer lets its
 * recent blocks have, and a mebibyte for all else. A validator at work keeps
 * them in memory, too. */
#define OWN_BYTES_MAX                                                          \
    ((size_t)BANK_MESSAGES_MAX * 2 * MESSAGE_KEY_SIZE + (1u << 20))

/* Rows come from a file that nobody has vouched for yet, so what is kept in
 * memory is counted. What goes to a ledger is on disk, and bounded by that. */
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

/* The bank's own rows in memory, as a base that a bank can be opened on. The
 * four calls only pass on: a writable state is no base by itself, and its rows
 * go nowhere else. */
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

/* The bank that both kinds of sink end in: opened on the rows, as from a
 * ledger. A file without one is a file of something else. */
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

/* Nothing of the header is believed that the rows don't say, too; the block
 * hash is what nothing but the digest vouches for. A block that stands on this
 * one has to name it, so a wrong block hash would make a chain that no other
 * validator follows; it does no harm to the state. */
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

/* Every row to the sum and the sink, then bank and header against the sum. The
 * reader says that the file's digest is right before it says that the rows are
 * at their end (snapshot_reader_next()), so the bank is never opened on rows
 * that a disk has changed. */
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

/* *out is written only if all is well: nothing of a bad file gets to who asked.
 */
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

/* Constant memory but for the bank's own rows; the time is that of unpacking
 * and of summing up all rows. */
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

/* Everything into the staging folder, verified and synced. In this order: rows,
 * check, and only then what makes them a ledger. Closed before the folder is
 * synced, for LMDB's lock file is an entry of it, too. */
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

/* A rename over a folder works if that is empty, and only then. So nothing is
 * ever written over, whoever made the ledger meanwhile. From here on it is
 * there; an error of the sync says only that a power cut might still take it.
 */
static int take_name(const char *staging, const char *ledger_path,
                     const char *parent)
{
    if (!rename(staging, ledger_path))
        return file_sync_folder(parent);
    if (errno == ENOTEMPTY || errno == EEXIST)
        return err_set(ERR_EXISTS, "%s holds a ledger already", ledger_path);
    return err_errno("naming %s", ledger_path);
}

/* The error that is told is the first one, and not that of clearing away. The
 * lock is on the folder around both names: two that restore to the same place
 * would remove each other's work. It is taken before anything is looked at. */
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
    status = file_remove_tree(staging); /* a killed one's */
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

/* The genesis is compared before anything is written. *out is the header's, and
 * good only with 0. */
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
