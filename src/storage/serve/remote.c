/*
 * A retrieval is a stack of CIDs to visit and a few requests in flight. Blocks
 * of the store are read for their links; for missing ones, one source after
 * another is asked. Slices on the pool (remote_slice.c) look up and store
 * blocks, one slice at a time; what comes meanwhile is in the next slice.
 *
 * Blocks are fetched one by one and not in a CAR: each block is verified before
 * the next is asked for, blocks come from several sources at once, a source
 * that lies costs one block and not the archive, and present blocks are not
 * sent again. The price is a round trip for each level, which several requests
 * in parallel hide.
 *
 * A want moves through the lists: to_visit → slice → (here) freed, or to_fetch
 * → in_flight → arrived → slice → freed, or back to a fetch from the next
 * source. The walk is depth first and newest first, so the stack stays small.
 * Blocks that have arrived count as in flight until they are stored, which
 * bounds the bytes in memory.
 *
 * There are two ways to finish(): end() for failures, through a timer, so that
 * done is never called from within a call; and complete() when all is here,
 * through a sync on the pool. A running slice is waited for. A retrieval holds
 * the store until then, so that no collection takes what it has fetched.
 *
 * A retrieval does not remember which sources were good, and does not ask two
 * sources for one block at a time.
 */
#include "storage/serve/remote.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/map.h"
#include "base/memory.h"
#include "storage/keep/dag_walk.h"
#include "storage/keep/store_async.h"
#include "storage/serve/remote_slice.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* "remo". */
#define REMOTE_MAGIC 0x72656d6fu
/* More requests at once than this is no kindness to a peer, and the gain is
 * gone long before. */
#define PARALLEL_MAX 64

/* Visits of one slice: some milliseconds of a thread. */
#define SLICE_VISITS 256

/* How often requests in flight are looked at for their time: a source may be
 * late by so much. */
#define PATIENCE_TICKS 8

/* How one source has done so far. */
struct standing {
    struct source *source;
    /* Failures and lies; at REMOTE_STRIKES_MAX it is not asked again. */
    unsigned strikes;
    /* Blocks that it did not have: no fault, but asked later. */
    unsigned misses;
};

/* 1. Each want is in exactly one list, or in the hands of a function that
 *    "takes it over".
 * 2. Once ended, no list grows and only slice may have wants left; done is
 *    still to come.
 * 3. While working, slice is the pool's.
 * 4. Freed when all timers are closed, after done has returned. */
struct remote {
    unsigned magic;
    uv_loop_t *loop;
    struct store *store;
    /* From the beginning until done takes it over. */
    struct store_hold *hold;
    struct standing sources[REMOTE_SOURCES_MAX];
    size_t source_count;
    /* As in the options, with defaults. */
    uint64_t size_max_bytes;
    uint32_t block_time_limit_ms;
    unsigned parallel;

    struct want *to_visit, *to_fetch, *in_flight, *arrived, *slice;
    /* Wants of to_visit that the slice has not room for come later; those in
     * flight or arrived are parallel at most. */
    unsigned in_flight_count, arrived_count;
    bool working;
    /* CIDs that were stacked once: none is visited twice. */
    struct map *seen;
    /* The size of all blocks so far, fetched or present; at most
     * size_max_bytes. */
    uint64_t dag_bytes;
    struct remote_progress progress;

    /* limit: for the whole. patience: for each request. step: due at once,
     * whenever there is something to do. */
    uv_timer_t limit, patience, step;
    /* Timers not closed yet; the last one frees. */
    unsigned handles_open;
    bool ended;
    /* How the retrieval ended, with its text. */
    int status;
    char error[ERR_TEXT_SIZE];
    void (*on_progress)(void *user, const struct remote_progress *progress);
    remote_done *done;
    void *user;
};

/* ---- the end ---- */

/* Those of a list, which is empty then. */
static void free_wants(struct want **list)
{
    while (*list) {
        struct want *want = *list;

        *list = want->next;
        remote_slice_free(want);
    }
}

static void handle_closed(uv_handle_t *handle)
{
    struct remote *remote = handle->data;

    CHECK(remote->handles_open > 0);
    if (--remote->handles_open)
        return;
    map_free(remote->seen);
    remote->magic = 0;
    free(remote);
}

/* Report, and begin to close. done may not use the retrieval when it returns.
 */
