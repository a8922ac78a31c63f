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
#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "node/task/log_hide.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
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
    struct log_hide hide;
};

/* The folder is the task's, who may put anything at this name: a link to a file
 * of the node, or a pipe that nobody reads.
 *
 * Appends: a restart goes on where the last run ended. After an error the log
 * has the file it had. */
static int open_file(struct task_log *log)
{
    int descriptor = open(log->path,
                          O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC |
                              O_NOFOLLOW | O_NONBLOCK,
                          0600);
    struct stat stat;

    if (descriptor < 0)
        return err_errno("can't open %s", log->path);
    if (fstat(descriptor, &stat) || !S_ISREG(stat.st_mode)) {
        close(descriptor);
        return err_set(ERR_IO, "%s is no file", log->path);
    }
    if (log->descriptor >= 0)
        close(log->descriptor);
    log->descriptor = descriptor;
    log->size = (uint64_t)stat.st_size;
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
    log_hide_free(&log->hide);
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

void task_log_hide(struct task_log *log, const char *variables)
{
    if (!log)
        return;
    CHECK_MAGIC(log, MAGIC);
    log_hide_values(&log->hide, variables);
}

static void append(struct task_log *log, struct bytes text)
{
    struct buffer shown = {0};

    if (log->size >= TASK_LOG_SIZE_MAX)
        rotate(log);
    log_hide_write(&log->hide, text, &shown);
    ssize_t written = write(log->descriptor, shown.data, shown.size);
    if (written > 0)
        log->size += (uint64_t)written;
    buffer_free(&shown);
}

/* In UTC: a log is read in other places than it was written. The whole line is
 * put together first: one write(2), one line. */
void task_log_line(struct task_log *log, enum log_level level, const char *text)
{
    static const char *const prefix[] = {
        [LOG_ERROR] = "ERROR: ",
        [LOG_WARN] = "WARNING: ",
        [LOG_INFO] = "",
        [LOG_DEBUG] = "DEBUG: ",
    };
    char when[CLOCK_TEXT_SIZE], *line;

    CHECK(level <= LOG_DEBUG && text);
    CHECK_MAGIC(log, MAGIC);
    line = mem_format("[%s] %s%s\n", clock_text(clock_unix_ms(), when),
                      prefix[level], text);
    append(log, bytes_text(line));
    free(line);
}

/* Does the word stand anywhere in the text, in any case? */
static bool has_word(struct bytes text, const char *word)
{
    size_t size = strlen(word);

    for (size_t i = 0; i + size <= text.size; i++)
        if (!strncasecmp((const char *)text.data + i, word, size))
            return true;
    return false;
}

void task_log_output(struct task_log *log, bool is_error, struct bytes text)
{
    time_t now = time(NULL);
    struct buffer line = {0};
    struct tm tm;
    char when[48];

    CHECK_MAGIC(log, MAGIC);
    gmtime_r(&now, &tm);
    strftime(when, sizeof(when), "%-m/%-d/%Y, %-I:%M:%S %p", &tm);
    buffer_format(&line, "[%s] %s", when,
                  !is_error                 ? ""
                  : has_word(text, "error") ? "ERROR: "
                                            : "WARNING: ");
    for (size_t i = 0; i < text.size; i++) {
        uint8_t byte = text.data[i];

        if ((byte >= 0x20 && byte != 0x7f) || byte == '\n' || byte == '\t')
            buffer_u8(&line, byte);
    }
    if (!line.size || line.data[line.size - 1] != '\n')
        buffer_u8(&line, '\n');
    append(log, buffer_view(&line));
    buffer_free(&line);
}

/* Cut at a line's beginning: half a line says nothing. */
int task_log_tail(const char *folder, size_t size_max, struct buffer *out)
{
    char *path = mem_format("%s/task.log", folder);
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    int status = 0;
    size_t before = out->size;
    struct stat stat;
    ssize_t got;
    off_t from = 0;

    if (descriptor < 0 || fstat(descriptor, &stat) < 0) {
        status = err_errno("can't read %s", path);
        goto err0;
    }
    if (!S_ISREG(stat.st_mode)) {
        status = err_set(ERR_IO, "%s is no file", path);
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
