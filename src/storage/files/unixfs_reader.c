/*
 * Reading a file: a stack of blocks from the root to the leaf in hand. What a
 * node says about the sizes below it is only trusted for skipping, and a child
 * must have the size that its parent says.
 *
 * Together with what unixfs_block.c checks (a node's size is the sum of its
 * parts) this makes every read come to an end: each child that is entered has
 * content still to give, so the work is bounded by the bytes handed out and not
 * by what blocks claim.
 *
 * Nothing is read ahead here: the kernel reads ahead in the segments, where the
 * leaves of a file mostly follow each other.
 */
#include "base/check.h"
#include "base/error.h"
#include "base/memory.h"
#include "storage/files/unixfs_block.h"
#include "storage/files/unixfs_export.h"
#include "storage/keep/dag_walk.h"

#include <inttypes.h>
#include <stdlib.h>

/* One block of the stack, and how far it has been read. */
struct reader_level {
    struct unixfs_block block;
    /* Behind the last link taken. */
    struct reader links;
    /* In step with links. */
    struct unixfs_block_sizes sizes;
    /* How much of the block's own content was handed out or skipped. */
    size_t data_read;
};

/* 1. levels[0] is the root; each further one is a child of the one before.
 * 2. skip counts down to 0 before left begins to. */
struct unixfs_reader {
    struct store *store;
    /* What the root says; known once it is pushed. */
    uint64_t file_size;
    /* Content still to be passed over. */
    uint64_t skip;
    /* Content still to be handed out, at most. */
    uint64_t left;
    struct reader_level *levels[DAG_DEPTH_MAX + 1];
    /* Levels in use. */
    unsigned depth;
};

/* Read a block and put it on top. size_expected: what its parent says; NULL for
 * the root. On an error the level stays, for closing to free. */
static int push_level(struct unixfs_reader *reader, const struct cid *cid,
                      const uint64_t *size_expected)
{
    struct reader_level *level;

    if (reader->depth > DAG_DEPTH_MAX)
        return err_set(ERR_LIMIT, "the file is deeper than the limit of %d",
                       DAG_DEPTH_MAX);
    level = mem_zero(1, sizeof(*level));
    reader->levels[reader->depth++] = level;
    int status = unixfs_block_read(reader->store, cid, &level->block);
    if (status)
        return status;
    if (level->block.node.type != UNIXFS_FILE &&
        level->block.node.type != UNIXFS_RAW)
        return err_set(ERR_INVALID, "%s is not a file", CID_TEXT(cid));
    uint64_t size = unixfs_block_file_size(&level->block);
    if (size_expected && size != *size_expected)
        return err_set(ERR_INVALID,
                       "block %s has %" PRIu64 " bytes of content where its "
                       "parent says %" PRIu64,
                       CID_TEXT(cid), size, *size_expected);
    if (!size_expected)
        reader->file_size = size;
    level->links = reader_make(level->block.dag_pb.block);
    level->sizes = unixfs_block_sizes(&level->block.node);
    return 0;
}

/* Take the top block off. */
static void pop_level(struct unixfs_reader *reader)
{
    CHECK(reader->depth > 0);
    struct reader_level *level = reader->levels[--reader->depth];

    unixfs_block_free(&level->block);
    free(level);
}

/* Reads the root only; the way down to offset is gone by the first read. */
int unixfs_reader_open(struct store *store, const struct cid *file,
                       uint64_t offset, uint64_t length,
                       struct unixfs_reader **out)
{
    struct unixfs_reader *reader = mem_zero(1, sizeof(*reader));

    reader->store = store;
    reader->skip = offset;
    reader->left = length;
    int status = push_level(reader, file, NULL);
    if (status) {
        unixfs_reader_close(reader);
        return status;
    }
    *out = reader;
    return 0;
}

/* The blocks on the stack go with it; no lock or hold is kept. */
void unixfs_reader_close(struct unixfs_reader *reader)
{
    if (!reader)
        return;
    while (reader->depth)
        pop_level(reader);
    free(reader);
}

/* Go down into the next child that is not skipped, or up after the last. A
 * child before the offset is not read, so a range of a large file is cheap. */
static int next_child(struct unixfs_reader *reader, struct reader_level *level)
{
    struct dag_pb_link link;
    uint64_t size;
    int status;

    while (dag_pb_next_link(&level->links, &link)) {
        status = unixfs_next_block_size(&level->sizes, &size);
        if (status)
            return err_set(ERR_INVALID, "a file node with too few sizes");
        /* An empty child is passed over, too: a node may have thousands of
         * them, each with thousands again. */
        if (size > reader->skip)
            return push_level(reader, &link.cid, &size);
        reader->skip -= size;
    }
    pop_level(reader);
    return 0;
}

/* The part of a block's own content that comes next, at most size bytes; 0
 * while it is still being skipped. */
static size_t take_data(struct unixfs_reader *reader,
                        struct reader_level *level, uint8_t *data, size_t size)
{
    struct bytes content = level->block.node.data;
    size_t left = content.size - level->data_read;

    CHECK(level->data_read <= content.size);
    size_t passed = reader->skip < left ? (size_t)reader->skip : left;

    reader->skip -= passed;
    level->data_read += passed;
    left -= passed;
    if (size > left)
        size = left;
    if (size > reader->left)
        size = (size_t)reader->left;
    if (size)
        memcpy(data, content.data + level->data_read, size);
    level->data_read += size;
    reader->left -= size;
    return size;
}

/* Own content of a node comes before its children's (UnixFS). A leaf that is
 * read to its end is left by next_child(), which finds no links in it. */
int unixfs_reader_read(struct unixfs_reader *reader, uint8_t *data, size_t size,
                       size_t *got)
{
    *got = 0;
    while (*got < size && reader->left && reader->depth) {
        struct reader_level *level = reader->levels[reader->depth - 1];
        int status;

        if (level->data_read < level->block.node.data.size) {
            *got += take_data(reader, level, data + *got, size - *got);
            continue;
        }
        status = next_child(reader, level);
        if (status)
            return status;
    }
    return 0;
}

/* The pieces are counted as they come, so the limit holds even if the root
 * claims another size. */
int unixfs_read_file(struct store *store, const struct cid *file,
                     uint64_t limit_bytes, struct buffer *out)
{
    struct unixfs_reader *reader;
    size_t got = 0;
    uint64_t total = 0;
    int status = unixfs_reader_open(store, file, 0, UINT64_MAX, &reader);

    if (status)
        return status;
    if (reader->file_size > limit_bytes)
        status = err_set(ERR_LIMIT,
                         "file %s has %" PRIu64 " bytes; the limit is %" PRIu64,
                         CID_TEXT(file), reader->file_size, limit_bytes);
    while (!status) {
        status =
            unixfs_reader_read(reader, buffer_reserve(out, 65536), 65536, &got);
        if (status || !got)
            break;
        out->size += got;
        total += got;
        /* What a root says of its size may be less than what is below. */
        if (total > limit_bytes)
            status = err_set(ERR_LIMIT, "file %s is over the limit of %" PRIu64,
                             CID_TEXT(file), limit_bytes);
    }
    unixfs_reader_close(reader);
    return status;
}
