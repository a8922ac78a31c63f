/*
 * The stake of task_money.h: what the task says and what is in the wallet is
 * looked at first, so that nothing is sent that would be refused.
 */
#include "node/task/task_money_internal.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "node/money/journal_writer.h"
#include "node/task/task_purse.h"

/* The longest pause between two tries to stake. Each costs calls to the
 * endpoint and may cost a fee; a minute is what an operator waits after sending
 * the coins that were missing. */
#define STAKE_PAUSE_MAX_MS 60000

bool task_money_is_stake_wanting(const struct task_runner *runner)
{
    return runner->money->stake_wanted >
           task_view_stake(&runner->view, &runner->own);
}

/* A stake of an earlier life that is on its way has taken its coins already,
 * and shows when it has landed. */
bool task_money_may_stake(struct task_runner *runner)
{
    struct journal_name name;

    return clock_monotonic_ms() >= runner->money->stake_after_ms &&
           (task_money_next_name(runner, JOURNAL_STAKE, &name) ||
            !sender_is_sending(runner->parts->sender, &name));
}

/* A stake that failed once will mostly fail again until its operator does
 * something about it. New states come at any rate, so they must not set the
 * pace. */
static void stake_failed(struct task_runner *runner)
{
    struct task_money *money = runner->money;
    uint64_t now_ms = clock_monotonic_ms();
    uint64_t pause_ms = backoff_next_ms(&money->stake_backoff, now_ms, now_ms);

    if (pause_ms > STAKE_PAUSE_MAX_MS)
        pause_ms = STAKE_PAUSE_MAX_MS;
    money->stake_after_ms = now_ms + pause_ms;
    runner->events->stake_ended(runner);
}

static int write_staked(struct journal *journal, void *user)
{
    const struct task_runner *runner = user;

    return journal_task_staked(journal, &runner->task);
}

/* An error is logged only: the next start finds the stake on chain, and comes
 * here again. */
static void on_staked_written(void *user, int status)
{
    if (status)
        log_error("journal", "%s", err_text());
    (void)runner_arrived(user);
}

/* A later start must not stake again, not even after a slash; so the order goes
 * from the journal, too. The runner waits for the writing: no start of the same
 * task, which may want another stake, comes before it. */
void task_money_stake_done(struct task_runner *runner)
{
    if (!runner->money->stake_wanted)
        return;
    runner->money->stake_wanted = 0;
    runner->money->stake_backoff = (struct backoff){0};
    runner_depart(runner);
    journal_writer_run(runner->parts->writer, write_staked, on_staked_written,
                       runner);
}

/* Failure is an event, which waits and begins again. The state is read again
 * before the way goes on: the stake must be seen on chain first. */
static void on_staked(void *user, const struct sender_result *result)
{
    struct task_runner *runner = user;

    if (!runner_arrived(runner))
        return;
    if (result->status) {
        err_set(result->status, "%s", result->text);
        runner_complain(runner, "can't stake");
        if (result->status == ERR_REMOTE) {
            runner->money->is_refused = true;
            runner->reason = TASK_REASON_REFUSED;
        }
        stake_failed(runner);
        return;
    }
    task_money_stake_done(runner);
    runner_ask_view(runner);
}

struct stake_order task_money_order(const struct task_runner *runner,
                                    uint64_t amount)
{
    const struct task_view *view = &runner->view;

    return (struct stake_order){.is_active = view->is_active,
                                .is_migrated = view->is_migrated,
                                .minimum = view->minimum_stake,
                                .bounty = view->total_bounty,
                                .bounty_per_round = view->bounty_per_round,
                                .is_kpl = view->is_kpl,
                                .staked = task_view_stake(view, &runner->own),
                                .amount = amount};
}

/* What is wanted, less what is there. */
static struct stake_order stake_order(const struct task_runner *runner)
{
    return task_money_order(runner,
                            runner->money->stake_wanted -
                                task_view_stake(&runner->view, &runner->own));
}

int task_money_check_stake(struct task_runner *runner)
{
    const struct stake_order order = stake_order(runner);

    return stake_check_task(&order, &runner->reason);
}

int task_money_send_stake(struct task_runner *runner,
                          const struct stake_purse *purse,
                          const struct journal_name *name, uint64_t amount,
                          sender_done *done)
{
    struct recipe recipe;

    runner_recipe(runner, &recipe);
    int status = recipe_stake(&recipe, &runner->task, &runner->view.stake_pot,
                              &runner->own, &purse->key, amount,
                              runner->parts->public_url);
    if (!status)
        return sender_send(runner->parts->sender, name, amount, &recipe, done,
                           runner);
    recipe_free(&recipe);
    return status;
}

/* 0 once it is on its way. */
static int send_stake(struct task_runner *runner,
                      const struct stake_purse *purse)
{
    const struct stake_order order = stake_order(runner);
    struct journal_name name;
    int status = stake_check_purse(
        &order, purse, signer_main(runner->parts->signer), &runner->reason);

    runner->money->is_refused = status != 0;
    if (status ||
        (status = task_money_next_name(runner, JOURNAL_STAKE, &name)) < 0)
        return status;
    status =
        task_money_send_stake(runner, purse, &name, order.amount, on_staked);
    if (status)
        return status;
    runner->reason = TASK_REASON_NONE;
    runner_depart(runner);
    return 0;
}

static void on_purse(struct task_runner *runner, int status,
                     const struct stake_purse *purse)
{
    if (!task_money_is_stake_wanting(runner)) {
        /* A newer state has come meanwhile, and in it a stake that was under
         * way since before a restart. */
        runner->events->stake_ended(runner);
        return;
    }
    if (!status)
        status = send_stake(runner, purse);
    if (!status)
        return;
    /* Under way since before a restart: looked at again when it has ended. */
    if (runner->money->is_refused)
        runner_complain_if_new(runner, "can't stake");
    else if (status != ERR_BUSY)
        runner_complain(runner, "can't stake");
    stake_failed(runner);
}

bool task_money_is_refused(const struct task_runner *runner)
{
    return runner->money->is_refused;
}

/* The amount is computed when the purse is known, from a state that is fresh.
 */
void task_money_stake(struct task_runner *runner)
{
    CHECK(runner->state == RUNNER_STAKING && runner->money->stake_wanted);
    runner->money->is_refused = false;
    task_purse_ask(runner, on_purse);
}
