/*
 * Collection: give back the space of blocks that no pin reaches.
 *
 * It marks from the pins, then for the sparsest segments in turn: appends what
 * is live to the open segment, syncs, forgets the rest, deletes the file. At
 * every step a crash leaves each live block in at least one indexed place.
 * Readers and writers go on meanwhile; blocks under a hold (store.h) stay.
 *
 * Thread: any; one collection at a time (a second one waits).
 */
#ifndef POND_STORAGE_KEEP_COLLECTION_H
#define POND_STORAGE_KEEP_COLLECTION_H

#include "storage/store/store.h"

struct collection_options {
    /* Stop between two segments once past; 0: none. The next collection goes on
     * where it pays. */
    uint32_t time_limit_ms;
    /* Leave segments alone that are at least this full of live blocks; 0: only
     * those without any garbage. */
    unsigned live_max_percent;
    /* Do nothing while another collection of this store is under way. */
    bool only_one;
};

/* Beside a node's other work, at the beginning of a task's round. */
extern const struct collection_options collection_in_passing;

struct collection_result {
    uint64_t blocks_kept;
    uint64_t blocks_freed;
    /* The disk space that was freed, without that of copies. */
    uint64_t bytes_freed;
    /* The size of the live blocks that had to be moved: the cost of freeing. */
    uint64_t bytes_copied;
    uint64_t segments_freed;
    /* Blocks that a pin needs and that are missing or do not read back. What
     * may be below them is kept. */
    uint64_t holes;
    /* False: the time limit ended it. */
    bool complete;
};

/* options NULL: no limits. result may be NULL. A pinned DAG with a hole keeps
 * what may be in it: by the pin's sketch, or all there is if the pin has none
 * (both are logged). ERR_CORRUPT for a damaged segment: the others were
 * collected. */
int collection_run(struct store *store,
                   const struct collection_options *options,
                   struct collection_result *result);

/* A whole collection, as a store's options want it (struct store_options). */
int collection_make_room(struct store *store);

#endif
