/*
 * A task opened for writing: its header, and puts and removals of rows that
 * keep the header's totals. The one place where the task program's rows are
 * written, so that totals and rows can't drift apart.
 *
 * Changes of rows reach the state at once, those of the header with
 * task_book_save().
 */
#ifndef POND_SETTLEMENT_TASK_TASK_BOOK_H
#define POND_SETTLEMENT_TASK_TASK_BOOK_H

#include "base/arena.h"
#include "settlement/task/task_header.h"

/* 1. header's totals are those of the task's rows in state, between any two
 *    calls.
 * 2. No row here has an amount of 0.
 * 3. Rows of rounds before header.first_round are gone. */
struct task_book {
    struct state *state;
    struct pubkey task;
    struct task_header header; /* texts lie in the arena it was opened with */
};

/* False if no native task has this key. */
bool task_book_open(struct task_book *book, struct state *state,
                    const struct pubkey *task, struct arena *arena);

/* A new task; the caller fills in the header. */
void task_book_new(struct task_book *book, struct state *state,
                   const struct pubkey *task);

/* Write the header. */
void task_book_save(struct task_book *book);

/* Delete the task: its rounds' rows, its token's, its header. Stakes and
 * balances must be gone already (CHECKed by the counts): they are people's. The
 * cost is that of all its rows. */
void task_book_delete(struct task_book *book);

/* Put a row, in place of the one with that key if there is one. */
void task_book_put(struct task_book *book, const struct task_row *row);

/* The same for a row that is known not to be there; is_first: nor is any other
 * of its kind and round. Two lookups less than a put. */
void task_book_add(struct task_book *book, const struct task_row *row,
                   bool is_first);

/* Remove the row with that kind, round, key and voter; it must be there. */
void task_book_remove(struct task_book *book, const struct task_row *row);

/* Amounts of stakes and claimable balances: 0 where there is no row, and a row
 * of 0 is removed. */
uint64_t task_book_stake(const struct task_book *book,
                         const struct pubkey *key);
void task_book_set_stake(struct task_book *book, const struct pubkey *key,
                         uint64_t amount);
uint64_t task_book_balance(const struct task_book *book,
                           const struct pubkey *key);
void task_book_set_balance(struct task_book *book, const struct pubkey *key,
                           uint64_t amount);

/* What the pot owes to people, staked and claimable, whatever becomes of the
 * task: the bounty is not in it. */
uint64_t task_book_owed(const struct task_book *book);

/* Remove up to limit rows of rounds before end, oldest kinds first; returns how
 * many it removed. Costs nothing where all of them are gone already. */
size_t task_book_drop(struct task_book *book, uint64_t end, size_t limit);

/* Add a row to the totals of a header, or take it out of them: all but its
 * round's part of the text. */
void task_book_count(struct task_header *header, const struct task_row *row,
                     bool is_added, struct buffer *scratch);

/* Whether rows of this kind stand in an object for each round in the text. */
bool task_book_groups(enum task_row_kind kind);

/* Size of the rendered text in bytes. */
uint64_t task_book_size(const struct task_book *book);

#endif
