/*
 * Instructions of the KPL task program, whose tasks are paid in a token: the
 * native program's (task_instruction.h) with other indexes past 13, flags of
 * one byte, and the seed of the stake pot's authority after the terms.
 *
 *      0 CreateTask 433           as native, then the authority's seed 32
 *      2 AuditSubmissions 10      is_valid u8, round
 *      3 AuditDistribution 10     is_valid u8, round
 *      5 Whitelist 2              flag u8
 *      6 SetActive 2              flag u8
 *     13 UpdateTask 425           as native 14, then the new authority's seed
 *     14 DeleteTask 1             as native 15
 *     15 HandleManagerAccounts 25 as native 16
 *
 * The others are the native ones. Amounts are in the token's base units.
 * Source: Koii's create-task-cli, kpl_task_contract.
 */
#ifndef POND_SETTLEMENT_FORMAT_KPL_INSTRUCTION_H
#define POND_SETTLEMENT_FORMAT_KPL_INSTRUCTION_H

#include "settlement/format/task_instruction.h"

struct kpl_instruction {
    struct task_instruction task; /* kind: the native one */
    struct hash stake_pot_seed;   /* create, update */
};

/* Parse an instruction; its texts lie in the arena. ERR_INVALID names what is
 * wrong. */
int kpl_instruction_parse(struct bytes data, struct arena *arena,
                          struct kpl_instruction *out);

/* Append the bytes. Errors as task_instruction_build(). */
int kpl_instruction_build(const struct kpl_instruction *instruction,
                          struct buffer *out);

/* The seed of the authority over a stake pot: SHA-256 of the pot's address in
 * base58. */
struct hash kpl_instruction_pot_seed(const struct pubkey *stake_pot);

/* The authority: the program-derived address of that seed. bump may be NULL. */
struct pubkey kpl_instruction_pot_authority(const struct pubkey *stake_pot,
                                            uint8_t *bump);

/* The program-derived address of the KPL program's manager list. */
struct pubkey kpl_instruction_manager_list(void);

/* The parties of an instruction: those of the native program, and the token's
 * accounts. */
struct kpl_parties {
    struct task_parties task;
    struct pubkey mint;
    struct pubkey actor_tokens; /* the actor's account for the mint */
    struct pubkey other_tokens; /* the beneficiary's */
};

#define KPL_ACCOUNTS_MAX 13 /* 12, and the end of a list in the table */

/*
 * The accounts in the program's order (S signs, W is written):
 *
 *     CreateTask               actor SW, its tokens W, task SW, pot SW,
 *                              authority W, mint, clock, rent, system, token
 *     SubmitTask               task W, actor SW, clock
 *     AuditSubmissions         task W, actor SW, candidate, clock
 *     AuditDistribution        task W, actor SW, candidate W, clock
 *     Payout                   task W, clock, data account W
 *     Whitelist                actor S, manager list W, task SW
 *     SetActive                task W, actor SW, manager list
 *     ClaimReward              task W, actor SW, pot W, beneficiary's tokens W,
 *                              authority, token
 *     FundTask                 task W, actor SW, its tokens W, pot W, token
 *     Stake                    task W, actor SW, its tokens W, pot W, token
 *     Withdraw                 task W, actor SW, clock
 *     UploadDistributionList   task W, data account SW
 *     SubmitDistributionList   task W, actor SW, data account SW, clock
 *     UpdateTask               actor SW, task W, pot W, authority W, new task
 *                              SW, new pot SW, new authority W, mint, clock,
 *                              rent, system, token
 *     DeleteTask               task W, actor SW, pot W, authority, manager list
 *                              W, mint W, token
 *     HandleManagerAccounts    manager list W, actor SW, rent, system (init);
 *                              manager list W, actor SW, second actor SW,
 *                              target W
 *
 * operation is read for HandleManagerAccounts alone. Returns the number of
 * accounts in out.
 */
size_t kpl_instruction_accounts(enum task_instruction_kind kind,
                                enum task_manager_operation operation,
                                const struct kpl_parties *parties,
                                struct account_meta out[KPL_ACCOUNTS_MAX]);

#endif
