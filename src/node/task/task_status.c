/*
 * What a runner says of itself, and the way to the task's own routes.
 *
 * Everything here is read from memory and may be some slots old; the one
 * question is to the journal, for what was claimed. It serves requests that
 * may come every second, so it must not wait for anything.
 */
#include "node/reach/engine_name.h"
#include "node/task/koii_route.h"
#include "node/task/round_next.h"
#include "node/task/runner.h"
#include "node/task/task_conditions.h"
#include "node/task/task_money.h"
#include "node/task/task_runner.h"
#include "node/task/task_standing.h"

#include "base/check.h"
#include "base/error.h"
#include "base/memory.h"

#include <stdlib.h>

/* A page of a task is not waited for longer. */
#define ROUTE_LIMIT_MS 30000

/* The words of node.h. A worker that is being started is still loading to a
 * reader; a pause after its end has a word of its own, because it may be long.
 */
static const char *state_name(const struct task_runner *runner)
{
    switch (runner->state) {
    case RUNNER_LOADING:
    case RUNNER_STARTING:
        return "loading";
    case RUNNER_STAKING:
        return "staking";
    case RUNNER_RUNNING:
        return "running";
    case RUNNER_BACKING_OFF:
        return "backing-off";
    case RUNNER_FAILED:
        return runner->rest.reason ? "resting" : "failed";
    case RUNNER_STOPPING:
        break;
    }
    return "stopping";
}

/* An absent text is null, so that readers need not tell "" from nothing. */
static void write_text_or_null(struct json_writer *writer, const char *name,
                               const char *text)
{
    if (text && text[0])
        json_field_text(writer, name, text);
    else
        json_field_null(writer, name);
}

/* Verdicts that were reached; others say nothing yet. The lists' verdicts are
 * not shown: the log names a list that is wrong. */
static void write_round(const struct round_record *round,
                        struct json_writer *writer)
{
    CHECK(round->round_plus_one > 0);
    json_open_object(writer);
    json_field_u64(writer, "round", round->round_plus_one - 1);
    write_text_or_null(writer, "submission", round->submission);
    json_name(writer, "verdicts");
    json_open_array(writer);
    for (size_t i = 0; i < round->submissions.count; i++) {
        const struct verdict *verdict = &round->submissions.items[i];

        if (verdict->state != VERDICT_VALID &&
            verdict->state != VERDICT_INVALID)
            continue;
        json_open_object(writer);
        json_field_text(writer, "submitter", PUBKEY_TEXT(&verdict->key));
        json_field_bool(writer, "valid", verdict->state == VERDICT_VALID);
        json_field_bool(writer, "voted", verdict->is_sent);
        json_close_object(writer);
    }
    json_close_array(writer);
    json_field_bool(writer, "accused", round->is_accused);
    if (round->has_reward)
        json_field_i64(writer, "reward", round->reward);
    else
        json_field_null(writer, "reward");
    json_field_text(writer, "payout", round_payout_name(round->payout));
    json_close_object(writer);
}

/* Newest first; rounds this node knows nothing of are left out. */
static void write_rounds(const struct task_runner *runner,
                         struct json_writer *writer)
{
    uint64_t now = runner_rounds_round(runner->rounds);

    json_name(writer, "rounds");
    json_open_array(writer);
    for (uint64_t age = 0; age < ROUND_KEPT && age <= now; age++) {
        const struct round_record *round =
            round_memory_find(runner_rounds_memory(runner->rounds), now - age);

        if (round)
            write_round(round, writer);
    }
    json_close_array(writer);
}

/* Without a process there is no pid. */
static void write_worker(const struct task_runner *runner,
                         struct json_writer *writer)
{
    struct runner_worker_figures figures =
        runner_worker_figures(runner->worker);

    json_name(writer, "worker");
    json_open_object(writer);
    if (figures.pid)
        json_field_i64(writer, "pid", figures.pid);
    json_field_u64(writer, "resident_bytes", figures.resident_bytes);
    json_field_u64(writer, "restarts", figures.restarts);
    if (runner->has_cpu_used)
        json_field_u64(writer, "cpu_percent", runner->cpu_used_percent);
    if (figures.is_ready)
        json_field_bool(writer, "initialized", figures.has_functions);
    else
        json_field_null(writer, "initialized");
    json_close_object(writer);
}

static void write_limits(const struct task_runner *runner,
                         struct json_writer *writer)
{
    if (runner->memory_limit_bytes)
        json_field_u64(writer, "memory_limit", runner->memory_limit_bytes);
    json_name(writer, "limits");
    json_open_object(writer);
    task_limits_write(&runner->limits, writer);
    json_close_object(writer);
}

