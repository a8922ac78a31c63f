/*
 * One instruction of the task program being carried out: what the parts of the
 * program share. Internal to task_*.c.
 */
#ifndef POND_SETTLEMENT_TASK_CALL_H
#define POND_SETTLEMENT_TASK_CALL_H

#include "settlement/program.h"
#include "settlement/task_book.h"
#include "settlement/task_program.h"

struct task_call {
    struct invocation *invocation;
    struct task_instruction instruction;
    struct task_book book; /* of the task named; unset where a new one is */
    uint64_t slot;
    uint64_t round;  /* R: the round that the slot lies in */
    uint64_t offset; /* of the slot in it, in slots */
};

/* Each carries out its kinds of instruction on an opened task. */
enum instruction_error task_submission_execute(struct task_call *call);
enum instruction_error task_audit_execute(struct task_call *call);
enum instruction_error task_distribution_upload(struct task_call *call);
enum instruction_error task_distribution_submit(struct task_call *call);
enum instruction_error task_payout_execute(struct task_call *call);
enum instruction_error task_stake_execute(struct task_call *call);
enum instruction_error task_stake_withdraw(struct task_call *call);
enum instruction_error task_stake_claim(struct task_call *call);
enum instruction_error task_stake_fund(struct task_call *call);
enum instruction_error task_admin_create(struct task_call *call);
enum instruction_error task_admin_update(struct task_call *call);
enum instruction_error task_admin_whitelist(struct task_call *call);
enum instruction_error task_admin_set_active(struct task_call *call);
enum instruction_error task_admin_delete(struct task_call *call);
enum instruction_error task_managers_handle(struct task_call *call);

/* Open the task at that place of the account list, and set round and offset.
 * It must be this program's, be written where is_written, and not be moved
 * elsewhere. */
enum instruction_error task_call_open(struct task_call *call, size_t index,
                                      bool is_written);

/* Write the header back. Rows of closed rounds are dropped, a few for each row
 * that arrived, more if room is short; INSTRUCTION_ACCOUNT_DATA_TOO_SMALL if
 * the rendered text has outgrown the space paid for even so. */
enum instruction_error task_call_close(struct task_call *call);

/* The same without that limit: for what settles or switches. A payout, claim
 * or withdrawal never fails for want of room. */
enum instruction_error task_call_save(struct task_call *call);

/* Fail with a number of the task program's and a log line. */
enum instruction_error task_call_fail(struct task_call *call,
                                      enum task_error number,
                                      const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* INSTRUCTION_MISSING_REQUIRED_SIGNATURE unless that account signs. */
enum instruction_error task_call_require_signer(struct task_call *call,
                                                size_t index);

/* The account at index must be the task's pot. */
enum instruction_error task_call_require_pot(struct task_call *call,
                                             size_t index);

/* The account at index signs, is owned by this program and is no task: one
 * that the program may take coins from or write a list to. */
enum instruction_error task_call_require_own(struct task_call *call,
                                             size_t index);

/* Whether a stake is enough to take part. */
enum instruction_error task_call_require_stake(struct task_call *call,
                                               const struct pubkey *key);

/* Rounds before this one can't be listed, audited or paid any more, and their
 * rows are dropped. */
uint64_t task_call_first_open_round(const struct task_call *call);

/* Take coins out of the task's pot, which stays rent-exempt. */
enum instruction_error task_call_pay(struct task_call *call, size_t pot,
                                     size_t to, uint64_t lamports);

static inline const struct pubkey *task_call_key(const struct task_call *call,
                                                 size_t index)
{
    return &invocation_account(call->invocation, index)->key;
}

#endif
