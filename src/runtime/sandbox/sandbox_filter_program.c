/*
 * The list for unmodified programs: Node, and what a task starts from there
 * (python3, git, Chromium). It has what ordinary programs make, and lacks what
 * works on the kernel, on other processes or on the machine. It follows the
 * default list of container engines (moby/profiles, seccomp/default.json), less
 * what those give for capabilities.
 *
 * A call that is not listed fails with EPERM; programs probe for calls and go
 * on without. Not here, among others: ptrace and process_vm_* (other
 * processes), mount, setns and unshare, bpf, perf_event_open, userfaultfd,
 * io_uring_* (surface that was the way into the kernel more than once), keyctl
 * (keyrings belong to no namespace), kernel modules, clocks, swap, quotas,
 * kcmp, open_by_handle_at (names files past every mount).
 */
#include "runtime/sandbox/sandbox_filter.h"
#include <errno.h>
#include <linux/fs.h>
#include <sched.h>
#include <seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/personality.h>
#include <sys/socket.h>

#define COUNT(list) (sizeof(list) / sizeof(*(list)))

/* Names and not numbers, because machines differ in which of them they have. */
static const char *const allowed_calls[] = {
    /* memory */
    "brk",
    "mmap",
    "munmap",
    "mprotect",
    "mremap",
    "madvise",
    "msync",
    "mincore",
    "mlock",
    "mlock2",
    "mlockall",
    "munlock",
    "munlockall",
    "membarrier",
    "pkey_alloc",
    "pkey_free",
    "pkey_mprotect",
    "get_mempolicy",
    "set_mempolicy",
    "mbind",
    /* processes and threads */
    "execve",
    "execveat",
    "fork",
    "vfork",
    "exit",
    "exit_group",
    "wait4",
    "waitid",
    "getpid",
    "getppid",
    "gettid",
    "set_tid_address",
    "set_robust_list",
    "get_robust_list",
    "rseq",
    "arch_prctl",
    "prctl",
    "futex",
    "futex_waitv",
    "getpgid",
    "getpgrp",
    "setpgid",
    "getsid",
    "setsid",
    "capget",
    "capset",
    "getpriority",
    "setpriority",
    "ioprio_get",
    "ioprio_set",
    "sched_getaffinity",
    "sched_setaffinity",
    "sched_getattr",
    "sched_setattr",
    "sched_getparam",
    "sched_setparam",
    "sched_getscheduler",
    "sched_setscheduler",
    "sched_get_priority_max",
    "sched_get_priority_min",
    "sched_rr_get_interval",
    "sched_yield",
    "getcpu",
    "getrlimit",
    "setrlimit",
    "prlimit64",
    "getrusage",
    "times",
    "seccomp",
    "landlock_create_ruleset",
    "landlock_add_rule",
    "landlock_restrict_self",
    /* signals; Landlock and the PID namespace say to whom */
    "kill",
    "tkill",
    "tgkill",
    "rt_sigaction",
    "rt_sigprocmask",
    "rt_sigpending",
    "rt_sigqueueinfo",
    "rt_tgsigqueueinfo",
    "rt_sigreturn",
    "rt_sigsuspend",
    "rt_sigtimedwait",
    "sigaltstack",
    "signalfd",
    "signalfd4",
    "pause",
    "alarm",
    "pidfd_open",
    "pidfd_send_signal",
    "restart_syscall",
    /* users */
    "getuid",
    "geteuid",
    "getgid",
    "getegid",
    "getgroups",
    "getresuid",
    "getresgid",
    "setuid",
    "setgid",
    "setreuid",
    "setregid",
    "setresuid",
    "setresgid",
    "setgroups",
    "setfsuid",
    "setfsgid",
    /* time and waiting */
    "clock_gettime",
    "clock_getres",
    "clock_nanosleep",
    "gettimeofday",
    "time",
    "nanosleep",
    "getitimer",
    "setitimer",
    "timer_create",
    "timer_delete",
    "timer_getoverrun",
    "timer_gettime",
    "timer_settime",
    "timerfd_create",
    "timerfd_gettime",
    "timerfd_settime",
    "poll",
    "ppoll",
    "select",
    "pselect6",
    "epoll_create",
    "epoll_create1",
    "epoll_ctl",
    "epoll_wait",
    "epoll_pwait",
    "epoll_pwait2",
    "eventfd",
    "eventfd2",
    /* files */
    "open",
    "openat",
    "openat2",
    "creat",
    "close",
    "close_range",
    "read",
    "readv",
    "pread64",
    "preadv",
    "preadv2",
    "write",
    "writev",
    "pwrite64",
    "pwritev",
    "pwritev2",
    "lseek",
    "stat",
    "lstat",
    "fstat",
    "newfstatat",
    "statx",
    "access",
    "faccessat",
    "faccessat2",
    "getdents",
    "getdents64",
    "readlink",
    "readlinkat",
    "chdir",
    "fchdir",
    "getcwd",
    "mkdir",
    "mkdirat",
    "rmdir",
    "unlink",
    "unlinkat",
    "rename",
    "renameat",
    "renameat2",
    "link",
    "linkat",
    "symlink",
    "symlinkat",
    "chmod",
    "fchmod",
    "fchmodat",
    "fchmodat2",
    "chown",
    "fchown",
    "fchownat",
    "lchown",
    "umask",
    "truncate",
    "ftruncate",
    "fallocate",
    "fsync",
    "fdatasync",
    "sync_file_range",
    "syncfs",
    "sync",
    "flock",
    "fcntl",
    "dup",
    "dup2",
    "dup3",
    "pipe",
    "pipe2",
    "splice",
    "tee",
    "sendfile",
    "copy_file_range",
    "fadvise64",
    "readahead",
    "utime",
    "utimes",
    "utimensat",
    "futimesat",
    "statfs",
    "fstatfs",
    "getxattr",
    "lgetxattr",
    "fgetxattr",
    "listxattr",
    "llistxattr",
    "flistxattr",
    "setxattr",
    "lsetxattr",
    "fsetxattr",
    "removexattr",
    "lremovexattr",
    "fremovexattr",
    "inotify_init",
    "inotify_init1",
    "inotify_add_watch",
    "inotify_rm_watch",
    "name_to_handle_at",
    /* sockets; socket and socketpair are below */
    "bind",
    "connect",
    "listen",
    "accept",
    "accept4",
    "getsockname",
    "getpeername",
    "getsockopt",
    "setsockopt",
    "sendto",
    "recvfrom",
    "sendmsg",
    "recvmsg",
    "sendmmsg",
    "recvmmsg",
    "shutdown",
    /* semaphores and queues of the IPC namespace */
    "semget",
    "semop",
    "semctl",
    "semtimedop",
    "msgget",
    "msgsnd",
    "msgrcv",
    "msgctl",
    "mq_open",
    "mq_unlink",
    "mq_timedsend",
    "mq_timedreceive",
    "mq_notify",
    "mq_getsetattr",
    /* the machine */
    "getrandom",
    "sysinfo",
    "uname",
};

