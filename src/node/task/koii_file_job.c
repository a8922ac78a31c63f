/*
 * Every path is opened beneath the root by one system call (openat2,
 * RESOLVE_BENEATH): a task may change its folder while it is looked at.
 */
#include "node/task/koii_file_job.h"

#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "node/task/koii_file_answer.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Names of a folder in an answer. */
#define NAMES_MAX 100000

struct koii_file_method {
    const char *name;
    int (*run)(struct koii_file_job *job);
    bool takes_data, takes_other;
};

/* ---- paths ---- */

static int fail(const struct koii_file_job *job)
{
    static const struct {
        int number;
        const char *name;
    } names[] = {
        {ENOENT, "ENOENT"},       {EEXIST, "EEXIST"},
        {ENOTDIR, "ENOTDIR"},     {EISDIR, "EISDIR"},
        {ENOTEMPTY, "ENOTEMPTY"}, {EACCES, "EACCES"},
        {EPERM, "EPERM"},         {EXDEV, "EXDEV"},
        {ELOOP, "ELOOP"},         {ENOSPC, "ENOSPC"},
        {EFBIG, "EFBIG"},         {EINVAL, "EINVAL"},
        {EMFILE, "EMFILE"},       {ENAMETOOLONG, "ENAMETOOLONG"},
    };
    const char *name = "EIO", *why = strerror(errno);

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (names[i].number == errno)
            name = names[i].name;
    if (errno == EXDEV)
        why = "the path leads out of the task's folder";
    return err_set(ERR_IO, "%s: %s, %s '%s'", name, why, job->method->name,
                   job->path);
}

/* Beneath the root. Never a device or a pipe that would make this wait. */
static int open_beneath(const struct koii_file_job *job, const char *path,
                        int flags, mode_t mode)
{
    struct open_how how = {.flags = (uint64_t)(flags | O_CLOEXEC),
                           .mode = flags & O_CREAT ? mode : 0,
                           .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS};

    if (!(flags & O_PATH)) /* which the kernel refuses beside it */
        how.flags |= O_NONBLOCK;
    return (int)syscall(SYS_openat2, job->root_fd, path, &how, sizeof(how));
}

/* The folder that a name stands in, and the name: for what has no descriptor
 * of its own. -1: errno. The caller frees *name. */
static int open_parent(const struct koii_file_job *job, const char *path,
                       char **name)
{
    char *copy = mem_text(path);
    size_t size = strlen(copy);

    while (size > 1 && copy[size - 1] == '/')
        copy[--size] = 0;
    char *slash = strrchr(copy, '/');
    const char *last = slash ? slash + 1 : copy;
    int parent = -1;
    if (!strcmp(last, "..") || !strcmp(last, ".")) {
        errno = EINVAL;
    } else {
        *name = mem_text(last);
        if (slash)
            *slash = 0;
        parent = open_beneath(job, slash ? (copy[0] ? copy : ".") : ".",
                              O_PATH | O_DIRECTORY, 0);
        if (parent < 0) {
            free(*name);
            *name = NULL;
        }
    }
    free(copy);
    return parent;
}

/* ---- methods ---- */

static int run_read(struct koii_file_job *job)
{
    int file = open_beneath(job, job->path, O_RDONLY, 0);
    struct buffer data = {0};
    struct stat stat;
    ssize_t got = 0;
    int status = 0;

    if (file < 0)
        return fail(job);
    if (fstat(file, &stat) || S_ISDIR(stat.st_mode)) {
        errno = EISDIR;
        status = fail(job);
    }
    while (!status && data.size <= KOII_FILE_READ_MAX &&
           (got = read(file, buffer_reserve(&data, 65536), 65536)) > 0)
        data.size += (size_t)got;
    if (!status && got < 0)
        status = fail(job);
    if (!status && data.size > KOII_FILE_READ_MAX)
        status = err_set(ERR_LIMIT,
                         "%s is larger than %u bytes, the most that "
                         "an answer holds",
                         job->path, KOII_FILE_READ_MAX);
    if (!status)
        koii_file_answer_bytes(job, buffer_view(&data));
    buffer_free(&data);
    close(file);
    return status;
}

