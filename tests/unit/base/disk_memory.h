/*
 * A disk in memory that loses power, lies and fails, by a seed: what
 * base/disk.h promises and no more. For tests and simulations.
 *
 * Files and names are as in a running machine until disk_memory_crash(). Then
 * of what was not synced any subset of sectors is there, a file's size is
 * between what it was at the last sync and what it was last, and of the names
 * that were changed after the last sync of their folder the first few are.
 *
 * Thread: one at a time; the same calls give the same results.
 */
#ifndef POND_TESTS_UNIT_BASE_DISK_MEMORY_H
#define POND_TESTS_UNIT_BASE_DISK_MEMORY_H

#include "base/disk.h"

struct disk_memory;

struct disk_memory *disk_memory_new(uint64_t seed);
/* Open files may be closed afterwards, and nothing else be done with them. */
void disk_memory_free(struct disk_memory *memory);
struct disk *disk_memory_disk(struct disk_memory *memory);

/* What goes wrong from now on; each number is one in so many, 0 is never. */
struct disk_memory_faults {
    uint32_t write_fails;     /* ERR_IO, some sectors were written */
    uint32_t write_lost;      /* 0, and the disk does not get it */
    uint32_t write_elsewhere; /* 0, and it is written at another place */
    uint32_t sector_goes_bad; /* after a write: can't be read from then on */
    uint32_t sync_fails;      /* ERR_IO; what was not on disk never will be */
    uint32_t sync_lies;       /* 0, and nothing is done */
    uint64_t size_max_bytes;  /* of all files; 0: no limit. ERR_FULL beyond */
};
void disk_memory_set_faults(struct disk_memory *memory,
                            const struct disk_memory_faults *faults);

/* After so many more changes (writes, syncs, names) the power is gone: the one
 * under way and all after it fail, until disk_memory_crash(). */
void disk_memory_power_off_after(struct disk_memory *memory, uint64_t changes);
bool disk_memory_is_off(const struct disk_memory *memory);

/* The power was gone, and is back. Files that were open can only be closed.
 * Nothing is counted down, and there are no faults from now on. */
void disk_memory_crash(struct disk_memory *memory);

/* Append what the file holds; false if there is no such file. */
bool disk_memory_copy(struct disk_memory *memory, const char *path,
                      struct buffer *out);
/* Change what is on the disk. */
void disk_memory_change(struct disk_memory *memory, const char *path,
                        uint64_t at, struct bytes bytes);
/* From now on the sector with that byte can't be read. */
void disk_memory_spoil(struct disk_memory *memory, const char *path,
                       uint64_t at);

/* Syncs and durable writes that were asked for so far, and bytes written. */
struct disk_memory_counts {
    uint64_t syncs;
    uint64_t durable_writes;
    uint64_t bytes;
};
struct disk_memory_counts disk_memory_counts(const struct disk_memory *memory);

#endif
