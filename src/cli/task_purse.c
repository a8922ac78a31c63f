#include "cli/task_purse.h"

#include "base/error.h"

/* A question under way: on_account() ends the wait. */
struct key_check {
    struct client_waiting waiting;
    bool is_kpl;
    struct recipe_account key;
};

static void on_account(void *user, int status,
                       const struct client_account *account)
{
    struct key_check *check = user;

    if (!status)
        status = recipe_account_read(account, check->is_kpl, &check->key);
    client_finish(&check->waiting, status);
}

/* What the chain says about the staking key. */
static int look_at_key(struct session *session, const struct cli_stake *stake,
                       struct recipe_account *out)
{
    struct key_check check = {.is_kpl = stake->task->is_kpl};

    client_account_info(session->client, &stake->key, on_account, &check);
    int status =
        session_status(session, client_wait(session->client, &check.waiting));
    *out = check.key;
    return status;
}

static int look_at_purse(struct session *session, const struct cli_stake *stake,
                         struct stake_purse *out)
{
    struct cli_tokens tokens = {0};
    const struct pubkey *mint = &stake->task->token;
    int status = look_at_key(session, stake, &out->key);

    if (!status)
        status = session_status(
            session,
            client_balance_wait(session->client, &stake->payer, &out->roe));
    if (status || !stake->task->is_kpl)
        return status;
    status = cli_tokens_look(session, &stake->payer, mint, &tokens);
    out->tokens = tokens.amount;
    if (!status)
        status = cli_tokens_look(session, &stake->key, mint, &tokens);
    out->key_has_tokens = tokens.is_there;
    return status;
}

int cli_stake_check(struct session *session, const struct cli_stake *stake,
                    struct stake_purse *purse)
{
    const struct cli_task *task = stake->task;
    const struct stake_order order = {.is_active = task->is_active,
                                      .is_migrated = task->is_migrated,
                                      .minimum = task->minimum,
                                      .bounty = task->bounty,
                                      .bounty_per_round =
                                          task->bounty_per_round,
                                      .is_kpl = task->is_kpl,
                                      .staked = stake->staked,
                                      .amount = stake->amount};
    const char *reason = NULL;
    int status = stake_check_task(&order, &reason);

    *purse = (struct stake_purse){0};
    if (!status)
        status = look_at_purse(session, stake, purse);
    if (!status)
        status = stake_check_purse(&order, purse, &stake->payer, &reason);
    return reason ? err_add(status, "%s", reason) : status;
}
