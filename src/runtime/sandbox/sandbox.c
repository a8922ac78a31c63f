/*
 * Three walls, each for what the others can't do: rlimits and capabilities for
 * amounts and privileges, Landlock for paths (seccomp sees only pointers to
 * them), seccomp for the kernel's surface (sandbox_filter.h). An attacker who
 * breaks out of the engine has to get through all of them.
 *
 * The walls do not limit time and memory, which the worker's main thread and
 * the node watch, nor what goes through the socket, which the node checks.
 */
#include "runtime/sandbox/sandbox.h"
#include "base/check.h"
#include "runtime/sandbox/sandbox_filter.h"
#include <fcntl.h>
#include <linux/capability.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * Landlock (linux/landlock.h). Debian 12's header ends at version 2; numbers
 * and bits are the kernel's interface and don't change.
 */
struct landlock_ruleset {
    uint64_t handled_fs;
    uint64_t handled_net; /* version 4 */
    uint64_t scoped;      /* version 6 */
};
struct __attribute__((packed)) landlock_path {
    uint64_t allowed;
    int32_t parent_fd;
};
#define LANDLOCK_QUERY_VERSION 1u
#define LANDLOCK_RULE_PATH 1
#define LANDLOCK_WRITE_FILE (1ull << 1)
#define LANDLOCK_READ_FILE (1ull << 2)
#define LANDLOCK_READ_DIR (1ull << 3)
#define LANDLOCK_REMOVE_DIR (1ull << 4)
#define LANDLOCK_REMOVE_FILE (1ull << 5)
#define LANDLOCK_MAKE_DIR (1ull << 7)
#define LANDLOCK_MAKE_FILE (1ull << 8)
#define LANDLOCK_REFER (1ull << 13)    /* version 2 */
#define LANDLOCK_TRUNCATE (1ull << 14) /* version 3 */
#define LANDLOCK_FOLDER_RIGHTS                                                 \
    (LANDLOCK_WRITE_FILE | LANDLOCK_READ_FILE | LANDLOCK_READ_DIR |            \
     LANDLOCK_REMOVE_DIR | LANDLOCK_REMOVE_FILE | LANDLOCK_MAKE_DIR |          \
     LANDLOCK_MAKE_FILE | LANDLOCK_REFER | LANDLOCK_TRUNCATE)

/* All rights on files that a version of the interface knows. */
static uint64_t rights_of_version(long version)
{
    if (version >= 5)
        return (1ull << 16) - 1; /* ioctl on devices */
    if (version >= 3)
        return (1ull << 15) - 1;
    if (version == 2)
        return (1ull << 14) - 1;
    return (1ull << 13) - 1;
}

/* A missing path is a failure. The caller then reports no Landlock, because it
 * would be incomplete. */
static bool allow_path(int ruleset, const char *path, uint64_t rights)
{
    struct landlock_path rule = {.allowed = rights};
    rule.parent_fd = open(path, O_PATH | O_CLOEXEC);
    if (rule.parent_fd < 0)
        return false;
    long status =
        syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH, &rule, 0);
    close(rule.parent_fd);
    return !status;
}

/* Landlock denies what it handles unless a rule allows it, so all rights that
 * the kernel's version knows are handled. Open descriptors stay usable: the
 * socket, statm and the folder. */
static void confine_files(const char *folder, struct confinement *report)
{
    long version =
        syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_QUERY_VERSION);
    /* This kernel has no Landlock, or it is switched off. */
    if (version < 1)
        return;
    struct landlock_ruleset ruleset = {.handled_fs =
                                           rights_of_version(version)};
    /* Version 4 handles bind and connect of TCP, version 6 abstract sockets and
     * signals to the outside. */
    size_t size = sizeof(uint64_t);
    if (version >= 4) {
        ruleset.handled_net = 3;
        size = 2 * sizeof(uint64_t);
    }
    if (version >= 6) {
        ruleset.scoped = 3;
        size = sizeof(ruleset);
    }
    int fd = (int)syscall(SYS_landlock_create_ruleset, &ruleset, size, 0);
    if (fd < 0)
        return;
    /* A rule may only name rights that the ruleset handles. */
    bool whole =
        !folder ||
        allow_path(fd, folder, LANDLOCK_FOLDER_RIGHTS & ruleset.handled_fs);
    /* JavaScriptCore reads its randomness from the device and ends the
     * process if it can't. */
    whole = whole && allow_path(fd, "/dev/urandom", LANDLOCK_READ_FILE);
    if (whole && !syscall(SYS_landlock_restrict_self, fd, 0)) {
        report->landlock = true;
        report->landlock_version = (uint32_t)version;
    }
    close(fd);
}

/* The soft and the hard limit are set, so neither can be raised again. */
static bool limit_resource(int resource, uint64_t value)
{
    struct rlimit limit = {.rlim_cur = value, .rlim_max = value};
    return !setrlimit(resource, &limit);
}

/* RLIMIT_NPROC is not set: it counts all of the user's processes, not this
 * one's threads. RLIMIT_AS can't be: the engine reserves gigabytes. */
static bool limit_resources(const struct sandbox_options *options)
{
    /* A write beyond RLIMIT_FSIZE must fail with EFBIG and not kill. */
    signal(SIGXFSZ, SIG_IGN);
    return limit_resource(RLIMIT_CORE, 0) &&
           limit_resource(RLIMIT_FSIZE, options->file_bytes) &&
           limit_resource(RLIMIT_NOFILE, options->open_files) &&
           limit_resource(RLIMIT_MEMLOCK, 0) &&
           limit_resource(RLIMIT_MSGQUEUE, 0);
}

/* This matters to a node that was started as root. The user stays root and owns
 * the task's folder, but loses the rights of root. */
static bool drop_capabilities(void)
{
    struct __user_cap_header_struct header = {
        .version = _LINUX_CAPABILITY_VERSION_3,
    };
    struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {{0}};
    /* Without CAP_SETPCAP (an ordinary user) the bounding set stays as it is,
     * which no_new_privs makes harmless. */
    for (int capability = 0; capability <= CAP_LAST_CAP; capability++)
        /* A number that this kernel doesn't know fails, which is harmless. */
        prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    return !syscall(SYS_capset, &header, none);
}

/* Landlock and seccomp come after no_new_privs, without which an ordinary user
 * may set neither. seccomp is last, because it forbids the calls of the
 * others. */
void sandbox_apply(const struct sandbox_options *options,
                   struct confinement *report)
{
    CHECK(options->file_bytes > 0 && options->open_files >= 8);
    memset(report, 0, sizeof(*report));
    report->resource_limits = limit_resources(options);
    report->capabilities_dropped = drop_capabilities();
    report->no_new_privileges = !prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    confine_files(options->folder, report);
    report->seccomp = sandbox_filter_load();
}
