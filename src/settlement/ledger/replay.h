/*
 * The ledger executed again: every block from the genesis on, over a state in
 * memory. The state hash after each block is compared with the one that its
 * leader signed. ledger_check() only reads the state; replay computes it.
 *
 * Threads of its own read the blocks ahead and check proof of history and
 * signatures (replay_reader.h) while the calling thread executes. Another
 * thread checks the state hashes afterwards (replay_sum.h).
 *
 * A run of empty slots does not have their exact times (ledger.h), so the state
 * hash at a run's end is taken from the run. A changed row would still show at
 * the next full block, whose state hash is over the sum of all rows.
 */
#ifndef POND_SETTLEMENT_LEDGER_REPLAY_H
#define POND_SETTLEMENT_LEDGER_REPLAY_H

#include "settlement/ledger/ledger.h"

struct replay_options {
    /* False for blocks that this validator made: their signatures were checked
     * before they were executed the first time. */
    bool check_signatures;
    /* Threads that read and check, 1 … REPLAY_THREADS_MAX. In addition one
     * thread sums up the state. */
    unsigned threads;
};

#define REPLAY_THREADS_MAX 64

struct replay_report {
    uint64_t slot; /* the last one */
    uint64_t blocks;
    uint64_t empty_slots;
    uint64_t transactions;
};

/* Keeps the whole state in memory, and a view of the disk open. ERR_STATE if
 * blocks since the genesis are missing (the ledger began with a snapshot, or
 * history was dropped); ERR_CORRUPT names the first block whose result is not
 * what was signed. Thread: any. */
int ledger_replay(struct ledger *ledger, const struct replay_options *options,
                  struct replay_report *report);

#endif
