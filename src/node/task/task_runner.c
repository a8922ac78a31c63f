/*
 * A runner's life, and its memory of rounds.
 *
 * Who may free a runner: every callback that will come (from the client, the
 * sender, the worker, the thread pool) is counted in pending between
 * runner_depart() and runner_arrived(). A stopping runner is freed when that is
 * zero and its worker and timer are gone, so no callback ever finds it freed,
 * and none has to be taken back.
 *
 * Why counting and not cancelling: to take a call back needs a handle for each,
 * and every module called to promise that nothing comes afterwards. A count
 * needs one rule, which every callback here follows in its first lines. The
 * price is that a runner stops only as fast as its slowest call; node_stop()
 * frees the client, which ends those at once.
 *
 * The memory of rounds is for deciding and for showing. It is a ring over the
 * rounds, like the round clock's, so it can't grow with the life of a task.
 *
 * What happens with time happens on slots: the state is read again every
 * sixteenth of a round, pins and journal entries end with a round's beginning.
 * An endpoint that is silent makes a runner wait; it does not make it guess.
 */
#include "node/task/task_runner_internal.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "base/memory.h"
#include "storage/keep/store_async.h"

#include <inttypes.h>
#include <stdlib.h>

#define MAGIC 0x5441534bu

/* Runtime memory of a task (runtime/host/memory.h). It is the runner's and not
 * the worker's, so that a worker that is replaced finds its sessions again. */
#define MEMORY_BUDGET_BYTES (32u << 20)

/* Closed journal entries are kept for this many rounds, far more than the clock
 * looks back (ROUND_KEPT), so that "once" holds for whatever can still come
 * due. */
#define JOURNAL_ROUNDS 64

/* A call has at least this long, however short the slots are; and an hour at
 * most, however long the round is. */
#define LIMIT_MS_MIN 5000
#define LIMIT_MS_MAX 3600000

/* Per collection, of which there is at most one a round: what is left over is
 * the next one's. */
#define COLLECTION_TIME_LIMIT_MS 2000

/* Evidence ends in the order it was put, so segments are wholly live or wholly
 * dead but for the oldest: copying what lives in that one costs little, and
 * what has ended is gone within the round. */
#define COLLECTION_LIVE_PERCENT 95

/* ---- callbacks still to come ---- */

/* See the top of this file. */
void runner_depart(struct task_runner *runner)
{
    CHECK_MAGIC(runner, MAGIC);
    runner->pending++;
}

/* The last call is the owner's, when nothing here is left. */
static void runner_free(struct task_runner *runner)
{
    void (*stopped)(void *user) = runner->stopped;
    void *user = runner->stopped_user;

    CHECK(stopped && !runner->pending && !runner->worker);
    round_memory_clear(&runner->memory_of_rounds);
    task_view_free(&runner->view);
    buffer_free(&runner->source);
    memory_free(runner->memory);
    task_log_close(runner->log);
    free(runner->executable);
    free(runner->variables);
    free(runner->error);
    keypair_wipe(&runner->list_key);
    runner->magic = 0;
    free(runner);
    stopped(user);
}

static void on_forgotten(void *user, int status)
{
    if (status < 0)
        log_warn("store", "%s", err_text());
    (void)runner_arrived(user);
}

/* Asked after everything that might have been the last. Pins of a forgotten
 * task go now, when nothing can add one. */
void runner_end_if_over(struct task_runner *runner)
{
    CHECK_MAGIC(runner, MAGIC);
    if (runner->state != RUNNER_STOPPING || runner->pending || runner->worker ||
        runner->timer_is_open)
        return;
    if (!runner->is_forgotten) {
        runner_free(runner);
        return;
    }
    runner->is_forgotten = false;
    runner_depart(runner);
    store_async_forget_task(runner->parts->loop, runner->parts->store,
                            &runner->task, on_forgotten, runner);
}

/* The caller must look at the answer before it touches the runner. */
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

