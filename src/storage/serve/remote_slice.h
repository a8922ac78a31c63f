/*
 * The part of a retrieval that touches the disk: a run of wanted blocks,
 * looked for or stored on a thread of the pool. Inside of remote.c only.
 */
#ifndef POND_STORAGE_SERVE_REMOTE_SLICE_H
#define POND_STORAGE_SERVE_REMOTE_SLICE_H

#include "base/buffer.h"
#include "base/error.h"
#include "storage/store/store.h"

enum want_state {
    /* To be looked for in the store. */
    WANT_LOOK,
    /* The store has it; links and size are known. */
    WANT_PRESENT,
    /* The store does not have it. */
    WANT_ABSENT,
    /* data came from a source, to be verified and stored. */
    WANT_ARRIVED,
    /* Verified and stored; links are known. */
    WANT_STORED,
    /* data is not what the CID names: status and error say so. */
    WANT_LIE,
    /* The store, or a limit, ends the retrieval: status and error. */
    WANT_FAILED,
};

/* A block of the DAG on its way. Only one of the threads has it at any time. */
struct want {
    struct remote *remote;
    /* In the list in which it stands. */
    struct want *next;
    struct cid cid;
    unsigned depth;
    enum want_state state;
    /* A bit for each source that was asked (REMOTE_SOURCES_MAX is 32). */
    uint32_t tried;
    /* The one asked last. */
    unsigned source;
    /* What the last source that failed did; 0: at most "not here". */
    int failure;
    /* While in flight; else NULL. */
    void *request;
    uint64_t asked_ms;
    /* WANT_ARRIVED: what came. */
    struct buffer data;
    /* The size of the block, once it is known. */
    size_t size;
    /* CIDs (struct cid) that it links to. */
    struct buffer links;
    int status;
    char error[ERR_TEXT_SIZE];
};

void remote_slice_free(struct want *want);

/* Do what the states of a list ask for. Thread: any. */
void remote_slice_work(struct store *store, struct want *list);

#endif
