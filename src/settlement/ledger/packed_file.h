/*
 * A file that is compressed as it is written and checked as it is read, in
 * constant memory either way:
 *
 *   one zstd frame (RFC 8878): the contents
 *   one skippable frame: magic 0x184D2A50 u32le, size 32 u32le, SHA-256 over
 *   all bytes of the file before it
 *
 * So `zstd -d` reads the file, and no bit changes unnoticed: the digest is over
 * the compressed bytes because some of their bits don't affect the contents.
 *
 * Thread: one at a time for each reader and writer.
 */
#ifndef POND_SETTLEMENT_LEDGER_PACKED_FILE_H
#define POND_SETTLEMENT_LEDGER_PACKED_FILE_H

#include "base/bytes.h"
#include <stdio.h>

/* Both ends use a window of 2 MiB, zstd's default; the reader refuses frames
 * that ask for more. */
#define PACKED_WINDOW_LOG 21

#define PACKED_TRAILER_SIZE 40

struct packed_writer;

/* Write to a file that the caller opened, and closes after the writer.
 * ERR_UNSUPPORTED if zstd can't be set up; packed_write(): ERR_IO, ERR_FULL. */
int packed_writer_open(FILE *file, struct packed_writer **out);
int packed_write(struct packed_writer *writer, struct bytes data);

/* End the frame, write the digest and flush the FILE, without fsync. ERR_IO,
 * ERR_FULL. */
int packed_writer_finish(struct packed_writer *writer);
void packed_writer_close(struct packed_writer *writer); /* NULL is allowed */

struct packed_reader;

/* Read a seekable file from its beginning. ERR_CORRUPT if it is too short. */
int packed_reader_open(FILE *file, struct packed_reader **out);

/* Read exactly size bytes of contents; ERR_CORRUPT if there are fewer or the
 * bytes are no zstd. The digest is checked only at the end. */
int packed_read(struct packed_reader *reader, void *into, size_t size);

/* ERR_CORRUPT if there are more contents, or the digest is another. */
int packed_reader_finish(struct packed_reader *reader);
void packed_reader_close(struct packed_reader *reader); /* NULL is allowed */

#endif
