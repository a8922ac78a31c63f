/*
 * What a node stakes and claims. Both are counted in the journal by a number
 * of the node's own, so that one that was begun is ended before the next.
 */
#include "node/task_runner_internal.h"

#include "base/error.h"
#include "base/log.h"

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
        runner_advance(runner);
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
    runner_ask_view(runner);
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
    runner_advance(runner);
}

void runner_stake(struct task_runner *runner)
{
    runner_depart(runner);
    client_account_info(runner->parts->client,
                        &runner->parts->wallet->staking.pubkey,
                        on_staking_account, runner);
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
