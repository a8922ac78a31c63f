/*
 * Loaded before a program (LD_PRELOAD): a disk that fails. As soon as the file
 * that DISK_FAILS_IF names is there, writes to files whose paths contain
 * DISK_FAILS_IN fail, as DISK_FAILS_HOW says:
 *
 *   write   nothing is written
 *   half    the first half is
 *   sync    all is written, and bringing it to disk fails
 */
/* So that pwrite() and pwrite64() are two names. */
#undef _FILE_OFFSET_BITS
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

/* Half of it is a whole number of sectors, where the program writes such. */
#define SECTOR 512

static bool is_failing(int fd, const char *how)
{
    const char *part = getenv("DISK_FAILS_IN");
    const char *when = getenv("DISK_FAILS_IF");
    const char *wanted = getenv("DISK_FAILS_HOW");
    char name[64], path[4096];
    if (!part || !when || !wanted || strcmp(how, wanted) != 0 ||
        access(when, F_OK) != 0)
        return false;
    snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
    ssize_t size = readlink(name, path, sizeof(path) - 1);
    if (size < 0)
        return false;
    path[size] = 0;
    return strstr(path, part) != NULL;
}

/* What is written is on disk when the call returns. */
static bool is_synced(int fd)
{
    return fcntl(fd, F_GETFL) & O_DSYNC;
}

static int fail(void)
{
    errno = EIO;
    return -1;
}

ssize_t pwrite(int fd, const void *bytes, size_t size, off_t at)
{
    static ssize_t (*real)(int, const void *, size_t, off_t);
    if (!real)
        real = (ssize_t(*)(int, const void *, size_t, off_t))dlsym(RTLD_NEXT,
                                                                   "pwrite");
    if (is_failing(fd, "write"))
        return fail();
    if (is_failing(fd, "half")) {
        (void)real(fd, bytes, size / 2 / SECTOR * SECTOR, at);
        return fail();
    }
    ssize_t done = real(fd, bytes, size, at);
    return is_failing(fd, "sync") && is_synced(fd) ? fail() : done;
}

ssize_t pwrite64(int fd, const void *bytes, size_t size, off_t at)
{
    return pwrite(fd, bytes, size, at);
}

ssize_t write(int fd, const void *bytes, size_t size)
{
    static ssize_t (*real)(int, const void *, size_t);
    if (!real)
        real = (ssize_t(*)(int, const void *, size_t))dlsym(RTLD_NEXT, "write");
    if (is_failing(fd, "write"))
        return fail();
    if (is_failing(fd, "half")) {
        (void)real(fd, bytes, size / 2);
        return fail();
    }
    return real(fd, bytes, size);
}

ssize_t writev(int fd, const struct iovec *parts, int count)
{
    static ssize_t (*real)(int, const struct iovec *, int);
    if (!real)
        real = (ssize_t(*)(int, const struct iovec *, int))dlsym(RTLD_NEXT,
                                                                 "writev");
    if (is_failing(fd, "write"))
        return fail();
    if (is_failing(fd, "half")) {
        (void)real(fd, parts, count / 2);
        return fail();
    }
    return real(fd, parts, count);
}

int fdatasync(int fd)
{
    static int (*real)(int);
    if (!real)
        real = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
    return is_failing(fd, "sync") ? fail() : real(fd);
}

int fsync(int fd)
{
    static int (*real)(int);
    if (!real)
        real = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
    return is_failing(fd, "sync") ? fail() : real(fd);
}
