/*
 * A world of its own: user, mount, network, IPC, UTS, cgroup and PID namespaces
 * (namespaces(7)), and an empty root with binds of what the description names.
 *
 * An ordinary user gets the others only inside a user namespace of its own, and
 * root takes one as well: inside it, the capabilities of root mean nothing
 * outside. The user keeps its number, so files belong to who they belonged to.
 *
 * The root is made as bubblewrap does it. A first tmpfs becomes the root, with
 * the machine's tree below /old, so that what the first tmpfs was mounted over
 * can be reached as well. The new root is filled below /new, the machine's tree
 * is let go of, and a second pivot leaves only the new root.
 */
#include "base/bytes.h"
#include "base/error.h"
#include "runtime/sandbox/sandbox_internal.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Where the first tmpfs is mounted. Every system has it. */
#define BASE "/tmp"

/* The roots hold folders, links and a few short files. */
#define ROOT_OPTIONS "mode=755,size=1m,nr_inodes=4096"

/* What a task reads as the machine's name. */
static const char host_name[] = "task";

static bool write_file(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    bool whole = write(fd, text, strlen(text)) == (ssize_t)strlen(text);
    close(fd);
    return whole;
}

/* The user and the group keep their numbers. No other exists inside. */
static bool enter_user_namespace(void)
{
    char map[64];
    uid_t user = geteuid();
    gid_t group = getegid();
    if (unshare(CLONE_NEWUSER))
        return false;
    /* An ordinary user may map its group only without setgroups(2). */
    write_file("/proc/self/setgroups", "deny");
    snprintf(map, sizeof(map), "%u %u 1", user, user);
    bool mapped = write_file("/proc/self/uid_map", map);
    snprintf(map, sizeof(map), "%u %u 1", group, group);
    mapped = mapped && write_file("/proc/self/gid_map", map);
    /* A namespace inside this one would give capabilities back, and with them
     * much of the kernel's surface. This number belongs to the namespace. */
    write_file("/proc/sys/user/max_user_namespaces", "0");
    return mapped;
}

/* A new network's loopback is down. */
static void bring_loopback_up(void)
{
    struct ifreq interface = {.ifr_name = "lo", .ifr_flags = IFF_UP};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return;
    ioctl(fd, SIOCSIFFLAGS, &interface);
    close(fd);
}

void sandbox_isolate_names(const struct sandbox *sandbox,
                           struct confinement *report)
{
    report->own_user = enter_user_namespace();
    report->own_network = !unshare(CLONE_NEWNET);
    report->own_ipc = !unshare(CLONE_NEWIPC);
    /* This keeps nothing out; it hides a name. */
    if (!unshare(CLONE_NEWUTS))
        sethostname(host_name, sizeof(host_name) - 1);
    if (report->own_network && sandbox->calls == SANDBOX_CALLS_PROGRAM)
        bring_loopback_up();
}

void sandbox_isolate(const struct sandbox *sandbox, bool with_processes,
                     struct confinement *report)
{
    sandbox_isolate_names(sandbox, report);
    if (with_processes)
        report->own_processes = !unshare(CLONE_NEWPID);
    else if (sandbox_make_root(sandbox, report))
        err_clear();
}

/* ---- the root ---- */

/* Linux 5.12; glibc 2.36 has it, but the header of Debian 12's kernel clashes
 * with sys/mount.h. */
struct mount_attributes {
    uint64_t set;
    uint64_t clear;
    uint64_t propagation;
    uint64_t user_fd;
};
#define ATTRIBUTE_READ_ONLY 0x1
#define ATTRIBUTE_NO_SETUID 0x2
#define ATTRIBUTE_NO_DEVICES 0x4
#define ATTRIBUTE_NO_EXECUTE 0x8
#define RECURSIVE 0x8000 /* AT_RECURSIVE */

