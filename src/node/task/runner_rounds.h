/*
 * Where the round clock of one task is, what was done in its rounds, and what
 * is known of them.
 *
 * Pure but for memory: slots and rounds are arguments, and nothing is asked.
 * The runner says when a slot has come and which round it is of
 * (task_runner.c); duties read the clock and write down what they did.
 *
 * Thread: the loop's.
 */
#ifndef POND_NODE_TASK_RUNNER_ROUNDS_H
#define POND_NODE_TASK_RUNNER_ROUNDS_H

#include "node/task/round.h"
#include "node/task/round_memory.h"

struct runner_rounds;

/* own: this node's staking key. slot: the newest, 0 if none is known. */
struct runner_rounds *runner_rounds_new(const struct pubkey *own,
                                        const struct pubkey *task,
                                        uint64_t slot);
void runner_rounds_free(struct runner_rounds *rounds);

/* This node has another key in this task than was given. What was done is
 * forgotten, so it comes before anything is. */
void runner_rounds_set_key(struct runner_rounds *rounds,
                           const struct pubkey *own);

/* ---- the clock ---- */

/* The newest slot, and the clock's round at it: 0 until it is known. */
uint64_t runner_rounds_slot(const struct runner_rounds *rounds);
uint64_t runner_rounds_round(const struct runner_rounds *rounds);

/* A slot has come; false, and nothing else, if it is no newer. */
bool runner_rounds_advance(struct runner_rounds *rounds, uint64_t slot);

/* That slot is of this round; true if the round has only begun with it. */
bool runner_rounds_begin(struct runner_rounds *rounds, uint64_t round);

/* The clock is there, also where that is further back. What is known of rounds
 * stays: see runner_rounds_forget(). */
void runner_rounds_set(struct runner_rounds *rounds, uint64_t slot,
                       uint64_t round);

/* All rounds are others than was believed. What is known of them, and what was
 * done, is forgotten; the next slot begins its round anew. */
void runner_rounds_forget(struct runner_rounds *rounds);

/* An answer about the task gave the same windows as the one before, or others.
 * The first one agrees. */
void runner_rounds_count_view(struct runner_rounds *rounds, bool agrees);

/* Whether to end what was kept for rounds before this one, which can't be
 * undone: true once a round, and only after two answers in a row that agree.
 * round is that of a slot that is sure. */
bool runner_rounds_end(struct runner_rounds *rounds, uint64_t round);

/* How many rounds have gone by since the last one in which the task was active.
 * is_active: it is in this one. */
uint64_t runner_rounds_idle(struct runner_rounds *rounds, uint64_t round,
                            bool is_active);

/* ---- what was done and what is known ---- */

/* Valid as long as the rounds. */
struct round_progress *runner_rounds_progress(struct runner_rounds *rounds);
struct round_memory *runner_rounds_memory(struct runner_rounds *rounds);

/* Is a list of this round late in the clock's round now? Its own turn is that
 * of the second after it. */
static inline bool runner_rounds_is_late(uint64_t now, uint64_t round)
{
    return now > round + 2;
}

/* In a round of the clock one list in its own turn, and one that is late
 * (task_list.c): whether a list of this round may still be sent in the clock's
 * round now; whether one of its kind was; and that it is. The same one may be
 * sent again. */
bool runner_rounds_may_list(const struct runner_rounds *rounds, uint64_t now,
                            uint64_t round);
bool runner_rounds_has_listed(const struct runner_rounds *rounds, uint64_t now,
                              uint64_t round);
void runner_rounds_note_list(struct runner_rounds *rounds, uint64_t now,
                             uint64_t round);

#endif
