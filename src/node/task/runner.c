/*
 * A runner's life: its callbacks counted, its beginning and its end.
 *
 * A runner is freed when nothing can call back: every callback that will come
 * (from the client, the sender, the worker, the thread pool) is counted in
 * pending between runner_depart() and runner_arrived(). A stopping runner is
 * freed when that is zero and its worker and timer are gone, so no callback
 * ever finds it freed, and none has to be taken back.
 *
 * Callbacks are counted and not cancelled, because cancelling needs a handle
 * for each call, and a promise of every module that nothing comes afterwards. A
 * count needs one rule, which every callback here follows in its first lines.
 * The price is that a runner stops only as fast as its slowest call;
 * node_stop() frees the client, which ends those at once.
 *
 * The memory of rounds is for deciding and for showing. It is a ring over the
 * rounds, like the round clock's, so it can't grow with the life of a task.
 *
 * What happens with time happens on slots: the state is read again every
 * sixteenth of a round, pins and journal entries end with a round's beginning.
 * An endpoint that is silent makes a runner wait; it does not make it guess.
 */
#include "node/task/runner.h"

#include "base/check.h"
#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "base/memory.h"
#include "runtime/wire/message.h"
#include "storage/keep/store_async.h"

#include <inttypes.h>
#include <stdlib.h>

#define MAGIC 0x5441534bu

/* Runtime memory of a task (runtime/host/memory.h). It is the runner's and not
 * the worker's, so that a worker that is replaced finds its sessions again. */
#define MEMORY_BUDGET_BYTES (32u << 20)

/* Bodies of a task's requests under way: two files of the largest size at a
 * time, and room for many small ones. */
#define REQUESTS_BUDGET_BYTES (2ull * MESSAGE_PAYLOAD_MAX)

/* A call has at least this long, however short the slots are; and an hour at
 * most, however long the round is. */
#define LIMIT_MS_MIN 5000
#define LIMIT_MS_MAX 3600000

void runner_check(const struct task_runner *runner)
{
    CHECK_MAGIC(runner, MAGIC);
}

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

    CHECK(stopped && !runner->pending && !runner->worker.process);
    round_memory_clear(&runner->rounds.records);
    task_view_free(&runner->view);
    buffer_free(&runner->loader.source);
    memory_free(runner->worker.memory);
    task_log_close(runner->log);
    free(runner->loader.executable);
    free(runner->loader.variables);
    free(runner->error);
    runner->magic = 0;
    free(runner);
    stopped(user);
}

static void on_forgotten(void *user, int status)
{
    if (status)
        log_warn("store", "%s", err_text());
    (void)runner_arrived(user);
}

/* Asked after everything that might have been the last. Pins of a forgotten
 * task go now, when nothing can add one. */