/* In the three rounds before the present one's proof is due. What was sent in
 * an earlier life of this node shows when the round's submissions are read. */
static unsigned count_proofs(const struct task_runner *runner)
{
    const struct round_memory *memory = runner_rounds_memory(runner->rounds);
    uint64_t now = runner_rounds_round(runner->rounds);
    unsigned count = 0;

    for (uint64_t age = 1; age <= 3 && age <= now; age++) {
        const struct round_record *round = round_memory_find(memory, now - age);

        count += round && round->submission[0];
    }
    return count;
}

static const char *standing_name(const struct task_runner *runner)
{
    const struct task_view *view = &runner->view;
    const struct task_standing standing = {
        .is_known = view->is_known,
        .is_active = view->is_active && !view->is_migrated,
        .bounty = view->total_bounty,
        .bounty_per_round = view->bounty_per_round,
        .has_failed = runner->state == RUNNER_FAILED && !runner->rest.reason,
        .proofs = count_proofs(runner),
    };

    return task_standing_name(&standing);
}

/* Where the task is in its round, and how long the windows are. */
static void write_clock(const struct task_runner *runner,
                        struct json_writer *writer)
{
    const struct round_clock *clock = &runner->view.clock;
    uint64_t slot = runner_rounds_slot(runner->rounds);
    struct round_moment at;

    if (!runner->view.is_known || round_at(clock, slot, &at)) {
        json_field_null(writer, "round");
        json_field_null(writer, "offset");
        json_field_null(writer, "window");
        return;
    }
    json_field_u64(writer, "round", at.round);
    json_field_u64(writer, "offset", at.offset);
    json_field_text(writer, "window", round_window_name(clock, slot));
    json_field_u64(writer, "starting_slot", clock->starting_slot);
    json_field_u64(writer, "round_time", clock->round_time);
    json_field_u64(writer, "submission_window", clock->submission_window);
    json_field_u64(writer, "audit_window", clock->audit_window);
}

/* A task that does not work comes to nothing. */
static void write_next(const struct task_runner *runner,
                       struct json_writer *writer)
{
    struct round_next next;

    json_name(writer, "next");
    if (runner->state != RUNNER_RUNNING || !runner->view.is_known ||
        !round_next(&runner->view.clock, runner_rounds_progress(runner->rounds),
                    runner_rounds_slot(runner->rounds), &next)) {
        json_write_null(writer);
        return;
    }
    json_open_object(writer);
    json_field_text(writer, "kind", round_action_name(next.action));
    json_field_u64(writer, "round", next.round);
    json_field_u64(writer, "from", next.from_slot);
    json_field_u64(writer, "until", next.until_slot);
    json_close_object(writer);
}

/* Everything from memory but the claims, which are the journal's. */
void task_runner_status(const struct task_runner *runner,
                        struct json_writer *writer)
{
    const struct task_view *view = &runner->view;
    const struct pubkey *own = &runner->own;
    uint64_t claimed = 0;

    (void)journal_sum(runner->parts->journal, &runner->task, JOURNAL_CLAIM,
                      &claimed);
    json_open_object(writer);
    json_field_text(writer, "task", runner->task_text);
    json_field_text(writer, "name", view->name);
    json_field_text(writer, "state", state_name(runner));
    json_field_text(writer, "status", standing_name(runner));
    if (runner->since_ms)
        json_field_u64(writer, "since", runner->since_ms);
    write_clock(runner, writer);
    write_next(runner, writer);
    json_field_text(writer, "staking", PUBKEY_TEXT(&runner->own));
    if (view->is_kpl)
        json_field_text(writer, "token", PUBKEY_TEXT(&view->token));
    else
        json_field_null(writer, "token");
    json_field_u64(writer, "stake", task_view_stake(view, own));
    json_field_u64(writer, "claimable", task_money_claimable(runner));
    json_field_u64(writer, "claiming", task_money_claiming(runner));
    json_field_u64(writer, "claimed", claimed);
    json_field_text(writer, "engine", engine_name(runner->engine));
    write_worker(runner, writer);
    write_limits(runner, writer);
    if (runner->state == RUNNER_BACKING_OFF)
        json_field_u64(writer, "next_try", runner->next_try_ms);
    write_text_or_null(writer, "error", runner->error);
    write_text_or_null(writer, "reason", task_reason_code(runner->reason));
    task_conditions_write(runner, writer);
    write_rounds(runner, writer);
    json_close_object(writer);
}

