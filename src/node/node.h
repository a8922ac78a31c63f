/*
 * The task node: runs tasks round after round on this machine.
 *
 * One struct node is one node: its folder (node/money/wallet.h has the layout),
 * its keys, its block store, its journal, its worker processes and two HTTP
 * faces:
 *
 *  - the node port (reference: Koii's port 30017), open to peers and tasks:
 *      GET /                  {"status":"OK","message":"Node is running"}
 *      GET /id                id of the task program, as text
 *      GET /tasks             [{"TaskName":…,"TaskID":…}]
 *      GET /nodes/<id>        a task's peers: [{"data":{"url":…},
 *                             "submitterPubkey":key}]
 *      POST /register-node/<id>  a peer registers itself (node/task/registry.h)
 *      ALL /task/<id>/…       the task's own routes, in its process
 *      ALL /attention…        the same of Koii's first task
 *      POST /task/<id>/ipfs/add         uploads of Koii's storage SDK, for the
 *      GET  /task/<id>/ipfs/<cid>/…     id of a task that does not run here
 *                             (node_upload.h)
 *      GET /ipfs/<cid>…       path and trustless gateway
 *                             (storage/serve/gateway.h)
 *      POST /reach, GET /reach/<nonce>  whether a peer reaches another one
 *                             (node_reach.h)
 *      GET /metrics           Prometheus text
 *  - the control port, on 127.0.0.1 only; every request carries the header
 *    "Authorization: Bearer <token>", and the token is in control.json:
 *      GET  /status           below
 *      POST /start            {"task":id, "stake":roe, "executable":path,
 *                              "variables":{name:text},
 *                              "engine":"auto|pond|node", "trusted":bool};
 *                              all but task optional
 *      POST /stop             {"task":id}
 *      POST /claim            {"task":id}
 *      POST /reload           {"task":id}: begin again with the code as it is
 *      POST /restart          the program begins anew, in the same process:
 *                             {"asks":bool}, for the passphrase, on the page
 *      GET  /metrics          Prometheus text
 *      GET  /notifications?id=<id>  those after an id (owner/notice_book.h)
 *      POST /notifications/read, /notifications/clear  {"id":n}: up to it; {}:
 *                             all; read also {"id":n, "alone":true}
 *      GET  /log?task=<id>    the task's log, its last 64 KiB
 *      and what node_owner.h has
 *
 * <folder>/control.json (mode 0600) is there while the node runs, and is
 * complete once it is ready: {"pid":n, "started":ms,
 * "url":"http://127.0.0.1:P", "token":hex, "public_url":url, "main":key,
 * "staking":key}.
 *
 * GET /status answers
 *   {"slot":n, "slot_ms":n, "connected":bool,
 *    "settlement":{"url":url, "genesis":text ("": not known yet),
 * "endpoints":[{"url":url, "state":"good|away|behind|other|unknown", "slot":n,
 * "used":bool}]}, "main":key, "staking":key, "kpl_staking":key (once it is
 * known), "signer":{"state":"ready|starting|down", "pid":n (0: none, or the
 * node's own process), "restarts":n, "sealed":bool, "confined":bool,
 *      "locked":bool, "error":text or null},
 *    "main_balance":roe, "staking_balance":roe, "kpl_staking_balance":roe (what
 *    the keys hold; the last two once they are known), "public_url":url,
 *    "gateway_port":n (of /ipfs on localhost; absent: not there),
 * "addresses":"public|private|loopback" (which tasks may connect to that have
 * none of their own), "store_bytes":n, "store_blocks":n, "pending":n (actions
 * sent and not final), "conditions":{as GET /conditions of node_owner.h},
 *    "tasks":[{"task":id, "name":text, "state":text, "status":Koii's word,
 *      "since":ms (Unix; of state and reason),
 *      "round":n, "offset":n,
 *      "window":"submission|audit|rest", "starting_slot":n
 *      (of the task's first round), "round_time":n, "submission_window":n,
 *      "audit_window":n (slots; these four are absent while the task is not
 *      known), "next":{"kind":text, "round":n, "from":slot, "until":slot}
 *      or null (task/round_next.h; the kinds are those of round_action_name()),
 *      "staking":key,
 *      "token":mint or null (amounts of roe; else its base units), "stake":roe,
 * "claimable":roe (less what is on its way), "claiming":roe (sent and not
 * final), "claimed":roe, "engine":"pond|node",
 * "worker":{"pid":n,"resident_bytes":n,"restarts":n, "cpu_percent":n (of a
 * core, in the last ten seconds; absent at first), "initialized":bool
 * (main.js called initializeTaskManager()) or null},
 *      "memory_limit":bytes (of its last process; absent: it had none),
 *      "limits":{"cpu":percent, "memory":MiB, "disk":MiB, "network":text} (its
 *      own, or null each), "next_try":ms (Unix; while it is "backing-off"),
 *      "error":text or null,
 *      "reason":code or null (docs/node.md), "missing":[variable],
 *      "rounds":[{"round":n, "submission":text or null,
 *        "verdicts":[{"submitter":key, "valid":bool,
 *          "voted":bool}],
 *        "accused":bool, "reward":roe (negative: slashed) or null,
 *        "payout":"none|successful|failed"}]}]}
 * and "stopped":[{"task":id, "name":text, "state":"stopped",
 *    "status":"COOLING_DOWN|STOPPED", "staking":key, "stopped":ms (Unix),
 *    "unlock_round":n, "unlock_slot":n, "unlock_in_ms":n (or null),
 * "stake":roe, "claimable":roe, "token":mint (of the node's key, once the chain
 * was asked)}], and "leaving":[...] (node_leave.h), with the newest ROUND_KEPT
 * rounds, newest first. state is one of "loading", "staking", "running",
 * "backing-off", "stopping", "failed", "resting" (its operator, or the owner of
 * the machine, lets it rest: see its reason).
 *
 * Everything runs on the thread of the loop, but for the HTTP server's own
 * threads, which only hand work to the loop, and read the store, and libuv's
 * thread pool, which hashes evidence and collects garbage. All functions below
 * are called on the loop's thread.
 *
 * After a crash the journal and the store answer for themselves, and what was
 * in memory alone (rounds, sessions, verdicts) is read from the chain again or
 * was of no consequence. A control.json that a killed node left behind names a
 * process that is gone; the next start replaces it.
 */
