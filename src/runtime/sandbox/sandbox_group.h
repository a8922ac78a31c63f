/*
 * A cgroup for one task, below the one that the node runs in: a limit of the
 * kernel's own on memory, processes and processor time of all that the task
 * starts. Both versions of the interface (cgroups(7)) are used, where this user
 * may write there.
 *
 * Under systemd the unit needs `Delegate=yes`, and the node to stand in a group
 * of its own below the unit's: cgroup_make_room() (base/cgroup.h).
 *
 * Calls read and write files of the kernel: not for a loop's thread.
 */
#ifndef POND_RUNTIME_SANDBOX_SANDBOX_GROUP_H
#define POND_RUNTIME_SANDBOX_SANDBOX_GROUP_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* 0: no limit. */
struct sandbox_group_limits {
    uint64_t memory_bytes;
    uint32_t processes;
    uint32_t cpu_percent; /* of one processor */
};

/* Version 1 has a tree for each controller, version 2 one for all. */
#define SANDBOX_GROUP_PATHS 3
struct sandbox_group {
    char paths[SANDBOX_GROUP_PATHS][PATH_MAX];
    unsigned path_count;
    bool is_v2;
    /* Which limits hold. */
    bool memory, processes, cpu;
};

/* Make the group with its limits. What this machine does not let do is left
 * out, so out says what holds; without any, there is no group. */
void sandbox_group_make(const struct sandbox_group_limits *limits,
                        struct sandbox_group *out);

/* Another limit of processor time; 0: none. False: the group has none of its
 * own, and somebody else has to see to it. */
bool sandbox_group_limit_cpu(const struct sandbox_group *group,
                             uint32_t cpu_percent);

/* Move a process there. False: it is not in all of the trees. */
bool sandbox_group_add(const struct sandbox_group *group, pid_t process);

/* Has the kernel ended a process of the group for its memory? */
bool sandbox_group_is_out_of_memory(const struct sandbox_group *group);

/* After its processes have ended. The kernel takes a moment to empty a group;
 * what can't be removed yet goes when the next group is made. */
void sandbox_group_remove(struct sandbox_group *group);

#endif
