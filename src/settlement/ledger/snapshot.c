/*
 * Files and folders of snapshots: writing and listing; snapshot_restore.c
 * verifies and restores.
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
#include "settlement/ledger/snapshot_file.h"
#include "settlement/ledger/snapshot_format.h"
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define PREFIX "snapshot-"
#define SUFFIX ".zst"
#define PARTIAL ".partial" /* added to the name while writing */

/* ---- Folders ---- */

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

/* Only the beginning of the file is read, so the rest may still be damaged. */
static int read_header(const char *path, struct ledger_export_info *out)
{
    struct snapshot_reader *reader;
    FILE *file;
    int status = snapshot_file_open(path, &file);
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
