/*
 * A runner led by slots and orders: what is due is started, the task's state is
 * read again, rounds begin, and claims are looked at.
 *
 * What happens with time happens on slots: the state is read again every
 * sixteenth of a round, pins and journal entries end with a round's beginning.
 * An endpoint that is silent makes a runner wait; it does not make it guess.
 */
#include "node/task/task_runner.h"

#include "base/check.h"
#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "node/money/journal_earning.h"
#include "node/money/journal_round.h"
#include "node/owner/stopped_book.h"
#include "node/reach/koii_answer.h"
#include "node/task/koii_call.h"
#include "node/task/koii_engine.h"
#include "node/task/runner.h"
#include "node/task/task_conditions.h"
#include "node/task/task_duty.h"
#include "node/task/task_earnings.h"
#include "node/task/task_key.h"
#include "node/task/task_leave.h"
#include "node/task/task_money.h"
#include "node/task/task_more.h"
#include "node/task/task_rounds.h"
#include "node/task/task_start.h"
#include "storage/keep/store_async.h"

#include <inttypes.h>
#include <stdlib.h>

/* Closed journal entries are kept for this many rounds, far more than the clock
 * looks back (ROUND_KEPT), so that "once" holds for whatever can still come
 * due. The account book keeps more of them. */
#define JOURNAL_ROUNDS 64
#define BOOK_ROUNDS_MORE (JOURNAL_EARNING_ROUNDS_KEPT - JOURNAL_ROUNDS)

/* How long a task that is to rest is waited for, where it owes a proof: most
 * rounds are much longer, and most proofs are there at once. */
#define LAST_PROOF_MS 60000

/* ---- the task's state ---- */

/* Peers look for this node's evidence where its stake says. Reported once,
 * because only the operator can do something about it. */
static void compare_address(struct task_runner *runner)
{
    const struct pubkey *own = &runner->own;
    const char *address = task_view_address(&runner->view, own);

    if (runner->has_reported_address || !address ||
        !task_view_stake(&runner->view, own) ||
        !strcmp(address, runner->parts->public_url))
        return;
    runner->has_reported_address = true;
    err_set(ERR_STATE,
            "on chain it is %s, and this node is at %s; stake again to say so",
            address, runner->parts->public_url);
    runner_complain(runner, "peers don't find this node's evidence");
}

/* Claims are looked at before the way goes on, because they need nothing but
 * the figures. After a failed look the next slot asks again. */
static void on_view(struct task_runner *runner, int status)
{
    if (!status) {
        if (task_key_choose(runner))
            err_clear();
        compare_address(runner);
        task_earnings_look(runner);
        task_leave_look(runner);
        task_money_look_at_claims(runner);
    } else if (!runner->view.is_known) {
        runner_complain_if_new(runner, "can't read the task's state");
    }
    task_start_advance(runner);
}

/* A start may wait for it. */
static void on_metadata_came(struct task_runner *runner)
{
    if (runner->state == RUNNER_LOADING || runner->state == RUNNER_FAILED)
        task_start_advance(runner);
}

static void on_ending(struct task_runner *runner)
{
    task_more_free(runner->more);
    task_money_free(runner->money);
    koii_engine_free(runner->koii);
    task_conditions_free(runner->needs);
    task_earnings_free(runner->book);
}

/* Asks for the task's state at once; everything follows from the answer. */
struct task_runner *task_runner_new(const struct node_parts *parts,
                                    const struct node_task_options *options)
{
    static const struct runner_events events = {
        .view_came = on_view,
        .stake_ended = task_start_advance,
        .metadata_came = on_metadata_came,
        .ending = on_ending};
    struct task_runner *runner = runner_new(parts, options, &events);

    runner->money = task_money_new(options->stake_roe);
    runner->book = task_earnings_new();
    runner_ask_view(runner);
    return runner;
}

/* ---- slots ---- */

/* A collection that failed is tried again with the next pins that end. */
static void on_collected(void *user, int status, uint64_t pins_ended,
                         const struct collection_result *result)
{
    struct task_runner *runner = user;

    if (status)
        log_warn("store", "%s", err_text());
    else if (result && result->segments_freed)
        log_info("store",
                 "collected %" PRIu64 " blocks, %" PRIu64 " bytes freed",
                 result->blocks_freed, result->bytes_freed);
    (void)runner_arrived(runner);
}

/* Copied, because the runner may be gone by then. */
struct forgetting {
    struct pubkey task;
    uint64_t before_round;
};

