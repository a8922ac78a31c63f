/*
 * Names are kept twice, as contents are: those that are seen, those that a
 * crash leaves; and the changes between them, in order.
 */
#include "base/disk_memory.h"

#include "base/check.h"
#include "base/disk_memory_names.h"
#include "base/error.h"
#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>

struct memory_file {
    struct disk_file file;
    struct node *node;
    uint64_t life;
};

struct disk_memory {
    struct disk disk;
    struct random random;
    struct disk_memory_faults faults;
    struct disk_memory_counts counts;
    uint64_t life; /* rises with each crash */
    bool is_off;
    bool is_counting;
    uint64_t changes_left;
    char **folders;
    size_t folder_count;
    struct names names;
};

static struct disk_memory *memory_of(struct disk *disk)
{
    return (struct disk_memory *)(void *)disk;
}

static bool happens(struct disk_memory *memory, uint32_t one_in)
{
    return one_in && !random_below(&memory->random, one_in);
}

static bool has_folder(const struct disk_memory *memory, const char *folder)
{
    for (size_t i = 0; i < memory->folder_count; i++)
        if (!strcmp(memory->folders[i], folder))
            return true;
    return false;
}

/* ---- the disk ---- */

static int no_power(void)
{
    return err_set(ERR_IO, "the disk has no power");
}

/* Is there power for another change? *is_last: it goes during this one. */
static int spend(struct disk_memory *memory, bool *is_last)
{
    *is_last = false;
    if (memory->is_off)
        return no_power();
    if (memory->is_counting && !memory->changes_left--)
        *is_last = memory->is_off = true;
    return 0;
}

static int check_open(const struct memory_file *file)
{
    const struct disk_memory *memory = memory_of(file->file.disk);

    return memory->is_off || file->life != memory->life ? no_power() : 0;
}

static struct memory_file *file_of(struct disk_file *file)
{
    return (struct memory_file *)(void *)file;
}

/* Not a failing sync, because nothing says that it failed. */
static void settle_open(struct disk_memory *memory, struct node *node)
{
    if (happens(memory, memory->faults.sync_fails))
        for (size_t i = 0; i < node->sectors.size; i++)
            if (node->sectors.data[i] & DIRTY)
                node->sectors.data[i] = LOST;
    node_write_back_all(node);
    node_forget_lost(node);
}

static int find_or_make(struct disk_memory *memory, const char *path, int ways,
                        struct node **out)
{
    struct name *name = names_find(&memory->names, path);
    bool is_last;

    if (name) {
        *out = name->node;
        return 0;
    }
    if (!(ways & DISK_MAKE))
        return err_set(ERR_NOT_FOUND, "there is no file %s", path);
    int status = spend(memory, &is_last);
    if (status)
        return status;
    *out = mem_zero(1, sizeof(**out));
    names_change(&memory->names, "", path, *out);
    return is_last ? no_power() : 0;
}

static int memory_open(struct disk *disk, const char *path, int ways,
                       struct disk_file **out)
{
    struct disk_memory *memory = memory_of(disk);
    struct node *node = NULL;

    if (memory->is_off)
        return no_power();
    int status = find_or_make(memory, path, ways, &node);
    if (status)
        return status;
    if (ways & DISK_WRITE)
        settle_open(memory, node);
    struct memory_file *file = mem_zero(1, sizeof(*file));
    file->node = node_keep(node);
    file->life = memory->life;
    *out = &file->file;
    return 0;
}

static void memory_close(struct disk_file *file)
{
    node_drop(file_of(file)->node);
    free(file);
}

static int memory_size(struct disk_file *file, uint64_t *out)
{
    int status = check_open(file_of(file));

    *out = file_of(file)->node->now.size;
    return status;
}

static int memory_read(struct disk_file *file, uint64_t at, void *into,
                       size_t room, size_t *got)
{
    const struct node *node = file_of(file)->node;
    int status = check_open(file_of(file));

    if (status)
        return status;
    if (at >= node->now.size)
        return 0;
    if (room > node->now.size - at)
        room = node->now.size - (size_t)at;
    for (size_t i = at / DISK_SECTOR; i * DISK_SECTOR < at + room; i++)
        if (node->sectors.data[i] & BAD)
            return err_set(ERR_IO, "reading %s: bad sector %zu", file->path, i);
    memcpy(into, node->now.data + at, room);
    *got = room;
    return 0;
}

