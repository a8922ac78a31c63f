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
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#define FOLDER_LOCK_MAGIC 0x464c4f43u

/* How long the lock is waited for while its holder can't be named, and how
 * often it is tried. A process that is killed while it starts another
 * (uv_spawn() forks) leaves a child with the lock until that child has become
 * the other program: milliseconds. */
#define WAIT_MS 1000
#define TRY_MS 10

/* A process id and a line's end. Always as long, so that writing it again needs
 * no new room on a disk that is full. */
#define ID_SIZE 12

/* Invariant: fd is open and has the lock. */
struct folder_lock {
    unsigned magic;
    int fd;
};

/* The id in the file if that process lives; 0 otherwise. EPERM is another
 * user's process, which lives, too. */
static pid_t read_holder(int fd)
{
    char text[ID_SIZE + 1] = {0};
    char *end;
    if (pread(fd, text, ID_SIZE, 0) != ID_SIZE)
        return 0;
    long id = strtol(text, &end, 10);
    if (*end != '\n' || id <= 0 || id > INT_MAX)
        return 0;
    return kill((pid_t)id, 0) == 0 || errno == EPERM ? (pid_t)id : 0;
}

/* The lock holds without an id in the file, so a disk that can't take the id
 * does not keep the process from working. An old id must not stay there. */
static void write_holder(int fd, const char *path)
{
    char text[ID_SIZE + 1];
    snprintf(text, sizeof(text), "%11d\n", (int)getpid());
    if (pwrite(fd, text, ID_SIZE, 0) == ID_SIZE)
        return;
    log_warn("lock", "%s can't name this process: %s", path, strerror(errno));
    if (ftruncate(fd, 0) < 0)
        log_warn("lock", "%s may name another process: %s", path,
                 strerror(errno));
}

static int refuse(const char *folder, pid_t holder)
{
    if (holder == getpid())
        return err_set(ERR_LOCKED, "this process (%d) uses %s already",
                       (int)holder, folder);
    if (holder)
        return err_set(ERR_LOCKED, "process %d uses %s", (int)holder, folder);
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
        pid_t holder = read_holder(fd);
        if (holder || waited >= WAIT_MS)
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
