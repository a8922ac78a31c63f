/*
 * Opening a block log: what of each segment can be read, and what a crash left
 * at the end.
 *
 * The torn end is cut off. What was written with it and is whole follows in a
 * new segment, and only then is the end cut off: it is there at any time. The
 * zeros that fill the last sector up are nothing that was torn.
 */
#include "settlement/write_ahead/block_log_internal.h"

#include "base/check.h"
#include "base/error.h"
#include "base/memory.h"

#include <inttypes.h>
#include <stdlib.h>

/* Read at once; where that fails, sector by sector. */
#define PIECE 65536

/* The last entry may begin where a segment is almost full. */
#define SIZE_MAX_BYTES                                                         \
    (BLOCK_LOG_SEGMENT_SIZE + BLOCK_LOG_ENTRY_HEADER + BLOCK_LOG_BYTES_MAX +   \
     DISK_SECTOR)

/* A segment that was found. */
struct found {
    struct block_log_beginning beginning; /* its number counts in any case */
    bool is_damaged;                      /* in its beginning */
    bool is_empty;                        /* there is nothing behind it */
};

struct all_found {
    struct found *found; /* by rising number */
    size_t count;
};

/* A segment that is being read. */
struct opening {
    uint32_t number;
    uint64_t salt;
    bool is_last;
    uint32_t counts; /* so much of it counts; 0: that is not known */
    struct disk_file *file;
    struct disk_file *writer; /* of the last one */
    struct buffer bytes;      /* zeros where it can't be read */
};

/* The number in "00000001.log"; 0: it is no segment. */
static uint32_t number_of(const char *name)
{
    uint32_t number = 0;

    if (strlen(name) != 12 || strcmp(name + 8, ".log") != 0)
        return 0;
    for (size_t i = 0; i < 8; i++) {
        if (name[i] < '0' || name[i] > '9')
            return 0;
        number = number * 10 + (uint32_t)(name[i] - '0');
    }
    return number;
}

/* Sectors that can't be read are zeros, which is damage wherever an entry is.
 */
static void read_sectors(struct opening *opening, size_t at, size_t size)
{
    for (size_t i = 0; i < size; i += DISK_SECTOR) {
        size_t part = size - i < DISK_SECTOR ? size - i : DISK_SECTOR, got;
        uint8_t *into = opening->bytes.data + at + i;
        if (disk_read(opening->file, at + i, into, part, &got))
            memset(into, 0, part);
    }
}

static int read_segment(struct opening *opening)
{
    uint64_t size;
    int status = disk_size(opening->file, &size);

    if (status)
        return status;
    if (size > SIZE_MAX_BYTES)
        return err_set(ERR_LIMIT, "%s is larger than a segment can be",
                       opening->file->path);
    buffer_resize(&opening->bytes, (size_t)size);
    for (size_t at = 0; at < size; at += PIECE) {
        size_t part = size - at < PIECE ? size - at : PIECE, got;
        if (disk_read(opening->file, at, opening->bytes.data + at, part, &got))
            read_sectors(opening, at, part);
    }
    return 0;
}

/* Is there nothing from there on but what fills the last sector up? */
static bool is_filling(struct bytes segment, size_t at)
{
    if (segment.size - at >= DISK_SECTOR)
        return false;
    while (at < segment.size && !segment.data[at])
        at++;
    return at == segment.size;
}

static void count_damage(struct block_log_report *report, size_t bytes)
{
    report->damaged_regions++;
    report->damaged_bytes += bytes;
}

/* How much of the newest segment a crash has not torn: the first piece that is
 * no entry and was not known to be on disk ends it. */
static size_t whole_size(struct bytes segment, uint64_t salt)
{
    struct block_log_scan all = block_log_scan_make(segment, salt);
    struct block_log_scan scan = all;
    struct block_log_piece piece;

    while (block_log_scan_next(&all, &piece))
        ;
    while (block_log_scan_next(&scan, &piece))
        if (!piece.is_entry && piece.at >= all.synced)
            return piece.at;
    return segment.size;
}

