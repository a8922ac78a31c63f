/*
 * Memory that was freed, given back to the system.
 */
#ifndef POND_BASE_MEMORY_TRIM_H
#define POND_BASE_MEMORY_TRIM_H

/* Give back the free pages between pieces that are in use, too, which glibc
 * keeps. Takes up to a few milliseconds, in which other threads may wait for
 * memory. Other C libraries: nothing. Thread: any. */
void memory_trim(void);

#endif