/* Memory that belongs to no process, so that only a cgroup counts it. */
static const char *const counted_calls[] = {
    "memfd_create", "shmget", "shmat", "shmctl", "shmdt",
};

/* The flags of new namespaces. CLONE_NEWTIME is a signal's number in clone().
 */
#define NEW_NAMESPACES                                                         \
    (CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC |             \
     CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET)

/* The type without SOCK_CLOEXEC and SOCK_NONBLOCK. */
#define SOCKET_TYPE 0xf

/* Families that the network namespace holds, and kinds that go through the
 * kernel's TCP and UDP. Not here: raw packets, AF_VSOCK (the hypervisor, in no
 * namespace), AF_ALG, AF_PACKET and the families nobody maintains. */
static int add_sockets(scmp_filter_ctx filter)
{
    static const struct {
        int family, type;
    } kinds[] = {
        {AF_UNIX, SOCK_STREAM},    {AF_UNIX, SOCK_DGRAM},
        {AF_UNIX, SOCK_SEQPACKET}, {AF_INET, SOCK_STREAM},
        {AF_INET, SOCK_DGRAM},     {AF_INET6, SOCK_STREAM},
        {AF_INET6, SOCK_DGRAM},
    };
    int status = 0;
    for (size_t i = 0; i < COUNT(kinds); i++)
        status |= seccomp_rule_add(
            filter, SCMP_ACT_ALLOW, SCMP_SYS(socket), 2,
            SCMP_A0(SCMP_CMP_EQ, (uint64_t)kinds[i].family),
            SCMP_A1(SCMP_CMP_MASKED_EQ, SOCKET_TYPE, (uint64_t)kinds[i].type));
    /* getifaddrs() asks NETLINK_ROUTE, protocol 0. */
    status |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(socket), 2,
                               SCMP_A0(SCMP_CMP_EQ, AF_NETLINK),
                               SCMP_A2(SCMP_CMP_EQ, 0));
    status |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(socketpair), 1,
                               SCMP_A0(SCMP_CMP_EQ, AF_UNIX));
    return status;
}

