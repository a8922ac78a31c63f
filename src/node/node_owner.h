/*
 * What the control port takes beyond a task's start, stop and claim.
 *
 *   GET  /variables         {"variables":[{"label":text,
 *                           "used_by":[{"task":id,"variable":name}]}]}
 *   POST /variables/set     {"label":text, "value":text}
 *   POST /variables/remove  {"label":text}
 *   POST /variables/pair    {"task":id, "variable":name, "label":text}
 *   POST /variables/unpair  {"task":id, "variable":name}
 *   POST /stop-all          {} -> {"tasks":[{"task":id, "state":"stopped"} or
 *                           {"task":id, "error":text}]}
 *   POST /start-all         {} -> the same with "starting": the tasks that were
 *                           stopped and not archived, each as it ran before
 *   GET  /earnings?task=<id>&days=<n>   both optional; 30 days ->
 *                           {"from":"2026-11-01", "to":"2026-11-30",
 *                           "days":[{"day":"2026-11-30", "task":id,
 *                           "unit":"KOII" or mint, "rewards":text,
 *                           "losses":text (slashes, penalties, and what else
 *                           the stake fell by),
 *                           "slashed":text (by lists, among the losses),
 *                           "fees":text, "net":text, "paid":rounds,
 *                           "transactions":n}], "totals":[the same without day
 *                           and task, for each unit]}; amounts are decimal
 *                           texts of base units, days are UTC's
 *   GET  /book?task&kind&before=<id>&limit=<n>  entries of the account book,
 *                           the newest first, all optional (docs/page.md)
 *   GET  /book/csv          the same as CSV, all of them
 *   GET  /book/days?from=<day>&to=<day>&task  sums of days, of all tasks
 *   GET  /rounds?task&before=<round>&limit=<n>  what became of a task's rounds,
 *                           the newest first (task/task_rounds.h)
 *   GET  /round?task&round=<n>  one of them, whole
 *   GET  /stops?task        the last 50 of it: {"items":[{"at":ms, "slot":n,
 *                           "reason":code (docs/node.md), "text":text}]}
 *   GET  /samples?task&seconds  what tasks took of the machine, both optional
 *                           (node_samples.h)
 *   GET  /duties?task       what it does in the rounds under way
 *   POST /claim-all         {} -> {"tasks":[...]} as above, with "asked"
 *   POST /staking-key/empty {"id":UUID of the order}: coins of the staking key
 *                           go to the main wallet (node_staking_empty.h)
 *   GET  /staking-key/empty?id  {"state":"running", "done" or "failed",
 *                           "amount":roe}
 *   GET  /schedule          {"sessions":[{"task":id or null (of the node),
 *                           "id":n, "enabled":bool, "days":["mon"],
 *                           "start":"HH:MM:SS", "stop":"HH:MM:SS" or null}]}
 *   POST /schedule/add      one of them, without its id; task is optional here
 *                           and below
 *   POST /schedule/remove   {"task":id, "id":n}
 *   POST /schedule/enable   {"task":id, "id":n, "enabled":bool}
 *   POST /schedule/put      {"task":id, "sessions":[...]}: all of them, in the
 *                           place of those that are there
 *   POST /schedule/clear    {"task":id}
 *   GET  /conditions        what the owner of the machine allows:
 *                           {"rests":code or null, "conditions":[{"name":text,
 *                           "value":text or null, "unit":text, "reading":text,
 *                           "now":number, text or null, "rests":bool}]}
 *                           (owner/condition.h, owner/condition_watch.h)
 *   POST /conditions/set    {"name":text, "value":text}; "none" unsets it
 *   POST /conditions/change {name:text or null}: several at once
 *   GET  /limits            {"limits":[{"task":id, "cpu":percent, "memory":MiB,
 *                           "disk":MiB, "network":text}]}, null each for what
 *                           is not set (owner/task_limit.h)
 *   POST /limits/set        one of them: what is not named stays
 *   GET  /preferences        what the operator wants of the node itself:
 *                           {…, "version":text} (owner/preference.h)
 *   POST /preferences/change {name: value or null, …} of it
 *   POST /leave             {"task":id}: the stake is taken back
 *   POST /leave/cancel      {"task":id}
 *   POST /upgrade           {"task":id, "stake":roe, "other_creator":bool}: go
 *                           on with the task's newest version; all but task
 *                           optional (node_leave.h)
 *   GET  /catalog, /catalog/task, /catalog/metadata, /catalog/source: tasks of
 *                           the network (node_catalog.h)
 *   GET  /settings          what was chosen in place of the node's options
 *                           (owner/choice_book.h): {"settings":[{"name":text,
 *                           "value":text, "used":text (since the start),
 *                           "given":text (each or null; URLs without keys),
 *                           "chosen":bool}], "waits":bool (for a start)}
 *   POST /settings/set      {"name":text, "value":text or null (as given)}
 *   GET  /webhook           {"url":text or null, "unsent":n, "trouble":text,
 *                           "gone":bool, "kinds":[{"kind":text, "sent":bool}]}
 *   POST /webhook/test      {} -> {"status":n, "ms":n}
 *   GET  /reach, POST /reach/test   how peers reach it (node_reach.h)
 *   GET  /storage           (node_evidence.h)
 *   POST /gateways/test     {"url":text} -> {"status":n, "ms":n}
 *   POST /restart           {} -> {"asks":bool} (node.h)
 *   GET  /evidence, /evidence/show: what is kept for tasks (node_evidence.h)
 *   POST /keep              {"path":folder, "name":text} -> {"cid":text}: keep
 *                           and serve it (node_keep.h)
 *   POST /archive           {"task":id}: a stopped task is forgotten, once it
 *                           has no coins of this node's
 *
 * Errors are those of the parts that carry an order out.
 */
#ifndef POND_NODE_NODE_OWNER_H
#define POND_NODE_NODE_OWNER_H

#include "node/node_control.h"

/* user: the struct node. */
node_control_other node_owner_ask;

#endif
