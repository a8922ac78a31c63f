/*
 * The resident memory of a bundle's process that was started without
 * pond-launch, which says what all of a task takes. For people to see.
 *
 * Thread: any.
 */
#ifndef POND_RUNTIME_KOII_KOII_RESIDENT_H
#define POND_RUNTIME_KOII_KOII_RESIDENT_H

#include <stdint.h>
#include <sys/types.h>

/* /proc/PID/statm, to be held open, because the number may be another's one
 * day. -1: there is no such process. */
int koii_resident_open(pid_t process);

/* In bytes; 0 once the process is gone. */
uint64_t koii_resident_read(int statm);

#endif
