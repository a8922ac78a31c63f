/*
 * Readers open the file that they read by its name: so a segment can be removed
 * and the writer can go on to the next without waiting for them.
 *
 * Each sync is one write past the page cache, of whole sectors: what was
 * appended, and before it what its first sector has already, which a crash
 * keeps because sectors are written whole. Zeros fill up the last one. A page
 * of the cache would cost eight times a sector, and an idle validator writes
 * little at a time.
 */
#include "settlement/write_ahead/block_log_internal.h"

#include "base/check.h"
#include "base/error.h"
#include "base/memory.h"

#include <inttypes.h>
#include <stdlib.h>

/* What is appended goes to disk when it is more, sync or not. */
#define TAIL_SIZE_MAX (1u << 20)

char *block_log_path(const struct block_log *log, uint32_t number)
{
    return mem_format("%s/%08" PRIu32 ".log", log->folder, number);
}

void block_log_add_segment(struct block_log *log, uint32_t number,
                           uint64_t salt)
{
    lock_take(&log->lock);
    log->segments = mem_resize(log->segments, (log->segment_count + 1) *
                                                  sizeof(*log->segments));
    log->segments[log->segment_count++] =
        (struct block_log_segment){.number = number, .salt = salt};
    lock_give(&log->lock);
}

void block_log_add_entry(struct block_log *log,
                         const struct block_log_entry *entry, size_t at)
{
    lock_take(&log->lock);
    struct block_log_segment *segment = &log->segments[log->segment_count - 1];
    const struct block_log_place place = {.segment = segment->number,
                                          .at = (uint32_t)at};
    segment->entries++;
    if (entry->slot > segment->slot_max)
        segment->slot_max = entry->slot;
    block_log_index_add(log->index, entry, &place);
    lock_give(&log->lock);
}

/* ---- the tail ---- */

void block_log_set_tail(struct block_log *log, uint32_t number,
                        struct bytes segment)
{
    size_t in_sector = segment.size % DISK_SECTOR;

    lock_take(&log->lock);
    buffer_clear(&log->tail);
    if (in_sector)
        buffer_append(&log->tail, segment.data + segment.size - in_sector,
                      in_sector);
    log->size = log->synced = segment.size;
    log->tail_segment = number;
    log->tail_at = segment.size - in_sector;
    lock_give(&log->lock);
}

/* Large entries leave no memory behind. */
static void keep_last_sector(struct block_log *log, size_t size)
{
    size_t whole = size - size % DISK_SECTOR;
    struct buffer rest = {0};

    lock_take(&log->lock);
    if (log->tail.capacity > TAIL_SIZE_MAX) {
        buffer_append(&rest, log->tail.data + whole, size - whole);
        buffer_free(&log->tail);
        log->tail = rest;
    } else {
        log->tail.size = size;
        buffer_consume(&log->tail, whole);
    }
    log->tail_at += whole;
    log->synced = log->size;
    lock_give(&log->lock);
}

static int sync_tail(struct block_log *log)
{
    if (log->synced == log->size)
        return 0;
    const size_t size = log->tail.size;
    lock_take(&log->lock);
    buffer_resize(&log->tail,
                  (size + DISK_SECTOR - 1) / DISK_SECTOR * DISK_SECTOR);
    lock_give(&log->lock);
    int status = disk_write(log->file, log->tail_at, buffer_view(&log->tail));
    if (!status)
        keep_last_sector(log, size);
    return status;
}

/* ---- segments ---- */

/* A segment's beginning is on disk before its first entry, and its name with
 * it. */
static int write_beginning(struct block_log *log, uint32_t number)
{
    const struct block_log_beginning beginning = {
        .number = number, .salt = log->salt, .before = (uint32_t)log->size};
    uint8_t header[BLOCK_LOG_SEGMENT_HEADER];

    block_log_beginning_encode(&beginning, header);
    block_log_set_tail(log, number, bytes_make(NULL, 0));
    lock_take(&log->lock);
    buffer_append(&log->tail, header, sizeof(header));
    lock_give(&log->lock);
    log->size = sizeof(header);
    int status = sync_tail(log);
    return status ? status : disk_sync_folder(log->disk, log->folder);
}

int block_log_begin_segment(struct block_log *log, uint32_t number)
{
    char *path = block_log_path(log, number);
    /* A crash may have left one without a beginning. */
    int status = disk_remove(log->disk, path);

    disk_close(log->file);
    log->file = NULL;
    if (!status)
        status = disk_open(log->disk, path,
                           DISK_WRITE | DISK_MAKE | DISK_DURABLE, &log->file);
    free(path);
    if (!status)
        status = write_beginning(log, number);
    if (status)
        return status;
    block_log_add_segment(log, number, log->salt);
    return 0;
}

void block_log_close(struct block_log *log)
{
    if (!log)
        return;
    disk_close(log->file);
    buffer_free(&log->tail);
    block_log_index_free(log->index);
    lock_destroy(&log->lock);
    free(log->segments);
    free(log->folder);
    free(log);
}

/* ---- writing ---- */

static int check_writable(const struct block_log *log)
{
    return log->has_failed
               ? err_set(ERR_IO, "%s: nothing is written after a failure",
                         log->folder)
               : 0;
}

static int note(struct block_log *log, int status)
{
    if (!status)
        return 0;
    log->has_failed = true;
    return err_add(status, "writing the block log");
}

/* Go on to the next segment where the last one is full. */
static int make_room(struct block_log *log)
{
    if (log->size < log->segment_size)
        return log->tail.size < TAIL_SIZE_MAX ? 0 : sync_tail(log);
    int status = sync_tail(log);
    return status ? status
                  : block_log_begin_segment(
                        log, log->segments[log->segment_count - 1].number + 1);
}

