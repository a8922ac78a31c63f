/*
 * The memory that this process has resident, from /proc.
 *
 * Thread: any.
 */
#ifndef POND_RUNTIME_WORKER_WORKER_MEMORY_H
#define POND_RUNTIME_WORKER_WORKER_MEMORY_H

#include <stdint.h>

/* Bytes, from an open /proc/self/statm (proc(5)). 0 if it can't be read, which
 * does not happen in practice. */
uint64_t worker_memory_resident(int statm_fd);

#endif
