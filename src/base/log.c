/*
 * A line is put together on the stack and written with one write(2): no lock,
 * no memory, no buffer that a crash could lose. Several processes share one
 * stderr under `pond up`, and their lines come out whole.
 *
 * Whoever starts the program decides where stderr goes. The kept file is beside
 * that: an operator finds it with the server's folder, however the server was
 * started. A lock is on it, because it is moved when it is full.
 */
#include "base/log.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/redact.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Longer lines are cut. Twice the longest error text (error.h), so that a
 * message with an error in it fits. */
#define LINE_SIZE_MAX 2048

static atomic_int level_max = LOG_INFO;

/* The file that lines are kept in; path is NULL if there is none. Not
 * base/lock, which logs. */
static struct {
    pthread_mutex_t lock;
    char *path;
    int descriptor;
    uint64_t size;
} kept = {.lock = PTHREAD_MUTEX_INITIALIZER, .descriptor = -1};

/* Sets no error text, because lines are written while an error is on its way.
 */
static bool open_kept(const char *path)
{
    struct stat found;
    int descriptor = open(
        path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);

    if (descriptor < 0)
        return false;
    if (kept.descriptor >= 0)
        close(kept.descriptor);
    kept.descriptor = descriptor;
    kept.size = fstat(descriptor, &found) ? 0 : (uint64_t)found.st_size;
    return true;
}

int log_keep(const char *path)
{
    pthread_mutex_lock(&kept.lock);
    int status = 0;

    if (path && !open_kept(path)) {
        status = err_errno("can't open %s", path);
    } else {
        free(kept.path);
        kept.path = path ? mem_text(path) : NULL;
    }
    if (!path && kept.descriptor >= 0) {
        close(kept.descriptor);
        kept.descriptor = -1;
    }
    pthread_mutex_unlock(&kept.lock);
    return status;
}

/* A file that can't be moved is written on: better long than lost. */
static void move_kept(void)
{
    char *old = mem_format("%s.1", kept.path);

    if (!rename(kept.path, old) || errno == ENOENT)
        (void)open_kept(kept.path);
    free(old);
}

static void keep(const char *line, size_t size)
{
    pthread_mutex_lock(&kept.lock);
    if (kept.path) {
        if (kept.size >= LOG_KEPT_SIZE_MAX)
            move_kept();
        ssize_t written = write(kept.descriptor, line, size);
        if (written > 0)
            kept.size += (uint64_t)written;
    }
    pthread_mutex_unlock(&kept.lock);
}

/* Called once, at the start; the level is atomic for the threads that read it.
 */
int log_configure(const char *name)
{
    static const char *const names[] = {
        [LOG_ERROR] = "error",
        [LOG_WARN] = "warn",
        [LOG_INFO] = "info",
        [LOG_DEBUG] = "debug",
    };
    if (!strcmp(name, "quiet")) {
        level_max = -1;
        return 0;
    }
    for (int level = LOG_ERROR; level <= LOG_DEBUG; level++) {
        if (!strcmp(name, names[level])) {
            level_max = level;
            return 0;
        }
    }
    return err_set(ERR_INVALID,
                   "log level \"%s\" is unknown: write error, warn, info, "
                   "debug or quiet",
                   name);
}

/* The line up to the message; returns its length, which may be more than size
 * if it was cut. */
static size_t write_head(char *line, size_t size, enum log_level level,
                         const char *part)
{
    static const char *const words[] = {
        [LOG_ERROR] = "error",
        [LOG_WARN] = "warn ",
        [LOG_INFO] = "info ",
        [LOG_DEBUG] = "debug",
    };
    char stamp[CLOCK_TEXT_SIZE];
    int length =
        snprintf(line, size, "%s %s %s: ", clock_text(clock_unix_ms(), stamp),
                 words[level], part);
    return length < 0 ? 0 : (size_t)length;
}

void log_write(enum log_level level, const char *part, const char *format, ...)
{
    if ((int)level > level_max)
        return;
    char line[LINE_SIZE_MAX];
    size_t used = write_head(line, sizeof(line), level, part);
    /* snprintf() returns the length of the whole text. At most size - 2 bytes
     * are taken, because the line feed follows. */
    if (used >= sizeof(line) - 1)
        used = sizeof(line) - 2;
    va_list arguments;
    va_start(arguments, format);
    int length =
        vsnprintf(line + used, sizeof(line) - used - 1, format, arguments);
    va_end(arguments);
    if (length > 0)
        used += (size_t)length;
    if (used > sizeof(line) - 2)
        used = sizeof(line) - 2;
    /* Here and not where a URL is logged: libraries and endpoints put URLs into
     * their own words. */
    char shown[LINE_SIZE_MAX];
    used = redact_urls(line, used, REDACT_QUERIES, shown, sizeof(shown) - 1);
    shown[used++] = '\n';
    /* One write, so that lines of several processes don't mix. Nothing can be
     * done about a log that can't be written. */
    ssize_t ignored = write(STDERR_FILENO, shown, used);
    (void)ignored;
    keep(shown, used);
}
