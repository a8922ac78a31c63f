/*
 * Names are "pond-task-PID" with the number of the process that made the group.
 * A maker that was killed leaves its group behind. So each new one removes the
 * groups of its kind beside it that are empty, which is all that rmdir(2) on a
 * cgroup can do.
 */
#include "runtime/sandbox/sandbox_group.h"
#include "base/cgroup.h"
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PREFIX "pond-task-"

/* The period of a limit of processor time, µs: the kernel's own default. */
#define PERIOD_US 100000

static bool write_number(const char *folder, const char *name, uint64_t value)
{
    char text[24];
    snprintf(text, sizeof(text), "%" PRIu64, value);
    return cgroup_write(folder, name, text);
}

/* Empty groups of makers that are gone. */
static void sweep(const char *folder)
{
    char path[PATH_MAX + 300];
    DIR *list = opendir(folder);
    struct dirent *entry;
    while (list && (entry = readdir(list))) {
        if (strncmp(entry->d_name, PREFIX, sizeof(PREFIX) - 1))
            continue;
        pid_t maker = (pid_t)atol(entry->d_name + sizeof(PREFIX) - 1);
        if (maker <= 0 || !kill(maker, 0) || errno != ESRCH)
            continue;
        snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
        rmdir(path);
    }
    if (list)
        closedir(list);
}

/* The folder of a new group below folder; NULL if it can't be made. */
static const char *make_below(struct sandbox_group *group, const char *folder)
{
    char *path = group->paths[group->path_count];
    if (group->path_count == SANDBOX_GROUP_PATHS)
        return NULL;
    sweep(folder);
    snprintf(path, PATH_MAX, "%.*s/" PREFIX "%d", CGROUP_FOLDER_MAX, folder,
             getpid());
    if (mkdir(path, 0755))
        return NULL;
    group->path_count++;
    return path;
}

static void drop_last(struct sandbox_group *group)
{
    rmdir(group->paths[--group->path_count]);
}

/* ---- version 2 ---- */

static bool has_controllers(const char *folder)
{
    char path[PATH_MAX + 32];
    snprintf(path, sizeof(path), "%s/memory.max", folder);
    return !access(path, W_OK);
}

/* 0: no limit. */
static bool limit_cpu_v2(const char *path, uint32_t percent)
{
    char text[48];
    if (percent)
        snprintf(text, sizeof(text), "%" PRIu64 " %d",
                 (uint64_t)percent * (PERIOD_US / 100), PERIOD_US);
    else
        snprintf(text, sizeof(text), "max %d", PERIOD_US);
    return cgroup_write(path, "cpu.max", text);
}

static bool limit_cpu_v1(const char *path, uint32_t percent)
{
    char text[24];
    snprintf(text, sizeof(text), "%" PRId64,
             percent ? (int64_t)percent * (PERIOD_US / 100) : -1);
    return write_number(path, "cpu.cfs_period_us", PERIOD_US) &&
           cgroup_write(path, "cpu.cfs_quota_us", text);
}

static void limit_v2(struct sandbox_group *group, const char *path,
                     const struct sandbox_group_limits *limits)
{
    if (limits->memory_bytes) {
        group->memory = write_number(path, "memory.max", limits->memory_bytes);
        cgroup_write(path, "memory.swap.max", "0");
        /* All of the task goes, not one process that others wait for. */
        cgroup_write(path, "memory.oom.group", "1");
    }
    if (limits->processes)
        group->processes = write_number(path, "pids.max", limits->processes);
    if (limits->cpu_percent)
        group->cpu = limit_cpu_v2(path, limits->cpu_percent);
}

static bool try_v2(struct sandbox_group *group, const char *folder,
                   const struct sandbox_group_limits *limits)
{
    /* Each by itself: one that this group does not have would take the others
     * with it. All fail in a group with processes, but for the root of all. */
    cgroup_write(folder, "cgroup.subtree_control", "+memory");
    cgroup_write(folder, "cgroup.subtree_control", "+pids");
    cgroup_write(folder, "cgroup.subtree_control", "+cpu");
    const char *path = make_below(group, folder);
    if (!path)
        return false;
    if (!has_controllers(path)) {
        drop_last(group);
        return false;
    }
    limit_v2(group, path, limits);
    return true;
}

static bool make_v2(struct sandbox_group *group,
                    const struct sandbox_group_limits *limits)
{
    char folder[PATH_MAX];
    if (!cgroup_folder("", folder))
        return false;
    if (try_v2(group, folder, limits))
        return true;
    char *slash = strrchr(folder, '/');
    if (!slash || slash == folder)
        return false;
    *slash = 0;
    return cgroup_is_delegated(folder) && try_v2(group, folder, limits);
}

/* ---- version 1 ---- */

static const char *make_v1(struct sandbox_group *group, const char *controller)
{
    char folder[PATH_MAX];
    return cgroup_folder(controller, folder) ? make_below(group, folder) : NULL;
}

static void limit_v1(struct sandbox_group *group,
                     const struct sandbox_group_limits *limits)
{
    const char *path;
    if (limits->memory_bytes && (path = make_v1(group, "memory"))) {
        group->memory =
            write_number(path, "memory.limit_in_bytes", limits->memory_bytes);
        /* Memory and swap together; only where swap is counted. */
        write_number(path, "memory.memsw.limit_in_bytes", limits->memory_bytes);
        if (!group->memory)
            drop_last(group);
    }
    if (limits->processes && (path = make_v1(group, "pids"))) {
        group->processes = write_number(path, "pids.max", limits->processes);
        if (!group->processes)
            drop_last(group);
    }
    if (limits->cpu_percent && (path = make_v1(group, "cpu"))) {
        group->cpu = limit_cpu_v1(path, limits->cpu_percent);
        if (!group->cpu)
            drop_last(group);
    }
}

void sandbox_group_make(const struct sandbox_group_limits *limits,
                        struct sandbox_group *out)
{
    memset(out, 0, sizeof(*out));
    out->is_v2 = make_v2(out, limits);
    if (!out->is_v2)
        limit_v1(out, limits);
}

/* The processors come last of what is made. */
bool sandbox_group_limit_cpu(const struct sandbox_group *group,
                             uint32_t cpu_percent)
{
    if (!group->cpu)
        return false;
    const char *path = group->paths[group->path_count - 1];
    return group->is_v2 ? limit_cpu_v2(path, cpu_percent)
                        : limit_cpu_v1(path, cpu_percent);
}

bool sandbox_group_add(const struct sandbox_group *group, pid_t process)
{
    bool whole = true;
    for (unsigned i = 0; i < group->path_count; i++)
        whole =
            write_number(group->paths[i], "cgroup.procs", (uint64_t)process) &&
            whole;
    return whole;
}

/* Version 2 counts in memory.events, version 1 in memory.oom_control. */
bool sandbox_group_is_out_of_memory(const struct sandbox_group *group)
{
    char path[PATH_MAX + 64], line[128];
    unsigned long long count = 0;
    /* Memory comes first of what is made. */
    if (!group->memory)
        return false;
    snprintf(path, sizeof(path), "%s/%s", group->paths[0],
             group->is_v2 ? "memory.events" : "memory.oom_control");
    FILE *file = fopen(path, "re");
    while (file && !count && fgets(line, sizeof(line), file))
        if (sscanf(line, "oom_kill %llu", &count) != 1)
            count = 0;
    if (file)
        fclose(file);
    return count > 0;
}

void sandbox_group_remove(struct sandbox_group *group)
{
    while (group->path_count)
        drop_last(group);
}
