/*
 * The first count is made by whoever needs it first: the main thread, whose
 * first look comes when the engine has begun, or a write before that. So a
 * folder with many files keeps no task from its start.
 *
 * Bytes that were written over old ones count twice until the next look, which
 * is at most to the loss of a task near its limit.
 */
#include "runtime/worker/worker_disk.h"
#include "base/clock.h"
#include "base/lock.h"
#include "runtime/sandbox/sandbox_usage.h"
#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>
#include <sys/stat.h>

/* Between two walks, and at least so many times as long as the walk took. */
#define LOOK_MS 500
#define LOOK_PART 20

/* As worker_main.c allows it. */
#define DESCRIPTORS_MAX 64

/* A disk has a limited number of files, too. */
#define ENTRIES_MAX 100000

/* Far above the limit: more than blocks that are partly used explain. */
#define FAR_PART 4

static const char *folder;
static uint64_t limit, next_look_ms;
static struct lock counting = LOCK_INITIALIZER;
static atomic_bool is_counted; /* set for good, under the lock */
static _Atomic uint64_t counted, written;
static atomic_bool has_too_many;

/* Files without a name that are still open. All descriptors are below
 * RLIMIT_NOFILE; a file that is open twice counts twice. */
static uint64_t nameless_bytes(void)
{
    struct stat file;
    uint64_t bytes = 0;
    for (int fd = 0; fd < DESCRIPTORS_MAX; fd++)
        if (!fstat(fd, &file) && S_ISREG(file.st_mode) && !file.st_nlink)
            bytes += (uint64_t)file.st_blocks * 512;
    return bytes;
}

/* Under the lock. */
static void count(void)
{
    uint64_t bytes, entries;
    uint64_t began_ms = clock_monotonic_ms();
    uint64_t before = written;
    sandbox_usage_of_folder(folder, limit + limit / FAR_PART, ENTRIES_MAX,
                            &bytes, &entries);
    counted = bytes + nameless_bytes();
    written -= before;
    has_too_many = entries > ENTRIES_MAX;
    uint64_t now_ms = clock_monotonic_ms();
    next_look_ms = now_ms + LOOK_MS + LOOK_PART * (now_ms - began_ms);
    is_counted = true;
}

static void count_first(void)
{
    lock_take(&counting);
    if (!is_counted)
        count();
    lock_give(&counting);
}

void worker_disk_start(const char *path, uint64_t limit_bytes)
{
    folder = path;
    limit = limit_bytes;
    is_counted = false;
}

bool worker_disk_look(void)
{
    if (!folder)
        return true;
    lock_take(&counting);
    bool is_due = !is_counted || clock_monotonic_ms() >= next_look_ms;
    if (is_due)
        count();
    lock_give(&counting);
    return !is_due || counted <= limit + limit / FAR_PART;
}

bool worker_disk_take(uint64_t bytes)
{
    if (!folder)
        return true;
    if (!is_counted)
        count_first();
    if (!has_too_many && counted + written + bytes <= limit) {
        written += bytes;
        return true;
    }
    errno = EDQUOT;
    return false;
}
