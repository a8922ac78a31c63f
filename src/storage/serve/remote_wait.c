/*
 * Retrieval for a program that has no loop and nothing else to do meanwhile,
 * such as a command: a loop of its own around remote_fetch().
 */
#include "base/check.h"
#include "base/error.h"
#include "storage/serve/remote.h"

#include <stdio.h>

/* What remote_fetch_wait() keeps across the loop's end: error texts are per
 * call, and the last one may be another's. */
struct waiting {
    void *user;
    const struct remote_options *options;
    struct source **sources;
    size_t source_count;
    struct remote_progress progress;
    int status;
    char error[ERR_TEXT_SIZE];
};

static void wait_progress(void *user, const struct remote_progress *progress)
{
    struct waiting *waiting = user;

    if (waiting->options->progress)
        waiting->options->progress(waiting->user, progress);
}

/* Kept for after the loop, which may set other errors while it closes. What was
 * fetched is the caller's to hold. */
static void wait_done(void *user, int status,
                      const struct remote_progress *progress,
                      struct store_hold *hold)
{
    struct waiting *waiting = user;

    waiting->status = status;
    waiting->progress = *progress;
    if (status)
        snprintf(waiting->error, sizeof(waiting->error), "%s", err_text());
    store_release(hold);
    source_gateway_close(waiting->sources, waiting->source_count);
}

/* A loop for one retrieval; the caller's thread waits in it. */
int remote_fetch_wait(struct store *store, const struct cid *root,
                      const struct source_gateway *gateways, size_t count,
                      const struct remote_options *options, void *user,
                      struct remote_progress *progress)
{
    struct waiting waiting = {
        .user = user, .options = options, .source_count = count};
    struct remote_options own = *options;
    uv_loop_t loop;

    CHECK(!uv_loop_init(&loop));
    int status = source_gateway_open(&loop, gateways, count, &waiting.sources);
    if (!status) {
        own.sources = waiting.sources;
        own.source_count = count;
        own.progress = wait_progress;
        status =
            remote_fetch(&loop, store, root, &own, wait_done, &waiting, NULL);
        if (status)
            source_gateway_close(waiting.sources, count);
    }
    uv_run(&loop, UV_RUN_DEFAULT);
    CHECK(!uv_loop_close(&loop));
    if (!status && waiting.status)
        status = err_set(waiting.status, "%s", waiting.error);
    if (progress)
        *progress = waiting.progress;
    return status;
}
