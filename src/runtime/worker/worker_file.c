/*
 * A check of a path's text before it is opened would leave a gap between the
 * two, in which the folder may change. So the kernel checks as it opens.
 */
#include "runtime/worker/worker_file.h"
#include "base/check.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* RESOLVE_BENEATH refuses "..", absolute paths and mounts that lead out.
 * O_NONBLOCK does nothing to files and keeps a named pipe from stopping the
 * worker. */
int worker_file_open(const struct worker_engine *engine, const char *path,
                     uint64_t flags, uint64_t mode)
{
    struct open_how how = {
        .flags = flags | O_CLOEXEC | (flags & O_PATH ? 0 : O_NONBLOCK),
        .mode = mode,
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS,
    };
    /* To a task without a folder, its folder does not exist. */
    if (engine->folder_fd < 0) {
        errno = ENOENT;
        return -1;
    }
    return (int)syscall(SYS_openat2, engine->folder_fd, *path ? path : ".",
                        &how, sizeof(how));
}

int worker_file_open_parent(const struct worker_engine *engine, char *path,
                            const char **name)
{
    char *slash = strrchr(path, '/');
    *name = slash ? slash + 1 : path;
    /* "." is the folder itself, which the kernel lets nobody change so. */
    if (!**name || !strcmp(*name, "..")) {
        errno = EINVAL;
        return -1;
    }
    if (!slash)
        return worker_file_open(engine, ".", O_PATH | O_DIRECTORY, 0);
    /* The path is cut for the call alone. */
    *slash = 0;
    int fd = worker_file_open(engine, path, O_PATH | O_DIRECTORY, 0);
    *slash = '/';
    return fd;
}

JSValueRef worker_file_throw(JSContextRef context, JSValueRef *exception)
{
    int number = errno;
    /* "ENOENT", or NULL for a number that glibc doesn't know. */
    const char *name = strerrorname_np(number);
    worker_bind_throw(context, exception, name ? name : "EIO", "%s",
                      strerror(number));
    if (*exception && JSValueIsObject(context, *exception)) {
        JSStringRef key = JSStringCreateWithUTF8CString("errno");
        JSObjectSetProperty(context, JSValueToObject(context, *exception, NULL),
                            key, JSValueMakeNumber(context, -number),
                            kJSPropertyAttributeNone, NULL);
        JSStringRelease(key);
    }
    return JSValueMakeUndefined(context);
}

/* A NUL would shorten the path that JavaScript has checked. */
char *worker_file_path(JSContextRef context, size_t count,
                       const JSValueRef *arguments, size_t index,
                       JSValueRef *exception)
{
    size_t size;
    CHECK(index < count);
    char *path =
        worker_bind_copy_text(context, arguments[index], &size, exception);
    if (path && strlen(path) != size) {
        worker_bind_throw(context, exception, "EINVAL",
                          "a path must not hold a NUL");
        free(path);
        return NULL;
    }
    return path;
}

/* Seconds and nanoseconds are two numbers, because one would not be exact. */
JSValueRef worker_file_status(JSContextRef context, int fd,
                              JSValueRef *exception)
{
    struct statx status;
    if (statx(fd, "", AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW,
              STATX_BASIC_STATS | STATX_BTIME, &status))
        return worker_file_throw(context, exception);
    /* A file system that keeps no time of birth. */
    if (!(status.stx_mask & STATX_BTIME))
        status.stx_btime = status.stx_ctime;
    double numbers[] = {
        (double)gnu_dev_makedev(status.stx_dev_major, status.stx_dev_minor),
        status.stx_mode,
        status.stx_nlink,
        status.stx_uid,
        status.stx_gid,
        (double)gnu_dev_makedev(status.stx_rdev_major, status.stx_rdev_minor),
        status.stx_blksize,
        (double)status.stx_ino,
        (double)status.stx_size,
        (double)status.stx_blocks,
        (double)status.stx_atime.tv_sec,
        status.stx_atime.tv_nsec,
        (double)status.stx_mtime.tv_sec,
        status.stx_mtime.tv_nsec,
        (double)status.stx_ctime.tv_sec,
        status.stx_ctime.tv_nsec,
        (double)status.stx_btime.tv_sec,
        status.stx_btime.tv_nsec,
    };
    JSValueRef values[sizeof(numbers) / sizeof(*numbers)];
    for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
        values[i] = JSValueMakeNumber(context, numbers[i]);
    return JSObjectMakeArray(context, sizeof(values) / sizeof(*values), values,
                             exception);
}
