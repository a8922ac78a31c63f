/*
 * A segment: one CARv1 file of the store, appended to until it is sealed.
 *
 * Append and read only; what the bytes mean is the index's business. A segment
 * counts its references: a collection deletes the file while a reader still
 * holds it, and the reader reads on.
 *
 * Thread: segment_read() and segment_sync() any; the rest under the store's
 * mutex.
 */
#ifndef POND_STORAGE_STORE_SEGMENT_H
#define POND_STORAGE_STORE_SEGMENT_H

#include "storage/format/cid.h"

/* 1. Below size there are the header and whole sections, each written once and
 *    never changed.
 * 2. The store's own use counts no reference; the struct is freed when it is
 *    deleted and references is 0. */
struct segment {
    /* The number in the file's name: from 1, growing. */
    uint32_t number;
    int fd;
    /* Readers now, besides the store itself. */
    int references;
    /* Has bytes that no sync has covered yet. */
    bool dirty;
    /* A flush of it failed. What was written since the last good one may be
     * lost though a later flush succeeds: the kernel reports such an error once
     * and takes the pages for clean. Nothing is appended to it from then on. */
    bool failed;
    /* Off the disk; freed with its last reference. */
    bool deleted;
    /* Bytes of whole sections: where the next one goes. */
    uint64_t size;
    /* The end of what the kernel was asked to begin writing. */
    uint64_t flush_begun;
    /* The path, for error texts and for deleting. */
    char *path;
};

/* Make the file with its header. ERR_EXISTS if there is one; ERR_FULL if the
 * disk is, and no file is left then. */
int segment_create(const char *folder, uint32_t number, struct segment **out);

/* Open an existing one. ERR_NOT_FOUND. */
int segment_open(const char *folder, uint32_t number, bool read_only,
                 struct segment **out);

/* Append a section; *offset is where its data begins. On an error nothing was
 * appended. ERR_FULL if the disk is. */
int segment_append(struct segment *segment, const struct cid *cid,
                   struct bytes data, uint64_t *offset);

/* Write the bytes from … end again as they are, so that the next sync brings
 * them to disk though an earlier one, of this process or another, has failed.
 */
int segment_rewrite(struct segment *segment, uint64_t from, uint64_t end);

/* Have the kernel begin to write the bytes from … end to disk, without waiting
 * for that: a sync that comes later has less to do. Thread: any. */
void segment_begin_flush(const struct segment *segment, uint64_t from,
                         uint64_t end);

/* fdatasync. */
int segment_sync(const struct segment *segment);

/* Exactly size bytes at offset; ERR_CORRUPT if the file ends before. */
int segment_read(const struct segment *segment, uint64_t offset, uint8_t *data,
                 size_t size);

/* Cut the file off at size. */
int segment_cut(struct segment *segment, uint64_t size);

/* A section as a scan shows it; valid during the call. */
struct segment_section {
    struct cid cid;
    /* The place of the data in the file. */
    uint64_t offset;
    struct bytes data;
};

/* Call each for every whole section from the offset on whose data has the hash
 * of its CID, until one has not or the end comes; *end is where the scan
 * stopped. If from is 0, the header is checked (ERR_CORRUPT, and *end is 0) and
 * the scan begins after it. Another number than 0 from each ends the scan and
 * is returned. */
int segment_scan(const struct segment *segment, uint64_t from,
                 int (*each)(void *user, const struct segment_section *section),
                 void *user, uint64_t *end);

/* True if a header that segment_scan() found wrong may come from a crash: its
 * bytes are those of a header as far as they reached the disk, and zeros where
 * they did not. Otherwise the file is not the store's. */
bool segment_is_torn(const struct segment *segment);

/* Keep the struct and its descriptor for a use outside the mutex. */
void segment_hold(struct segment *segment);
/* Gives one reference back. */
void segment_release(struct segment *segment);
/* Delete the file; frees the struct now or with its last reference. */
void segment_delete(struct segment *segment);
/* Close and free; there must be no references. NULL is allowed. */
void segment_close(struct segment *segment);

#endif
