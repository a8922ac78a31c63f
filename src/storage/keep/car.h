/*
 * CARv1 (ipld.io/specs/transport/car/carv1): a header with roots, then
 * sections of CID and block. Import and export are streams, every block
 * verified; memory does not grow with the archive.
 */
#ifndef POND_STORAGE_KEEP_CAR_H
#define POND_STORAGE_KEEP_CAR_H

#include "storage/store/store.h"

/* Longest header taken: room for about 1,500 roots. */
#define CAR_HEADER_MAX (64u << 10)
/* Archives have one root, or the few of a batch. */
#define CAR_ROOTS_MAX 256

/* Append a header; count 0 writes the CID of nothing (bafkqaaa), because some
 * readers refuse a header without roots. */
void car_write_header(const struct cid *roots, size_t count,
                      struct buffer *out);

/* Append a section's beginning: its length and the CID. The data follows. */
void car_write_section(const struct cid *cid, size_t data_size,
                       struct buffer *out);

/*
 * A reader fed in pieces: pure, no I/O.
 */
struct car_parser {
    /* Bytes fed and not dropped yet: at most a section and a piece. */
    struct buffer input;
    /* Of input, given out already. */
    size_t consumed;
    /* False until the header was taken. */
    bool header_read;
    /* Owned; valid after the first section or the end. */
    struct cid *roots;
    size_t root_count;
    /* In the archive, of what is next: for errors. */
    uint64_t offset;
};
void car_parser_init(struct car_parser *parser);
void car_parser_free(struct car_parser *parser);
void car_parser_feed(struct car_parser *parser, struct bytes piece);
/* The next section: 1 and *cid, *data (valid until the next call), 0 if more
 * input is needed, or an error. Blocks are not yet verified. */
int car_parser_next(struct car_parser *parser, struct cid *cid,
                    struct bytes *data);
/* At the end of the input: ERR_INVALID if it ends inside a section. */
int car_parser_end(const struct car_parser *parser);

struct car_import_result {
    struct cid roots[CAR_ROOTS_MAX];
    size_t root_count;
    uint64_t blocks;
    uint64_t block_bytes;
};

/* Read an archive into the store. read: as unixfs_read_fn. ERR_CORRUPT for a
 * block that is not what its CID says: those before it stay. limit_bytes: of
 * the whole archive (ERR_LIMIT); 0: none. result is valid only on success. */
int car_import(struct store *store,
               int (*read)(void *user, uint8_t *data, size_t size, size_t *got),
               void *user, uint64_t limit_bytes,
               struct car_import_result *result);

/* An archive to be read: a header with one root, then what is added, in that
 * order; add before reading. A DAG comes depth first, each block of it once. */
struct car_stream;
struct car_stream *car_stream_new(struct store *store, const struct cid *root);
void car_stream_add_block(struct car_stream *stream, const struct cid *cid);
void car_stream_add_dag(struct car_stream *stream, const struct cid *root);
/* Up to size bytes; *got = 0 only at the end. ERR_NOT_FOUND names a block that
 * is missing. */
int car_stream_read(struct car_stream *stream, uint8_t *data, size_t size,
                    size_t *got);
void car_stream_free(struct car_stream *stream); /* NULL is allowed */

/* The DAG under root, pushed. write: returns 0, or an error that ends the
 * export. */
int car_export(struct store *store, const struct cid *root,
               int (*write)(void *user, struct bytes piece), void *user);

#endif
