/*
 * Disks that fail: the system calls that the store and LMDB make are this
 * file's own in a test program that links it, and fail when a test says so.
 */
#ifndef POND_TESTS_UNIT_STORAGE_FAULTS_H
#define POND_TESTS_UNIT_STORAGE_FAULTS_H

#include <stdbool.h>

/* Bits: which calls a fault is about. */
enum {
    /* pwrite, pwritev */
    FAULT_WRITE = 1,
    /* fdatasync, fsync, msync */
    FAULT_SYNC = 2,
    /* pread */
    FAULT_READ = 4,
    /* open that makes a file */
    FAULT_MAKE = 8,
    FAULT_CUT = 16,
    FAULT_UNLINK = 32,
    FAULT_ANY = 63,
};

struct fault {
    unsigned calls;
    /* The call that fails first, from 1. */
    unsigned at;
    /* errno; 0 for writes: only half of the bytes are written, which is legal.
     */
    int error;
    /* All later calls fail, too: a full disk, a dead one. */
    bool lasting;
    /* Only files whose path contains this; NULL means all files. */
    const char *path;
};

/* Fail from now on. One fault at a time. */
void faults_begin(const struct fault *fault);

/* No more; true if a call has failed. */
bool faults_end(void);

#endif
