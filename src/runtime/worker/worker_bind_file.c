/*
 * Names in the task's folder. js/node/fs_sync.js makes Node's functions of
 * these.
 */
#include "base/check.h"
#include "runtime/worker/worker_bind.h"
#include "runtime/worker/worker_disk.h"
#include "runtime/worker/worker_file.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* The most entries of a folder that are listed: a task could not work with
 * more in one turn. A folder that has more is an error (EOVERFLOW). */
#define FILE_LIST_MAX 100000

/* file_status(path) -> [number, ...]; of a symbolic link itself */
WORKER_BIND(file_status)
{
    JSValueRef value = JSValueMakeUndefined(context);
    char *path = worker_file_path(context, count, arguments, 0, exception);
    if (!path)
        return value;
    /* O_PATH needs no right to read. */
    int fd = worker_file_open(worker_bind_engine(self), path,
                              O_PATH | O_NOFOLLOW, 0);
    if (fd < 0)
        worker_file_throw(context, exception);
    else
        value = worker_file_status(context, fd, exception);
    if (fd >= 0)
        close(fd);
    free(path);
    return value;
}

/* [name, kind, ...]: the kinds are the numbers of d_type. */
static JSValueRef list_entries(JSContextRef context, DIR *folder,
                               JSValueRef *exception)
{
    JSObjectRef list = JSObjectMakeArray(context, 0, NULL, exception);
    unsigned index = 0;
    struct dirent *entry;
    while (list && (entry = readdir(folder))) {
        if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
            continue;
        if (index == 2 * FILE_LIST_MAX) {
            errno = EOVERFLOW;
            return worker_file_throw(context, exception);
        }
        JSObjectSetPropertyAtIndex(
            context, list, index++,
            worker_bind_make_text(context, entry->d_name), exception);
        JSObjectSetPropertyAtIndex(context, list, index++,
                                   JSValueMakeNumber(context, entry->d_type),
                                   exception);
    }
    return list;
}

/* file_list(path) -> [name, kind, ...] */
WORKER_BIND(list_folder)
{
    JSValueRef value = JSValueMakeUndefined(context);
    char *path = worker_file_path(context, count, arguments, 0, exception);
    if (!path)
        return value;
    int fd = worker_file_open(worker_bind_engine(self), path,
                              O_RDONLY | O_DIRECTORY, 0);
    DIR *folder = fd >= 0 ? fdopendir(fd) : NULL;
    if (folder)
        value = list_entries(context, folder, exception);
    else
        worker_file_throw(context, exception);
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
                               int (*change)(int fd, const char *name),
                               JSValueRef *exception)
{
    const char *name;
    char *path = worker_file_path(context, count, arguments, 0, exception);
    if (!path)
        return JSValueMakeUndefined(context);
    int fd = worker_file_open_parent(worker_bind_engine(self), path, &name);
    /* errno is that of the call that failed. */
    if (fd < 0 || change(fd, name))
        worker_file_throw(context, exception);
    if (fd >= 0)
        close(fd);
    free(path);
    return JSValueMakeUndefined(context);
}

/* The next three functions have the form that change_entry() takes. */
static int make_one(int fd, const char *name)
{
    return worker_disk_take(WORKER_DISK_ENTRY) ? mkdirat(fd, name, 0777) : -1;
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
    return change_entry(context, self, count, arguments, make_one, exception);
}

/* file_remove(path) */
WORKER_BIND(remove_file)
{
    return change_entry(context, self, count, arguments, remove_file_one,
                        exception);
}

/* folder_remove(path): an empty one */
WORKER_BIND(remove_folder)
{
    return change_entry(context, self, count, arguments, remove_folder_one,
                        exception);
}

/* Change two names of the folder's at once. */
static JSValueRef change_pair(JSContextRef context, JSObjectRef self,
                              size_t count, const JSValueRef *arguments,
                              int (*change)(int from_fd, const char *from,
                                            int to_fd, const char *to),
                              JSValueRef *exception)
{
    const char *from_name, *to_name;
    struct worker_engine *engine = worker_bind_engine(self);
    char *from = worker_file_path(context, count, arguments, 0, exception);
    char *to =
        from ? worker_file_path(context, count, arguments, 1, exception) : NULL;
    if (to) {
        int from_fd = worker_file_open_parent(engine, from, &from_name);
        /* If the first fails, its errno is kept for the error. */
        int to_fd =
            from_fd < 0 ? -1 : worker_file_open_parent(engine, to, &to_name);
        if (to_fd < 0 || change(from_fd, from_name, to_fd, to_name))
            worker_file_throw(context, exception);
        if (from_fd >= 0)
            close(from_fd);
        if (to_fd >= 0)
            close(to_fd);
    }
    free(to);
    free(from);
    return JSValueMakeUndefined(context);
}

/* A symbolic link is linked itself. */
static int link_one(int from_fd, const char *from, int to_fd, const char *to)
{
    return linkat(from_fd, from, to_fd, to, 0);
}

/* file_rename(from, to) */
WORKER_BIND(rename_file)
{
    return change_pair(context, self, count, arguments, renameat, exception);
}

/* file_link(from, to) */
WORKER_BIND(link_file)
{
    return change_pair(context, self, count, arguments, link_one, exception);
}

const JSStaticFunction worker_bind_file[] = {
    {"file_status", file_status, kJSPropertyAttributeReadOnly},
    {"file_list", list_folder, kJSPropertyAttributeReadOnly},
    {"folder_make", make_folder, kJSPropertyAttributeReadOnly},
    {"file_remove", remove_file, kJSPropertyAttributeReadOnly},
    {"folder_remove", remove_folder, kJSPropertyAttributeReadOnly},
    {"file_rename", rename_file, kJSPropertyAttributeReadOnly},
    {"file_link", link_file, kJSPropertyAttributeReadOnly},
    {0},
};
