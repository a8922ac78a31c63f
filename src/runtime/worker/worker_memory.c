/*
 * The file is opened before the sandbox closes and read again and again.
 */
#include "runtime/worker/worker_memory.h"
#include <stdio.h>
#include <unistd.h>

/* The second number is the resident pages. */
uint64_t worker_memory_resident(int statm_fd)
{
    char text[128];
    unsigned long long pages, resident;
    ssize_t size = pread(statm_fd, text, sizeof(text) - 1, 0);
    if (size <= 0)
        return 0;
    text[size] = 0;
    if (sscanf(text, "%llu %llu", &pages, &resident) != 2)
        return 0;
    return resident * (uint64_t)sysconf(_SC_PAGESIZE);
}