static const uint64_t attributes[] = {
    [SANDBOX_READ] = ATTRIBUTE_READ_ONLY | ATTRIBUTE_NO_SETUID |
                     ATTRIBUTE_NO_DEVICES | ATTRIBUTE_NO_EXECUTE,
    [SANDBOX_EXECUTE] =
        ATTRIBUTE_READ_ONLY | ATTRIBUTE_NO_SETUID | ATTRIBUTE_NO_DEVICES,
    [SANDBOX_WRITE] =
        ATTRIBUTE_NO_SETUID | ATTRIBUTE_NO_DEVICES | ATTRIBUTE_NO_EXECUTE,
    [SANDBOX_OWN] = ATTRIBUTE_NO_SETUID | ATTRIBUTE_NO_DEVICES,
    [SANDBOX_DEVICE] = ATTRIBUTE_NO_SETUID | ATTRIBUTE_NO_EXECUTE,
};

static int set_attributes(const char *path, uint64_t set, unsigned flags)
{
    struct mount_attributes wanted = {.set = set};
    if (syscall(SYS_mount_setattr, AT_FDCWD, path, flags, &wanted,
                sizeof(wanted)))
        return err_errno("can't restrict the mount of %s", path);
    return 0;
}

/* The folders above path, which begins with "/new/". */
static int make_parents(char *path)
{
    for (char *slash = strchr(path + 1, '/'); slash;
         slash = strchr(slash + 1, '/')) {
        *slash = 0;
        int status = mkdir(path, 0755);
        *slash = '/';
        if (status && errno != EEXIST)
            return err_errno("can't make a folder above %s", path);
    }
    return 0;
}

static int join(char *out, size_t room, const char *root, const char *path)
{
    if (path[0] != '/' ||
        (size_t)snprintf(out, room, "%s%s", root, path) >= room)
        return err_set(ERR_RANGE, "%.100s is no absolute path, or too long",
                       path);
    return 0;
}

static int make_link(const char *source, const char *target)
{
    char text[PATH_MAX];
    ssize_t size = readlink(source, text, sizeof(text) - 1);
    if (size < 0)
        return err_errno("can't read the link %s", source);
    text[size] = 0;
    if (symlink(text, target) && errno != EEXIST)
        return err_errno("can't make the link %s", target);
    return 0;
}

/* What a mount stands on: a folder, or an empty file. */
static int make_place(const char *path, bool is_folder)
{
    if (is_folder) {
        if (mkdir(path, 0755) && errno != EEXIST)
            return err_errno("can't make the folder %s", path);
        return 0;
    }
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0444);
    if (fd < 0)
        return err_errno("can't make the file %s", path);
    close(fd);
    return 0;
}

/* The flags of all mounts below are set, too; those that the machine's tree
 * already has can't be taken away. */
static int bind_path(const struct sandbox_path *path, const char *from,
                     const char *to)
{
    char source[PATH_MAX], target[PATH_MAX];
    struct stat file;
    int status = join(source, sizeof(source), from,
                      path->source ? path->source : path->path);
    if (!status)
        status = join(target, sizeof(target), to, path->path);
    if (status)
        return status;
    if (lstat(source, &file))
        return 0;
    status = make_parents(target);
    if (status)
        return status;
    if (S_ISLNK(file.st_mode))
        return make_link(source, target);
    status = make_place(target, S_ISDIR(file.st_mode));
    if (status)
        return status;
    if (mount(source, target, NULL, MS_BIND | MS_REC, NULL))
        return err_errno("can't bind %s", path->path);
    return set_attributes(target, attributes[path->access], RECURSIVE);
}

static int make_file(const struct sandbox_file *file)
{
    char path[PATH_MAX];
    int status = join(path, sizeof(path), "/new", file->path);
    if (!status)
        status = make_parents(path);
    if (status)
        return status;
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444);
    if (fd < 0)
        return err_errno("can't make %s", file->path);
    if (write(fd, file->text, strlen(file->text)) !=
        (ssize_t)strlen(file->text))
        status = err_errno("can't write %s", file->path);
    close(fd);
    return status;
}

