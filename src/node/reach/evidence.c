/*
 * Two ways in: a put goes through one job on libuv's thread pool; a get reads
 * on the pool, and where something is missing goes to the peers and reads once
 * more. A job owns copies of all it was given, because the worker that asked
 * may be gone before it ends.
 *
 * The pool does it, because a put hashes and writes megabytes and waits for
 * fsync, and a round's duties would wait with it. A retrieval is the loop's
 * (storage/serve/remote.h); its hold is kept until the pin stands.
 *
 * Order of a put: hold, blocks, pin (which syncs), release. At each point a
 * crash leaves either a pin with all of its blocks or blocks without a pin,
 * which the next collection takes. The CID is handed out when the pin is on
 * disk, so a proof can't stand on chain whose evidence a crash could take away.
 *
 * Nothing can be called off: a job runs to its end, and the caller decides
 * whether the answer still matters.
 */
#include "node/reach/evidence.h"

#include "base/check.h"
#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "node/reach/evidence_files.h"
#include "storage/files/unixfs_export.h"
#include "storage/files/unixfs_import.h"
#include "storage/keep/pin.h"
#include "storage/keep/store_async.h"

#include <inttypes.h>
#include <stdlib.h>

/* A piece of evidence has to be here within an audit window; a source that
 * doesn't answer for one block must not use it all up. */
#define FETCH_TIME_LIMIT_MS 30000
#define FETCH_BLOCK_TIME_LIMIT_MS 5000

/* One job: put or get. Only one of the threads has it at any time: the loop's,
 * or, from store_async_run() to its callback, the pool's. The pool's part
 * touches nothing of the loop's but the store. */
struct job {
    const struct node_parts *parts;
    struct pin_owner owner;
    struct evidence_limits limits;   /* budget NULL: none */
    uint64_t budget_bytes;           /* taken of it */
    struct json_object *description; /* put */
    struct buffer payload;           /* put: in; get: out */
    struct cid cid;                  /* get: root */
    char *path;                      /* get */
    bool may_fetch;                  /* get: not tried at the sources yet */
    struct source_gateway gateways[REMOTE_SOURCES_MAX]; /* urls owned */
    size_t source_count;
    struct unixfs_entry entry; /* get: what the path names */
    uint64_t room_bytes;       /* get: that the task may add on disk */
    struct source **sources;   /* get: while fetching */
    struct store_hold *hold;   /* get: from fetching until pinned */
    evidence_done *done;
    void *user;
};

/* parts outlives every job: the runner counts them. */
static struct job *job_new(const struct node_parts *parts,
                           const struct pin_owner *owner,
                           const struct evidence_limits *limits,
                           evidence_done *done, void *user)
{
    struct job *job = mem_zero(1, sizeof(*job));

    CHECK(parts && owner && done);
    job->parts = parts;
    job->owner = *owner;
    job->limits =
        limits ? *limits : (struct evidence_limits){.disk_bytes = UINT64_MAX};
    job->done = done;
    job->user = user;
    return job;
}

/* What was taken before counts as given back. */
static int take_budget(struct job *job, uint64_t bytes)
{
    if (!job->limits.budget)
        return 0;
    budget_give(job->limits.budget, job->budget_bytes);
    job->budget_bytes = 0;
    int status = budget_take(job->limits.budget, bytes);
    if (!status)
        job->budget_bytes = bytes;
    return status;
}

/* The limit on disk as a task's operator knows it. */
static int name_limit(const struct job *job, int status)
{
    return status == ERR_FULL && job->limits.disk_bytes != UINT64_MAX
               ? err_add(status, "storage (--task-store-limit raises a task's "
                                 "limit, --store-limit the node's)")
               : status;
}

/* The budget is given back before done is called, which may end its owner. */
static void job_finish(struct job *job, int status)
{
    struct bytes value = {0};

    (void)take_budget(job, 0);

    CHECK(status <= 0);
    if (!status)
        value = buffer_view(&job->payload);
    job->done(job->user, status, value);
    for (size_t i = 0; i < job->source_count; i++)
        free((char *)job->gateways[i].url);
    json_object_put(job->description);
    buffer_free(&job->payload);
    free(job->path);
    free(job);
}

/* ---- put ---- */

/* Before anything is written: what can't be pinned must not fill the disk
 * first. left: what the task may still add. */
