/*
 * A folder of evidence: what a task says of its files, and the folder that they
 * become. The files' bytes come one after the other in one payload.
 */
#ifndef POND_NODE_REACH_EVIDENCE_FILES_H
#define POND_NODE_REACH_EVIDENCE_FILES_H

#include "base/json.h"
#include "storage/format/unixfs.h"
#include "storage/store/store.h"

/* files: [{"path": text, "size": bytes}, ...], a stranger's. At most
 * EVIDENCE_FILES_MAX of them, with relative paths of plain names, whose sizes
 * make the payload's. Checked before anything is copied: a wrong description
 * costs nothing. ERR_LIMIT, ERR_INVALID, ERR_NOT_FOUND (a field). Pure. */
int evidence_files_check(struct json_object *files, size_t payload_size);

/* Put them into the store; out is the folder. files has been checked with that
 * payload (CHECKed). Blocks that an error leaves have no pin. Hashes and
 * writes: for the thread pool. */
int evidence_files_put(struct store *store, struct json_object *files,
                       struct bytes payload, struct unixfs_entry *out);

#endif
