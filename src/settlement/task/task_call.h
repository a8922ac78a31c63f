/*
 * One instruction of a task program being carried out: what the parts of the
 * two programs (native, KPL) share. Internal to task_*.c and kpl_program.c.
 *
 * The two differ in where coins lie and in what order some accounts stand. So
 * the parts take places in the account list as arguments where they differ, and
 * coins move through a table of two functions (struct task_coins). All else
 * (windows, audits, payouts, penalties) is written once.
 */
#ifndef POND_SETTLEMENT_TASK_TASK_CALL_H
#define POND_SETTLEMENT_TASK_TASK_CALL_H

#include "settlement/bank/program.h"
#include "settlement/task/task_book.h"
#include "settlement/task/task_program.h"

/*
 * The program's door fills in invocation, instruction, coins and slot;
 * task_call_open() the rest, where there is a task. From then on:
 *
 * 1. slot >= book.header.starting_slot.
 * 2. round = (slot - starting_slot) / round_time and offset is the rest, so
 *    offset < round_time.
 * 3. book's rows are in the state as they change; its header gets there with
 *    task_call_save() or task_call_close().
 */
struct task_call {
    struct invocation *invocation;
    struct task_instruction instruction;
    struct hash stake_pot_seed; /* KPL: create and update */
    const struct task_coins *coins;
    struct task_book book; /* of the task named; unset where a new one is */
    uint64_t slot;
    uint64_t round;  /* R: the round that the slot lies in */
    uint64_t offset; /* of the slot in it, in slots */
};

/* How a program's tasks hold what they owe: the native program lamports in an
 * account of its own, the KPL program tokens in one of the token program's.
 * Both check the accounts they use. */
struct task_coins {
    /* From the actor to the pot, for Stake and FundTask. */
    enum instruction_error (*pay_in)(struct task_call *call, uint64_t amount);
    /* From the pot to the beneficiary, for ClaimReward. */
    enum instruction_error (*pay_out)(struct task_call *call, uint64_t amount);
};

/* An instruction of a program: what carries it out, how many accounts it takes
 * at least, and where among them its task is. */
struct task_handler {
    enum instruction_error (*execute)(struct task_call *call);
    uint8_t accounts;
    bool opens_task; /* it has to be there; else execute looks for it */
    bool writes_task;
    uint8_t task_index;
};

/* Log the instruction's name, check the accounts' number, open the task, carry
 * the instruction out. */
enum instruction_error task_call_dispatch(struct task_call *call,
                                          const struct task_handler *handler);

/* Each carries out its kinds of instruction on an opened task. Both programs
 * use them where their accounts stand in the same places. */
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

/* Parts of creation, update and administration that don't depend on how coins
 * are held (task_admin.c). */

enum instruction_error task_admin_check_terms(struct task_call *call,
                                              const struct task_terms *terms);

/* A fresh account of this program's, whose key signs that it is to be a
 * task. */
enum instruction_error task_admin_check_new_task(struct task_call *call,
                                                 size_t index);

/* The opened task may be updated by the key at actor; the instruction's terms
 * get what is left of its bounty, and are checked. */
enum instruction_error task_admin_check_update(struct task_call *call,
                                               size_t actor);

/* The opened task, whose bounty has gone to the new one at that place, points
 * to it; its stakes stay where they are and can be withdrawn. */
enum instruction_error task_admin_retire(struct task_call *call,
                                         size_t new_task);

/* Turn the account at task into one, with the pot at that place. call->book
 * becomes the new task's. */
enum instruction_error task_admin_found(struct task_call *call, size_t task,
                                        size_t pot, const struct pubkey *owner,
                                        struct bytes koii_vars);

/* The key at actor signs and is a manager by the list at that place or, where
 * that is enough, the owner. */
enum instruction_error task_admin_check_authority(struct task_call *call,
                                                  size_t actor, size_t list,
                                                  bool owner_may);

/* The address of this program's manager list. */
struct pubkey task_call_manager_list(const struct task_call *call);

/* The native program's way with coins (task_stake.c). */
extern const struct task_coins task_stake_coins;

/* Open the task at that place of the account list, and set round and offset.
 * It must be this program's, and be written where is_written. A task that was
 * moved elsewhere opens too: what is staked in it can still be withdrawn. */
enum instruction_error task_call_open(struct task_call *call, size_t index,
                                      bool is_written);

/*
 * Compute units for what grows with the state, on top of an instruction's own.
 * A unit is some 50 ns here (bench/bench_task_program.c). So 1.4 million of
 * them, the most a transaction may use, pay out a round of 15,000 submissions.
 */
#define TASK_UNITS_ROW_WALKED 8
#define TASK_UNITS_ROW_FOUND 12
#define TASK_UNITS_ROW_WRITTEN 24
#define TASK_BYTES_PER_UNIT                                                    \
    16 /* of lists that are read, of accounts copied                           \
        */

/* Write the header back. Rows of closed rounds are dropped, a few with each
 * instruction, more if room is short; INSTRUCTION_ACCOUNT_DATA_TOO_SMALL if
 * the rendered text has outgrown the space paid for even so. */
enum instruction_error task_call_close(struct task_call *call);

/* Take the units for the removal of all the rows of rounds that a task has. */
enum instruction_error task_call_charge_rows(struct task_call *call);

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

/* A round can be listed and paid as long as it has submissions and is neither
 * paid, nor given up after too many failed payouts, nor gone. Fills in status:
 * the round's row. */
enum instruction_error task_call_require_open_round(struct task_call *call,
                                                    uint64_t round,
                                                    struct task_round *status);

/* Take coins out of the task's pot, which stays rent-exempt. */
enum instruction_error task_call_pay(struct task_call *call, size_t pot,
                                     size_t to, uint64_t lamports);

static inline const struct pubkey *task_call_key(const struct task_call *call,
                                                 size_t index)
{
    return &invocation_account(call->invocation, index)->key;
}

#endif
