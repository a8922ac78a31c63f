/*
 * Walking a DAG of blocks in the store: its links, whatever the codec.
 *
 * Limits: depth, so that no chain of blocks can run a walk for ever, and the
 * number of links of a block follows from its size. A CID seen before is not
 * walked again, so shared parts cost once and cycles (possible only through
 * identity CIDs in theory) end.
 */
#ifndef POND_STORAGE_DAG_WALK_H
#define POND_STORAGE_DAG_WALK_H

#include "storage/store.h"

#define DAG_DEPTH_MAX 256

/* Call each for every link of one block in order of appearance, until it
 * returns something other than 0, which is then returned. Codecs dag-pb,
 * dag-cbor and dag-json have links, others none. ERR_INVALID for a block that
 * is not what its codec says. */
int dag_links(const struct cid *cid, struct bytes data,
              int (*each)(void *user, const struct cid *link), void *user);

/* Call each once for every block of the DAG under root that is not inline in
 * its CID, parents before children and links in order (depth first). data is
 * the block, verified, or empty with has_data false if it is a leaf by its
 * codec, which is only looked up, not read. each returns 0 to go on below it,
 * or another number, which ends the walk and is returned.
 * ERR_NOT_FOUND names a missing block, ERR_LIMIT a DAG deeper than
 * DAG_DEPTH_MAX. each may be NULL. */
struct dag_block {
    const struct cid *cid;
    struct bytes data;
    bool has_data;
    size_t size;    /* of the block in bytes */
    unsigned depth; /* 0: the root */
};
int dag_walk(struct store *store, const struct cid *root,
             int (*each)(void *user, const struct dag_block *block),
             void *user);

#endif