#ifndef POND_NODE_NODE_H
#define POND_NODE_NODE_H

#include "base/buffer.h"
#include "crypto/key.h"
#include "node/parts/node_options.h"
#include <uv.h>

struct node;

/* Told on the loop's thread. Either may be NULL. */
struct node_events {
    /* The faces listen and control.json is written. */
    void (*ready)(void *user, struct node *node);
    /* The node can't go on; it must still be stopped. err_text() says why. */
    void (*failed)(void *user, struct node *node, int error);
    /* Its operator wants the program to begin anew: the node is to be stopped.
     * can_restart says before whether that can be (ERR_STATE). NULL: it can't.
     */
    void (*restart)(void *user, struct node *node);
    int (*can_restart)(void *user);
};

/* Open the folder and start. Tasks that ran when the node last stopped go on by
 * themselves. Returns before anything was done on the network: ready() is
 * called later, from the loop. On an error *out is not set, and what had begun
 * ends as by node_stop(): run the loop until nothing is left on it. ERR_LOCKED
 * if another process has the folder; ERR_BUSY if the port is taken; ERR_INVALID
 * for a URL or account name that can't be; ERR_NOT_FOUND if one of the two keys
 * is missing.
 */
int node_start(uv_loop_t *loop, const struct node_options *options,
               const struct node_events *events, void *user, struct node **out);

/* The order has been written down, or could not be (status): comes once, from
 * the loop. */
typedef void node_ordered(void *user, int status);

/* Both return what refuses an order at once; done is not called then. After 0
 * it is, unless it is NULL. */

/* Begin to run a task, and remember it. 0 says that it was accepted; how it
 * goes on stands in the status. ERR_EXISTS if it runs already, or is still
 * being stopped; ERR_LIMIT for too many; ERR_STATE if the node is stopping. A
 * task that could not be written down is stopped again. */
int node_start_task(struct node *node, const struct node_task_options *options,
                    node_ordered *done, void *user);

/* Stop it: it is not begun again by itself, and what is pinned for it goes. How
 * it ran is kept (owner/stopped_book.h). Ends some time later; until then the
 * task counts as being there. ERR_NOT_FOUND. Its stake stays on chain. */
int node_stop_task(struct node *node, const struct pubkey *task,
                   node_ordered *done, void *user);

/* Ask for a claim of what the task owes now, whatever the threshold.
 * ERR_NOT_FOUND. Where nothing is owed yet the wish is kept. */
int node_claim(struct node *node, const struct pubkey *task);

/* Have a task begin again with its code as it is now: a local file is read
 * anew. Its stake, its rounds and its runtime memory stay. ERR_NOT_FOUND. */
int node_reload(struct node *node, const struct pubkey *task);

/* The status as JSON text, appended. Nothing is asked for it: everything is at
 * hand. */
void node_status(struct node *node, struct buffer *out);

/* In a line for people, what it works on. Appended. */
void node_describe(const struct node *node, struct buffer *out);

/* Where the faces listen, valid while the node runs. */
const char *node_public_url(const struct node *node);
const char *node_control_url(const struct node *node);

/* Clean end: no new work, workers ended, open entries left to the journal,
 * everything on disk; then done is called, from the loop, and the node is gone.
 * Once. */
void node_stop(struct node *node, void (*done)(void *user), void *user);

#endif
