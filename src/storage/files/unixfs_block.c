/*
 * A raw block is treated as a file without links, so that the rest of the
 * exporter has one kind of thing to deal with.
 *
 * All that can be said of one block alone is checked here, once: its codec, its
 * layers, its type, that sizes and links are as many and add up. What takes two
 * blocks (a child as large as its parent says) is left to the reader.
 */
#include "storage/files/unixfs_block.h"
#include "base/check.h"
#include "base/error.h"

#include <inttypes.h>

/* RAW as a UnixFS type: what old importers made of leaves. */
static bool is_file(const struct unixfs_node *node)
{
    return node->type == UNIXFS_FILE || node->type == UNIXFS_RAW;
}

/* The content size of a node and of all below it, as the node says; false if it
 * overflows. This walks over the message, because the node keeps no list. */
static bool sum_sizes(const struct unixfs_node *node, uint64_t *sum)
{
    struct unixfs_block_sizes sizes = unixfs_block_sizes(node);
    uint64_t size;

    *sum = node->data.size;
    while (!unixfs_next_block_size(&sizes, &size))
        if (__builtin_add_overflow(*sum, size, sum))
            return false;
    return true;
}

/* A reader comes to an end because a node's size is that of its parts: then a
 * child of some size has content, or a child that has. */
static int check_sizes(const struct unixfs_block *block)
{
    const struct unixfs_node *node = &block->node;
    uint64_t sum;

    if (node->block_size_count != block->dag_pb.link_count)
        return err_set(ERR_INVALID,
                       "a file node with %" PRIu32 " sizes for %zu links",
                       node->block_size_count, block->dag_pb.link_count);
    if (!sum_sizes(node, &sum) ||
        (node->has_file_size && node->file_size != sum))
        return err_set(ERR_INVALID,
                       "a file node whose size is not that of its parts");
    return 0;
}

/* bytes as a block of cid's codec; ERR_UNSUPPORTED for what holds no files. */
static int decode(const struct cid *cid, struct unixfs_block *block)
{
    struct bytes bytes = buffer_view(&block->bytes);

    if (cid->codec == CID_RAW) {
        block->dag_pb = (struct dag_pb){.block = bytes_make(NULL, 0)};
        block->node = (struct unixfs_node){.type = UNIXFS_FILE,
                                           .data = bytes,
                                           .has_data = true,
                                           .has_file_size = true,
                                           .file_size = bytes.size};
        return 0;
    }
    if (cid->codec != CID_DAG_PB)
        return err_set(ERR_UNSUPPORTED,
                       "codec 0x%" PRIx64 " does not hold files", cid->codec);
    int status = dag_pb_decode(bytes, &block->dag_pb);
    if (status)
        return status;
    if (!block->dag_pb.has_data)
        return err_set(ERR_INVALID, "a dag-pb block without UnixFS data");
    status = unixfs_decode(block->dag_pb.data, &block->node);
    if (status)
        return status;
    if (block->node.type == UNIXFS_METADATA)
        return err_set(ERR_UNSUPPORTED,
                       "UnixFS metadata nodes have no content");
    /* A digit of the hash has log2(fan-out) bits: no power of two, no digits.
     * Kubo writes 256; its readers take up to 1024, too. */
    if (block->node.type == UNIXFS_HAMT &&
        (block->node.fanout < 2 || block->node.fanout > 1024 ||
         block->node.fanout & (block->node.fanout - 1)))
        return err_set(ERR_LIMIT,
                       "a sharded directory with a fan-out of %" PRIu64
                       ": powers of 2 from 2 to 1024 are read",
                       block->node.fanout);
    return is_file(&block->node) ? check_sizes(block) : 0;
}

/* A whole block in memory, 2 MiB at most. The context added to an error names
 * the block, because the caller knows only the root. */
int unixfs_block_read(struct store *store, const struct cid *cid,
                      struct unixfs_block *out)
{
    memset(out, 0, sizeof(*out));
    int status = store_get(store, cid, &out->bytes);
    if (status)
        return status;
    status = decode(cid, out);
    return status ? err_add(status, "block %s", CID_TEXT(cid)) : 0;
}

/* The decoded parts borrow from the bytes: nothing else to free. */
void unixfs_block_free(struct unixfs_block *block)
{
    buffer_free(&block->bytes);
}

uint64_t unixfs_block_file_size(const struct unixfs_block *block)
{
    uint64_t sum;

    CHECK(is_file(&block->node));
    CHECK(sum_sizes(&block->node, &sum)); /* as when it was decoded */
    return sum;
}
