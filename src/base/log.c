/*
 * A line is put together on the stack and written with one write(2): no lock,
 * no memory, no buffer that a crash could lose. Several processes share one
 * stderr under `pond up`, and their lines come out whole.
 *
 * There is no rotation, file or syslog: systemd, a shell or a container starts
 * the program, decides where stderr goes, and does that better.
 */
#include "base/log.h"

#include "base/clock.h"
#include "base/error.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Longer lines are cut. Twice the longest error text (error.h), so that a
 * message with an error in it fits. */
#define LINE_SIZE_MAX 2048

static atomic_int level_max = LOG_INFO;

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
    /* UTC and ISO 8601, so that lines of several machines sort together. */
    uint64_t now_ms = clock_unix_ms();
    time_t seconds = (time_t)(now_ms / 1000);
    struct tm utc;
    gmtime_r(&seconds, &utc);
    char stamp[32];
    strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%S", &utc);
    int length = snprintf(line, size, "%s.%03uZ %s %s: ", stamp,
                          (unsigned)(now_ms % 1000), words[level], part);
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
    line[used++] = '\n';
    /* One write, so that lines of several processes don't mix. Nothing can be
     * done about a log that can't be written. */
    ssize_t ignored = write(STDERR_FILENO, line, used);
    (void)ignored;
}
