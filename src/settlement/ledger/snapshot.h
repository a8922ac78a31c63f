/*
 * Snapshots: the durable state of a ledger as one file, from which another
 * ledger begins without the history before it.
 *
 * A folder of snapshots holds files `snapshot-<slot>-<state hash>.zst`, the
 * hash in base58 (snapshot_format.h has their contents). A file has its name
 * only when it is complete and on disk. Writing and removing take a lock on the
 * folder; a writer also removes what a killed writer left.
 *
 * Restoring uses a folder beside the ledger's, which takes the ledger's name
 * when all of it is verified and on disk. A kill at any moment leaves a whole
 * ledger or none.
 *
 * The file's digest finds every change of its bytes, and the state hash covers
 * all rows except the bank's own (recent blockhashes and messages). Neither is
 * a signature: take snapshots only from people you trust.
 *
 * Thread: any; the calls take as long as the state is large.
 */
#ifndef POND_SETTLEMENT_LEDGER_SNAPSHOT_H
#define POND_SETTLEMENT_LEDGER_SNAPSHOT_H

#include "settlement/ledger/ledger_transfer.h"
#include <stdatomic.h>
#include <stdio.h>

/* Most files of one folder that are read. */
#define SNAPSHOT_FILES_MAX 4096

struct snapshot {
    const char *path; /* in the caller's arena */
    struct ledger_export_info header;
    uint64_t size_bytes;
    int status;          /* 0, or the error of the header */
    const char *problem; /* the error's text, in the arena; NULL: none */
};

/* Write a snapshot of an export, which is read to its end, to a folder, which
 * is made if absent; out->path lies in the arena. A snapshot of the same slot
 * and state is replaced. When cancel (may be NULL) turns true the call ends
 * with ERR_CANCELLED. ERR_LOCKED if another process writes there. */
int snapshot_write(struct ledger_export *state, const char *folder,
                   const atomic_bool *cancel, struct arena *arena,
                   struct snapshot *out);

/* List the snapshots of a folder, the newest first. Headers are read, rows are
 * not. A missing folder has no snapshots. */
int snapshot_list(const char *folder, struct arena *arena,
                  const struct snapshot **out, size_t *count);

/* The slot of the newest snapshot whose header can be read; ERR_NOT_FOUND. */
int snapshot_newest(const char *folder, uint64_t *slot);

/* Remove all snapshots but the newest keep ones. ERR_LOCKED. */
int snapshot_prune(const char *folder, size_t keep);

/* Read a whole file, and check its digest and its rows against the state hash.
 * *out is set on success only. ERR_NOT_FOUND, ERR_CORRUPT, ERR_UNSUPPORTED,
 * ERR_LIMIT. */
int snapshot_verify(const char *path, struct ledger_export_info *out);

/* The same for an open file. */
int snapshot_verify_file(FILE *file, struct ledger_export_info *out);

/* Verify a file and make it the ledger in a folder that holds none. ERR_STATE
 * if it belongs to another genesis, ERR_EXISTS if there is a ledger,
 * ERR_LOCKED, and snapshot_verify()'s errors; after an error nothing is left.
 */
int snapshot_restore(const char *path, const struct hash *genesis,
                     const char *ledger_path, struct ledger_export_info *out);

#endif
