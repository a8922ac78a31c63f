/*
 * flock() on a file that always stays. Why not one whose presence counts: it
 * would outlive a kill. Why the file is never removed: between a removal and
 * the next lock two processes could lock two files of one name. Why flock() and
 * not fcntl()'s older locks: those are dropped as soon as any part of the
 * process closes the file, and two parts of one process share them.
 *
 * flock() does not say which process holds the lock, so the holder writes its
 * process id into the file. Another process may look between the locking and
 * the writing, or find the id of a holder that was killed. It takes an id for
 * the holder's only if that process lives, and otherwise looks again for a
 * while.
 *
 * An id means a process in one PID namespace only. Two containers that share a
 * folder may both be process 1, so the file names the namespace as well, and
 * an id of another one is not shown.
 */
#include "base/folder_lock.h"

#include "base/check.h"
#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define FOLDER_LOCK_MAGIC 0x464c4f43u

/* How long the lock is waited for while its holder can't be named, and how
 * often it is tried. A process that is killed while it starts another
 * (uv_spawn() forks) leaves a child with the lock until that child has become
 * the other program: milliseconds. */
#define WAIT_MS 1000
#define TRY_MS 10

/* A process id, the number of its PID namespace (0: unknown), and a line's end.
 * Always as long, so that writing them again needs no new room on a disk that
 * is full. */
#define HOLDER_SIZE 33
#define HOLDER_FORMAT "%11d %20llu\n"

/* Invariant: fd is open and has the lock. */
struct folder_lock {
    unsigned magic;
    int fd;
};

/* What the file says of the holder. */
struct holder {
    pid_t id; /* 0: unknown */
    /* The id counts in another PID namespace and says nothing here. */
    bool is_elsewhere;
};

/* The number of this process' PID namespace; 0 where /proc does not show it. */
static unsigned long long namespace_number(void)
{
    struct stat entry;
    return stat("/proc/self/ns/pid", &entry) == 0 ? entry.st_ino : 0;
}

/* The holder in the file if it lives, or lives where this process can't see it;
 * 0 otherwise. EPERM is another user's process, which lives, too. */
static struct holder read_holder(int fd)
{
    char text[HOLDER_SIZE + 1] = {0};
    char *end;
    if (pread(fd, text, HOLDER_SIZE, 0) != HOLDER_SIZE)
        return (struct holder){0};
    long id = strtol(text, &end, 10);
    if (*end != ' ' || id <= 0 || id > INT_MAX)
        return (struct holder){0};
    unsigned long long where = strtoull(end, &end, 10);
    if (*end != '\n')
        return (struct holder){0};
    unsigned long long here = namespace_number();
    if (where && here && where != here)
        return (struct holder){.id = (pid_t)id, .is_elsewhere = true};
    if (kill((pid_t)id, 0) == 0 || errno == EPERM)
        return (struct holder){.id = (pid_t)id};
    return (struct holder){0};
}

/* The lock holds without an id in the file, so a disk that can't take the id
 * does not keep the process from working. An old id must not stay there. */
static void write_holder(int fd, const char *path)
{
    char text[HOLDER_SIZE + 1];
    snprintf(text, sizeof(text), HOLDER_FORMAT, (int)getpid(),
             namespace_number());
    if (pwrite(fd, text, HOLDER_SIZE, 0) == HOLDER_SIZE)
        return;
    log_warn("lock", "%s can't name this process: %s", path, strerror(errno));
    if (ftruncate(fd, 0) < 0)
        log_warn("lock", "%s may name another process: %s", path,
                 strerror(errno));
}

static int refuse(const char *folder, struct holder holder)
{
    if (holder.is_elsewhere)
        return err_set(ERR_LOCKED,
                       "a process of another PID namespace (such as a "
                       "container), %d there, uses %s",
                       (int)holder.id, folder);
    if (holder.id == getpid())
        return err_set(ERR_LOCKED, "this process (%d) uses %s already",
                       (int)holder.id, folder);
    if (holder.id)
        return err_set(ERR_LOCKED, "process %d uses %s", (int)holder.id,
                       folder);
    return err_set(ERR_LOCKED, "another process uses %s", folder);
}

/* This does not wait for the lock, because its holder may have it for years. */
static int lock_soon(int fd, const char *folder)
{
    for (int waited = 0; flock(fd, LOCK_EX | LOCK_NB); waited += TRY_MS) {
        if (errno == EINTR)
            continue;
        if (errno != EWOULDBLOCK)
            return err_errno("locking %s", folder);
        struct holder holder = read_holder(fd);
        if (holder.id || waited >= WAIT_MS)
            return refuse(folder, holder);
        usleep(TRY_MS * 1000);
    }
    return 0;
}

int folder_lock_take(const char *folder, struct folder_lock **out)
{
    char *path = mem_format("%s/lock", folder);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    int status = fd < 0 ? err_errno("opening %s", path) : 0;
    if (status)
        goto err0;
    status = lock_soon(fd, folder);
    if (status)
        goto err1;
    write_holder(fd, path);
    *out = mem_zero(1, sizeof(**out));
    **out = (struct folder_lock){.magic = FOLDER_LOCK_MAGIC, .fd = fd};
    free(path);
    return 0;
err1:
    close(fd);
err0:
    free(path);
    return status;
}

/* Closing alone would leave the lock to a child that is just becoming another
 * program. */
void folder_lock_release(struct folder_lock *lock)
{
    if (!lock)
        return;
    CHECK_MAGIC(lock, FOLDER_LOCK_MAGIC);
    lock->magic = 0;
    flock(lock->fd, LOCK_UN); /* where that fails, closing has to do */
    close(lock->fd);
    free(lock);
}
