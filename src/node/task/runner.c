/*
 * A runner's life: its callbacks counted, its beginning and its end.
 *
 * A runner is freed when nothing can call back: every callback that will come
 * (from the client, the sender, the worker, the thread pool) is counted in
 * pending between runner_depart() and runner_arrived(). A stopping runner is
 * freed when that is zero and its worker and loader are gone, so no callback
 * ever finds it freed, and none has to be taken back.
 *
 * Callbacks are counted and not cancelled, because cancelling needs a handle
 * for each call, and a promise of every module that nothing comes afterwards. A
 * count needs one rule, which every callback here follows in its first lines.
 * The price is that a runner stops only as fast as its slowest call;
 * node_stop() frees the client, which ends those at once.
 *
 * What happens with time happens on slots: the state is read again every
 * sixteenth of a round, pins and journal entries end with a round's beginning.
 * An endpoint that is silent makes a runner wait; it does not make it guess.
 */
#include "node/task/runner.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "base/memory.h"
#include "node/owner/limit_book.h"
#include "node/task/runner_memory.h"
#include "node/task/task_runner.h"
#include "storage/keep/store_async.h"

#include <inttypes.h>
#include <stdlib.h>

#define MAGIC 0x5441534bu

/* A call has at least this long, however short the slots are; and an hour at
 * most, however long the round is. */
#define LIMIT_MS_MIN 5000
#define LIMIT_MS_MAX 3600000

#define MIB_SHIFT 20

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

    CHECK(stopped && !runner->pending);
    runner->events->ending(runner);
    runner_loader_free(runner->loader);
    runner_rounds_free(runner->rounds);
    runner_memory_free(runner->memory);
    runner_worker_free(runner->worker);
    http_client_close(runner->http);
    task_view_free(&runner->view);
    registry_clear(&runner->registry);
    task_log_close(runner->log);
    free(runner->error);
    runner->magic = 0;
    free(runner);
    stopped(user);
}

