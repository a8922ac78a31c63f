/*
 * What a validator has on disk before it says anything: its votes (vote_file.h)
 * and what they rely on (block_log.h), in the right order.
 *
 *     votes      the vote records; not of a validator that only observes
 *     blocks/    the block log
 *
 * Puts only queue, and so are for a loop. write_ahead_commit() brings all that
 * is queued to disk: first the blocks and certificates, then the
 * newest record; older records of the queue are left out, because a record is
 * the whole truth, and so are certificates that a later one of the queue makes
 * superfluous. So when a put is durable, everything that was put before it
 * is. Each put has a ticket, a number that rises by one.
 *
 * A program with a loop runs the commits on a thread (write_ahead_thread.h); a
 * simulation calls them itself, when its disk would be ready.
 *
 * Thread: any, but one commits and one puts; reading the log: block_log.h.
 */
#ifndef POND_SETTLEMENT_WRITE_AHEAD_WRITE_AHEAD_H
#define POND_SETTLEMENT_WRITE_AHEAD_WRITE_AHEAD_H

#include "settlement/write_ahead/block_log.h"
#include "settlement/write_ahead/vote_file.h"

struct write_ahead;

struct write_ahead_options {
    struct disk *disk; /* borrowed */
    /* Exists, and is locked by the caller. */
    const char *folder;
    /* Of the network and the voter (vote_record_tag()). */
    struct vote_tag tag;
    /* Random, for a new block log. */
    uint64_t salt;
    /* 0: BLOCK_LOG_SEGMENT_SIZE. */
    uint64_t segment_size_bytes;
};

/* Errors as block_log_open(). A damaged or missing file of votes is no
 * error: the validator has forgotten then. */
int write_ahead_open(const struct write_ahead_options *options,
                     struct write_ahead **out);
/* What was not committed is gone. NULL is allowed. */
void write_ahead_close(struct write_ahead *ahead);

/* What this validator has voted, as read at opening. NULL: it has forgotten, or
 * never voted; *why (NULL is allowed) says which, for the log. Both are valid
 * until the close. The first record that is put then makes the file. */
const struct vote_record *write_ahead_record(const struct write_ahead *ahead,
                                             const char **why);

/* What opening the block log found. */
const struct block_log_report *
write_ahead_report(const struct write_ahead *ahead);

/* To find and read entries. Those that are queued are not in it yet. */
struct block_log *write_ahead_log(struct write_ahead *ahead);

/* Queue a block or a certificate; its entry->size bytes are copied. How much
 * waits is for the caller to bound. Returns the ticket, the first of which is
 * 1. */
uint64_t write_ahead_put(struct write_ahead *ahead,
                         const struct block_log_entry *entry,
                         const void *bytes);

/* Queue a record, whose sequence is above that of every record before it. */
uint64_t write_ahead_put_record(struct write_ahead *ahead,
                                const struct vote_record *record);

/* Everything before that slot is in the ledger, durably: its segments may go,
 * with the next commit. */
void write_ahead_drop_before(struct write_ahead *ahead, uint64_t slot);

/* Is anything queued? */
bool write_ahead_is_waiting(struct write_ahead *ahead);

/* Bring all that is queued to disk. An error is final: every commit after it
 * fails as well. */
int write_ahead_commit(struct write_ahead *ahead);

/* The highest ticket that is durable; 0: none is. */
uint64_t write_ahead_durable(struct write_ahead *ahead);

#endif
