/*
 * What the CreateTask instruction says of a deployment, and the transaction
 * that creates the task.
 */
#ifndef POND_AUTHOR_DEPLOYMENT_TERMS_H
#define POND_AUTHOR_DEPLOYMENT_TERMS_H

#include "author/deployment.h"
#include "node/money/recipe.h"

/* Borrows from both. The description is cut to its first 50 characters (and
 * to its field), as Koii's CLI does; all of it stands in the metadata. A name
 * with characters of several bytes is cut to its field, too. Amounts are roe,
 * or billionths of a token. */
void deployment_terms(const struct deployment *deployment,
                      const struct deployment_content *content,
                      struct task_terms *out);

/* Put the creation into the recipe: a fresh stake pot, the terms and the space
 * of the deployment. task is the new task's key, borrowed by the recipe.
 * Returns what recipe_create_task() says; the recipe is freed by the caller in
 * any case. */
int deployment_create(const struct deployment *deployment,
                      const struct deployment_content *content,
                      const struct pubkey *task, struct recipe *recipe);

/* The same for a task that is paid in tokens: stake_pot is a fresh key,
 * and decimals are the mint's. ERR_RANGE for an amount
 * that is not a whole number of base units, or too large for them. */
int deployment_create_kpl(const struct deployment *deployment,
                          const struct deployment_content *content,
                          const struct pubkey *task,
                          const struct pubkey *stake_pot, uint8_t decimals,
                          struct recipe *recipe);

/* What a creation or an update costs its payer. */
struct deployment_cost {
    uint64_t rent_roe; /* of the task's account and its pot */
    uint64_t pot_roe;  /* of that, the pot's; 0 where it moves along */
    uint64_t fee_roe;  /* of the transaction, a signature each */
    uint64_t roe;      /* all of it, the bounty too, if that is in KOII */
};

void deployment_cost(const struct deployment *deployment,
                     struct deployment_cost *out);

/* Where a task moves from and to. */
struct deployment_move {
    struct pubkey task, stake_pot; /* as they are */
    struct pubkey new_task;        /* a fresh key */
    struct pubkey new_stake_pot;   /* KPL: a fresh key; else not used */
    uint8_t decimals;              /* KPL: the mint's */
};

/* Put the migration of a task to other terms and code into the recipe, which
 * the task's manager pays for. The bounty moves along, so total_bounty_amount
 * is not used. Errors as the creation's. */
int deployment_update(const struct deployment *deployment,
                      const struct deployment_content *content,
                      const struct deployment_move *move,
                      struct recipe *recipe);

/* The amounts of a KPL task's deployment, in place. ERR_RANGE. */
int deployment_use_units(struct deployment *deployment, uint8_t decimals);

/* From billionths to base units of a token, in place. ERR_RANGE, of what is
 * named so, for an amount that is not a whole number of them, or too large. */
int deployment_token_units(const char *what, uint8_t decimals,
                           uint64_t *amount);

/* The decimals of a token, from its mint's account. ERR_INVALID for an account
 * that is no mint. */
int deployment_mint_decimals(const struct pubkey *owner, struct bytes data,
                             uint8_t *out);

#endif
