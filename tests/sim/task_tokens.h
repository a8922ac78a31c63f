/*
 * What the simulation needs for tasks of the KPL task program: a mint, keys
 * whose accounts are that program's, each with a token account, and
 * instructions with their accounts. Instructions and parties are the native
 * program's.
 */
#ifndef POND_TESTS_SIM_TASK_TOKENS_H
#define POND_TESTS_SIM_TASK_TOKENS_H

#include "task_fixture.h"

/* Of the payer and of each key, at first. */
#define TASK_TOKENS_EACH (1000 * TASK_FIXTURE_KEY_LAMPORTS)

struct pubkey task_tokens_mint(void);
/* A staking key, in place of the fixture's of that number. */
struct pubkey task_tokens_key(size_t number);

/* Make all of it, and the program's manager list, whose one key is the payer.
 */
void task_tokens_make(struct task_fixture *f);

struct transaction_status
task_tokens_run(struct task_fixture *f,
                const struct task_instruction *instruction,
                const struct task_parties *parties);

/* CreateTask, or UpdateTask of the fixture's task: the new task's account
 * first.
 */
struct transaction_status
task_tokens_found(struct task_fixture *f, enum task_instruction_kind kind,
                  const struct task_terms *terms, const struct pubkey *task,
                  const struct pubkey *pot, uint64_t space);

/* A token account's amount; 0 if the account is missing. */
uint64_t task_tokens_held(struct task_fixture *f, const struct pubkey *account);
/* The amount of the key's token account. */
uint64_t task_tokens_owned(struct task_fixture *f, const struct pubkey *key);

/* The mint's supply, and the sum of all its token accounts. */
void task_tokens_count(struct task_fixture *f, uint64_t *supply,
                       uint64_t *held);

#endif
