#include "runtime/wire/resident.h"

#include <fcntl.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

int resident_open(pid_t process)
{
    char path[64];

    snprintf(path, sizeof(path), "/proc/%d/statm", process);
    return open(path, O_RDONLY | O_CLOEXEC);
}

/* All pages, then the resident ones (proc(5)). */
uint64_t resident_read(int statm)
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

uint64_t resident_cpu_ms(pid_t process)
{
    clockid_t clock;
    struct timespec used;

    if (clock_getcpuclockid(process, &clock) || clock_gettime(clock, &used))
        return 0;
    return (uint64_t)used.tv_sec * 1000 + (uint64_t)used.tv_nsec / 1000000;
}
