/*
 * The machine's own disk.
 *
 * A durable write in place goes past the page cache (O_DIRECT, O_DSYNC): the
 * device gets the few sectors and no page around them, and with blocks that the
 * file has already it is one command. File systems without O_DIRECT say EINVAL,
 * at opening or at the first write (tmpfs of older kernels, some overlays,
 * disks of 4,096-byte sectors). Then O_DSYNC alone does it, which is pwrite and
 * fdatasync in one call.
 */
#include "base/disk.h"

#include "base/check.h"
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* Place and size of a direct transfer, where nothing larger is asked for. */
#define DIRECT_UNIT DISK_SECTOR
/* Its memory: a page is right for every device. */
#define DIRECT_ALIGNMENT 4096
/* The largest direct transfer; what is larger goes in pieces. Of the memory the
 * system gives what is used. */
#define DIRECT_SIZE (1u << 20)

struct real_file {
    struct disk_file file;
    int fd;
    bool is_direct;
    uint8_t *aligned; /* DIRECT_SIZE bytes, if it was opened as direct */
};

static struct real_file *real(struct disk_file *file)
{
    return (struct real_file *)(void *)file;
}

/* No room is the operator's to mend, and so has a code of its own. */
static int failed(const char *what, const char *path)
{
    bool is_full = errno == ENOSPC || errno == EDQUOT || errno == EFBIG;
    int status = err_errno("%s %s", what, path);

    return is_full ? err_set(ERR_FULL, "%s", err_text()) : status;
}

static int open_fd(const char *path, int flags)
{
    int fd;

    do {
        fd = open(path, flags | O_CLOEXEC, 0600);
    } while (fd < 0 && errno == EINTR);
    return fd;
}

/* What an earlier process wrote and the disk refused is still in memory, marked
 * as clean. The sync brings out what is not on its way yet, and may fail with
 * that process' error, which is of no concern: what the disk has not got is
 * then read as what it has. */
static void forget_cached(int fd)
{
    (void)fdatasync(fd);
    (void)posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
}

static int real_open(struct disk *disk, const char *path, int ways,
                     struct disk_file **out)
{
    int flags = ways & DISK_WRITE ? O_RDWR : O_RDONLY;
    bool is_direct = (ways & DISK_DURABLE) != 0;
    int fd;

    if (ways & DISK_MAKE)
        flags |= O_CREAT;
    if (ways & DISK_DURABLE)
        flags |= O_DSYNC;
    fd = open_fd(path, is_direct ? flags | O_DIRECT : flags);
    if (fd < 0 && is_direct && errno == EINVAL) {
        is_direct = false;
        fd = open_fd(path, flags);
    }
    if (fd < 0 && errno == ENOENT)
        return err_set(ERR_NOT_FOUND, "there is no file %s", path);
    if (fd < 0)
        return failed("opening", path);
    if (ways & DISK_WRITE)
        forget_cached(fd);
    struct real_file *file = mem_zero(1, sizeof(*file));
    file->fd = fd;
    file->is_direct = is_direct;
    if (is_direct) {
        file->aligned = aligned_alloc(DIRECT_ALIGNMENT, DIRECT_SIZE);
        CHECK(file->aligned);
    }
    *out = &file->file;
    return 0;
}

static void real_close(struct disk_file *file)
{
    close(real(file)->fd);
    free(real(file)->aligned);
    free(file);
}

static int real_size(struct disk_file *file, uint64_t *out)
{
    struct stat found;

    if (fstat(real(file)->fd, &found))
        return failed("asking for the size of", file->path);
    *out = (uint64_t)found.st_size;
    return 0;
}

/* Go on through the page cache. */
static int leave_direct(struct real_file *file)
{
    int flags = fcntl(file->fd, F_GETFL);

    if (flags < 0 || fcntl(file->fd, F_SETFL, flags & ~O_DIRECT))
        return failed("changing the way of writing", file->file.path);
    file->is_direct = false;
    return 0;
}

static bool is_aligned(uint64_t at, size_t size)
{
    return !(at % DIRECT_UNIT) && !(size % DIRECT_UNIT);
}

