/*
 * The node's journal: every action on chain is written here, with its signed
 * transaction, before it is sent, and closed when it is final.
 *
 * So after a crash at any point the open entries say what was under way. Each
 * holds the very bytes that may or may not have been sent, so sending them
 * again can't do anything twice (a signature is processed once). A new
 * transaction for the same action is signed only when the old one can no longer
 * land (its blockhash is past) and isn't on chain.
 *
 * An action is named by (task, round, kind, target, part); that name is
 * unique in the journal, closed entries included, so that nothing decided and
 * done is ever begun again.
 *
 * SQLite in WAL mode with synchronous=FULL: a call that returned 0 is on disk.
 * Thread: one at a time.
 *
 * The name stays taken only while the entry is kept: journal_forget() drops
 * closed entries of rounds that the round clock looked at for the last time
 * long ago, so nothing is begun again because it was forgotten.
 *
 * Errors of the database are the same everywhere: ERR_IO, ERR_CORRUPT, ERR_FULL
 * (no room on the disk), each with SQLite's own words. After an error of a
 * write nothing was changed, because every call is one statement and so one
 * transaction.
 *
 * Ownership: everything that is passed in is borrowed for the call; what is
 * handed to a visit is valid until it returns.
 */
#ifndef POND_NODE_MONEY_JOURNAL_H
#define POND_NODE_MONEY_JOURNAL_H

#include "base/buffer.h"
#include "crypto/key.h"

/* Longest transaction kept: the wire format's limit (docs/settlement.md). */
#define JOURNAL_TRANSACTION_SIZE_MAX 1232

/* Kinds are stored as numbers: never renumber. The order counts too: those from
 * JOURNAL_STAKE on the node counts by itself. */
enum journal_kind {
    JOURNAL_SUBMIT = 1,     /* target: none */
    JOURNAL_AUDIT = 2,      /* target: candidate */
    JOURNAL_UPLOAD = 3,     /* target: the list's name (task_list.c); part:
                               attempt << 16 | chunk */
    JOURNAL_LIST = 4,       /* target: none; part: attempt */
    JOURNAL_LIST_AUDIT = 5, /* target: submitter of the list; part: attempt */
    JOURNAL_PAYOUT = 6,     /* target: none; part: attempt */
    JOURNAL_STAKE = 7,      /* round: a running number of the node */
    JOURNAL_CLAIM = 8,      /* likewise */
    JOURNAL_WITHDRAW = 9,   /* likewise */
    /* What the operator orders by a key, of no task (zero bytes); target: of
     * the key (transfer.h, creator_order.h): */
    JOURNAL_TRANSFER = 10,
    JOURNAL_FUND = 11,
    JOURNAL_ACTIVE = 12,
    /* The same of a task that runs here (task_more.h); round: 0. */
    JOURNAL_STAKE_MORE = 13,
    JOURNAL_EMPTY = 14, /* of no task, as a transfer */
};

/* "submit", "audit", ... Static. */
const char *journal_kind_name(enum journal_kind kind);

enum journal_state {
    JOURNAL_OPEN = 0,   /* intended; perhaps sent, perhaps landed */
    JOURNAL_FINAL = 1,  /* on chain and successful */
    JOURNAL_FAILED = 2, /* on chain and refused, or given up: window passed */
};

/* What an action is called. round is the task's round, or the node's own
 * running number for the kinds that belong to no round. part tells apart what
 * is done several times for one round: a distribution that failed is listed,
 * uploaded and paid again, under the number of the attempt. */
struct journal_name {
    struct pubkey task;
    uint64_t round;
    enum journal_kind kind;
    struct pubkey target; /* zero bytes where the kind has none */
    uint32_t part;
};

/* A row. About 1.4 KB, because it holds the whole transaction: one on the stack
 * is fine, an array of them is not. */
struct journal_entry {
    int64_t id; /* given by journal_intend() */
    struct journal_name name;
    enum journal_state state;
    struct signature signature; /* the transaction's first */
    uint64_t last_valid_height; /* block height past which it can't land */
    uint64_t slot;              /* intended at; when closed, closed at */
    uint64_t amount;            /* roe to be moved (stake, claim); else what
                                   the caller wants to remember */
    size_t transaction_size;    /* 0 where the row is damaged */
    uint8_t transaction[JOURNAL_TRANSACTION_SIZE_MAX];
};

struct journal;

