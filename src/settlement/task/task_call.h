/*
 * An instruction of a task program under way: what the parts of the two
 * programs (native, KPL) share. Internal to task_*.c and kpl_program.c.
 *
 * The programs differ in where coins lie and in the order of some accounts. So
 * the parts take places in the account list as arguments where these differ,
 * and coins move through two functions (struct task_coins). All else (windows,
 * audits, payouts, penalties) is written once.
 */
#ifndef POND_SETTLEMENT_TASK_TASK_CALL_H
#define POND_SETTLEMENT_TASK_TASK_CALL_H

#include "settlement/bank/program.h"
#include "settlement/task/task_book.h"
#include "settlement/task/task_program.h"

/*
 * The program's entry fills in invocation, instruction, coins and slot;
 * task_call_dispatch() fills in the rest if there is a task. From then on:
 *
 * 1. slot >= book.header.starting_slot.
 * 2. round = (slot - starting_slot) / round_time and offset is the rest, so
 *    offset < round_time.
 * 3. changes of book's rows are in the state; those of its header get there
 *    with task_call_save() or task_call_close().
 */
struct task_call {
    struct invocation *invocation;
    struct task_instruction instruction;
    struct hash stake_pot_seed; /* KPL: create and update */
    const struct task_coins *coins;
    struct task_book book; /* of the named task; unset for a new one */
    uint64_t slot;
    uint64_t round;  /* R: the round of the slot */
    uint64_t offset; /* of the slot in its round, in slots */
};

/* How a program's tasks hold coins: the native program holds lamports in an
 * account of its own, the KPL program tokens in an account of the token
 * program. Both check the accounts that they use. */
struct task_coins {
    /* From the actor to the pot, for Stake and FundTask. */
    enum instruction_error (*pay_in)(struct task_call *call, uint64_t amount);
    /* From the pot to the beneficiary, for ClaimReward. */
    enum instruction_error (*pay_out)(struct task_call *call, uint64_t amount);
};

/* An instruction of a program. */
struct task_handler {
    enum instruction_error (*execute)(struct task_call *call);
    uint8_t accounts;
    bool opens_task; /* task_call_dispatch() opens the task, which must exist */
    bool writes_task;
    uint8_t task_index;
};

/* Log the instruction's name, check the number of accounts, open the task, and
 * execute the instruction. */
enum instruction_error task_call_dispatch(struct task_call *call,
                                          const struct task_handler *handler);

/* Each executes its kinds of instruction. Both programs use those whose
 * accounts have the same places. */
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

/* The account must be a fresh one of this program's, and sign. */
enum instruction_error task_admin_check_new_task(struct task_call *call,
                                                 size_t index);

/* Check that the key at actor may update the opened task, put the rest of the
 * bounty into the instruction's terms, and check these. */
enum instruction_error task_admin_check_update(struct task_call *call,
                                               size_t actor);

/* Point the opened task, whose bounty has moved, to the new task at that place.
 * Stakes stay and can be withdrawn. */
enum instruction_error task_admin_retire(struct task_call *call,
                                         size_t new_task);

/* Turn the account at task into a task with the pot at that place. call->book
 * becomes the new task's. */
enum instruction_error task_admin_found(struct task_call *call, size_t task,
                                        size_t pot, const struct pubkey *owner,
                                        struct bytes koii_vars);

/* Check that the key at actor signs and is a manager, by the list at that
 * place, or (owner_may) the owner. */
enum instruction_error task_admin_check_authority(struct task_call *call,
                                                  size_t actor, size_t list,
                                                  bool owner_may);

/* The address of this program's manager list. */
struct pubkey task_call_manager_list(const struct task_call *call);

/* How the native program moves coins (task_stake.c). */
extern const struct task_coins task_stake_coins;

/*
 * Compute units for work that grows with the state, in addition to an
 * instruction's own. A unit is some 50 ns here (bench/bench_task_program.c). So
 * 1.4 million units, the most of a transaction, pay out a round of 15,000
 * submissions.
 */
#define TASK_UNITS_ROW_WALKED 8
#define TASK_UNITS_ROW_FOUND 12
#define TASK_UNITS_ROW_WRITTEN 24
#define TASK_BYTES_PER_UNIT                                                    \
    16 /* of lists that are read, of accounts copied                           \
        */

/* Write the header back. A few rows of closed rounds are dropped, and more if
 * room is short. INSTRUCTION_ACCOUNT_DATA_TOO_SMALL if the rendered text still
 * does not fit the space that was paid for. */
enum instruction_error task_call_close(struct task_call *call);

/* Take the units for removing all rows of a task. */
enum instruction_error task_call_charge_rows(struct task_call *call);

/* As task_call_close(), without the limit of room: a payout, claim, withdrawal
 * or switch never fails because room is short. */
enum instruction_error task_call_save(struct task_call *call);

/* Log a line, and return the task program's error with that number. */
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

/* Check that the account at index signs, is owned by this program and is no
 * task: the program may take coins from it or write a list to it. */
enum instruction_error task_call_require_own(struct task_call *call,
                                             size_t index);

/* TASK_ERROR_NOT_STAKED if the key's stake is below the task's minimum. */
enum instruction_error task_call_require_stake(struct task_call *call,
                                               const struct pubkey *key);

/* Rounds before this one can no longer be listed, audited or paid, and their
 * rows are dropped. */
uint64_t task_call_first_open_round(const struct task_call *call);

/* Check that a round can be listed and paid: it has submissions and is neither
 * paid, nor given up after too many failed payouts, nor dropped. *status gets
 * the round's row. */
enum instruction_error task_call_require_open_round(struct task_call *call,
                                                    uint64_t round,
                                                    struct task_round *status);

/* Move lamports out of the task's pot, which must stay rent-exempt
 * (INSTRUCTION_INSUFFICIENT_FUNDS). */
enum instruction_error task_call_pay(struct task_call *call, size_t pot,
                                     size_t to, uint64_t lamports);

static inline const struct pubkey *task_call_key(const struct task_call *call,
                                                 size_t index)
{
    return &invocation_account(call->invocation, index)->key;
}

#endif
