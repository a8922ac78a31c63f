/*
 * The thread of a running validator that writes a snapshot every so many slots
 * and removes the oldest. It reads in a transaction of its own, so the chain
 * does not wait for it. While it writes, it uses a core and the disk.
 */
#ifndef POND_SETTLEMENT_CHAIN_SNAPSHOT_KEEPER_H
#define POND_SETTLEMENT_CHAIN_SNAPSHOT_KEEPER_H

#include "settlement/ledger/ledger.h"

/* Snapshots kept by default: the newest, and one to fall back on. */
#define SNAPSHOT_KEEP 2

struct snapshot_keeper;

struct snapshot_keeper_options {
    struct ledger *ledger;   /* outlives the keeper */
    const char *folder;      /* copied */
    uint64_t interval_slots; /* > 0 */
    size_t keep;             /* > 0 */
};

struct snapshot_keeper *
snapshot_keeper_start(const struct snapshot_keeper_options *options);

/* This slot is final. A snapshot is due when interval_slots passed since the
 * last. Never waits. Thread: one. */
void snapshot_keeper_note(struct snapshot_keeper *keeper, uint64_t slot);

/* Gives up the snapshot that is being written. NULL is allowed. */
void snapshot_keeper_stop(struct snapshot_keeper *keeper);

#endif
