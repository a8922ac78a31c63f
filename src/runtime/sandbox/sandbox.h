/*
 * What a worker's process gives up before it sees a byte of its task. In this
 * order: rlimits, capabilities, no_new_privs, Landlock, seccomp. Each step
 * that the kernel does not have is reported, not fatal: the node says so at
 * start and an operator may insist.
 *
 * Applies to the calling thread and to threads it makes afterwards: call it
 * while there is only one.
 */
#ifndef POND_RUNTIME_SANDBOX_SANDBOX_H
#define POND_RUNTIME_SANDBOX_SANDBOX_H

#include <stdbool.h>
#include <stdint.h>

struct sandbox_options {
    /* The one tree that can be read and written; NULL: none. */
    const char *folder;
    /* RLIMIT_FSIZE: a write beyond fails with EFBIG. */
    uint64_t file_bytes;
    /* RLIMIT_NOFILE; 8 at least, for what is open already. */
    uint32_t open_files;
};

struct sandbox_report {
    bool no_new_privileges;
    bool seccomp;
    bool landlock;
    /* Of the kernel's interface; 0: it has none. */
    uint32_t landlock_version;
    bool capabilities_dropped;
    bool resource_limits;
};

/* Never fails as a whole; what failed is false in the report. */
void sandbox_apply(const struct sandbox_options *options,
                   struct sandbox_report *report);

#endif
