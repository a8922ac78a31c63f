/*
 * What the node has to tell its operator: the last NOTICES_MAX notifications,
 * in the journal's file.
 *
 * There are two sorts. A trouble lasts (the endpoint is away): it is told once,
 * and again only after it has ended and come back. An event happens once (a
 * slash in round 54), and is known by what it is about. The book holds what was
 * told, so that a restart repeats neither; what an operator clears is hidden
 * and remembered as long as others are.
 *
 * Variants are those of Koii's node (SUCCESS, INFO, WARNING, ERROR).
 *
 * Thread: the loop's. Writes go to the journal's writer; one that fails is
 * logged, and the notification stands in memory.
 */
#ifndef POND_NODE_OWNER_NOTICE_BOOK_H
#define POND_NODE_OWNER_NOTICE_BOOK_H

#include "base/json.h"
#include "node/money/journal_writer.h"

/* Older ones go. A node that is left alone for a month keeps what matters. */
#define NOTICES_MAX 500
/* Bytes of a text; longer ones are cut between characters. */
#define NOTICE_TEXT_MAX 400
/* Of a task's own notes in an hour; more stand in its log alone. */
#define NOTICE_NOTES_HOUR_MAX 10

enum notice_kind {
    NOTICE_BALANCE_LOW,
    NOTICE_BALANCE_CRITICAL,
    NOTICE_STAKING_CRITICAL,
    NOTICE_ENDPOINT_AWAY,
    NOTICE_DISK_LOW,
    NOTICE_SIGNER_AWAY,
    NOTICE_UNREACHABLE,  /* peers were asked to reach the node, and did not */
    NOTICE_SANDBOX_WEAK, /* tasks run without a wall that others have */
    NOTICE_TASK_FAILED,
    NOTICE_PROOF_MISSED,  /* in a round */
    NOTICE_PROOFS_MISSED, /* in several, one after the other */
    NOTICE_ACCUSED,       /* a proof, and it is not settled */
    NOTICE_TASK_INACTIVE,
    NOTICE_TASK_UPGRADE,
    NOTICE_BOUNTY_LOW,
    NOTICE_BOUNTY_EMPTY,
    NOTICE_EXECUTABLE_CHANGED,
    NOTICE_SLASHED,
    NOTICE_REWARD_CLAIMED,
    NOTICE_TASK_NOTE,
    NOTICE_KINDS,
};

struct notice {
    uint64_t id;      /* counts up, from 1 */
    uint64_t time_ms; /* Unix time */
    enum notice_kind kind;
    char *task;  /* base58; "" if it is about none */
    char *about; /* what tells events of one kind and task apart; "" */
    char *text;  /* a sentence for people */
    char *facts; /* what it says, for programs: a JSON object; "" */
    bool is_read;
    bool is_open;   /* the trouble lasts */
    bool is_hidden; /* cleared */
    bool is_unsent; /* a webhook is still to have it */
};

struct notice_book;

/* Both are borrowed for the book's life. sends: new ones are to be sent. Reads
 * what is there; errors are the journal's. Blocks. */
int notice_book_open(struct journal *journal, struct journal_writer *writer,
                     bool sends, struct notice_book **out);
void notice_book_close(struct notice_book *book); /* NULL is allowed */

/* From now on: whether new ones are to be sent, and which kinds are not. Where
 * nothing is, what still was to be sent is not. */
void notice_book_send(struct notice_book *book, bool sends,
                      const bool quiet[NOTICE_KINDS]);
/* How many are to be sent. */
size_t notice_book_unsent_count(const struct notice_book *book);

/* A trouble has begun, or still lasts. task: base58, or ""; facts: of the text,
 * a JSON object, or NULL. */
void notice_book_raise(struct notice_book *book, uint64_t now_ms,
                       enum notice_kind kind, const char *task,
                       const char *text, const char *facts);
/* The same of a trouble that changes as long as it lasts: one about something
 * else has ended, and what is said of this one is said anew, of the same
 * notification. It is not sent again. */
void notice_book_renew(struct notice_book *book, uint64_t now_ms,
                       enum notice_kind kind, const char *task,
                       const char *about, const char *text, const char *facts);
/* What the one that lasts is about; NULL: there is none. Valid until the next
 * call. */
const char *notice_book_renewed(struct notice_book *book, enum notice_kind kind,
                                const char *task);
/* It has ended, if there was one. */
void notice_book_end(struct notice_book *book, enum notice_kind kind,
                     const char *task);

/* An event; one about the same is not told again. */
void notice_book_tell(struct notice_book *book, uint64_t now_ms,
                      enum notice_kind kind, const char *task,
                      const char *about, const char *text, const char *facts);

/* What the newest of this kind and task is about, hidden ones too; NULL if
 * there is none. Valid until the next call. */
const char *notice_book_last(const struct notice_book *book,
                             enum notice_kind kind, const char *task);

/* Hold what the next one is compared with: it is shown and sent to nobody. */
void notice_book_remember(struct notice_book *book, uint64_t now_ms,
                          enum notice_kind kind, const char *task,
                          const char *about);

/* What a task wants its operator to know; false if it had its share. */
bool notice_book_note(struct notice_book *book, uint64_t now_ms,
                      const char *task, const char *text);

/* {"notifications":[…], "unread":n, "last":id}: those with an id above after,
 * oldest first, which is how a reader follows. Each has id, time, variant,
 * kind, task (or null), text, facts (or absent), read, open. */
void notice_book_write(const struct notice_book *book, uint64_t after,
                       struct json_writer *writer);

/* Mark as read, or hide, those up to this id; 0: all. */
void notice_book_read(struct notice_book *book, uint64_t last);
void notice_book_clear(struct notice_book *book, uint64_t last);
/* Mark this one alone. ERR_NOT_FOUND. */
int notice_book_read_one(struct notice_book *book, uint64_t id);

/* The oldest that is to be sent, or NULL; valid until the next call. */
const struct notice *notice_book_unsent(const struct notice_book *book);
void notice_book_sent(struct notice_book *book, uint64_t id);

/* One notification as the object above. */
void notice_write(const struct notice *notice, struct json_writer *writer);
const char *notice_kind_name(enum notice_kind kind);
/* ERR_NOT_FOUND. */
int notice_kind_parse(struct bytes name, enum notice_kind *out);
/* Whether a kind of that name is a trouble, which ends, or an event; false for
 * none. */
bool notice_name_is_trouble(const char *name);

#endif
