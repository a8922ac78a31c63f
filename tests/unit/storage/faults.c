/*
 * Functions of libc by the same names: the linker takes a program's own ones,
 * for its libraries, too. They go to the kernel by number. Both names of each
 * are here, as code for files of any size is compiled to either.
 */
#undef _FILE_OFFSET_BITS
#include "faults.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

static struct fault fault;
static atomic_bool armed;
static atomic_uint seen, failed;

void faults_begin(const struct fault *wanted)
{
    fault = *wanted;
    seen = failed = 0;
    armed = true;
}

bool faults_end(void)
{
    armed = false;
    return failed > 0;
}

static bool is_meant(const char *path)
{
    return !fault.path || (path && strstr(path, fault.path));
}

/* Does this call fail? A half write is no failure to go on with. */
static bool fails(unsigned call, int fd, const char *path)
{
    char link[64], name[4096];
    ssize_t size;
    unsigned number;

    if (!armed || !(fault.calls & call))
        return false;
    if (!path && fault.path) {
        snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
        size = readlink(link, name, sizeof(name) - 1);
        name[size < 0 ? 0 : size] = 0;
        path = name;
    }
    if (!is_meant(path))
        return false;
    number = ++seen;
    if (number != fault.at && !(fault.lasting && number > fault.at))
        return false;
    failed++;
    errno = fault.error;
    return true;
}

#define TWICE(type, name, parameters, ...)                                     \
    type name parameters;                                                      \
    type name##64 parameters;                                                  \
    type name parameters __VA_ARGS__ type name##64 parameters __VA_ARGS__

TWICE(ssize_t, pwrite, (int fd, const void *data, size_t size, off_t at), {
    if (fails(FAULT_WRITE, fd, NULL)) {
        if (fault.error)
            return -1;
        size = size / 2 + size % 2;
    }
    return syscall(SYS_pwrite64, fd, data, size, at);
})

TWICE(ssize_t, pwritev,
      (int fd, const struct iovec *parts, int count, off_t at), {
          if (fails(FAULT_WRITE, fd, NULL)) {
              if (fault.error)
                  return -1;
              return syscall(SYS_pwrite64, fd, parts[0].iov_base,
                             parts[0].iov_len / 2 + parts[0].iov_len % 2, at);
          }
          return syscall(SYS_pwritev, fd, parts, count, at, 0);
      })

TWICE(ssize_t, pread, (int fd, void *data, size_t size, off_t at), {
    return fails(FAULT_READ, fd, NULL)
               ? -1
               : syscall(SYS_pread64, fd, data, size, at);
})

TWICE(int, ftruncate, (int fd, off_t size), {
    return fails(FAULT_CUT, fd, NULL) ? -1
                                      : (int)syscall(SYS_ftruncate, fd, size);
})

TWICE(int, open, (const char *path, int flags, ...), {
    va_list arguments;
    mode_t mode;

    va_start(arguments, flags);
    mode = flags & O_CREAT ? va_arg(arguments, mode_t) : 0;
    va_end(arguments);
    if (flags & O_CREAT && fails(FAULT_MAKE, -1, path))
        return -1;
    return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
})

int fdatasync(int fd);
int fdatasync(int fd)
{
    return fails(FAULT_SYNC, fd, NULL) ? -1 : (int)syscall(SYS_fdatasync, fd);
}

int fsync(int fd);
int fsync(int fd)
{
    return fails(FAULT_SYNC, fd, NULL) ? -1 : (int)syscall(SYS_fsync, fd);
}

int unlink(const char *path);
int unlink(const char *path)
{
    return fails(FAULT_UNLINK, -1, path) ? -1 : (int)syscall(SYS_unlink, path);
}
