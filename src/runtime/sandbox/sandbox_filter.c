/*
 * The lists are what JavaScriptCore, its threads and collector, libuv and the
 * task folder's file calls need, found by tracing and by the engine's stress
 * tests. Other calls are refused with EPERM, so that a library's new habit ends
 * in an error and not in a dead worker. Calls that no library makes by accident
 * (to start a program, to make a socket, to signal another process) kill at
 * once, because then an attacker is in control.
 *
 * A call whose effect depends on an argument is listed with the values that are
 * needed, and never as a whole: fcntl() reads flags, but can make the kernel
 * send signals to the node; futex() waits, but its rarer operations were ways
 * into the kernel more than once. seccomp sees numbers only. So a call whose
 * danger lies in memory that an argument points to is either harmless (openat,
 * under Landlock) or missing here (sendmsg and recvmsg, which pass descriptors;
 * clone3).
 */
#include "runtime/sandbox/sandbox_filter.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <linux/membarrier.h>
#include <sched.h>
#include <seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define COUNT(list) (sizeof(list) / sizeof(*(list)))

/*
 * The calls that are allowed with any arguments. Each group says what needs it.
 * Calls that only glibc's start-up makes are missing, because the start-up is
 * over by then. mprotect and mmap with PROT_EXEC stay open for the engine's
 * compilers: a task that breaks out of the engine can run code of its own, and
 * then has the calls of this list.
 */
