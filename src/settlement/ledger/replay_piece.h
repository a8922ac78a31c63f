/*
 * A piece of a ledger's history on its way to be executed again: a block, or a
 * run of empty slots (ledger.h).
 *
 * Reading a piece finds its parts and checks its form. The other checks that
 * don't need the state (the leader's signature, the proof of history, the
 * hashes of messages, the transactions' signatures) are divided into jobs of
 * some hundred microseconds, for any threads and in any order.
 *
 * A piece points into the row that it was read from, which must outlive it;
 * all else lies in its arena. {0} is an empty piece.
 */
#ifndef POND_SETTLEMENT_LEDGER_REPLAY_PIECE_H
#define POND_SETTLEMENT_LEDGER_REPLAY_PIECE_H

#include "settlement/ledger/ledger_internal.h"

struct replay_job; /* some of a block's entries */

struct replay_piece {
    bool is_run;
    struct hash parent_blockhash; /* the start of its proof of history */

    /* Of a block. */
    struct block block;
    struct bytes data;                /* the block's encoding */
    struct hash hash;                 /* the block's, once the jobs are done */
    struct transaction *transactions; /* of all entries, in order */
    size_t transaction_count;
    struct hash *message_hashes; /* theirs, once the jobs are done */

    /* Of a run. */
    struct ledger_run run;
    struct ledger_run_block *run_blocks; /* once the job is done */

    struct replay_job *jobs; /* NULL in a run */
    size_t job_count;
    struct arena arena;
};

/* Read a row of one of the two tables into an empty piece, which must be freed
 * also after an error. ERR_CORRUPT names the slot. Thread: any, one at a time.
 */
int replay_piece_read_block(struct replay_piece *piece,
                            const struct genesis *genesis, struct bytes key,
                            struct bytes row);
int replay_piece_read_run(struct replay_piece *piece, struct bytes key,
                          struct bytes row);

/* Do one of the piece's jobs, 0 … job_count - 1, each once. ERR_CORRUPT names
 * the slot. Thread: any, several at once. */
int replay_piece_check(struct replay_piece *piece,
                       const struct genesis *genesis,
                       struct leader_schedule *schedule, size_t job,
                       bool check_signatures);

/* The slot of the block, or the run's first. */
uint64_t replay_piece_slot(const struct replay_piece *piece);

/* Empty the piece and keep some memory for the next, or free everything. */
void replay_piece_reset(struct replay_piece *piece);
void replay_piece_free(struct replay_piece *piece);

#endif
