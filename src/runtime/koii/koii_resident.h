/*
 * The resident memory of a bundle's process, for people to see. What a task may
 * take is limited by pond-launch.
 *
 * Thread: any.
 */
#ifndef POND_RUNTIME_KOII_KOII_RESIDENT_H
#define POND_RUNTIME_KOII_KOII_RESIDENT_H

#include <stdint.h>
#include <sys/types.h>

/* /proc/PID/statm, to be held open, because the number may be another's one
 * day. generations: 0 for the process itself, 2 for the grandchild, which is
 * the program that pond-launch started. -1 while there is none. */
int koii_resident_open(pid_t process, unsigned generations);

/* In bytes; 0 once the process is gone. */
uint64_t koii_resident_read(int statm);

#endif
