#include "node/task_runner_internal.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "base/memory.h"
#include "storage/collection.h"
#include "storage/pin.h"

#include <inttypes.h>
#include <stdlib.h>

#define MAGIC 0x5441534bu

/* Runtime memory of a task (runtime/memory.h). */
#define MEMORY_BUDGET_BYTES (32u << 20)

/* Closed journal entries are kept for this many rounds, for the status. */
#define JOURNAL_ROUNDS 64

/* A call has at least this long, however short the slots are. */
#define LIMIT_MS_MIN 5000
#define LIMIT_MS_MAX 3600000

#define COLLECTION_TIME_LIMIT_MS 2000

/* Evidence ends in the order it was put, so segments are wholly live or wholly
 * dead but for the oldest: copying what lives in that one costs little, and
 * what has ended is gone within the round. */
#define COLLECTION_LIVE_PERCENT 95

/* ---- callbacks still to come ---- */

void runner_depart(struct task_runner *runner)
{
    CHECK_MAGIC(runner, MAGIC);
    runner->pending++;
}

static void verdicts_free(struct verdicts *verdicts)
{
    free(verdicts->items);
    memset(verdicts, 0, sizeof(*verdicts));
}

static void round_clear(struct runner_round *round)
{
    for (size_t i = 0; i < round->peer_count; i++)
        free(round->peers[i].value);
    free(round->peers);
    free(round->own_list);
    verdicts_free(&round->submissions);
    verdicts_free(&round->lists);
    memset(round, 0, sizeof(*round));
}

static void runner_free(struct task_runner *runner)
{
    void (*stopped)(void *user) = runner->stopped;
    void *user = runner->stopped_user;

    if (runner->is_forgotten &&
        pin_task_forgotten(runner->parts->store, &runner->task, NULL) < 0)
        log_warn("node", "%s", err_text());
    for (size_t i = 0; i < ROUND_KEPT; i++)
        round_clear(&runner->rounds[i]);
    task_view_free(&runner->view);
    buffer_free(&runner->source);
    memory_free(runner->memory);
    task_log_close(runner->log);
    free(runner->executable);
    free(runner->variables);
    free(runner->error);
    runner->magic = 0;
    free(runner);
    stopped(user);
}

void runner_end_if_over(struct task_runner *runner)
{
    if (runner->state == RUNNER_STOPPING && !runner->pending &&
        !runner->worker && !runner->timer_is_open)
        runner_free(runner);
}

bool runner_arrived(struct task_runner *runner)
{
    CHECK_MAGIC(runner, MAGIC);
    CHECK(runner->pending > 0);
    runner->pending--;
    if (runner->state != RUNNER_STOPPING)
        return true;
    runner_end_if_over(runner);
    return false;
}

void runner_complain(struct task_runner *runner, const char *what)
{
    free(runner->error);
    runner->error = mem_format("%s: %s", what, err_text());
    log_warn("task", "%.8s %s", runner->task_text, runner->error);
    if (runner->log)
        task_log_line(runner->log, LOG_WARN, runner->error);
}

/* ---- memory of rounds ---- */

struct runner_round *runner_round(struct task_runner *runner, uint64_t round)
{
    struct runner_round *place = &runner->rounds[round % ROUND_KEPT];

    if (place->round_plus_one != round + 1) {
        round_clear(place);
        place->round_plus_one = round + 1;
    }
    return place;
}

const struct runner_round *runner_round_of(const struct task_runner *runner,
                                           uint64_t round)
{
    const struct runner_round *place = &runner->rounds[round % ROUND_KEPT];

    return place->round_plus_one == round + 1 ? place : NULL;
}

static int64_t tally(const struct client_entry *entry)
{
    int64_t votes = 0;

    if (!entry->is_audited)
        return 1;
    for (size_t i = 0; i < entry->vote_count; i++)
        votes += entry->votes[i].is_valid ? 1 : -1;
    return votes;
}

