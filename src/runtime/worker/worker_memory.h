/*
 * How this process has less memory resident.
 *
 * Thread: any.
 */
#ifndef POND_RUNTIME_WORKER_WORKER_MEMORY_H
#define POND_RUNTIME_WORKER_WORKER_MEMORY_H

/* Give back the pages of this program and its libraries that nobody can write
 * to: code and constants. The kernel has them in its cache, for all processes,
 * and maps them again at their next use, which costs a waking task well under a
 * millisecond. Half of what an idle worker has resident is such pages. */
void worker_memory_release_code(void);

#endif
