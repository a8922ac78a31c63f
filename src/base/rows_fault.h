/*
 * What happens when a page of a mapped data file can't be read: the disk
 * failed, or the file is shorter than it was. The kernel sends SIGBUS in the
 * middle of the read, where no error can be returned. The process then says
 * which file it is and what to do, and ends with status 1. Nothing was written,
 * so the file stays as it is. Faults elsewhere go to the handler of SIGBUS that
 * was there before.
 */
#ifndef POND_BASE_ROWS_FAULT_H
#define POND_BASE_ROWS_FAULT_H

#include <stddef.h>

/* Mappings that can be watched at a time; more go without the message. */
#define ROWS_FAULT_WATCHED_MAX 16

/* Watch a mapping until it is let go of. Thread: any. */
void rows_fault_watch(const void *address, size_t size, const char *path);
void rows_fault_forget(const void *address);

#endif