static int take_entries(struct block_log *log, const struct opening *opening,
                        size_t whole, struct block_log_report *report)
{
    struct block_log_scan scan = block_log_scan_make(
        bytes_make(opening->bytes.data, whole), opening->salt);
    struct block_log_piece piece;

    while (block_log_scan_next(&scan, &piece)) {
        if (!piece.is_entry && !is_filling(scan.segment, piece.at))
            count_damage(report, piece.size);
        if (!piece.is_entry)
            continue;
        if (block_log_index_is_full(log->index))
            return err_set(ERR_LIMIT, "%s holds more than %u entries",
                           log->folder, BLOCK_LOG_ENTRIES_MAX);
        block_log_add_entry(log, &piece.entry, piece.at);
    }
    return 0;
}

/* Append what is whole behind the torn part to a new segment. */
static int move_rest(struct block_log *log, const struct opening *opening,
                     size_t whole, struct block_log_report *report)
{
    struct block_log_scan scan =
        block_log_scan_make(buffer_view(&opening->bytes), opening->salt);
    struct block_log_piece piece;
    int status = 0;

    scan.at = whole;
    while (!status && block_log_scan_next(&scan, &piece)) {
        if (!piece.is_entry && !is_filling(scan.segment, piece.at))
            report->torn_bytes += piece.size;
        if (!piece.is_entry)
            continue;
        if (log->segments[log->segment_count - 1].number == opening->number)
            status = block_log_begin_segment(log, opening->number + 1);
        if (!status)
            status = block_log_append(log, &piece.entry,
                                      opening->bytes.data + piece.at +
                                          BLOCK_LOG_ENTRY_HEADER);
    }
    return status ? status : block_log_sync(log);
}

/* Go on after the newest segment: in it, or in the one that took what was whole
 * behind its torn part. */
static int go_on(struct block_log *log, struct opening *opening, size_t whole,
                 struct block_log_report *report)
{
    int status = 0;

    block_log_set_tail(log, opening->number,
                       bytes_make(opening->bytes.data, whole));
    if (whole < opening->bytes.size) {
        status = move_rest(log, opening, whole, report);
        if (!status)
            status = disk_truncate(opening->writer, whole);
        if (!status)
            status = disk_sync(opening->writer);
    }
    if (status || log->file)
        return status;
    log->file = opening->writer;
    opening->writer = NULL;
    return 0;
}

/* What the segment after this one says of it. */
static void limit(struct opening *opening, struct block_log_report *report)
{
    if (opening->bytes.size < opening->counts)
        count_damage(report, opening->counts - opening->bytes.size);
    else if (opening->counts)
        buffer_resize(&opening->bytes, opening->counts);
}

static int take_segment(struct block_log *log, struct opening *opening,
                        struct block_log_report *report)
{
    int status = read_segment(opening);
    if (status)
        return status;
    limit(opening, report);
    struct bytes bytes = buffer_view(&opening->bytes);
    size_t whole =
        opening->is_last ? whole_size(bytes, opening->salt) : bytes.size;
    if (is_filling(bytes, whole))
        buffer_resize(&opening->bytes, whole);
    block_log_add_segment(log, opening->number, opening->salt);
    status = take_entries(log, opening, whole, report);
    if (status || !opening->is_last)
        return status;
    return go_on(log, opening, whole, report);
}

static int open_segment(struct block_log *log, const struct all_found *all,
                        size_t i, struct block_log_report *report)
{
    const struct found *found = &all->found[i];
    const struct found *next = i + 1 < all->count ? found + 1 : NULL;
    struct opening opening = {.number = found->beginning.number,
                              .salt = found->beginning.salt,
                              .is_last = !next};
    char *path = block_log_path(log, opening.number);
    int status = 0;

    /* First, so that what is read is what the disk has. */
    if (opening.is_last)
        status = disk_open(log->disk, path, DISK_WRITE | DISK_DURABLE,
                           &opening.writer);
    if (!status)
        status = disk_open(log->disk, path, 0, &opening.file);
    free(path);
    if (found->is_damaged) {
        opening.salt = log->salt;
        count_damage(report, BLOCK_LOG_SEGMENT_HEADER);
    }
    if (next && !next->is_damaged &&
        next->beginning.number == opening.number + 1)
        opening.counts = next->beginning.before;
    if (!status)
        status = take_segment(log, &opening, report);
    disk_close(opening.file);
    disk_close(opening.writer);
    buffer_free(&opening.bytes);
    return status;
}

