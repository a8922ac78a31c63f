/*
 * Duties: begun when the round clock says so, ended with what the clock is to
 * remember. task(), submission() and SubmitTask are here; the others have files
 * of their own.
 *
 * Without a worker or a stake only payouts begin, which need neither; on an
 * inactive task no new work begins. All of it is decided anew at each slot, so
 * a node whose stake was slashed below the minimum stops by itself, and one
 * that staked more goes on.
 *
 * Before anything is sent the window is looked at again (duty_is_in_time()): a
 * call into the task may have taken most of it.
 */
#include "node/task/task_duty.h"

#include "base/check.h"
#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "node/task/duty.h"
#include "node/task/koii_duty.h"
#include "node/task/task_engine.h"
#include "node/task/task_list.h"
#include "node/task/task_pay.h"
#include "node/task/task_review.h"
#include "node/task/task_rounds.h"

#include <inttypes.h>
#include <stdlib.h>

/* Every key may send a payout; and a node looks at how a round ended even if it
 * lost its stake in it. */
static bool is_for_anyone(enum round_action action)
{
    return action == ROUND_PAYOUT;
}

/* Below the minimum the program refuses everything but payouts. */
static bool is_staked(const struct task_runner *runner)
{
    return task_view_stake(&runner->view, &runner->own) >=
           runner->view.minimum_stake;
}

/* An inactive task takes no submissions, so work for it would be for nothing;
 * and a proof would lock the stake of one that is being left.
 * What was submitted before is still audited, listed and paid. */
static bool is_wanted(const struct task_runner *runner,
                      enum round_action action)
{
    bool is_new_work = action == ROUND_TASK || action == ROUND_SUBMIT;

    if (action == ROUND_TASK && runner->rest.reason)
        return false;
    return !is_new_work ||
           (runner->view.is_active && !runner->view.is_migrated &&
            !runner->leave.is_wanted);
}

static void begin_task(struct duty *duty);
static void begin_submit(struct duty *duty);

/* Called from the loop. Each of these ends with duty_end(), now or later. */
static void start(struct duty *duty)
{
    if (duty->runner->engine == NODE_ENGINE_NODE) {
        koii_duty_begin(duty);
        return;
    }
    switch (duty->what.action) {
    case ROUND_TASK:
        begin_task(duty);
        return;
    case ROUND_SUBMIT:
        begin_submit(duty);
        return;
    case ROUND_AUDIT:
    case ROUND_VOTE:
    case ROUND_LIST_AUDIT:
    case ROUND_LIST_VOTE:
        task_review_begin(duty);
        return;
    case ROUND_LIST:
        task_list_begin(duty);
        return;
    default:
        task_pay_begin(duty);
    }
}

/* Called at every slot; costs a look at a few dozen steps. A step that may not
 * begin now is simply due again at the next slot. Duties begin when the loop
 * comes to them: none ends while others are still looked at. */
void task_duty_start_all(struct task_runner *runner)
{
    struct round_duty due[ROUND_DUTIES_MAX];

    CHECK(runner->view.is_known);
    if (runner->state < RUNNER_STARTING || runner->state == RUNNER_FAILED)
        return;
    size_t count =
        round_due(&runner->view.clock, runner_rounds_progress(runner->rounds),
                  runner_rounds_slot(runner->rounds), due);
    for (size_t i = 0; i < count; i++) {
        struct duty *duty;

        if (!is_for_anyone(due[i].action) &&
            !(runner_worker_is_ready(runner->worker) && is_staked(runner) &&
              is_wanted(runner, due[i].action)))
            continue;
        duty = mem_zero(1, sizeof(*duty));
        duty->runner = runner;
        duty->what = due[i];
        duty->begun_in = runner_rounds_round(runner->rounds);
        round_begin(runner_rounds_progress(runner->rounds), &due[i]);
        log_debug("task", "%.8s %s of round %" PRIu64 " at slot %" PRIu64,
                  runner->task_text, round_action_name(due[i].action),
                  due[i].round, runner_rounds_slot(runner->rounds));
        duty_later(duty, start);
    }
}

/* Of a round: it is final, or on its way, which needs no process. */
static bool has_proof(const struct task_runner *runner, uint64_t round)
{
    const struct journal_name name = {
        .task = runner->task, .round = round, .kind = JOURNAL_SUBMIT};
    struct journal_entry entry;

    return sender_is_sending(runner->parts->sender, &name) ||
           (!journal_find(runner->parts->journal, &name, &entry) &&
            entry.state != JOURNAL_FAILED);
}

bool task_duty_owes_proof(const struct task_runner *runner, uint64_t within_ms)
{
    const struct round_progress *progress =
        runner_rounds_progress(runner->rounds);
    uint64_t now = runner_rounds_round(runner->rounds);
    uint64_t slot = runner_rounds_slot(runner->rounds);
    uint64_t soon = slot + within_ms / (runner->parts->slot_ms + 1);
    uint64_t from, until;

    if (runner->state != RUNNER_RUNNING || !now || !is_staked(runner) ||
        !is_wanted(runner, ROUND_SUBMIT) ||
        !round_span(&runner->view.clock, ROUND_SUBMIT, now - 1, now, &from,
                    &until) ||
        from > soon || slot >= until)
        return false;
    const struct round_step *task =
        round_step_of(progress, now - 1, ROUND_TASK);
    const struct round_step *submit =
        round_step_of(progress, now - 1, ROUND_SUBMIT);

    /* Of rounds before this process's life nothing is known, and nothing is
     * there to be proved. On the engine node a step is done when it has been
     * told. */
    return task && task->is_done &&
           (runner->engine == NODE_ENGINE_NODE || !submit->is_done) &&
           !has_proof(runner, now - 1);
}

