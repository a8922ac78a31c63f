/*
 * The whole ring is in memory as it is on disk, because each record says what
 * its successor is written over.
 */
#include "settlement/write_ahead/vote_file.h"

#include "base/check.h"
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"

#include <inttypes.h>
#include <stdlib.h>
#include <xxhash.h>

#define SECTORS 2
/* No validator lives to write so many: a higher one is damage, and would leave
 * no number for the next. */
#define SEQUENCE_MAX (UINT64_MAX / 2)

/* 1. ring is what the disk holds, as far as it can be read.
 * 2. The record that counts is at place, and has that sequence. */
struct vote_file {
    struct disk_file *disk;
    struct vote_tag tag;
    size_t place;
    uint64_t sequence;
    bool unreadable[VOTE_FILE_PLACES];
    uint8_t ring[VOTE_FILE_PLACES][VOTE_RECORD_SIZE];
};

static size_t next_place(size_t place)
{
    return (place + 1) % VOTE_FILE_PLACES;
}

static uint64_t sector_sum(const uint8_t record[VOTE_RECORD_SIZE],
                           size_t sector)
{
    return XXH3_64bits(record + sector * DISK_SECTOR, DISK_SECTOR);
}

/* Encode a record for its place. */
static void encode(const struct vote_file *file,
                   const struct vote_record *record, size_t place,
                   uint8_t out[VOTE_RECORD_SIZE])
{
    struct vote_record whole = *record;

    _Static_assert(VOTE_RECORD_SIZE == SECTORS * DISK_SECTOR,
                   "a torn record has two halves");
    for (size_t i = 0; i < SECTORS; i++)
        whole.replaced[i] = sector_sum(file->ring[next_place(place)], i);
    vote_record_encode(&whole, &file->tag, out);
}

/* The record is on disk, and counts from now on. */
static void take_place(struct vote_file *file, size_t place, uint64_t sequence,
                       const uint8_t record[VOTE_RECORD_SIZE])
{
    memcpy(file->ring[place], record, VOTE_RECORD_SIZE);
    file->place = place;
    file->sequence = sequence;
}

/* ---- making ---- */

/* The file is written under another name first, whole: so later writes change
 * no size and allocate no block, and a crash leaves no half of it. */
static int write_whole(struct disk *disk, const char *path,
                       const struct vote_file *file)
{
    struct disk_file *whole;
    int status = disk_remove(disk, path);

    if (!status)
        status = disk_open(disk, path, DISK_WRITE | DISK_MAKE, &whole);
    if (status)
        return status;
    status = disk_write(whole, 0, bytes_make(file->ring, VOTE_FILE_SIZE));
    if (!status)
        status = disk_sync(whole);
    disk_close(whole);
    return status;
}

static int put_in_place(struct disk *disk, const char *path,
                        const struct vote_file *file)
{
    char *aside = mem_format("%s.new", path), *folder = file_parent(path);
    int status = write_whole(disk, aside, file);

    if (!status)
        status = disk_rename(disk, aside, path);
    if (!status)
        status = disk_sync_folder(disk, folder);
    free(aside);
    free(folder);
    return status;
}

static struct vote_file *file_new(const struct vote_tag *tag)
{
    struct vote_file *file = mem_zero(1, sizeof(*file));

    file->tag = *tag;
    return file;
}

int vote_file_make(struct disk *disk, const char *path,
                   const struct vote_tag *tag, const struct vote_record *record,
                   struct vote_file **out)
{
    struct vote_file *file = file_new(tag);

    file->sequence = record->sequence;
    encode(file, record, 0, file->ring[0]);
    int status = put_in_place(disk, path, file);
    if (!status)
        status = disk_open(disk, path, DISK_WRITE | DISK_DURABLE, &file->disk);
    if (status) {
        free(file);
        return err_add(status, "making the file of votes");
    }
    *out = file;
    return 0;
}

/* ---- opening ---- */

static int forgotten(const struct disk_file *disk, const char *why)
{
    return err_set(ERR_NOT_FOUND,
                   "this validator does not know what it has voted: %s %s",
                   disk->path, why);
}

/* One place at a time, so that a bad sector takes one record with it. A file
 * that ends early is read as one whose end can't be. */
