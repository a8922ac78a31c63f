/*
 * One question after the other: a stake is rare, and the answers belong
 * together.
 */
#include "node/task/task_purse.h"

#include "base/memory.h"

#include <stdlib.h>

struct ask {
    struct task_runner *runner;
    task_purse_done *done;
    struct stake_purse purse;
};

/* False: the runner stops, and the ask has gone. */
static bool is_wanted(struct ask *ask)
{
    if (runner_arrived(ask->runner))
        return true;
    free(ask);
    return false;
}

static void end(struct ask *ask, int status)
{
    ask->done(ask->runner, status, status ? NULL : &ask->purse);
    free(ask);
}

static void on_tokens_of_key(void *user, int status,
                             const struct client_account *account)
{
    struct ask *ask = user;

    if (!is_wanted(ask))
        return;
    ask->purse.key_has_tokens = account != NULL;
    end(ask, status);
}

static void ask_tokens(struct ask *ask, const struct pubkey *wallet,
                       client_account_callback *callback)
{
    struct task_runner *runner = ask->runner;
    struct pubkey account = recipe_tokens_of(wallet, &runner->view.token);

    runner_depart(runner);
    client_account_info(runner->parts->client, &account, callback, ask);
}

static void on_tokens(void *user, int status,
                      const struct client_account *account)
{
    struct ask *ask = user;

    if (!is_wanted(ask))
        return;
    if (!status)
        status = recipe_tokens_read(account, &ask->runner->view.token,
                                    &ask->purse.tokens);
    if (status)
        end(ask, status);
    else
        ask_tokens(ask, &ask->runner->own, on_tokens_of_key);
}

static void on_balance(void *user, int status, uint64_t roe)
{
    struct ask *ask = user;

    if (!is_wanted(ask))
        return;
    ask->purse.roe = roe;
    if (!status && ask->runner->view.is_kpl)
        ask_tokens(ask, signer_main(ask->runner->parts->signer), on_tokens);
    else
        end(ask, status);
}

/* The account tells whether the key has staked before, on whatever task. */
static void on_key(void *user, int status, const struct client_account *account)
{
    struct ask *ask = user;
    struct task_runner *runner = ask->runner;

    if (!is_wanted(ask))
        return;
    if (!status)
        status =
            recipe_account_read(account, runner->view.is_kpl, &ask->purse.key);
    if (status) {
        end(ask, status);
        return;
    }
    runner_depart(runner);
    client_balance(runner->parts->client, signer_main(runner->parts->signer),
                   on_balance, ask);
}

void task_purse_ask(struct task_runner *runner, task_purse_done *done)
{
    struct ask *ask = mem_zero(1, sizeof(*ask));

    *ask = (struct ask){.runner = runner, .done = done};
    runner_depart(runner);
    client_account_info(runner->parts->client, &runner->own, on_key, ask);
}
