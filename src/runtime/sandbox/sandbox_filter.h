/*
 * The system calls that a worker may make: sandbox.c's last wall, a part of it
 * and of nothing else. A call that is not listed fails with EPERM; a call that
 * only an attacker makes ends the process (SIGSYS).
 */
#ifndef POND_RUNTIME_SANDBOX_SANDBOX_FILTER_H
#define POND_RUNTIME_SANDBOX_SANDBOX_FILTER_H

#include <stdbool.h>

/* For the calling thread and the threads it makes afterwards. The whole filter
 * or none: false if the kernel took no filter. The process must not fork
 * afterwards, because the filter knows the process by its number. */
bool sandbox_filter_load(void);

#endif
