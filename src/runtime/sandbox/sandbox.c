/*
 * The filter is a list of what JavaScriptCore, its threads and collector, libuv
 * and the task folder's file calls need, found by tracing and by running the
 * engine's own stress; the rest is refused with EPERM, so that a library's new
 * habit ends in an error and not in a dead worker. What no library does by
 * accident (a program started, a socket made, another process traced) kills at
 * once: then somebody else is at the wheel.
 *
 * Three walls, each for what the others can't do: rlimits and capabilities for
 * amounts and privileges, Landlock for paths (seccomp sees only pointers to
 * them), seccomp for the kernel's surface. A hole in the engine has to get
 * through all of them.
 *
 * What they do not stop: time and memory, which the worker's main thread and
 * the node watch; and what goes through the socket, which the node checks.
 */
#include "runtime/sandbox/sandbox.h"
#include "base/check.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
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

/* A path that is not there is a failure, not a rule less: the caller then
 * leaves Landlock unreported rather than half done. */
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

/* Landlock denies what it handles unless a rule allows it, so everything the
 * kernel's version knows is handled. Descriptors that are open stay usable:
 * the socket, statm and the folder. */
static void confine_files(const char *folder, struct sandbox_report *report)
{
    long version =
        syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_QUERY_VERSION);
    /* No Landlock in this kernel, or switched off. */
    if (version < 1)
        return;
    struct landlock_ruleset ruleset = {.handled_fs =
                                           rights_of_version(version)};
    /* bind and connect of TCP; abstract sockets and signals to outside. */
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

/* Soft and hard at once: neither can be raised again. */
static bool limit_resource(int resource, uint64_t value)
{
    struct rlimit limit = {.rlim_cur = value, .rlim_max = value};
    return !setrlimit(resource, &limit);
}

/* RLIMIT_NPROC is not set: it counts all of the user's processes, not this
 * one's threads. RLIMIT_AS can't be: the engine reserves gigabytes. */
static bool limit_resources(const struct sandbox_options *options)
{
    /* Past RLIMIT_FSIZE a write shall fail with EFBIG, not kill. */
    signal(SIGXFSZ, SIG_IGN);
    return limit_resource(RLIMIT_CORE, 0) &&
           limit_resource(RLIMIT_FSIZE, options->file_bytes) &&
           limit_resource(RLIMIT_NOFILE, options->open_files) &&
           limit_resource(RLIMIT_MEMLOCK, 0) &&
           limit_resource(RLIMIT_MSGQUEUE, 0);
}

/* For a node that was started as root. The user stays root, and owns the
 * task's folder, but may no longer do what root may. */
static bool drop_capabilities(void)
{
    struct __user_cap_header_struct header = {
        .version = _LINUX_CAPABILITY_VERSION_3,
    };
    struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {{0}};
    /* Without CAP_SETPCAP (an ordinary user) the bounding set stays as it is,
     * which no_new_privs makes harmless. */
    for (int capability = 0; capability <= CAP_LAST_CAP; capability++)
        /* Fails for a number that this kernel doesn't know yet: no matter. */
        prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    return !syscall(SYS_capset, &header, none);
}

/*
 * What is let through whatever its arguments. Each group says who needs it; a
 * call that only glibc's start-up makes is not here, for that is over by then.
 * mprotect and mmap with PROT_EXEC stay open for the engine's compilers: a task
 * that breaks out of the engine can run code of its own, and then has what
 * this list has.
 */
static const int allowed_calls[] = {
    /* memory */
    SCMP_SYS(mmap),
    SCMP_SYS(munmap),
    SCMP_SYS(mprotect),
    SCMP_SYS(madvise),
    SCMP_SYS(mremap),
    SCMP_SYS(brk),
    SCMP_SYS(membarrier),
    /* threads and signals of this process */
    SCMP_SYS(futex),
    SCMP_SYS(set_robust_list),
    SCMP_SYS(rseq),
    SCMP_SYS(gettid),
    SCMP_SYS(getpid),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
    SCMP_SYS(sched_yield),
    SCMP_SYS(sched_getaffinity),
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(rt_sigsuspend),
    SCMP_SYS(sigaltstack),
    SCMP_SYS(restart_syscall),
    /* time and waiting */
    SCMP_SYS(clock_gettime),
    SCMP_SYS(clock_getres),
    SCMP_SYS(clock_nanosleep),
    SCMP_SYS(nanosleep),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(poll),
    SCMP_SYS(ppoll),
    SCMP_SYS(epoll_create1),
    SCMP_SYS(epoll_ctl),
    SCMP_SYS(epoll_wait),
    SCMP_SYS(epoll_pwait),
    SCMP_SYS(eventfd2),
    SCMP_SYS(pipe2),
    /* the socket that is there, and files of the folder */
    SCMP_SYS(read),
    SCMP_SYS(readv),
    SCMP_SYS(pread64),
    SCMP_SYS(write),
    SCMP_SYS(writev),
    SCMP_SYS(pwrite64),
    SCMP_SYS(sendmsg),
    SCMP_SYS(recvmsg),
    SCMP_SYS(sendto),
    SCMP_SYS(recvfrom),
    SCMP_SYS(shutdown),
    SCMP_SYS(close),
    SCMP_SYS(lseek),
    SCMP_SYS(fstat),
    SCMP_SYS(newfstatat),
    SCMP_SYS(statx),
    SCMP_SYS(openat),
    SCMP_SYS(openat2),
    SCMP_SYS(getdents64),
    SCMP_SYS(mkdirat),
    SCMP_SYS(unlinkat),
    SCMP_SYS(renameat),
    SCMP_SYS(renameat2),
    SCMP_SYS(ftruncate),
    SCMP_SYS(fsync),
    SCMP_SYS(fdatasync),
    SCMP_SYS(fcntl),
    /* what the engine asks of the machine */
    SCMP_SYS(getrandom),
    SCMP_SYS(sysinfo),
    SCMP_SYS(uname),
    SCMP_SYS(getrusage),
    SCMP_SYS(getuid),
    SCMP_SYS(geteuid),
    SCMP_SYS(getgid),
    SCMP_SYS(getegid),
};

