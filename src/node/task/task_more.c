#include "node/task/task_more.h"

#include "base/error.h"
#include "base/memory.h"
#include "node/money/transfer.h"
#include "node/task/task_money.h"
#include "node/task/task_purse.h"
#include "node/task/task_runner.h"

#include <stdlib.h>

/* The newest order. While done is set it has not been answered. */
struct task_more {
    struct journal_name name;
    uint64_t amount;
    task_runner_ordered *done;
    void *user;
    bool is_sending;
    bool is_failed; /* with text */
    char text[256];
};

void task_more_name(const struct pubkey *task, const char *key,
                    struct journal_name *out)
{
    transfer_name(key, out);
    out->kind = JOURNAL_STAKE_MORE;
    out->task = *task;
}

static void answer(struct task_more *more, int status)
{
    task_runner_ordered *done = more->done;

    more->done = NULL;
    done(more->user, status);
}

void task_more_free(struct task_more *more)
{
    if (more && more->done)
        answer(more, err_set(ERR_CANCELLED, "the task is being stopped"));
    free(more);
}

static void note_failure(struct task_more *more, const char *text)
{
    more->is_failed = true;
    snprintf(more->text, sizeof(more->text), "%s", text);
}

/* One that is open still is sent again by the node. */
static void on_sent(void *user, const struct sender_result *result)
{
    struct task_runner *runner = user;

    runner->more->is_sending = false;
    if (result->status)
        note_failure(runner->more, result->text);
    if (!runner_arrived(runner))
        return;
    if (!result->status) {
        runner_want_view(runner);
        return;
    }
    err_set(result->status, "%s", result->text);
    runner_complain(runner, "can't stake more");
}

static int send_stake(struct task_runner *runner,
                      const struct stake_purse *purse)
{
    struct task_more *more = runner->more;
    const struct stake_order order = task_money_order(runner, more->amount);
    enum task_reason reason;
    int status = stake_check_purse(&order, purse,
                                   signer_main(runner->parts->signer), &reason);

    if (status)
        return status;
    status = task_money_send_stake(runner, purse, &more->name, more->amount,
                                   on_sent);
    if (status)
        return status;
    more->is_sending = true;
    runner_depart(runner);
    return 0;
}

static void on_purse(struct task_runner *runner, int status,
                     const struct stake_purse *purse)
{
    if (!status)
        status = send_stake(runner, purse);
    /* Whoever ordered it hears so, and may order it again. */
    if (status)
        runner->more->name = (struct journal_name){0};
    answer(runner->more, status);
}

/* Nothing is sent that would be refused, or that would go to a stake that is
 * on its way in or out. */
static int check(struct task_runner *runner, uint64_t amount)
{
    enum task_reason reason;

    if (runner->state == RUNNER_STOPPING)
        return err_set(ERR_STATE, "the task is being stopped");
    if (!runner->view.is_known || !runner->has_own)
        return err_set(ERR_STATE, "the task's state is not known yet");
    if (runner->leave.is_wanted)
        return err_set(ERR_STATE, "its stake is being taken back");
    if (task_money_is_stake_wanting(runner))
        return err_set(ERR_STATE, "its first stake is not there yet");
    if (runner->more && (runner->more->done || runner->more->is_sending))
        return err_set(ERR_BUSY, "more is being staked on it already");
    if (!amount)
        return err_set(ERR_INVALID, "nothing would be staked: the amount is 0");

    const struct stake_order order = task_money_order(runner, amount);

    return stake_check_task(&order, &reason);
}

int task_runner_stake_more(struct task_runner *runner, const char *key,
                           uint64_t amount, task_runner_ordered *done,
                           void *user)
{
    runner_check(runner);
    int status = check(runner, amount);

    if (status)
        return status;
    if (!runner->more)
        runner->more = mem_alloc(sizeof(*runner->more));
    *runner->more =
        (struct task_more){.amount = amount, .done = done, .user = user};
    task_more_name(&runner->task, key, &runner->more->name);
    task_purse_ask(runner, on_purse);
    return 0;
}

int task_runner_staking_more(const struct task_runner *runner, const char *key,
                             uint64_t *amount, const char **failure)
{
    const struct task_more *more = runner->more;
    struct journal_name name;

    runner_check(runner);
    task_more_name(&runner->task, key, &name);
    if (!more || !pubkey_equal(&more->name.target, &name.target))
        return ERR_NOT_FOUND;
    *amount = more->amount;
    *failure = more->is_failed ? more->text : NULL;
    return 0;
}
