/*
 * Written with one write(2) a line, so that lines of several writers don't mix
 * and a crash loses nothing that was logged before it. One old file is kept.
 *
 * Nothing is synced: a log is for people, and a line that a power cut takes is
 * not worth a wait on the disk for each. O_APPEND and not a position of our
 * own, so that a line goes to the end even if a user empties the file by hand.
 */
#include "node/task/task_log.h"

#include "base/check.h"
#include "base/error.h"
#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define MAGIC 0x544c4f47u

/* size is counted along, so that no line costs a look at the file. */
struct task_log {
    unsigned magic;
    int descriptor; /* that of the old file while no new one can be opened */
    uint64_t size;
    char *path;
};

/* Appends: a restart goes on where the last run ended. After an error the log
 * has the file it had. */
static int open_file(struct task_log *log)
{
    int descriptor =
        open(log->path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    struct stat stat;

    if (descriptor < 0)
        return err_errno("can't open %s", log->path);
    if (log->descriptor >= 0)
        close(log->descriptor);
    log->descriptor = descriptor;
    log->size = fstat(log->descriptor, &stat) == 0 ? (uint64_t)stat.st_size : 0;
    return 0;
}

/* The folder is the task's own, made by the runner. */
int task_log_open(const char *folder, struct task_log **out)
{
    struct task_log *log = mem_zero(1, sizeof(*log));

    log->magic = MAGIC;
    log->descriptor = -1;
    log->path = mem_format("%s/task.log", folder);
    int status = open_file(log);
    if (status) {
        task_log_close(log);
        return status;
    }
    *out = log;
    return 0;
}

/* Nothing is buffered. */
void task_log_close(struct task_log *log)
{
    if (!log)
        return;
    CHECK_MAGIC(log, MAGIC);
    if (log->descriptor >= 0)
        close(log->descriptor);
    log->magic = 0;
    free(log->path);
    free(log);
}

/* If the file can't be moved, or another not be opened, the log goes on in it:
 * better long than lost. The next line tries again, and finds no file to move
 * where only the opening had failed. The older of the two files is lost in the
 * rename: 10 MiB a task is the most there is. */
static void rotate(struct task_log *log)
{
    char *old = mem_format("%s.1", log->path);

    if (rename(log->path, old) == 0 || errno == ENOENT)
        (void)open_file(log);
    free(old);
}

/* gmtime_r and not localtime: a log is read in other places than it was
 * written. The whole line is put together first: one write(2), one line. */
void task_log_line(struct task_log *log, enum log_level level, const char *text)
{
    static const char *const prefix[] = {
        [LOG_ERROR] = "ERROR: ",
        [LOG_WARN] = "WARNING: ",
        [LOG_INFO] = "",
        [LOG_DEBUG] = "DEBUG: ",
    };
    struct timespec now;
    struct tm tm;
    char when[32], *line;

    CHECK(level <= LOG_DEBUG && text);
    CHECK_MAGIC(log, MAGIC);
    if (log->size >= TASK_LOG_SIZE_MAX)
        rotate(log);
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &tm);
    strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%S", &tm);
    line = mem_format("[%s.%03ldZ] %s%s\n", when, now.tv_nsec / 1000000,
                      prefix[level], text);
    ssize_t written = write(log->descriptor, line, strlen(line));
    if (written > 0)
        log->size += (uint64_t)written;
    free(line);
}

/* Cut at a line's beginning: half a line says nothing. */
int task_log_tail(const char *folder, size_t size_max, struct buffer *out)
{
    char *path = mem_format("%s/task.log", folder);
    int descriptor = open(path, O_RDONLY | O_CLOEXEC), status = 0;
    size_t before = out->size;
    struct stat stat;
    ssize_t got;
    off_t from = 0;

    if (descriptor < 0 || fstat(descriptor, &stat) < 0) {
        status = err_errno("can't read %s", path);
        goto err0;
    }
    if ((uint64_t)stat.st_size > size_max)
        from = stat.st_size - (off_t)size_max;
    got = pread(descriptor, buffer_reserve(out, size_max), size_max, from);
    if (got < 0)
        status = err_errno("can't read %s", path);
    else
        out->size += (size_t)got;
    if (from > 0 && !status) {
        const uint8_t *start = out->data + before;
        const uint8_t *line = memchr(start, '\n', out->size - before);

        if (line) {
            size_t cut = (size_t)(line + 1 - start);

            memmove(out->data + before, line + 1, out->size - before - cut);
            out->size -= cut;
        }
    }

err0:
    if (descriptor >= 0)
        close(descriptor);
    free(path);
    return status;
}
