/*
 * The rows of the tree lie one after the other, the leaves first, each half as
 * long as the one before. The shape follows from the number of chunks alone, so
 * a path needs no directions.
 */
#include "settlement/format/chunk_tree.h"

#include "base/check.h"
#include "base/memory.h"
#include "crypto/hash.h"
#include <stdlib.h>

/* Leaves, and the rows above: fewer than twice as many, and one a row for those
 * that go up alone. */
#define HASHES_MAX (2 * CHUNKS_MAX + CHUNK_PATH_MAX)

struct chunk_tree {
    size_t count;
    struct hash hashes[]; /* all rows */
};

size_t chunk_count(size_t size)
{
    return size / CHUNK_SIZE_BYTES + (size % CHUNK_SIZE_BYTES > 0);
}

struct bytes chunk_at(struct bytes data, size_t index)
{
    CHECK(index < chunk_count(data.size));
    size_t start = index * CHUNK_SIZE_BYTES;
    size_t left = data.size - start;
    return bytes_make(data.data + start,
                      left < CHUNK_SIZE_BYTES ? left : CHUNK_SIZE_BYTES);
}

static void hash_leaf(size_t index, struct bytes chunk, struct hash *out)
{
    uint8_t head[5] = {0};
    u32le_write(head + 1, (uint32_t)index);
    const struct bytes pieces[] = {bytes_make(head, sizeof(head)), chunk};
    hash_sha256_pieces(pieces, 2, out);
}

static void hash_node(const struct hash *left, const struct hash *right,
                      struct hash *out)
{
    static const uint8_t head[1] = {1};
    const struct bytes pieces[] = {bytes_make(head, sizeof(head)),
                                   bytes_make(left->bytes, 32),
                                   bytes_make(right->bytes, 32)};
    hash_sha256_pieces(pieces, 3, out);
}

/* Fill all rows; returns the place of the root. */
static size_t build(struct bytes data, size_t count, struct hash *hashes)
{
    for (size_t i = 0; i < count; i++)
        hash_leaf(i, chunk_at(data, i), &hashes[i]);
    size_t row = 0;
    while (count > 1) {
        struct hash *above = &hashes[row + count];
        for (size_t i = 0; i + 1 < count; i += 2)
            hash_node(&hashes[row + i], &hashes[row + i + 1], &above[i / 2]);
        if (count % 2)
            above[count / 2] = hashes[row + count - 1];
        row += count;
        count = (count + 1) / 2;
    }
    return row;
}

struct chunk_tree *chunk_tree_new(struct bytes data)
{
    size_t count = chunk_count(data.size);
    CHECK(count <= CHUNKS_MAX);
    struct chunk_tree *tree =
        mem_zero(1, sizeof(*tree) +
                        (2 * count + CHUNK_PATH_MAX) * sizeof(tree->hashes[0]));
    tree->count = count;
    build(data, count, tree->hashes);
    return tree;
}

void chunk_tree_free(struct chunk_tree *tree)
{
    free(tree);
}

/* Most blocks have few chunks, so the stack is enough for all. */
void chunk_tree_root(struct bytes data, struct hash *out)
{
    struct hash hashes[HASHES_MAX];
    size_t count = chunk_count(data.size);
    CHECK(count <= CHUNKS_MAX);
    *out = (struct hash){0};
    if (count)
        *out = hashes[build(data, count, hashes)];
}

size_t chunk_tree_path(const struct chunk_tree *tree, size_t index,
                       struct hash path[CHUNK_PATH_MAX])
{
    size_t length = 0, row = 0;
    CHECK(index < tree->count);
    for (size_t count = tree->count; count > 1; count = (count + 1) / 2) {
        size_t beside = index ^ 1;
        if (beside < count)
            path[length++] = tree->hashes[row + beside];
        row += count;
        index /= 2;
    }
    return length;
}

bool chunk_tree_verify(const struct hash *root, size_t size, size_t index,
                       struct bytes chunk, const struct hash *path,
                       size_t path_count)
{
    size_t count = chunk_count(size), used = 0;
    struct hash hash;
    if (index >= count || count > CHUNKS_MAX)
        return false;
    size_t last = size - (count - 1) * CHUNK_SIZE_BYTES;
    if (chunk.size != (index + 1 < count ? CHUNK_SIZE_BYTES : last))
        return false;
    hash_leaf(index, chunk, &hash);
    for (; count > 1; count = (count + 1) / 2, index /= 2) {
        if ((index ^ 1) >= count)
            continue;
        if (used == path_count)
            return false;
        const struct hash *beside = &path[used++];
        hash_node(index % 2 ? beside : &hash, index % 2 ? &hash : beside,
                  &hash);
    }
    return used == path_count && hash_equal(&hash, root);
}
