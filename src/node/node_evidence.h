/*
 * What this node keeps in storage for its tasks, for an operator who looks.
 * Questions of the control port (node_owner.h):
 *
 *   GET /evidence?task=<id>  {"items":[{"cid", "round":n, "name":text,
 *                            "bytes":n (0: not known), "at":ms (Unix, when it
 *                            was pinned), "until_round":n (the last round
 *                            during which it is kept)}], "next":null}: the
 *                            newest EVIDENCE_LISTED_MAX, by round
 *   GET /evidence/show?cid=<cid>&path=<path>   what lies there, of this node's
 *                            store alone: {"type":"file", "bytes":n, "cut":bool
 *                            and "text" where it is UTF-8 without NUL, else
 *                            "hex"}: its first EVIDENCE_SHOWN_MAX bytes; or
 *                            {"type":"folder", "items":[{"name", "bytes":n (of
 *                            all blocks)}], "cut":bool}; or {"type":"link",
 *                            "text":target}. path is optional.
 *   GET /storage             {"folder":path, "bytes":n (on the disk),
 *                            "limit":n, "free":n (bytes of its disk),
 *                            "tasks":[{"task":id or null (pinned by hand),
 *                            "bytes":n, "pins":n}]}
 *
 * The work on the store runs on the pool. Thread: the loop's.
 */
#ifndef POND_NODE_NODE_EVIDENCE_H
#define POND_NODE_NODE_EVIDENCE_H

#include "crypto/key.h"
#include "node/node_control.h"
#include "storage/store/store.h"

#define EVIDENCE_LISTED_MAX 1000
#define EVIDENCE_SHOWN_MAX (64u << 10)

struct node;

/* What they answer, appended. Thread: any; they read the disk. ERR_NOT_FOUND
 * for what is not here; ERR_INVALID for a text that is no CID. */
int node_evidence_write(struct store *store, const struct pubkey *task,
                        struct buffer *out);
int node_evidence_write_content(struct store *store, const char *cid,
                                const char *path, struct buffer *out);
int node_evidence_write_usage(struct store *store, const char *folder,
                              struct buffer *out);

/* Answered once, from the loop. Those under way are counted in the node's
 * looks; when the last one ends while it is stopping, its work_over() is
 * called. */
void node_evidence_list(struct node *node, const struct pubkey *task,
                        node_control_answered *answered, void *user);
void node_evidence_show(struct node *node, const char *cid, const char *path,
                        node_control_answered *answered, void *user);
void node_evidence_usage(struct node *node, node_control_answered *answered,
                         void *user);

#endif