/* One pread() or pwrite(), which may do less; -1 and errno if it fails. */
static ssize_t transfer_once(struct real_file *file, uint64_t at, void *into,
                             const void *from, size_t size)
{
    ssize_t done;

    if (file->is_direct && size > DIRECT_SIZE)
        size = DIRECT_SIZE;
    if (file->is_direct && from)
        memcpy(file->aligned, from, size);
    do {
        const void *source = file->is_direct ? file->aligned : from;
        void *target = file->is_direct ? file->aligned : into;
        done = from ? pwrite(file->fd, source, size, (off_t)at)
                    : pread(file->fd, target, size, (off_t)at);
    } while (done < 0 && errno == EINTR);
    if (file->is_direct && into && done > 0)
        memcpy(into, file->aligned, (size_t)done);
    return done;
}

/* The same, and through the page cache where direct is not possible. */
static ssize_t transfer(struct real_file *file, uint64_t at, void *into,
                        const void *from, size_t size)
{
    if (file->is_direct && is_aligned(at, size)) {
        ssize_t done = transfer_once(file, at, into, from, size);
        if (done >= 0 || errno != EINVAL)
            return done;
    }
    if (file->is_direct && leave_direct(file))
        return -1;
    return transfer_once(file, at, into, from, size);
}

static int real_read(struct disk_file *file, uint64_t at, void *into,
                     size_t room, size_t *got)
{
    uint8_t *where = into;

    while (*got < room) {
        ssize_t done =
            transfer(real(file), at + *got, where + *got, NULL, room - *got);
        if (done < 0)
            return failed("reading", file->path);
        if (!done)
            break;
        *got += (size_t)done;
    }
    return 0;
}

static int real_write(struct disk_file *file, uint64_t at, struct bytes bytes)
{
    while (bytes.size) {
        ssize_t done = transfer(real(file), at, NULL, bytes.data, bytes.size);
        if (done < 0)
            return failed("writing", file->path);
        at += (size_t)done;
        bytes.data += done;
        bytes.size -= (size_t)done;
    }
    return 0;
}

static int real_sync(struct disk_file *file)
{
    return fdatasync(real(file)->fd) ? failed("writing to disk:", file->path)
                                     : 0;
}

static int real_truncate(struct disk_file *file, uint64_t size)
{
    return ftruncate(real(file)->fd, (off_t)size)
               ? failed("changing the size of", file->path)
               : 0;
}

static int real_rename(struct disk *disk, const char *from, const char *to)
{
    return rename(from, to) ? failed("renaming", from) : 0;
}

static int real_remove(struct disk *disk, const char *path)
{
    return unlink(path) && errno != ENOENT ? failed("removing", path) : 0;
}

static int real_make_folder(struct disk *disk, const char *path)
{
    int status = file_make_folder(path, 0700);

    return status ? status : file_sync_parent(path);
}

static int real_sync_folder(struct disk *disk, const char *path)
{
    return file_sync_folder(path);
}

static int add_files(DIR *opened, const char *folder, struct disk_names *out)
{
    int status = 0;

    while (!status) {
        struct stat found;
        errno = 0;
        const struct dirent *entry = readdir(opened);
        if (!entry)
            return errno ? failed("reading the folder", folder) : 0;
        if (!fstatat(dirfd(opened), entry->d_name, &found, 0) &&
            S_ISREG(found.st_mode))
            status = disk_names_add(out, folder, entry->d_name);
    }
    return status;
}

static int real_list(struct disk *disk, const char *folder,
                     struct disk_names *out)
{
    DIR *opened = opendir(folder);

    if (!opened)
        return errno == ENOENT
                   ? err_set(ERR_NOT_FOUND, "there is no folder %s", folder)
                   : failed("opening the folder", folder);
    int status = add_files(opened, folder, out);
    closedir(opened);
    return status;
}

struct disk *disk_real(void)
{
    static const struct disk_methods methods = {
        .open = real_open,
        .close = real_close,
        .size = real_size,
        .read = real_read,
        .write = real_write,
        .sync = real_sync,
        .truncate = real_truncate,
        .rename = real_rename,
        .remove = real_remove,
        .make_folder = real_make_folder,
        .sync_folder = real_sync_folder,
        .list = real_list,
    };
    static struct disk disk = {.methods = &methods};

    return &disk;
}
