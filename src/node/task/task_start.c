/*
 * From a known task to a running one: stake, code, worker; and back again when
 * the worker has ended.
 *
 * The order is that of what is cheap to find out. A task that has moved, is not
 * active or not staked is refused from its state alone. The stake comes before
 * the code, because a node without one could run the task but not submit; the
 * worker comes last, when its bundle is in memory.
 *
 * There is one function for all of it, task_start_advance(), which does what is
 * next and returns. A callback that brought something new (a state, a stake)
 * calls it again. So no step knows the one after it, and a failure anywhere is
 * the same: note it, wait RETRY_MS, read the state again.
 *
 * The state is cheap to read and comes at any rate. The code and the worker are
 * not cheap, so a start that failed has a back-off of its own.
 *
 * A worker that ends skips stake and state: its task was sound a moment ago. It
 * gets its code again, because a local file may have been corrected, and is
 * started after its back-off (node/task/backoff.h).
 */
#include "node/task/task_start.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "node/reach/evidence.h"
#include "node/reach/source_list.h"
#include "node/task/koii_duty.h"
#include "node/task/koii_engine.h"
#include "node/task/task_conditions.h"
#include "node/task/task_engine.h"
#include "node/task/task_host.h"
#include "node/task/task_key.h"
#include "node/task/task_money.h"
#include "node/task/task_stops.h"

#include <inttypes.h>
#include <stdlib.h>

/* Between two looks at a task that can't run, or an endpoint that is away. */
#define RETRY_MS 2000

/* How long a start waits for the task's metadata. Most have it from the source
 * of their code, which takes as long; of a few it is nowhere to be had. */
#define METADATA_WAIT_MS 10000

/* setup() belongs to no window. A task that loads something large in it is cut
 * off, and started again with back-off. */
#define SETUP_LIMIT_MS 30000

static void on_wait_over(void *user);

static void retry_later(struct task_runner *runner)
{
    runner_loader_wait(runner->loader, RETRY_MS, on_wait_over, runner);
}

/* ---- the code ---- */

/* The log has a line when the pause has grown or the error is another one: the
 * same error every minute is no news. */
static void load_failed(struct task_runner *runner, const char *what)
{
    runner->reason = TASK_REASON_LOAD_FAILED;
    if (runner_loader_start_failed(runner->loader, clock_monotonic_ms()))
        runner_complain(runner, what);
    runner_complain_bar(runner, what);
    runner->state = RUNNER_FAILED;
    retry_later(runner);
}

static void start_worker(struct task_runner *runner);

/* Verified against its CID on the way, and again by every reading. */
static void on_code(void *user, int status, struct bytes value)
{
    struct task_runner *runner = user;

    if (!runner_arrived(runner))
        return;
    if (status) {
        load_failed(runner, "can't get the task's code");
        runner->reason = TASK_REASON_CODE_MISSING;
        return;
    }
    /* The metadata may have come first. */
    if (task_engine_check(runner) < 0) {
        load_failed(runner, "can't run");
        return;
    }
    runner_loader_set_source(runner->loader, value);
    start_worker(runner);
}

/* What may have a task's code: the nodes that run it and gave an address, then
 * the operator's gateways. */
static void code_sources(struct task_runner *runner, struct source_list *list)
{
    source_list_init(list, runner->parts);
    task_view_add_peers(&runner->view, &runner->own, runner->parts, list);
    source_list_add_gateways(list, runner->parts);
}

/* A local file is read anew at every start, so that its author sees changes.
 * What is fetched is pinned while the task is known here, so the next start
 * needs no network. The sources are copied by evidence_get(). */
static int load_code(struct task_runner *runner)
{
    struct source_list sources;
    struct pin_owner owner = retention_task(&runner->task);
    int status;

    CHECK(runner->view.is_known && !runner_worker_is_there(runner->worker));
    if (runner_loader_file(runner->loader)) {
        status = runner_loader_read_file(runner->loader);
        if (!status)
            start_worker(runner);
        return status;
    }
    if (strcmp(runner->view.executable_network, "IPFS") != 0)
        return err_set(ERR_UNSUPPORTED,
                       "the task's code is on %s: give a local file",
                       runner->view.executable_network);
    status = task_engine_check(runner);
    if (status)
        return status;
    code_sources(runner, &sources);
    task_engine_ask(runner, &sources);
    status =
        evidence_get(runner->parts, &owner, NULL, runner->view.audit_program,
                     "main.js", sources.items, sources.count, on_code, runner);
    if (!status)
        runner_depart(runner);
    return status;
}