/* The last one stands in the status; all of them in the logs. */
void runner_complain(struct task_runner *runner, const char *what)
{
    CHECK_MAGIC(runner, MAGIC);
    free(runner->error);
    runner->error = mem_format("%s: %s", what, err_text());
    log_warn("task", "%.8s %s", runner->task_text, runner->error);
    if (runner->log)
        task_log_line(runner->log, LOG_WARN, runner->error);
}

/* Slots become milliseconds only here, for the worker's stop-watch. The number
 * of slots may be any: a task's windows are a stranger's numbers. */
uint32_t runner_limit_ms(const struct task_runner *runner, uint64_t slots)
{
    uint64_t slot_ms = runner->parts->slot_ms;

    if (slots > LIMIT_MS_MAX / slot_ms)
        return LIMIT_MS_MAX;
    return slots * slot_ms < LIMIT_MS_MIN ? LIMIT_MS_MIN
                                          : (uint32_t)(slots * slot_ms);
}

/* ---- the task's state ---- */

/* All rounds are others now, also those that duties are about which still run:
 * what such a duty finds then is an empty memory. */
static void forget_rounds(struct task_runner *runner)
{
    round_memory_clear(&runner->memory_of_rounds);
    round_progress_init(&runner->progress,
                        &runner->parts->wallet->staking.pubkey, &runner->task);
    runner->has_round = false;
    runner->has_listed = false;
}

/* A task's windows are laid down for its life. So an endpoint that gives others
 * errs now or has erred before; the newer answer counts, as for everything
 * else. */
int runner_take_view(struct task_runner *runner, const struct client_task *task)
{
    struct round_clock before = runner->view.clock;
    bool was_known = runner->view.is_known;
    int status = task_view_take(&runner->view, task);

    if (status < 0 || !was_known ||
        round_clock_equal(&before, &runner->view.clock))
        return status;
    err_set(ERR_INVALID, "the endpoint gives it other windows than before");
    runner_complain(runner, "the task's rounds begin anew");
    forget_rounds(runner);
    return 0;
}

/* Peers look for this node's evidence where its stake says. Reported once: it
 * is the operator who can do something about it. */
static void compare_address(struct task_runner *runner)
{
    const struct pubkey *own = &runner->parts->wallet->staking.pubkey;
    const char *address = task_view_address(&runner->view, own);

    if (runner->has_told_address || !address ||
        !task_view_stake(&runner->view, own) ||
        !strcmp(address, runner->parts->public_url))
        return;
    runner->has_told_address = true;
    err_set(ERR_STATE,
            "on chain it is %s, and this node is at %s; stake again to say so",
            address, runner->parts->public_url);
    runner_complain(runner, "peers don't find this node's evidence");
}

/* A failed look keeps what is known; the next slot asks again. Claims are
 * looked at before the way goes on, for they need nothing but the figures. */
static void on_view(void *user, int status, const struct client_task *task)
{
    struct task_runner *runner = user;

    CHECK(runner->is_viewing);
    runner->is_viewing = false;
    if (!runner_arrived(runner))
        return;
    if (status == 0)
        status = runner_take_view(runner, task);
    if (status < 0) {
        if (!runner->view.is_known)
            runner_complain(runner, "can't read the task's state");
        runner_advance(runner);
        return;
    }
    runner->view_wanted_slot =
        runner->slot + runner->view.clock.round_time / 16 + 1;
    compare_address(runner);
    runner_look_at_claims(runner);
    runner_advance(runner);
}

/* One at a time: several askers share the answer. Stakes and balances come with
 * it: they are what most questions are about. */
void runner_ask_view(struct task_runner *runner)
{
    CHECK_MAGIC(runner, MAGIC);
    if (runner->is_viewing)
        return;
    runner->is_viewing = true;
    runner_depart(runner);
    client_task_state(runner->parts->client, &runner->task,
                      CLIENT_TASK_STAKES | CLIENT_TASK_BALANCES, on_view,
                      runner);
}

/* At the next slot; several wishes make one call. */
void runner_want_view(struct task_runner *runner)
{
    runner->view_wanted_slot = runner->slot;
}

/* Asks for the task's state at once; everything follows from the answer. The
 * timer is opened here and closed by task_runner_stop(), so that a runner
 * always has one handle on the loop. */
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
    wallet_list_key(parts->wallet, &runner->task, &runner->list_key);
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

