/*
 * What became of the rounds of a task, in the journal's file: the chain drops a
 * round after three.
 *
 * A round is written when its proof is on chain, and again when it is known how
 * it ended. What is known better takes the place of what is known less, and
 * nothing else does: so it can be written again after a crash.
 *
 * Both texts are JSON objects; who writes rounds says what is in them
 * (node/task/task_rounds.h). Errors and thread: journal.h.
 */
#ifndef POND_NODE_MONEY_JOURNAL_ROUND_H
#define POND_NODE_MONEY_JOURNAL_ROUND_H

#include "node/money/journal.h"

/* Stored as numbers: never renumber. */
enum journal_round_level {
    JOURNAL_ROUND_OPEN = 0,  /* a proof was sent; how it ended is not known */
    JOURNAL_ROUND_OVER = 1,  /* it is over, and what it brought was not read */
    JOURNAL_ROUND_WHOLE = 2, /* all of it was read */
};

struct journal_round {
    struct pubkey task;
    uint64_t round;
    enum journal_round_level level;
    const char *brief;  /* what a list of rounds shows */
    const char *detail; /* what one of them shows beside it */
};

int journal_round_put(struct journal *journal,
                      const struct journal_round *round);

/* ERR_NOT_FOUND without a text; else visited once. Borrowed by the visit, which
 * must not call into the journal. */
typedef int journal_round_visit(void *user, const struct journal_round *round);
int journal_round_find(struct journal *journal, const struct pubkey *task,
                       uint64_t round, journal_round_visit *visit, void *user);

/* So many before this one, the newest first; detail is "". */
int journal_round_each(struct journal *journal, const struct pubkey *task,
                       uint64_t before_round, uint64_t limit,
                       journal_round_visit *visit, void *user);

/* Those before this round are forgotten. */
int journal_round_drop(struct journal *journal, const struct pubkey *task,
                       uint64_t before_round);

#endif
