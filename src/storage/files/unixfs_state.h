/*
 * What the parts of the UnixFS importer and exporter share. No other module
 * includes this.
 */
#ifndef POND_STORAGE_FILES_UNIXFS_STATE_H
#define POND_STORAGE_FILES_UNIXFS_STATE_H

#include "storage/files/unixfs_import.h"

/* What Kubo writes (IPIP-0499): a digit is a byte. */
#define UNIXFS_HAMT_FANOUT 256
/* murmur3-x64-64 in the multicodec table. */
#define UNIXFS_HAMT_HASH 0x22
/* A 64-bit hash has eight digits of 256. */
#define UNIXFS_HAMT_DEPTH_MAX 8

/* The hash of a name in a sharded directory: the first 64 bits of
 * murmur3-x64-128; its digits are taken from the top. */
uint64_t unixfs_hamt_hash(struct bytes name);

/* Hexadecimal digits in front of each name of a shard: as many as the largest
 * digit of the hash needs. */
unsigned unixfs_hamt_prefix_size(uint64_t fanout);

/* One import: profile and threads resolved, bytes counted. */
struct unixfs_import {
    /* NULL: only the CID is wanted. */
    struct store *store;
    const struct unixfs_profile *profile;
    const struct unixfs_import_options *options;
    /* 1 … 16. */
    unsigned threads;
    /* Made when the first file of more than one chunk needs it. */
    struct leaf_pool *pool;
    /* The content read so far, for the progress report. */
    uint64_t bytes_read;
};
void unixfs_import_begin(struct unixfs_import *import, struct store *store,
                         const struct unixfs_import_options *options);
void unixfs_import_end(struct unixfs_import *import);

/* Name a block of dag-pb under the profile and put it. */
int unixfs_put_node(struct store *store, const struct unixfs_profile *profile,
                    struct bytes block, struct cid *out);

int unixfs_import_file(struct unixfs_import *import, unixfs_read_fn *read,
                       void *read_user, struct unixfs_entry *out);

#endif