static const int allowed_calls[] = {
    /* memory */
    SCMP_SYS(mmap),
    SCMP_SYS(munmap),
    SCMP_SYS(mprotect),
    SCMP_SYS(mremap),
    SCMP_SYS(brk),
    /* threads and signals of this process */
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
    SCMP_SYS(nanosleep),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(poll),
    SCMP_SYS(ppoll),
    SCMP_SYS(epoll_create1),
    SCMP_SYS(epoll_ctl),
    SCMP_SYS(epoll_wait),
    SCMP_SYS(epoll_pwait),
    SCMP_SYS(eventfd2),
    /* the open socket, and files of the folder */
    SCMP_SYS(read),
    SCMP_SYS(readv),
    SCMP_SYS(pread64),
    SCMP_SYS(write),
    SCMP_SYS(writev),
    SCMP_SYS(pwrite64),
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
    SCMP_SYS(fchmod),
    SCMP_SYS(fsync),
    SCMP_SYS(fdatasync),
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

/* The calls that end the process. They would be refused anyway, but a dead
 * worker shows its node that something was wrong. */
static const int deadly_calls[] = {
    SCMP_SYS(execve),
    SCMP_SYS(execveat),
    SCMP_SYS(fork),
    SCMP_SYS(vfork),
    SCMP_SYS(ptrace),
    SCMP_SYS(process_vm_readv),
    SCMP_SYS(process_vm_writev),
    SCMP_SYS(process_madvise),
    SCMP_SYS(kill),
    SCMP_SYS(tkill),
    SCMP_SYS(rt_sigqueueinfo),
    SCMP_SYS(rt_tgsigqueueinfo),
    SCMP_SYS(pidfd_open),
    SCMP_SYS(pidfd_send_signal),
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

/*
 * A call that is allowed if one argument equals value in all bits but those in
 * ignored. Several rows for a call are alternatives.
 */
struct condition {
    int call;
    unsigned argument;
    uint64_t ignored;
    uint64_t value;
};

/* fcntl: flags of a descriptor and of a file. Not here, among others: F_SETOWN
 * and F_SETSIG (signals to any process), F_SETLEASE, F_NOTIFY, locks. O_ASYNC
 * is the switch of F_SETOWN's signals, and is kept off in add_pairs(). */
#define FCNTL(command)                                                         \
    {                                                                          \
        SCMP_SYS(fcntl), 1, 0, command                                         \
    }

/* futex: waiting and waking, for this process alone or not. Not here: priority
 * inheritance, which pthread uses only for mutexes that ask for it. */
#define FUTEX(operation)                                                       \
    {                                                                          \
        SCMP_SYS(futex), 1, FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME,         \
            operation                                                          \
    }

/* madvise: what allocators say of their own pages. Not here: MADV_MERGEABLE,
 * which shows what other processes hold, MADV_REMOVE, MADV_HWPOISON. */
#define MADVISE(advice)                                                        \
    {                                                                          \
        SCMP_SYS(madvise), 2, 0, advice                                        \
    }

/* Newer than Debian 12's headers: glibc's guard pages. */
#define MADV_GUARD_INSTALL_NUMBER 102
#define MADV_GUARD_REMOVE_NUMBER 103

/* membarrier: between this process's threads. */
#define MEMBARRIER(command)                                                    \
    {                                                                          \
        SCMP_SYS(membarrier), 0, 0, command                                    \
    }

/* The flags with which glibc and musl (CLONE_DETACHED) make a thread. */
#define CLONE_FLAGS                                                            \
    (CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_SYSVSEM |       \
     CLONE_SETTLS | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID |               \
     CLONE_DETACHED)

/* The kernel's clocks. Negative numbers are the clocks of other processes and
 * of devices. */
#define CLOCK(call, clock)                                                     \
    {                                                                          \
        SCMP_SYS(call), 0, 0, clock                                            \
    }

static const struct condition conditions[] = {
    FCNTL(F_GETFD),
    FCNTL(F_SETFD),
    FCNTL(F_GETFL),
    FCNTL(F_DUPFD_CLOEXEC),
    FUTEX(FUTEX_WAIT),
    FUTEX(FUTEX_WAKE),
    FUTEX(FUTEX_REQUEUE),
    FUTEX(FUTEX_CMP_REQUEUE),
    FUTEX(FUTEX_WAKE_OP),
    FUTEX(FUTEX_WAIT_BITSET),
    FUTEX(FUTEX_WAKE_BITSET),
    MADVISE(MADV_NORMAL),
    MADVISE(MADV_RANDOM),
    MADVISE(MADV_SEQUENTIAL),
    MADVISE(MADV_WILLNEED),
    MADVISE(MADV_DONTNEED),
    MADVISE(MADV_FREE),
    MADVISE(MADV_DONTFORK),
    MADVISE(MADV_HUGEPAGE),
    MADVISE(MADV_NOHUGEPAGE),
    MADVISE(MADV_DONTDUMP),
    MADVISE(MADV_DODUMP),
    MADVISE(MADV_GUARD_INSTALL_NUMBER),
    MADVISE(MADV_GUARD_REMOVE_NUMBER),
    MEMBARRIER(MEMBARRIER_CMD_QUERY),
    MEMBARRIER(MEMBARRIER_CMD_PRIVATE_EXPEDITED),
    MEMBARRIER(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED),
    MEMBARRIER(MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE),
    MEMBARRIER(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE),
    /* The times of an open file, which needs no path. */
    {SCMP_SYS(utimensat), 1, 0, 0},
    /* No symbolic link is followed. */
    {SCMP_SYS(linkat), 4, 0, 0},
    /* A new thread, not a new process or namespace. */
    {SCMP_SYS(clone), 0, CLONE_FLAGS, CLONE_THREAD},
    CLOCK(clock_gettime, CLOCK_REALTIME),
    CLOCK(clock_gettime, CLOCK_MONOTONIC),
    CLOCK(clock_gettime, CLOCK_PROCESS_CPUTIME_ID),
    CLOCK(clock_gettime, CLOCK_THREAD_CPUTIME_ID),
    CLOCK(clock_gettime, CLOCK_MONOTONIC_RAW),
    CLOCK(clock_gettime, CLOCK_REALTIME_COARSE),
    CLOCK(clock_gettime, CLOCK_MONOTONIC_COARSE),
    CLOCK(clock_gettime, CLOCK_BOOTTIME),
    CLOCK(clock_getres, CLOCK_REALTIME),
    CLOCK(clock_getres, CLOCK_MONOTONIC),
    CLOCK(clock_getres, CLOCK_MONOTONIC_COARSE),
    CLOCK(clock_nanosleep, CLOCK_REALTIME),
    CLOCK(clock_nanosleep, CLOCK_MONOTONIC),
    /* Flags of two kinds, and no other: O_EXCL would make a queue of the
     * kernel's notifications of the pipe. */
    {SCMP_SYS(pipe2), 1, O_CLOEXEC | O_NONBLOCK, 0},
    /* Not here: MSG_OOB, whose way through the kernel for Unix sockets has let
     * programs out of sandboxes. */
    {SCMP_SYS(sendto), 3, MSG_NOSIGNAL | MSG_DONTWAIT, 0},
    {SCMP_SYS(recvfrom), 3, MSG_DONTWAIT | MSG_CMSG_CLOEXEC, 0},
    /* The one request that the channel makes of its socket. */
    {SCMP_SYS(ioctl), 1, 0, FIONBIO},
    /* Names of threads. */
    {SCMP_SYS(prctl), 0, 0, PR_SET_NAME},
};

/* libseccomp's mask says which bits count. */
static int allow(scmp_filter_ctx filter, const struct condition *condition)
{
    return seccomp_rule_add(filter, SCMP_ACT_ALLOW, condition->call, 1,
                            SCMP_CMP(condition->argument, SCMP_CMP_MASKED_EQ,
                                     ~condition->ignored, condition->value));
}

/* Calls that depend on two arguments, or on this process's number. */
static int add_pairs(scmp_filter_ctx filter)
{
    uint32_t self = (uint32_t)getpid();
    int status = 0;
    status |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(fcntl), 2,
                               SCMP_A1(SCMP_CMP_EQ, F_SETFL),
                               SCMP_A2(SCMP_CMP_MASKED_EQ, O_ASYNC, 0));
    /* The kernel's names for mappings, which the engine gives its own. */
    status |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(prctl), 2,
                               SCMP_A0(SCMP_CMP_EQ, 0x53564d41), /* SET_VMA */
                               SCMP_A1(SCMP_CMP_EQ, 0));         /* ANON_NAME */
    /* A limit of this process can be read, but not set. */
    status |=
        seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(prlimit64), 2,
                         SCMP_A0(SCMP_CMP_EQ, 0), SCMP_A2(SCMP_CMP_EQ, 0));
    status |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1,
                               SCMP_A0(SCMP_CMP_EQ, self));
    return status;
}

