/*
 * Transactions of the task program as Koii's clients compose them: which
 * instructions go together, with which accounts and signers. A recipe is
 * filled with one or more of the calls below, and then made a message with a
 * blockhash; the same can be done again with another one. It names its signers
 * by their public keys and holds no secret.
 *
 * The first signer pays the fees.
 *
 * Source: Koii's create-task-cli and desktop node (docs/node.md, "Recipes").
 *
 * Nothing here asks the chain: rents and the like come from the codec
 * (settlement/format/task_instruction.h), states from the caller. So a recipe
 * can be composed, looked at and thrown away without a connection.
 *
 * Ownership: recipe_init() needs no counterpart until something was added;
 * recipe_free() is allowed in any case. Instructions are copies in the arena. A
 * recipe may be moved by assignment, if the old one is forgotten.
 *
 * Thread: any, one at a time.
 */
#ifndef POND_NODE_MONEY_RECIPE_H
#define POND_NODE_MONEY_RECIPE_H

#include "base/arena.h"
#include "client/client.h"
#include "settlement/format/task_instruction.h"
#include "settlement/format/transaction.h"

/* A creation needs five instructions and two signers, the rest fewer; the room
 * above that is for recipes of several calls. Going beyond is a programming
 * error (CHECKed): the wire format's 1,232 bytes end it soon after. */
#define RECIPE_INSTRUCTIONS_MAX 8
#define RECIPE_SIGNERS_MAX 4

/*
 * Invariants:
 *
 *  1. signers[0] is the payer, and no key is there twice.
 *  2. Every key that an instruction names as a signer is among the signers.
 */
struct recipe {
    struct arena arena; /* bytes and accounts of the instructions */
    struct instruction instructions[RECIPE_INSTRUCTIONS_MAX];
    size_t instruction_count;
    struct pubkey signers[RECIPE_SIGNERS_MAX];
    size_t signer_count;
    bool is_kpl; /* the task program that is meant, and the task's token: */
    struct pubkey mint;
};

void recipe_init(struct recipe *recipe, const struct pubkey *payer);
void recipe_free(struct recipe *recipe);

/* Append the message of the transaction, which node/money/transaction_signing.h
 * gets signed; the payer's signature will be the first one. The recipe is
 * unchanged, and its message can be made again with another blockhash.
 * ERR_LIMIT if it is too large for the wire. */
int recipe_message(const struct recipe *recipe, const struct hash *blockhash,
                   struct buffer *message);

/* Which of the two task programs the calls below mean from now on: of tasks
 * that are paid in tokens of that mint, or with NULL the native one, as after
 * recipe_init(). Amounts are in base units of the token then, and come from the
 * payer's associated account for it. */
void recipe_use_token(struct recipe *recipe, const struct pubkey *mint);

/* Whose the accounts of tasks, staking keys and lists are. */
const struct pubkey *recipe_program(bool is_kpl);

/* Every call below returns 0 or what task_instruction_build() says, and then
 * has added nothing. Amounts in roe. */

/* Coins from one account to another. Never fails. */
int recipe_transfer(struct recipe *recipe, const struct pubkey *from,
                    const struct pubkey *to, uint64_t amount);

/* A wallet's own account for a mint: the associated one. */
struct pubkey recipe_tokens_of(const struct pubkey *wallet,
                               const struct pubkey *mint);

/* The size of an account of the token program's. */
#define TOKEN_ACCOUNT_SIZE 165

/* What such an account holds, in base units; NULL where there is none: nothing.
 * ERR_INVALID for what is no account of that mint. */
int recipe_tokens_read(const struct client_account *account,
                       const struct pubkey *mint, uint64_t *out);

/* The payer makes that account, if it is not there. */
void recipe_token_account(struct recipe *recipe, const struct pubkey *wallet,
                          const struct pubkey *mint);

/* Tokens from one wallet's associated account to another's. amount: base
 * units. */
void recipe_token_transfer(struct recipe *recipe, const struct pubkey *from,
                           const struct pubkey *to, const struct pubkey *mint,
                           uint64_t amount);

/* A new token: the payer may mint, and nobody may freeze. mint: a fresh key,
 * which signs. Then so many base units more, to a wallet's associated account.
 */
void recipe_token_mint(struct recipe *recipe, const struct pubkey *mint,
                       uint8_t decimals);
void recipe_token_mint_to(struct recipe *recipe, const struct pubkey *mint,
                          const struct pubkey *wallet, uint64_t amount);

/* The payer creates a task account of that space under key task, lays down
 * the terms and gives the pot its first coins. A KPL task's pot is a fresh key,
 * which signs here and is not needed again. */
