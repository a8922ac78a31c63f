/*
 * The ledger executed again: every kept block from the genesis on, over a
 * state in memory, and the state hash after it compared with the one that its
 * leader signed. What ledger_check() takes from the disk as it is, the state,
 * is what comes out here.
 *
 * Threads of its own read the blocks ahead and check proof of history and
 * signatures (replay_reader.h) while the calling one executes them; any entry
 * can be checked without those before it. State hashes are checked behind it
 * (replay_sum.h).
 *
 * An empty slot is kept as a part of a run that does not have its exact time
 * (ledger.h), so the state hash at a run's end is taken from the run. A change
 * of a row would still be seen at the next full block, whose state hash is
 * over the sum of all rows.
 */
#ifndef POND_SETTLEMENT_LEDGER_REPLAY_H
#define POND_SETTLEMENT_LEDGER_REPLAY_H

#include "settlement/ledger/ledger.h"

struct replay_options {
    /* False for blocks one made oneself: their signatures were checked before
     * they were executed the first time. */
    bool check_signatures;
    /* That read and check, 1 … REPLAY_THREADS_MAX; besides them and the calling
     * one there is one that sums up the state. */
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
 * the blocks since the genesis are not all there (the ledger began with a
 * snapshot, or history was dropped); ERR_CORRUPT names the first block that
 * does not come out as it was signed. Thread: any. */
int ledger_replay(struct ledger *ledger, const struct replay_options *options,
                  struct replay_report *report);

#endif
