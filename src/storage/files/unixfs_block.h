/*
 * A UnixFS block read from the store with both of its layers decoded. Inside
 * of the exporter only.
 */
#ifndef POND_STORAGE_FILES_UNIXFS_BLOCK_H
#define POND_STORAGE_FILES_UNIXFS_BLOCK_H

#include "storage/format/dag_pb.h"
#include "storage/format/unixfs.h"
#include "storage/store/store.h"

struct unixfs_block {
    /* Owned; what the two below borrow from. */
    struct buffer bytes;
    /* A raw block has no links. */
    struct dag_pb dag_pb;
    /* A raw block counts as a file that holds all of it. */
    struct unixfs_node node;
};

/* Read and decode; free with unixfs_block_free() in every case. ERR_NOT_FOUND,
 * ERR_INVALID, ERR_UNSUPPORTED (another codec). */
int unixfs_block_read(struct store *store, const struct cid *cid,
                      struct unixfs_block *out);
void unixfs_block_free(struct unixfs_block *block);

/* The content below a file's block in bytes. */
uint64_t unixfs_block_file_size(const struct unixfs_block *block);

#endif
