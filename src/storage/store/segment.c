/*
 * Sections are written with one pwritev() at an offset that this process keeps,
 * never by appending to wherever the file ends: a write that failed half way is
 * overwritten by the next one. Reads use pread() and need no lock.
 *
 * The format is CARv1 (storage/format/car_format.h), without padding or
 * checksums of its own. Each section has a CID, so a scan can distinguish a
 * whole section from a torn one by its hash; recovery depends on that alone.
 * Every CAR reader can open a segment.
 *
 * A segment does not know which of its sections are wanted. The index (store.c)
 * and the collection do.
 */
#include "storage/store/segment.h"
#include "base/check.h"
#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "storage/format/car_format.h"
#include "storage/store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

/* Room for a section's length (a varint of at most 9 bytes) and CID: what is
 * read first of each. */
#define SECTION_BEGIN_MAX (9 + CID_SIZE_MAX)

/* No file is touched yet. Eight digits, so that names sort as numbers do for
 * people who look into the folder; numbers with more digits work too. */
static struct segment *segment_new(const char *folder, uint32_t number)
{
    struct segment *segment = mem_zero(1, sizeof(*segment));

    segment->number = number;
    segment->fd = -1;
    segment->path = mem_format("%s/%08" PRIu32 ".car", folder, number);
    return segment;
}

/* Write the pieces one after another at the segment's end, and move the end
 * when all is written. ERR_FULL if the disk or a quota is full, so that the
 * store can make room and try again. pieces is used up. */
static int write_all(struct segment *segment, struct iovec *pieces, int count)
{
    /* A segment ends near STORE_SEGMENT_SIZE, far below off_t's limit. */
    off_t at = (off_t)segment->size;

    while (count) {
        ssize_t written = pwritev(segment->fd, pieces, count, at);

        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0) {
            int full = errno == ENOSPC || errno == EDQUOT;
            int status = err_errno("writing %s", segment->path);

            /* The text of err_errno() stands either way. */
            return full ? ERR_FULL : status;
        }
        at += written;
        /* A short write is legal: go on after what was written. */
        while (count && (size_t)written >= pieces->iov_len) {
            written -= (ssize_t)pieces->iov_len;
            pieces++;
            count--;
        }
        if (count) {
            pieces->iov_base = (uint8_t *)pieces->iov_base + written;
            pieces->iov_len -= (size_t)written;
        }
    }
    segment->size = (uint64_t)at;
    segment->dirty = true;
    return 0;
}

/* A file whose header could not be written is taken away again: its number must
 * be free for the next try. Where even that fails, ERR_EXISTS makes the store
 * go on to the next number. */
