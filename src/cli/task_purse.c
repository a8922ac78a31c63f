#include "cli/task_purse.h"

#include "base/error.h"
#include "cli/node_face.h"
#include "cli/task_work.h"

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
    enum task_reason reason = TASK_REASON_NONE;
    int status = stake_check_task(&order, &reason);

    *purse = (struct stake_purse){0};
    if (!status)
        status = look_at_purse(session, stake, purse);
    if (!status)
        status = stake_check_purse(&order, purse, &stake->payer, &reason);
    return reason ? err_add(status, "%s", task_reason_code(reason)) : status;
}

/* ---- through the node ---- */

static int key_in(struct json_object *object, const char *name,
                  struct pubkey *out)
{
    const char *text;
    int status = json_get_text(object, name, &text);

    return status ? status : pubkey_parse(bytes_text(text), out);
}

/* The key that a task had when it was stopped may be its own. */
static int read_keys(struct json_object *status_tree, const struct pubkey *task,
                     struct cli_stake *out)
{
    struct json_object *stopped;
    struct pubkey one;
    int status;

    if ((status = key_in(status_tree, "main", &out->payer)) < 0 ||
        (status = key_in(status_tree, "staking", &out->key)) < 0 ||
        (status = json_get_array(status_tree, "stopped", &stopped)) < 0)
        return status;
    for (size_t i = 0; i < json_object_array_length(stopped); i++) {
        struct json_object *item = json_object_array_get_idx(stopped, i);

        if (!key_in(item, "task", &one) && pubkey_equal(&one, task))
            (void)key_in(item, "staking", &out->key);
    }
    err_clear();
    return 0;
}

/* What is wanting of the stake has to be there. The node looks again before it
 * sends anything, and knows more: of tokens, and of a key that a task has for
 * itself. */
static int check_stake(struct cli *cli, struct session *session,
                       const struct cli_task *task, uint64_t wanted)
{
    struct cli_stake stake = {.task = task, .amount = wanted};
    struct task_coins coins = {0};
    struct json_object *tree = NULL;
    struct stake_purse purse;

    if (task->is_kpl)
        return 0;
    int status = node_face_ask_json(cli, "/status", NULL, &tree);
    if (!status)
        status = read_keys(tree, &task->task, &stake);
    json_object_put(tree);
    if (!status)
        status = task_coins_look(session, &task->task, &stake.key, &coins);
    if (status || coins.staked >= wanted)
        return status;
    stake.staked = coins.staked;
    stake.amount = wanted - coins.staked;
    return cli_stake_check(session, &stake, &purse);
}

int cli_stake_units(struct cli *cli, const struct pubkey *key, bool is_for_it,
                    uint64_t *stake)
{
    struct session session;
    struct cli_task task;
    int status = session_open(cli, &session);

    if (status)
        return status;
    status = cli_task_look(&session, key, &task);
    if (!status)
        status = cli_task_units(&task, *stake, stake);
    if (!status && is_for_it)
        status = check_stake(cli, &session, &task, *stake);
    session_close(&session);
    return status;
}
