/*
 * What a task that runs code of its own tries at the kernel. Each attempt is a
 * process of its own and prints a line:
 *
 *     NAME refused ERRNO     the kernel said no
 *     NAME killed SIGSYS     the filter ended the process
 *     NAME done              it worked
 *
 *     hostile_calls worker FOLDER   confined here, as pond-worker confines
 * itself hostile_calls program         confined by pond-launch already
 *     hostile_calls bare            not at all: what there is to be kept from
 */
#include "runtime/sandbox/sandbox.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <linux/perf_event.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* A process of the machine: the one that started this one, or the given one. */
static pid_t victim;

/* Memory of another process that is there in any process: the program's text.
 */
static long trace(void)
{
    return ptrace(PTRACE_SEIZE, victim, 0, 0);
}

static long trace_first(void)
{
    return ptrace(PTRACE_SEIZE, 1, 0, 0);
}

static long move_memory(int call, pid_t process)
{
    static char room[16];
    struct iovec here = {room, sizeof(room)};
    struct iovec there = {(void *)(uintptr_t)trace, sizeof(room)};
    return syscall(call, process, &here, 1, &there, 1, 0);
}

static long read_memory(void)
{
    return move_memory(SYS_process_vm_readv, victim);
}

static long write_memory(void)
{
    return move_memory(SYS_process_vm_writev, victim);
}

static long read_memory_file(void)
{
    char path[64];
    snprintf(path, sizeof(path), "/proc/%d/mem", victim);
    return open(path, O_RDWR);
}

static long read_environment(void)
{
    char path[64];
    snprintf(path, sizeof(path), "/proc/%d/environ", victim);
    return open(path, O_RDONLY);
}

/* To end the tests would be no good test; 0 asks whether it could be sent. */
static long signal_other(void)
{
    return kill(victim, 0);
}

static long signal_group(void)
{
    pid_t group = getpgid(victim);
    return group < 0 ? -1 : kill(-group, 0);
}

static long signal_by_descriptor(void)
{
    int fd = (int)syscall(SYS_pidfd_open, victim, 0);
    return fd < 0 ? -1 : syscall(SYS_pidfd_send_signal, fd, 0, NULL, 0);
}

static long take_descriptor(void)
{
    int fd = (int)syscall(SYS_pidfd_open, victim, 0);
    return fd < 0 ? -1 : syscall(SYS_pidfd_getfd, fd, 1, 0);
}

static long slow_other_down(void)
{
    return setpriority(PRIO_PROCESS, (id_t)victim, 19);
}

static long limit_other(void)
{
    struct rlimit old;
    return prlimit(victim, RLIMIT_NOFILE, NULL, &old);
}

static long new_namespace(int flags)
{
    return unshare(flags);
}

static long new_user_namespace(void)
{
    return new_namespace(CLONE_NEWUSER);
}

static long new_mount_namespace(void)
{
    return new_namespace(CLONE_NEWUSER | CLONE_NEWNS);
}

static long new_network_namespace(void)
{
    return new_namespace(CLONE_NEWUSER | CLONE_NEWNET);
}

static long clone_user_namespace(void)
{
    long child = syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0);
    if (!child)
        _exit(0);
    return child;
}

static long clone3_user_namespace(void)
{
    uint64_t arguments[11] = {CLONE_NEWUSER, 0, 0, 0, SIGCHLD};
    long child = syscall(SYS_clone3, arguments, sizeof(arguments));
    if (!child)
        _exit(0);
    return child;
}

static long enter_namespace(void)
{
    char path[64];
    snprintf(path, sizeof(path), "/proc/%d/ns/net", victim);
    int fd = open(path, O_RDONLY);
    return fd < 0 ? -1 : setns(fd, 0);
}

static long mount_tmpfs(void)
{
    return mount("tmpfs", "/tmp", "tmpfs", 0, NULL);
}

static long mount_again(void)
{
    return mount(NULL, "/", NULL, MS_REMOUNT | MS_BIND, NULL);
}

static long open_mount(void)
{
    return syscall(SYS_open_tree, AT_FDCWD, "/", 1 /* OPEN_TREE_CLONE */);
}

static long new_mount(void)
{
    return syscall(SYS_fsopen, "tmpfs", 0);
}

static long unmount(void)
{
    return umount2("/proc", MNT_DETACH);
}

static long change_root(void)
{
    return chroot("/");
}

static long pivot(void)
{
    return syscall(SYS_pivot_root, ".", ".");
}

static long open_by_handle(void)
{
    struct {
        struct file_handle head;
        char handle[128];
    } file = {.head = {.handle_bytes = 8, .handle_type = 1}};
    return syscall(SYS_open_by_handle_at, AT_FDCWD, &file, O_RDONLY);
}

