/*
 * Progress is for a user who waits: one line on a terminal, drawn over, and
 * wiped away before anything that stays is printed. It goes to stderr, so that
 * the result can be piped away while the progress is still seen.
 */
#include "cli/progress.h"
#include "base/check.h"
#include "base/clock.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

/* More often than this no person can read, and a slow terminal is slowed. */
#define PROGRESS_PAUSE_MS 100

/* Whether progress is to be shown is asked once, at the beginning. */
struct progress progress_make(const struct cli *cli)
{
    CHECK(cli);
    return (struct progress){.is_shown = cli_shows_progress(cli),
                             .cli = cli->progress ? cli : NULL};
}

/* The first line is drawn at once and the others at most ten times a second; a
 * line that is skipped is not missed, because the next one says more. The
 * terminal needs \r and "erase to the end of the line" (ECMA-48, EL) and
 * nothing else. */
void progress_show(struct progress *progress, const char *format, ...)
{
    CHECK(format);
    uint64_t now_ms = clock_monotonic_ms();
    va_list arguments;

    if ((!progress->is_shown && !progress->cli) ||
        (progress->drawn_ms && now_ms - progress->drawn_ms < PROGRESS_PAUSE_MS))
        return;
    progress->drawn_ms = now_ms;
    va_start(arguments, format);
    if (progress->cli) {
        char text[256];

        vsnprintf(text, sizeof(text), format, arguments);
        cli_step(progress->cli, 0, 0, "%s", text);
    } else {
        fputs("\r\033[K", stderr);
        vfprintf(stderr, format, arguments);
        fflush(stderr);
        progress->is_drawn = true;
    }
    va_end(arguments);
}

/* Called before anything else is printed, so that no half of a line stays after
 * it. */
void progress_clear(struct progress *progress)
{
    if (progress->is_drawn)
        fputs("\r\033[K", stderr);
    progress->is_drawn = false;
    progress->drawn_ms = 0;
}

/* Powers of 1024 under the names that mean them. */
void progress_size(uint64_t bytes, struct buffer *out)
{
    CHECK(out);
    static const char *const units[] = {"KiB", "MiB", "GiB", "TiB"};
    double value = (double)bytes / 1024;
    size_t unit = 0;

    if (bytes < 1024) {
        buffer_format(out, "%" PRIu64 " B", bytes);
        return;
    }
    while (value >= 1024 && unit + 1 < sizeof(units) / sizeof(*units)) {
        value /= 1024;
        unit++;
    }
    buffer_format(out, "%.1f %s", value, units[unit]);
}
