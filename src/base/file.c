/*
 * Files are small here (configuration, keys, programs of tasks): they are read
 * whole and replaced whole. Large data goes through the block store and the
 * ledger, which have their own files and their own ordering.
 *
 * Replacing follows the one order that survives a crash on every file system:
 * write a new file, fsync it, rename it over the old one, fsync the folder.
 * Without the first fsync the name may point to an empty file after a power
 * cut; without the second the old name may be back.
 */
#include "base/file.h"

#include "base/error.h"
#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* Open folders that nftw may hold at once. */
#define WALK_DESCRIPTORS 16

/* Append all of fd. Reads until the end instead of asking for the size first:
 * files in /proc and pipes have none, and a file may grow meanwhile. After an
 * error out may be longer, and the caller drops what was added. */
static int read_all(int fd, const char *path, size_t limit_bytes,
                    struct buffer *out)
{
    size_t before = out->size;
    for (;;) {
        /* A pipe's capacity on Linux; most files end within the first. */
        const size_t piece = 65536;
        uint8_t *at = buffer_reserve(out, piece);
        ssize_t got = read(fd, at, piece);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return err_errno("reading %s", path);
        if (got == 0)
            return 0;
        out->size += (size_t)got;
        if (out->size - before > limit_bytes) {
            out->size = before;
            return err_set(ERR_LIMIT, "%s is larger than %zu bytes", path,
                           limit_bytes);
        }
    }
}

static int open_to_read(const char *path, int flags, int *out)
{
    *out = open(path, O_RDONLY | O_CLOEXEC | flags);
    if (*out < 0 && errno == ENOENT)
        return err_set(ERR_NOT_FOUND, "there is no file %s", path);
    return *out < 0 ? err_errno("opening %s", path) : 0;
}

int file_read(const char *path, size_t limit_bytes, struct buffer *out)
{
    int fd;
    int status = open_to_read(path, 0, &fd);

    if (status)
        return status;
    status = read_all(fd, path, limit_bytes, out);
    close(fd);
    return status;
}

int file_read_plain(const char *path, size_t limit_bytes, struct buffer *out)
{
    struct stat found;
    int fd;
    int status = open_to_read(path, O_NOFOLLOW | O_NONBLOCK, &fd);

    if (status)
        return status;
    if (fstat(fd, &found) || !S_ISREG(found.st_mode))
        status = err_set(ERR_IO, "%s is no file", path);
    else
        status = read_all(fd, path, limit_bytes, out);
    close(fd);
    return status;
}

/* Write all of data and have it on disk. A write may be short (a signal, a full
 * disk): the rest goes again until an error says why. */
static int write_all(int fd, const char *path, struct bytes data)
{
    while (data.size) {
        ssize_t done = write(fd, data.data, data.size);
        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return err_errno("writing %s", path);
        data.data += done;
        data.size -= (size_t)done;
    }
    if (fsync(fd) < 0)
        return err_errno("writing %s to disk", path);
    return 0;
}

char *file_parent(const char *path)
{
    const char *slash = strrchr(path, '/');
    if (!slash)
        return mem_text(".");
    return slash == path ? mem_text("/")
                         : mem_format("%.*s", (int)(slash - path), path);
}

int file_sync_parent(const char *path)
{
    char *folder = file_parent(path);
    int status = file_sync_folder(folder);
    free(folder);
    return status;
}

/* The temporary file is unlinked on every error, but not after a crash: it then
 * stays beside the file under a name of its own. */
int file_replace(const char *path, struct bytes data, mode_t mode)
{
    char *temporary = mem_format("%s.XXXXXX", path);
    /* The file is in the same folder, because rename() works within one file
     * system only. Its mode is 0600 until fchmod() sets the caller's, so that
     * no other user can read a key. */
    int fd = mkostemp(temporary, O_CLOEXEC);
    int status;
    if (fd < 0) {
        status = err_errno("making a file beside %s", path);
        goto err0;
    }
    status = write_all(fd, temporary, data);
    if (!status && fchmod(fd, mode) < 0)
        status = err_errno("setting the mode of %s", temporary);
    /* Some file systems say only now that there was no room. */
    if (close(fd) < 0 && !status)
        status = err_errno("writing %s", temporary);
    if (status)
        goto err1;
    if (rename(temporary, path) < 0) {
        status = err_errno("renaming %s to %s", temporary, path);
        goto err1;
    }
    free(temporary);
    return file_sync_parent(path);
err1:
    /* The half-written file must not stay. */
    unlink(temporary);
err0:
    free(temporary);
    return status;
}

/* This cuts the path at each slash in turn. EEXIST of the last mkdir() does not
 * say whether a folder exists there; stat() at the end does. */
int file_make_folder(const char *path, mode_t mode)
{
    char *copy = mem_text(path);
    int status = 0;
    /* From the second character on: "/" needs no making. */
    for (char *at = copy + 1; !status; at++) {
        if (*at != '/' && *at != '\0')
            continue;
        char end = *at;
        *at = '\0';
        if (mkdir(copy, mode) < 0 && errno != EEXIST)
            status = err_errno("making the folder %s", copy);
        *at = end;
        if (end == '\0')
            break;
    }
    free(copy);
    struct stat found;
    if (!status && (stat(path, &found) < 0 || !S_ISDIR(found.st_mode)))
        status = err_set(ERR_EXISTS, "%s exists and is not a folder", path);
    return status;
}

/* nftw() calls this depth first, so a folder is empty when it comes. kind is
 * not needed, because remove() takes both files and folders. */
static int remove_entry(const char *path, const struct stat *found, int kind,
                        struct FTW *place)
{
    (void)found;
    (void)kind;
    (void)place;
    return remove(path);
}

int file_remove_tree(const char *path)
{
    /* FTW_PHYS: a symbolic link is removed, never followed, so nothing outside
     * the folder can be reached through one. */
    if (nftw(path, remove_entry, WALK_DESCRIPTORS, FTW_DEPTH | FTW_PHYS) < 0 &&
        errno != ENOENT)
        return err_errno("removing %s", path);
    return 0;
}

bool file_exists(const char *path)
{
    return access(path, F_OK) == 0;
}

int file_changed_ms(const char *path, uint64_t *out)
{
    struct stat info;

    if (stat(path, &info))
        return errno == ENOENT ? err_set(ERR_NOT_FOUND, "there is no %s", path)
                               : err_errno("%s", path);
    *out = (uint64_t)info.st_mtim.tv_sec * 1000 +
           (uint64_t)info.st_mtim.tv_nsec / 1000000;
    return 0;
}

int file_free_bytes(const char *path, uint64_t *out)
{
    struct statvfs found;
    if (statvfs(path, &found) < 0)
        return err_errno("asking for the free space at %s", path);
    /* f_bavail, not f_bfree: the rest is root's. */
    *out = (uint64_t)found.f_bavail * found.f_frsize;
    return 0;
}

int file_sync_folder(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return err_errno("opening the folder %s", path);
    int status = 0;
    if (fsync(fd) < 0)
        status = err_errno("writing the folder %s to disk", path);
    close(fd);
    return status;
}