static int write_with(struct koii_file_job *job, int flags)
{
    int file = open_beneath(job, job->path, O_WRONLY | O_CREAT | flags, 0644);
    int status = 0;

    if (file < 0)
        return fail(job);
    for (size_t done = 0; !status && done < job->data.size;) {
        ssize_t put = write(file, job->data.data + done, job->data.size - done);

        if (put <= 0)
            status = fail(job);
        else
            done += (size_t)put;
    }
    close(file);
    return status;
}

static int run_write(struct koii_file_job *job)
{
    return write_with(job, O_TRUNC);
}

static int run_append(struct koii_file_job *job)
{
    return write_with(job, O_APPEND);
}

static int run_access(struct koii_file_job *job)
{
    int file = open_beneath(job, job->path, O_PATH, 0);

    if (file < 0)
        return fail(job);
    close(file);
    return 0;
}

static int make_folder(struct koii_file_job *job, const char *path)
{
    char *name = NULL;
    int parent = open_parent(job, path, &name);
    int result = parent < 0 ? -1 : mkdirat(parent, name, 0755), why = errno;

    if (parent >= 0)
        close(parent);
    free(name);
    errno = why;
    return result;
}

static int run_mkdir(struct koii_file_job *job)
{
    if (!job->is_recursive)
        return make_folder(job, job->path) ? fail(job) : 0;
    for (char *at = job->path + 1;; at++) {
        char end = *at;

        if (end && end != '/')
            continue;
        *at = 0;
        int result = strcmp(job->path, ".") && strcmp(job->path, "..")
                         ? make_folder(job, job->path)
                         : 0;
        bool is_bad = result && errno != EEXIST && errno != EINVAL;
        *at = end;
        if (is_bad)
            return fail(job);
        if (!end)
            return 0;
    }
}

static int run_readdir(struct koii_file_job *job)
{
    int folder = open_beneath(job, job->path, O_RDONLY | O_DIRECTORY, 0);
    DIR *stream = folder < 0 ? NULL : fdopendir(folder);
    struct json_writer writer = json_writer_make(&job->answer);
    struct dirent *entry;
    size_t count = 0;

    if (!stream) {
        int status = fail(job);

        if (folder >= 0)
            close(folder);
        return status;
    }
    json_open_array(&writer);
    while ((entry = readdir(stream)) && count < NAMES_MAX) {
        if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
            continue;
        json_write_bytes(&writer, bytes_text(entry->d_name));
        count++;
    }
    json_close_array(&writer);
    closedir(stream);
    return 0;
}

static int stat_with(struct koii_file_job *job, int flags)
{
    int file = open_beneath(job, job->path, O_PATH | flags, 0);
    struct stat stat;

    if (file < 0)
        return fail(job);
    int status = fstatat(file, "", &stat, AT_EMPTY_PATH) ? fail(job) : 0;
    close(file);
    if (!status)
        koii_file_answer_stat(job, &stat);
    return status;
}

static int run_stat(struct koii_file_job *job)
{
    return stat_with(job, 0);
}

static int run_lstat(struct koii_file_job *job)
{
    return stat_with(job, O_NOFOLLOW);
}

static int remove_with(struct koii_file_job *job, int flags)
{
    char *name = NULL;
    int parent = open_parent(job, job->path, &name), status = 0;

    if (parent < 0 || unlinkat(parent, name, flags))
        status = fail(job);
    if (parent >= 0)
        close(parent);
    free(name);
    return status;
}

static int run_unlink(struct koii_file_job *job)
{
    return remove_with(job, 0);
}

static int run_rmdir(struct koii_file_job *job)
{
    return remove_with(job, AT_REMOVEDIR);
}

