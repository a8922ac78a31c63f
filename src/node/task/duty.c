/*
 * A duty ends in one of three ways, and which one is the decision that its code
 * is about. DONE: nothing more can be won in this window, be it that all went
 * well or that the task itself is at fault and would be again. AGAIN: nothing
 * went wrong, but it is too early or another node is at it. FAILED: something
 * outside failed that may be well a moment later.
 */
#include "node/task/duty.h"

#include "base/check.h"
#include "base/error.h"
#include "base/memory.h"
#include "node/task/task_notices.h"
#include "node/task/task_said.h"

#include <inttypes.h>
#include <stdlib.h>

void duty_free(struct duty *duty)
{
    if (duty->free_part)
        duty->free_part(duty);
    free(duty->ask);
    free(duty->proof);
    free(duty);
}

bool duty_arrived(struct duty *duty)
{
    CHECK(duty->waiting > 0);
    duty->waiting--;
    if (runner_arrived(duty->runner))
        return true;
    if (!duty->waiting)
        duty_free(duty);
    return false;
}

/* A step that waits for its turn of the loop. */
struct step {
    struct duty *duty;
    void (*next)(struct duty *duty);
};

static void on_turn(void *user)
{
    struct step *step = user;
    struct duty *duty = step->duty;
    void (*next)(struct duty * duty) = step->next;

    free(step);
    if (duty_arrived(duty))
        next(duty);
}

void duty_later(struct duty *duty, void (*next)(struct duty *duty))
{
    struct step *step = mem_zero(1, sizeof(*step));

    CHECK(next);
    step->duty = duty;
    step->next = next;
    duty->waiting++;
    runner_depart(duty->runner);
    runner_later(duty->runner, on_turn, step);
}

/* The parts' memory goes with the duty: whatever state it ended in. */
void duty_end(struct duty *duty, enum round_result result, uint64_t pause_slots)
{
    struct task_runner *runner = duty->runner;

    CHECK(!duty->waiting);
    if (duty->done) {
        duty->done(duty, result);
        duty_free(duty);
        return;
    }
    if (result != ROUND_AGAIN)
        task_said_duty(runner->parts, &runner->task, &duty->what,
                       result == ROUND_DONE,
                       runner_rounds_slot(runner->rounds));
    round_end(&runner->view.clock, runner_rounds_progress(runner->rounds),
              &duty->what, result, runner_rounds_slot(runner->rounds),
              pause_slots);
    duty_free(duty);
}

struct duty *duty_errand(struct host_ask *ask, const struct round_duty *what,
                         void (*done)(struct duty *duty,
                                      enum round_result result))
{
    struct duty *duty = mem_zero(1, sizeof(*duty));

    duty->runner = ask->runner;
    duty->what = *what;
    duty->begun_in = runner_rounds_round(ask->runner->rounds);
    duty->ask = ask;
    duty->done = done;
    return duty;
}

/* Tried again by the round clock, ever more slowly. err_text() must be that of
 * the error: it goes into the log and the status. */
void duty_fail(struct duty *duty, const char *what)
{
    char *where = mem_format("%s of round %" PRIu64 ": %s",
                             round_action_name(duty->what.action),
                             duty->what.round, what);

    runner_complain(duty->runner, where);
    free(where);
    duty_end(duty, ROUND_FAILED, 0);
}

void duty_complain_call(struct duty *duty, const char *function,
                        const struct host_result *result)
{
    char *where =
        mem_format("%s of round %" PRIu64, function, duty->what.round);

    runner_complain_call(duty->runner, where, result);
    free(where);
}

/* Asked again before something is sent: a call into the task may take long. */
bool duty_is_in_time(const struct duty *duty)
{
    CHECK(duty->runner);
    return runner_rounds_slot(duty->runner->rounds) < duty->what.until_slot;
}

/* Its round was the endpoint's mistake. */
static bool is_of_the_future(const struct duty *duty)
{
    return duty->begun_in > runner_rounds_round(duty->runner->rounds);
}

/* Lists and what is thought of them are of one round of the clock, and so are
 * the duties about them; a payout's record is for good. */
static bool is_left_behind(const struct duty *duty)
{
    enum round_action action = duty->what.action;

    if (is_of_the_future(duty))
        return true;
    return duty->begun_in < runner_rounds_round(duty->runner->rounds) &&
           action >= ROUND_LIST && action != ROUND_PAYOUT;
}

/* Looked up anew each time: another duty may have changed it since. */
struct round_record *duty_record(const struct duty *duty)
{
    struct round_memory *memory = runner_rounds_memory(duty->runner->rounds);

    return is_left_behind(duty)
               ? round_memory_late(memory, duty->what.round, duty->begun_in)
               : round_memory_get(memory, duty->what.round);
}

void duty_note_peers(struct duty *duty, const struct client_round *answer)
{
    struct task_runner *runner = duty->runner;

    if (is_of_the_future(duty))
        return;
    round_memory_note_peers(runner_rounds_memory(runner->rounds), answer,
                            &runner->own);
    task_notices_accused(runner);
}

bool duty_has_voted(const struct duty *duty, const struct client_entry *entry)
{
    for (size_t i = 0; i < entry->vote_count; i++)
        if (pubkey_equal(&entry->votes[i].voter, &duty->runner->own))
            return true;
    return false;
}

/* Distributions that failed are listed again a round later; each has a name. */
uint32_t duty_attempt(const struct duty *duty)
{
    CHECK(duty->begun_in >= duty->what.round + 2);
    return (uint32_t)(duty->begun_in - duty->what.round - 2);
}

/* The worker's own limit is the window's end: what comes later is of no use,
 * and a window that has passed leaves no time at all. Counted in pending only
 * from here on, so that a call refused at once leaves nothing to be counted
 * back. */
int duty_call(struct duty *duty, const char *function, const char *args,
              host_callback callback, void *user)
{
    struct task_runner *runner = duty->runner;

    CHECK(callback && args[0] == '[');
    if (!duty_is_in_time(duty))
        return err_set(ERR_TIMEOUT, "the window has passed");
    uint64_t slots = duty->what.until_slot - runner_rounds_slot(runner->rounds);
    int status =
        runner_worker_call(runner->worker, function, args,
                           runner_limit_ms(runner, slots), callback, user);
    if (!status)
        runner_depart(runner);
    return status;
}