/* ---- all segments ---- */

static int read_beginning(struct block_log *log, uint32_t number,
                          struct found *out)
{
    uint8_t sector[DISK_SECTOR] = {0};
    char *path = block_log_path(log, number);
    struct disk_file *file = NULL;
    uint64_t size = 0;
    size_t got = 0;
    int status = disk_open(log->disk, path, 0, &file);

    if (!status)
        status = disk_size(file, &size);
    if (!status && disk_read(file, 0, sector, sizeof(sector), &got))
        got = 0;
    if (!status)
        status = block_log_beginning_decode(bytes_make(sector, got),
                                            &out->beginning);
    out->beginning.number = number;
    out->is_empty =
        size <= sizeof(sector) && is_filling(bytes_make(sector, sizeof(sector)),
                                             BLOCK_LOG_SEGMENT_HEADER);
    out->is_damaged = status == ERR_CORRUPT;
    if (status)
        err_add(status, "%s", path);
    disk_close(file);
    free(path);
    return out->is_damaged ? 0 : status;
}

static int find_segments(struct block_log *log, struct all_found *out)
{
    struct disk_names names;
    int status = disk_make_folder(log->disk, log->folder);

    if (!status)
        status = disk_list(log->disk, log->folder, &names);
    if (status)
        return status;
    out->found = mem_zero(names.count + 1, sizeof(*out->found));
    for (size_t i = 0; !status && i < names.count; i++) {
        uint32_t number = number_of(names.names[i]);
        if (number)
            status = read_beginning(log, number, &out->found[out->count++]);
    }
    disk_names_free(&names);
    return status;
}

/* For segments whose beginning can't be read: the log's salt, which others
 * have. */
static int find_salt(struct block_log *log, const struct all_found *all)
{
    for (size_t i = 0; i < all->count; i++)
        if (!all->found[i].is_damaged) {
            log->salt = all->found[i].beginning.salt;
            return 0;
        }
    return all->count
               ? err_set(ERR_CORRUPT,
                         "nothing of %s can be read; move the folder away, and "
                         "the blocks are had from other validators again",
                         log->folder)
               : 0;
}

static int open_all(struct block_log *log, struct all_found *all,
                    struct block_log_report *report)
{
    uint32_t torn = 0;

    /* A crash while the newest one was made. */
    while (all->count && all->found[all->count - 1].is_damaged &&
           all->found[all->count - 1].is_empty)
        torn = all->found[--all->count].beginning.number;
    int status = find_salt(log, all);
    for (size_t i = 0; !status && i < all->count; i++) {
        if (i && all->found[i].beginning.number !=
                     all->found[i - 1].beginning.number + 1)
            count_damage(report, 0);
        status = open_segment(log, all, i, report);
    }
    if (status || log->segment_count)
        return status;
    return block_log_begin_segment(log, torn ? torn : 1);
}

int block_log_open(const struct block_log_options *options,
                   struct block_log **out, struct block_log_report *report)
{
    struct block_log *log = mem_zero(1, sizeof(*log));
    struct all_found all = {0};

    CHECK(options->segment_size_bytes <= BLOCK_LOG_SEGMENT_SIZE);
    *report = (struct block_log_report){0};
    log->disk = options->disk;
    log->folder = mem_text(options->folder);
    log->salt = options->salt;
    log->segment_size = options->segment_size_bytes
                            ? options->segment_size_bytes
                            : BLOCK_LOG_SEGMENT_SIZE;
    log->index = block_log_index_new(options->salt);
    lock_init(&log->lock);
    int status = find_segments(log, &all);
    if (!status)
        status = open_all(log, &all, report);
    free(all.found);
    if (status) {
        block_log_close(log);
        return err_add(status, "opening the block log");
    }
    *out = log;
    return 0;
}
