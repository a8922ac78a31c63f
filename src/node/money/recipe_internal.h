/*
 * What the parts of a recipe share: recipe.c (coins, tokens, accounts) and
 * recipe_task.c (the task programs).
 */
#ifndef POND_NODE_MONEY_RECIPE_INTERNAL_H
#define POND_NODE_MONEY_RECIPE_INTERNAL_H

#include "node/money/recipe.h"

void recipe_add_signer(struct recipe *recipe, const struct pubkey *signer);
void recipe_add(struct recipe *recipe, const struct pubkey *program,
                const struct account_meta *accounts, size_t account_count,
                struct bytes data);

/* Turn an address, which signs, into an account of a program's. lamports: what
 * it still lacks. */
void recipe_make_account(struct recipe *recipe, const struct pubkey *from,
                         const struct pubkey *account, uint64_t lamports,
                         uint64_t space, const struct pubkey *owner);

#endif
