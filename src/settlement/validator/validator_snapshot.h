/*
 * Snapshots of a validator's folder, for commands that work on the folder and
 * not on a running validator. What a snapshot is: ledger/snapshot.h.
 *
 * folder: the validator's (validator.h). Thread: any; the calls take as long as
 * the state is large.
 */
#ifndef POND_SETTLEMENT_VALIDATOR_VALIDATOR_SNAPSHOT_H
#define POND_SETTLEMENT_VALIDATOR_VALIDATOR_SNAPSHOT_H

#include "settlement/ledger/snapshot.h"

/* Write a snapshot of what is on disk to the folder's snapshots; a validator
 * may be running on the folder. out->path lies in the arena. Errors of
 * snapshot_write(), and ERR_NOT_FOUND for a folder without a ledger. */
int validator_snapshot_create(const char *folder, struct arena *arena,
                              struct snapshot *out);

/* The folder's snapshots, the newest first. */
int validator_snapshot_list(const char *folder, struct arena *arena,
                            const struct snapshot **out, size_t *count);

/* Verify the whole of a snapshot's file, which may lie anywhere. */
int validator_snapshot_verify(const char *path, struct ledger_export_info *out);

/* Verify a snapshot's file and make it the folder's ledger. The folder must not
 * have a ledger yet. genesis: the hash of the folder's genesis. ledger: the
 * path of the new ledger, in the arena. Errors of snapshot_restore(). */
int validator_snapshot_restore(const char *folder, const struct hash *genesis,
                               const char *path, struct arena *arena,
                               struct ledger_export_info *out,
                               const char **ledger);

#endif
