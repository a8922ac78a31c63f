/*
 * Whether a stake would be taken, and paid for, before anything is sent: what
 * the task says, and what is in the wallet. Pure.
 *
 * Each refusal has a code beside its text (docs/node.md). Texts say what is
 * missing and how much.
 */
#ifndef POND_NODE_MONEY_STAKE_CHECK_H
#define POND_NODE_MONEY_STAKE_CHECK_H

#include "node/money/recipe.h"
#include "node/parts/task_reason.h"

/* What is to be staked on what. Amounts are in the task's units: roe, or base
 * units of its token. */
struct stake_order {
    bool is_active, is_migrated;
    uint64_t minimum, bounty, bounty_per_round;
    bool is_kpl;
    uint64_t staked; /* by the key already */
    uint64_t amount; /* to be added */
};

/* What there is to pay with. */
struct stake_purse {
    uint64_t roe;              /* of the payer's wallet */
    uint64_t tokens;           /* KPL: of its associated account */
    bool key_has_tokens;       /* KPL: the staking key has such an account */
    struct recipe_account key; /* the staking key's */
};

/* ERR_STATE, with *reason MIGRATED, INACTIVE, BOUNTY_EMPTY or
 * STAKE_LOW. */
int stake_check_task(const struct stake_order *order, enum task_reason *reason);

/* ERR_STATE, with *reason NO_TOKENS or NO_COINS. An account keeps its rent
 * or nothing, so what is left of the wallet counts, too. */
int stake_check_purse(const struct stake_order *order,
                      const struct stake_purse *purse,
                      const struct pubkey *payer, enum task_reason *reason);

#endif
