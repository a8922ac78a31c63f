/*
 * Transactions of the task program as Koii's clients compose them: which
 * instructions go together, with which accounts and signers. A recipe is
 * filled with one or more of the calls below and then signed against a
 * blockhash; it can be signed again against another one.
 *
 * The first signer pays the fees. Keypairs are borrowed until recipe_free().
 *
 * Source: Koii's create-task-cli and desktop node (docs/node.md, "Recipes").
 */
#ifndef POND_NODE_RECIPE_H
#define POND_NODE_RECIPE_H

#include "base/arena.h"
#include "settlement/task_instruction.h"
#include "settlement/transaction.h"

#define RECIPE_INSTRUCTIONS_MAX 4
#define RECIPE_SIGNERS_MAX 4

struct recipe {
    struct arena arena; /* bytes and accounts of the instructions */
    struct instruction instructions[RECIPE_INSTRUCTIONS_MAX];
    size_t instruction_count;
    const struct keypair *signers[RECIPE_SIGNERS_MAX];
    size_t signer_count;
};

void recipe_init(struct recipe *recipe, const struct keypair *payer);
void recipe_free(struct recipe *recipe);

/* Append the signed transaction. ERR_LIMIT if it is too large. */
int recipe_sign(const struct recipe *recipe, const struct hash *blockhash,
                struct buffer *wire);

/* Every call below returns 0 or what task_instruction_build() says, and then
 * has added nothing. Amounts in roe. */

/* Coins from one account to another. */
int recipe_transfer(struct recipe *recipe, const struct keypair *from,
                    const struct pubkey *to, uint64_t amount);

/* The payer creates a task account of that space under key task, lays down
 * the terms and gives the pot its first coins. */
int recipe_create_task(struct recipe *recipe, const struct keypair *task,
                       const struct pubkey *stake_pot,
                       const struct task_terms *terms, uint64_t space_bytes);

/* The payer adds to a task's bounty through a fresh key, funder: the program
 * can only debit accounts that it owns. */
int recipe_fund(struct recipe *recipe, const struct pubkey *task,
                const struct pubkey *stake_pot, const struct keypair *funder,
                uint64_t amount);

/* The payer gives amount to the staking key, and that stakes it. is_new: the
 * key has no account of the task program yet, and one is created (rent on
 * top). address: the node's URL, at most 64 bytes. */
int recipe_stake(struct recipe *recipe, const struct pubkey *task,
                 const struct pubkey *stake_pot, const struct keypair *staking,
                 bool is_new, uint64_t amount, const char *address);

/* Stake to claimable balance; then claimable balance to beneficiary. */
int recipe_withdraw(struct recipe *recipe, const struct pubkey *task,
                    const struct keypair *staking);
int recipe_claim(struct recipe *recipe, const struct pubkey *task,
                 const struct pubkey *stake_pot, const struct keypair *staking,
                 const struct pubkey *beneficiary);

/* manager: the task's owner or a manager key. */
int recipe_set_active(struct recipe *recipe, const struct pubkey *task,
                      const struct keypair *manager, bool is_active);

int recipe_submit(struct recipe *recipe, const struct pubkey *task,
                  const struct keypair *staking, uint64_t round,
                  struct bytes value);
int recipe_audit(struct recipe *recipe, const struct pubkey *task,
                 const struct keypair *staking, uint64_t round,
                 const struct pubkey *candidate, bool is_valid);
int recipe_audit_list(struct recipe *recipe, const struct pubkey *task,
                      const struct keypair *staking, uint64_t round,
                      const struct pubkey *submitter, bool is_valid);

/* One chunk of a distribution list's account data, into the staking key's own
 * account, which doubles as data account as in Koii's node. */
int recipe_upload(struct recipe *recipe, const struct pubkey *task,
                  const struct keypair *staking, uint64_t round,
                  struct bytes data, size_t chunk);
int recipe_submit_list(struct recipe *recipe, const struct pubkey *task,
                       const struct keypair *staking, uint64_t round);
int recipe_payout(struct recipe *recipe, const struct pubkey *task,
                  uint64_t round, const struct pubkey *data_account);

#endif
