/*
 * A retrieval is a stack of CIDs to visit and a few requests in flight. What is
 * here is read for its links; what is not is asked for at one source after the
 * other. The work is done in slices from a timer, so that a large DAG that is
 * here already does not hold up the loop.
 *
 * Why block by block and not one CAR: each block is verified before the next is
 * asked for, blocks come from several sources at once, a source that lies costs
 * one block and not the archive, and what is here already is not sent again.
 * The price is a round trip a level, hidden by asking for several blocks in
 * parallel.
 *
 * A job moves through the lists: to_visit → (here) freed, or to_fetch →
 * in_flight → freed, or back to a fetch from the next source. Depth first and
 * newest first, so the stack stays small.
 *
 * The end has two ways that meet in finish(): end() for failures, by way of a
 * timer, so that done is never called from within a call; complete() when all
 * is here, by way of a sync on the thread pool. A retrieval holds the store
 * until then: no collection takes what it has fetched.
 *
 * Not done: remembering across retrievals which sources were good; asking two
 * sources for one block at a time.
 */
#include "storage/serve/remote.h"
#include "base/check.h"
#include "base/error.h"
#include "base/log.h"
#include "base/map.h"
#include "base/memory.h"
#include "net/http_client.h"
#include "net/url.h"
#include "storage/keep/dag_walk.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* "remo". */
#define REMOTE_MAGIC 0x72656d6fu
/* More connections at once than this is no kindness to a peer, and the gain is
 * gone long before. */
#define PARALLEL_MAX 64

/* Visits of one slice: a millisecond or so of index look-ups. */
#define SLICE_VISITS 64

struct source {
    /* Owned; without a slash at its end. */
    char *url;
    struct address_rule rule;
    /* Shared by the sources of one rule; the first of them closes it. */
    struct http_client *client;
    bool owns_client;
    /* Failures and lies; at REMOTE_STRIKES_MAX it is not asked any more. */
    unsigned strikes;
    /* Blocks that it did not have: no fault, but asked later. */
    unsigned misses;
};

/* A block to visit, or on its way. */
struct job {
    struct remote *remote;
    /* In the list it stands in: to_visit, to_fetch or in_flight. */
    struct job *next;
    struct cid cid;
    unsigned depth;
    /* A bit for each source asked for this block (REMOTE_SOURCES_MAX is 32). */
    uint32_t tried;
    /* The one asked last. */
    unsigned source;
    /* What the last source that failed did; 0: at most "not here". */
    int failure;
    /* While in flight; else NULL. */
    struct http_call *call;
};

/* 1. Each job is in exactly one list, or in the hands of a function that "takes
 *    it over".
 * 2. Once ended, no job is left and no list grows; done is still to come.
 * 3. Freed when both timers are closed, after done has returned. */
struct remote {
    unsigned magic;
    uv_loop_t *loop;
    struct store *store;
    /* From the beginning until after the sync. */
    struct store_hold *hold;
    struct source sources[REMOTE_SOURCES_MAX];
    size_t source_count;
    /* As in the options, defaults filled in. */
    uint64_t size_max_bytes;
    uint32_t block_time_limit_ms;
    unsigned parallel;

    struct job *to_visit, *to_fetch, *in_flight;
    unsigned in_flight_count;
    /* CIDs that were stacked once: none is visited twice. */
    struct map *seen;
    /* Of all blocks seen so far, fetched or here; against size_max_bytes. */
    uint64_t dag_bytes;
    struct remote_progress progress;

    /* limit: for the whole. slice: due at once, whenever there is work. */
    uv_timer_t limit, slice;
    uv_work_t sync;
    /* Timers not closed yet; the last one frees. */
    unsigned handles_open;
    bool ended;
    /* Of the end, with its text: set on one thread, told on another. */
    int status;
    char error[ERR_TEXT_SIZE];
    void (*on_progress)(void *user, const struct remote_progress *progress);
    remote_done *done;
    void *user;
};

