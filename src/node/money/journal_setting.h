/*
 * What the operator has set on a node, in the journal's file: named values of a
 * few kinds, which the node reads when it starts and writes when they change.
 *
 * A value is bytes of the kind's own form; a name is a text without NUL. Each
 * call is one statement, as everywhere in the journal: after 0 it is on disk.
 * Errors and thread: journal.h.
 */
#ifndef POND_NODE_MONEY_JOURNAL_SETTING_H
#define POND_NODE_MONEY_JOURNAL_SETTING_H

#include "node/money/journal.h"

/* Stored as numbers: never renumber. TASK is a task's id in base58. */
enum journal_setting {
    JOURNAL_VARIABLE = 1,  /* name: label; value: sealed (owner/value_seal.h) */
    JOURNAL_PAIRING = 2,   /* name: TASK/VARIABLE; value: label */
    JOURNAL_LEAVING = 4,   /* name: TASK; value: JSON (node_leave.h) */
    JOURNAL_SCHEDULE = 5,  /* name: "sessions" or TASK; value: JSON
                              (owner/schedule.h) */
    JOURNAL_CONDITION = 6, /* name: "conditions"; value: JSON
                              (owner/condition.h); "traffic":
                              (owner/traffic_book.h) */
    JOURNAL_LIMITS = 7,    /* name: TASK; value: JSON (owner/task_limit.h) */
    JOURNAL_PREFERENCE = 8, /* name: "node"; value: JSON
                               (owner/preference.h) */
    JOURNAL_STOPPED = 3,    /* name: TASK; value: JSON (owner/stopped_book.h) */
    JOURNAL_NETWORK = 21,   /* name: "genesis"; value: the hash in base58 */
    JOURNAL_FOLDER = 30,    /* name: path; value: Unix ms as a decimal text
                               (node_deploys.h) */
    JOURNAL_CHOICE = 22,    /* name: choice_name(); value: JSON
                               (owner/choice_book.c) */
    JOURNAL_NOTICE = 20,    /* name: id; value: JSON (owner/notice_book.c) */
};

/* Put the value in place of what stands under that name, if anything does. */
int journal_setting_put(struct journal *journal, enum journal_setting kind,
                        const char *name, struct bytes value);

/* No error where there is none. */
int journal_setting_remove(struct journal *journal, enum journal_setting kind,
                           const char *name);

/* All of a kind by name, bytewise. name and value are valid until visit
 * returns, and visit must not call into the journal; what it returns other than
 * 0 ends the walk and is returned. */
typedef int journal_setting_visit(void *user, const char *name,
                                  struct bytes value);
int journal_setting_each(struct journal *journal, enum journal_setting kind,
                         journal_setting_visit *visit, void *user);

#endif
