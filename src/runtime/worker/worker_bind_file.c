/*
 * Files of the task's folder. The kernel resolves every path below the folder's
 * descriptor and refuses symbolic links (openat2, Linux 5.6), so no path leads
 * out, with or without Landlock. Calls are synchronous, because the files are
 * small and local, and because the sandbox then needs no thread more.
 *
 * Errors look like those of Node's fs, codes included, because bundles compare
 * err.code with "ENOENT". js/node/fs.js adds recursion, options and encodings.
 *
 * A change of a name goes through the parent's descriptor, which is opened
 * below the folder first: mkdirat() and the like have no RESOLVE_BENEATH, but a
 * name without a slash can't leave its folder.
 */
#include "base/check.h"
#include "base/memory.h"
#include "runtime/worker/worker_bind.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The largest file that is read, as large as a message's payload. */
#define FILE_READ_MAX MESSAGE_PAYLOAD_MAX

/* The most entries of a folder that are listed. The rest is left out, because a
 * task could not work with so many in one turn. */
#define FILE_LIST_MAX 100000

/* RESOLVE_BENEATH refuses "..", absolute paths and mounts that lead out. The
 * kernel decides this as it opens the file. A check of the text before opening
 * would leave a gap between the two. */
static int open_beneath(const struct worker_engine *engine, const char *path,
                        uint64_t flags, uint64_t mode)
{
    struct open_how how = {
        .flags = flags | O_CLOEXEC,
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

/* Open the folder that holds path's last name; *name points into path. */
static int open_parent(const struct worker_engine *engine, char *path,
                       const char **name)
{
    char *slash = strrchr(path, '/');
    *name = slash ? slash + 1 : path;
    if (!**name || !strcmp(*name, ".") || !strcmp(*name, "..")) {
        errno = EINVAL;
        return -1;
    }
    if (!slash)
        return open_beneath(engine, ".", O_PATH | O_DIRECTORY, 0);
    /* The path is cut for the call and restored after it, because errors name
     * the whole path. */
    *slash = 0;
    int fd = open_beneath(engine, path, O_PATH | O_DIRECTORY, 0);
    *slash = '/';
    return fd;
}

/* The error has Node's form: "ENOENT: no such file or directory, open 'x'". */
static JSValueRef throw_errno(JSContextRef context, JSValueRef *exception,
                              const char *what, const char *path)
{
    int number = errno;
    /* "ENOENT", or NULL for a number that glibc doesn't know. */
    const char *name = strerrorname_np(number);
    return worker_bind_throw(context, exception, name ? name : "EIO",
                             "%s: %s, %s '%s'", name ? name : "EIO",
                             strerror(number), what, path);
}

/* A NUL would shorten the path that JavaScript has checked. */
static char *path_argument(JSContextRef context, size_t count,
                           const JSValueRef *arguments, size_t index,
                           JSValueRef *exception)
{
    size_t size;
    CHECK(index < count);
    char *path =
        worker_bind_copy_text(context, arguments[index], &size, exception);
    if (path && strlen(path) != size) {
        worker_bind_throw(context, exception, "EINVAL",
                          "EINVAL: a path must not hold a NUL");
        free(path);
        return NULL;
    }
    return path;
}

/* Append the whole file to out; -1 with errno. */
static int read_whole(int fd, struct buffer *out)
{
    struct stat status;
    if (fstat(fd, &status))
        return -1;
    /* read() would find a folder as well, but after memory was reserved. */
    if (S_ISDIR(status.st_mode))
        errno = EISDIR;
    else if (status.st_size > (off_t)FILE_READ_MAX)
        errno = EFBIG;
    else
        for (;;) {
            /* One byte more than the rest, so that this read finds the end. */
            size_t room = (size_t)status.st_size - out->size + 1;
            if (out->size > (size_t)status.st_size)
                room = 4096; /* the file has grown */
            ssize_t got = read(fd, buffer_reserve(out, room), room);
            if (got < 0)
                return -1;
            if (!got)
                return 0;
            out->size += (size_t)got;
            if (out->size > FILE_READ_MAX) {
                errno = EFBIG;
                return -1;
            }
        }
    return -1;
}

/* file_read(path) -> Uint8Array */
WORKER_BIND(read_file)
{
    struct buffer data = {0};
    JSValueRef value;
    char *path = path_argument(context, count, arguments, 0, exception);
    if (!path)
        return JSValueMakeUndefined(context);
    int fd = open_beneath(worker_bind_engine(self), path, O_RDONLY, 0);
    if (fd < 0 || read_whole(fd, &data))
        value = throw_errno(context, exception, "open", path);
    else
        value = worker_bind_make_bytes(context, buffer_view(&data), exception);
    if (fd >= 0)
        close(fd);
    buffer_free(&data);
    free(path);
    return value;
}

/* A write may take only a part, for example at the file size limit. The next
 * write then says why. */
static int write_whole(int fd, struct bytes data)
{
    while (data.size) {
        ssize_t put = write(fd, data.data, data.size);
        if (put < 0)
            return -1;
        data = bytes_make(data.data + put, data.size - (size_t)put);
    }
    return 0;
}

/* file_write(path, Uint8Array, flag): flag "w", "a" or "wx" */
WORKER_BIND(write_file)
{
    struct bytes data;
    CHECK(count == 3);
    if (!worker_bind_view(context, arguments[1], &data, exception))
        return JSValueMakeUndefined(context);
    char *path = path_argument(context, count, arguments, 0, exception);
    char *flag =
        path ? path_argument(context, count, arguments, 2, exception) : NULL;
    if (flag) {
        uint64_t flags = O_WRONLY | O_CREAT;
        /* js/node/fs.js passes only flags that it knows. */
        flags |= *flag == 'a' ? O_APPEND : O_TRUNC;
        flags |= strchr(flag, 'x') ? O_EXCL : 0;
        int fd = open_beneath(worker_bind_engine(self), path, flags, 0644);
        if (fd < 0 || write_whole(fd, data))
            throw_errno(context, exception, "open", path);
        if (fd >= 0)
            close(fd);
    }
    free(flag);
    free(path);
    return JSValueMakeUndefined(context);
}

/* "file", "folder" or "other" */
static const char *kind_of(mode_t mode)
{
    if (S_ISREG(mode))
        return "file";
    return S_ISDIR(mode) ? "folder" : "other";
}

/* file_status(path) -> [kind, size, unix ms of the last change] */
WORKER_BIND(file_status)
{
    struct stat status;
    JSValueRef value = JSValueMakeUndefined(context);
    char *path = path_argument(context, count, arguments, 0, exception);
    if (!path)
        return value;
    /* O_PATH needs no right to read. */
    int fd = open_beneath(worker_bind_engine(self), path, O_PATH, 0);
    if (fd < 0 || fstat(fd, &status)) {
        throw_errno(context, exception, "stat", path);
    } else {
        double changed_ms = (double)status.st_mtim.tv_sec * 1e3 +
                            (double)status.st_mtim.tv_nsec / 1e6;
        JSValueRef parts[3] = {
            worker_bind_make_text(context, kind_of(status.st_mode)),
            JSValueMakeNumber(context, (double)status.st_size),
            JSValueMakeNumber(context, changed_ms),
        };
        value = JSObjectMakeArray(context, 3, parts, exception);
    }
    if (fd >= 0)
        close(fd);
    free(path);
    return value;
}

/* js/node/fs.js sorts the entries and finds their kinds. */
static JSValueRef list_entries(JSContextRef context, DIR *folder,
                               JSValueRef *exception)
{
    JSObjectRef list = JSObjectMakeArray(context, 0, NULL, exception);
    unsigned index = 0;
    struct dirent *entry;
    while (list && index < FILE_LIST_MAX && (entry = readdir(folder))) {
        if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
            continue;
        JSObjectSetPropertyAtIndex(
            context, list, index++,
            worker_bind_make_text(context, entry->d_name), exception);
    }
    return list;
}

/* file_list(path) -> [name, ...] */
WORKER_BIND(list_folder)
{
    JSValueRef value = JSValueMakeUndefined(context);
    char *path = path_argument(context, count, arguments, 0, exception);
    if (!path)
        return value;
    int fd =
        open_beneath(worker_bind_engine(self), path, O_RDONLY | O_DIRECTORY, 0);
    DIR *folder = fd >= 0 ? fdopendir(fd) : NULL;
    if (folder)
        value = list_entries(context, folder, exception);
    else
        throw_errno(context, exception, "scandir", path);
    if (folder)
        closedir(folder);
    /* fdopendir() has failed and did not take the descriptor. */
    else if (fd >= 0)
        close(fd);
    free(path);
    return value;
}

/* Change the folder that holds path's last name. */
static JSValueRef change_entry(JSContextRef context, JSObjectRef self,
                               size_t count, const JSValueRef *arguments,
                               const char *what,
                               int (*change)(int fd, const char *name),
                               JSValueRef *exception)
{
    const char *name;
    char *path = path_argument(context, count, arguments, 0, exception);
    if (!path)
        return JSValueMakeUndefined(context);
    int fd = open_parent(worker_bind_engine(self), path, &name);
    /* errno is that of the call that failed. */
    if (fd < 0 || change(fd, name))
        throw_errno(context, exception, what, path);
    if (fd >= 0)
        close(fd);
    free(path);
    return JSValueMakeUndefined(context);
}

/* The next three functions have the form that change_entry() takes. */
static int make_one(int fd, const char *name)
{
    return mkdirat(fd, name, 0755);
}

static int remove_file_one(int fd, const char *name)
{
    return unlinkat(fd, name, 0);
}

static int remove_folder_one(int fd, const char *name)
{
    return unlinkat(fd, name, AT_REMOVEDIR);
}

/* folder_make(path) */
WORKER_BIND(make_folder)
{
    return change_entry(context, self, count, arguments, "mkdir", make_one,
                        exception);
}

/* file_remove(path) */
WORKER_BIND(remove_file)
{
    return change_entry(context, self, count, arguments, "unlink",
                        remove_file_one, exception);
}

/* folder_remove(path): an empty one */
WORKER_BIND(remove_folder)
{
    return change_entry(context, self, count, arguments, "rmdir",
                        remove_folder_one, exception);
}

/* file_rename(from, to) */
WORKER_BIND(rename_file)
{
    const char *from_name, *to_name;
    struct worker_engine *engine = worker_bind_engine(self);
    char *from = path_argument(context, count, arguments, 0, exception);
    char *to =
        from ? path_argument(context, count, arguments, 1, exception) : NULL;
    if (to) {
        int from_fd = open_parent(engine, from, &from_name);
        /* If the first fails, its errno is kept for the message. */
        int to_fd = from_fd < 0 ? -1 : open_parent(engine, to, &to_name);
        if (to_fd < 0 || renameat(from_fd, from_name, to_fd, to_name))
            throw_errno(context, exception, "rename", from);
        if (from_fd >= 0)
            close(from_fd);
        if (to_fd >= 0)
            close(to_fd);
    }
    free(to);
    free(from);
    return JSValueMakeUndefined(context);
}

const JSStaticFunction worker_bind_file[] = {
    {"file_read", read_file, kJSPropertyAttributeReadOnly},
    {"file_write", write_file, kJSPropertyAttributeReadOnly},
    {"file_status", file_status, kJSPropertyAttributeReadOnly},
    {"file_list", list_folder, kJSPropertyAttributeReadOnly},
    {"folder_make", make_folder, kJSPropertyAttributeReadOnly},
    {"file_remove", remove_file, kJSPropertyAttributeReadOnly},
    {"folder_remove", remove_folder, kJSPropertyAttributeReadOnly},
    {"file_rename", rename_file, kJSPropertyAttributeReadOnly},
    {0},
};