/* ---- the end ---- */

/* Those of a list, which is empty then. */
static void free_jobs(struct job **list)
{
    while (*list) {
        struct job *job = *list;

        *list = job->next;
        free(job);
    }
}

/* In any state of being begun. */
static void remote_free(struct remote *remote)
{
    for (size_t i = 0; i < remote->source_count; i++)
        free(remote->sources[i].url);
    map_free(remote->seen);
    remote->magic = 0;
    free(remote);
}

static void handle_closed(uv_handle_t *handle)
{
    struct remote *remote = handle->data;

    CHECK(remote->handles_open > 0);
    if (--remote->handles_open == 0)
        remote_free(remote);
}

/* Tell, and begin to close. done may not use the retrieval any more when it
 * returns. */
static void finish(struct remote *remote)
{
    CHECK(!remote->in_flight);
    if (remote->status)
        err_set(remote->status, "%s", remote->error);
    /* Before the hold is released: done is where the root is pinned. */
    remote->done(remote->user, remote->status, &remote->progress);
    store_release(remote->hold);
    for (size_t i = 0; i < remote->source_count; i++)
        if (remote->sources[i].owns_client)
            http_client_close(remote->sources[i].client);
    uv_close((uv_handle_t *)&remote->limit, handle_closed);
    uv_close((uv_handle_t *)&remote->slice, handle_closed);
}

static void on_finish(uv_timer_t *timer)
{
    finish(timer->data);
}

/* Nothing goes on after this but the call of done, from the loop. The text of
 * the error is kept, for others will be set until then. */
static void end(struct remote *remote, int status)
{
    CHECK(!remote->ended);
    remote->ended = true;
    remote->status = status;
    if (status)
        snprintf(remote->error, sizeof(remote->error), "%s", err_text());
    for (struct job *job = remote->in_flight; job; job = job->next)
        /* A cancelled call never calls back, so its job can go at once. */
        http_call_cancel(job->call);
    free_jobs(&remote->in_flight);
    free_jobs(&remote->to_fetch);
    free_jobs(&remote->to_visit);
    uv_timer_stop(&remote->limit);
    uv_timer_start(&remote->slice, on_finish, 0, 0);
}

/* On a thread of libuv's pool: nothing else touches remote meanwhile, for it
 * has ended and no timer runs. */
static void sync_work(uv_work_t *work)
{
    struct remote *remote = work->data;

    remote->status = store_sync(remote->store);
    if (remote->status)
        snprintf(remote->error, sizeof(remote->error), "%s", err_text());
}

static void sync_done(uv_work_t *work, int cancelled)
{
    finish(work->data);
}

/* All is here: make it durable, away from the loop's thread. */
static void complete(struct remote *remote)
{
    CHECK(!remote->ended);
    remote->ended = true;
    uv_timer_stop(&remote->limit);
    remote->sync.data = remote;
    CHECK(!uv_queue_work(remote->loop, &remote->sync, sync_work, sync_done));
}

/* ---- visiting ---- */

static void on_slice(uv_timer_t *timer);

/* Have a slice run soon; starting a timer that runs already is harmless. */
static void go_on(struct remote *remote)
{
    if (!remote->ended)
        uv_timer_start(&remote->slice, on_slice, 0, 0);
}

/* Stack a CID unless it was stacked before. */
static void add_visit(struct remote *remote, const struct cid *cid,
                      unsigned depth)
{
    struct cid_key key;
    struct job *job;

    cid_key(cid, &key);
    if (map_put(remote->seen, bytes_make(key.data, key.size), remote))
        return;
    job = mem_zero(1, sizeof(*job));
    job->remote = remote;
    job->cid = *cid;
    job->depth = depth;
    job->next = remote->to_visit;
    remote->to_visit = job;
}

/* For dag_links(). */
static int add_link(void *user, const struct cid *link)
{
    const struct job *parent = user;

    add_visit(parent->remote, link, parent->depth + 1);
    return 0;
}

