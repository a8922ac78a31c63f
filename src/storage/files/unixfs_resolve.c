/*
 * Finding in a DAG: what a path names, and which blocks hold a part of a file.
 *
 * Everything read here was made by strangers: parts, symlinks, shards and depth
 * have limits.
 */
#include "base/check.h"
#include "base/error.h"
#include "base/memory.h"
#include "storage/files/unixfs_block.h"
#include "storage/files/unixfs_export.h"
#include "storage/files/unixfs_state.h"
#include "storage/keep/dag_walk.h"

#include <stdio.h>
#include <stdlib.h>

/* A link of the block whose name is exactly prefix and rest. A search from the
 * front: a block has at most some ten thousand links, and sorting is not to be
 * relied on in what others made. */
static bool find_link(const struct unixfs_block *block, struct bytes prefix,
                      struct bytes rest, struct cid *out)
{
    struct reader links = reader_make(block->dag_pb.block);
    struct dag_pb_link link;

    while (dag_pb_next_link(&links, &link)) {
        if (link.name.size == prefix.size + rest.size &&
            bytes_begin_with(link.name, prefix) &&
            bytes_equal(bytes_make(link.name.data + prefix.size, rest.size),
                        rest)) {
            *out = link.cid;
            return true;
        }
    }
    return false;
}

/* bits of the hash from position `used` on, from the top. bits ≥ 1: shifting by
 * 64 is undefined. */
static unsigned hash_digit(uint64_t hash, unsigned used, unsigned bits)
{
    CHECK(bits >= 1 && used + bits <= 64);
    return (unsigned)(hash << used >> (64 - bits));
}

/* Note a CID of the way, if trail is not NULL. */
static void note(struct buffer *trail, const struct cid *cid)
{
    struct cid other;

    if (!trail)
        return;
    /* A symlink leads through the same directories again. */
    for (size_t at = 0; at < trail->size; at += sizeof(other)) {
        memcpy(&other, trail->data + at, sizeof(other));
        if (cid_equal(&other, cid))
            return;
    }
    buffer_append(trail, cid, sizeof(*cid));
}

/* Follow the digits of the name's hash down the shards. `block` is the root
 * shard at first and the block read last at the end, which the caller frees.
 * *found says whether the name exists; a missing name is no error. */
static int find_in_shards(struct store *store, struct unixfs_block *block,
                          struct bytes name, struct cid *out, bool *found,
                          struct buffer *trail)
{
    uint64_t hash = unixfs_hamt_hash(name);
    unsigned used = 0;

    for (;;) {
        unsigned bits;
        char text[4];
        struct bytes prefix;
        struct cid below;
        int status;

        if (block->node.type != UNIXFS_HAMT)
            return err_set(ERR_INVALID,
                           "a link to a shard leads to another block");
        /* A power of two from 2 on: unixfs_block_read() has checked. */
        bits = (unsigned)__builtin_ctzll(block->node.fanout);
        if (used + bits > 64)
            return err_set(ERR_LIMIT, "a directory with more shards below "
                                      "each other than its hash has digits");
        snprintf(text, sizeof(text), "%0*X",
                 (int)unixfs_hamt_prefix_size(block->node.fanout),
                 hash_digit(hash, used, bits));
        prefix = bytes_text(text);
        /* An entry of that digit and name, or a shard of that digit, or
         * nothing. */
        *found = find_link(block, prefix, name, out);
        if (*found || !find_link(block, prefix, bytes_make(NULL, 0), &below))
            return 0;
        used += bits;
        unixfs_block_free(block);
        status = unixfs_block_read(store, &below, block);
        if (status)
            return status;
        note(trail, &below);
    }
}

/* No ERR_*, which are negative. */
#define IS_LINK 1

/* One step of a path: name in directory, sharded or not. The blocks looked into
 * go onto the trail. IS_LINK if the directory is a symlink, whose target is
 * appended to target. ERR_NOT_FOUND says what there is instead. */