static long make_device(void)
{
    char path[64];
    snprintf(path, sizeof(path), "/tmp/pond-device-%d", getpid());
    long status = mknod(path, S_IFBLK | 0600, makedev(254, 0));
    if (!status)
        unlink(path);
    return status;
}

static long use_rings(void)
{
    char parameters[120] = {0};
    return syscall(SYS_io_uring_setup, 4, parameters);
}

static long load_program(void)
{
    char attributes[128] = {2, 0, 0, 0, 4, 0, 0, 0, 8, 0, 0, 0, 1};
    return syscall(SYS_bpf, 0, attributes, sizeof(attributes));
}

static long join_keyring(void)
{
    return syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL);
}

static long add_key(void)
{
    return syscall(SYS_add_key, "user", "pond", "x", 1, KEY_SPEC_USER_KEYRING);
}

static long request_key(void)
{
    return syscall(SYS_request_key, "user", "pond", NULL, 0);
}

static long count_events(void)
{
    struct perf_event_attr event = {
        .type = PERF_TYPE_SOFTWARE,
        .size = sizeof(event),
        .exclude_kernel = 1,
        .exclude_hv = 1,
    };
    return syscall(SYS_perf_event_open, &event, 0, -1, -1, 0);
}

static long catch_faults(void)
{
    return syscall(SYS_userfaultfd, 1 /* user mode only */);
}

static long compare_kernels_objects(void)
{
    long order = syscall(SYS_kcmp, victim, getpid(), 0, 0, 0);
    return order < 0 ? -1 : 0;
}

static long load_module(void)
{
    return syscall(SYS_init_module, "", 0, "");
}

static long load_kernel(void)
{
    return syscall(SYS_kexec_load, 0, 0, NULL, 0);
}

static long set_clock(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return clock_settime(CLOCK_REALTIME, &now);
}

static long set_name(void)
{
    return sethostname("pond", 4);
}

static long swap_on(void)
{
    return syscall(SYS_swapon, "/dev/null", 0);
}

static long watch_files(void)
{
    return syscall(SYS_fanotify_init, 0, O_RDONLY);
}

static long switch_accounting(void)
{
    return syscall(SYS_acct, NULL);
}

static long read_kernel_log(void)
{
    return syscall(SYS_syslog, 10, NULL, 0);
}

static long raw_socket(void)
{
    return socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);
}

static long packet_socket(void)
{
    return socket(AF_PACKET, SOCK_RAW, 0);
}

static long hypervisor_socket(void)
{
    return socket(AF_VSOCK, SOCK_STREAM, 0);
}

static long crypto_socket(void)
{
    return socket(AF_ALG, SOCK_SEQPACKET, 0);
}

static long audit_socket(void)
{
    return socket(AF_NETLINK, SOCK_RAW, 9 /* NETLINK_AUDIT */);
}

static long bluetooth_socket(void)
{
    return socket(31 /* AF_BLUETOOTH */, SOCK_RAW, 1);
}

static long type_into_terminal(void)
{
    int ends[2];
    if (pipe(ends))
        return -1;
    /* A pipe answers ENOTTY where the request is let through. */
    long status = ioctl(ends[0], TIOCSTI, "x");
    return status < 0 && errno == ENOTTY ? 0 : status;
}

static long become_root(void)
{
    return geteuid() ? setuid(0) : setuid(65534);
}

static long gain_capabilities(void)
{
    return prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, 21, 0, 0);
}

static long other_system(void)
{
    return syscall(SYS_personality, 0x0008 /* PER_LINUX32 */);
}

static long machine_files(const char *path, int flags)
{
    return open(path, flags);
}

static long read_shadow(void)
{
    return machine_files("/etc/shadow", O_RDONLY);
}

static long read_disk(void)
{
    return machine_files("/dev/vda", O_RDONLY);
}

static long read_memory_of_machine(void)
{
    return machine_files("/dev/mem", O_RDONLY);
}

static long use_kvm(void)
{
    return machine_files("/dev/kvm", O_RDWR);
}

static long use_fuse(void)
{
    return machine_files("/dev/fuse", O_RDWR);
}

static long write_core_pattern(void)
{
    return machine_files("/proc/sys/kernel/core_pattern", O_WRONLY);
}

/* What lies over it, /dev/null, counts as nothing there. */
static long press_magic_key(void)
{
    struct stat found;
    if (!stat("/proc/sysrq-trigger", &found) && S_ISCHR(found.st_mode) &&
        found.st_rdev == makedev(1, 3)) {
        errno = ENOENT;
        return -1;
    }
    return machine_files("/proc/sysrq-trigger", O_WRONLY | O_APPEND);
}

