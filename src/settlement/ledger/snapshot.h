/*
 * Snapshots: the durable state of a ledger as one file, from which another
 * ledger begins without the history before it.
 *
 * A folder of snapshots holds files `snapshot-<slot>-<state hash>.zst`, the
 * hash in base58 (snapshot_format.h has their contents). A file has its name
 * only when it is complete and on disk; who writes or removes holds a lock on
 * the folder, and clears away what a killed writer left.
 *
 * Restoring goes to a folder of its own beside the ledger's, which takes the
 * ledger's name when everything in it was verified and is on disk. A kill at
 * any moment leaves the ledger or none.
 *
 * What protects what: the file's digest finds every change of its bytes, and
 * the state hash binds all rows but the bank's own (recent blockhashes and
 * messages). Neither is a signature: take snapshots from those you trust.
 *
 * Thread: any; the calls take as long as the state is large.
 */
#ifndef POND_SETTLEMENT_LEDGER_SNAPSHOT_H
#define POND_SETTLEMENT_LEDGER_SNAPSHOT_H

#include "settlement/ledger/ledger_transfer.h"
#include <stdatomic.h>
#include <stdio.h>

/* Files looked at in one folder. */
#define SNAPSHOT_FILES_MAX 4096

struct snapshot {
    const char *path; /* in the caller's arena */
    struct ledger_export_info header;
    uint64_t size_bytes;
    int status;          /* 0, or why the header can't be used: */
    const char *problem; /* in words */
};

/* Write one of what is on disk (ledger_export_open*(), which is read to its
 * end) to a folder, which is made if absent; out->path lies in the arena. One
 * of the same slot is replaced. When cancel (NULL: never) turns true it ends
 * with ERR_CANCELLED. ERR_LOCKED if another process writes there. */
int snapshot_write(struct ledger_export *state, const char *folder,
                   const atomic_bool *cancel, struct arena *arena,
                   struct snapshot *out);

/* Those of a folder, the newest first; headers are read, rows are not. None if
 * there is no folder. */
int snapshot_list(const char *folder, struct arena *arena,
                  const struct snapshot **out, size_t *count);

/* The newest whose header can be read; ERR_NOT_FOUND. */
int snapshot_newest(const char *folder, uint64_t *slot);

/* Remove all but the newest keep ones. ERR_BUSY. */
int snapshot_prune(const char *folder, size_t keep);

/* Read all of a file: digest, and rows against the state hash. ERR_NOT_FOUND,
 * ERR_CORRUPT, ERR_UNSUPPORTED, ERR_LIMIT. */
int snapshot_verify(const char *path, struct ledger_export_info *out);

/* The same of an open one, for those without a path. */
int snapshot_verify_file(FILE *file, struct ledger_export_info *out);

/* Verify a file and make it the ledger in a folder that holds none. ERR_STATE
 * if it belongs to another genesis, ERR_EXISTS if there is a ledger, and
 * snapshot_verify()'s. Nothing is left behind then. */
int snapshot_restore(const char *path, const struct hash *genesis,
                     const char *ledger_path, struct ledger_export_info *out);

#endif
