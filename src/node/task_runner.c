#include "node/task_runner_internal.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "base/memory.h"
#include "node/evidence.h"
#include "node/network_rules.h"
#include "runtime/message.h"
#include "storage/collection.h"
#include "storage/pin.h"
#include "storage/remote.h"

#include <inttypes.h>
#include <stdlib.h>

#define MAGIC 0x5441534bu

/* Runtime memory of a task (runtime/memory.h). */
#define MEMORY_BUDGET_BYTES (32u << 20)

/* Between two looks at a task that can't run, or an endpoint that is away. */
#define RETRY_MS 2000

/* Closed journal entries are kept for this many rounds, for the status. */
#define JOURNAL_ROUNDS 64

/* A call has at least this long, however short the slots are. */
#define LIMIT_MS_MIN 5000
#define LIMIT_MS_MAX 3600000

/* setup() belongs to no window. */
#define SETUP_LIMIT_MS 30000

#define COLLECTION_TIME_LIMIT_MS 2000
#define COLLECTION_LIVE_PERCENT 50

static void advance(struct task_runner *runner);
static void on_timer(uv_timer_t *timer);

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

static void free_if_over(struct task_runner *runner)
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
    free_if_over(runner);
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
        advance(runner);
        return;
    }
    runner->view_wanted_slot =
        runner->slot + runner->view.clock.round_time / 16 + 1;
    runner_look_at_claims(runner);
    advance(runner);
}

static void ask_view(struct task_runner *runner)
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

/* ---- the stake ---- */

static void on_staked(void *user, const struct sender_result *result)
{
    struct task_runner *runner = user;
    struct journal_task record;

    if (!runner_arrived(runner))
        return;
    if (result->status < 0) {
        err_set(result->status, "%s", result->text);
        runner_complain(runner, "can't stake");
        advance(runner);
        return;
    }
    /* What was asked for is done: a later start must not stake again, not even
     * after a slash. */
    runner->stake_wanted = 0;
    record = (struct journal_task){.task = runner->task,
                                   .executable = runner->executable,
                                   .variables = runner->variables};
    if (journal_task_put(runner->parts->journal, &record) < 0)
        log_error("journal", "%s", err_text());
    ask_view(runner);
}

/* The number of the next stake or claim: the last one's again if that never
 * came to its end. */
static int next_name(struct task_runner *runner, enum journal_kind kind,
                     struct journal_name *out)
{
    struct journal_entry entry;
    int rc;

    *out = (struct journal_name){.task = runner->task, .kind = kind};
    rc = journal_next_number(runner->parts->journal, &runner->task, kind,
                             &out->round);
    if (rc < 0 || !out->round)
        return rc;
    out->round--;
    rc = journal_find(runner->parts->journal, out, &entry);
    if (rc == 0 && entry.state == JOURNAL_FINAL)
        out->round++;
    return rc;
}

static void on_staking_account(void *user, int status,
                               const struct client_account *account)
{
    struct task_runner *runner = user;
    const struct wallet *wallet = runner->parts->wallet;
    struct journal_name name;
    struct recipe recipe;
    uint64_t amount;

    if (!runner_arrived(runner))
        return;
    if (status < 0 || (status = next_name(runner, JOURNAL_STAKE, &name)) < 0)
        goto err0;
    amount = runner->stake_wanted -
             task_view_stake(&runner->view, &wallet->staking.pubkey);
    recipe_init(&recipe, &wallet->main);
    status = recipe_stake(&recipe, &runner->task, &runner->view.stake_pot,
                          &wallet->staking, account == NULL, amount,
                          runner->parts->public_url);
    if (status < 0) {
        recipe_free(&recipe);
        goto err0;
    }
    status = sender_send(runner->parts->sender, &name, amount, &recipe,
                         on_staked, runner);
    if (status == 0) {
        runner_depart(runner);
        return;
    }

err0:
    /* Under way since before a restart: looked at again when it has ended. */
    if (status != ERR_BUSY)
        runner_complain(runner, "can't stake");
    advance(runner);
}

/* ---- the code ---- */

static void start_worker(struct task_runner *runner);

static void on_code(void *user, int status, struct bytes value)
{
    struct task_runner *runner = user;

    if (!runner_arrived(runner))
        return;
    if (status < 0) {
        runner_complain(runner, "can't get the task's code");
        runner->state = RUNNER_FAILED;
        uv_timer_start(&runner->timer, on_timer, RETRY_MS, 0);
        return;
    }
    buffer_clear(&runner->source);
    buffer_bytes(&runner->source, value);
    start_worker(runner);
}

/* Where a task's code may be: with those who run it, then the gateways. */
static size_t code_sources(struct task_runner *runner,
                           const char *out[REMOTE_SOURCES_MAX])
{
    const struct node_options *options = runner->parts->options;
    size_t count = 0, position = 0;

    for (const char *const *at = options->gateways; at && *at; at++)
        if (count < REMOTE_SOURCES_MAX)
            out[count++] = *at;
    while (count < REMOTE_SOURCES_MAX &&
           task_view_next_address(&runner->view, &position, &out[count]))
        if (network_url_is_allowed(options->network, out[count]) &&
            strcmp(out[count], runner->parts->public_url) != 0)
            count++;
    return count;
}

