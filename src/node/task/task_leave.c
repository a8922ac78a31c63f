#include "node/task/task_leave.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "node/task/task_money.h"
#include "node/task/task_runner.h"

/* Between two tries: the chain says no more than that it is too early. A
 * sixteenth of a round, within these. */
#define PAUSE_MS_MIN 2000
#define PAUSE_MS_MAX 600000

static uint64_t pause_ms(const struct task_runner *runner)
{
    uint64_t slots = runner->view.clock.round_time / 16;
    uint64_t slot_ms = runner->parts->slot_ms;

    if (slots > PAUSE_MS_MAX / slot_ms)
        return PAUSE_MS_MAX;
    return slots * slot_ms < PAUSE_MS_MIN ? PAUSE_MS_MIN : slots * slot_ms;
}

/* Too early is no error: it is waited for. */
static void on_withdrawn(void *user, const struct sender_result *result)
{
    struct task_runner *runner = user;

    CHECK(runner->leave.is_withdrawing);
    runner->leave.is_withdrawing = false;
    if (!runner_arrived(runner))
        return;
    runner->leave.after_ms = clock_monotonic_ms() + pause_ms(runner);
    if (!result->status) {
        log_info("task", "%.8s has given the stake back", runner->task_text);
        runner_want_view(runner);
        return;
    }
    if (result->custom == TASK_ERROR_LOCKED)
        return;
    err_set(result->status, "%s", result->text);
    runner_complain_if_new(runner, "can't withdraw");
}

static int send_withdrawal(struct task_runner *runner, uint64_t stake)
{
    struct journal_name name;
    struct recipe recipe;
    int status = task_money_next_name(runner, JOURNAL_WITHDRAW, &name);

    if (status)
        return status;
    runner_recipe(runner, &recipe);
    status = recipe_withdraw(&recipe, &runner->task, &runner->own);
    if (status) {
        recipe_free(&recipe);
        return status;
    }
    return sender_send(runner->parts->sender, &name, stake, &recipe,
                       on_withdrawn, runner);
}

static void withdraw(struct task_runner *runner, uint64_t stake)
{
    int status = send_withdrawal(runner, stake);

    if (status) {
        if (status != ERR_BUSY)
            runner_complain_if_new(runner, "can't withdraw");
        runner->leave.after_ms = clock_monotonic_ms() + pause_ms(runner);
        return;
    }
    runner->leave.is_withdrawing = true;
    runner_depart(runner);
}

void task_leave_look(struct task_runner *runner)
{
    uint64_t stake = task_view_stake(&runner->view, &runner->own);

    if (!runner->leave.is_wanted || runner->state == RUNNER_STOPPING)
        return;
    if (!stake) {
        if (task_view_balance(&runner->view, &runner->own))
            task_money_claim(runner);
        return;
    }
    if (!runner->leave.is_withdrawing &&
        clock_monotonic_ms() >= runner->leave.after_ms)
        withdraw(runner, stake);
}

void task_runner_leave(struct task_runner *runner, bool is_wanted)
{
    runner_check(runner);
    if (runner->leave.is_wanted == is_wanted ||
        runner->state == RUNNER_STOPPING)
        return;
    runner->leave.is_wanted = is_wanted;
    runner_ask_view(runner);
}

bool task_runner_has_left(const struct task_runner *runner)
{
    runner_check(runner);
    return runner->leave.is_wanted && runner->view.is_known &&
           !runner->leave.is_withdrawing && task_money_is_settled(runner) &&
           !task_view_stake(&runner->view, &runner->own) &&
           !task_view_balance(&runner->view, &runner->own);
}