static int find_entry(struct store *store, const struct cid *directory,
                      struct bytes name, struct cid *out, struct buffer *trail,
                      struct buffer *target)
{
    struct unixfs_block block;
    bool found = false;
    int status = unixfs_block_read(store, directory, &block);

    if (!status) {
        note(trail, directory);
        switch (block.node.type) {
        case UNIXFS_DIRECTORY:
            found = find_link(&block, bytes_make(NULL, 0), name, out);
            break;
        case UNIXFS_HAMT:
            status = find_in_shards(store, &block, name, out, &found, trail);
            break;
        case UNIXFS_SYMLINK:
            buffer_bytes(target, block.node.data);
            status = IS_LINK;
            break;
        default:
            status = err_set(
                ERR_NOT_FOUND, "%s is a file: there is no \"%.*s\" below it",
                CID_TEXT(directory), (int)name.size, (const char *)name.data);
        }
    }
    unixfs_block_free(&block);
    if (!status && !found)
        status = err_set(ERR_NOT_FOUND, "there is no \"%.*s\" in directory %s",
                         (int)name.size, (const char *)name.data,
                         CID_TEXT(directory));
    return status;
}

/* Cut the first part off; empty at the end. Slashes in a row count as one, and
 * those at either end as none. */
static struct bytes next_part(struct bytes *path)
{
    const uint8_t *slash;

    while (path->size && path->data[0] == '/')
        *path = bytes_make(path->data + 1, path->size - 1);
    slash = path->size ? memchr(path->data, '/', path->size) : NULL;
    struct bytes part = bytes_make(
        path->data, slash ? (size_t)(slash - path->data) : path->size);
    *path = bytes_make(path->data + part.size, path->size - part.size);
    return part;
}

/* Symlinks followed for one path; Linux has the same number. */
#define LINKS_MAX 40

/* A path on its way. */
struct walk {
    struct store *store;
    /* NULL: not wanted. */
    struct buffer *trail;
    bool follow;
    /* From the root on: what the parts so far have led to. */
    struct cid *way;
    unsigned depth;
    unsigned parts, links;
};

static int walk_path(struct walk *walk, struct bytes path, bool in_link);

/* Go where the symlink at the end of the way leads: its target begins in the
 * folder that it stands in. */
static int follow_link(struct walk *walk, struct bytes target)
{
    const struct cid *link = &walk->way[walk->depth];

    if (!walk->follow || !walk->depth)
        return err_set(ERR_UNSUPPORTED,
                       "%s is a symlink; links are not followed",
                       CID_TEXT(link));
    if (++walk->links > LINKS_MAX)
        return err_set(ERR_LIMIT, "the path goes through more than %d symlinks",
                       LINKS_MAX);
    if (target.size && target.data[0] == '/')
        return err_set(ERR_DENIED, "the symlink %s leads out of the root",
                       CID_TEXT(link));
    walk->depth--;
    return walk_path(walk, target, true);
}

/* One part further. A symlink shows only when something is looked for in it. */
static int enter(struct walk *walk, struct bytes part)
{
    struct buffer target = {0};
    struct cid below;
    int status;

    if (++walk->parts > UNIXFS_PATH_PARTS_MAX)
        return err_set(ERR_LIMIT, "the path has more than %d parts",
                       UNIXFS_PATH_PARTS_MAX);
    for (;;) {
        buffer_clear(&target);
        status = find_entry(walk->store, &walk->way[walk->depth], part, &below,
                            walk->trail, &target);
        if (status != IS_LINK)
            break;
        status = follow_link(walk, buffer_view(&target));
        if (status)
            break;
    }
    buffer_free(&target);
    if (!status)
        walk->way[++walk->depth] = below;
    return status;
}

/* "." and "..": only in the targets of symlinks, and only below the root. A DAG
 * has no way up, and an entry of that name is not made by anybody who means
 * well. */
static int go_up(struct walk *walk, struct bytes part, bool in_link)
{
    if (!in_link)
        return err_set(ERR_INVALID, "a path can't have \".\" or \"..\"");
    if (part.size == 1)
        return 0;
    if (!walk->depth)
        return err_set(ERR_DENIED, "a symlink leads out of the root");
    walk->depth--;
    return 0;
}

