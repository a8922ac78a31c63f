/*
 * Does the heap hold a run of bytes anywhere, freed memory included? For tests
 * that secrets are wiped. What a test compares with must itself lie elsewhere:
 * on the stack or in static memory. An allocator that keeps no [heap], such as
 * the address sanitiser's, has nothing to be searched: then it is false.
 */
#ifndef POND_TESTS_UNIT_HEAP_H
#define POND_TESTS_UNIT_HEAP_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static bool heap_has(const void *bytes, size_t size)
{
    char line[512];
    unsigned long begin = 0, end = 0;
    FILE *maps = fopen("/proc/self/maps", "r");
    if (!maps)
        return false;
    while (!end && fgets(line, sizeof(line), maps))
        if (strstr(line, "[heap]") &&
            sscanf(line, "%lx-%lx", &begin, &end) != 2)
            end = 0;
    fclose(maps);
    return end && memmem((const void *)begin, end - begin, bytes, size);
}

#endif
