/*
 * The tasks that this node has stopped and still knows: how each was run, so
 * that one word starts it again, and when it last sent a proof, so that it can
 * be said until when its stake is locked.
 *
 * Thread: the loop's.
 */
#ifndef POND_NODE_OWNER_STOPPED_BOOK_H
#define POND_NODE_OWNER_STOPPED_BOOK_H

#include "base/json.h"
#include "node/money/journal_writer.h"
#include "node/parts/node_options.h"

/* Older ones give way: a list that only grows is read by nobody. */
#define STOPPED_TASKS_MAX 256

/* A stake is locked while a proof of its key is younger than this many rounds
 * (docs/settlement.md). */
#define STOPPED_LOCK_ROUNDS 4

/* Texts are owned by the book once it has it. */
struct stopped_task {
    struct node_task_options options; /* its stake is 0: what is there counts */
    char *name;
    struct pubkey staking; /* the key that it staked by */
    uint64_t stopped_ms;   /* Unix */
    /* The rounds' clock; round_time 0: never known. */
    uint64_t starting_slot, round_time;
    uint64_t last_proof_plus_one; /* its round; 0: none known */
    /* What the chain says of the key, since this process has asked; not written
     * down. In base units. */
    bool has_coins;
    uint64_t stake, claimable;
    bool is_kpl;
    struct pubkey token; /* of a KPL task */
};

struct stopped_book;

/* Errors of the journal. Rows that can't be read are passed over. */
int stopped_book_open(struct journal *journal, struct journal_writer *writer,
                      struct stopped_book **out);
void stopped_book_close(struct stopped_book *book); /* NULL is allowed */

/* Both write it down behind what was ordered before; errors are logged. The
 * task's texts are copied. Removing one that is not there is no error. */
void stopped_book_put(struct stopped_book *book,
                      const struct stopped_task *task);
void stopped_book_remove(struct stopped_book *book, const struct pubkey *task);

/* Its coins as the chain has them; nothing if it is not there. */
void stopped_book_note(struct stopped_book *book, const struct pubkey *task,
                       const struct stopped_task *coins);

/* NULL if it is not there; and one after the other, in the order in which they
 * were stopped, NULL at the end. Valid until the next change. */
const struct stopped_task *stopped_book_find(const struct stopped_book *book,
                                             const struct pubkey *task);
const struct stopped_task *stopped_book_at(const struct stopped_book *book,
                                           size_t place);

/* The round from which on its stake can be had back, and the slot in which that
 * begins. false where nothing locks it, or its clock was never known. */
bool stopped_task_unlock(const struct stopped_task *task, uint64_t *round,
                         uint64_t *slot);

/* May others still ask for the evidence of its proofs? That of a round is kept
 * until the third after it has ended (storage/keep/retention.h), by which time
 * it is paid. *round: the task's, at that slot. Where its clock was never known
 * it is a day since the task was stopped, and *round is 0. */
bool stopped_task_is_owed(const struct stopped_task *task, uint64_t slot,
                          uint64_t unix_ms, uint64_t *round);

/* One object of the status (node.h), at that slot. */
void stopped_task_write(const struct stopped_task *task, uint64_t slot,
                        uint64_t slot_ms, struct json_writer *writer);

#endif
