/*
 * The tree is walked from its first process by the kernel's lists of children,
 * which cost a read for each thread. The list of all processes would grow with
 * the machine.
 */
#include "runtime/sandbox/sandbox_usage.h"
#include <dirent.h>
#include <fcntl.h>
#include <fts.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* Children of one thread are cut there: some thousand numbers. */
#define LIST_MAX 16384

static bool read_file(const char *path, char *into, size_t room)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t size = fd < 0 ? -1 : read(fd, into, room - 1);
    if (fd >= 0)
        close(fd);
    if (size < 0)
        return false;
    into[size] = 0;
    return true;
}

static void add(struct sandbox_usage *usage, pid_t process)
{
    if (usage->process_count < SANDBOX_USAGE_PROCESSES)
        usage->processes[usage->process_count++] = process;
}

static void add_children(struct sandbox_usage *usage, pid_t process)
{
    char path[64 + 256], list[LIST_MAX];
    struct dirent *entry;
    snprintf(path, sizeof(path), "/proc/%d/task", process);
    DIR *threads = opendir(path);
    while (threads && (entry = readdir(threads))) {
        if (*entry->d_name == '.')
            continue;
        usage->threads++;
        snprintf(path, sizeof(path), "/proc/%d/task/%s/children", process,
                 entry->d_name);
        if (!read_file(path, list, sizeof(list)))
            continue;
        char *at = list, *end;
        for (long number; (number = strtol(at, &end, 10)) > 0; at = end)
            add(usage, (pid_t)number);
    }
    if (threads)
        closedir(threads);
}

/* The number of kB behind a name in /proc/PID/status, as bytes. */
static uint64_t bytes_named(const char *status, const char *name)
{
    const char *line = strstr(status, name);
    return line ? strtoull(line + strlen(name), NULL, 10) * 1024 : 0;
}

/* proc(5): stat has, after the name in brackets, utime, stime, cutime and
 * cstime as fields 14 to 17. */
static void measure(struct sandbox_usage *usage, pid_t process)
{
    char path[64], text[4096];
    unsigned long long user, kernel;
    long long child_user, child_kernel;
    snprintf(path, sizeof(path), "/proc/%d/status", process);
    if (read_file(path, text, sizeof(text)))
        usage->memory_bytes +=
            bytes_named(text, "\nRssAnon:") + bytes_named(text, "\nRssShmem:");
    snprintf(path, sizeof(path), "/proc/%d/stat", process);
    if (!read_file(path, text, sizeof(text)))
        return;
    const char *rest = strrchr(text, ')');
    if (rest && sscanf(rest + 1,
                       " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu "
                       "%lld %lld",
                       &user, &kernel, &child_user, &child_kernel) == 4)
        usage->cpu_ms += (user + kernel + (unsigned long long)child_user +
                          (unsigned long long)child_kernel) *
                         1000 / (uint64_t)sysconf(_SC_CLK_TCK);
}

void sandbox_usage_of_processes(pid_t first, struct sandbox_usage *out)
{
    memset(out, 0, sizeof(*out));
    add(out, first);
    /* The list grows while it is walked. */
    for (size_t i = 0; i < out->process_count; i++) {
        measure(out, out->processes[i]);
        add_children(out, out->processes[i]);
    }
}

/* Files that were counted: several processes may have one open. */
#define FILES_MAX 4096
struct files {
    ino_t inodes[FILES_MAX];
    size_t count;
};

static bool is_new(struct files *files, ino_t inode)
{
    for (size_t i = 0; i < files->count; i++)
        if (files->inodes[i] == inode)
            return false;
    if (files->count < FILES_MAX)
        files->inodes[files->count++] = inode;
    return true;
}

/* A descriptor's path in /proc leads to the file itself. */
static uint64_t nameless_open(pid_t process, dev_t device, struct files *files)
{
    char path[64 + 256];
    struct dirent *entry;
    struct stat file;
    uint64_t bytes = 0;
    snprintf(path, sizeof(path), "/proc/%d/fd", process);
    DIR *list = opendir(path);
    while (list && (entry = readdir(list))) {
        snprintf(path, sizeof(path), "/proc/%d/fd/%s", process, entry->d_name);
        if (*entry->d_name != '.' && !stat(path, &file) && !file.st_nlink &&
            S_ISREG(file.st_mode) && file.st_dev == device &&
            is_new(files, file.st_ino))
            bytes += (uint64_t)file.st_blocks * 512;
    }
    if (list)
        closedir(list);
    return bytes;
}

/* proc(5), maps: first-last rights offset major:minor inode path. */
static uint64_t nameless_mapped(pid_t process, dev_t device,
                                struct files *files)
{
    char path[64], line[PATH_MAX + 128];
    unsigned long long first, last, inode;
    unsigned major_number, minor_number;
    uint64_t bytes = 0;
    snprintf(path, sizeof(path), "/proc/%d/maps", process);
    FILE *maps = fopen(path, "re");
    while (maps && fgets(line, sizeof(line), maps))
        if (strstr(line, " (deleted)\n") &&
            sscanf(line, "%llx-%llx %*s %*s %x:%x %llu", &first, &last,
                   &major_number, &minor_number, &inode) == 5 &&
            makedev(major_number, minor_number) == device &&
            is_new(files, (ino_t)inode))
            bytes += last - first;
    if (maps)
        fclose(maps);
    return bytes;
}

uint64_t sandbox_usage_of_nameless(const struct sandbox_usage *usage,
                                   const char *folder)
{
    static struct files files;
    struct stat place;
    uint64_t bytes = 0;
    files.count = 0;
    if (stat(folder, &place))
        return 0;
    for (size_t i = 0; i < usage->process_count; i++)
        bytes += nameless_open(usage->processes[i], place.st_dev, &files);
    for (size_t i = 0; i < usage->process_count; i++)
        bytes += nameless_mapped(usage->processes[i], place.st_dev, &files);
    return bytes;
}

void sandbox_usage_of_folder(const char *folder, uint64_t bytes_max,
                             uint64_t entries_max, uint64_t *bytes,
                             uint64_t *entries)
{
    char *const roots[] = {(char *)(uintptr_t)folder, NULL};
    FTS *walk = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR | FTS_XDEV, NULL);
    FTSENT *entry;
    *bytes = *entries = 0;
    while (walk && *bytes <= bytes_max && *entries <= entries_max &&
           (entry = fts_read(walk))) {
        if (entry->fts_info == FTS_DP)
            continue;
        ++*entries;
        /* A second name of a file costs nothing; counting the file again would
         * only be to the task's loss. */
        if (entry->fts_info == FTS_F || entry->fts_info == FTS_D ||
            entry->fts_info == FTS_DEFAULT)
            *bytes += (uint64_t)entry->fts_statp->st_blocks * 512;
    }
    if (walk)
        fts_close(walk);
}
