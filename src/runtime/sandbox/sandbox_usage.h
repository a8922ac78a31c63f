/*
 * What a task's processes and its folder take. Reading them is for a process
 * that may wait for a disk: not for a loop's thread.
 */
#ifndef POND_RUNTIME_SANDBOX_SANDBOX_USAGE_H
#define POND_RUNTIME_SANDBOX_SANDBOX_USAGE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* More processes than that are counted, and not looked at. */
#define SANDBOX_USAGE_PROCESSES 1024

struct sandbox_usage {
    /* Resident pages of each that are not a file's: what is taken from the
     * machine, and not shared with other tasks. */
    uint64_t memory_bytes;
    /* Processor time of all that are alive and of those that were waited for.
     */
    uint64_t cpu_ms;
    /* Threads of all processes. */
    uint32_t threads;
    /* Their numbers, the first one's first. */
    pid_t processes[SANDBOX_USAGE_PROCESSES];
    size_t process_count;
};

/* Of the process and all its descendants (/proc/PID/task/TID/children). A
 * process that ends meanwhile counts or does not. */
void sandbox_usage_of_processes(pid_t first, struct sandbox_usage *out);

/* Bytes that files on a folder's device hold which have no name left: a process
 * has them open or mapped. A mapped one counts by what is mapped of it. */
uint64_t sandbox_usage_of_nameless(const struct sandbox_usage *usage,
                                   const char *folder);

/* Bytes on disk and entries below a folder; links are not followed. Ends early
 * once either is above its limit, and then gives what was counted. */
void sandbox_usage_of_folder(const char *folder, uint64_t bytes_max,
                             uint64_t entries_max, uint64_t *bytes,
                             uint64_t *entries);

#endif