/* A collection that failed is tried again with the next pins that end. */
static void on_collected(void *user, int status, uint64_t pins_ended,
                         const struct collection_result *result)
{
    struct task_runner *runner = user;

    if (status < 0)
        log_warn("store", "%s", err_text());
    else if (result && result->segments_freed)
        log_info("store",
                 "collected %" PRIu64 " blocks, %" PRIu64 " bytes freed",
                 result->blocks_freed, result->bytes_freed);
    (void)runner_arrived(runner);
}

/* Ends of retention, and the journal's. Each is tried once a round and only
 * logged when it fails: the next round's attempt covers this one's. */
static void begin_round(struct task_runner *runner, uint64_t round)
{
    /* A time limit keeps it short; the next round goes on where it stopped. Of
     * several tasks one collects, or the pool would have no thread left. */
    static const struct collection_options collection = {
        .time_limit_ms = COLLECTION_TIME_LIMIT_MS,
        .live_max_percent = COLLECTION_LIVE_PERCENT,
        .only_one = true,
    };
    const struct node_parts *parts = runner->parts;

    log_info("task", "%.8s round %" PRIu64 " has begun", runner->task_text,
             round);
    runner_rest_if_inactive(runner, round);
    runner->round = round;
    runner->has_round = true;
    runner_depart(runner);
    store_async_begin_round(parts->loop, parts->store, &runner->task, round,
                            &collection, on_collected, runner);
    if (round > JOURNAL_ROUNDS && journal_forget(parts->journal, &runner->task,
                                                 round - JOURNAL_ROUNDS) < 0)
        log_warn("journal", "%s", err_text());
    memory_expire(runner->memory, clock_monotonic_ms());
    runner_want_view(runner);
}

/* Slots that went by unseen are not made up for: what is due now is due now. */
void task_runner_slot(struct task_runner *runner, uint64_t slot)
{
    struct round_moment at;

    CHECK_MAGIC(runner, MAGIC);
    if (runner->state == RUNNER_STOPPING || slot <= runner->slot)
        return;
    runner->slot = slot;
    /* Before the first answer, or before the task has begun, there is no
     * round. */
    if (!runner->view.is_known || round_at(&runner->view.clock, slot, &at) < 0)
        return;
    if (!runner->has_round || at.round != runner->round)
        begin_round(runner, at.round);
    if (slot >= runner->view_wanted_slot)
        runner_ask_view(runner);
    duty_start_all(runner);
}

/* With the next state: the figure it goes by must be fresh. */
void task_runner_claim(struct task_runner *runner)
{
    CHECK_MAGIC(runner, MAGIC);
    runner->claim_wanted = true;
    if (runner->state != RUNNER_STOPPING)
        runner_ask_view(runner);
}

/* ---- the end ---- */

/* The timer is closed once, by task_runner_stop(). */
static void on_timer_closed(uv_handle_t *handle)
{
    struct task_runner *runner = handle->data;

    runner->timer_is_open = false;
    runner_end_if_over(runner);
}

/* Calls under way end with the worker; the rest by themselves. */
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

/* Such a runner still counts as there, but takes no orders. */
bool task_runner_is_stopping(const struct task_runner *runner)
{
    CHECK_MAGIC(runner, MAGIC);
    return runner->state == RUNNER_STOPPING;
}

/* Before task_runner_stop(). */
void task_runner_forget(struct task_runner *runner)
{
    CHECK_MAGIC(runner, MAGIC);
    runner->is_forgotten = true;
}

/* Never changes. */
const struct pubkey *task_runner_task(const struct task_runner *runner)
{
    CHECK_MAGIC(runner, MAGIC);
    return &runner->task;
}

/* "" until the task's state is known. */
const char *task_runner_name(const struct task_runner *runner)
{
    CHECK_MAGIC(runner, MAGIC);
    return runner->view.name;
}

/* setup() has been called, and rounds go on. */
bool task_runner_is_running(const struct task_runner *runner)
{
    CHECK_MAGIC(runner, MAGIC);
    return runner->state == RUNNER_RUNNING;
}
