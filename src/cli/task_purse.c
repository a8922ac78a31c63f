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

/* A question about an account of tokens under way. */
struct tokens_look {
    struct client_waiting waiting;
    const struct pubkey *mint;
    bool is_there;
    uint64_t amount;
};

static void on_tokens(void *user, int status,
                      const struct client_account *account)
{
    struct tokens_look *look = user;

    look->is_there = account != NULL;
    if (!status)
        status = recipe_tokens_read(account, look->mint, &look->amount);
    client_finish(&look->waiting, status);
}

static int look_at_tokens(struct session *session, const struct cli_task *task,
                          const struct pubkey *wallet, struct tokens_look *out)
{
    struct pubkey account = recipe_tokens_of(wallet, &task->token);

    *out = (struct tokens_look){.mint = &task->token};
    client_account_info(session->client, &account, on_tokens, out);
    return session_status(session, client_wait(session->client, &out->waiting));
}

static int look_at_purse(struct session *session, const struct cli_stake *stake,
                         struct stake_purse *out)
{
    struct tokens_look look = {0};
    int status = look_at_key(session, stake, &out->key);

    if (!status)
        status = session_status(
            session,
            client_balance_wait(session->client, &stake->payer, &out->roe));
    if (status || !stake->task->is_kpl)
        return status;
    status = look_at_tokens(session, stake->task, &stake->payer, &look);
    out->tokens = look.amount;
    if (!status)
        status = look_at_tokens(session, stake->task, &stake->key, &look);
    out->key_has_tokens = look.is_there;
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
