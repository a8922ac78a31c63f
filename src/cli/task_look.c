/*
 * Looking a task up before something is done about it: its keys, its program
 * and its token.
 *
 * Amounts are read and printed in KOII, or in tokens; what is sent is in roe,
 * or in base units of the token, of which the mint's account says how many a
 * token has.
 */
#include "author/deployment_terms.h"
#include "base/check.h"
#include "base/decimal.h"
#include "base/error.h"
#include "base/json.h"
#include "cli/task.h"
#include "settlement/format/account.h"

/* A question under way, and what of its answer is kept. */
struct look {
    struct client_waiting waiting;
    struct cli_task *task;
    unsigned parts;
};

static size_t count_stakers(const struct client_task *task)
{
    struct json_object *stakes;
    size_t count = 0;

    if (json_get_object(task->state, "stake_list", &stakes)) {
        err_clear();
        return 0;
    }
    json_object_object_foreach(stakes, key, stake)
    {
        uint64_t roe;

        (void)key;
        count += json_is_u64(stake, &roe) && roe;
    }
    return count;
}

static void on_task(void *user, int status, const struct client_task *task)
{
    struct look *look = user;

    if (!status)
        *look->task =
            (struct cli_task){.task = task->task,
                              .stake_pot = task->stake_pot_account,
                              .manager = task->task_manager,
                              .is_kpl = task->is_kpl,
                              .token = task->token,
                              .is_active = task->is_active,
                              .minimum = task->minimum_stake_amount,
                              .bounty = task->total_bounty_amount,
                              .bounty_per_round = task->bounty_amount_per_round,
                              .staked = task->total_stake_amount,
                              .is_migrated = task->is_migrated,
                              .decimals = KOII_DECIMALS};
    if (!status)
        snprintf(look->task->name, sizeof(look->task->name), "%s",
                 task->task_name);
    if (!status && look->parts & CLIENT_TASK_STAKES)
        look->task->staker_count = count_stakers(task);
    if (!status && task->is_migrated &&
        pubkey_parse(bytes_text(task->migrated_to), &look->task->migrated_to) <
            0)
        err_clear();
    client_finish(&look->waiting, status);
}

static int look_at(struct session *session, const struct pubkey *task,
                   unsigned parts, struct cli_task *out)
{
    CHECK(task && out);
    struct look look = {.task = out, .parts = parts};

    client_task_state(session->client, task, parts, on_task, &look);
    int status =
        session_status(session, client_wait(session->client, &look.waiting));
    if (!status && out->is_kpl)
        status = cli_mint_decimals(session, &out->token, &out->decimals);
    return status;
}

/* The state is asked for without its maps, which can be large. */
int cli_task_look(struct session *session, const struct pubkey *task,
                  struct cli_task *out)
{
    return look_at(session, task, 0, out);
}

int cli_task_look_whole(struct session *session, const struct pubkey *task,
                        struct cli_task *out)
{
    return look_at(session, task, CLIENT_TASK_STAKES, out);
}

void cli_task_recipe(const struct cli_task *task, const struct pubkey *payer,
                     struct recipe *out)
{
    recipe_init(out, payer);
    if (task->is_kpl)
        recipe_use_token(out, &task->token);
}

int cli_task_units(const struct cli_task *task, uint64_t billionths,
                   uint64_t *out)
{
    *out = billionths;
    return task->is_kpl
               ? deployment_token_units("the amount", task->decimals, out)
               : 0;
}

/* ---- tokens ---- */

/* From the question for a mint to its decimals. */
struct mint_wait {
    struct client_waiting waiting;
    uint8_t decimals;
};

static void on_mint(void *user, int status,
                    const struct client_account *account)
{
    struct mint_wait *wait = user;

    if (!status && !account)
        status = err_set(ERR_NOT_FOUND, "there is no such account");
    if (!status)
        status = deployment_mint_decimals(&account->owner, account->data,
                                          &wait->decimals);
    client_finish(&wait->waiting, status);
}

int cli_mint_decimals(struct session *session, const struct pubkey *mint,
                      uint8_t *out)
{
    struct mint_wait wait = {0};

    client_account_info(session->client, mint, on_mint, &wait);
    int status =
        session_status(session, client_wait(session->client, &wait.waiting));
    *out = wait.decimals;
    return status ? err_add(status, "token %s", PUBKEY_TEXT(mint)) : 0;
}

/* A question about an account of tokens under way. */
struct tokens_wait {
    struct client_waiting waiting;
    const struct pubkey *mint;
    struct cli_tokens tokens;
};

static void on_tokens(void *user, int status,
                      const struct client_account *account)
{
    struct tokens_wait *wait = user;

    wait->tokens.is_there = account != NULL;
    if (!status)
        status = recipe_tokens_read(account, wait->mint, &wait->tokens.amount);
    client_finish(&wait->waiting, status);
}

int cli_tokens_look(struct session *session, const struct pubkey *wallet,
                    const struct pubkey *mint, struct cli_tokens *out)
{
    struct tokens_wait wait = {.mint = mint};
    struct pubkey account = recipe_tokens_of(wallet, mint);

    client_account_info(session->client, &account, on_tokens, &wait);
    int status =
        session_status(session, client_wait(session->client, &wait.waiting));
    *out = wait.tokens;
    return status;
}

void cli_task_print_amount(struct output *output, const struct cli_task *task,
                           uint64_t amount)
{
    struct buffer text = {0};

    if (!task->is_kpl) {
        output_roe(output, "amount_roe", amount);
        return;
    }
    decimal_units(amount, task->decimals, &text);
    output_text(output, "amount", buffer_string(&text));
    output_text(output, "token", PUBKEY_TEXT(&task->token));
    buffer_free(&text);
}
