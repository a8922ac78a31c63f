/*
 * See cli/task_bill.h.
 *
 * An update moves the bounty that is there, so it costs rent and fees alone.
 * What a node stakes is its operator's, and no part of the total.
 */
#include "cli/task_bill.h"

#include "base/check.h"
#include "base/decimal.h"
#include "base/error.h"
#include "cli/options.h"
#include "cli/task.h"
#include "settlement/format/account.h"

#include <stdio.h>
#include <unistd.h>

static bool pays_tokens(const struct deployment *deployment)
{
    return deployment->is_kpl && !deployment->is_update;
}

void task_bill_make(const struct deployment *deployment, struct task_bill *out)
{
    CHECK(deployment && out);
    *out = (struct task_bill){.decimals = KOII_DECIMALS,
                              .bounty = deployment->total_bounty_roe};
    deployment_cost(deployment, &out->cost);
}

/* ---- balances ---- */

static int look_for_tokens(struct session *session,
                           const struct deployment *deployment,
                           const struct pubkey *payer, struct task_bill *bill)
{
    struct cli_tokens tokens;
    int status =
        cli_mint_decimals(session, &deployment->token, &bill->decimals);

    if (status)
        err_add(status, "config: token_type");
    else
        status = deployment_token_units("config: total_bounty_amount",
                                        bill->decimals, &bill->bounty);
    if (status)
        return status;
    status = cli_tokens_look(session, payer, &deployment->token, &tokens);
    bill->tokens = tokens.amount;
    return status;
}

int task_bill_look(struct session *session, const struct deployment *deployment,
                   const struct pubkey *payer, struct task_bill *bill)
{
    CHECK(payer && bill);
    int status =
        session_status(session, client_balance_wait(session->client, payer,
                                                    &bill->balance_roe));

    if (!status && pays_tokens(deployment))
        status = look_for_tokens(session, deployment, payer, bill);
    bill->is_known = !status;
    return status;
}

/* ---- for people ---- */

static void print_tokens(struct output *output, const char *name,
                         uint64_t amount, uint8_t decimals, bool is_negative)
{
    struct buffer text = {0};

    if (is_negative)
        buffer_text(&text, "-");
    decimal_units(amount, decimals, &text);
    output_text(output, name, buffer_string(&text));
    buffer_free(&text);
}

static void print_difference(struct output *output,
                             const struct task_bill *bill)
{
    bool is_short = bill->tokens < bill->bounty;

    print_tokens(output, "token_balance", bill->tokens, bill->decimals, false);
    print_tokens(output, "token_balance_after",
                 is_short ? bill->bounty - bill->tokens
                          : bill->tokens - bill->bounty,
                 bill->decimals, is_short);
}

void task_bill_print(struct output *output, const struct deployment *deployment,
                     const struct task_bill *bill)
{
    const struct deployment_cost *cost = &bill->cost;

    output_roe(output, "rent_roe", cost->rent_roe);
    output_roe(output, "fee_roe", cost->fee_roe);
    if (pays_tokens(deployment)) {
        print_tokens(output, "bounty", deployment->total_bounty_roe,
                     KOII_DECIMALS, false);
        output_text(output, "token", PUBKEY_TEXT(&deployment->token));
    } else if (!deployment->is_update) {
        output_roe(output, "bounty_roe", deployment->total_bounty_roe);
    }
    output_roe(output, "cost_roe", cost->roe);
    if (bill->is_known) {
        output_roe(output, "balance_roe", bill->balance_roe);
        output_roe_signed(output, "balance_after_roe",
                          (int64_t)(bill->balance_roe - cost->roe));
    }
    if (bill->is_known && pays_tokens(deployment))
        print_difference(output, bill);
    if (deployment->is_kpl)
        print_tokens(output, "minimum_stake", deployment->minimum_stake_roe,
                     KOII_DECIMALS, false);
    else
        output_roe(output, "minimum_stake_roe", deployment->minimum_stake_roe);
}

static int refuse(struct cli *cli, uint64_t has, uint64_t needs,
                  uint8_t decimals, const char *of, const char *hint)
{
    struct buffer text = {0};

    buffer_text(&text, "this costs ");
    decimal_units(needs, decimals, &text);
    buffer_format(&text, " %s, and the wallet has ", of);
    decimal_units(has, decimals, &text);
    buffer_text(&text, ": ");
    decimal_units(needs - has, decimals, &text);
    buffer_text(&text, " are missing");
    err_set(ERR_STATE, "%s", buffer_string(&text));
    buffer_free(&text);
    return cli_hint(cli, ERR_STATE, "%s", hint);
}

int task_bill_check(struct cli *cli, const struct deployment *deployment,
                    const struct task_bill *bill)
{
    CHECK(bill->is_known);
    if (bill->balance_roe < bill->cost.roe)
        return refuse(cli, bill->balance_roe, bill->cost.roe, KOII_DECIMALS,
                      "KOII",
                      "--keypair names another wallet; on a private network "
                      "`pond airdrop` fills this one");
    if (pays_tokens(deployment) && bill->tokens < bill->bounty)
        return refuse(cli, bill->tokens, bill->bounty, bill->decimals, "tokens",
                      "the bounty comes from the wallet's associated account "
                      "for the token; --keypair names another wallet");
    return 0;
}

int task_bill_ask(struct cli *cli, const struct deployment *deployment,
                  const struct task_bill *bill, bool yes)
{
    struct buffer price = {0};
    char answer[16];

    if (yes || cli->output.json || !isatty(STDIN_FILENO) ||
        !isatty(STDERR_FILENO))
        return 0;
    decimal_units(bill->cost.roe, KOII_DECIMALS, &price);
    buffer_text(&price, " KOII");
    if (pays_tokens(deployment)) {
        buffer_text(&price, " and ");
        decimal_units(bill->bounty, bill->decimals, &price);
        buffer_format(&price, " tokens of %s", PUBKEY_TEXT(&deployment->token));
    }
    fprintf(stderr, "Your account will be charged %s. Go on? [y/N] ",
            buffer_string(&price));
    buffer_free(&price);
    if (!fgets(answer, sizeof(answer), stdin) ||
        (answer[0] != 'y' && answer[0] != 'Y'))
        return err_set(ERR_CANCELLED, "nothing was sent");
    return 0;
}