static void finish(struct remote *remote)
{
    uv_timer_t *const timers[] = {&remote->limit, &remote->patience,
                                  &remote->step};

    CHECK(!remote->in_flight && !remote->working);
    if (remote->status)
        err_set(remote->status, "%s", remote->error);
    remote->done(remote->user, remote->status, &remote->progress, remote->hold);
    for (size_t i = 0; i < sizeof(timers) / sizeof(timers[0]); i++)
        uv_close((uv_handle_t *)timers[i], handle_closed);
}

static void on_finish(uv_timer_t *timer)
{
    finish(timer->data);
}

/* Nothing goes on after this but the call of done, from the loop: at once, or
 * when the slice under way has ended. The text of the error is kept, because
 * others will be set until then. */
static void end(struct remote *remote, int status)
{
    CHECK(!remote->ended);
    remote->ended = true;
    remote->status = status;
    if (status)
        snprintf(remote->error, sizeof(remote->error), "%s", err_text());
    for (struct want *want = remote->in_flight; want; want = want->next) {
        struct source *source = remote->sources[want->source].source;

        source->cancel(source, want->request);
    }
    free_wants(&remote->in_flight);
    free_wants(&remote->arrived);
    free_wants(&remote->to_fetch);
    free_wants(&remote->to_visit);
    uv_timer_stop(&remote->limit);
    uv_timer_stop(&remote->patience);
    uv_timer_stop(&remote->step);
    if (!remote->working)
        uv_timer_start(&remote->step, on_finish, 0, 0);
}

static int sync_store(void *user)
{
    struct remote *remote = user;

    return store_sync(remote->store);
}

static void synced(void *user, int status)
{
    struct remote *remote = user;

    remote->working = false;
    remote->status = status;
    if (status)
        snprintf(remote->error, sizeof(remote->error), "%s", err_text());
    finish(remote);
}

/* All is here: make it durable. */
static void complete(struct remote *remote)
{
    CHECK(!remote->ended && !remote->working);
    remote->ended = remote->working = true;
    uv_timer_stop(&remote->limit);
    uv_timer_stop(&remote->patience);
    store_async_run(remote->loop, sync_store, synced, remote);
}

static void on_step(uv_timer_t *timer);

/* Have a step run soon; starting a timer that runs already is harmless. */
static void go_on(struct remote *remote)
{
    if (!remote->ended)
        uv_timer_start(&remote->step, on_step, 0, 0);
}

/* ---- visiting and storing ---- */

