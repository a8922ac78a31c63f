/*
 * The header row of a task: what its creator set, and totals over the task's
 * rows, so that no instruction has to walk them.
 */
#ifndef POND_SETTLEMENT_TASK_TASK_HEADER_H
#define POND_SETTLEMENT_TASK_TASK_HEADER_H

#include "base/arena.h"
#include "settlement/format/task_instruction.h"
#include "settlement/task/task_rows.h"

/* Kinds of rows that are counted, each a map of the rendered state. */
enum task_count {
    TASK_COUNT_STAKES,
    TASK_COUNT_ADDRESSES, /* stakes that have an ip address */
    TASK_COUNT_BALANCES,
    TASK_COUNT_SUBMISSIONS,
    TASK_COUNT_SUBMISSION_AUDITS,
    TASK_COUNT_SUBMISSION_VOTES,
    TASK_COUNT_LISTS,
    TASK_COUNT_LIST_AUDITS,
    TASK_COUNT_LIST_VOTES,
    TASK_COUNT_RECORDS, /* rounds with a record */
    TASK_COUNTS,
};

/* Stages of dropping, one for each kind of rows: votes on submissions, votes on
 * lists, lists, submissions, rounds (task_book.c). Audits go with their votes.
 */
#define TASK_DROP_STAGES 5

/* One row for each task. task_admin.c sets flags, keys and terms (funding and
 * payouts change the rest of the bounty); only task_book.c changes totals and
 * the place of dropping.
 *
 * 1. total_stake, total_balance, counts and text_size are those of the task's
 *    rows.
 * 2. drop_stage < TASK_DROP_STAGES; if drop_stage > 0, first_round < drop_end.
 * 3. is_migrated: not is_active. */
struct task_header {
    /* A manager approved the task. Nothing on chain depends on it; nodes may.
     */
    bool is_allowlisted;
    /* The task takes submissions. */
    bool is_active;
    /* Moved to migrated_to: never active again. */
    bool is_migrated;
    struct pubkey task_manager; /* the owner */
    struct pubkey stake_pot_account;
    struct task_terms terms;  /* total_bounty_amount: the rest of the bounty */
    struct bytes koii_vars;   /* base58 of an account, or empty */
    struct bytes migrated_to; /* base58 of the new task, or empty */
    uint64_t starting_slot;
    uint64_t space; /* bytes the account paid for: the text's limit */

    /* Totals over the rows; task_book_count() keeps them. Stakes and balances
     * are in roe, or in base units of a KPL task's token. */
    uint64_t total_stake;
    uint64_t total_balance;
    uint64_t counts[TASK_COUNTS];
    uint64_t text_size;   /* of all entries and rounds in the maps, without
                             the commas between them; bytes */
    uint64_t first_round; /* the rows of earlier rounds are dropped */

    /* The present pass of dropping: the round before which it ends, and how far
     * it has come. */
    uint64_t drop_end;
    uint8_t drop_stage;
    uint64_t drop_round;
    struct pubkey drop_key;
};

/* Append the row's value. */
void task_header_encode(const struct task_header *header, struct buffer *out);

/* Decode the row's value; texts borrow from it. ERR_CORRUPT. */
int task_header_decode(struct bytes value, struct task_header *out);

/* The header of a task; texts borrow from the state. False if no task has this
 * key. A row that does not decode ends the process. */
bool task_header_get(const struct state *state, const struct pubkey *task,
                     struct task_header *out);

#endif
