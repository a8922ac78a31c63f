/*
 * Retrieval of a DAG by its root CID from trustless gateways over HTTP, into
 * the store: peers that run this gateway, or any IPFS gateway.
 *
 * Block by block (?format=raw), several in flight. Every block is verified
 * against its CID before it is stored, so a source can refuse or be slow but
 * never make this store hold wrong bytes. A source that fails or lies is asked
 * last from then on, and not at all after REMOTE_STRIKES_MAX times; each block
 * is tried at every source left before the retrieval fails. Blocks that are
 * here already are not fetched.
 *
 * Thread: the loop's, for every function and callback.
 */
#ifndef POND_STORAGE_SERVE_REMOTE_H
#define POND_STORAGE_SERVE_REMOTE_H

#include "net/address_rule.h"
#include "storage/store/store.h"
#include <uv.h>

/* A job keeps a bit for each. */
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

/* Copied. */
struct remote_source {
    /* A base URL such as "http://10.0.0.7:30017", to which
     * "/ipfs/ CID?format=raw" is appended. */
    const char *url;
    /* Which addresses this source may turn out to have: address_rule_any for
     * one that the operator named, the operator's rule for one that a stranger
     * named. */
    const struct address_rule *rule;
};

struct remote_options {
    /* In order of preference. */
    const struct remote_source *sources;
    /* 1 … REMOTE_SOURCES_MAX. */
    size_t source_count;
    /* Of all blocks of the DAG, present ones too. */
    uint64_t size_max_bytes;
    /* For the whole DAG. */
    uint32_t time_limit_ms;
    /* For one answer of one source. */
    uint32_t block_time_limit_ms;
    /* Requests in flight, at most 64. */
    unsigned parallel;
    /* After each block; NULL: none. */
    void (*progress)(void *user, const struct remote_progress *progress);
};

/* Called exactly once, never before remote_fetch() has returned. status 0: the
 * whole DAG is here and synced (still to be pinned; the retrieval's hold ends
 * when done returns). Else an ERR_* whose text stands in err_text():
 * ERR_NOT_FOUND (no source has a block), ERR_CORRUPT (only lies were told),
 * ERR_LIMIT, ERR_TIMEOUT, ERR_CANCELLED, ERR_FULL, ERR_NETWORK. The retrieval
 * is freed when done returns. */
typedef void remote_done(void *user, int status,
                         const struct remote_progress *progress);

/* Begin. ERR_INVALID for a source that is no http or https URL, or that has a
 * query or a fragment; ERR_RANGE for too many. */
int remote_fetch(uv_loop_t *loop, struct store *store, const struct cid *root,
                 const struct remote_options *options, remote_done *done,
                 void *user, struct remote **out);

/* Give up: done will be called with ERR_CANCELLED, soon but not from here. */
void remote_cancel(struct remote *remote);

/* The same on a loop of its own, for a program that waits. */
int remote_fetch_wait(struct store *store, const struct cid *root,
                      const struct remote_options *options, void *user,
                      struct remote_progress *progress);

#endif
