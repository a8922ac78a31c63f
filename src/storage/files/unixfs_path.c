/*
 * Import of files and folders on disk. Folders are walked by descriptor and
 * links are never followed, so that a tree that changes meanwhile can't lead
 * out of itself.
 *
 * Names are read first and sorted, for readdir() has no order; the CID does not
 * depend on it, but what is reported to the caller does. One descriptor and one
 * list of names is open for each folder on the way down.
 *
 * Modes and times are not imported, because equal content must have the same
 * CID for every user and at any time.
 */
#include "base/check.h"
#include "base/error.h"
#include "base/memory.h"
#include "storage/files/unixfs_state.h"
#include "storage/keep/dag_walk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static int import_at(struct unixfs_import *import, int folder, const char *name,
                     const char *path, unsigned depth,
                     struct unixfs_entry *out);

/* errno as a status: the caller can cause a missing path; everything else is
 * the disk's fault. */
static int failed(const char *doing, const char *path)
{
    int status = errno == ENOENT ? ERR_NOT_FOUND : ERR_IO;

    err_errno("%s %s", doing, path);
    return status;
}

/* What read_file() needs; the descriptor is its maker's. */
struct open_file {
    int fd;
    const char *path;
};

/* A unixfs_read_fn over a descriptor. */
static int read_file(void *user, uint8_t *data, size_t size, size_t *got)
{
    const struct open_file *file = user;
    ssize_t count;

    do
        count = read(file->fd, data, size);
    while (count < 0 && errno == EINTR);
    if (count < 0)
        return err_errno("reading %s", file->path);
    *got = (size_t)count;
    return 0;
}

/* The link as a link: its target is text, and is not looked at. */
static int import_link(struct unixfs_import *import, int folder,
                       const char *name, const char *path,
                       struct unixfs_entry *out)
{
    char target[PATH_MAX];
    ssize_t size = readlinkat(folder, name, target, sizeof(target));

    if (size < 0)
        return failed("reading the link", path);
    return unixfs_import_symlink(import->store, import->options,
                                 bytes_make(target, (size_t)size), out);
}

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Both owned. */
struct names {
    char **names;
    size_t count;
};

static void names_free(struct names *names)
{
    for (size_t i = 0; i < names->count; i++)
        free(names->names[i]);
    free(names->names);
}

/* List all entries but "." and "..". Hidden ones are left out unless wanted.
 * Only errno distinguishes an error of readdir() from the end. */
static int list_names(struct unixfs_import *import, DIR *folder,
                      const char *path, struct names *out)
{
    struct dirent *entry;

    *out = (struct names){0};
    for (errno = 0; (entry = readdir(folder)); errno = 0) {
        const char *name = entry->d_name;

        if (!strcmp(name, ".") || !strcmp(name, "..") ||
            (name[0] == '.' && !import->options->hidden))
            continue;
        out->names =
            mem_resize(out->names, (out->count + 1) * sizeof(*out->names));
        out->names[out->count++] = mem_text(name);
    }
    if (errno)
        return failed("reading", path);
    if (out->count)
        qsort(out->names, out->count, sizeof(*out->names), compare_texts);
    return 0;
}

/* A folder's entries, each imported, then the directory over them. fd is taken
 * over. */
static int import_folder(struct unixfs_import *import, int fd, const char *path,
                         unsigned depth, struct unixfs_entry *out)
{
    struct names names;
    DIR *folder = fdopendir(fd);

    /* fd was opened for reading, and fstat() said that it is a folder. */
    CHECK(folder);
    struct unixfs_directory *directory =
        unixfs_directory_new(import->store, import->options);
    int status = list_names(import, folder, path, &names);
    for (size_t i = 0; i < names.count && !status; i++) {
        char *below = mem_format("%s/%s", path, names.names[i]);
        struct unixfs_entry entry;

        status =
            import_at(import, fd, names.names[i], below, depth + 1, &entry);
        if (!status)
            status = unixfs_directory_add(directory, bytes_text(names.names[i]),
                                          &entry);
        free(below);
    }
    if (!status)
        status = unixfs_directory_finish(directory, out);
    unixfs_directory_free(directory);
    names_free(&names);
    closedir(folder);
    return status;
}

/* By what fd is now, not by what its name was when it was listed. fd is taken
 * over. */
static int import_open(struct unixfs_import *import, int fd, const char *path,
                       unsigned depth, struct unixfs_entry *out)
{
    struct open_file file = {fd, path};
    struct stat info;
    int status;

    if (fstat(fd, &info)) {
        status = failed("reading", path);
    } else if (S_ISDIR(info.st_mode)) {
        return import_folder(import, fd, path, depth, out);
    } else if (S_ISREG(info.st_mode)) {
        /* Advice: failing changes nothing. */
        posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
        status = unixfs_import_file(import, read_file, &file, out);
    } else {
        status = err_set(ERR_UNSUPPORTED,
                         "%s is neither a file, a folder nor a link", path);
    }
    close(fd);
    return status;
}

/* One name below an open folder. path is for messages and callbacks only. */
static int import_at(struct unixfs_import *import, int folder, const char *name,
                     const char *path, unsigned depth, struct unixfs_entry *out)
{
    int fd, status;

    if (depth > DAG_DEPTH_MAX)
        return err_set(ERR_LIMIT, "%s is nested deeper than the limit of %d",
                       path, DAG_DEPTH_MAX);
    /* NONBLOCK: opening a pipe must not wait for its other end. */
    fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd >= 0)
        status = import_open(import, fd, path, depth, out);
    /* O_NOFOLLOW has met a symlink. */
    else if (errno == ELOOP)
        status = import_link(import, folder, name, path, out);
    /* A socket, or a pipe without a writer. */
    else if (errno == ENXIO)
        status = err_set(ERR_UNSUPPORTED,
                         "%s is neither a file, a folder nor a link", path);
    else
        status = failed("opening", path);
    if (!status && import->options->entry)
        status = import->options->entry(import->options->user, path, out);
    return status;
}

/* One import for the whole tree: its files share the pool of threads, and its
 * progress counts all of their bytes. */
int unixfs_import_path(struct store *store,
                       const struct unixfs_import_options *options,
                       const char *path, struct unixfs_entry *out)
{
    struct unixfs_import import;
    size_t size = strlen(path);

    /* "docs/" is the folder docs, also in what the callback sees. */
    while (size > 1 && path[size - 1] == '/')
        size--;
    char *shown = mem_format("%.*s", (int)size, path);
    unixfs_import_begin(&import, store, options);
    int status = import_at(&import, AT_FDCWD, shown, shown, 0, out);
    unixfs_import_end(&import);
    free(shown);
    return status;
}