/* Asked after everything that might have been the last. */
void runner_end_if_over(struct task_runner *runner)
{
    CHECK_MAGIC(runner, MAGIC);
    if (runner->state != RUNNER_STOPPING || runner->pending ||
        runner_worker_is_there(runner->worker) ||
        !runner_loader_is_closed(runner->loader))
        return;
    if (runner_memory_finish(runner->memory)) {
        runner_depart(runner);
        return;
    }
    runner_free(runner);
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

/* The last one stands in the status; all of them in the logs. Takes text. */
static void complain(struct task_runner *runner, char *text)
{
    CHECK_MAGIC(runner, MAGIC);
    free(runner->error);
    runner->error = text;
    runner->is_error_over = false;
    log_warn("task", "%.8s %s", runner->task_text, runner->error);
    if (runner->log)
        task_log_line(runner->log, LOG_WARN, runner->error);
}

void runner_complain(struct task_runner *runner, const char *what)
{
    complain(runner, mem_format("%s: %s", what, err_text()));
}

void runner_complain_call(struct task_runner *runner, const char *what,
                          const struct host_result *result)
{
    CHECK(result->status);
    bool has_stack = result->stack && *result->stack;

    complain(runner,
             mem_format("%s: %s%s%s", what, result->text, has_stack ? "\n" : "",
                        has_stack ? result->stack : ""));
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

void runner_complain_bar(struct task_runner *runner, const char *what)
{
    runner_complain_if_new(runner, what);
    runner->is_error_over = true;
}

void runner_begins(struct task_runner *runner)
{
    CHECK_MAGIC(runner, MAGIC);
    if (!runner->is_error_over)
        return;
    free(runner->error);
    runner->error = NULL;
    runner->is_error_over = false;
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

/* ---- later ---- */

/* What waits for its turn of the loop. */
struct turn {
    uv_timer_t handle; /* never started */
    void (*next)(void *user);
    void *user;
};

static void on_turn(uv_handle_t *handle)
{
    struct turn *turn = handle->data;
    void (*next)(void *user) = turn->next;
    void *user = turn->user;

    free(turn);
    next(user);
}

/* A handle's close callback comes from the loop, once, whatever the loop does
 * at the moment. That is all that is wanted of the handle. */
void runner_later(struct task_runner *runner, void (*next)(void *user),
                  void *user)
{
    struct turn *turn = mem_zero(1, sizeof(*turn));

    CHECK_MAGIC(runner, MAGIC);
    turn->next = next;
    turn->user = user;
    turn->handle.data = turn;
    CHECK(!uv_timer_init(runner->parts->loop, &turn->handle));
    uv_close((uv_handle_t *)&turn->handle, on_turn);
}

/* ---- the task's state ---- */

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
    bool agrees = !was_known || round_clock_equal(&before, &runner->view.clock);
    runner_rounds_count_view(runner->rounds, agrees);
    if (agrees)
        return 0;
    err_set(ERR_INVALID, "the endpoint gives it other windows than before");
    runner_complain(runner, "the task's rounds begin anew");
    runner_rounds_forget(runner->rounds);
    return 0;
}

/* A failed look keeps what is known; view_came() may ask again. */
static void on_view(void *user, int status, const struct client_task *task)
{
    struct task_runner *runner = user;

    CHECK(runner->is_viewing);
    runner->is_viewing = false;
    if (!runner_arrived(runner))
        return;
    if (!status)
        status = runner_take_view(runner, task);
    if (!status)
        runner->view_wanted_slot = runner_rounds_slot(runner->rounds) +
                                   runner->view.clock.round_time / 16 + 1;
    runner->events->view_came(runner, status);
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
    runner->view_wanted_slot = runner_rounds_slot(runner->rounds);
}

/* An answer is old after a sixteenth of a round. */
void runner_renew_view(struct task_runner *runner)
{
    if (runner_rounds_slot(runner->rounds) >= runner->view_wanted_slot)
        runner_ask_view(runner);
}

/* ---- beginning and end ---- */

static void on_memory_saved(void *user)
{
    (void)runner_arrived(user);
}

static void open_memory(struct task_runner *runner)
{
    const struct runner_memory_options options = {
        .loop = runner->parts->loop,
        .node_folder = runner->parts->options->folder,
        .task_text = runner->task_text,
        .memory = runner_worker_memory(runner->worker),
        .log = runner->log,
        .saved = on_memory_saved,
        .user = runner,
    };

    runner->memory = runner_memory_new(&options);
}

/* For people, who ask since when: that need not be exact. */
static void note_state(struct task_runner *runner)
{
    if (runner->since_ms && runner->state == runner->noted_state &&
        runner->reason == runner->noted_reason)
        return;
    runner->noted_state = runner->state;
    runner->noted_reason = runner->reason;
    runner->since_ms = clock_unix_ms();
}

void task_runner_tick(struct task_runner *runner, uint64_t now_ms)
{
    CHECK_MAGIC(runner, MAGIC);
    note_state(runner);
    if (runner->state != RUNNER_STOPPING &&
        runner_memory_look(runner->memory, now_ms))
        runner_depart(runner);
}

/* Early, because the signing process takes a moment to answer; what needs the
 * keys asks again, and waits for them. */
static void ask_keys(struct task_runner *runner)
{
    struct signer *signer = runner->parts->signer;
    struct pubkey of_task;
    int status =
        signer_list_account(signer, &runner->task, &runner->list_account);
    int late = signer_late_list_account(signer, &runner->task,
                                        &runner->late_list_account);
    int second = signer_task_key(signer, &runner->task, &of_task);
    int third = signer_staking_kpl(signer, &of_task);

    if (status || late || second || third)
        err_clear();
}

void runner_recipe(const struct task_runner *runner, struct recipe *out)
{
    CHECK(runner->view.is_known);
    recipe_init(out, signer_main(runner->parts->signer));
    if (runner->view.is_kpl)
        recipe_use_token(out, &runner->view.token);
}

/* The loader is closed by runner_stop(). */
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
    ask_keys(runner);
    runner->loader = runner_loader_new(parts->loop, options);
    runner->own = *signer_staking(parts->signer);
    runner->is_trusted = options->is_trusted;
    runner->limits = limit_book_of(parts->limits, &options->task);
    runner->engine_wanted = options->engine != NODE_ENGINE_UNSET
                                ? options->engine
                                : parts->options->engine;
    if (runner->engine_wanted == NODE_ENGINE_UNSET)
        runner->engine_wanted = NODE_ENGINE_AUTO;
    runner->engine = runner->engine_wanted == NODE_ENGINE_NODE
                         ? NODE_ENGINE_NODE
                         : NODE_ENGINE_POND;
    runner->rounds = runner_rounds_new(signer_staking(parts->signer),
                                       &runner->task, parts->slot);
    runner->worker = runner_worker_new();

    char *folder = mem_format("%s/namespace/%s", parts->options->folder,
                              runner->task_text);
    if (file_make_folder(folder, 0700) < 0 ||
        task_log_open(folder, &runner->log) < 0)
        log_warn("task", "%.8s has no log: %s", runner->task_text, err_text());
    open_memory(runner);
    free(folder);
    return runner;
}

/* Closed once, by runner_stop(). */
static void on_loader_closed(void *user)
{
    runner_end_if_over(user);
}

/* Calls under way end with the worker; the rest by themselves. */
void runner_stop(struct task_runner *runner, void (*stopped)(void *user),
                 void *user)
{
    CHECK_MAGIC(runner, MAGIC);
    CHECK(runner->state != RUNNER_STOPPING);
    runner->state = RUNNER_STOPPING;
    runner->stopped = stopped;
    runner->stopped_user = user;
    runner_loader_close(runner->loader, on_loader_closed, runner);
    runner_worker_stop(runner->worker);
}

/* ---- limits ---- */

/* 0 is no limit, and so the largest. */
static uint64_t smaller_limit(uint64_t a, uint64_t b)
{
    return !a || (b && b < a) ? b : a;
}

uint32_t runner_cpu_percent(const struct task_runner *runner)
{
    uint64_t own = runner->limits.numbers[TASK_LIMIT_CPU];

    return (uint32_t)smaller_limit(
        own ? own : runner->parts->options->task_cpu_percent,
        runner->cpu_percent);
}

uint64_t runner_memory_bytes(const struct task_runner *runner,
                             uint64_t fallback)
{
    uint64_t own = runner->limits.numbers[TASK_LIMIT_MEMORY] << MIB_SHIFT;
    uint64_t given = runner->parts->options->worker_memory_bytes;

    return smaller_limit(own     ? own
                         : given ? given
                                 : fallback,
                         runner->memory_bytes);
}

void runner_note_walls(struct task_runner *runner, const char *missing)
{
    runner->knows_walls = true;
    runner->wall_missing = missing;
}

void runner_settle_network(struct task_runner *runner)
{
    const struct node_parts *parts = runner->parts;
    const struct address_rule *own = runner->limits.network;

    http_client_close(runner->http);
    runner->network = own ? own : parts->options->network;
    runner->http = runner->network == parts->options->network
                       ? NULL
                       : http_client_new(parts->loop, runner->network);
}

struct http_client *runner_http(const struct task_runner *runner)
{
    return runner->http ? runner->http : runner->parts->task_http;
}

uint64_t runner_disk_bytes(const struct task_runner *runner)
{
    uint64_t own = runner->limits.numbers[TASK_LIMIT_DISK] << MIB_SHIFT;

    return own ? own : runner->parts->options->task_disk_bytes;
}
