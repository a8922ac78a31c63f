/*
 * POST /task/<storage task's id>/ipfs/add: uploads to the store by Koii's
 * storage SDK (reference, 5; node/reach/upload_form.h).
 *
 * Who may upload is who has staked on a task of this node. What is uploaded is
 * kept as evidence of that task's present round (storage/keep/retention.h) and
 * counts against the task's limit on disk: one key that is not this node's own
 * gets a sixteenth of it, and all such keys together half, so that strangers
 * can't fill what the task itself needs. An upload is no larger than the
 * evidence that other nodes would fetch (EVIDENCE_SIZE_MAX).
 *
 * A body comes on a thread of the server. It stays in memory up to the size
 * that a task's own route could be given: which of both it is for is known on
 * the loop alone. The work on the disk is done on the thread pool.
 *
 * Answers are {"cid": text, "url": text}, or {"message": text} with 400
 * (no such form), 401 (signature), 403 (not staked), 413, 503 (too many at a
 * time) and 507 (a limit on disk).
 */
#ifndef POND_NODE_NODE_UPLOAD_H
#define POND_NODE_NODE_UPLOAD_H

#include "net/http_exchange.h"
#include "storage/keep/retention.h"
#include <uv.h>

struct node_upload;
struct node_uploads;
struct store;

/* For whom an upload is kept, and how much it may be. */
struct node_upload_terms {
    struct pin_owner owner;
    uint64_t limit_bytes; /* of all pins of the owner's task */
    bool is_own;          /* this node's key */
};

/* Texts are copied; all else outlives the uploads. */
struct node_uploads_options {
    uv_loop_t *loop;
    struct store *store;
    const char *folder; /* where uploads wait */
    /* A larger body is for the store in any case. */
    size_t memory_bytes;
    /* Thread: the server's. A body is whole: give it to node_upload_keep(), or
     * answer the exchange and free it. */
    void (*whole)(void *user, struct http_exchange *exchange,
                  struct node_upload *upload);
    /* Thread: the loop's. false: this key has staked on no task here. */
    bool (*terms)(void *user, const struct pubkey *key,
                  struct node_upload_terms *out);
    /* Thread: the loop's. */
    const char *(*public_url)(void *user);
    void *user;
};

struct node_uploads *
node_uploads_new(const struct node_uploads_options *options);

/* From the server's begin, for each request: takes the body of an upload, of no
 * other. Did it? Thread: the server's. */
bool node_uploads_begin(struct node_uploads *uploads,
                        struct http_exchange *exchange);

/* The whole body, if it is small enough for a task's own route; else false.
 * Valid as long as the upload is. */
bool node_upload_body(const struct node_upload *upload, struct bytes *body);

/* Check it, put it into the store and answer, later. Takes both over. Thread:
 * the loop's. */
void node_upload_keep(struct node_upload *upload,
                      struct http_exchange *exchange);
void node_upload_free(struct node_upload *upload); /* NULL is allowed */

/* No upload is handed out or kept from here on; the exchanges of those under
 * way are answered with 503. Before the server stops. Thread: the loop's. */
void node_uploads_stop(struct node_uploads *uploads);

/* After the servers have stopped. Frees the uploads, now (true), or when the
 * work under way has ended (false): then closed is called, from the loop, and
 * the store has to stay until then. */
bool node_uploads_close(struct node_uploads *uploads,
                        void (*closed)(void *user), void *user);

#endif
