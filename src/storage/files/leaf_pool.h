/*
 * Threads that turn chunks of a file into leaves: they wrap (where the profile
 * asks for it), hash and put, while the owner reads on. Leaves come back in
 * the order in which the chunks went in. A fixed number of chunks is in
 * memory.
 *
 * Thread: the owner's.
 */
#ifndef POND_STORAGE_FILES_LEAF_POOL_H
#define POND_STORAGE_FILES_LEAF_POOL_H

#include "storage/files/unixfs_import.h"

struct leaf {
    struct cid cid;
    /* The size of the chunk: content bytes of the file. */
    uint64_t content_size;
    /* The size of the block: more than the content if it is wrapped. */
    uint64_t block_size;
};

/* Make one leaf here and now. */
int leaf_make(struct store *store, const struct unixfs_profile *profile,
              struct bytes content, struct leaf *out);

struct leaf_pool;
struct leaf_pool *leaf_pool_new(struct store *store,
                                const struct unixfs_profile *profile,
                                unsigned threads);
/* Drops what is still under way. NULL is allowed. */
void leaf_pool_free(struct leaf_pool *pool);

/* A free buffer of the profile's chunk size, to be filled and submitted; NULL
 * if all are taken: then leaf_pool_take() first. */
uint8_t *leaf_pool_buffer(struct leaf_pool *pool);
void leaf_pool_submit(struct leaf_pool *pool, size_t size);

/* Wait for the oldest leaf: 0, or the error of making it; ERR_NOT_FOUND
 * (without a text) if none is under way. */
int leaf_pool_take(struct leaf_pool *pool, struct leaf *out);

#endif
