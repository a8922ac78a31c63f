/*
 * The numbers with which the task programs refuse an instruction. They are part
 * of the wire: nodes read them in a transaction's result.
 */
#ifndef POND_SETTLEMENT_FORMAT_TASK_ERROR_H
#define POND_SETTLEMENT_FORMAT_TASK_ERROR_H

/* The programs' own errors: InstructionError's Custom codes. A log line says
 * the same in words. */
enum task_error {
    TASK_ERROR_NOT_ACTIVE = 1,      /* the task is not active */
    TASK_ERROR_NOT_OWNER = 2,       /* neither the task's owner nor a manager */
    TASK_ERROR_NOT_STAKED = 3,      /* less than the minimum stake */
    TASK_ERROR_WRONG_ROUND = 4,     /* not the round that this is due for */
    TASK_ERROR_WINDOW_CLOSED = 5,   /* not in this part of the round */
    TASK_ERROR_DUPLICATE = 6,       /* sent, or voted, already */
    TASK_ERROR_NO_SUBMISSION = 7,   /* no submission (or list) of this key */
    TASK_ERROR_OWN_SUBMISSION = 8,  /* a vote on one's own */
    TASK_ERROR_NO_AUDIT = 9,        /* a vote for where nothing was raised */
    TASK_ERROR_ROUND_CLOSED = 10,   /* the round is paid, or given up */
    TASK_ERROR_VOTING_ONGOING = 11, /* a payout before the voting has ended */
    TASK_ERROR_LOCKED = 12,         /* "submission cannot withdraw" */
    TASK_ERROR_NO_STAKE = 13,       /* "You must stake before withdraw" */
    TASK_ERROR_NO_BALANCE = 14,     /* a claim with nothing claimable */
    TASK_ERROR_WRONG_TERMS = 15,    /* windows or bounty that can't be */
    TASK_ERROR_WRONG_STAKE_POT = 16, /* not the task's pot; not a pot at all */
    TASK_ERROR_FULL = 17,            /* more managers than the list holds */
    TASK_ERROR_MIGRATED = 18,        /* the task has moved to another id */
    TASK_ERROR_WRONG_DATA_ACCOUNT = 19, /* does not hold this round's list */
};

/* K2's words for a task that is not there (Koii's node matches them, too). On
 * the wire they are the one sign of it, because the code that comes with them
 * stands for any wrong parameter: so they are a constant, which the RPC writes
 * and the client looks for. Other words of K2 are for people. */
#define TASK_NOT_FOUND_WORDS "Cannot find the task contract data"

#endif