/* Calls whose effect depends on an argument. */
static int add_conditions(scmp_filter_ctx filter)
{
    static const uint64_t personalities[] = {PER_LINUX, ADDR_NO_RANDOMIZE,
                                             0xffffffff /* asks */};
    int status = 0;
    status |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
                               SCMP_A0(SCMP_CMP_MASKED_EQ, NEW_NAMESPACES, 0));
    /* clone3 has its flags in memory. ENOSYS makes glibc use clone. */
    status |=
        seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
    for (size_t i = 0; i < COUNT(personalities); i++)
        status |=
            seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(personality), 1,
                             SCMP_A0(SCMP_CMP_EQ, personalities[i]));
    /* Of descriptors, of sockets and what they are bound to, of a terminal's
     * size and state; not what types into one. The kernel looks at the lower
     * half of the number only. */
    static const uint64_t requests[] = {FS_IOC_GETFLAGS,
                                        FIONBIO,
                                        FIOASYNC,
                                        FIONREAD,
                                        FIOCLEX,
                                        FIONCLEX,
                                        TCGETS,
                                        TCSETS,
                                        TIOCGWINSZ,
                                        TIOCGPGRP,
                                        TIOCSPGRP,
                                        TIOCOUTQ,
                                        0x8912 /* SIOCGIFCONF */,
                                        0x8913 /* SIOCGIFFLAGS */,
                                        0x8915 /* SIOCGIFADDR */,
                                        0x8927 /* SIOCGIFHWADDR */,
                                        0x8933 /* SIOCGIFINDEX */,
                                        0x8910 /* SIOCGIFNAME */,
                                        0x8921 /* SIOCGIFMTU */};
    for (size_t i = 0; i < COUNT(requests); i++)
        status |= seccomp_rule_add(
            filter, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1,
            SCMP_A1(SCMP_CMP_MASKED_EQ, UINT32_MAX, requests[i]));
    return status;
}

static int allow_names(scmp_filter_ctx filter, const char *const *names,
                       size_t count)
{
    int status = 0;
    for (size_t i = 0; i < count; i++) {
        int number = seccomp_syscall_resolve_name(names[i]);
        /* This machine, or this libseccomp, does not have it. */
        if (number >= 0)
            status |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, number, 0);
    }
    return status;
}

bool sandbox_filter_load_for_program(bool is_counted)
{
    bool loaded = false;
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    if (!filter)
        return false;
    int status = add_sockets(filter) | add_conditions(filter);
    status |= allow_names(filter, allowed_calls, COUNT(allowed_calls));
    if (is_counted)
        status |= allow_names(filter, counted_calls, COUNT(counted_calls));
    seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
    if (!status)
        loaded = !seccomp_load(filter);
    seccomp_release(filter);
    return loaded;
}