/* Stack a CID unless it was stacked before. */
static void add_visit(struct remote *remote, const struct cid *cid,
                      unsigned depth)
{
    struct cid_key key;
    struct want *want;

    cid_key(cid, &key);
    if (map_put(remote->seen, bytes_make(key.data, key.size), remote))
        return;
    want = mem_zero(1, sizeof(*want));
    want->remote = remote;
    want->cid = *cid;
    want->depth = depth;
    want->next = remote->to_visit;
    remote->to_visit = want;
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

/* Stack what a block links to. */
static int add_links(struct remote *remote, const struct want *want)
{
    struct cid link;

    if (want->links.size && want->depth == DAG_DEPTH_MAX)
        return err_set(ERR_LIMIT, "the DAG is deeper than the limit of %d",
                       DAG_DEPTH_MAX);
    for (size_t at = 0; at < want->links.size; at += sizeof(link)) {
        memcpy(&link, want->links.data + at, sizeof(link));
        add_visit(remote, &link, want->depth + 1);
    }
    return 0;
}

static int fetch(struct remote *remote, struct want *want);
static void strike(struct remote *remote, struct want *want, int status);

static void report_progress(struct remote *remote)
{
    if (remote->on_progress)
        remote->on_progress(remote->user, &remote->progress);
}

/* A want as the slice has left it. Takes it over. A status other than 0 ends
 * the retrieval. */
static int absorb(struct remote *remote, struct want *want)
{
    int status = 0;

    switch (want->state) {
    case WANT_ABSENT:
        want->next = remote->to_fetch;
        remote->to_fetch = want;
        remote->progress.blocks_wanted++;
        return 0;
    case WANT_LIE:
        strike(remote, want, err_set(want->status, "%s", want->error));
        return fetch(remote, want);
    case WANT_PRESENT:
        remote->progress.blocks_present++;
        status = count_block(remote, want->size);
        break;
    case WANT_STORED:
        remote->progress.blocks++;
        remote->progress.blocks_wanted--;
        remote->progress.bytes += want->size;
        report_progress(remote);
        break;
    default:
        status = err_set(want->status, "%s", want->error);
        break;
    }
    /* The progress callback may have cancelled. */
    if (!status && !remote->ended)
        status = add_links(remote, want);
    remote_slice_free(want);
    return status;
}

static int work_slice(void *user)
{
    struct remote *remote = user;

    remote_slice_work(remote->store, remote->slice);
    return 0;
}

static void slice_done(void *user, int unused)
{
    struct remote *remote = user;
    int status = 0;

    CHECK_MAGIC(remote, REMOTE_MAGIC);
    remote->working = false;
    while (remote->slice && !remote->ended) {
        struct want *want = remote->slice;

        remote->slice = want->next;
        status = absorb(remote, want);
        if (status && !remote->ended)
            end(remote, status);
    }
    free_wants(&remote->slice);
    if (remote->ended)
        uv_timer_start(&remote->step, on_finish, 0, 0);
    else
        go_on(remote);
}

/* What has arrived, then visits, up to a slice's size. False: nothing to do. */
static bool begin_slice(struct remote *remote)
{
    CHECK(!remote->working && !remote->slice);
    remote->slice = remote->arrived;
    remote->arrived = NULL;
    remote->arrived_count = 0;
    for (int i = 0; i < SLICE_VISITS && remote->to_visit; i++) {
        struct want *want = remote->to_visit;

        remote->to_visit = want->next;
        want->next = remote->slice;
        remote->slice = want;
    }
    if (!remote->slice)
        return false;
    remote->working = true;
    store_async_run(remote->loop, work_slice, slice_done, remote);
    return true;
}

/* ---- fetching ---- */

/* The best source that has not been asked for this block: few strikes, then
 * few misses, then the order given. */
static struct source *choose_source(struct remote *remote, struct want *want)
{
    struct standing *best = NULL;

    for (size_t i = 0; i < remote->source_count; i++) {
        struct standing *standing = &remote->sources[i];

        if (want->tried & 1u << i || standing->strikes >= REMOTE_STRIKES_MAX)
            continue;
        if (!best || standing->strikes < best->strikes ||
            (standing->strikes == best->strikes &&
             standing->misses < best->misses)) {
            best = standing;
            want->source = (unsigned)i;
        }
    }
    return best ? best->source : NULL;
}

static void answered(void *user, int status, struct bytes block);

/* Ask the next source; none left is the block's failure, and with it the
 * retrieval's. Takes want over. */
static int fetch(struct remote *remote, struct want *want)
{
    struct source *source = choose_source(remote, want);

    if (!source) {
        /* The text of the last failure says why; before any, there were only
         * sources that had struck out. */
        int status = want->failure ? want->failure : ERR_NOT_FOUND;

        if (!want->tried)
            status = err_set(ERR_NETWORK, "no source is left to ask");
        err_add(status, "block %s: none of %zu sources gave it",
                CID_TEXT(&want->cid), remote->source_count);
        remote_slice_free(want);
        return status;
    }
    want->tried |= 1u << want->source;
    want->asked_ms = clock_monotonic_ms();
    want->next = remote->in_flight;
    remote->in_flight = want;
    remote->in_flight_count++;
    want->request = source->ask(source, &want->cid, remote->block_time_limit_ms,
                                answered, want);
    return 0;
}

/* Off the list of those in flight: at most PARALLEL_MAX. */
static void take_out(struct remote *remote, struct want *want)
{
    struct want **at = &remote->in_flight;

    while (*at != want)
        at = &(*at)->next;
    *at = want->next;
    want->next = NULL;
    want->request = NULL;
    remote->in_flight_count--;
}

/* Wrong bytes are a strike like any failure: the hash has caught them. */
static void strike(struct remote *remote, struct want *want, int status)
{
    struct standing *standing = &remote->sources[want->source];

    want->failure = status;
    /* What the rule forbids stays forbidden. */
    standing->strikes =
        status == ERR_DENIED ? REMOTE_STRIKES_MAX : standing->strikes + 1;
    err_add(status, "%s", standing->source->name);
    log_debug("remote", "strike %u for %s", standing->strikes, err_text());
}

/* A block, or a reason to ask the next source. It counts before it is stored,
 * so that a DAG over the limit is not kept. */
static int take_answer(struct remote *remote, struct want *want, int status,
                       struct bytes block)
{
    if (status == ERR_NOT_FOUND)
        remote->sources[want->source].misses++;
    else if (status)
        strike(remote, want, status);
    if (status)
        return fetch(remote, want);
    status = count_block(remote, block.size);
    if (status) {
        remote_slice_free(want);
        return status;
    }
    buffer_bytes(&want->data, block);
    want->size = block.size;
    want->state = WANT_ARRIVED;
    want->next = remote->arrived;
    remote->arrived = want;
    remote->arrived_count++;
    return 0;
}

static void answered(void *user, int status, struct bytes block)
{
    struct want *want = user;
    struct remote *remote = want->remote;

    CHECK_MAGIC(remote, REMOTE_MAGIC);
    CHECK(!remote->ended && remote->in_flight_count > 0);
    take_out(remote, want);
    if (!status && block.size > STORE_BLOCK_SIZE_MAX)
        status = err_set(ERR_LIMIT, "the answer has more than %u bytes",
                         STORE_BLOCK_SIZE_MAX);
    status = take_answer(remote, want, status, block);
    if (status)
        end(remote, status);
    else
        go_on(remote);
}

/* Sources keep the time limit themselves; one that does not is left waiting. */
static void on_patience(uv_timer_t *timer)
{
    struct remote *remote = timer->data;
    uint64_t now = clock_monotonic_ms();
    /* Later than the source's own limit, whose error says more. */
    uint64_t patience = remote->block_time_limit_ms +
                        remote->block_time_limit_ms / PATIENCE_TICKS;
    struct want *want = remote->in_flight, *next;
    int status = 0;

    for (; want && !status; want = next) {
        struct source *source = remote->sources[want->source].source;

        next = want->next;
        if (now - want->asked_ms < patience)
            continue;
        source->cancel(source, want->request);
        take_out(remote, want);
        strike(remote, want, err_set(ERR_TIMEOUT, "no answer in time"));
        status = fetch(remote, want);
    }
    if (status)
        end(remote, status);
}

static void on_step(uv_timer_t *timer)
{
    struct remote *remote = timer->data;
    int status = 0;

    CHECK_MAGIC(remote, REMOTE_MAGIC);
    /* What is here first: its links may be what is fetched next. */
    if (!remote->working)
        (void)begin_slice(remote);
    while (!status && remote->to_fetch &&
           remote->in_flight_count + remote->arrived_count < remote->parallel) {
        struct want *want = remote->to_fetch;

        remote->to_fetch = want->next;
        status = fetch(remote, want);
    }
    if (status)
        end(remote, status);
    /* Else a slice or answers are under way, and go on from there. */
    else if (!remote->working && !remote->in_flight && !remote->to_fetch)
        complete(remote);
}

/* This is the limit of the whole retrieval. The source has one for each
 * block. */
static void on_limit(uv_timer_t *timer)
{
    end(timer->data,
        err_set(ERR_TIMEOUT, "the retrieval took longer than its time limit"));
}

/* ---- the beginning ---- */

/* The first step runs from the loop, so done is never called from within
 * remote_fetch(). */
static void start_timers(struct remote *remote, uint32_t time_limit_ms)
{
    uint32_t tick = remote->block_time_limit_ms / PATIENCE_TICKS + 1;

    CHECK(!uv_timer_init(remote->loop, &remote->limit));
    CHECK(!uv_timer_init(remote->loop, &remote->patience));
    CHECK(!uv_timer_init(remote->loop, &remote->step));
    remote->limit.data = remote->patience.data = remote->step.data = remote;
    remote->handles_open = 3;
    uv_timer_start(&remote->limit, on_limit,
                   time_limit_ms ? time_limit_ms : REMOTE_TIME_LIMIT_MS, 0);
    uv_timer_start(&remote->patience, on_patience, tick, tick);
    go_on(remote);
}

int remote_fetch(uv_loop_t *loop, struct store *store, const struct cid *root,
                 const struct remote_options *options, remote_done *done,
                 void *user, struct remote **out)
{
    struct remote *remote;

    CHECK(done && store);
    if (!options->source_count || options->source_count > REMOTE_SOURCES_MAX)
        return err_set(ERR_RANGE, "%zu sources; 1 to %d are possible",
                       options->source_count, REMOTE_SOURCES_MAX);
    remote = mem_zero(1, sizeof(*remote));
    remote->magic = REMOTE_MAGIC;
    remote->loop = loop;
    remote->store = store;
    remote->hold = store_hold(store);
    remote->source_count = options->source_count;
    for (size_t i = 0; i < options->source_count; i++)
        remote->sources[i].source = options->sources[i];
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