/* Open the file, making it if absent. The caller has its folder locked
 * (base/folder_lock.h). ERR_CORRUPT for a file that is not a database. Tables
 * of an older version are brought up to date, whole or not at all;
 * ERR_UNSUPPORTED for those of a newer one, which are left as they are. */
int journal_open(const char *path, struct journal **out);
void journal_close(struct journal *journal); /* NULL is allowed */

/* Write an open entry; fills in entry->id. ERR_EXISTS if an entry of that
 * name is there, in whatever state: look at it with journal_find(). */
int journal_intend(struct journal *journal, struct journal_entry *entry);

/* Put a new transaction (its bytes, signature, height, slot and amount) in
 * place of one that can no longer land: it expired unexecuted, or was refused,
 * which had no effect. The entry is open again. ERR_STATE if it is final. */
int journal_renew(struct journal *journal, const struct journal_entry *entry);

/* Close an entry. detail: a text for people, or NULL. Closing a closed entry
 * with the same state changes nothing; with another one: ERR_STATE. */
int journal_settle(struct journal *journal, int64_t id,
                   enum journal_state state, uint64_t slot, const char *detail);

/* ERR_NOT_FOUND without setting a text, because it is often no error. */
int journal_find(struct journal *journal, const struct journal_name *name,
                 struct journal_entry *out);

/* Every open entry, oldest first; visit returns 0 to go on, and what else it
 * returns is returned. It must not call into the journal. */
typedef int (*journal_visit)(void *user, const struct journal_entry *entry);
int journal_each_open(struct journal *journal, journal_visit visit, void *user);

/* Entries of a task in its newest rounds (round ≥ from_round), by round. */
int journal_each(struct journal *journal, const struct pubkey *task,
                 uint64_t from_round, journal_visit visit, void *user);

/* What a final entry moved, as the chain says. What a claim brings is known
 * only when it has landed: more may have come in while it was under way.
 * ERR_STATE if the entry is not final. Noting it again puts the newer figure in
 * place. */
int journal_note_amount(struct journal *journal, int64_t id, uint64_t amount);

/* The oldest final entry of a kind whose amount has not been noted.
 * ERR_NOT_FOUND without a text. */
int journal_find_unnoted(struct journal *journal, const struct pubkey *task,
                         enum journal_kind kind, struct journal_entry *out);

/* The sum of the noted amounts of a kind, in roe; 0 for none. Entries whose
 * amount has not been noted yet are not in it: it may be late, and is never
 * early. */
int journal_sum(struct journal *journal, const struct pubkey *task,
                enum journal_kind kind, uint64_t *out);

/* One more than the greatest round among entries of a kind, or 0: for kinds
 * that are counted by the node rather than by the chain. */
int journal_next_number(struct journal *journal, const struct pubkey *task,
                        enum journal_kind kind, uint64_t *out);

/* Drop closed entries of rounds before that one. Of stakes, claims and
 * withdrawals, which belong to no round, the newest numbers stay, and so do
 * final ones whose amount has not been noted; journal_sum() and
 * journal_next_number() go on as if all were there. */
#define JOURNAL_COUNTED_KEPT 64
int journal_forget(struct journal *journal, const struct pubkey *task,
                   uint64_t before_round);

/*
 * The tasks this node runs, so that a restart goes on with them.
 */
struct journal_task {
    struct pubkey task;
    uint64_t stake_roe;     /* stake wanted; 0: what is there */
    const char *executable; /* local file in place of the one on chain, or "" */
    const char *variables;  /* JSON object of texts */
    unsigned engine;        /* enum node_engine: never renumber that */
    bool is_trusted;
};

/* Write down that a task runs here, or with what options from now on. NULL
 * texts are allowed. journal_task_remove() of a task that isn't there is no
 * error. journal_each_task() goes in the order in which the tasks were first
 * put; the visit must not call into the journal. */
int journal_task_put(struct journal *journal, const struct journal_task *task);
/* The stake that was wanted is there, and is wanted no more; no error if the
 * task isn't there. */
int journal_task_staked(struct journal *journal, const struct pubkey *task);
int journal_task_remove(struct journal *journal, const struct pubkey *task);
typedef int (*journal_task_visit)(void *user, const struct journal_task *task);
int journal_each_task(struct journal *journal, journal_task_visit visit,
                      void *user);

/*
 * Numbers that the node wants to know again after a restart, by name.
 * ERR_NOT_FOUND without a text where there is none.
 */
int journal_number_put(struct journal *journal, const char *name,
                       uint64_t value);
int journal_number_get(struct journal *journal, const char *name,
                       uint64_t *out);

#endif