/* The head goes to some sector of some file, on whose tracks it stays. */
static void write_elsewhere(struct disk_memory *memory, struct bytes bytes)
{
    const struct name_list *list = &memory->names.now;

    if (!list->count)
        return;
    struct node *node =
        list->names[random_below(&memory->random, list->count)].node;
    size_t sectors = node->durable.size / DISK_SECTOR;

    if (!sectors)
        return;
    size_t at = random_below(&memory->random, sectors) * DISK_SECTOR;
    if (bytes.size > node->durable.size - at)
        bytes.size = node->durable.size - at;
    memcpy(node->durable.data + at, bytes.data, bytes.size);
    if (node->now.size >= at + bytes.size)
        memcpy(node->now.data + at, bytes.data, bytes.size);
}

/* What there is room for, or all. */
static size_t room_for(struct disk_memory *memory, const struct node *node,
                       uint64_t at, size_t size)
{
    uint64_t used = 0, limit = memory->faults.size_max_bytes;

    if (!limit)
        return size;
    for (size_t i = 0; i < memory->names.now.count; i++)
        used += memory->names.now.names[i].node->now.size;
    uint64_t may = node->now.size + (limit > used ? limit - used : 0);
    if (at + size <= may)
        return size;
    return at < may ? (size_t)(may - at) : 0;
}

/* The kernel writes out when it likes, so versions between two syncs may be
 * those on disk. */
static void write_some_back(struct disk_memory *memory, struct node *node,
                            uint64_t at, size_t size)
{
    for (size_t i = at / DISK_SECTOR; i * DISK_SECTOR < at + size; i++)
        if (node->sectors.data[i] & DIRTY && happens(memory, 8))
            node_write_back(node, i);
}

/* A write that reached the disk's controller. */
static int write_through(struct disk_memory *memory, struct disk_file *file,
                         uint64_t at, struct bytes bytes)
{
    struct node *node = file_of(file)->node;

    if (happens(memory, memory->faults.write_lost)) {
        node_write(node, at, bytes, LOST);
        return 0;
    }
    if (happens(memory, memory->faults.write_elsewhere)) {
        node_write(node, at, bytes, LOST);
        write_elsewhere(memory, bytes);
        return 0;
    }
    node_write(node, at, bytes, DIRTY);
    if (happens(memory, memory->faults.write_fails))
        return err_set(ERR_IO, "writing %s: the disk failed", file->path);
    if (file->ways & DISK_DURABLE)
        node_write_back_all(node);
    else
        write_some_back(memory, node, at, bytes.size);
    if (happens(memory, memory->faults.sector_goes_bad))
        node->sectors.data[at / DISK_SECTOR] |= BAD;
    return 0;
}

static int memory_write(struct disk_file *file, uint64_t at, struct bytes bytes)
{
    struct disk_memory *memory = memory_of(file->disk);
    struct node *node = file_of(file)->node;
    int status = check_open(file_of(file));
    bool is_last = false;

    if (!status)
        status = spend(memory, &is_last);
    if (status)
        return status;
    memory->counts.bytes += bytes.size;
    memory->counts.durable_writes += (file->ways & DISK_DURABLE) != 0;
    size_t room = room_for(memory, node, at, bytes.size);
    if (is_last || room < bytes.size) {
        if (room)
            node_write(node, at, bytes_make(bytes.data, room), DIRTY);
        return is_last ? no_power()
                       : err_set(ERR_FULL, "writing %s: the disk is full",
                                 file->path);
    }
    return write_through(memory, file, at, bytes);
}

static int memory_sync(struct disk_file *file)
{
    struct disk_memory *memory = memory_of(file->disk);
    struct node *node = file_of(file)->node;
    int status = check_open(file_of(file));
    bool is_last = false;

    if (!status)
        status = spend(memory, &is_last);
    if (status || is_last)
        return status ? status : no_power();
    memory->counts.syncs++;
    if (happens(memory, memory->faults.sync_lies))
        return 0;
    if (!happens(memory, memory->faults.sync_fails)) {
        node_write_back_all(node);
        return 0;
    }
    for (size_t i = 0; i < node->sectors.size; i++)
        if (node->sectors.data[i] & DIRTY) {
            if (random_below(&memory->random, 2))
                node_write_back(node, i);
            else
                node->sectors.data[i] = LOST;
        }
    return err_set(ERR_IO, "writing %s to disk: the disk failed", file->path);
}

static int memory_truncate(struct disk_file *file, uint64_t size)
{
    struct disk_memory *memory = memory_of(file->disk);
    struct node *node = file_of(file)->node;
    int status = check_open(file_of(file));
    bool is_last = false;

    if (!status)
        status = spend(memory, &is_last);
    if (status)
        return status;
    node_truncate(node, size);
    return is_last ? no_power() : 0;
}

