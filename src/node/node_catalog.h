/*
 * Tasks of the network, as they stand on chain, for an operator who looks for
 * one to run. Questions of the control port (node_owner.h):
 *
 *   GET /catalog            {"items":[ROW], "next":null}: all tasks, at most
 *                           CATALOG_MAX beside the wallet's own, those on the
 *                           network's list first. It is as old as CATALOG_MS
 *                           at most. ?creator=<key>: those that this wallet
 *                           made.
 *   GET /catalog/task?task=<id>   a ROW with "description", "total_stake",
 *                           "allowed_failures", "network", "code", "metadata"
 *                           (CIDs) and "slot", at which it was true. ?rounds=1:
 *                           with "rounds" (node_catalog_rounds.h), too
 *   GET /catalog/metadata?task=<id>   {"metadata":{…} as its creator wrote it,
 *                           "needs":[{"kind":"variable|addon|other",
 *                           "type":text, "name":text, "ok":bool (absent: not
 *                           known)}]}: fetched from storage
 *   GET /catalog/source?task=<id>     {"cid", "bytes", "text", "cut":bool}: the
 *                           first CATALOG_SOURCE_MAX bytes of main.js
 *
 *   ROW: {"task":id, "name":text, "active":bool, "allowlisted":bool,
 *   "creator":key, "token":mint or null, "bounty", "bounty_per_round",
 *   "minimum_stake" (decimal texts of base units), "round_time",
 *   "submission_window", "audit_window", "starting_slot" (slots),
 *   "nodes":n, "payouts":{"successful":n, "failed":n} (of the rounds that the
 *   chain still has), "last_paid":round or null, "migrated_to":id or null}
 *
 * Texts are strangers' and may be anything; they are cut. Thread: the loop's.
 */
#ifndef POND_NODE_NODE_CATALOG_H
#define POND_NODE_NODE_CATALOG_H

#include "crypto/key.h"
#include "node/node_control.h"

struct node;
struct node_catalog;

#define CATALOG_MAX 1000
#define CATALOG_MS 15000
#define CATALOG_SOURCE_MAX (256u << 10)

struct node_catalog *node_catalog_new(struct node *node);
/* Once nothing is under way. NULL is allowed. */
void node_catalog_free(struct node_catalog *catalog);

/* What it has read has changed: the next question is asked of the chain. */
void node_catalog_forget(struct node_catalog *catalog);

/* Each is answered once, from the loop; also when the node stops meanwhile.
 * Those that use the store are counted in the node's looks; when the last one
 * ends while it is stopping, its work_over() is called. */
void node_catalog_list(struct node_catalog *catalog,
                       const struct pubkey *creator, /* NULL: of all */
                       node_control_answered *answered, void *user);
void node_catalog_task(struct node_catalog *catalog, const struct pubkey *task,
                       node_control_answered *answered, void *user);
void node_catalog_task_rounds(struct node_catalog *catalog,
                              const struct pubkey *task,
                              node_control_answered *answered, void *user);
void node_catalog_metadata(struct node_catalog *catalog,
                           const struct pubkey *task,
                           node_control_answered *answered, void *user);
void node_catalog_source(struct node_catalog *catalog,
                         const struct pubkey *task,
                         node_control_answered *answered, void *user);

#endif
