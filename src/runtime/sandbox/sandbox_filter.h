/*
 * The system calls that a task's process may make. This is the last wall of
 * sandbox.c, which alone uses it. A call that is not listed fails with EPERM. A
 * call that only an attacker makes ends the process (SIGSYS).
 */
#ifndef POND_RUNTIME_SANDBOX_SANDBOX_FILTER_H
#define POND_RUNTIME_SANDBOX_SANDBOX_FILTER_H

#include <stdbool.h>

/* The filter holds for the calling thread and the threads it makes afterwards,
 * or for all threads of the process. False if the kernel did not take the whole
 * filter; then there is none. The process must not fork afterwards, because the
 * filter holds its number. */
bool sandbox_filter_load(bool of_all_threads);

/* The same for a program that starts programs and makes sockets of its own
 * (SANDBOX_CALLS_PROGRAM). The filter stays over fork and execve. is_counted: a
 * cgroup counts its memory, so memory without a process may be made. */
bool sandbox_filter_load_for_program(bool is_counted);

#endif