static int check_disk(struct job *job, uint64_t bytes, uint64_t *left)
{
    uint64_t used;

    *left = UINT64_MAX;
    if (job->limits.disk_bytes == UINT64_MAX)
        return 0;
    int status = pin_task_bytes(job->parts->store, &job->owner.task, &used);
    if (status)
        return status;
    *left = used < job->limits.disk_bytes ? job->limits.disk_bytes - used : 0;
    if (bytes <= *left)
        return 0;
    return err_set(ERR_FULL,
                   "the task keeps %" PRIu64 " bytes here; %" PRIu64
                   " more are over its limit of %" PRIu64,
                   used, bytes, job->limits.disk_bytes);
}

/* The hold ends when the pin stands; from then on that keeps the blocks. */
static int put_work(void *user)
{
    struct job *job = user;
    struct store *store = job->parts->store;
    struct store_hold *hold = store_hold(store);
    struct unixfs_entry entry;
    struct json_object *files;
    uint64_t left;
    int status = check_disk(job, job->payload.size, &left);

    if (!status && json_get_array(job->description, "files", &files) == 0)
        status = evidence_files_put(store, files, buffer_view(&job->payload),
                                    &entry);
    else if (!status)
        status = unixfs_import_bytes(store, NULL, buffer_view(&job->payload),
                                     &entry);
    if (!status)
        status = pin_add_within(store, &entry.cid, &job->owner, NULL,
                                job->limits.disk_bytes);
    store_release(hold);
    buffer_clear(&job->payload);
    if (!status)
        buffer_text(&job->payload, CID_TEXT(&entry.cid));
    return name_limit(job, status);
}

/* Back on the loop's thread. */
static void put_done(void *user, int status)
{
    job_finish(user, status);
}

/* The description is shared with the job. json-c's counts of references are not
 * for several threads, so they are changed on the loop's thread alone: here,
 * and by job_finish(). The pool only reads. */
int evidence_put(const struct node_parts *parts, const struct pin_owner *owner,
                 const struct evidence_limits *limits,
                 struct json_object *description, struct bytes payload,
                 evidence_done *done, void *user)
{
    struct json_object *files;
    uint64_t size;

    int status = json_get_array(description, "files", &files);
    if (!status)
        status = evidence_files_check(files, payload.size);
    else if (status == ERR_NOT_FOUND &&
             (status = json_get_u64(description, "size", &size)) == 0 &&
             size != payload.size)
        status = err_set(ERR_INVALID, "the file is not as large as it says");
    if (status)
        return status;
    struct job *job = job_new(parts, owner, limits, done, user);
    status = take_budget(job, payload.size);
    if (status) {
        free(job);
        return status;
    }
    job->description = json_object_get(description);
    buffer_bytes(&job->payload, payload);
    store_async_run(parts->loop, put_work, put_done, job);
    return 0;
}

/* ---- get ---- */

/* What the path names. */
static int find_work(void *user)
{
    struct job *job = user;
    int status = unixfs_resolve(job->parts->store, &job->cid,
                                bytes_text(job->path), &job->entry);

    if (!status && job->entry.type == UNIXFS_DIRECTORY)
        status = err_set(ERR_INVALID, "\"%s\" is a folder", job->path);
    return status;
}

/* Whether it is all here shows by reading it: a DAG may be here in part.
 * Limited in size, because another's file is a stranger's. */
static int read_work(void *user)
{
    struct job *job = user;

    return unixfs_read_file(job->parts->store, &job->entry.cid, job->entry.size,
                            &job->payload);
}

/* Before a retrieval: how much may come. */
static int room_work(void *user)
{
    struct job *job = user;

    return name_limit(job, check_disk(job, 1, &job->room_bytes));
}

static void get_read(struct job *job);

static void get_pinned(void *user, int status)
{
    struct job *job = user;

    store_release(job->hold);
    if (status)
        job_finish(job, name_limit(job, status));
    else
        get_read(job);
}

/* Comes on the loop's thread. The hold is kept until the pin stands. */
static void get_fetched(void *user, int status,
                        const struct remote_progress *progress,
                        struct store_hold *hold)
{
    struct job *job = user;
    struct source **sources = job->sources;
    size_t count = job->source_count;