void runner_note_peers(struct task_runner *runner,
                       const struct client_round *answer)
{
    struct runner_round *round = runner_round(runner, answer->round);
    const struct pubkey *own = &runner->parts->wallet->staking.pubkey;
    size_t count = answer->entry_count;

    if (count > RUNNER_PEERS_MAX)
        count = RUNNER_PEERS_MAX;
    for (size_t i = 0; i < round->peer_count; i++)
        free(round->peers[i].value);
    round->peers =
        mem_resize(round->peers, (count + 1) * sizeof(*round->peers));
    round->peer_count = count;
    for (size_t i = 0; i < count; i++) {
        const struct client_entry *entry = &answer->entries[i];

        round->peers[i] = (struct peer){.key = entry->key,
                                        .value = mem_text(entry->value),
                                        .votes = tally(entry)};
        if (pubkey_equal(&entry->key, own)) {
            round->is_accused = entry->is_audited;
            snprintf(round->submission, sizeof(round->submission), "%s",
                     entry->value);
        }
    }
}

uint32_t runner_limit_ms(const struct task_runner *runner, uint64_t slots)
{
    uint64_t limit_ms = slots * runner->parts->slot_ms;

    if (limit_ms < LIMIT_MS_MIN)
        return LIMIT_MS_MIN;
    return limit_ms < LIMIT_MS_MAX ? (uint32_t)limit_ms : LIMIT_MS_MAX;
}

/* ---- the task's state ---- */

static void on_view(void *user, int status, const struct client_task *task)
{
    struct task_runner *runner = user;

    runner->is_viewing = false;
    if (!runner_arrived(runner))
        return;
    if (status == 0)
        status = task_view_take(&runner->view, task);
    if (status < 0) {
        if (!runner->view.is_known)
            runner_complain(runner, "can't read the task's state");
        runner_advance(runner);
        return;
    }
    runner->view_wanted_slot =
        runner->slot + runner->view.clock.round_time / 16 + 1;
    runner_look_at_claims(runner);
    runner_advance(runner);
}

void runner_ask_view(struct task_runner *runner)
{
    if (runner->is_viewing)
        return;
    runner->is_viewing = true;
    runner_depart(runner);
    client_task_state(runner->parts->client, &runner->task,
                      CLIENT_TASK_STAKES | CLIENT_TASK_BALANCES, on_view,
                      runner);
}

void runner_want_view(struct task_runner *runner)
{
    runner->view_wanted_slot = runner->slot;
}

struct task_runner *task_runner_new(const struct node_parts *parts,
                                    const struct node_task_options *options)
{
    struct task_runner *runner = mem_zero(1, sizeof(*runner));
    char *folder;

    runner->magic = MAGIC;
    runner->parts = parts;
    runner->task = options->task;
    base58_key(options->task.bytes, runner->task_text);
    runner->stake_wanted = options->stake_roe;
    if (options->executable && options->executable[0])
        runner->executable = mem_text(options->executable);
    runner->variables =
        mem_text(options->variables ? options->variables : "{}");
    runner->slot = parts->slot;
    runner->memory = memory_new(MEMORY_BUDGET_BYTES);
    round_progress_init(&runner->progress, &parts->wallet->staking.pubkey,
                        &runner->task);
    CHECK(!uv_timer_init(parts->loop, &runner->timer));
    runner->timer.data = runner;
    runner->timer_is_open = true;

    folder = mem_format("%s/namespace/%s", parts->options->folder,
                        runner->task_text);
    if (file_make_folder(folder, 0700) < 0 ||
        task_log_open(folder, &runner->log) < 0)
        log_warn("task", "%.8s has no log: %s", runner->task_text, err_text());
    free(folder);
    runner_ask_view(runner);
    return runner;
}

/* ---- slots ---- */

struct collection_job {
    uv_work_t work;
    struct task_runner *runner;
    struct collection_result result;
    int status;
};