static void read_ring(struct vote_file *file)
{
    for (size_t i = 0; i < VOTE_FILE_PLACES; i++) {
        size_t got;
        int status = disk_read(file->disk, i * VOTE_RECORD_SIZE, file->ring[i],
                               VOTE_RECORD_SIZE, &got);
        file->unreadable[i] = status || got < VOTE_RECORD_SIZE;
        if (file->unreadable[i])
            memset(file->ring[i], 0, VOTE_RECORD_SIZE);
    }
}

/* The valid record with the highest sequence. */
static int find_newest(struct vote_file *file, struct vote_record *out)
{
    struct vote_record record;
    bool is_found = false;

    for (size_t i = 0; i < VOTE_FILE_PLACES; i++) {
        int status = vote_record_decode(file->ring[i], &file->tag, &record);
        if (status == ERR_DENIED)
            return forgotten(file->disk, "is of another network or voter");
        if (status || record.sequence > SEQUENCE_MAX ||
            (is_found && record.sequence <= file->sequence))
            continue;
        is_found = true;
        file->place = i;
        file->sequence = record.sequence;
        *out = record;
    }
    return is_found ? 0 : forgotten(file->disk, "holds no valid record");
}

/* Is that sector of the place after the newest record as that one found it? */
static bool is_untouched(const struct vote_file *file,
                         const struct vote_record *newest, size_t sector)
{
    return sector_sum(file->ring[next_place(file->place)], sector) ==
           newest->replaced[sector];
}

/* Is nothing newer lost than a record that was never reported? A torn write has
 * left one of its sectors as it was. */
static int check_newest(const struct vote_file *file,
                        const struct vote_record *newest, bool *is_torn)
{
    size_t untouched = 0;

    for (size_t i = 0; i < SECTORS; i++)
        untouched += is_untouched(file, newest, i);
    *is_torn = untouched < SECTORS;
    if (file->unreadable[next_place(file->place)] || !untouched)
        return forgotten(file->disk,
                         "is damaged where its newest record should be");
    return 0;
}

/* After a torn write the sums of the newest record fit one sector only; a
 * second torn write could change that one as well, and look like damage. So the
 * record is written once more, with sums that fit; and the sector that fits
 * goes last, so that there is one at any time. */
static int mend(struct vote_file *file, struct vote_record *newest)
{
    const size_t place = next_place(file->place);
    const size_t last = is_untouched(file, newest, 0) ? 0 : 1;
    const size_t order[SECTORS] = {1 - last, last};
    uint8_t bytes[VOTE_RECORD_SIZE];
    int status = 0;

    newest->sequence++;
    encode(file, newest, place, bytes);
    for (size_t i = 0; !status && i < SECTORS; i++) {
        size_t at = order[i] * DISK_SECTOR;
        status = disk_write(file->disk, place * VOTE_RECORD_SIZE + at,
                            bytes_make(bytes + at, DISK_SECTOR));
    }
    if (!status)
        take_place(file, place, newest->sequence, bytes);
    return status;
}

static int read_newest(struct vote_file *file, struct vote_record *out)
{
    bool is_torn;

    read_ring(file);
    int status = find_newest(file, out);
    if (!status)
        status = check_newest(file, out, &is_torn);
    return !status && is_torn ? mend(file, out) : status;
}

int vote_file_open(struct disk *disk, const char *path,
                   const struct vote_tag *tag, struct vote_file **out,
                   struct vote_record *record)
{
    struct vote_file *file = file_new(tag);
    int status = disk_open(disk, path, DISK_WRITE | DISK_DURABLE, &file->disk);

    if (status) {
        free(file);
        return status == ERR_NOT_FOUND
                   ? err_add(status, "this validator does not know what it has "
                                     "voted")
                   : status;
    }
    status = read_newest(file, record);
    if (status) {
        vote_file_close(file);
        return status;
    }
    *out = file;
    return 0;
}

void vote_file_close(struct vote_file *file)
{
    if (!file)
        return;
    disk_close(file->disk);
    free(file);
}

/* ---- writing ---- */

int vote_file_write(struct vote_file *file, const struct vote_record *record)
{
    size_t place = next_place(file->place);
    uint8_t bytes[VOTE_RECORD_SIZE];

    CHECK(record->sequence > file->sequence);
    encode(file, record, place, bytes);
    int status = disk_write(file->disk, place * VOTE_RECORD_SIZE,
                            bytes_make(bytes, sizeof(bytes)));
    if (status)
        return err_add(status, "writing what was voted");
    take_place(file, place, record->sequence, bytes);
    return 0;
}