    if (status) {
        store_release(hold);
        job_finish(job, status);
        source_gateway_close(sources, count);
        return;
    }
    source_gateway_close(sources, count);
    log_debug("evidence", "fetched %s: %" PRIu64 " bytes", CID_TEXT(&job->cid),
              progress->bytes);
    job->hold = hold;
    store_async_pin(job->parts->loop, job->parts->store, &job->cid, &job->owner,
                    job->limits.disk_bytes, get_pinned, job);
}

/* Requests in flight are memory: fewer of them where the budget is short, but
 * one in any case. */
static unsigned parallel_of(struct job *job)
{
    uint64_t count = REMOTE_PARALLEL;

    if (!job->limits.budget)
        return REMOTE_PARALLEL;
    (void)take_budget(job, 0);
    if (count > budget_left(job->limits.budget) / STORE_BLOCK_SIZE_MAX)
        count = budget_left(job->limits.budget) / STORE_BLOCK_SIZE_MAX;
    (void)take_budget(job, count * STORE_BLOCK_SIZE_MAX);
    return count ? (unsigned)count : 1;
}

/* Once a job: what the sources did not have a moment ago they don't have now.
 * The blocks that are here already are not fetched again. */
static void get_fetch(void *user, int status)
{
    struct job *job = user;
    struct remote_options options = {
        .source_count = job->source_count,
        .size_max_bytes = job->room_bytes < EVIDENCE_SIZE_MAX
                              ? job->room_bytes
                              : EVIDENCE_SIZE_MAX,
        .time_limit_ms = FETCH_TIME_LIMIT_MS,
        .block_time_limit_ms = FETCH_BLOCK_TIME_LIMIT_MS,
    };

    if (!status)
        status = source_gateway_open(job->parts->loop, job->gateways,
                                     job->source_count, &job->sources);
    if (status) {
        job_finish(job, status);
        return;
    }
    options.parallel = parallel_of(job);
    options.sources = job->sources;
    status = remote_fetch(job->parts->loop, job->parts->store, &job->cid,
                          &options, get_fetched, job, NULL);
    CHECK(!status); /* 1 to REMOTE_SOURCES_MAX sources */
}

/* Something is missing, or does not read back: ask the sources, if there are
 * any and they weren't asked. At most once: what is missing after a retrieval
 * is an error. */
static void get_done(void *user, int status)
{
    struct job *job = user;

    if ((status == ERR_NOT_FOUND || status == ERR_CORRUPT) && job->may_fetch &&
        job->source_count > 0) {
        job->may_fetch = false;
        buffer_free(&job->payload);
        store_async_run(job->parts->loop, room_work, get_fetch, job);
        return;
    }
    job_finish(job, status);
}

/* The size is known: memory for it, or an error. */
static void get_found(void *user, int status)
{
    struct job *job = user;

    if (!status && job->entry.size > EVIDENCE_SIZE_MAX)
        status = err_set(ERR_LIMIT, "\"%s\" has more than %u bytes", job->path,
                         EVIDENCE_SIZE_MAX);
    if (!status)
        status = take_budget(job, job->entry.size);
    if (status)
        get_done(job, status);
    else
        store_async_run(job->parts->loop, read_work, get_done, job);
}

/* To the pool; used for the first reading and for the one after a retrieval. */
static void get_read(struct job *job)
{
    buffer_clear(&job->payload);
    store_async_run(job->parts->loop, find_work, get_found, job);
}

/* Sources beyond the limit are dropped: the best stand first. */
int evidence_get(const struct node_parts *parts, const struct pin_owner *owner,
                 const struct evidence_limits *limits, const char *cid,
                 const char *path, const struct source_gateway *sources,
                 size_t source_count, evidence_done *done, void *user)
{
    struct cid root;
    int status = cid_parse(bytes_text(cid), &root);

    CHECK(cid && path && (sources || !source_count));
    if (status)
        return status;
    struct job *job = job_new(parts, owner, limits, done, user);
    job->cid = root;
    job->path = mem_text(path);
    job->may_fetch = true;
    for (size_t i = 0;
         i < source_count && job->source_count < REMOTE_SOURCES_MAX; i++)
        job->gateways[job->source_count++] =
            (struct source_gateway){mem_text(sources[i].url), sources[i].rule};
    get_read(job);
    return 0;
}
