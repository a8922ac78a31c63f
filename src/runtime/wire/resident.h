/*
 * The resident memory of a process: a node looks at its tasks', a worker at its
 * own. And the processor time of one.
 *
 * Thread: any.
 */
#ifndef POND_RUNTIME_WIRE_RESIDENT_H
#define POND_RUNTIME_WIRE_RESIDENT_H

#include <stdint.h>
#include <sys/types.h>

/* /proc/PID/statm, to be held open, because the number may be another's one
 * day, and a sandbox may close after it. -1: there is no such process. */
int resident_open(pid_t process);

/* In bytes; 0 once the process is gone, and for -1. */
uint64_t resident_read(int statm);

/* Processor time that all threads of a process have used, ms; 0 once it is
 * gone. Its number is its own until its parent has waited for it. */
uint64_t resident_cpu_ms(pid_t process);

#endif
