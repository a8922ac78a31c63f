/*
 * What a worker's process gives up before it sees a byte of its task, in this
 * order: rlimits, capabilities, no_new_privs, Landlock, seccomp. A step that
 * the kernel does not have is reported and not fatal, because the node decides
 * what a task needs (confinement.h).
 *
 * The sandbox holds for the calling thread and for threads that it makes
 * afterwards, so call this while there is only one.
 */
#ifndef POND_RUNTIME_SANDBOX_SANDBOX_H
#define POND_RUNTIME_SANDBOX_SANDBOX_H

#include "runtime/wire/confinement.h"

struct sandbox_options {
    /* The one tree that can be read and written, or NULL. */
    const char *folder;
    /* RLIMIT_FSIZE, at least 1: a write beyond it fails with EFBIG. */
    uint64_t file_bytes;
    /* RLIMIT_NOFILE, at least 8, because some files are open already. */
    uint32_t open_files;
};

/* This never fails as a whole. A layer that failed is false in the report. */
void sandbox_apply(const struct sandbox_options *options,
                   struct confinement *report);

#endif