static int memory_rename(struct disk *disk, const char *from, const char *to)
{
    struct disk_memory *memory = memory_of(disk);
    struct name *name = names_find(&memory->names, from);
    bool is_last;
    int status = spend(memory, &is_last);

    if (status)
        return status;
    if (!name)
        return err_set(ERR_IO, "renaming %s: there is no such file", from);
    names_change(&memory->names, from, to, name->node);
    return is_last ? no_power() : 0;
}

static int memory_remove(struct disk *disk, const char *path)
{
    struct disk_memory *memory = memory_of(disk);
    struct name *name = names_find(&memory->names, path);
    bool is_last;
    int status = spend(memory, &is_last);

    if (status)
        return status;
    if (name)
        names_change(&memory->names, path, "", name->node);
    return is_last ? no_power() : 0;
}

static int memory_make_folder(struct disk *disk, const char *path)
{
    struct disk_memory *memory = memory_of(disk);

    if (has_folder(memory, path))
        return 0;
    memory->folders = mem_resize(memory->folders,
                                 (memory->folder_count + 1) * sizeof(char *));
    memory->folders[memory->folder_count++] = mem_text(path);
    return 0;
}

static int memory_sync_folder(struct disk *disk, const char *path)
{
    struct disk_memory *memory = memory_of(disk);
    bool is_last;
    int status = spend(memory, &is_last);

    if (status || is_last)
        return status ? status : no_power();
    names_sync(&memory->names, path);
    return 0;
}

static int memory_list(struct disk *disk, const char *folder,
                       struct disk_names *out)
{
    const struct disk_memory *memory = memory_of(disk);
    int status = 0;

    if (memory->is_off)
        return no_power();
    if (!has_folder(memory, folder))
        return err_set(ERR_NOT_FOUND, "there is no folder %s", folder);
    for (size_t i = 0; !status && i < memory->names.now.count; i++)
        if (names_is_in(memory->names.now.names[i].path, folder))
            status = disk_names_add(out, folder,
                                    memory->names.now.names[i].path +
                                        strlen(folder) + 1);
    return status;
}

/* ---- for tests ---- */

struct disk_memory *disk_memory_new(uint64_t seed)
{
    static const struct disk_methods methods = {
        .open = memory_open,
        .close = memory_close,
        .size = memory_size,
        .read = memory_read,
        .write = memory_write,
        .sync = memory_sync,
        .truncate = memory_truncate,
        .rename = memory_rename,
        .remove = memory_remove,
        .make_folder = memory_make_folder,
        .sync_folder = memory_sync_folder,
        .list = memory_list,
    };
    struct disk_memory *memory = mem_zero(1, sizeof(*memory));

    memory->disk.methods = &methods;
    memory->random = random_make(seed);
    return memory;
}

void disk_memory_free(struct disk_memory *memory)
{
    names_free(&memory->names);
    for (size_t i = 0; i < memory->folder_count; i++)
        free(memory->folders[i]);
    free(memory->folders);
    free(memory);
}

struct disk *disk_memory_disk(struct disk_memory *memory)
{
    return &memory->disk;
}

void disk_memory_set_faults(struct disk_memory *memory,
                            const struct disk_memory_faults *faults)
{
    memory->faults = *faults;
}

void disk_memory_power_off_after(struct disk_memory *memory, uint64_t changes)
{
    memory->is_counting = true;
    memory->changes_left = changes;
}

bool disk_memory_is_off(const struct disk_memory *memory)
{
    return memory->is_off;
}

void disk_memory_crash(struct disk_memory *memory)
{
    const struct name_list *list = &memory->names.now;

    names_lose_power(&memory->names, &memory->random);
    for (size_t i = 0; i < list->count; i++)
        node_lose_power(list->names[i].node, &memory->random);
    memory->life++;
    memory->is_off = memory->is_counting = false;
    memory->faults = (struct disk_memory_faults){0};
}

bool disk_memory_copy(struct disk_memory *memory, const char *path,
                      struct buffer *out)
{
    struct name *name = names_find(&memory->names, path);

    if (name)
        buffer_append(out, name->node->now.data, name->node->now.size);
    return name != NULL;
}

void disk_memory_change(struct disk_memory *memory, const char *path,
                        uint64_t at, struct bytes bytes)
{
    struct name *name = names_find(&memory->names, path);

    CHECK(name);
    node_write(name->node, at, bytes, DIRTY);
    node_write_back_all(name->node);
}

void disk_memory_spoil(struct disk_memory *memory, const char *path,
                       uint64_t at)
{
    struct name *name = names_find(&memory->names, path);

    CHECK(name && at < name->node->now.size);
    name->node->sectors.data[at / DISK_SECTOR] |= BAD;
}

struct disk_memory_counts disk_memory_counts(const struct disk_memory *memory)
{
    return memory->counts;
}