/* Arguments that end the process, of calls that are otherwise refused or
 * allowed. Signals to others are sent by tgkill() or by a descriptor's owner.
 */
static int add_deadly_values(scmp_filter_ctx filter)
{
    static const int commands[] = {F_SETOWN, F_SETOWN_EX, F_SETSIG};
    uint32_t self = (uint32_t)getpid();
    int status = 0;
    status |= seccomp_rule_add(filter, SCMP_ACT_KILL_PROCESS, SCMP_SYS(tgkill),
                               1, SCMP_A0(SCMP_CMP_NE, self));
    status |= seccomp_rule_add(filter, SCMP_ACT_KILL_PROCESS, SCMP_SYS(clone),
                               1, SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, 0));
    for (size_t i = 0; i < COUNT(commands); i++)
        status |= seccomp_rule_add(
            filter, SCMP_ACT_KILL_PROCESS, SCMP_SYS(fcntl), 1,
            SCMP_A1(SCMP_CMP_MASKED_EQ, UINT32_MAX, (uint64_t)commands[i]));
    /* clone3 has its flags in memory. ENOSYS makes glibc use clone. */
    status |=
        seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
    return status;
}

/* A rule that could not be added must not go unnoticed. */
bool sandbox_filter_load(bool of_all_threads)
{
    bool loaded = false;
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    if (!filter)
        return false;
    int status = add_pairs(filter) | add_deadly_values(filter);
    for (size_t i = 0; i < COUNT(conditions); i++)
        status |= allow(filter, &conditions[i]);
    for (size_t i = 0; i < COUNT(allowed_calls); i++)
        status |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, allowed_calls[i], 0);
    /* A call that this machine does not have (fork on arm64) needs no rule. */
    for (size_t i = 0; i < COUNT(deadly_calls); i++)
        if (deadly_calls[i] >= 0)
            status |= seccomp_rule_add(filter, SCMP_ACT_KILL_PROCESS,
                                       deadly_calls[i], 0);
    /* Balanced tree: a call costs a dozen comparisons, not a hundred. */
    seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
    if (of_all_threads)
        status |= seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);
    if (!status)
        loaded = !seccomp_load(filter);
    seccomp_release(filter);
    return loaded;
}
