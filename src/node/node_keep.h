/*
 * A folder of this machine that its operator has the node keep, and so serve:
 * the code and the metadata of a task that is put on chain. It is imported into
 * the node's store, which no other process may write to, and pinned as the
 * user's until that pin is removed.
 *
 * Thread: the loop's. The work on the disk runs on the pool.
 */
#ifndef POND_NODE_NODE_KEEP_H
#define POND_NODE_NODE_KEEP_H

#include "node/node_control.h"
#include "storage/store/store.h"

struct node;

/* Put what is at path into the store and pin it under that name; its CID, as
 * {"cid":text}, is appended. ERR_NOT_FOUND, ERR_UNSUPPORTED for what is no file
 * or folder, ERR_FULL. Thread: any. */
int node_keep_import(struct store *store, const char *path, const char *name,
                     struct buffer *out);

/* The same for a running node: answered once, from the loop. It is counted in
 * the node's looks (node_evidence.h). */
void node_keep(struct node *node, const char *path, const char *name,
               node_control_answered *answered, void *user);

#endif
