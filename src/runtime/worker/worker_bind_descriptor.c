/*
 * Files that a task has open. A descriptor of the kernel is handed out as it
 * is, but only those that a task has opened are taken back: the socket to the
 * node and the engine's own descriptors are out of reach.
 *
 * Calls are synchronous, because the files are small and local, and because
 * the sandbox then needs no thread more. No position (-1) means the file's own.
 */
#include "base/check.h"
#include "runtime/worker/worker_bind.h"
#include "runtime/worker/worker_disk.h"
#include "runtime/worker/worker_file.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* Half of the descriptors that a worker may have (OPEN_FILES of
 * worker_main.c), so that an engine whose task leaks files works on. */
#define TASK_FILES_MAX 32

/* The bits of worker_engine.task_files. */
#define DESCRIPTOR_MAX 64

/* What a task may ask of open(). Not here: O_PATH, O_TMPFILE, O_DIRECT and the
 * flags that make signals. */
#define OPEN_FLAGS                                                             \
    (O_ACCMODE | O_CREAT | O_EXCL | O_TRUNC | O_APPEND | O_DIRECTORY |         \
     O_NOFOLLOW | O_SYNC | O_DSYNC)

/* Without set-user-id and the like. */
#define MODE_BITS 0777

static uint64_t bit_of(int fd)
{
    return (uint64_t)1 << fd;
}

/* The argument at 0 as a descriptor of the task's; -1 with *exception set. */
static int own_descriptor(JSContextRef context, JSObjectRef self, size_t count,
                          const JSValueRef *arguments, JSValueRef *exception)
{
    double number = worker_bind_number(context, count, arguments, 0);
    if (number >= 0 && number < DESCRIPTOR_MAX &&
        (worker_bind_engine(self)->task_files & bit_of((int)number)))
        return (int)number;
    errno = EBADF;
    worker_file_throw(context, exception);
    return -1;
}

/* An open file becomes the task's; -1 with errno. */
static int keep(struct worker_engine *engine, int fd)
{
    if (fd >= 0 && fd < DESCRIPTOR_MAX) {
        engine->task_files |= bit_of(fd);
        return fd;
    }
    if (fd >= 0) {
        close(fd);
        errno = EMFILE;
    }
    return -1;
}

/* file_open(path, flags, mode) -> descriptor */
WORKER_BIND(open_file)
{
    struct worker_engine *engine = worker_bind_engine(self);
    JSValueRef value = JSValueMakeUndefined(context);
    uint64_t flags =
        (uint64_t)worker_bind_number(context, count, arguments, 1) & OPEN_FLAGS;
    uint64_t mode =
        (uint64_t)worker_bind_number(context, count, arguments, 2) & MODE_BITS;
    char *path = worker_file_path(context, count, arguments, 0, exception);
    if (!path)
        return value;
    int fd = -1;
    if (__builtin_popcountll(engine->task_files) >= TASK_FILES_MAX)
        errno = EMFILE;
    else if (!(flags & O_CREAT) || worker_disk_take(WORKER_DISK_ENTRY))
        fd = keep(engine, worker_file_open(engine, path, flags,
                                           flags & O_CREAT ? mode : 0));
    if (fd < 0)
        worker_file_throw(context, exception);
    else
        value = JSValueMakeNumber(context, fd);
    free(path);
    return value;
}

/* descriptor_close(descriptor) */
WORKER_BIND(close_descriptor)
{
    int fd = own_descriptor(context, self, count, arguments, exception);
    if (fd < 0)
        return JSValueMakeUndefined(context);
    worker_bind_engine(self)->task_files &= ~bit_of(fd);
    if (close(fd))
        worker_file_throw(context, exception);
    return JSValueMakeUndefined(context);
}

/* The arguments (descriptor, Uint8Array, position) of reading and writing.
 * Returns the descriptor; -1 with *exception set. */
static int transfer(JSContextRef context, JSObjectRef self, size_t count,
                    const JSValueRef *arguments, struct bytes *view,
                    off_t *position, JSValueRef *exception)
{
    CHECK(count == 3);
    int fd = own_descriptor(context, self, count, arguments, exception);
    *position = (off_t)worker_bind_number(context, count, arguments, 2);
    if (fd < 0 || !worker_bind_view(context, arguments[1], view, exception))
        return -1;
    return fd;
}

