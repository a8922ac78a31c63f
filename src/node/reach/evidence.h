/*
 * Evidence: what a task puts into and reads from content-addressed storage.
 *
 * The work on the store (hashing, disk) runs on libuv's thread pool, so that
 * megabytes of evidence don't hold up the node's loop; retrieval from peers
 * runs on the loop (storage/serve/remote.h). Callbacks come on the loop's
 * thread, exactly once, never from inside the call that was given them.
 *
 * Ownership: everything passed in is copied or referenced before the call
 * returns. parts must outlive every job: their owner waits for the callbacks.
 *
 * Threads: the functions are the loop's thread's.
 */
#ifndef POND_NODE_REACH_EVIDENCE_H
#define POND_NODE_REACH_EVIDENCE_H

#include "base/budget.h"
#include "base/json.h"
#include "net/http_client.h"
#include "node/parts/node_parts.h"
#include "storage/keep/retention.h"
#include "storage/serve/remote.h"
#include "storage/store/store.h"

/* Files in one folder of evidence, and a file's path in it. */
#define EVIDENCE_FILES_MAX 10000
#define EVIDENCE_PATH_SIZE_MAX 1024

/* Largest evidence fetched from peers, and largest file read out of it. */
#define EVIDENCE_SIZE_MAX (64u << 20)

/* What a task may use. Copied, but for the budget, which must outlive the job.
 * NULL in place of it: no limits. */
struct evidence_limits {
    /* Bytes in memory, of all the task's jobs together. */
    struct budget *budget;
    /* Bytes on disk that its pins may come to (keep/pin.h). */
    uint64_t disk_bytes;
};

/* status: 0, or ERR_*, with err_text(). value: the CID's text (put), or the
 * file's bytes (get); valid during the callback. */
typedef void evidence_done(void *user, int status, struct bytes value);

/*
 * Put one file ({"size":n}) or a folder ({"files":[{"path","size"},…]}), with
 * the bytes one after the other in payload, and pin it for owner: durable when
 * done says 0. ERR_INVALID at once for a description that doesn't fit the
 * payload or holds paths that leave the folder; ERR_LIMIT at once past the
 * budget. done's status: ERR_FULL past the limit on disk, naming it.
 */
int evidence_put(const struct node_parts *parts, const struct pin_owner *owner,
                 const struct evidence_limits *limits,
                 struct json_object *description, struct bytes payload,
                 evidence_done *done, void *user);

/* Read the file at path ("" for the thing itself) under a CID. What isn't here
 * is fetched from sources (in order of preference, copied, at most
 * REMOTE_SOURCES_MAX are used; the rules have to outlive the job) and pinned
 * for owner; what is here already is not pinned anew. ERR_INVALID at once for a
 * text that is no CID. done's status: ERR_NOT_FOUND (no source has it, or no
 * such path), ERR_INVALID (a folder), ERR_LIMIT (the budget), ERR_FULL (the
 * limit on disk), and what storage/serve/remote.h and
 * storage/files/unixfs_export.h say. */
int evidence_get(const struct node_parts *parts, const struct pin_owner *owner,
                 const struct evidence_limits *limits, const char *cid,
                 const char *path, const struct source_gateway *sources,
                 size_t source_count, evidence_done *done, void *user);

#endif
