#include "runtime/koii/koii_resident.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

/* The oldest child of a process's main thread (proc(5), children); -1: none. */
static pid_t child_of(pid_t process)
{
    char path[64], text[64];
    int child = -1;

    snprintf(path, sizeof(path), "/proc/%d/task/%d/children", process, process);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return -1;
    ssize_t size = read(file, text, sizeof(text) - 1);
    close(file);
    if (size <= 0)
        return -1;
    text[size] = 0;
    return sscanf(text, "%d", &child) == 1 ? child : -1;
}

int koii_resident_open(pid_t process, unsigned generations)
{
    char path[64];

    for (; generations > 0 && process > 0; generations--)
        process = child_of(process);
    if (process <= 0)
        return -1;
    snprintf(path, sizeof(path), "/proc/%d/statm", process);
    return open(path, O_RDONLY | O_CLOEXEC);
}

/* All pages, then the resident ones (proc(5)). */
uint64_t koii_resident_read(int statm)
{
    unsigned long long pages, resident;
    char text[128];
    ssize_t size = statm < 0 ? -1 : pread(statm, text, sizeof(text) - 1, 0);

    if (size <= 0)
        return 0;
    text[size] = 0;
    if (sscanf(text, "%llu %llu", &pages, &resident) != 2)
        return 0;
    return resident * (uint64_t)sysconf(_SC_PAGESIZE);
}