static int write_forgetting(struct journal *journal, void *user)
{
    const struct forgetting *forgetting = user;

    int status =
        journal_forget(journal, &forgetting->task, forgetting->before_round);

    uint64_t before = forgetting->before_round;

    if (status || before <= BOOK_ROUNDS_MORE)
        return status;
    before -= BOOK_ROUNDS_MORE;
    status = journal_earning_drop(journal, &forgetting->task, before);
    if (!status)
        status = journal_round_drop(journal, &forgetting->task, before);
    return status;
}

static void on_forgetting_written(void *user, int status)
{
    if (status)
        log_warn("journal", "%s", err_text());
    free(user);
}

/* What is closed and so old that nothing can come due. */
static void forget_entries(struct task_runner *runner, uint64_t round)
{
    struct forgetting *forgetting;

    if (round <= JOURNAL_ROUNDS)
        return;
    forgetting = mem_zero(1, sizeof(*forgetting));
    forgetting->task = runner->task;
    forgetting->before_round = round - JOURNAL_ROUNDS;
    journal_writer_run(runner->parts->writer, write_forgetting,
                       on_forgetting_written, forgetting);
}

/* Ends of retention, and the journal's. Each is tried once a round and only
 * logged when it fails: the next round's attempt covers this one's. Neither can
 * be undone, so both wait for a slot that is sure, and for windows that the
 * endpoint has named twice. */
static void end_rounds(struct task_runner *runner)
{
    const struct node_parts *parts = runner->parts;
    struct round_moment at;

    if (!parts->sure_slot ||
        round_at(&runner->view.clock, parts->sure_slot, &at) < 0 ||
        !runner_rounds_end(runner->rounds, at.round))
        return;
    runner_depart(runner);
    store_async_begin_round(parts->loop, parts->store, &runner->task, at.round,
                            &collection_in_passing, on_collected, runner);
    forget_entries(runner, at.round);
}

static void begin_round(struct task_runner *runner, uint64_t round)
{
    log_info("task", "%.8s round %" PRIu64 " has begun", runner->task_text,
             round);
    task_start_rest_if_inactive(runner, round);
    if (round >= ROUND_KEPT - 1)
        task_rounds_given_up(runner, round - (ROUND_KEPT - 1));
    runner_worker_expire_memory(runner->worker);
    runner_want_view(runner);
}

/* Slots that went by unseen are not made up for: what is due now is due now. */
void task_runner_slot(struct task_runner *runner, uint64_t slot)
{
    struct round_moment at;

    runner_check(runner);
    if (runner->state == RUNNER_STOPPING ||
        !runner_rounds_advance(runner->rounds, slot))
        return;
    /* Before the first answer, or before the task has begun, there is no
     * round. */
    if (!runner->view.is_known || round_at(&runner->view.clock, slot, &at) < 0)
        return;
    if (runner_rounds_begin(runner->rounds, at.round))
        begin_round(runner, at.round);
    if (runner->state == RUNNER_RUNNING && at.round &&
        at.offset < runner->view.clock.submission_window)
        round_memory_get(runner_rounds_memory(runner->rounds), at.round - 1)
            ->was_running = true;
    end_rounds(runner);
    runner_renew_view(runner);
    task_duty_start_all(runner);
}

/* One slot less, so that the next task_runner_slot() may name this one. */
void task_runner_take_back(struct task_runner *runner, uint64_t slot)
{
    struct round_moment at;

    runner_check(runner);
    if (runner->state == RUNNER_STOPPING ||
        slot >= runner_rounds_slot(runner->rounds))
        return;
    bool is_begun =
        runner->view.is_known && round_at(&runner->view.clock, slot, &at) == 0;
    runner_rounds_forget(runner->rounds);
    runner_rounds_set(runner->rounds, slot ? slot - 1 : 0,
                      is_begun ? at.round : 0);
    runner_want_view(runner);
}

/* With the next state: the figure it goes by must be fresh. */
void task_runner_claim(struct task_runner *runner)
{
    runner_check(runner);
    task_money_claim(runner);
    if (runner->state != RUNNER_STOPPING)
        runner_ask_view(runner);
}

int task_runner_claim_number(const struct task_runner *runner, uint64_t *number)
{
    runner_check(runner);
    return task_money_claim_number(runner, number);
}

bool task_runner_wants_claim(const struct task_runner *runner)
{
    runner_check(runner);
    return task_money_wants_claim(runner);
}

void task_runner_reload(struct task_runner *runner)
{
    runner_check(runner);
    if (runner->state != RUNNER_STOPPING)
        task_start_reload(runner);
}

/* ---- requests of a process on the engine node ---- */

bool task_runner_knows(const struct task_runner *runner, const char *secret)
{
    runner_check(runner);
    return koii_engine_knows(runner, secret);
}

