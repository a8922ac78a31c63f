/*
 * What all disks have in common. That a failed file stays failed is said here
 * once, so no kind of disk and no user can forget it.
 */
#include "base/disk.h"

#include "base/check.h"
#include "base/error.h"
#include "base/memory.h"

#include <stdlib.h>

int disk_open(struct disk *disk, const char *path, int ways,
              struct disk_file **out)
{
    CHECK((ways & DISK_WRITE) || !ways);
    int status = disk->methods->open(disk, path, ways, out);

    if (status)
        return status;
    (*out)->disk = disk;
    (*out)->path = mem_text(path);
    (*out)->ways = ways;
    return 0;
}

void disk_close(struct disk_file *file)
{
    if (!file)
        return;
    free(file->path);
    file->disk->methods->close(file);
}

int disk_size(struct disk_file *file, uint64_t *out)
{
    return file->disk->methods->size(file, out);
}

int disk_read(struct disk_file *file, uint64_t at, void *into, size_t room,
              size_t *got)
{
    *got = 0;
    return room ? file->disk->methods->read(file, at, into, room, got) : 0;
}

/* May the file still be changed? */
static int check_change(const struct disk_file *file)
{
    CHECK(file->ways & DISK_WRITE);
    return file->has_failed
               ? err_set(ERR_IO, "%s: nothing is written after a failure",
                         file->path)
               : 0;
}

static int note(struct disk_file *file, int status)
{
    file->has_failed = status != 0;
    return status;
}

int disk_write(struct disk_file *file, uint64_t at, struct bytes bytes)
{
    int status = check_change(file);

    if (status || !bytes.size)
        return status;
    return note(file, file->disk->methods->write(file, at, bytes));
}

int disk_sync(struct disk_file *file)
{
    int status = check_change(file);

    return status ? status : note(file, file->disk->methods->sync(file));
}

int disk_truncate(struct disk_file *file, uint64_t size)
{
    int status = check_change(file);

    return status ? status
                  : note(file, file->disk->methods->truncate(file, size));
}

int disk_rename(struct disk *disk, const char *from, const char *to)
{
    return disk->methods->rename(disk, from, to);
}

int disk_remove(struct disk *disk, const char *path)
{
    return disk->methods->remove(disk, path);
}

int disk_make_folder(struct disk *disk, const char *path)
{
    return disk->methods->make_folder(disk, path);
}

int disk_sync_folder(struct disk *disk, const char *path)
{
    return disk->methods->sync_folder(disk, path);
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

int disk_list(struct disk *disk, const char *folder, struct disk_names *out)
{
    *out = (struct disk_names){0};
    int status = disk->methods->list(disk, folder, out);

    if (status)
        disk_names_free(out);
    else if (out->count)
        qsort(out->names, out->count, sizeof(*out->names), compare_names);
    return status;
}

int disk_names_add(struct disk_names *names, const char *folder,
                   const char *name)
{
    if (names->count == DISK_NAMES_MAX)
        return err_set(ERR_LIMIT, "%s holds more than %d files", folder,
                       DISK_NAMES_MAX);
    /* Powers of two: memory grows when the next one is reached. */
    if (!(names->count & (names->count - 1)))
        names->names =
            mem_resize(names->names, (names->count ? names->count * 2 : 1) *
                                         sizeof(*names->names));
    names->names[names->count++] = mem_text(name);
    return 0;
}

void disk_names_free(struct disk_names *names)
{
    for (size_t i = 0; i < names->count; i++)
        free(names->names[i]);
    free(names->names);
    *names = (struct disk_names){0};
}