static void collection_work(uv_work_t *work)
{
    static const struct collection_options options = {
        .time_limit_ms = COLLECTION_TIME_LIMIT_MS,
        .live_max_percent = COLLECTION_LIVE_PERCENT,
    };
    struct collection_job *job = work->data;

    job->status =
        collection_run(job->runner->parts->store, &options, &job->result);
}

static void collection_done(uv_work_t *work, int status)
{
    struct collection_job *job = work->data;
    struct task_runner *runner = job->runner;

    runner->is_collecting = false;
    if (job->status == 0)
        log_info("store",
                 "collected %" PRIu64 " blocks, %" PRIu64 " bytes freed",
                 job->result.blocks_freed, job->result.bytes_freed);
    else
        log_warn("store", "the collection failed");
    free(job);
    (void)runner_arrived(runner);
}

static void collect(struct task_runner *runner)
{
    struct collection_job *job;

    if (runner->is_collecting)
        return;
    runner->is_collecting = true;
    job = mem_zero(1, sizeof(*job));
    job->work.data = job;
    job->runner = runner;
    runner_depart(runner);
    CHECK(!uv_queue_work(runner->parts->loop, &job->work, collection_work,
                         collection_done));
}

/* Ends of retention, and the journal's. */
static void begin_round(struct task_runner *runner, uint64_t round)
{
    const struct node_parts *parts = runner->parts;
    uint64_t ended = 0;

    log_info("task", "%.8s round %" PRIu64 " has begun", runner->task_text,
             round);
    runner->round = round;
    runner->has_round = true;
    if (pin_round_began(parts->store, &runner->task, round, &ended) < 0)
        log_warn("store", "%s", err_text());
    else if (ended)
        collect(runner);
    if (round > JOURNAL_ROUNDS && journal_forget(parts->journal, &runner->task,
                                                 round - JOURNAL_ROUNDS) < 0)
        log_warn("journal", "%s", err_text());
    memory_expire(runner->memory, clock_monotonic_ms());
    runner_want_view(runner);
}

void task_runner_slot(struct task_runner *runner, uint64_t slot)
{
    struct round_moment at;

    CHECK_MAGIC(runner, MAGIC);
    if (runner->state == RUNNER_STOPPING || slot <= runner->slot)
        return;
    runner->slot = slot;
    if (!runner->view.is_known || round_at(&runner->view.clock, slot, &at) < 0)
        return;
    if (!runner->has_round || at.round != runner->round)
        begin_round(runner, at.round);
    if (slot >= runner->view_wanted_slot)
        runner_ask_view(runner);
    duty_start_all(runner);
}

void task_runner_claim(struct task_runner *runner)
{
    CHECK_MAGIC(runner, MAGIC);
    runner->claim_wanted = true;
    if (runner->state != RUNNER_STOPPING)
        runner_ask_view(runner);
}

/* ---- the end ---- */

static void on_timer_closed(uv_handle_t *handle)
{
    struct task_runner *runner = handle->data;

    runner->timer_is_open = false;
    runner_end_if_over(runner);
}

void task_runner_stop(struct task_runner *runner, void (*done)(void *user),
                      void *user)
{
    CHECK_MAGIC(runner, MAGIC);
    CHECK(runner->state != RUNNER_STOPPING);
    runner->state = RUNNER_STOPPING;
    runner->worker_is_ready = false;
    runner->stopped = done;
    runner->stopped_user = user;
    uv_close((uv_handle_t *)&runner->timer, on_timer_closed);
    if (runner->worker)
        worker_stop(runner->worker);
}

bool task_runner_is_stopping(const struct task_runner *runner)
{
    return runner->state == RUNNER_STOPPING;
}

void task_runner_forget(struct task_runner *runner)
{
    runner->is_forgotten = true;
}

const struct pubkey *task_runner_task(const struct task_runner *runner)
{
    return &runner->task;
}

const char *task_runner_name(const struct task_runner *runner)
{
    return runner->view.name;
}

bool task_runner_is_running(const struct task_runner *runner)
{
    return runner->state == RUNNER_RUNNING;
}