static long read_through_first(void)
{
    return machine_files("/proc/1/root/etc/shadow", O_RDONLY);
}

static long raise_limits(void)
{
    struct rlimit limit = {1u << 20, 1u << 20};
    return setrlimit(RLIMIT_NOFILE, &limit);
}

static const struct attempt {
    const char *name;
    long (*try_it)(void);
} attempts[] = {
    {"ptrace", trace},
    {"ptrace-first", trace_first},
    {"process-vm-readv", read_memory},
    {"process-vm-writev", write_memory},
    {"proc-mem", read_memory_file},
    {"proc-environ", read_environment},
    {"kill", signal_other},
    {"kill-group", signal_group},
    {"pidfd-signal", signal_by_descriptor},
    {"pidfd-getfd", take_descriptor},
    {"setpriority-other", slow_other_down},
    {"prlimit-other", limit_other},
    {"unshare-user", new_user_namespace},
    {"unshare-mount", new_mount_namespace},
    {"unshare-network", new_network_namespace},
    {"clone-user", clone_user_namespace},
    {"clone3-user", clone3_user_namespace},
    {"setns", enter_namespace},
    {"mount", mount_tmpfs},
    {"remount", mount_again},
    {"open-tree", open_mount},
    {"fsopen", new_mount},
    {"umount", unmount},
    {"chroot", change_root},
    {"pivot-root", pivot},
    {"open-by-handle", open_by_handle},
    {"mknod", make_device},
    {"io-uring", use_rings},
    {"bpf", load_program},
    {"keyctl", join_keyring},
    {"add-key", add_key},
    {"request-key", request_key},
    {"perf-event-open", count_events},
    {"userfaultfd", catch_faults},
    {"kcmp", compare_kernels_objects},
    {"init-module", load_module},
    {"kexec-load", load_kernel},
    {"clock-settime", set_clock},
    {"sethostname", set_name},
    {"swapon", swap_on},
    {"fanotify", watch_files},
    {"acct", switch_accounting},
    {"syslog", read_kernel_log},
    {"raw-socket", raw_socket},
    {"packet-socket", packet_socket},
    {"vsock", hypervisor_socket},
    {"af-alg", crypto_socket},
    {"netlink-audit", audit_socket},
    {"bluetooth", bluetooth_socket},
    {"tiocsti", type_into_terminal},
    {"setuid", become_root},
    {"ambient-capability", gain_capabilities},
    {"personality", other_system},
    {"read-shadow", read_shadow},
    {"read-disk", read_disk},
    {"dev-mem", read_memory_of_machine},
    {"dev-kvm", use_kvm},
    {"dev-fuse", use_fuse},
    {"core-pattern", write_core_pattern},
    {"sysrq", press_magic_key},
    {"proc-1-root", read_through_first},
    {"raise-rlimit", raise_limits},
};

static void confine(char *folder)
{
    struct confinement report;
    const struct sandbox_path paths[] = {
        {.path = folder, .access = SANDBOX_WRITE}};
    sandbox_apply(&(struct sandbox){.paths = paths,
                                    .path_count = 1,
                                    .calls = SANDBOX_CALLS_WORKER,
                                    .file_bytes = 1u << 20,
                                    .open_files = 64},
                  &report);
    if (!report.seccomp)
        _exit(255);
}

/* Exit codes are errno, 0: it worked. */
static int run(const struct attempt *attempt, char *folder)
{
    int status;
    pid_t child = fork();
    if (!child) {
        if (folder)
            confine(folder);
        errno = 0;
        _exit(attempt->try_it() < 0 ? errno : 0);
    }
    if (child < 0 || waitpid(child, &status, 0) != child)
        return -1;
    return status;
}

int main(int count, char **words)
{
    if (count != 3)
        return 2;
    bool is_worker = !strcmp(words[1], "worker");
    victim = is_worker ? getppid() : atoi(words[2]);
    char *folder = is_worker ? words[2] : NULL;
    for (size_t i = 0; i < sizeof(attempts) / sizeof(*attempts); i++) {
        int status = run(&attempts[i], folder);
        if (status < 0)
            return 1;
        if (WIFSIGNALED(status))
            printf("%s killed SIG%s\n", attempts[i].name,
                   sigabbrev_np(WTERMSIG(status)));
        else if (WEXITSTATUS(status))
            printf("%s refused %s\n", attempts[i].name,
                   strerrorname_np(WEXITSTATUS(status)));
        else
            printf("%s done\n", attempts[i].name);
        fflush(stdout);
    }
    return 0;
}
