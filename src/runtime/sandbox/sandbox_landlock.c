/*
 * Landlock, the wall for paths that needs no privilege: seccomp sees only
 * pointers to them. Where the process has a root of its own, this is the second
 * wall in front of the same things.
 *
 * The interface is that of linux/landlock.h. Debian 12's header ends at version
 * 2; numbers and bits are the kernel's interface and don't change.
 */
#include "runtime/sandbox/sandbox_internal.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

struct landlock_ruleset {
    uint64_t handled_fs;
    uint64_t handled_net; /* version 4 */
    uint64_t scoped;      /* version 6 */
};
struct __attribute__((packed)) landlock_path {
    uint64_t allowed;
    int32_t parent_fd;
};
#define QUERY_VERSION 1u
#define RULE_PATH 1
#define EXECUTE (1ull << 0)
#define WRITE_FILE (1ull << 1)
#define READ_FILE (1ull << 2)
#define READ_DIR (1ull << 3)
#define REMOVE_DIR (1ull << 4)
#define REMOVE_FILE (1ull << 5)
#define MAKE_DIR (1ull << 7)
#define MAKE_FILE (1ull << 8)
#define MAKE_SOCKET (1ull << 9)
#define MAKE_FIFO (1ull << 10)
#define MAKE_LINK (1ull << 12)
#define REFER (1ull << 13)     /* version 2 */
#define TRUNCATE (1ull << 14)  /* version 3 */
#define IOCTL_DEV (1ull << 15) /* version 5 */
/* Bind and connect of TCP. */
#define ALL_NET 3
/* Abstract sockets of, and signals to, processes outside. */
#define ALL_SCOPES 3

/* What a rule for a single file may name. */
#define FILE_RIGHTS (EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEV)

static const uint64_t rights[] = {
    [SANDBOX_READ] = READ_FILE | READ_DIR,
    [SANDBOX_EXECUTE] = READ_FILE | READ_DIR | EXECUTE,
    [SANDBOX_WRITE] = WRITE_FILE | READ_FILE | READ_DIR | REMOVE_DIR |
                      REMOVE_FILE | MAKE_DIR | MAKE_FILE | REFER | TRUNCATE,
    [SANDBOX_OWN] = EXECUTE | WRITE_FILE | READ_FILE | READ_DIR | REMOVE_DIR |
                    REMOVE_FILE | MAKE_DIR | MAKE_FILE | MAKE_SOCKET |
                    MAKE_FIFO | MAKE_LINK | REFER | TRUNCATE,
    [SANDBOX_DEVICE] = READ_FILE | WRITE_FILE | IOCTL_DEV,
};

/* All rights on files that a version of the interface knows. */
static uint64_t rights_of_version(long version)
{
    if (version >= 5)
        return (1ull << 16) - 1;
    if (version >= 3)
        return (1ull << 15) - 1;
    if (version == 2)
        return (1ull << 14) - 1;
    return (1ull << 13) - 1;
}

/* A missing path needs no rule. Another failure is one of the whole wall, which
 * would then be too low for the task to work. */
static bool allow(int ruleset, const char *path, uint64_t allowed)
{
    struct landlock_path rule = {.allowed = allowed};
    struct stat file;
    rule.parent_fd = open(path, O_PATH | O_CLOEXEC);
    if (rule.parent_fd < 0)
        return errno == ENOENT;
    if (!fstat(rule.parent_fd, &file) && !S_ISDIR(file.st_mode))
        rule.allowed &= FILE_RIGHTS;
    long status = syscall(SYS_landlock_add_rule, ruleset, RULE_PATH, &rule, 0);
    close(rule.parent_fd);
    return !status;
}

static bool allow_all(int ruleset, uint64_t handled,
                      const struct sandbox *sandbox, bool has_own_root)
{
    bool whole = true;
    /* A rule may only name rights that the ruleset handles. */
    for (size_t i = 0; i < sandbox->path_count; i++) {
        const struct sandbox_path *path = &sandbox->paths[i];
        /* In the machine's tree something else stands at the path. */
        const char *place =
            path->source && !has_own_root ? path->source : path->path;
        whole = whole && allow(ruleset, place, rights[path->access] & handled);
    }
    for (size_t i = 0; i < sandbox->file_count; i++)
        whole = whole && allow(ruleset, sandbox->files[i].path,
                               rights[SANDBOX_READ] & handled);
    if (sandbox->shared_memory_bytes) {
        whole = whole &&
                allow(ruleset, "/proc", rights[SANDBOX_READ] & handled) &&
                allow(ruleset, "/dev/shm", rights[SANDBOX_WRITE] & handled);
    }
    return whole;
}

/* Landlock denies what it handles unless a rule allows it, so all rights that
 * the kernel's version knows are handled. Open descriptors stay usable. */
void sandbox_confine_paths(const struct sandbox *sandbox,
                           struct confinement *report)
{
    long version = syscall(SYS_landlock_create_ruleset, NULL, 0, QUERY_VERSION);
    /* This kernel has no Landlock, or it is switched off. */
    if (version < 1)
        return;
    struct landlock_ruleset ruleset = {.handled_fs =
                                           rights_of_version(version)};
    size_t size = sizeof(uint64_t);
    /* A program serves its requests on ports; there is no other network in its
     * namespace. */
    if (version >= 4 && sandbox->calls == SANDBOX_CALLS_WORKER)
        ruleset.handled_net = ALL_NET;
    if (version >= 4)
        size = 2 * sizeof(uint64_t);
    if (version >= 6) {
        ruleset.scoped = ALL_SCOPES;
        size = sizeof(ruleset);
    }
    int fd = (int)syscall(SYS_landlock_create_ruleset, &ruleset, size, 0);
    if (fd < 0)
        return;
    if (allow_all(fd, ruleset.handled_fs, sandbox, report->own_root) &&
        !syscall(SYS_landlock_restrict_self, fd, 0)) {
        report->landlock = true;
        report->landlock_version = (uint32_t)version;
    }
    close(fd);
}