/* Names are compared byte by byte: no case folding, no Unicode normalisation,
 * as on most file systems. Recursion by symlinks ends at LINKS_MAX. */
static int walk_path(struct walk *walk, struct bytes path, bool in_link)
{
    struct bytes part;
    int status = 0;

    if (path.size > UNIXFS_PATH_MAX)
        return err_set(ERR_LIMIT, "the path is longer than the limit of %d",
                       UNIXFS_PATH_MAX);
    while (!status && (part = next_part(&path)).size)
        status = bytes_equal(part, bytes_text(".")) ||
                         bytes_equal(part, bytes_text(".."))
                     ? go_up(walk, part, in_link)
                     : enter(walk, part);
    return status;
}

/* What the path leads to. */
static int walk_from(struct walk *walk, const struct cid *root,
                     struct bytes path, struct cid *out)
{
    walk->way = mem_alloc((UNIXFS_PATH_PARTS_MAX + 1) * sizeof(*walk->way));
    walk->way[0] = *root;
    int status = walk_path(walk, path, false);
    *out = walk->way[walk->depth];
    free(walk->way);
    return status;
}

int unixfs_locate(struct store *store, const struct cid *root,
                  struct bytes path, struct cid *out, struct buffer *trail)
{
    struct walk walk = {.store = store, .trail = trail, .follow = true};

    return walk_from(&walk, root, path, out);
}

/* The last block is read too: a path to what is not here is not found. */
int unixfs_resolve(struct store *store, const struct cid *root,
                   struct bytes path, struct unixfs_entry *out)
{
    struct walk walk = {.store = store};
    struct cid cid;
    int status = walk_from(&walk, root, path, &cid);

    return status ? status : unixfs_stat(store, &cid, out);
}

/* ---- parts of a file ---- */

/* A range of the file, relative to the present block. */
struct range {
    struct store *store;
    /* Places in the whole file's content. */
    uint64_t from, end;
    struct buffer *blocks;
};

/* The block, and what below it holds bytes of the range; begin: where its own
 * content stands in the file. The sizes that a node claims are those of its
 * links, which unixfs_block_read() has checked. */
static int add_range(const struct range *range, const struct cid *cid,
                     uint64_t begin, unsigned depth)
{
    struct unixfs_block block;
    struct unixfs_block_sizes sizes;
    struct dag_pb_link link;
    struct reader links;
    uint64_t at = begin, size;

    if (depth > DAG_DEPTH_MAX)
        return err_set(ERR_LIMIT, "a file deeper than the limit of %d",
                       DAG_DEPTH_MAX);
    buffer_append(range->blocks, cid, sizeof(*cid));
    /* Leaves need not be read. */
    if (cid->codec == CID_RAW)
        return 0;
    int status = unixfs_block_read(range->store, cid, &block);
    if (!status && block.node.type != UNIXFS_FILE &&
        block.node.type != UNIXFS_RAW)
        status = err_set(ERR_INVALID, "%s is not a file", CID_TEXT(cid));
    if (!status) {
        at += block.node.data.size;
        sizes = unixfs_block_sizes(&block.node);
        links = reader_make(block.dag_pb.block);
    }
    while (!status && range->from < range->end && at < range->end &&
           dag_pb_next_link(&links, &link) &&
           !unixfs_next_block_size(&sizes, &size)) {
        if (size && at + size > range->from)
            status = add_range(range, &link.cid, at, depth + 1);
        at += size;
    }
    unixfs_block_free(&block);
    return status;
}

int unixfs_range_blocks(struct store *store, const struct cid *file,
                        uint64_t from, uint64_t length, struct buffer *blocks)
{
    struct range range = {.store = store,
                          .from = from,
                          .end = length > UINT64_MAX - from ? UINT64_MAX
                                                            : from + length,
                          .blocks = blocks};

    return add_range(&range, file, 0, 0);
}
