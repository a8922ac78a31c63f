/*
 * Files whose order on disk matters: what a validator must not forget goes
 * through here. Behind a table of functions, so that tests and simulations can
 * put a disk beneath that loses power, lies and fails.
 *
 * What is written is durable once a disk_sync() that began after it has
 * returned 0, a name once disk_sync_folder() has. Before that a crash may keep
 * any of it and lose any of it, in sectors of DISK_SECTOR bytes that are whole.
 *
 * The first failed write, sync or truncation of a file is its last: everything
 * after it fails as well. The kernel forgets what it could not write and says
 * so once, so a second sync that succeeds would say nothing. Opening a file for
 * writing brings what earlier processes wrote to disk, if that still can be,
 * and what is read then is what the disk has. So it is durable, and a new
 * process does not believe bytes that only the memory holds.
 *
 * All calls wait for the disk: not for a loop's thread. Errors name the path.
 *
 * Thread: any; each file one at a time.
 */
#ifndef POND_BASE_DISK_H
#define POND_BASE_DISK_H

#include "base/buffer.h"

/* What a disk writes whole or not at all. */
#define DISK_SECTOR 512

struct disk;
struct disk_file;

/* How a file is opened: 0, or some of these. Without DISK_WRITE it is there
 * already, and only read. */
enum disk_way {
    DISK_WRITE = 1,
    /* Make it if it is not there. */
    DISK_MAKE = 2,
    /* disk_write() returns when the bytes are on disk. For writes in place, of
     * which each counts: past the page cache where the file system can, and
     * place, size and memory are right for it. */
    DISK_DURABLE = 4,
};

/* The machine's own. Not to be freed. */
struct disk *disk_real(void);

/* ERR_NOT_FOUND if there is no such file; ERR_IO, ERR_FULL. */
int disk_open(struct disk *disk, const char *path, int ways,
              struct disk_file **out);
/* NULL is allowed. Nothing is synced. */
void disk_close(struct disk_file *file);

int disk_size(struct disk_file *file, uint64_t *out);

/* Read up to room bytes from place at on; *got is less at the file's end alone.
 * ERR_IO where the disk can't read a part of it. */
int disk_read(struct disk_file *file, uint64_t at, void *into, size_t room,
              size_t *got);

/* Write at a place, which may be beyond the end. ERR_FULL: no room; ERR_IO. */
int disk_write(struct disk_file *file, uint64_t at, struct bytes bytes);

/* All that was written is on disk. ERR_IO, ERR_FULL. */
int disk_sync(struct disk_file *file);

/* Cut the file off, or make it longer by zeros. */
int disk_truncate(struct disk_file *file, uint64_t size);

/* Names. A missing file is no error for disk_remove(). */
int disk_rename(struct disk *disk, const char *from, const char *to);
int disk_remove(struct disk *disk, const char *path);
/* Make it, and those above it; its own name is durable. An existing one is no
 * error. */
int disk_make_folder(struct disk *disk, const char *path);
int disk_sync_folder(struct disk *disk, const char *path);

/* The files of a folder, sorted by name; folders are left out. */
struct disk_names {
    char **names;
    size_t count;
};
/* ERR_NOT_FOUND if there is no such folder; ERR_LIMIT if it holds more than
 * DISK_NAMES_MAX. Free them with disk_names_free(). */
int disk_list(struct disk *disk, const char *folder, struct disk_names *out);
void disk_names_free(struct disk_names *names);

#define DISK_NAMES_MAX 65536

/* ---- for what lies below ---- */

/* One for each kind of disk, with the rules of the functions above. */
struct disk_methods {
    int (*open)(struct disk *disk, const char *path, int ways,
                struct disk_file **out);
    void (*close)(struct disk_file *file);
    int (*size)(struct disk_file *file, uint64_t *out);
    int (*read)(struct disk_file *file, uint64_t at, void *into, size_t room,
                size_t *got);
    int (*write)(struct disk_file *file, uint64_t at, struct bytes bytes);
    int (*sync)(struct disk_file *file);
    int (*truncate)(struct disk_file *file, uint64_t size);
    int (*rename)(struct disk *disk, const char *from, const char *to);
    int (*remove)(struct disk *disk, const char *path);
    int (*make_folder)(struct disk *disk, const char *path);
    int (*sync_folder)(struct disk *disk, const char *path);
    /* Names in any order, by disk_names_add(). */
    int (*list)(struct disk *disk, const char *folder, struct disk_names *out);
};

/* ERR_LIMIT: DISK_NAMES_MAX. */
int disk_names_add(struct disk_names *names, const char *folder,
                   const char *name);

/* The first fields of what a kind keeps of its own. disk_open() fills those of
 * the file. */
struct disk {
    const struct disk_methods *methods;
};
struct disk_file {
    struct disk *disk;
    char *path;
    int ways;
    bool has_failed;
};

#endif