/* Against the limit for the whole: what is here counts, too, or the limit would
 * depend on what a node happens to have. */
static int count_block(struct remote *remote, size_t size)
{
    remote->dag_bytes += size;
    if (remote->dag_bytes > remote->size_max_bytes)
        return err_set(ERR_LIMIT,
                       "the DAG is larger than the limit of %" PRIu64 " bytes",
                       remote->size_max_bytes);
    return 0;
}

/* A block that is here: its links are what is visited next. */
static int visit_present(struct remote *remote, struct job *job, size_t size)
{
    struct buffer data = {0};
    int status = count_block(remote, size);

    remote->progress.blocks_present++;
    /* Most blocks are raw leaves, which need not be read. */
    if (!status && job->cid.codec != CID_RAW) {
        status = store_get(remote->store, &job->cid, &data);
        if (!status)
            status = dag_links(&job->cid, buffer_view(&data), add_link, job);
    }
    buffer_free(&data);
    return status;
}

/* A block that is here, or a fetch to come. Takes job over. A status other than
 * 0 ends the retrieval. */
static int visit(struct remote *remote, struct job *job)
{
    size_t size;
    int status;

    if (job->depth > DAG_DEPTH_MAX) {
        status = err_set(ERR_LIMIT, "the DAG is deeper than the limit of %d",
                         DAG_DEPTH_MAX);
    } else if (store_has(remote->store, &job->cid, &size)) {
        status = visit_present(remote, job, size);
    } else {
        job->next = remote->to_fetch;
        remote->to_fetch = job;
        remote->progress.blocks_wanted++;
        return 0;
    }
    free(job);
    return status;
}

/* ---- fetching ---- */

/* The best source that has not been asked for this block: few strikes, then
 * few misses, then the order given. */
static struct source *choose_source(struct remote *remote, struct job *job)
{
    struct source *best = NULL;

    for (size_t i = 0; i < remote->source_count; i++) {
        struct source *source = &remote->sources[i];

        if (job->tried & 1u << i || source->strikes >= REMOTE_STRIKES_MAX)
            continue;
        if (!best || source->strikes < best->strikes ||
            (source->strikes == best->strikes &&
             source->misses < best->misses)) {
            best = source;
            job->source = (unsigned)i;
        }
    }
    return best;
}

static void fetched(void *user, int status, struct http_response *response);

/* Ask the next source; none left is the block's failure, and with it the
 * retrieval's. Takes job over. */
static int fetch(struct remote *remote, struct job *job)
{
    static const char *const headers[] = {"Accept: application/vnd.ipld.raw",
                                          NULL};
    struct http_request request = {
        .headers = headers,
        /* The client cuts off what a source sends beyond that. */
        .limit_bytes = STORE_BLOCK_SIZE_MAX,
        .timeout_ms = remote->block_time_limit_ms,
    };
    struct source *source = choose_source(remote, job);
    char *url;

    if (!source) {
        /* The text of the last failure says why; before any, there were only
         * sources that had struck out. */
        int status = job->failure ? job->failure : ERR_NOT_FOUND;

        if (!job->tried)
            status = err_set(ERR_NETWORK, "no source is left to ask");
        err_add(status, "block %s: none of %zu sources gave it",
                CID_TEXT(&job->cid), remote->source_count);
        free(job);
        return status;
    }
    job->tried |= 1u << job->source;
    url = mem_format("%s/ipfs/%s?format=raw", source->url, CID_TEXT(&job->cid));
    request.url = url;
    job->call = http_client_start(source->client, &request, fetched, job);
    free(url);
    CHECK(job->call);
    job->next = remote->in_flight;
    remote->in_flight = job;
    remote->in_flight_count++;
    return 0;
}

/* Off the list of those in flight: at most PARALLEL_MAX. */
static void take_out(struct remote *remote, struct job *job)
{
    struct job **at = &remote->in_flight;

    while (*at != job)
        at = &(*at)->next;
    *at = job->next;
    job->next = NULL;
    job->call = NULL;
    remote->in_flight_count--;
}

