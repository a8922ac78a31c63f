/*
 * Walking a DAG of blocks in the store: its links, whatever the codec.
 *
 * Limits: depth, so that no chain of blocks can run a walk for ever, and the
 * number of links of a block follows from its size. A CID seen before is not
 * walked again, so shared parts cost once and cycles (possible only through
 * identity CIDs in theory) end.
 */
#ifndef POND_STORAGE_KEEP_DAG_WALK_H
#define POND_STORAGE_KEEP_DAG_WALK_H

#include "storage/format/dag_links.h"
#include "storage/store/store.h"

/* A balanced file of 2^64 bytes has 7 levels; folders nest by tens. */
#define DAG_DEPTH_MAX 256

struct dag_block {
    /* Valid, as data, until the walk goes on. */
    const struct cid *cid;
    struct bytes data;
    /* False: a leaf by its codec, looked up but not read. */
    bool has_data;
    /* The size of the block in bytes. */
    size_t size;
    /* 0: the root. */
    unsigned depth;
};

/* A walk in steps: every block of the DAG under root that is not inline in its
 * CID, once, parents before children and links in order (depth first). */
struct dag_walker;
struct dag_walker *dag_walker_new(struct store *store, const struct cid *root);

/* 1 and the next block, 0 at the end, or an error: ERR_NOT_FOUND names a
 * missing block, ERR_LIMIT a DAG deeper than DAG_DEPTH_MAX. After an error the
 * walk may go on: what hangs from the block in question is left out. */
int dag_walker_next(struct dag_walker *walker, struct dag_block *out);

/* The block that the last step was about, whether it could be read or not. */
const struct cid *dag_walker_at(const struct dag_walker *walker);

/* Has a block of this codec links? Others are leaves. */
bool dag_walk_has_links(const struct cid *cid);

void dag_walker_free(struct dag_walker *walker); /* NULL is allowed */

/* The whole walk: calls each, which may be NULL, until it returns something
 * other than 0, which is then returned. */
int dag_walk(struct store *store, const struct cid *root,
             int (*each)(void *user, const struct dag_block *block),
             void *user);

#endif