static const char *migrated_to(const struct task_view *view)
{
    const char *task;

    return view->state && !json_get_text(view->state, "migrated_to", &task)
               ? task
               : "";
}

/* The same figures for the metrics. round is that of the last slot seen. */
void task_runner_figures(const struct task_runner *runner,
                         struct task_runner_figures *out)
{
    const struct pubkey *own = &runner->own;
    struct runner_worker_figures figures =
        runner_worker_figures(runner->worker);
    uint64_t claimed = 0;

    (void)journal_sum(runner->parts->journal, &runner->task, JOURNAL_CLAIM,
                      &claimed);
    *out = (struct task_runner_figures){
        .name = runner->view.name,
        .state = state_name(runner),
        .engine = engine_name(runner->engine),
        .error = runner->error ? runner->error : "",
        .reason = runner->reason,
        .end_reason = runner->end_reason,
        .rests = runner->state == RUNNER_FAILED
                     ? task_reason_code(runner->rest.reason)
                     : NULL,
        .is_known = runner->view.is_known,
        .is_active = runner->view.is_active,
        .is_migrated = runner->view.is_migrated,
        .is_kpl = runner->view.is_kpl,
        .migrated_to = migrated_to(&runner->view),
        .audit_program = runner->view.audit_program,
        .bounty = runner->view.total_bounty,
        .bounty_per_round = runner->view.bounty_per_round,
        .claimed = claimed,
        .round = runner_rounds_round(runner->rounds),
        .key = own,
        .stake = task_view_stake(&runner->view, own),
        .claimable = task_view_balance(&runner->view, own),
        .resident_bytes = figures.resident_bytes,
        .restarts = figures.restarts,
        .run = {.has_failed =
                    runner->state == RUNNER_FAILED && !runner->rest.reason,
                .is_backing_off = runner->state == RUNNER_BACKING_OFF,
                .is_running = runner->state == RUNNER_RUNNING,
                .ends = figures.ends,
                .end_age_ms = figures.end_age_ms,
                .age_ms = figures.age_ms},
    };
}

/* Empty until the task's state is known. */
void task_runner_add_peers(const struct task_runner *runner,
                           struct source_list *list)
{
    task_view_add_peers(&runner->view, &runner->own, runner->parts, list);
}

void task_runner_nodes(const struct task_runner *runner,
                       struct json_writer *writer)
{
    json_open_array(writer);
    task_view_write_nodes(&runner->view, writer);
    registry_write(&runner->registry, &runner->view, writer);
    json_close_array(writer);
}

int task_runner_register(struct task_runner *runner,
                         struct json_object *registration)
{
    return registry_add(&runner->registry, &runner->view, registration);
}

/* ---- the task's routes ---- */

/* One request on its way through the worker. It has a callback of its own,
 * because an HTTP client waits for the answer: it gets one even from a runner
 * that is stopping. */
struct visit {
    struct task_runner *runner;
    task_runner_answer *done;
    void *user;
};

/* Also called when the runner is stopping: the request must be answered. done
 * comes before the runner may go, which is with runner_arrived(). */
static void on_route(void *user, const struct host_result *result)
{
    struct visit *visit = user;

    runner_worker_visit_over(visit->runner->worker);
    if (result->status)
        err_set(result->status, "%s", result->text);
    visit->done(visit->user, result->status,
                result->status < 0 ? NULL : result->json, result->payload,
                NULL);
    (void)runner_arrived(visit->runner);
    free(visit);
}

/* 0 once the call is on its way. */
static int begin_visit(struct task_runner *runner, const char *request,
                       struct bytes body, const struct byte_source *coming,
                       struct visit *visit)
{
    /* The request is JSON of this node's making, so it needs no look. */
    char *args = mem_format("[%s]", request);
    int status = runner_worker_visit(runner->worker, args, body, coming,
                                     ROUTE_LIMIT_MS, on_route, visit);

    free(args);
    return status;
}

/* Refused at once where there is no worker to ask. */
int task_runner_route(struct task_runner *runner, const char *request,
                      struct bytes body, const struct byte_source *coming,
                      task_runner_answer *done, void *user)
{
    struct visit *visit;

    CHECK(done);
    if (runner->engine == NODE_ENGINE_NODE)
        return koii_route_start(runner, request, body, coming, done, user);
    visit = mem_zero(1, sizeof(*visit));
    *visit = (struct visit){.runner = runner, .done = done, .user = user};
    int status = begin_visit(runner, request, body, coming, visit);

    if (status) {
        free(visit);
        return status;
    }
    runner_depart(runner);
    return 0;
}