/* Everything in a folder and itself; links are removed and not followed. */
static int remove_tree(int parent, const char *name, unsigned depth)
{
    struct dirent *entry;

    if (unlinkat(parent, name, 0) == 0)
        return 0;
    if (errno != EISDIR && errno != EPERM)
        return -1;
    int folder =
        openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *stream = folder < 0 || depth > 64 ? NULL : fdopendir(folder);
    if (!stream) {
        if (folder >= 0)
            close(folder);
        return -1;
    }
    int result = 0;
    while (!result && (entry = readdir(stream)))
        if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
            result = remove_tree(folder, entry->d_name, depth + 1);
    closedir(stream);
    return result ? result : unlinkat(parent, name, AT_REMOVEDIR);
}

static int run_rm(struct koii_file_job *job)
{
    char *name = NULL;
    int parent = open_parent(job, job->path, &name), status = 0, result = -1;

    if (parent >= 0)
        result = job->is_recursive ? remove_tree(parent, name, 0)
                                   : unlinkat(parent, name, 0);
    if (result && !(job->is_forced && errno == ENOENT))
        status = fail(job);
    if (parent >= 0)
        close(parent);
    free(name);
    return status;
}

static int run_rename(struct koii_file_job *job)
{
    char *from_name = NULL, *to_name = NULL;
    int from = open_parent(job, job->path, &from_name), to = -1, status = 0;

    if (from >= 0)
        to = open_parent(job, job->other, &to_name);
    if (from < 0 || to < 0 || renameat(from, from_name, to, to_name))
        status = fail(job);
    if (from >= 0)
        close(from);
    if (to >= 0)
        close(to);
    free(from_name);
    free(to_name);
    return status;
}

static int run_read_stream(struct koii_file_job *job)
{
    int status = run_access(job);

    if (!status)
        koii_file_answer_stream(job, "r", "bytesRead");
    return status;
}

static int run_write_stream(struct koii_file_job *job)
{
    int status = run_write(job);

    if (!status)
        koii_file_answer_stream(job, "w", "bytesWritten");
    return status;
}

static const struct koii_file_method methods[] = {
    {.name = "readFile", .run = run_read},
    {.name = "writeFile", .run = run_write, .takes_data = true},
    {.name = "appendFile", .run = run_append, .takes_data = true},
    {.name = "access", .run = run_access},
    {.name = "mkdir", .run = run_mkdir},
    {.name = "readdir", .run = run_readdir},
    {.name = "stat", .run = run_stat},
    {.name = "lstat", .run = run_lstat},
    {.name = "unlink", .run = run_unlink},
    {.name = "rmdir", .run = run_rmdir},
    {.name = "rm", .run = run_rm},
    {.name = "rename", .run = run_rename, .takes_other = true},
    {.name = KOII_FILE_READ_STREAM, .run = run_read_stream},
    {.name = KOII_FILE_WRITE_STREAM, .run = run_write_stream},
};

bool koii_file_method_is_of_wrapper(const char *name)
{
    return !strcmp(name, KOII_FILE_READ_STREAM) ||
           !strcmp(name, KOII_FILE_WRITE_STREAM);
}

const struct koii_file_method *koii_file_method_find(const char *name)
{
    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
        if (!strcmp(name, methods[i].name))
            return &methods[i];
    return NULL;
}

bool koii_file_method_takes_data(const struct koii_file_method *method)
{
    return method->takes_data;
}

bool koii_file_method_takes_other(const struct koii_file_method *method)
{
    return method->takes_other;
}

int koii_file_job_run(struct koii_file_job *job)
{
    job->root_fd = open(job->root, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (job->root_fd < 0)
        return err_errno("the task's folder");
    int status = job->method->run(job);
    close(job->root_fd);
    return status;
}

void koii_file_job_clear(struct koii_file_job *job)
{
    buffer_free(&job->data);
    buffer_free(&job->answer);
    free(job->root);
    free(job->path);
    free(job->other);
}
