/*
 * A file that is compressed as it is written and checked as it is read, in
 * constant memory either way:
 *
 *   one zstd frame (RFC 8878): the contents
 *   one skippable frame: magic 0x184D2A50 u32le, size 32 u32le, SHA-256 over
 *   all bytes of the file before it
 *
 * So `zstd -d` reads it, and no bit of it changes unnoticed: the digest is over
 * the compressed bytes, for some of their bits leave the contents as they are.
 *
 * Thread: one at a time for each reader and writer.
 */
#ifndef POND_SETTLEMENT_LEDGER_PACKED_FILE_H
#define POND_SETTLEMENT_LEDGER_PACKED_FILE_H

#include "base/bytes.h"
#include <stdio.h>

/* Both ends use a window of 2 MiB, zstd's own choice at its default level, and
 * the reader refuses frames that ask for more. */
#define PACKED_WINDOW_LOG 21

#define PACKED_TRAILER_SIZE 40

struct packed_writer;

/* Appends to a file that the caller opened, and closes after the writer. */
int packed_writer_open(FILE *file, struct packed_writer **out);
int packed_write(struct packed_writer *writer, struct bytes data);

/* End the frame, write the digest and flush the FILE; fsync is the caller's.
 * ERR_IO. */
int packed_writer_finish(struct packed_writer *writer);
void packed_writer_close(struct packed_writer *writer); /* NULL is allowed */

struct packed_reader;

/* Reads the whole of a seekable file. ERR_CORRUPT if it can't be one. */
int packed_reader_open(FILE *file, struct packed_reader **out);

/* Exactly size bytes of contents; ERR_CORRUPT if there are fewer or the bytes
 * are no zstd. What it gives is checked at the end only. */
int packed_read(struct packed_reader *reader, void *into, size_t size);

/* ERR_CORRUPT if there are more contents, or the digest is another. */
int packed_reader_finish(struct packed_reader *reader);
void packed_reader_close(struct packed_reader *reader); /* NULL is allowed */

#endif