int recipe_create_task(struct recipe *recipe, const struct pubkey *task,
                       const struct pubkey *stake_pot,
                       const struct task_terms *terms, uint64_t space_bytes);

/* The payer, the task's manager, moves it to a new account with other terms:
 * the bounty goes to the new pot, and the old task names the new one.
 * total_bounty_amount of the terms is not used. */
int recipe_update_task(struct recipe *recipe, const struct pubkey *task,
                       const struct pubkey *stake_pot,
                       const struct pubkey *new_task,
                       const struct pubkey *new_stake_pot,
                       const struct task_terms *terms, uint64_t space_bytes);

/* The payer adds to a task's bounty through a fresh key, funder: the program
 * can only debit accounts that it owns. ERR_RANGE as in recipe_stake(). Tokens
 * come straight from the payer: then funder may be NULL. */
int recipe_fund(struct recipe *recipe, const struct pubkey *task,
                const struct pubkey *stake_pot, const struct pubkey *funder,
                uint64_t amount);

/* What the chain says about the account of a key of one's own. */
struct recipe_account {
    bool is_new;       /* has no account of the task program yet */
    uint64_t lamports; /* that it holds */
};

/* account: the answer of client_account_info(); NULL where there is none.
 * ERR_STATE if the account is another program's: it can neither stake nor hold
 * a list. */
int recipe_account_read(const struct client_account *account, bool is_kpl,
                        struct recipe_account *out);

/* The payer gives amount to the staking key, and that stakes it. A new key is
 * made an account first (rent on top); what it holds already is counted. Its
 * associated account for a token is made where it is missing.
 * address: the node's URL, at most 64 bytes. ERR_RANGE for an amount that no
 * chain can hold. */
int recipe_stake(struct recipe *recipe, const struct pubkey *task,
                 const struct pubkey *stake_pot, const struct pubkey *staking,
                 const struct recipe_account *key, uint64_t amount,
                 const char *address);

/* Stake to claimable balance; then claimable balance to beneficiary: tokens to
 * its associated account, which is made where it is missing. */
int recipe_withdraw(struct recipe *recipe, const struct pubkey *task,
                    const struct pubkey *staking);
int recipe_claim(struct recipe *recipe, const struct pubkey *task,
                 const struct pubkey *stake_pot, const struct pubkey *staking,
                 const struct pubkey *beneficiary);

/* What a staking key holds to beneficiary: staked, withdrawn and claimed at
 * once, as the program lets it go in no other way. The key must have no stake
 * on that task, and amount at least its minimum stake. Native tasks alone. */
int recipe_empty(struct recipe *recipe, const struct pubkey *task,
                 const struct pubkey *stake_pot, const struct pubkey *staking,
                 const struct pubkey *beneficiary, uint64_t amount);

/* manager: the task's owner or a manager key. */
int recipe_set_active(struct recipe *recipe, const struct pubkey *task,
                      const struct pubkey *manager, bool is_active);

/* What a node says on chain, signed by its staking key. value: the submission,
 * at most TASK_SUBMISSION_SIZE bytes. candidate, submitter: whose work the
 * verdict is on; it can't be the staking key's own. is_valid false accuses, or
 * votes against; true is accepted only where there is an accusation. */
int recipe_submit(struct recipe *recipe, const struct pubkey *task,
                  const struct pubkey *staking, uint64_t round,
                  struct bytes value);
int recipe_audit(struct recipe *recipe, const struct pubkey *task,
                 const struct pubkey *staking, uint64_t round,
                 const struct pubkey *candidate, bool is_valid);
int recipe_audit_list(struct recipe *recipe, const struct pubkey *task,
                      const struct pubkey *staking, uint64_t round,
                      const struct pubkey *submitter, bool is_valid);

/* The account that a distribution list is put into: made where it is new, and
 * given what it lacks of lamports in any case. list: its key, which signs. */
void recipe_list_account(struct recipe *recipe, const struct pubkey *list,
                         const struct recipe_account *account,
                         uint64_t lamports);

/* One chunk of a distribution list's account data, into an account of the task
 * program's whose key, list, signs. data is the whole; chunk counts from 0,
 * below task_list_chunk_count(). recipe_submit_list() says that all of it is
 * there. recipe_payout() can be sent by anyone: the payer alone signs it. */
int recipe_upload(struct recipe *recipe, const struct pubkey *task,
                  const struct pubkey *list, uint64_t round, struct bytes data,
                  size_t chunk);
int recipe_submit_list(struct recipe *recipe, const struct pubkey *task,
                       const struct pubkey *staking, const struct pubkey *list,
                       uint64_t round);
int recipe_payout(struct recipe *recipe, const struct pubkey *task,
                  uint64_t round, const struct pubkey *data_account);

#endif
