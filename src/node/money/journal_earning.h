/*
 * The account book: what each task brought and cost, in the journal's file. The
 * chain drops a round after three; this is what remains.
 *
 * An entry is named by (task, round, kind, reference), and what is noted again
 * under the same name changes nothing: so it can be noted before it is certain
 * that the noting was remembered. Amounts are u64 in base units of their unit,
 * and sums are exact.
 *
 * The newest rounds of a task stay whole, because what they brought may be
 * noted once more; older ones are folded into sums of a day
 * (journal_earning_fold()). So the book grows by one row for a day, a task, a
 * unit and a kind.
 *
 * Errors and thread: journal.h.
 */
#ifndef POND_NODE_MONEY_JOURNAL_EARNING_H
#define POND_NODE_MONEY_JOURNAL_EARNING_H

#include "node/money/journal.h"

/* Stored as numbers: never renumber. */
enum journal_earning_kind {
    JOURNAL_REWARD = 1, /* a list that was carried out gave it; no reference */
    JOURNAL_SLASH = 2,  /* and took it from the stake; no reference */
    JOURNAL_LOSS = 3,   /* the stake fell by it, whyever: slashes are among it,
                           and penalties; reference: when, in slots */
    JOURNAL_FEE = 4,    /* of a transaction that was executed, also with an
                           error; reference: its signature's first half */
};

/* Of an entry that belongs to no round of the task: a stake's fee, say. */
#define JOURNAL_EARNING_NO_ROUND ((uint64_t)INT64_MAX)

/* Room for a mint in base58 or "KOII". */
#define JOURNAL_UNIT_SIZE BASE58_KEY_SIZE

struct journal_earning {
    struct pubkey task;
    uint64_t round;
    enum journal_earning_kind kind;
    struct hash reference; /* zero bytes where the kind has none */
    uint64_t at_ms;        /* Unix */
    uint64_t slot;
    char unit[JOURNAL_UNIT_SIZE]; /* "KOII", or the token's mint */
    uint64_t amount;
};

/* Note it once. 0 also where it has been noted. */
int journal_earning_note(struct journal *journal,
                         const struct journal_earning *earning);

/* The last stake that was seen, by key, and a fall of it: both are noted, or
 * neither. ERR_NOT_FOUND without a text where none was seen. */
int journal_earning_stake(struct journal *journal, const struct pubkey *task,
                          const struct pubkey *key, uint64_t *out);
int journal_earning_note_stake(struct journal *journal,
                               const struct pubkey *task,
                               const struct pubkey *key, uint64_t stake,
                               const struct journal_earning *loss);

/* Fold what a task has of rounds before this one, and of no round, into sums of
 * a day. Those of open actions stay. What is folded must not be noted again. */
int journal_earning_fold(struct journal *journal, const struct pubkey *task,
                         uint64_t before_round);

/* What one task has of one kind on one day. */
struct journal_earning_day {
    uint64_t day; /* since 1970-01-01, UTC */
    struct pubkey task;
    char unit[JOURNAL_UNIT_SIZE];
    enum journal_earning_kind kind;
    uint64_t count;
    uint64_t sum;
};

/* Days from from_day on, of one task or (NULL) of all; by day, task, unit and
 * kind. Valid until visit returns, which must not call into the journal; what
 * it returns other than 0 ends the walk. ERR_RANGE for a sum above 2^64 - 1. */
typedef int journal_earning_visit(void *user,
                                  const struct journal_earning_day *day);
int journal_earning_each_day(struct journal *journal, const struct pubkey *task,
                             uint64_t from_day, journal_earning_visit *visit,
                             void *user);

#endif