/* What a source answered, as a status; counts its strikes and misses. 404, 410
 * and 412 are the specification's ways to say "not here". Wrong bytes are a
 * strike like any failure: the hash has caught them. */
static int judge(struct remote *remote, struct job *job, int status,
                 const struct http_response *response)
{
    struct source *source = &remote->sources[job->source];

    if (!status && response->status == 200)
        status = cid_verify(&job->cid, buffer_view(&response->body));
    else if (!status && (response->status == 404 || response->status == 410 ||
                         response->status == 412)) {
        source->misses++;
        return err_set(ERR_NOT_FOUND, "%s does not have it", source->url);
    } else if (!status) {
        status = err_set(ERR_REMOTE, "HTTP status %u", response->status);
    }
    if (status) {
        job->failure = status;
        /* What the rule forbids stays forbidden. */
        source->strikes =
            status == ERR_DENIED ? REMOTE_STRIKES_MAX : source->strikes + 1;
        err_add(status, "%s", source->url);
        log_debug("remote", "strike %u for %s", source->strikes, err_text());
    }
    return status;
}

/* A verified block: keep it, stack its links, tell the progress. Its bytes are
 * counted first, so that a DAG over the limit is not kept. */
static int take_block(struct remote *remote, struct job *job, struct bytes data)
{
    int status = count_block(remote, data.size);

    if (!status)
        status = store_put_hashed(remote->store, &job->cid, data);
    if (!status)
        status = dag_links(&job->cid, data, add_link, job);
    if (status)
        return status;
    remote->progress.blocks++;
    remote->progress.blocks_wanted--;
    remote->progress.bytes += data.size;
    if (remote->on_progress)
        remote->on_progress(remote->user, &remote->progress);
    return 0;
}

static void fetched(void *user, int status, struct http_response *response)
{
    struct job *job = user;
    struct remote *remote = job->remote;

    CHECK_MAGIC(remote, REMOTE_MAGIC);
    CHECK(!remote->ended && remote->in_flight_count > 0);
    take_out(remote, job);
    if (judge(remote, job, status, response)) {
        status = fetch(remote, job);
    } else {
        status = take_block(remote, job, buffer_view(&response->body));
        free(job);
    }
    /* The progress callback may have cancelled. */
    if (status && !remote->ended)
        end(remote, status);
    else
        go_on(remote);
}

static void on_slice(uv_timer_t *timer)
{
    struct remote *remote = timer->data;
    struct job *job;
    int status = 0;

    CHECK_MAGIC(remote, REMOTE_MAGIC);
    /* What is here first: its links may be what is fetched next. */
    for (int i = 0; i < SLICE_VISITS && remote->to_visit && !status; i++) {
        job = remote->to_visit;
        remote->to_visit = job->next;
        status = visit(remote, job);
    }
    while (!status && remote->to_fetch &&
           remote->in_flight_count < remote->parallel) {
        job = remote->to_fetch;
        remote->to_fetch = job->next;
        status = fetch(remote, job);
    }
    if (status)
        end(remote, status);
    /* Neither means: answers are under way, and go on from there. */
    else if (remote->to_visit)
        go_on(remote);
    else if (!remote->in_flight && !remote->to_fetch)
        complete(remote);
}

/* Both limits are hard: one block's is the HTTP call's, this is the whole's. */
static void on_limit(uv_timer_t *timer)
{
    end(timer->data,
        err_set(ERR_TIMEOUT, "the retrieval took longer than its time limit"));
}

/* ---- the beginning ---- */

/* url_parse() takes ws:// as well, which is no place to fetch from. A query or
 * a fragment would swallow what is appended to the URL. */