/* descriptor_read(descriptor, Uint8Array, position) -> bytes read */
WORKER_BIND(read_descriptor)
{
    struct bytes view;
    off_t position;
    int fd =
        transfer(context, self, count, arguments, &view, &position, exception);
    if (fd < 0)
        return JSValueMakeUndefined(context);
    /* The view is the engine's memory, and this call fills it. */
    void *at = (void *)(uintptr_t)view.data;
    ssize_t got = position < 0 ? read(fd, at, view.size)
                               : pread(fd, at, view.size, position);
    return got < 0 ? worker_file_throw(context, exception)
                   : JSValueMakeNumber(context, (double)got);
}

/* descriptor_write(descriptor, Uint8Array, position) -> bytes written: fewer
 * than asked at the limit of a file's size, whose next write says why */
WORKER_BIND(write_descriptor)
{
    struct bytes view;
    off_t position;
    int fd =
        transfer(context, self, count, arguments, &view, &position, exception);
    if (fd < 0)
        return JSValueMakeUndefined(context);
    ssize_t put = -1;
    if (worker_disk_take(view.size))
        put = position < 0 ? write(fd, view.data, view.size)
                           : pwrite(fd, view.data, view.size, position);
    return put < 0 ? worker_file_throw(context, exception)
                   : JSValueMakeNumber(context, (double)put);
}

/* descriptor_status(descriptor) -> [number, ...] */
WORKER_BIND(status_of_descriptor)
{
    int fd = own_descriptor(context, self, count, arguments, exception);
    return fd < 0 ? JSValueMakeUndefined(context)
                  : worker_file_status(context, fd, exception);
}

/* descriptor_resize(descriptor, bytes) */
WORKER_BIND(resize_descriptor)
{
    int fd = own_descriptor(context, self, count, arguments, exception);
    if (fd >= 0 &&
        ftruncate(fd, (off_t)worker_bind_number(context, count, arguments, 1)))
        worker_file_throw(context, exception);
    return JSValueMakeUndefined(context);
}

/* descriptor_sync(descriptor, whether what is known of the file counts, too) */
WORKER_BIND(sync_descriptor)
{
    int fd = own_descriptor(context, self, count, arguments, exception);
    bool is_whole = count > 1 && JSValueToBoolean(context, arguments[1]);
    if (fd >= 0 && (is_whole ? fsync(fd) : fdatasync(fd)))
        worker_file_throw(context, exception);
    return JSValueMakeUndefined(context);
}

/* descriptor_mode(descriptor, mode) */
WORKER_BIND(change_mode)
{
    int fd = own_descriptor(context, self, count, arguments, exception);
    mode_t mode =
        (mode_t)worker_bind_number(context, count, arguments, 1) & MODE_BITS;
    if (fd >= 0 && fchmod(fd, mode))
        worker_file_throw(context, exception);
    return JSValueMakeUndefined(context);
}

/* Seconds since 1970, with a fraction. */
static struct timespec time_of(double seconds)
{
    struct timespec time = {.tv_sec = (time_t)seconds};
    double rest = seconds - (double)time.tv_sec;
    if (rest < 0) {
        time.tv_sec--;
        rest += 1;
    }
    /* Node keeps microseconds. */
    time.tv_nsec = (long)(rest * 1e6) * 1000;
    return time;
}

/* descriptor_times(descriptor, accessed s, modified s) */
WORKER_BIND(change_times)
{
    struct timespec times[2] = {
        time_of(worker_bind_number(context, count, arguments, 1)),
        time_of(worker_bind_number(context, count, arguments, 2)),
    };
    int fd = own_descriptor(context, self, count, arguments, exception);
    if (fd >= 0 && futimens(fd, times))
        worker_file_throw(context, exception);
    return JSValueMakeUndefined(context);
}

const JSStaticFunction worker_bind_descriptor[] = {
    {"file_open", open_file, kJSPropertyAttributeReadOnly},
    {"descriptor_close", close_descriptor, kJSPropertyAttributeReadOnly},
    {"descriptor_read", read_descriptor, kJSPropertyAttributeReadOnly},
    {"descriptor_write", write_descriptor, kJSPropertyAttributeReadOnly},
    {"descriptor_status", status_of_descriptor, kJSPropertyAttributeReadOnly},
    {"descriptor_resize", resize_descriptor, kJSPropertyAttributeReadOnly},
    {"descriptor_sync", sync_descriptor, kJSPropertyAttributeReadOnly},
    {"descriptor_mode", change_mode, kJSPropertyAttributeReadOnly},
    {"descriptor_times", change_times, kJSPropertyAttributeReadOnly},
    {0},
};