int block_log_append(struct block_log *log, const struct block_log_entry *entry,
                     const void *bytes)
{
    const size_t size = BLOCK_LOG_ENTRY_HEADER + entry->size;

    CHECK(entry->size && entry->size <= BLOCK_LOG_BYTES_MAX);
    int status = check_writable(log);
    if (status)
        return status;
    /* The index changes on this thread alone. */
    if (block_log_index_is_full(log->index))
        return err_set(ERR_LIMIT,
                       "the block log holds %u blocks and certificates that "
                       "are not final; it takes no more",
                       BLOCK_LOG_ENTRIES_MAX);
    status = make_room(log);
    if (status)
        return note(log, status);
    /* Readers look at nothing behind the entries of the index. */
    lock_take(&log->lock);
    buffer_reserve(&log->tail, size);
    lock_give(&log->lock);
    block_log_entry_encode(entry, bytes, log->salt, log->synced, &log->tail);
    block_log_add_entry(log, entry, log->size);
    log->size += size;
    return 0;
}

int block_log_sync(struct block_log *log)
{
    int status = check_writable(log);

    return status ? status : note(log, sync_tail(log));
}

/* The oldest segment is no one's from here on. */
static void forget_oldest(struct block_log *log)
{
    lock_take(&log->lock);
    block_log_index_drop(log->index, log->segments[0].entries);
    log->segment_count--;
    memmove(log->segments, log->segments + 1,
            log->segment_count * sizeof(*log->segments));
    lock_give(&log->lock);
}

int block_log_drop_before(struct block_log *log, uint64_t slot)
{
    int status = 0;

    while (!status && log->segment_count > 1 &&
           log->segments[0].slot_max < slot) {
        char *path = block_log_path(log, log->segments[0].number);
        status = disk_remove(log->disk, path);
        free(path);
        if (!status)
            forget_oldest(log);
    }
    return status;
}

/* ---- reading ---- */

void block_log_range(struct block_log *log, uint64_t *first, uint64_t *end)
{
    lock_take(&log->lock);
    *first = block_log_index_first(log->index);
    *end = block_log_index_end(log->index);
    lock_give(&log->lock);
}

bool block_log_find(struct block_log *log, enum block_log_kind kind,
                    const struct hash *hash, uint64_t *number)
{
    lock_take(&log->lock);
    bool is_found = block_log_index_find(log->index, kind, hash, number);
    lock_give(&log->lock);
    return is_found;
}

bool block_log_find_slot(struct block_log *log, uint64_t slot, uint64_t *number)
{
    lock_take(&log->lock);
    bool is_found = block_log_index_find_slot(log->index, slot, number);
    lock_give(&log->lock);
    return is_found;
}

/* What reading an entry needs. */
struct target {
    struct block_log_entry entry;
    struct block_log_place place;
    uint64_t salt; /* of its segment */
};

static bool find_target(struct block_log *log, uint64_t number,
                        struct target *out)
{
    lock_take(&log->lock);
    bool is_found =
        block_log_index_get(log->index, number, &out->entry, &out->place);
    for (size_t i = 0; is_found && i < log->segment_count; i++)
        if (log->segments[i].number == out->place.segment)
            out->salt = log->segments[i].salt;
    lock_give(&log->lock);
    return is_found;
}

bool block_log_entry_of(struct block_log *log, uint64_t number,
                        struct block_log_entry *out)
{
    struct target target;
    bool is_found = find_target(log, number, &target);

    *out = is_found ? target.entry : (struct block_log_entry){0};
    return is_found;
}

/* False: the disk has it. */
static bool read_tail(struct block_log *log, const struct target *target,
                      uint8_t *into, size_t size)
{
    lock_take(&log->lock);
    bool is_there = target->place.segment == log->tail_segment &&
                    target->place.at >= log->synced;
    if (is_there)
        memcpy(into, log->tail.data + (target->place.at - log->tail_at), size);
    lock_give(&log->lock);
    return is_there;
}

static int read_file(struct block_log *log, const struct target *target,
                     uint8_t *into, size_t size)
{
    char *path = block_log_path(log, target->place.segment);
    struct disk_file *file = NULL;
    size_t got = 0;
    int status = disk_open(log->disk, path, 0, &file);

    if (!status)
        status = disk_read(file, target->place.at, into, size, &got);
    if (!status && got < size)
        status = err_set(ERR_CORRUPT, "%s is cut off", path);
    disk_close(file);
    free(path);
    return status;
}

int block_log_read(struct block_log *log, uint64_t number, struct buffer *out)
{
    struct target target;
    struct block_log_entry found;
    uint64_t synced;

    if (!find_target(log, number, &target))
        return err_set(ERR_NOT_FOUND,
                       "entry %" PRIu64 " is not in the block log", number);
    size_t size = BLOCK_LOG_ENTRY_HEADER + target.entry.size;
    uint8_t *bytes = mem_alloc(size);
    int status = read_tail(log, &target, bytes, size)
                     ? 0
                     : read_file(log, &target, bytes, size);
    if (!status)
        status = block_log_entry_decode(bytes_make(bytes, size), target.salt,
                                        &found, &synced);
    if (!status &&
        (found.kind != target.entry.kind || found.slot != target.entry.slot ||
         !hash_equal(&found.hash, &target.entry.hash)))
        status = err_set(ERR_CORRUPT, "another entry is in its place");
    if (!status)
        buffer_append(out, bytes + BLOCK_LOG_ENTRY_HEADER, target.entry.size);
    free(bytes);
    return status ? err_add(status, "reading slot %" PRIu64 " from %s",
                            target.entry.slot, log->folder)
                  : 0;
}