/* What of /proc is the machine's and not the task's, and more than figures: as
 * container engines cover it. A file that a kernel does not have is no loss. */
static int cover_proc(void)
{
    static const char *const files[] = {
        "config.gz",     "interrupts",  "iomem",         "ioports",
        "kallsyms",      "kcore",       "key-users",     "keys",
        "kmsg",          "kpagecgroup", "kpagecount",    "kpageflags",
        "latency_stats", "sched_debug", "sysrq-trigger", "timer_list",
        "vmallocinfo"};
    static const char *const folders[] = {"acpi", "asound", "bus",  "driver",
                                          "fs",   "irq",    "scsi", "tty"};
    char path[64];
    for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
        snprintf(path, sizeof(path), "/new/proc/%s", files[i]);
        if (mount("/old/dev/null", path, NULL, MS_BIND, NULL) &&
            errno != ENOENT)
            return err_errno("can't cover %s", path);
    }
    for (size_t i = 0; i < sizeof(folders) / sizeof(*folders); i++) {
        snprintf(path, sizeof(path), "/new/proc/%s", folders[i]);
        if (mount("tmpfs", path, "tmpfs", MS_RDONLY, "size=4k") &&
            errno != ENOENT)
            return err_errno("can't cover %s", path);
    }
    /* Nothing there needs to be written, and much of it must not be. */
    return set_attributes("/new/proc",
                          attributes[SANDBOX_READ] & ~ATTRIBUTE_NO_DEVICES,
                          RECURSIVE);
}

/* A container that covers parts of its own /proc does not allow a new one. Then
 * programs find the machine's figures there, and no processes. */
static int bind_figures(void)
{
    static const char *const figures[] = {"/proc/cpuinfo", "/proc/loadavg",
                                          "/proc/meminfo", "/proc/stat",
                                          "/proc/uptime",  "/proc/version"};
    int status = 0;
    for (size_t i = 0; !status && i < sizeof(figures) / sizeof(*figures); i++)
        status = bind_path(
            &(struct sandbox_path){.path = figures[i], .access = SANDBOX_READ},
            "/old", "/new");
    return status;
}

/* What programs take for granted. */
static int make_system_folders(const struct sandbox *sandbox)
{
    char options[64];
    int status = make_place("/new/proc", true);
    if (!status)
        status = make_place("/new/dev", true);
    if (!status)
        status = make_place("/new/dev/shm", true);
    if (status)
        return status;
    status = mount("proc", "/new/proc", "proc",
                   MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL)
                 ? bind_figures()
                 : cover_proc();
    if (status)
        return status;
    snprintf(options, sizeof(options), "mode=1777,size=%llu",
             (unsigned long long)sandbox->shared_memory_bytes);
    if (mount("tmpfs", "/new/dev/shm", "tmpfs",
              MS_NOSUID | MS_NODEV | MS_NOEXEC, options))
        return err_errno("can't make /dev/shm");
    if (symlink("/proc/self/fd", "/new/dev/fd"))
        return err_errno("can't make /dev/fd");
    return 0;
}

/* Not what is mounted below. */
static int close_root(const char *root)
{
    return set_attributes(root, ATTRIBUTE_READ_ONLY | ATTRIBUTE_NO_SETUID, 0);
}

bool sandbox_is_below(const char *path, const char *folder)
{
    size_t size = strlen(folder);
    return !strncmp(path, folder, size) &&
           (path[size] == '/' || path[size] == 0);
}

/* The folder that something will be bound below, and the machine's tree. */
static int make_room(const char *later)
{
    char path[PATH_MAX];
    int status = join(path, sizeof(path), "/new", later);
    if (!status)
        status = make_parents(path);
    if (!status)
        status = make_place(path, true);
    if (!status)
        status = make_place("/new" SANDBOX_MACHINE, true);
    if (status)
        return status;
    if (mount("/old", "/new" SANDBOX_MACHINE, NULL, MS_MOVE, NULL))
        return err_errno("can't keep the machine's tree");
    return 0;
}

