/*
 * The header row of a task: what its creator laid down, and the totals that
 * are kept as rows come and go, so that no instruction needs to walk them.
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

/* Kinds of rows that are dropped one after the other: votes on submissions,
 * votes on lists, lists, submissions, rounds (task_book.c). Audits go with
 * their votes. */
#define TASK_DROP_STAGES 5

/* One row for each task. Flags, keys and terms are laid down by task_admin.c
 * (what is left of the bounty changes with funding and payouts); totals and the
 * place of dropping are task_book.c's alone.
 *
 * 1. total_stake, total_balance, counts and text_size are those of the task's
 *    rows.
 * 2. drop_stage < TASK_DROP_STAGES; where it is above 0, first_round <
 *    drop_end.
 * 3. is_migrated: not is_active. */
struct task_header {
    /* A manager looked at the task. Nothing here depends on it; nodes may. */
    bool is_allowlisted;
    /* Takes submissions. */
    bool is_active;
    /* Moved to migrated_to: never active again. */
    bool is_migrated;
    struct pubkey task_manager; /* the owner */
    struct pubkey stake_pot_account;
    struct task_terms terms;  /* total_bounty_amount: what is left of it */
    struct bytes koii_vars;   /* base58 of an account, or empty */
    struct bytes migrated_to; /* base58 of the new task, or empty */
    uint64_t starting_slot;
    uint64_t space; /* bytes the account paid for: the text's limit */

    /* Totals over the rows, kept by task_book_count(). Stakes and balances are
     * in roe, or in base units of a KPL task's token. */
    uint64_t total_stake;   /* roe */
    uint64_t total_balance; /* roe */
    uint64_t counts[TASK_COUNTS];
    uint64_t text_size;   /* of all entries and rounds in the maps, without
                             the commas between them; bytes */
    uint64_t first_round; /* rows of rounds before it have been dropped */

    /* How far the dropping of the rounds behind it has come, and the round
     * before which it ends. */
    uint64_t drop_end;
    uint8_t drop_stage;
    uint64_t drop_round;
    struct pubkey drop_key;
};

/* The value; appends. */
void task_header_encode(const struct task_header *header, struct buffer *out);

/* Texts borrow value. ERR_CORRUPT. */
int task_header_decode(struct bytes value, struct task_header *out);

/* The header of a task, texts borrowed from the state. False if no native
 * task has this key. A row that does not decode ends the process. */
bool task_header_get(const struct state *state, const struct pubkey *task,
                     struct task_header *out);

#endif
