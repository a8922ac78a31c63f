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

static int read_all(int fd, const char *path, size_t limit_bytes,
                    struct buffer *out)
{
    size_t before = out->size;
    for (;;) {
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

int file_read(const char *path, size_t limit_bytes, struct buffer *out)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT)
        return err_set(ERR_NOT_FOUND, "there is no file %s", path);
    if (fd < 0)
        return err_errno("opening %s", path);
    int status = read_all(fd, path, limit_bytes, out);
    close(fd);
    return status;
}

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

static int sync_parent(const char *path)
{
    const char *slash = strrchr(path, '/');
    if (!slash)
        return file_sync_folder(".");
    char *folder = mem_format("%.*s", (int)(slash - path) + 1, path);
    int status = file_sync_folder(folder);
    free(folder);
    return status;
}

int file_replace(const char *path, struct bytes data, mode_t mode)
{
    char *temporary = mem_format("%s.XXXXXX", path);
    int fd = mkostemp(temporary, O_CLOEXEC);
    int status;
    if (fd < 0) {
        status = err_errno("making a file beside %s", path);
        goto err0;
    }
    status = write_all(fd, temporary, data);
    if (status == 0 && fchmod(fd, mode) < 0)
        status = err_errno("setting the mode of %s", temporary);
    close(fd);
    if (status < 0)
        goto err1;
    if (rename(temporary, path) < 0) {
        status = err_errno("renaming %s to %s", temporary, path);
        goto err1;
    }
    free(temporary);
    return sync_parent(path);
err1:
    unlink(temporary);
err0:
    free(temporary);
    return status;
}

int file_make_folder(const char *path, mode_t mode)
{
    char *copy = mem_text(path);
    int status = 0;
    for (char *at = copy + 1; status == 0; at++) {
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
    if (status == 0 && (stat(path, &found) < 0 || !S_ISDIR(found.st_mode)))
        status = err_set(ERR_EXISTS, "%s is there and is no folder", path);
    return status;
}

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
    if (nftw(path, remove_entry, WALK_DESCRIPTORS, FTW_DEPTH | FTW_PHYS) < 0 &&
        errno != ENOENT)
        return err_errno("removing %s", path);
    return 0;
}

bool file_exists(const char *path)
{
    return access(path, F_OK) == 0;
}

int file_free_bytes(const char *path, uint64_t *out)
{
    struct statvfs found;
    if (statvfs(path, &found) < 0)
        return err_errno("asking for the free space at %s", path);
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