static int load_code(struct task_runner *runner)
{
    const char *sources[REMOTE_SOURCES_MAX];
    struct pin_owner owner = retention_task(&runner->task);
    int rc;

    if (runner->executable) {
        buffer_clear(&runner->source);
        rc =
            file_read(runner->executable, MESSAGE_PAYLOAD_MAX, &runner->source);
        if (rc == 0)
            start_worker(runner);
        return rc;
    }
    if (strcmp(runner->view.executable_network, "IPFS") != 0)
        return err_set(ERR_UNSUPPORTED,
                       "the task's code is on %s: give a local file",
                       runner->view.executable_network);
    rc = evidence_get(runner->parts, &owner, runner->view.audit_program,
                      "main.js", sources, code_sources(runner, sources),
                      on_code, runner);
    if (rc == 0)
        runner_depart(runner);
    return rc;
}

/* ---- the worker ---- */

static void on_setup(void *user, const struct worker_result *result)
{
    struct task_runner *runner = user;

    if (!runner_arrived(runner))
        return;
    if (result->status < 0 && result->status != ERR_NOT_FOUND) {
        err_set(result->status, "%s", result->text);
        runner_complain(runner, "setup()");
        /* A limit or an end has brought the worker down with it. */
        if (result->status != ERR_REMOTE)
            return;
    }
    runner->worker_is_ready = true;
    runner->state = RUNNER_RUNNING;
    log_info("task", "%.8s runs", runner->task_text);
}

static void on_routes(void *user, const struct worker_result *result)
{
    (void)runner_arrived(user);
}

static void call_setup(struct task_runner *runner, struct worker *worker)
{
    if (worker_call(worker, "setup", "[]", SETUP_LIMIT_MS, on_setup, runner) ==
        0)
        runner_depart(runner);
    if (worker_call(worker, "routes", "[]", SETUP_LIMIT_MS, on_routes,
                    runner) == 0)
        runner_depart(runner);
}

static void on_ready(void *user, struct worker *worker,
                     const struct worker_ready *ready)
{
    struct task_runner *runner = user;
    const struct worker_sandbox *sandbox = ready->sandbox;

    if (runner->state == RUNNER_STOPPING)
        return;
    log_info("task", "%.8s worker ready after %u ms (seccomp %s, landlock %s)",
             runner->task_text, ready->start_ms,
             sandbox->seccomp ? "on" : "off", sandbox->landlock ? "on" : "off");
    if (!runner->parts->options->no_sandbox_required &&
        !(sandbox->no_new_privileges && sandbox->seccomp)) {
        worker_kill(worker, "the sandbox can't be had on this machine");
        return;
    }
    call_setup(runner, worker);
}

static void on_log(void *user, struct worker *worker, enum log_level level,
                   const char *text)
{
    struct task_runner *runner = user;

    task_log_line(runner->log, level, text);
}

static void on_ended(void *user, struct worker *worker,
                     const struct worker_end *end)
{
    struct task_runner *runner = user;
    uint64_t wait_ms;

    runner->worker = NULL;
    runner->worker_is_ready = false;
    if (runner->state == RUNNER_STOPPING) {
        free_if_over(runner);
        return;
    }
    wait_ms = backoff_next_ms(&runner->backoff, runner->worker_started_ms,
                              clock_monotonic_ms());
    err_set(ERR_CLOSED, "%s; starting again in %" PRIu64 " s", end->text,
            wait_ms / 1000);
    runner_complain(runner, "worker ended");
    runner->state = RUNNER_BACKING_OFF;
    runner->restarts++;
    uv_timer_start(&runner->timer, on_timer, wait_ms, 0);
}

static void start_worker(struct task_runner *runner)
{
    const struct node_parts *parts = runner->parts;
    char *folder = mem_format("%s/namespace/%s", parts->options->folder,
                              runner->task_text);
    struct pubkey_text main = pubkey_text(&parts->wallet->main.pubkey);
    struct pubkey_text staking = pubkey_text(&parts->wallet->staking.pubkey);
    const struct worker_options options = {
        .program = parts->options->worker_path,
        .task_id = runner->task_text,
        .task_name = runner->view.name,
        .folder = folder,
        .source = buffer_view(&runner->source),
        .variables = runner->variables,
        .main_account = main.text,
        .staking_account = staking.text,
        .rpc_url = client_url(parts->client),
        .limits = {.memory_bytes = parts->options->worker_memory_bytes},
        .memory = runner->memory,
    };
    struct worker_host host = runner_host;
    int rc;

    CHECK(!runner->worker);
    host.ready = on_ready;
    host.log = on_log;
    host.ended = on_ended;
    runner->worker_started_ms = clock_monotonic_ms();
    rc = worker_start(parts->loop, &options, &host, runner, &runner->worker);
    if (rc < 0) {
        runner_complain(runner, "can't start the worker");
        runner->state = RUNNER_FAILED;
        uv_timer_start(&runner->timer, on_timer, RETRY_MS, 0);
    } else {
        runner->state = RUNNER_STARTING;
    }
    free(folder);
}