/* ---- the worker ---- */

/* A setup() that throws is the task's own affair: it may still work.
 * ERR_NOT_FOUND is a task without setup(), which is as good; ERR_STATE one
 * without any function, of which the routes may still work. */
static void on_setup(void *user, const struct host_result *result)
{
    struct task_runner *runner = user;

    if (!runner_arrived(runner))
        return;
    if (task_engine_look(runner, result))
        return;
    if (result->status && result->status != ERR_NOT_FOUND) {
        runner_complain_call(runner, "setup()", result);
        /* A limit or an end has brought the worker down with it. */
        if (result->status != ERR_REMOTE && result->status != ERR_STATE &&
            result->status != ERR_UNSUPPORTED)
            return;
    }
    runner_worker_set_ready(runner->worker, result->status != ERR_STATE);
    runner->state = RUNNER_RUNNING;
    runner->reason = TASK_REASON_NONE;
    log_info("task", "%.8s runs", runner->task_text);
}

/* A task without routes is as good; one whose routes() throws has those that
 * it had registered until then. */
static void on_routes(void *user, const struct host_result *result)
{
    if (runner_arrived(user) && result->status == ERR_REMOTE)
        runner_complain_call(user, "routes()", result);
}

/* Both are queued at once; routes() does not depend on what setup() gave. */
static void call_setup(struct task_runner *runner, struct host *worker)
{
    CHECK(!runner_worker_is_ready(runner->worker));
    if (host_call(worker, "setup", "[]", SETUP_LIMIT_MS, on_setup, runner) == 0)
        runner_depart(runner);
    if (host_call(worker, "routes", "[]", SETUP_LIMIT_MS, on_routes, runner) ==
        0)
        runner_depart(runner);
}

/* The worker has its sandbox: one that lacked a layer which the operator wants
 * would have ended before. */
static void on_ready(void *user, struct host *worker,
                     const struct host_ready *ready)
{
    struct task_runner *runner = user;
    const struct confinement *sandbox = ready->sandbox;

    if (runner->state == RUNNER_STOPPING)
        return;
    log_info("task", "%.8s worker ready after %u ms (seccomp %s, landlock %s)",
             runner->task_text, ready->start_ms,
             sandbox->seccomp ? "on" : "off", sandbox->landlock ? "on" : "off");
    runner_note_walls(runner, confinement_missing(sandbox, CONFINEMENT_WHOLE));
    call_setup(runner, worker);
}

/* Limited in rate and size by the worker's host. */
static void on_log(void *user, struct host *worker, enum log_level level,
                   const char *text)
{
    struct task_runner *runner = user;

    task_log_line(runner->log, level, text);
}

/* The process is gone, whatever it was. */
static void process_ended(struct task_runner *runner, enum task_reason code,
                          const char *text)
{
    if (runner->state == RUNNER_STOPPING) {
        runner_end_if_over(runner);
        return;
    }
    /* task_start_rest_if_inactive() or task_start_pause() has stopped it. */
    if (runner->state == RUNNER_FAILED) {
        retry_later(runner);
        return;
    }
    uint64_t wait_ms = 0;

    if (!runner->is_changing_engine && !runner->is_reloading) {
        wait_ms = runner_worker_pause_ms(runner->worker);
        err_set(ERR_CLOSED, "%s", text);
        runner_complain(runner, "worker ended");
        runner->reason = runner->end_reason = code;
        task_stops_note(runner, code, text);
    }
    runner->is_changing_engine = false;
    runner->is_reloading = false;
    log_info("task", "%.8s starts again in %" PRIu64 " s", runner->task_text,
             wait_ms / 1000);
    runner->state = RUNNER_BACKING_OFF;
    runner->next_try_ms = clock_unix_ms() + wait_ms;
    runner_loader_wait(runner->loader, wait_ms, on_wait_over, runner);
}

/* Whatever the reason: the round clock brings back what is still due. The
 * worker is freed when this returns. Its open calls have had their errors
 * before. */
static void on_ended(void *user, struct host *worker,
                     const struct host_end *end)
{
    struct task_runner *runner = user;

    runner_worker_ended(runner->worker, worker);
    process_ended(runner, task_stops_reason(end), end->text);
}

/* ---- a process of the engine node ---- */

static void koii_started(struct task_runner *runner)
{
    runner_loader_start_succeeded(runner->loader);
    runner_worker_set_ready(runner->worker, true);
    runner->state = RUNNER_RUNNING;
    runner->reason = TASK_REASON_NONE;
}