/*
 * What ends the process. All of it would be refused anyway; a dead worker tells
 * its node that something was wrong, which a refused call does not.
 */
static const int deadly_calls[] = {
    SCMP_SYS(execve),
    SCMP_SYS(execveat),
    SCMP_SYS(fork),
    SCMP_SYS(vfork),
    SCMP_SYS(ptrace),
    SCMP_SYS(process_vm_readv),
    SCMP_SYS(process_vm_writev),
    SCMP_SYS(socket),
    SCMP_SYS(connect),
    SCMP_SYS(bind),
    SCMP_SYS(listen),
    SCMP_SYS(accept),
    SCMP_SYS(accept4),
    SCMP_SYS(bpf),
    SCMP_SYS(mount),
    SCMP_SYS(umount2),
    SCMP_SYS(pivot_root),
    SCMP_SYS(chroot),
    SCMP_SYS(unshare),
    SCMP_SYS(setns),
    SCMP_SYS(init_module),
    SCMP_SYS(finit_module),
    SCMP_SYS(delete_module),
    SCMP_SYS(kexec_load),
    SCMP_SYS(keyctl),
    SCMP_SYS(add_key),
    SCMP_SYS(perf_event_open),
    SCMP_SYS(userfaultfd),
    SCMP_SYS(io_uring_setup),
    SCMP_SYS(pidfd_getfd),
};

/* Calls that depend on an argument. */
static int add_conditions(scmp_filter_ctx filter)
{
    uint32_t self = (uint32_t)getpid();
    int status = 0;
    /* A new thread, not a new process; clone3 hides its flags behind a
     * pointer, so glibc is told that there is none and falls back. */
    status |= seccomp_rule_add(
        filter, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
        SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD));
    status |= seccomp_rule_add(filter, SCMP_ACT_KILL_PROCESS, SCMP_SYS(clone),
                               1, SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, 0));
    status |=
        seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
    status |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1,
                               SCMP_A0(SCMP_CMP_EQ, self));
    /* Names of threads, and the kernel's names for mappings. */
    status |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(prctl), 1,
                               SCMP_A0(SCMP_CMP_EQ, PR_SET_NAME));
    /* PR_SET_VMA, with which the engine names its mappings. */
    status |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(prctl), 1,
                               SCMP_A0(SCMP_CMP_EQ, 0x53564d41));
    /* The one request that the channel makes of its socket. */
    status |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1,
                               SCMP_A1(SCMP_CMP_EQ, FIONBIO));
    /* Reading a limit; never setting one. */
    status |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(prlimit64), 1,
                               SCMP_A2(SCMP_CMP_EQ, 0));
    return status;
}

/* A call on neither list is refused by the default action. The whole filter or
 * none: a rule that could not be added must not go unnoticed. */
static bool filter_calls(void)
{
    bool loaded = false;
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    if (!filter)
        return false;
    /* The process does not fork afterwards, so its number stays. */
    int status = add_conditions(filter);
    for (size_t i = 0; i < sizeof(allowed_calls) / sizeof(int); i++)
        status |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, allowed_calls[i], 0);
    /* A call that this machine does not have (fork on arm64) needs no rule. */
    for (size_t i = 0; i < sizeof(deadly_calls) / sizeof(int); i++)
        if (deadly_calls[i] >= 0)
            status |= seccomp_rule_add(filter, SCMP_ACT_KILL_PROCESS,
                                       deadly_calls[i], 0);
    /* Balanced tree: a call costs a dozen comparisons, not a hundred. */
    seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
    if (!status)
        loaded = !seccomp_load(filter);
    seccomp_release(filter);
    return loaded;
}

/* Landlock and seccomp come after no_new_privs, without which an ordinary user
 * may set neither, and seccomp last, for it forbids the calls of the others. */
void sandbox_apply(const struct sandbox_options *options,
                   struct sandbox_report *report)
{
    CHECK(options->file_bytes > 0 && options->open_files >= 8);
    memset(report, 0, sizeof(*report));
    report->resource_limits = limit_resources(options);
    report->capabilities_dropped = drop_capabilities();
    report->no_new_privileges = !prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    confine_files(options->folder, report);
    report->seccomp = filter_calls();
}