int segment_create(const char *folder, uint32_t number, struct segment **out)
{
    struct segment *segment = segment_new(folder, number);
    struct buffer header = {0};
    struct iovec piece;
    int status;

    /* EXCL, because numbers are never used twice, so an existing file is a
     * mistake. */
    segment->fd =
        open(segment->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (segment->fd < 0) {
        int full = errno == ENOSPC || errno == EDQUOT;
        int exists = errno == EEXIST;

        status = err_errno("making segment %s", segment->path);
        if (full || exists)
            status = full ? ERR_FULL : ERR_EXISTS;
        goto err0;
    }
    car_format_header(NULL, 0, &header);
    piece = (struct iovec){header.data, header.size};
    status = write_all(segment, &piece, 1);
    buffer_free(&header);
    if (status)
        goto err1;
    *out = segment;
    return 0;
err1:
    unlink(segment->path);
err0:
    segment_close(segment);
    return status;
}

/* ERR_NOT_FOUND is no trouble for a reader: the file may just have been
 * collected. */
int segment_open(const char *folder, uint32_t number, bool read_only,
                 struct segment **out)
{
    struct segment *segment = segment_new(folder, number);
    struct stat info;
    int status;

    segment->fd =
        open(segment->path, (read_only ? O_RDONLY : O_RDWR) | O_CLOEXEC);
    if (segment->fd < 0 || fstat(segment->fd, &info)) {
        status = errno == ENOENT ? ERR_NOT_FOUND : ERR_IO;
        err_errno("opening segment %s", segment->path);
        segment_close(segment);
        return status;
    }
    /* The whole file, torn tail and all, until recovery has looked at it. */
    segment->size = segment->flush_begun = (uint64_t)info.st_size;
    *out = segment;
    return 0;
}

/* Two pieces, one call: the block's bytes are not copied together with their
 * head. */
int segment_append(struct segment *segment, const struct cid *cid,
                   struct bytes data, uint64_t *offset)
{
    struct buffer begin = {0};
    struct iovec pieces[2];
    uint64_t size_before = segment->size;

    CHECK(!segment->deleted);
    CHECK(data.size <= STORE_BLOCK_SIZE_MAX);
    car_format_section(cid, data.size, &begin);
    pieces[0] = (struct iovec){begin.data, begin.size};
    pieces[1] = (struct iovec){(void *)data.data, data.size};
    *offset = size_before + begin.size;
    int status = write_all(segment, pieces, data.size ? 2 : 1);
    buffer_free(&begin);
    /* What a failed write left would stand after the last section. Where the
     * cut fails, too, the next append overwrites it; what is left of it then is
     * garbage that no row names, and a scan stops before it. */
    if (status && ftruncate(segment->fd, (off_t)size_before))
        log_warn("store", "cutting %s after a failed write: %s", segment->path,
                 strerror(errno));
    return status;
}

/* This is only a wish, so the result is ignored: the next segment_sync()
 * reports an error of the disk. */
void segment_begin_flush(const struct segment *segment, uint64_t from,
                         uint64_t end)
{
    CHECK(from <= end);
    (void)sync_file_range(segment->fd, (off_t)from, (off_t)(end - from),
                          SYNC_FILE_RANGE_WRITE);
}

/* fdatasync() and not fsync(): it includes the file's size, which is the
 * metadata that counts; times don't. */
int segment_sync(const struct segment *segment)
{
    if (fdatasync(segment->fd))
        return err_errno("syncing %s", segment->path);
    return 0;
}

/* Read up to size bytes; fewer only at the file's end. Safe from several
 * threads, because pread() has no shared position. */
static int read_some(const struct segment *segment, uint64_t offset,
                     uint8_t *data, size_t size, size_t *got)
{
    *got = 0;
    while (*got < size) {
        ssize_t count = pread(segment->fd, data + *got, size - *got,
                              (off_t)(offset + *got));

        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return err_errno("reading %s", segment->path);
        if (!count)
            break;
        *got += (size_t)count;
    }
    return 0;
}

int segment_read(const struct segment *segment, uint64_t offset, uint8_t *data,
                 size_t size)
{
    size_t got;
    int status = read_some(segment, offset, data, size, &got);

    if (!status && got < size)
        return err_set(ERR_CORRUPT, "%s ends at %" PRIu64 ", inside a block",
                       segment->path, offset + got);
    return status;
}

/* The caller syncs: a cut that a crash undoes is made again. */
int segment_cut(struct segment *segment, uint64_t size)
{
    if (ftruncate(segment->fd, (off_t)size))
        return err_errno("cutting %s", segment->path);
    segment->size = segment->flush_begun = size;
    segment->dirty = true;
    return 0;
}

/* In pieces, as a segment may be larger than what memory is for. */
int segment_rewrite(struct segment *segment, uint64_t from, uint64_t end)
{
    struct buffer piece = {0};
    uint64_t size_before = segment->size;
    int status = 0;

    CHECK(from <= end && end <= segment->size);
    /* write_all() writes at the segment's size and moves it. */
    segment->size = from;
    while (segment->size < end && !status) {
        uint64_t left = end - segment->size;
        struct iovec iovec;

        buffer_resize(&piece, left < STORE_BLOCK_SIZE_MAX
                                  ? (size_t)left
                                  : STORE_BLOCK_SIZE_MAX);
        status = segment_read(segment, segment->size, piece.data, piece.size);
        iovec = (struct iovec){piece.data, piece.size};
        if (!status)
            status = write_all(segment, &iovec, 1);
    }
    segment->size = size_before;
    buffer_free(&piece);
    return status;
}

/* One section at offset: 1 and the section, 0 at the end or at anything that is
 * not a whole section, or an error of the disk. data is the caller's buffer for
 * the bytes, used again for each. Whether the bytes are torn, overwritten or
 * never were a section makes no difference: none of them was promised to
 * anybody. */
static int read_section(const struct segment *segment, uint64_t offset,
                        struct buffer *data, struct segment_section *out,
                        uint64_t *next)
{
    uint8_t begin[SECTION_BEGIN_MAX];
    uint64_t length;
    size_t got, length_size, cid_size, data_size;
    int status = read_some(segment, offset, begin, sizeof(begin), &got);

    if (status)
        return status;
    struct reader reader = reader_make(bytes_make(begin, got));
    if (reader_varint(&reader, &length))
        return 0;
    length_size = got - reader.left.size;
    if (cid_read(&reader, &out->cid))
        return 0;
    cid_size = got - reader.left.size - length_size;
    /* The store writes no such section. The length is refused before memory is
     * taken. */
    if (length < cid_size || length - cid_size > STORE_BLOCK_SIZE_MAX)
        return 0;
    data_size = (size_t)(length - cid_size);
    out->offset = offset + length_size + cid_size;
    buffer_resize(data, data_size);
    status = read_some(segment, out->offset, data->data, data_size, &got);
    if (status)
        return status;
    out->data = buffer_view(data);
    *next = out->offset + data_size;
    /* The hash is the proof: after a torn write, a right length may be followed
     * by wrong bytes, because blocks of a file reach the disk in any order. */
    return got == data_size && !cid_verify(&out->cid, out->data);
}

/* How long the header is, after comparing it: all segments begin with the same
 * bytes. ERR_CORRUPT for others, also for a file cut inside of it. */
static int header_size(const struct segment *segment, uint64_t *size)
{
    struct buffer header = {0};
    /* The header has less than 60 bytes. The CHECK finds a change of that. */
    uint8_t found[128];
    size_t got;

    car_format_header(NULL, 0, &header);
    CHECK(header.size <= sizeof(found));
    *size = header.size;
    int status = read_some(segment, 0, found, header.size, &got);
    if (!status && !bytes_equal(buffer_view(&header), bytes_make(found, got)))
        status = err_set(ERR_CORRUPT, "%s does not begin as a segment does",
                         segment->path);
    buffer_free(&header);
    return status;
}

bool segment_is_torn(const struct segment *segment)
{
    struct buffer header = {0};
    uint8_t found[128];
    size_t got;

    car_format_header(NULL, 0, &header);
    CHECK(header.size <= sizeof(found));
    bool torn = !read_some(segment, 0, found, header.size, &got);
    for (size_t i = 0; torn && i < got; i++)
        torn = found[i] == header.data[i] || !found[i];
    buffer_free(&header);
    return torn;
}

/* Sections one after the other, each read and hashed: as fast as the disk or
 * the hash. Both users (recovery, collection) need the bytes. */
int segment_scan(const struct segment *segment, uint64_t from,
                 int (*each)(void *user, const struct segment_section *section),
                 void *user, uint64_t *end)
{
    struct buffer data = {0};
    uint64_t next = 0;
    int status = 0;

    *end = 0;
    if (!from)
        status = header_size(segment, &from);
    if (status)
        return status;
    *end = from;
    for (;;) {
        struct segment_section section;

        /* One buffer for all sections: a scan needs 2 MiB, however long the
         * file. */
        status = read_section(segment, *end, &data, &section, &next);
        if (status <= 0)
            break;
        status = each(user, &section);
        if (status)
            break;
        /* The end moves only past a section that each took; recovery cuts
         * there. */
        *end = next;
    }
    buffer_free(&data);
    return status;
}

/* In any state of being opened. */
static void segment_free(struct segment *segment)
{
    if (segment->fd >= 0)
        close(segment->fd);
    free(segment->path);
    free(segment);
}

void segment_hold(struct segment *segment)
{
    CHECK(!segment->deleted);
    segment->references++;
}

/* Under the store's mutex: two readers that end at once must not both free it.
 */
void segment_release(struct segment *segment)
{
    CHECK(segment->references > 0);
    segment->references--;
    if (!segment->references && segment->deleted)
        segment_free(segment);
}

void segment_delete(struct segment *segment)
{
    CHECK(!segment->deleted);
    /* Readers hold the descriptor, and the bytes with it. An unlink that a
     * crash undoes leaves an orphan, which the next collection takes. */
    unlink(segment->path);
    segment->deleted = true;
    if (!segment->references)
        segment_free(segment);
}

void segment_close(struct segment *segment)
{
    if (!segment)
        return;
    CHECK(!segment->references);
    segment_free(segment);
}