void task_runner_wrapper(struct task_runner *runner, struct json_object *args,
                         struct http_exchange *exchange)
{
    runner_check(runner);
    uint64_t id = 0;

    if (runner->state == RUNNER_STOPPING ||
        !runner_worker_node(runner->worker)) {
        koii_answer_message(exchange, 422, "the task is stopping");
        return;
    }
    id = runner_worker_take_request(runner->worker, exchange);
    if (id)
        koii_call_serve(runner, id, args);
    else
        koii_answer_message(exchange, 429, "the task asks more than it may");
}

/* ---- the end ---- */

/* See the header. */
void task_runner_stop(struct task_runner *runner, void (*done)(void *user),
                      void *user)
{
    runner_stop(runner, done, user);
}

/* Such a runner still counts as there, but takes no orders. */
bool task_runner_is_stopping(const struct task_runner *runner)
{
    runner_check(runner);
    return runner->state == RUNNER_STOPPING;
}

void task_runner_pause(struct task_runner *runner, struct task_rest rest,
                       uint64_t now_ms)
{
    runner_check(runner);
    if (runner->state == RUNNER_STOPPING)
        return;
    if (!runner->rest.reason)
        runner->rest_ms = now_ms;
    runner->rest = rest;
    if (rest.reason &&
        (rest.is_urgent || now_ms - runner->rest_ms >= LAST_PROOF_MS ||
         !task_duty_owes_proof(runner, LAST_PROOF_MS)))
        task_start_pause(runner);
}

/* At every tick: what is the same is not said again. */
void task_runner_limit(struct task_runner *runner, uint32_t cpu_percent,
                       uint64_t memory_bytes)
{
    runner_check(runner);
    uint32_t before = runner_cpu_percent(runner);

    runner->cpu_percent = cpu_percent;
    runner->memory_bytes = memory_bytes;
    if (runner_cpu_percent(runner) != before)
        runner_worker_limit_cpu(runner->worker, runner_cpu_percent(runner));
}

void task_runner_set_limits(struct task_runner *runner,
                            const struct task_limits *limits)
{
    runner_check(runner);
    runner->limits = *limits;
    runner_worker_limit_cpu(runner->worker, runner_cpu_percent(runner));
}

struct task_use task_runner_use(const struct task_runner *runner)
{
    runner_check(runner);
    return (struct task_use){
        .resident_bytes = runner_worker_figures(runner->worker).resident_bytes,
        .cpu_ms = runner_worker_cpu_ms(runner->worker),
    };
}

void task_runner_note_cpu(struct task_runner *runner, uint32_t percent)
{
    runner_check(runner);
    runner->cpu_used_percent = percent;
    runner->has_cpu_used = true;
}

bool task_runner_walls(const struct task_runner *runner, const char **missing)
{
    runner_check(runner);
    *missing = runner->wall_missing;
    return runner->knows_walls;
}

bool task_runner_has_moved(const struct task_runner *runner)
{
    runner_check(runner);
    return runner->view.is_known && runner->view.is_migrated;
}

/* See the header. */
void task_runner_describe(const struct task_runner *runner,
                          struct stopped_task *out)
{
    runner_check(runner);
    *out = (struct stopped_task){
        .options = {.task = runner->task,
                    .executable = runner_loader_file(runner->loader),
                    .variables = runner_loader_variables(runner->loader),
                    .engine = runner->engine_wanted,
                    .is_trusted = runner->is_trusted},
        .name = (char *)runner->view.name,
        .staking = runner->own,
    };
    if (!runner->view.is_known)
        return;
    out->starting_slot = runner->view.clock.starting_slot;
    out->round_time = runner->view.clock.round_time;
}

/* Never changes. */
const struct pubkey *task_runner_task(const struct task_runner *runner)
{
    runner_check(runner);
    return &runner->task;
}

/* "" until the task's state is known. */
const char *task_runner_name(const struct task_runner *runner)
{
    runner_check(runner);
    return runner->view.name;
}

/* setup() has been called, and rounds go on. */
bool task_runner_is_running(const struct task_runner *runner)
{
    runner_check(runner);
    return runner->state == RUNNER_RUNNING;
}

bool task_runner_keeps_for(const struct task_runner *runner,
                           const struct pubkey *key, struct pin_owner *out,
                           bool *is_own)
{
    runner_check(runner);
    if (runner->state < RUNNER_STARTING || runner->state == RUNNER_STOPPING ||
        !task_view_stake(&runner->view, key))
        return false;
    *out = retention_round(&runner->task, runner_rounds_round(runner->rounds),
                           RETENTION_ROUNDS_MIN);
    *is_own = runner->has_own && pubkey_equal(key, &runner->own);
    return true;
}
