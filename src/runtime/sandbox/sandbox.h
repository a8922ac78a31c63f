/*
 * What a worker's process gives up before it sees a byte of its task. In this
 * order: rlimits, capabilities, no_new_privs, Landlock, seccomp. Each step
 * that the kernel does not have is reported, not fatal: what a task may run
 * behind is the node's decision (confinement.h).
 *
 * Applies to the calling thread and to threads it makes afterwards: call it
 * while there is only one.
 */
#ifndef POND_RUNTIME_SANDBOX_SANDBOX_H
#define POND_RUNTIME_SANDBOX_SANDBOX_H

#include "runtime/wire/confinement.h"

struct sandbox_options {
    /* The one tree that can be read and written; NULL: none. */
    const char *folder;
    /* RLIMIT_FSIZE: a write beyond fails with EFBIG. */
    uint64_t file_bytes;
    /* RLIMIT_NOFILE; 8 at least, for what is open already. */
    uint32_t open_files;
};

/* Never fails as a whole; what failed is false in the report. */
void sandbox_apply(const struct sandbox_options *options,
                   struct confinement *report);

#endif
