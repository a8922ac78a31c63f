/*
 * The account book: what each task brought and cost, in the journal's file. The
 * chain drops a round after three; this is what remains.
 *
 * An entry is named by (task, round, kind, reference), and what is noted again
 * under the same name changes nothing: so it can be noted before it is certain
 * that the noting was remembered. Amounts are u64 in base units of their unit,
 * and sums are exact.
 *
 * The newest rounds of a task stay whole (journal_earning_drop()). Every entry
 * is in the sum of its day, which stays: a row for a day, a task, a unit and a
 * kind.
 *
 * A loss is seen twice, in no order: the list or the votes of a round say that
 * it is taken, and the stake falls by it. It is one entry. What is known of a
 * round (SLASH, PENALTY) takes the place of a fall that nothing had explained
 * (LOSS), and of a fall only what is not explained becomes an entry.
 *
 * Errors and thread: journal.h.
 */
#ifndef POND_NODE_MONEY_JOURNAL_EARNING_H
#define POND_NODE_MONEY_JOURNAL_EARNING_H

#include "node/money/journal.h"

/* Stored as numbers: never renumber. journal.c has some of them. */
enum journal_earning_kind {
    JOURNAL_REWARD = 1,  /* a list that was carried out gave it; no reference */
    JOURNAL_SLASH = 2,   /* and took it from the stake; no reference */
    JOURNAL_LOSS = 3,    /* the stake fell by it, and no round says why;
                            reference: when, in slots */
    JOURNAL_FEE = 4,     /* of a transaction that was executed, also with an
                            error; reference: its signature's first half */
    JOURNAL_PENALTY = 5, /* a refuted accusation, or an own list voted down;
                            reference: which */
    /* What was moved: the reference is that of the transaction's fee. */
    JOURNAL_STAKED = 6,
    JOURNAL_UNSTAKED = 7,
    JOURNAL_CLAIMED = 8,
    /* Likewise, of the node's own orders; task is zero where there is none. */
    JOURNAL_SENT = 9,
    JOURNAL_FUNDED = 10,
    JOURNAL_DEPLOYED = 11,
    JOURNAL_FAUCET = 12,
    JOURNAL_MISSED = 13, /* no proof, though the task ran; amount 0 */
    JOURNAL_EARNING_KINDS
};

/* "reward", "loss", ... as the API has them: a slash is a loss. Static. And
 * the first of that name; 0: there is none. */
const char *journal_earning_name(enum journal_earning_kind kind);
enum journal_earning_kind journal_earning_kind(const char *name);

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
    struct signature signature; /* zero bytes: of no transaction */
    const char *reason;         /* a word (docs/page.md); NULL: none */
    int64_t id; /* given when it is noted; 0: it had been before */
};

/* The reference of what a transaction did. */
void journal_earning_sign(struct journal_earning *earning,
                          const struct signature *signature);

/* Note it once; fills in its id. 0 also where it has been noted. */
int journal_earning_note(struct journal *journal,
                         struct journal_earning *earning);

/* The same of what an action moved, whose amount is noted with it (journal.h):
 * both, or neither. */
int journal_earning_note_action(struct journal *journal, int64_t action,
                                struct journal_earning *earning);

/* The last stake that was seen, by key. ERR_NOT_FOUND without a text where none
 * was seen. */
int journal_earning_stake(struct journal *journal, const struct pubkey *task,
                          const struct pubkey *key, uint64_t *out);

/* It is another now. fall (NULL: it has grown, or is seen first) is a LOSS of
 * what it fell by; of that the part that nothing explains is noted, and is the
 * amount then. withdrawal: the final action that took what was left of the
 * stake to the balance, else 0; then fall is an UNSTAKED. */
int journal_earning_note_stake(struct journal *journal,
                               const struct pubkey *task,
                               const struct pubkey *key, uint64_t stake,
                               struct journal_earning *fall,
                               int64_t withdrawal);

/* Drop what a task has of rounds before this one; of entries of no round the
 * newest stay. Those of open actions stay. What is dropped must not be noted
 * again. */
#define JOURNAL_EARNING_ROUNDS_KEPT 10000
int journal_earning_drop(struct journal *journal, const struct pubkey *task,
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

/* Days of [from_day, to_day], of one task or (NULL) of all; by day, task, unit
 * and kind. Valid until visit returns, which must not call into the journal;
 * what it returns other than 0 ends the walk. ERR_RANGE for a sum above
 * 2^64 - 1. */
typedef int journal_earning_visit(void *user,
                                  const struct journal_earning_day *day);
int journal_earning_each_day(struct journal *journal, const struct pubkey *task,
                             uint64_t from_day, uint64_t to_day,
                             journal_earning_visit *visit, void *user);

/* The same of all tasks together; task is zero. */
int journal_earning_each_sum(struct journal *journal, uint64_t from_day,
                             uint64_t to_day, journal_earning_visit *visit,
                             void *user);

/* Entries before an id (0: the newest), the newest first; those of nothing are
 * left out. fee: of an entry that moved something by a transaction; that fee is
 * no entry of its own. */
struct journal_earning_query {
    const struct pubkey *task;      /* NULL: of all */
    enum journal_earning_kind kind; /* 0: any; SLASH: LOSS, too */
    uint64_t before;
    uint64_t limit;
};
typedef int journal_entry_visit(void *user,
                                const struct journal_earning *earning,
                                uint64_t fee);
int journal_earning_each(struct journal *journal,
                         const struct journal_earning_query *query,
                         journal_entry_visit *visit, void *user);

#endif