void runner_end_if_over(struct task_runner *runner)
{
    CHECK_MAGIC(runner, MAGIC);
    if (runner->state != RUNNER_STOPPING || runner->pending ||
        runner->worker.process || runner->loader.timer_is_open)
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

/* Compared with the last one only. */
void runner_complain_if_new(struct task_runner *runner, const char *what)
{
    CHECK_MAGIC(runner, MAGIC);
    char *text = mem_format("%s: %s", what, err_text());

    if (!runner->error || strcmp(text, runner->error) != 0)
        runner_complain(runner, what);
    free(text);
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
void runner_forget_rounds(struct task_runner *runner)
{
    CHECK_MAGIC(runner, MAGIC);
    round_memory_clear(&runner->rounds.records);
    round_progress_init(&runner->rounds.progress,
                        signer_staking(runner->parts->signer), &runner->task);
    runner->rounds.has_round = false;
    runner->rounds.has_listed = false;
}

/* A task's windows are laid down for its life. So an endpoint that gives others
 * errs now or has erred before; the newer answer counts, as for everything
 * else. */
int runner_take_view(struct task_runner *runner, const struct client_task *task)
{
    struct round_clock before = runner->view.clock;
    bool was_known = runner->view.is_known;
    int status = task_view_take(&runner->view, task);

    if (status)
        return status;
    if (!was_known || round_clock_equal(&before, &runner->view.clock)) {
        runner->rounds.agreeing_views++;
        return 0;
    }
    runner->rounds.agreeing_views = 1;
    err_set(ERR_INVALID, "the endpoint gives it other windows than before");
    runner_complain(runner, "the task's rounds begin anew");
    runner_forget_rounds(runner);
    return 0;
}

/* A failed look keeps what is known; view_came() may ask again. */
static void on_view(void *user, int status, const struct client_task *task)
{
    struct task_runner *runner = user;

    CHECK(runner->loader.is_viewing);
    runner->loader.is_viewing = false;
    if (!runner_arrived(runner))
        return;
    if (!status)
        status = runner_take_view(runner, task);
    if (!status)
        runner->loader.view_wanted_slot =
            runner->rounds.slot + runner->view.clock.round_time / 16 + 1;
    runner->events->view_came(runner, status);
}

/* One at a time: several askers share the answer. Stakes and balances come with
 * it: they are what most questions are about. */
void runner_ask_view(struct task_runner *runner)
{
    CHECK_MAGIC(runner, MAGIC);
    if (runner->loader.is_viewing)
        return;
    runner->loader.is_viewing = true;
    runner_depart(runner);
    client_task_state(runner->parts->client, &runner->task,
                      CLIENT_TASK_STAKES | CLIENT_TASK_BALANCES, on_view,
                      runner);
}

/* At the next slot; several wishes make one call. */
void runner_want_view(struct task_runner *runner)
{
    runner->loader.view_wanted_slot = runner->rounds.slot;
}

/* ---- beginning and end ---- */

/* The timer is opened here and closed by runner_stop(). */
struct task_runner *runner_new(const struct node_parts *parts,
                               const struct node_task_options *options,
                               const struct runner_events *events)
{
    struct task_runner *runner = mem_zero(1, sizeof(*runner));

    runner->magic = MAGIC;
    runner->events = events;
    runner->parts = parts;
    runner->task = options->task;
    base58_key(options->task.bytes, runner->task_text);
    runner->money.stake_wanted = options->stake_roe;
    if (options->executable && options->executable[0])
        runner->loader.executable = mem_text(options->executable);
    runner->loader.variables =
        mem_text(options->variables ? options->variables : "{}");
    runner->rounds.slot = parts->slot;
    runner->worker.memory = memory_new(MEMORY_BUDGET_BYTES);
    runner->worker.budget = (struct budget){
        .name = "this task's requests", .limit_bytes = REQUESTS_BUDGET_BYTES};
    signer_list_account(parts->signer, &runner->task,
                        &runner->rounds.list_account);
    round_progress_init(&runner->rounds.progress, signer_staking(parts->signer),
                        &runner->task);
    CHECK(!uv_timer_init(parts->loop, &runner->loader.timer));
    runner->loader.timer.data = runner;
    runner->loader.timer_is_open = true;

    char *folder = mem_format("%s/namespace/%s", parts->options->folder,
                              runner->task_text);
    if (file_make_folder(folder, 0700) < 0 ||
        task_log_open(folder, &runner->log) < 0)
        log_warn("task", "%.8s has no log: %s", runner->task_text, err_text());
    free(folder);
    return runner;
}

/* The timer is closed once, by runner_stop(). */
static void on_timer_closed(uv_handle_t *handle)
{
    struct task_runner *runner = handle->data;

    runner->loader.timer_is_open = false;
    runner_end_if_over(runner);
}

/* Calls under way end with the worker; the rest by themselves. */
void runner_stop(struct task_runner *runner, void (*stopped)(void *user),
                 void *user)
{
    CHECK_MAGIC(runner, MAGIC);
    CHECK(runner->state != RUNNER_STOPPING);
    runner->state = RUNNER_STOPPING;
    runner->worker.is_ready = false;
    runner->stopped = stopped;
    runner->stopped_user = user;
    uv_close((uv_handle_t *)&runner->loader.timer, on_timer_closed);
    if (runner->worker.process)
        host_stop(runner->worker.process);
}
