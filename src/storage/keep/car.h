/*
 * CARv1 archives (storage/format/car_format.h) into the store and out of it.
 * Both directions are streams, every block is verified, and memory does not
 * grow with the archive.
 *
 * The gateway answers with a car_stream. car_import() and car_export() are for
 * moving DAGs between stores as files, by command and by the storage API.
 */
#ifndef POND_STORAGE_KEEP_CAR_H
#define POND_STORAGE_KEEP_CAR_H

#include "storage/format/car_format.h"
#include "storage/store/store.h"

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