static void koii_failed(struct task_runner *runner)
{
    load_failed(runner, "can't start the worker");
}

/* Koii's node takes exit code 1 as the task's wish to be stopped. */
static void koii_ended(struct task_runner *runner, const struct koii_end *end)
{
    koii_duty_reopen(runner);
    if (end->exit_code == 1 && !end->stopped &&
        runner->state != RUNNER_STOPPING) {
        err_set(ERR_CLOSED, "it ended with exit code 1, after which Koii's "
                            "node does not start a task again; stop it, and "
                            "start it when its log shows why no longer");
        runner_complain(runner, "stopped");
        task_stops_note(runner, TASK_REASON_CRASHED, err_text());
        runner->is_halted = true;
        runner->state = RUNNER_FAILED;
        return;
    }
    process_ended(runner,
                  end->over_memory ? TASK_REASON_MEMORY_LIMIT
                                   : TASK_REASON_CRASHED,
                  end->text);
}

static const struct koii_engine_events koii_events = {
    .started = koii_started, .failed = koii_failed, .ended = koii_ended};

/* The operator's, or a default that grows with the bundle. */
static uint64_t memory_limit(const struct task_runner *runner)
{
    size_t size = runner_loader_source(runner->loader).size;

    return runner_memory_bytes(
        runner, host_memory_for(NODE_WORKER_MEMORY_DEFAULT, size));
}

/* The bundle goes over the socket: the worker needs no access to the store.
 * Everything is copied by host_start(), so the texts here may be short-lived.
 */
static void start_worker(struct task_runner *runner)
{
    const struct node_parts *parts = runner->parts;
    struct buffer variables = {0};

    runner_begins(runner);
    runner_settle_network(runner);
    if (runner->engine == NODE_ENGINE_NODE) {
        runner->state = RUNNER_STARTING;
        koii_engine_start(runner, &koii_events);
        return;
    }
    if (task_conditions_variables(runner, &variables) < 0) {
        load_failed(runner, "can't start the worker");
        return;
    }
    task_log_hide(runner->log, buffer_string(&variables));
    runner->memory_limit_bytes = memory_limit(runner);
    char *folder = mem_format("%s/namespace/%s", parts->options->folder,
                              runner->task_text);
    struct pubkey_text main = pubkey_text(signer_main(parts->signer));
    struct pubkey_text staking = pubkey_text(&runner->own);
    const struct host_options options = {
        .program = parts->options->worker_path,
        .task_id = runner->task_text,
        .task_name = runner->view.name,
        .folder = folder,
        .confinement = parts->options->confinement,
        .source = runner_loader_source(runner->loader),
        .variables = buffer_string(&variables),
        .main_account = main.text,
        .staking_account = staking.text,
        .rpc_url = client_url(parts->client),
        .node_version = KOII_NODE_VERSION,
        .limits = {.memory_bytes = runner->memory_limit_bytes,
                   .disk_bytes = runner_disk_bytes(runner),
                   .cpu_percent = runner_cpu_percent(runner)},
        .spares = parts->spares,
    };
    struct host_events events = task_host_requests;

    events.ready = on_ready;
    events.log = on_log;
    events.ended = on_ended;
    int status = runner_worker_start(runner->worker, parts->loop, &options,
                                     &events, runner);
    buffer_wipe(&variables);
    if (status) {
        load_failed(runner, "can't start the worker");
    } else {
        runner_loader_start_succeeded(runner->loader);
        runner->state = RUNNER_STARTING;
    }
    free(folder);
}

/* ---- from a known task to a running one ---- */

/* A task that waits for something else reads its code anew in any case. */
void task_start_reload(struct task_runner *runner)
{
    runner->is_halted = false;
    runner_loader_start_succeeded(runner->loader);
    if (runner_worker_is_there(runner->worker)) {
        runner->is_reloading = true;
        runner->state = RUNNER_STARTING;
        runner_worker_kill(runner->worker, "the task's code is read again");
    } else if (runner->state == RUNNER_BACKING_OFF ||
               runner->state == RUNNER_FAILED) {
        runner_loader_wait(runner->loader, 0, on_wait_over, runner);
    }
}

/* A round is audited, listed and paid in the rounds after it, the last of which
 * is ROUND_KEPT away: until then there is something to win. */
