/*
 * The last stops of each task, with their reasons, in the journal's file.
 * Errors and thread: journal.h.
 */
#ifndef POND_NODE_MONEY_JOURNAL_STOP_H
#define POND_NODE_MONEY_JOURNAL_STOP_H

#include "node/money/journal.h"

/* Older ones of a task give way. */
#define JOURNAL_STOPS_MAX 50

struct journal_stop {
    struct pubkey task;
    uint64_t at_ms; /* Unix */
    uint64_t slot;
    const char *reason; /* a code (docs/node.md) */
    const char *text;   /* for people; "" */
};

int journal_stop_put(struct journal *journal, const struct journal_stop *stop);

/* Those of a task, the newest first. Borrowed by the visit, which must not call
 * into the journal. */
typedef int journal_stop_visit(void *user, const struct journal_stop *stop);
int journal_stop_each(struct journal *journal, const struct pubkey *task,
                      journal_stop_visit *visit, void *user);

#endif