static int check_url(const char *text)
{
    struct url url;
    int status = url_parse(bytes_text(text), &url);

    if (!status && strncmp(url.scheme, "http", 4) != 0)
        status = err_set(ERR_INVALID, "%s is not an http or https URL", text);
    if (!status && strpbrk(text, "?#"))
        status = err_set(ERR_INVALID,
                         "%s: a base URL has neither query nor fragment", text);
    return status;
}

/* ERR_INVALID, ERR_RANGE: what the caller can have got wrong. */
static int copy_sources(struct remote *remote,
                        const struct remote_options *options)
{
    if (!options->source_count || options->source_count > REMOTE_SOURCES_MAX)
        return err_set(ERR_RANGE, "%zu sources; 1 to %d are possible",
                       options->source_count, REMOTE_SOURCES_MAX);
    for (size_t i = 0; i < options->source_count; i++) {
        const struct remote_source *source = &options->sources[i];
        int status = check_url(source->url);

        CHECK(source->rule);
        if (status)
            return status;
        struct bytes text = bytes_trim_right(bytes_text(source->url), '/');
        remote->sources[i].url =
            mem_format("%.*s", (int)text.size, (const char *)text.data);
        remote->sources[i].rule = *source->rule;
        remote->source_count = i + 1;
    }
    return 0;
}

/* One client for each rule, because a client has one. */
static void open_clients(struct remote *remote)
{
    for (size_t i = 0; i < remote->source_count; i++) {
        struct source *source = &remote->sources[i];

        for (size_t j = 0; j < i && !source->client; j++)
            if (remote->sources[j].rule.allows == source->rule.allows &&
                remote->sources[j].rule.user == source->rule.user)
                source->client = remote->sources[j].client;
        source->owns_client = !source->client;
        if (source->owns_client)
            source->client = http_client_new(remote->loop, &source->rule);
    }
}

/* The first slice runs from the loop, so done is never called from within
 * remote_fetch(). */
static void start_timers(struct remote *remote, uint32_t time_limit_ms)
{
    CHECK(!uv_timer_init(remote->loop, &remote->limit));
    CHECK(!uv_timer_init(remote->loop, &remote->slice));
    remote->limit.data = remote->slice.data = remote;
    remote->handles_open = 2;
    uv_timer_start(&remote->limit, on_limit,
                   time_limit_ms ? time_limit_ms : REMOTE_TIME_LIMIT_MS, 0);
    go_on(remote);
}

int remote_fetch(uv_loop_t *loop, struct store *store, const struct cid *root,
                 const struct remote_options *options, remote_done *done,
                 void *user, struct remote **out)
{
    struct remote *remote = mem_zero(1, sizeof(*remote));
    int status = copy_sources(remote, options);

    CHECK(done && store);
    if (status) {
        remote_free(remote);
        return status;
    }
    remote->magic = REMOTE_MAGIC;
    remote->loop = loop;
    remote->store = store;
    remote->hold = store_hold(store);
    open_clients(remote);
    remote->seen = map_new();
    remote->size_max_bytes =
        options->size_max_bytes ? options->size_max_bytes : REMOTE_SIZE_MAX;
    remote->block_time_limit_ms = options->block_time_limit_ms
                                      ? options->block_time_limit_ms
                                      : REMOTE_BLOCK_TIME_LIMIT_MS;
    remote->parallel = options->parallel ? options->parallel : REMOTE_PARALLEL;
    if (remote->parallel > PARALLEL_MAX)
        remote->parallel = PARALLEL_MAX;
    remote->on_progress = options->progress;
    remote->done = done;
    remote->user = user;
    add_visit(remote, root, 0);
    start_timers(remote, options->time_limit_ms);
    if (out)
        *out = remote;
    return 0;
}

void remote_cancel(struct remote *remote)
{
    CHECK_MAGIC(remote, REMOTE_MAGIC);
    /* While it syncs, or is about to say how it ended, that goes ahead. */
    if (!remote->ended)
        end(remote, err_set(ERR_CANCELLED, "the retrieval was cancelled"));
}
