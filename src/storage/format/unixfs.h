/*
 * UnixFS nodes as they stand inside a block (specs.ipfs.tech/unixfs): pure
 * reading and writing of the protobuf message in a dag-pb node's Data.
 */
#ifndef POND_STORAGE_FORMAT_UNIXFS_H
#define POND_STORAGE_FORMAT_UNIXFS_H

#include "storage/format/cid.h"

enum unixfs_type {
    UNIXFS_RAW = 0,
    UNIXFS_DIRECTORY = 1,
    UNIXFS_FILE = 2,
    UNIXFS_METADATA = 3,
    UNIXFS_SYMLINK = 4,
    /* Shard of a directory. */
    UNIXFS_HAMT = 5,
};

/* What a node may say of the file that it was made from. */
struct unixfs_attributes {
    bool has_mode;
    /* POSIX permission bits. */
    uint32_t mode;
    bool has_mtime;
    /* Since 1970. */
    int64_t mtime_seconds;
    uint32_t mtime_nanoseconds;
};

/* What an import made and a directory lists. */
struct unixfs_entry {
    struct cid cid;
    /* UNIXFS_FILE for raw leaves too; a sharded directory is a
     * UNIXFS_DIRECTORY. */
    enum unixfs_type type;
    /* Content of a file in bytes; else 0. */
    uint64_t size;
    /* All blocks of the DAG, shared ones each time: "Tsize" in a link. */
    uint64_t dag_bytes;
    /* Set only if the entry's own block was read (unixfs_stat()). */
    struct unixfs_attributes attributes;
};

/* The message, borrowed from the block. */
struct unixfs_node {
    enum unixfs_type type;
    /* Content of a file, target of a symlink, bit field of a shard. */
    struct bytes data;
    bool has_data;
    bool has_file_size;
    /* What the node claims for itself and all below it, in bytes. */
    uint64_t file_size;
    /* UNIXFS_HAMT: 0x22, murmur3-x64-64. */
    uint64_t hash_type;
    /* UNIXFS_HAMT: children a shard can have. */
    uint64_t fanout;
    /* The whole: for unixfs_block_sizes(). */
    struct bytes message;
    /* Content sizes below each link. */
    uint32_t block_size_count;
    struct unixfs_attributes attributes;
};

/* ERR_INVALID; ERR_UNSUPPORTED for an unknown type. */
int unixfs_decode(struct bytes message, struct unixfs_node *out);

/* Walk the block sizes. ERR_NOT_FOUND, without a text, at the end. */
struct unixfs_block_sizes {
    struct reader message, packed;
};
static inline struct unixfs_block_sizes
unixfs_block_sizes(const struct unixfs_node *node)
{
    return (struct unixfs_block_sizes){.message = reader_make(node->message)};
}
int unixfs_next_block_size(struct unixfs_block_sizes *sizes, uint64_t *size);

/* Append the message of node with block_sizes in place of its own (count 0:
 * none). */
void unixfs_encode(const struct unixfs_node *node, const uint64_t *block_sizes,
                   size_t count, struct buffer *out);

#endif
