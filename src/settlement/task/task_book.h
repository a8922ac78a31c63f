/*
 * A task opened for writing: its header, and puts and removals of rows that
 * keep the header's totals. All rows that the totals count are written here, so
 * that totals and rows can't drift apart.
 *
 * Changes of rows reach the state at once, changes of the header with
 * task_book_save(). Thread: that of the state.
 */
#ifndef POND_SETTLEMENT_TASK_TASK_BOOK_H
#define POND_SETTLEMENT_TASK_TASK_BOOK_H

#include "base/arena.h"
#include "settlement/task/task_header.h"

/* Invariants, between any two calls:
 *
 * 1. header's totals are those of the task's rows in state.
 * 2. No row here has an amount of 0.
 * 3. Rows of rounds before header.first_round are gone. */
struct task_book {
    struct state *state;
    struct pubkey task;
    struct task_header header; /* texts lie in task_book_open()'s arena */
};

/* False if no task has this key. */
bool task_book_open(struct task_book *book, struct state *state,
                    const struct pubkey *task, struct arena *arena);

/* A new task; the caller fills in the header and saves it. */
void task_book_new(struct task_book *book, struct state *state,
                   const struct pubkey *task);

/* Write the header. */
void task_book_save(struct task_book *book);

/* Delete the task: its rounds' rows, its token's, its header. There must be no
 * stakes and balances (CHECKed): they belong to people. Costs the removal of
 * all rows. */
void task_book_delete(struct task_book *book);

/* Put a row; it replaces the one with that key. */
void task_book_put(struct task_book *book, const struct task_row *row);

/* Put a row whose key has no row yet; is_first: nor has its kind and round
 * another. Two look-ups cheaper than a put. */
void task_book_add(struct task_book *book, const struct task_row *row,
                   bool is_first);

/* Remove the row with that kind, round, key and voter, which must exist
 * (CHECKed). */
void task_book_remove(struct task_book *book, const struct task_row *row);

/* Amounts of stakes and claimable balances. No row means 0, and setting 0
 * removes the row. */
uint64_t task_book_stake(const struct task_book *book,
                         const struct pubkey *key);
void task_book_set_stake(struct task_book *book, const struct pubkey *key,
                         uint64_t amount);
uint64_t task_book_balance(const struct task_book *book,
                           const struct pubkey *key);
void task_book_set_balance(struct task_book *book, const struct pubkey *key,
                           uint64_t amount);

/* What the pot owes to people, staked and claimable, without the bounty. */
uint64_t task_book_owed(const struct task_book *book);

/* Remove up to limit rows of rounds before end, in the order of stages
 * (task_book.c); returns how many were removed. Costs nothing if all of them
 * are gone. */
size_t task_book_drop(struct task_book *book, uint64_t end, size_t limit);

/* Add a row to the totals of a header, or take it out, without the part of the
 * text that is the round's. scratch: any buffer; its contents are lost. */
void task_book_count(struct task_header *header, const struct task_row *row,
                     bool is_added, struct buffer *scratch);

/* Whether the text has an object for each round of this kind of rows. */
bool task_book_groups(enum task_row_kind kind);

/* Size of the rendered text in bytes. */
uint64_t task_book_size(const struct task_book *book);

#endif