/* later NULL: the root is whole. */
static int fill_root(const struct sandbox *sandbox, const char *later)
{
    if (mount("tmpfs", "/new", "tmpfs", MS_NOSUID | MS_NODEV, ROOT_OPTIONS))
        return err_errno("can't mount the new root");
    int status = 0;
    if (sandbox->shared_memory_bytes)
        status = make_system_folders(sandbox);
    for (size_t i = 0; !status && i < sandbox->file_count; i++)
        status = make_file(&sandbox->files[i]);
    for (size_t i = 0; !status && i < sandbox->path_count; i++)
        if (!later || !sandbox_is_below(sandbox->paths[i].path, later))
            status = bind_path(&sandbox->paths[i], "/old", "/new");
    if (status)
        return status;
    if (later)
        return make_room(later);
    return close_root("/new");
}

/* The machine's tree moves to /old. */
static int pivot_to_base(void)
{
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
        return err_errno("can't make the mounts private");
    if (mount("tmpfs", BASE, "tmpfs", MS_NOSUID | MS_NODEV, ROOT_OPTIONS))
        return err_errno("can't mount a tmpfs on " BASE);
    if (mkdir(BASE "/old", 0755) || mkdir(BASE "/new", 0755) || chdir(BASE) ||
        syscall(SYS_pivot_root, ".", "old") || chdir("/"))
        return err_errno("can't change the root");
    return 0;
}

static int let_go(const char *machine)
{
    if (umount2(machine, MNT_DETACH))
        return err_errno("can't let go of the old root");
    return 0;
}

static int pivot_to_new(void)
{
    /* The first tmpfs ends up below the new root's folder "." and is then
     * unmounted (pivot_root(2)). */
    if (chdir("/new") || syscall(SYS_pivot_root, ".", ".") ||
        umount2(".", MNT_DETACH) || chdir("/"))
        return err_errno("can't enter the new root");
    return 0;
}

static int make_root(const struct sandbox *sandbox, const char *later,
                     struct confinement *report)
{
    int machine = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (unshare(CLONE_NEWNS)) {
        int status = err_errno("no mount namespace");
        close(machine);
        return status;
    }
    /* It hides the names of groups. Not before: pond-launch moves the process
     * to its group first. */
    unshare(CLONE_NEWCGROUP);
    mode_t mask = umask(0);
    int status = pivot_to_base();
    if (!status)
        status = fill_root(sandbox, later);
    if (!status && !later)
        status = let_go("/old");
    if (!status)
        status = pivot_to_new();
    umask(mask);
    /* Back to the machine's tree, which the node may have allowed. */
    if (status && (fchdir(machine) || chroot(".") || chdir("/")))
        err_add(status, "can't go back");
    close(machine);
    report->own_root = !status;
    return status;
}

int sandbox_make_root(const struct sandbox *sandbox, struct confinement *report)
{
    return make_root(sandbox, NULL, report);
}

int sandbox_begin_root(const struct sandbox *sandbox, const char *later,
                       struct confinement *report)
{
    return make_root(sandbox, later, report);
}

int sandbox_end_root(const struct sandbox *sandbox, const char *later)
{
    mode_t mask = umask(0);
    int status = 0;
    for (size_t i = 0; !status && i < sandbox->path_count; i++)
        if (sandbox_is_below(sandbox->paths[i].path, later))
            status = bind_path(&sandbox->paths[i], SANDBOX_MACHINE, "");
    if (!status)
        status = let_go(SANDBOX_MACHINE);
    if (!status && rmdir(SANDBOX_MACHINE))
        status = err_errno("can't close the root");
    if (!status)
        status = close_root("/");
    umask(mask);
    return status;
}
