#include "node/money/stake_check.h"

#include "base/decimal.h"
#include "base/error.h"
#include "node/money/amount.h"
#include "settlement/format/account.h"

#include <stdlib.h>

/* The payer's and the staking key's signature, at the chain's price. */
#define FEE_ROE (2 * 5000)

static int refuse(enum task_reason *reason, enum task_reason code, int status)
{
    *reason = code;
    return status;
}

static int refuse_low(const struct stake_order *order, enum task_reason *reason)
{
    uint64_t missing = order->minimum - order->staked - order->amount;
    char *least = amount_words(order->minimum, order->is_kpl);
    char *more = amount_words(missing, order->is_kpl);
    int status = err_set(ERR_STATE,
                         "the task wants a stake of %s at least: stake %s more",
                         least, more);

    free(more);
    free(least);
    return refuse(reason, TASK_REASON_STAKE_LOW, status);
}

int stake_check_task(const struct stake_order *order, enum task_reason *reason)
{
    if (order->is_migrated)
        return refuse(reason, TASK_REASON_MIGRATED,
                      err_set(ERR_STATE, "the task has moved to another id"));
    if (!order->is_active)
        return refuse(reason, TASK_REASON_INACTIVE,
                      err_set(ERR_STATE, "the task is not active: it takes no "
                                         "proofs, so a stake earns nothing"));
    if (order->bounty < order->bounty_per_round)
        return refuse(reason, TASK_REASON_BOUNTY_EMPTY,
                      err_set(ERR_STATE, "the task's bounty does not pay "
                                         "another round, so a stake earns "
                                         "nothing"));
    if (order->staked < order->minimum &&
        order->amount < order->minimum - order->staked)
        return refuse_low(order, reason);
    return 0;
}

static int check_tokens(const struct stake_order *order,
                        const struct stake_purse *purse,
                        const struct pubkey *payer, enum task_reason *reason)
{
    if (!order->is_kpl || purse->tokens >= order->amount)
        return 0;
    char *missing = amount_words(order->amount - purse->tokens, true);
    int status =
        err_set(ERR_STATE, "the wallet %s has too few tokens: %s are missing",
                PUBKEY_TEXT(payer), missing);

    free(missing);
    return refuse(reason, TASK_REASON_NO_TOKENS, status);
}

/* What accounts cost that are not there yet. */
static uint64_t rent_of(const struct stake_order *order,
                        const struct stake_purse *purse)
{
    uint64_t rent = 0;

    if (purse->key.is_new)
        rent = task_instruction_stake_lamports();
    if (order->is_kpl && !purse->key_has_tokens)
        rent += rent_minimum_balance(TOKEN_ACCOUNT_SIZE);
    return rent;
}

static int refuse_coins(const struct stake_order *order, uint64_t rent,
                        uint64_t has, uint64_t missing,
                        const struct pubkey *payer)
{
    uint64_t stake = order->is_kpl ? 0 : order->amount;
    uint64_t numbers[] = {stake, rent,   FEE_ROE, rent_minimum_balance(0),
                          has,   missing};
    struct buffer texts[6] = {0};

    for (size_t i = 0; i < 6; i++)
        decimal_units(numbers[i], KOII_DECIMALS, &texts[i]);
    int status = err_set(
        ERR_STATE,
        "%s KOII are missing: it takes %s for the stake, %s for the staking "
        "key's account and %s for fees, and %s stay in the wallet %s, which "
        "has %s",
        buffer_string(&texts[5]), buffer_string(&texts[0]),
        buffer_string(&texts[1]), buffer_string(&texts[2]),
        buffer_string(&texts[3]), PUBKEY_TEXT(payer), buffer_string(&texts[4]));

    for (size_t i = 0; i < 6; i++)
        buffer_free(&texts[i]);
    return status;
}

/* Coins that a new key holds count for its account and its stake, as in
 * recipe_stake(). */
int stake_check_purse(const struct stake_order *order,
                      const struct stake_purse *purse,
                      const struct pubkey *payer, enum task_reason *reason)
{
    uint64_t keep = rent_minimum_balance(0);
    uint64_t rent = rent_of(order, purse);
    uint64_t stake = order->is_kpl ? 0 : order->amount;
    uint64_t there = purse->key.is_new ? purse->key.lamports : 0;
    int status = check_tokens(order, purse, payer, reason);

    if (status)
        return status;
    if (stake > UINT64_MAX - rent - FEE_ROE - keep)
        return refuse(reason, TASK_REASON_NO_COINS,
                      err_set(ERR_STATE, "nobody has so many coins"));
    /* The token account is paid by the wallet in any case. */
    uint64_t made =
        purse->key.is_new ? stake + task_instruction_stake_lamports() : stake;
    uint64_t cost = stake + rent + FEE_ROE;

    if (purse->key.is_new)
        cost -= there < made ? there : made;
    if (purse->roe == cost || purse->roe >= cost + keep)
        return 0;
    return refuse(
        reason, TASK_REASON_NO_COINS,
        refuse_coins(order, rent, purse->roe, cost + keep - purse->roe, payer));
}
