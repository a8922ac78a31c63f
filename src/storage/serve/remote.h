/*
 * Retrieval of a DAG by its root CID into the store, from sources of blocks
 * (source.h).
 *
 * Block by block, several in flight. Every block is verified against its CID
 * before it is stored, so a source can refuse or be slow but never make this
 * store hold wrong bytes. A source that fails or lies is asked last from then
 * on, and not at all after REMOTE_STRIKES_MAX times; each block is tried at
 * every source left before the retrieval fails. Blocks that are here already
 * are not fetched.
 *
 * Nothing here touches the disk on the loop's thread.
 *
 * Thread: the loop's.
 */
#ifndef POND_STORAGE_SERVE_REMOTE_H
#define POND_STORAGE_SERVE_REMOTE_H

#include "storage/serve/source_gateway.h"
#include "storage/store/store.h"

/* A wanted block keeps a bit for each. */
#define REMOTE_SOURCES_MAX 32
/* One failure may be chance, three in one retrieval are not. */
#define REMOTE_STRIKES_MAX 3

/* Defaults, used where an option is 0. */
#define REMOTE_SIZE_MAX (64ull << 20)
#define REMOTE_TIME_LIMIT_MS 60000
#define REMOTE_BLOCK_TIME_LIMIT_MS 10000
#define REMOTE_PARALLEL 8

struct remote;

struct remote_progress {
    /* Fetched and stored. */
    uint64_t blocks;
    /* Found here. */
    uint64_t blocks_present;
    /* Fetched, in verified blocks. */
    uint64_t bytes;
    /* Known and still missing; grows as links are found. */
    uint64_t blocks_wanted;
};

struct remote_options {
    /* In order of preference. The array is copied; the sources are the
     * caller's and must stay until done was called. */
    struct source *const *sources;
    /* 1 … REMOTE_SOURCES_MAX. */
    size_t source_count;
    /* The limit on all blocks of the DAG, present ones included. */
    uint64_t size_max_bytes;
    /* The limit for the whole DAG. */
    uint32_t time_limit_ms;
    /* The limit for one answer of one source, which the retrieval enforces. */
    uint32_t block_time_limit_ms;
    /* Requests in flight, at most 64. */
    unsigned parallel;
    /* After each block; NULL: none. */
    void (*progress)(void *user, const struct remote_progress *progress);
};

/* Called exactly once, never before remote_fetch() has returned. status 0: the
 * whole DAG is here and synced. Else an ERR_* whose text stands in err_text():
 * ERR_NOT_FOUND (no source has a block), ERR_CORRUPT (only lies came),
 * ERR_LIMIT, ERR_TIMEOUT, ERR_CANCELLED, ERR_FULL, ERR_NETWORK. The retrieval
 * is freed when done returns.
 *
 * hold protects what was fetched, and is the callee's from then on: give it
 * back with store_release() when the root is pinned or not wanted. */
typedef void remote_done(void *user, int status,
                         const struct remote_progress *progress,
                         struct store_hold *hold);

/* Begin. ERR_RANGE for too many sources or none. */
int remote_fetch(uv_loop_t *loop, struct store *store, const struct cid *root,
                 const struct remote_options *options, remote_done *done,
                 void *user, struct remote **out);

/* Give up: done will be called with ERR_CANCELLED, soon but not from here.
 * For a client of the storage API that goes before its retrieval is done. */
void remote_cancel(struct remote *remote);

/* The same from gateways, on a loop of its own, for a program that waits. The
 * sources in options are ignored. Also ERR_INVALID for a gateway's URL. user is
 * that of progress. */
int remote_fetch_wait(struct store *store, const struct cid *root,
                      const struct source_gateway *gateways, size_t count,
                      const struct remote_options *options, void *user,
                      struct remote_progress *progress);

#endif
