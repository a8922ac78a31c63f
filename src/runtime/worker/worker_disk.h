/*
 * The disk that the task's folder may take. The main thread counts the folder
 * from time to time, and what the engine's thread writes since then is added,
 * so a task gets EDQUOT at its limit and not some time after it. Removing goes
 * on.
 *
 * A task that broke out of the engine can write past these functions. The count
 * finds it; then the process ends.
 */
#ifndef POND_RUNTIME_WORKER_WORKER_DISK_H
#define POND_RUNTIME_WORKER_WORKER_DISK_H

#include <stdbool.h>
#include <stdint.h>

/* What a name takes at least: a block. */
#define WORKER_DISK_ENTRY 4096

/* Before anything is taken. The folder is counted by the first of the calls
 * below, not here. NULL: there is none, and no limit. folder stays the
 * caller's. */
void worker_disk_start(const char *folder, uint64_t limit_bytes);

/* Count if it is time to. False: the folder is far above its limit. Thread:
 * main. */
bool worker_disk_look(void);

/* Some bytes are about to be written. False, with errno EDQUOT: not so many.
 * Thread: any. */
bool worker_disk_take(uint64_t bytes);

#endif
