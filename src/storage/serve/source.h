/*
 * A source may have blocks; a retrieval (remote.h) asks it. An HTTP gateway is
 * a source (source_gateway.h).
 *
 * A source verifies nothing; the retrieval verifies what comes.
 *
 * Thread: the loop's.
 */
#ifndef POND_STORAGE_SERVE_SOURCE_H
#define POND_STORAGE_SERVE_SOURCE_H

#include "base/bytes.h"
#include "storage/format/cid.h"

/* With status 0 block is what came, valid during the call. ERR_NOT_FOUND if the
 * source does not have the block, ERR_DENIED if the operator's rule forbids the
 * source, another ERR_* if the source failed. err_text() says more. */
typedef void source_answer(void *user, int status, struct bytes block);

/* What kinds of sources begin with, and fill. */
struct source {
    /* A name for error texts: a URL, a peer's id. */
    const char *name;
    /* Ask for one block, within the time limit. Returns the request, for
     * cancel(). answer comes once, from the loop and not from inside ask(). A
     * source that sends more than CID_BLOCK_SIZE_MAX is cut off with
     * ERR_LIMIT. */
    void *(*ask)(struct source *source, const struct cid *cid,
                 uint32_t time_limit_ms, source_answer *answer, void *user);
    /* Give a request up that has not been answered: it never is then. */
    void (*cancel)(struct source *source, void *request);
};

#endif