/* task() and submission() take nothing but the round. */
static int call_with_round(struct duty *duty, const char *function,
                           host_callback callback)
{
    char *args = mem_format("[%" PRIu64 "]", duty->what.round);
    int status = duty_call(duty, function, args, callback, duty);

    free(args);
    return status;
}

/* A call that ended without a value: noted; whether it is tried again depends
 * on what is to blame. What the task threw it would throw again; a worker that
 * went down is replaced. A time limit brings the worker down with it, so it
 * counts as the worker's end. */
static void end_after_call(struct duty *duty, const struct host_result *result)
{
    bool is_gone =
        result->status == ERR_CLOSED || result->limit != HOST_LIMIT_NONE;

    duty_complain_call(
        duty, duty->what.action == ROUND_TASK ? "task()" : "submission()",
        result);
    duty_end(duty, is_gone ? ROUND_FAILED : ROUND_DONE, 0);
}

/* ---- task() ---- */

/* A result is of no interest: the task keeps it for submission(). */
static void on_task(void *user, const struct host_result *result)
{
    struct duty *duty = user;

    if (!runner_arrived(duty->runner)) {
        duty_free(duty);
        return;
    }
    if (task_engine_look(duty->runner, result)) {
        duty_end(duty, ROUND_FAILED, 0);
        return;
    }
    if (result->status) {
        end_after_call(duty, result);
        return;
    }
    log_debug("task", "%.8s task(%" PRIu64 ") took %u ms",
              duty->runner->task_text, duty->what.round, result->taken_ms);
    duty_end(duty, ROUND_DONE, 0);
}

/* May run on into the next round; the submission waits for it. */
static void begin_task(struct duty *duty)
{
    CHECK(duty->what.action == ROUND_TASK);
    if (call_with_round(duty, "task", on_task) < 0)
        duty_fail(duty, "can't call task()");
}

/* ---- submission() and SubmitTask ---- */

/* A duplicate is as good: it is on chain, and only this node can submit for
 * this key. */
static void on_submitted(void *user, const struct sender_result *result)
{
    struct duty *duty = user;

    if (!runner_arrived(duty->runner)) {
        duty_free(duty);
        return;
    }
    if (!result->status || result->custom == TASK_ERROR_DUPLICATE) {
        log_info("task", "%.8s submitted round %" PRIu64,
                 duty->runner->task_text, duty->what.round);
        if (!result->status)
            task_rounds_proved(duty->runner, duty->what.round, duty->proof);
        duty_end(duty, ROUND_DONE, 0);
        return;
    }
    err_set(result->status, "%s", result->text);
    duty_fail(duty, "the submission was not taken");
}

/* One for each round: the name has no part. Signed by the staking key, paid by
 * the main wallet. */
static int send_submission(struct duty *duty, struct bytes value)
{
    struct task_runner *runner = duty->runner;
    const struct journal_name name = {.task = runner->task,
                                      .round = duty->what.round,
                                      .kind = JOURNAL_SUBMIT};
    struct recipe recipe;

    CHECK(value.size > 0);
    free(duty->proof);
    duty->proof = mem_format("%.*s", (int)value.size, (const char *)value.data);
    runner_recipe(runner, &recipe);
    int status = recipe_submit(&recipe, &runner->task, &runner->own,
                               duty->what.round, value);
    if (status) {
        recipe_free(&recipe);
        return status;
    }
    status = sender_send(runner->parts->sender, &name, 0, &recipe, on_submitted,
                         duty);
    if (!status)
        runner_depart(runner);
    return status;
}

/* Nothing, null and the empty text all mean: no proof for this round. */
static void on_submission(void *user, const struct host_result *result)
{
    struct duty *duty = user;
    struct json_object *value = NULL;
    struct bytes text = {0};
    int status = 0;

    if (!runner_arrived(duty->runner)) {
        duty_free(duty);
        return;
    }
    if (result->status) {
        end_after_call(duty, result);
        return;
    }
    status = json_parse(bytes_text(result->json), &value);
    if (!status && json_object_is_type(value, json_type_string))
        text = bytes_make(json_object_get_string(value),
                          (size_t)json_object_get_string_len(value));
    text = bytes_trim_right(text, ' ');
    if (!status && text.size && duty_is_in_time(duty))
        status = send_submission(duty, text);
    else if (!status) {
        /* The task has nothing to show for this round, or is too late. */
        duty_end(duty, ROUND_DONE, 0);
        duty = NULL;
    }
    json_object_put(value);
    if (duty && status < 0)
        duty_fail(duty, "can't submit");
}

/* The journal is asked before the task: a value made anew after a restart
 * might differ from the one that is on its way. */
static void begin_submit(struct duty *duty)
{
    struct task_runner *runner = duty->runner;
    const struct journal_name name = {.task = runner->task,
                                      .round = duty->what.round,
                                      .kind = JOURNAL_SUBMIT};
    struct journal_entry entry;

    CHECK(duty->what.action == ROUND_SUBMIT);
    CHECK(duty->what.round + 1 == duty->begun_in);
    /* Of an earlier life of this node: final, or on its way. */
    if (sender_is_sending(runner->parts->sender, &name)) {
        duty_end(duty, ROUND_AGAIN, DUTY_BUSY_PAUSE_SLOTS);
        return;
    }
    if (journal_find(runner->parts->journal, &name, &entry) == 0 &&
        entry.state == JOURNAL_FINAL) {
        duty_end(duty, ROUND_DONE, 0);
        return;
    }
    if (call_with_round(duty, "submission", on_submission) < 0)
        duty_fail(duty, "can't call submission()");
}
