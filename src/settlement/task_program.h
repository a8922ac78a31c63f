/*
 * The native Koii task program: what each instruction needs and does. Rules,
 * where K2's own are not public, are this project's (docs/settlement.md).
 *
 * A pure state machine: it reaches the state only through its context
 * (program.h) and takes the slot from there. A call either succeeds, or fails
 * and leaves its writes to be thrown away by the bank.
 *
 * Rounds: R = (slot - starting_slot) / round_time; off = the rest; S and A the
 * submission and audit windows. Work for round r is submitted and audited in
 * round r + 1 and paid from round r + 2 on.
 */
#ifndef POND_SETTLEMENT_TASK_PROGRAM_H
#define POND_SETTLEMENT_TASK_PROGRAM_H

#include "settlement/task_instruction.h"

struct program_context;
struct state;

/* The program's own errors: InstructionError's Custom codes. A log line says
 * the same in words. */
enum task_error {
    TASK_ERROR_NOT_ACTIVE = 1,     /* the task is not active */
    TASK_ERROR_NOT_OWNER = 2,      /* the signer is neither owner nor manager */
    TASK_ERROR_NOT_STAKED = 3,     /* less than the minimum stake */
    TASK_ERROR_WRONG_ROUND = 4,    /* not the round that this is due for */
    TASK_ERROR_WINDOW_CLOSED = 5,  /* not in this part of the round */
    TASK_ERROR_DUPLICATE = 6,      /* sent, or voted, already */
    TASK_ERROR_NO_SUBMISSION = 7,  /* no submission (or list) of this key */
    TASK_ERROR_OWN_SUBMISSION = 8, /* a vote on one's own */
    TASK_ERROR_NO_AUDIT = 9,       /* a vote for where nothing was raised */
    TASK_ERROR_ROUND_CLOSED = 10,  /* the round is paid, or given up */
    TASK_ERROR_VOTING_ONGOING = 11,  /* a payout before the voting has ended */
    TASK_ERROR_LOCKED = 12,          /* "submission cannot withdraw" */
    TASK_ERROR_NO_STAKE = 13,        /* "You must stake before withdraw" */
    TASK_ERROR_NO_BALANCE = 14,      /* a claim with nothing claimable */
    TASK_ERROR_WRONG_TERMS = 15,     /* windows or bounty that can't be */
    TASK_ERROR_WRONG_STAKE_POT = 16, /* not the task's pot; not a pot at all */
    TASK_ERROR_FULL = 17,            /* more managers than the list holds */
    TASK_ERROR_MIGRATED = 18,        /* the task has moved to another id */
    TASK_ERROR_FUNDS_REMAIN = 19,    /* DeleteTask with stakes outstanding */
    TASK_ERROR_WRONG_DATA_ACCOUNT =
        20, /* not the account of this round's list */
};

/* Run one instruction of the task program. Returns 0 or the code that
 * program.h asks of every program. */
int task_program_execute(struct program_context *context);

/* ---- Manager list ---- */

/* Data of the manager list account: count u32, then that many keys. */
#define TASK_MANAGERS_MAX 32
void task_manager_list_build(const struct pubkey *managers, size_t count,
                             struct buffer *out);

/* ---- Check ---- */

struct task_totals {
    uint64_t tasks;
    uint64_t stakes;      /* Σ over all tasks, in roe */
    uint64_t balances;    /* claimable */
    uint64_t bounties;    /* total_bounty_amount */
    uint64_t pot_surplus; /* what the pots hold beyond the three */
};

/*
 * Check the invariants of every task in a state: each pot covers bounty, stakes
 * and balances; the totals and the rendered size kept in the header are those
 * of the rows; every row decodes and belongs to a task that has a header;
 * votes stand on raised audits, audits on submissions. ERR_CORRUPT names the
 * first task that fails. totals may be NULL.
 */
int task_check(struct state *state, struct task_totals *totals);

#endif
