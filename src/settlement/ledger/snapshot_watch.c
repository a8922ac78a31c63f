/*
 * A folder's modification time shows whether a file came or went. File systems
 * write that time in steps of some milliseconds, so a change right after a read
 * may not show. So a result stays valid only if the last change was long past
 * at the read; otherwise it is valid for SNAPSHOT_WATCH_MS.
 */
#include "settlement/ledger/snapshot_watch.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/lock.h"
#include "base/memory.h"
#include "settlement/ledger/snapshot.h"
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

/* Longer than any file system's step of times: FAT's is two seconds. */
#define SETTLED_S 3

struct snapshot_watch {
    char *folder;
    struct lock lock; /* guards the rest; held during a read, so that one thread
                         reads for all that wait */
    bool is_known;    /* the rest was read */
    bool is_settled;  /* the folder's last change was long past */
    struct timespec changed;
    uint64_t read_ms;
    int status;
    uint64_t slot;
};

struct snapshot_watch *snapshot_watch_new(const char *folder)
{
    struct snapshot_watch *watch = mem_zero(1, sizeof(*watch));
    watch->folder = mem_format("%s", folder);
    lock_init(&watch->lock);
    return watch;
}

void snapshot_watch_free(struct snapshot_watch *watch)
{
    if (!watch)
        return;
    lock_destroy(&watch->lock);
    free(watch->folder);
    free(watch);
}

/* Zero for a missing folder. */
static struct timespec change_of(const char *folder)
{
    struct stat found;
    if (stat(folder, &found))
        return (struct timespec){0};
    return found.st_mtim;
}

static bool is_good(const struct snapshot_watch *watch,
                    const struct timespec *changed, uint64_t now_ms)
{
    if (!watch->is_known)
        return false;
    bool is_same = changed->tv_sec == watch->changed.tv_sec &&
                   changed->tv_nsec == watch->changed.tv_nsec;
    return is_same &&
           (watch->is_settled || now_ms - watch->read_ms < SNAPSHOT_WATCH_MS);
}

int snapshot_watch_newest(struct snapshot_watch *watch, uint64_t *slot)
{
    lock_take(&watch->lock);
    struct timespec changed = change_of(watch->folder);
    uint64_t now_ms = clock_monotonic_ms();
    if (!is_good(watch, &changed, now_ms)) {
        watch->is_known = true;
        watch->is_settled =
            clock_unix_ms() / 1000 >= (uint64_t)changed.tv_sec + SETTLED_S;
        watch->changed = changed;
        watch->read_ms = now_ms;
        watch->status = snapshot_newest(watch->folder, &watch->slot);
    }
    int status = watch->status;
    *slot = watch->slot;
    lock_give(&watch->lock);
    return status ? err_set(status, "there is no snapshot in %s", watch->folder)
                  : 0;
}