void task_start_rest_if_inactive(struct task_runner *runner, uint64_t round)
{
    bool is_active = task_conditions_active(runner) == 0;
    uint64_t idle = runner_rounds_idle(runner->rounds, round, is_active);

    if (runner->state != RUNNER_RUNNING || idle < ROUND_KEPT)
        return;
    task_stops_note(runner,
                    runner->view.is_migrated ? TASK_REASON_MIGRATED
                                             : TASK_REASON_INACTIVE,
                    NULL);
    runner_complain_bar(runner, "rests");
    runner->state = RUNNER_FAILED;
    runner_worker_stop(runner->worker);
}

/* The metadata comes first, if there is any to be had: it says what the task
 * needs, and a task that has no stake yet is staked by a key that its engine
 * decides on (task_key.h). The key can't be changed afterwards, so it is waited
 * for; what is needed can be looked at late. */
static bool must_wait_for_metadata(struct task_runner *runner)
{
    struct source_list sources;

    if (runner_loader_file(runner->loader) ||
        strcmp(runner->view.executable_network, "IPFS") != 0)
        return false;
    code_sources(runner, &sources);
    task_engine_ask(runner, &sources);
    if (runner_loader_has_engine(runner->loader))
        return false;
    if (!runner->has_own && task_money_is_stake_wanting(runner) &&
        runner->engine_wanted == NODE_ENGINE_AUTO)
        return true;
    return runner_loader_asked_for_ms(runner->loader, clock_monotonic_ms()) <
           METADATA_WAIT_MS;
}

static void rest(struct task_runner *runner)
{
    if (runner->state != RUNNER_FAILED)
        runner_complain(runner, "can't run");
    runner_complain_bar(runner, "can't run");
    runner->state = RUNNER_FAILED;
    retry_later(runner);
}

/* One step from loading to the worker's start; called again whenever something
 * has arrived, and by the timer where nothing will. From STARTING on it does
 * nothing: then the worker's events lead on. */
void task_start_advance(struct task_runner *runner)
{
    if (runner->is_halted ||
        (runner->state > RUNNER_STAKING && runner->state != RUNNER_FAILED))
        return;
    /* A worker that was stopped has yet to end. */
    if (!runner->view.is_known || runner_worker_is_there(runner->worker)) {
        retry_later(runner);
        return;
    }
    if (task_conditions_check(runner) < 0) {
        rest(runner);
        return;
    }
    if (must_wait_for_metadata(runner)) {
        runner->state = RUNNER_LOADING;
        retry_later(runner);
        return;
    }
    if (task_key_settle(runner)) {
        runner->state = RUNNER_LOADING;
        retry_later(runner);
        return;
    }
    if (task_money_is_stake_wanting(runner)) {
        if (runner->state != RUNNER_STAKING && task_money_may_stake(runner)) {
            runner->state = RUNNER_STAKING;
            task_money_stake(runner);
            return;
        }
        /* It failed: again, later. */
        runner->state =
            task_money_is_refused(runner) ? RUNNER_FAILED : RUNNER_LOADING;
        retry_later(runner);
        return;
    }
    task_money_stake_done(runner);
    if (!runner_loader_may_start(runner->loader, clock_monotonic_ms())) {
        runner->state = RUNNER_FAILED;
        retry_later(runner);
        return;
    }
    runner->state = RUNNER_STARTING;
    if (load_code(runner) < 0)
        load_failed(runner, "can't get the task's code");
}

/* A process that is there ends, and on_ended() looks again; one that waits for
 * its next start is looked at then. */
void task_start_pause(struct task_runner *runner)
{
    if (!runner_worker_is_there(runner->worker) ||
        (runner->state != RUNNER_STARTING && runner->state != RUNNER_RUNNING))
        return;
    task_stops_note(
        runner, runner->rest.reason ? runner->rest.reason : TASK_REASON_ASKED,
        NULL);
    (void)task_conditions_active(runner);
    runner_complain_bar(runner, "rests");
    runner->state = RUNNER_FAILED;
    runner_worker_stop(runner->worker);
}

/* Either the worker's pause is over, or another look at the task is due. */
static void on_wait_over(void *user)
{
    struct task_runner *runner = user;

    if (runner->state == RUNNER_BACKING_OFF) {
        /* What it needs may have become known since it was started. */
        if (runner->rest.reason ? task_conditions_active(runner) < 0
                                : task_conditions_needs(runner) < 0) {
            rest(runner);
            return;
        }
        runner->state = RUNNER_STARTING;
        if (load_code(runner) < 0)
            load_failed(runner, "can't get the task's code");
        return;
    }
    runner_ask_view(runner);
}
