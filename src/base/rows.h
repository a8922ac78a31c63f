/*
 * Ordered rows on disk: one LMDB environment of named tables, each an ordered
 * map from byte keys to byte values.
 *
 * Any number of readers see the state as of the moment they began, never wait
 * and are never waited for; there is one writer at a time. A committed write
 * is on disk: after kill -9 or power loss the last committed state is there.
 *
 * Caveats of LMDB that matter here: a key is 1 … ROWS_KEY_SIZE_MAX bytes; a
 * read transaction that stays open pins old pages, so keep it short; do not
 * open the same environment twice in one process. The file is read through a
 * mapping: a page that can't be read ends the process with a message
 * (rows_fault.h). A file that was cut off is not opened at all.
 */
#ifndef POND_BASE_ROWS_H
#define POND_BASE_ROWS_H

#include "base/bytes.h"

#define ROWS_KEY_SIZE_MAX 511 /* LMDB's compiled-in limit */
#define ROWS_TABLES_MAX 16

struct rows;        /* the environment; thread: any */
struct rows_view;   /* a transaction; thread: the one that began it */
struct rows_cursor; /* a walk through one table, inside a transaction */
struct rows_writer; /* many puts to one table, inside a transaction */

struct rows_options {
    const char *const *tables; /* names, made if absent; ends with NULL */
    uint64_t size_max_bytes;   /* address space reserved; 0: 1 TiB (64-bit) */
    bool read_only;
};

/* Open the folder at path, making it if absent. ERR_IO, ERR_CORRUPT,
 * ERR_BUSY. Tables are then named by their place in options->tables. */
int rows_open(const char *path, const struct rows_options *options,
              struct rows **out);
void rows_close(struct rows *rows); /* NULL is allowed */

/* Begin a transaction. A writer waits for the writer before it. End each with
 * exactly one of rows_commit() and rows_abort(). */
int rows_read(struct rows *rows, struct rows_view **out);
int rows_write(struct rows *rows, struct rows_view **out);
int rows_commit(struct rows_view *view); /* ERR_IO, ERR_FULL */
void rows_abort(struct rows_view *view); /* NULL is allowed */

/* The value points into the data file: valid until the transaction ends or,
 * in a writer, until its next put or delete. ERR_NOT_FOUND sets no text,
 * because it is often no error. */
int rows_get(struct rows_view *view, int table, struct bytes key,
             struct bytes *value);
int rows_put(struct rows_view *view, int table, struct bytes key,
             struct bytes value);
/* The same for a large value made of parts, which need not be put together
 * first: the caller fills all size bytes at *value before it does anything else
 * with the transaction. */
int rows_reserve(struct rows_view *view, int table, struct bytes key,
                 size_t size, uint8_t **value);
int rows_delete(struct rows_view *view, int table, struct bytes key);

/* Number of rows in a table. */
int rows_count(struct rows_view *view, int table, uint64_t *out);

/* A cursor starts before the first row whose key is ≥ start (all: empty). Close
 * it before its transaction ends. */
int rows_cursor_open(struct rows_view *view, int table, struct bytes start,
                     struct rows_cursor **out);

/* As above, but walks down from the last row whose key is ≤ start (all: an
 * empty start means the table's end). */
int rows_cursor_open_down(struct rows_view *view, int table, struct bytes start,
                          struct rows_cursor **out);

/* The next row; ERR_NOT_FOUND at the end. */
int rows_cursor_next(struct rows_cursor *cursor, struct bytes *key,
                     struct bytes *value);
void rows_cursor_close(struct rows_cursor *cursor); /* NULL is allowed */

/* To put many rows: a key on the page of the key before needs no search from
 * the root. So sort the rows first. Close it before its transaction ends. */
int rows_writer_open(struct rows_view *view, int table,
                     struct rows_writer **out);
int rows_writer_put(struct rows_writer *writer, struct bytes key,
                    struct bytes value);

/* Put a row after all that the table has. Pages are filled, and not left half
 * empty as by rows_put(). A key that is not the greatest is an error. */
int rows_writer_append(struct rows_writer *writer, struct bytes key,
                       struct bytes value);
void rows_writer_close(struct rows_writer *writer); /* NULL is allowed */

#endif
