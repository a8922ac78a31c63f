/*
 * What the process of a task may see, read, write, execute, connect to and use:
 * one description for both engines, and the functions that make it hold.
 *
 * sandbox_isolate() gives the process a world of its own (namespaces): a root
 * with nothing in it but what the description names, a network with nothing but
 * its own loopback. sandbox_confine() takes away what is left: rlimits,
 * capabilities, no_new_privs, Landlock, seccomp. A worker calls both
 * (sandbox_apply()); a launcher makes the first process of a PID namespace
 * between them.
 *
 * A step that the kernel does not have is reported and not fatal, because the
 * node decides what a task needs (confinement.h).
 *
 * Both hold for the calling thread and for threads that it makes afterwards, so
 * call them while there is only one.
 */
#ifndef POND_RUNTIME_SANDBOX_SANDBOX_H
#define POND_RUNTIME_SANDBOX_SANDBOX_H

#include "runtime/wire/confinement.h"
#include <stddef.h>

/* What may be done below a path. Set-user-id bits and devices (but for
 * SANDBOX_DEVICE) never count. */
enum sandbox_access {
    SANDBOX_READ,
    SANDBOX_EXECUTE, /* and read */
    SANDBOX_WRITE,   /* read, write, make and remove files and folders */
    SANDBOX_OWN,     /* that, and make links and sockets, and execute */
    SANDBOX_DEVICE,  /* read and write a device */
};

struct sandbox_path {
    const char *path; /* absolute */
    enum sandbox_access access;
    /* What stands there in the machine's own tree; NULL: the same path. */
    const char *source;
};

/* A file that the new root has and the machine has not, or not like that. Only
 * read. */
struct sandbox_file {
    const char *path; /* absolute; no path of sandbox_path lies above */
    const char *text;
};

/* Which list of system calls (sandbox_filter.h). */
enum sandbox_calls {
    SANDBOX_CALLS_WORKER,  /* one process, no sockets: the engine `pond` */
    SANDBOX_CALLS_PROGRAM, /* programs, sockets: the engine `node` */
};

/* Walls that are left out: only for tests, which show that each wall holds by
 * itself. */
enum {
    SANDBOX_NO_NAMESPACES = 1,
    SANDBOX_NO_LANDLOCK = 2,
    SANDBOX_NO_FILTER = 4,
};

struct sandbox {
    /* A path that this machine does not have is left out. A symbolic link is
     * made again as such, so what it points to has to be named as well. */
    const struct sandbox_path *paths;
    size_t path_count;
    const struct sandbox_file *files;
    size_t file_count;
    enum sandbox_calls calls;
    /* Give it /proc of its PID namespace and /dev/shm with that many bytes; 0:
     * neither. */
    uint64_t shared_memory_bytes;
    /* RLIMIT_FSIZE, at least 1: a write beyond it fails with EFBIG. */
    uint64_t file_bytes;
    /* RLIMIT_NOFILE, at least 8, because some files are open already. */
    uint32_t open_files;
    /* RLIMIT_NPROC, which counts the user's processes within the user namespace
     * since Linux 5.14; not set without one. 0: not set. It does not bind root.
     */
    uint32_t processes;
    unsigned without;
};

/* Leave the machine's world. With a PID namespace, the next fork makes its
 * first process, which then calls sandbox_make_root(); without one the root is
 * made here. Open descriptors stay. The working directory becomes "/". */
void sandbox_isolate(const struct sandbox *sandbox, bool with_processes,
                     struct confinement *report);

/* The second half of sandbox_isolate(), for the first process of a PID
 * namespace. If it fails, the root is the machine's as before: ERR_IO says at
 * which step. */
int sandbox_make_root(const struct sandbox *sandbox,
                      struct confinement *report);

/* Give up everything that the description does not name. report already has
 * what sandbox_isolate() did. */
void sandbox_confine(const struct sandbox *sandbox, struct confinement *report);

/* Both. This never fails as a whole. A layer that failed is false in the
 * report. */
void sandbox_apply(const struct sandbox *sandbox, struct confinement *report);

/*
 * The same in three steps, for a process that makes itself ready before it is
 * known which folder it will get. Its threads begin between the first and the
 * second: what the kernel asks of a whole process is done before or holds for
 * all threads, and what it asks of a thread each thread does for itself.
 *
 * 1. sandbox_prepare(): namespaces, and a root with the description's paths and
 *    room below the folder `later`. The machine's tree is kept aside, out of
 *    reach of threads that have taken step 2. ERR_UNSUPPORTED where there are
 *    no namespaces: then the process must end.
 * 2. sandbox_confine_thread(), by each thread but the one that takes the other
 *    steps, and before it makes further threads: no capabilities, no privilege
 *    to gain, and by Landlock no path but the description's and what will be
 *    below `later`.
 * 3. sandbox_finish(): of the description, the paths below `later` are bound,
 *    the machine's tree goes, and what sandbox_confine() does holds for the
 *    process: seccomp for all threads. ERR_IO: the process must end.
 */
int sandbox_prepare(const struct sandbox *sandbox, const char *later,
                    struct confinement *report);
void sandbox_confine_thread(const struct sandbox *sandbox, const char *later,
                            struct confinement *report);
int sandbox_finish(const struct sandbox *sandbox, const char *later,
                   struct confinement *report);

/* Is path folder, or below it? */
bool sandbox_is_below(const char *path, const char *folder);

#endif