/* ---- from a known task to a running one ---- */

/* 0 to go on; what else: not now, err_text() says why. */
static int check_runnable(struct task_runner *runner)
{
    const struct task_view *view = &runner->view;
    const struct pubkey *own = &runner->parts->wallet->staking.pubkey;

    if (view->is_migrated)
        return err_set(ERR_STATE, "the task has moved to another id");
    if (!view->is_active)
        return err_set(ERR_STATE, "the task is not active");
    if (!runner->stake_wanted && !task_view_stake(view, own))
        return err_set(ERR_STATE,
                       "Can't start task %s, because it is not staked",
                       runner->task_text);
    return 0;
}

static void retry_later(struct task_runner *runner)
{
    uv_timer_start(&runner->timer, on_timer, RETRY_MS, 0);
}

/* One step from loading to the worker's start; called again whenever
 * something has arrived, and by the timer where nothing will. */
static void advance(struct task_runner *runner)
{
    const struct pubkey *own = &runner->parts->wallet->staking.pubkey;

    if (runner->state > RUNNER_STAKING && runner->state != RUNNER_FAILED)
        return;
    if (!runner->view.is_known) {
        retry_later(runner);
        return;
    }
    if (check_runnable(runner) < 0) {
        runner_complain(runner, "can't run");
        runner->state = RUNNER_FAILED;
        retry_later(runner);
        return;
    }
    if (runner->stake_wanted > task_view_stake(&runner->view, own)) {
        if (runner->state == RUNNER_STAKING) {
            runner->state = RUNNER_LOADING; /* it failed: again, later */
            retry_later(runner);
            return;
        }
        runner->state = RUNNER_STAKING;
        runner_depart(runner);
        client_account_info(runner->parts->client, own, on_staking_account,
                            runner);
        return;
    }
    runner->state = RUNNER_STARTING;
    if (load_code(runner) < 0) {
        runner_complain(runner, "can't get the task's code");
        runner->state = RUNNER_FAILED;
        retry_later(runner);
    }
}

static void on_timer(uv_timer_t *timer)
{
    struct task_runner *runner = timer->data;

    if (runner->state == RUNNER_BACKING_OFF) {
        runner->state = RUNNER_STARTING;
        if (load_code(runner) < 0) {
            runner_complain(runner, "can't get the task's code");
            runner->state = RUNNER_FAILED;
            retry_later(runner);
        }
        return;
    }
    ask_view(runner);
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
    ask_view(runner);
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
        ask_view(runner);
    duty_start_all(runner);
}

/* ---- claims ---- */

static void on_claimed(void *user, const struct sender_result *result)
{
    struct task_runner *runner = user;

    runner->is_claiming = false;
    if (!runner_arrived(runner))
        return;
    if (result->status == 0) {
        runner_want_view(runner);
        return;
    }
    err_set(result->status, "%s", result->text);
    runner_complain(runner, "can't claim");
}

static int send_claim(struct task_runner *runner, uint64_t amount)
{
    const struct wallet *wallet = runner->parts->wallet;
    struct journal_name name;
    struct recipe recipe;
    int rc = next_name(runner, JOURNAL_CLAIM, &name);

    if (rc < 0)
        return rc;
    recipe_init(&recipe, &wallet->main);
    rc = recipe_claim(&recipe, &runner->task, &runner->view.stake_pot,
                      &wallet->staking, &wallet->main.pubkey);
    if (rc < 0) {
        recipe_free(&recipe);
        return rc;
    }
    return sender_send(runner->parts->sender, &name, amount, &recipe,
                       on_claimed, runner);
}

void runner_look_at_claims(struct task_runner *runner)
{
    uint64_t threshold = runner->parts->options->claim_threshold_roe;
    uint64_t balance = task_view_balance(
        &runner->view, &runner->parts->wallet->staking.pubkey);

    if (!balance || runner->is_claiming ||
        (!runner->claim_wanted && (!threshold || balance < threshold)))
        return;
    runner->claim_wanted = false;
    if (send_claim(runner, balance) < 0) {
        runner_complain(runner, "can't claim");
        return;
    }
    runner->is_claiming = true;
    runner_depart(runner);
}

void task_runner_claim(struct task_runner *runner)
{
    CHECK_MAGIC(runner, MAGIC);
    runner->claim_wanted = true;
    if (runner->state != RUNNER_STOPPING)
        ask_view(runner);
}

/* ---- the end ---- */

static void on_timer_closed(uv_handle_t *handle)
{
    struct task_runner *runner = handle->data;

    runner->timer_is_open = false;
    free_if_over(runner);
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
