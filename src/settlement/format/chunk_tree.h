/*
 * The Merkle tree over the chunks of a block's body, so that one chunk can be
 * checked by itself: who fetches a body asks several peers for parts of it.
 *
 * A chunk has CHUNK_SIZE_BYTES, the last one what is left. A leaf is SHA-256(0
 * || index u32le || bytes), a node SHA-256(1 || left || right). An odd last
 * node of a row goes up as it is. No chunks have the root of all zeros.
 *
 * Pure; any thread.
 */
#ifndef POND_SETTLEMENT_FORMAT_CHUNK_TREE_H
#define POND_SETTLEMENT_FORMAT_CHUNK_TREE_H

#include "crypto/key.h"

#define CHUNK_SIZE_BYTES 65536u
/* Of the largest block; so a path has at most as many hashes. */
#define CHUNKS_MAX 1024
#define CHUNK_PATH_MAX 10

struct chunk_tree;

/* The chunks of so many bytes. */
size_t chunk_count(size_t size);

/* Chunk index of data, which has it (CHECKed). */
struct bytes chunk_at(struct bytes data, size_t index);

/* The root alone. data: at most CHUNKS_MAX chunks (CHECKed), here and below. */
void chunk_tree_root(struct bytes data, struct hash *out);

/* The whole tree, for paths. data is not kept. */
struct chunk_tree *chunk_tree_new(struct bytes data);
void chunk_tree_free(struct chunk_tree *tree); /* NULL is allowed */

/* The hashes beside the way from a chunk to the root, the lowest first; returns
 * how many. index: below chunk_count() (CHECKed). */
size_t chunk_tree_path(const struct chunk_tree *tree, size_t index,
                       struct hash path[CHUNK_PATH_MAX]);

/* Is this chunk index of the bytes that root stands for? size: theirs, which
 * must be known as well as the root (a header has both). Anything may be given
 * of the rest. */
bool chunk_tree_verify(const struct hash *root, size_t size, size_t index,
                       struct bytes chunk, const struct hash *path,
                       size_t path_count);

#endif
