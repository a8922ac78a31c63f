/*
 * One task at work on this node: from the slots it learns what is due
 * (node/task/round.h), has the worker do it (runtime/host/host.h), and sends
 * what belongs on chain (node/money/sender.h).
 *
 * The runner reconciles: at every slot whatever is due and neither running
 * nor done is started, so an interruption of any kind is made good at the next
 * slot. A worker that ends is replaced after a back-off.
 *
 * Thread: the loop's.
 *
 * A runner never gives up by itself. A task that can't run (not staked, code
 * not to be had) stays there in the state "failed" and is looked at again every
 * other second; what is wrong stands in the status. It ends when it is stopped.
 *
 * Ownership: the runner is gone once the done of task_runner_stop() is called,
 * and not before. Options are copied.
 */
#ifndef POND_NODE_TASK_TASK_RUNNER_H
#define POND_NODE_TASK_TASK_RUNNER_H

#include "base/byte_source.h"
#include "base/json.h"
#include "net/http_client.h"
#include "net/http_flow.h"
#include "node/money/journal.h"
#include "node/money/sender.h"
#include "node/money/signer.h"
#include "node/owner/task_limit.h"
#include "node/parts/node_parts.h"
#include "node/task/task_standing.h"
#include "storage/keep/retention.h"
#include "storage/store/store.h"

struct task_runner;

/* Begin. Always succeeds: a folder or log that can't be made costs the log
 * alone. The parts outlive the runner. */
struct task_runner *task_runner_new(const struct node_parts *parts,
                                    const struct node_task_options *options);

/* At each tick of the node, whatever the slots do. now_ms: monotonic. */
void task_runner_tick(struct task_runner *runner, uint64_t now_ms);

/* The settlement layer has reached this slot. One that does not grow is passed
 * over. */
void task_runner_slot(struct task_runner *runner, uint64_t slot);

/* The slot was wrong, and the settlement layer is at this one, which is older.
 * What is known of rounds begins anew with the next task_runner_slot(); what is
 * under way ends by itself. */
void task_runner_take_back(struct task_runner *runner, uint64_t slot);

/* End: no new work, the worker is stopped; then done is called, later and once,
 * and the runner is gone. Actions that were sent are left to the sender. What
 * waits for the client ends only with it or by itself: a caller in a hurry
 * closes the client (node_stop()). */
void task_runner_stop(struct task_runner *runner, void (*done)(void *user),
                      void *user);
bool task_runner_is_stopping(const struct task_runner *runner);

/* How it is run, for a later start. Texts are the runner's. */
struct stopped_task;
void task_runner_describe(const struct task_runner *runner,
                          struct stopped_task *out);

/* name: "" until the task's state is known; valid until the state is read anew,
 * so copy it. running: setup() has been called and rounds go on. */
const struct pubkey *task_runner_task(const struct task_runner *runner);
const char *task_runner_name(const struct task_runner *runner);
bool task_runner_is_running(const struct task_runner *runner);

/* Whether evidence of this key is kept here: it has a stake in the task, and
 * the node works for the task. *out is its present round's; *is_own: the node
 * stakes in it by that key. */
bool task_runner_keeps_for(const struct task_runner *runner,
                           const struct pubkey *key, struct pin_owner *out,
                           bool *is_own);

/* Claim what the task owes now, whatever the threshold. A claim of nothing is
 * no error: the wish is kept until there is something. */
void task_runner_claim(struct task_runner *runner);
/* The number of the claim that would be next, or is wanted: what is under way
 * has the one before. Errors of the journal. And is one wanted? */
int task_runner_claim_number(const struct task_runner *runner,
                             uint64_t *number);
bool task_runner_wants_claim(const struct task_runner *runner);

/* Stake more on it (task_more.h), in the task's base units. key: the UUID that
 * it was ordered with; there is no order of it in the journal yet. done comes
 * later and once: it is on its way, or was refused. ERR_STATE: it can't be now,
 * or the task would not take it; ERR_INVALID; ERR_BUSY. */
typedef void task_runner_ordered(void *user, int status);
int task_runner_stake_more(struct task_runner *runner, const char *key,
                           uint64_t amount, task_runner_ordered *done,
                           void *user);

/* What this life knows of it. *failure: why it was not sent, or not executed;
 * NULL: it has not failed. ERR_NOT_FOUND without a text: it is not the newest.
 */
int task_runner_staking_more(const struct task_runner *runner, const char *key,
                             uint64_t *amount, const char **failure);

/* Have it begin again with its code as it is now (task_start.h). */
void task_runner_reload(struct task_runner *runner);

/* Take back what is staked, or call that off; whether nothing of this node's is
 * left there (task_leave.h). Whether the task has moved to another id. */
void task_runner_leave(struct task_runner *runner, bool is_wanted);
bool task_runner_has_left(const struct task_runner *runner);

/* Let it rest, or go on: at every tick. Its process ends; its rounds are not
 * worked on. A proof of work that is done, and due, is still sent: for that the
 * process has a minute. now_ms: monotonic. */
void task_runner_pause(struct task_runner *runner, struct task_rest rest,
                       uint64_t now_ms);

/* Its part of what all tasks may take; 0: no limit. Processor time, of one
 * processor, is limited from now on; memory from its next start on. */
void task_runner_limit(struct task_runner *runner, uint32_t cpu_percent,
                       uint64_t memory_bytes);

/* Its own limits, in the place of those before. Processor time is limited from
 * now on, memory and disk from its next start on. */
void task_runner_set_limits(struct task_runner *runner,
                            const struct task_limits *limits);

/* What its processes take now, and have used so far. */
struct task_use {
    uint64_t resident_bytes; /* 0: no process */
    uint64_t cpu_ms;
};
struct task_use task_runner_use(const struct task_runner *runner);
/* Of one processor, for the status: percent of the last ten seconds. */
void task_runner_note_cpu(struct task_runner *runner, uint32_t percent);

bool task_runner_has_moved(const struct task_runner *runner);

/* One object of the status (node.h), written. */
void task_runner_status(const struct task_runner *runner,
                        struct json_writer *writer);

/* Its peers, an array (task_view_write_nodes()). */
void task_runner_nodes(const struct task_runner *runner,
                       struct json_writer *writer);

struct source_list;
/* The addresses of those that staked, as long as there are places. */
void task_runner_add_peers(const struct task_runner *runner,
                           struct source_list *list);

/* A node registers itself as one of them: registry_add(), and its errors. */
int task_runner_register(struct task_runner *runner,
                         struct json_object *registration);

/* Figures for metrics and notices; amounts in roe, or in base units of the
 * token. 0 is also what is not known yet. */
struct task_runner_figures {
    const char *name;  /* the task's, a stranger's text; "" until it is known */
    const char *state; /* a word of node.h */
    const char *engine;
    const char *error; /* "" if there is none */
    enum task_reason reason;
    enum task_reason end_reason; /* of its process's last end by itself */
    const char *rests;           /* the reason why it is let rest, or NULL */
    uint64_t claimed;
    /* What the chain says of the task; nothing while is_known is false. */
    bool is_known, is_active, is_migrated;
    bool is_kpl;               /* paid in tokens */
    const char *migrated_to;   /* "" if it was not */
    const char *audit_program; /* the CID of its code */
    uint64_t bounty, bounty_per_round;
    uint64_t round;
    const struct pubkey *key; /* by which this node stakes in it */
    uint64_t stake;
    uint64_t claimable;
    uint64_t resident_bytes; /* of the worker; 0: none */
    uint32_t restarts;
    struct task_run run;
};
void task_runner_figures(const struct task_runner *runner,
                         struct task_runner_figures *out);

/* What its newest process had around it is known: *missing is what it lacked,
 * in words that follow "this machine has no ", or NULL. */
bool task_runner_walls(const struct task_runner *runner, const char **missing);

/* A request to the task's own routes. request: the JSON object that the
 * worker's "route" call takes, body: the payload beside it; both are copied.
 * coming: the body still comes, and body is empty; else NULL. It is copied, and
 * not used once done has been called.
 * head is the call's JSON, NULL on failure (err_text() says why), and valid
 * during the call, as its body is. rest: where the body comes from in place of
 * that, to be made the answer or dropped in the call; or NULL. done comes once,
 * after this has returned 0.
 * ERR_STATE: the task is not running; ERR_BUSY: as many requests as a task may
 * have are under way; done is not called then. */
typedef void task_runner_answer(void *user, int status, const char *head,
                                struct bytes body, struct http_flow *rest);
int task_runner_route(struct task_runner *runner, const char *request,
                      struct bytes body, const struct byte_source *coming,
                      task_runner_answer *done, void *user);

/* Whether that is the secret of the task's process on the engine node; and a
 * request that this process has made (POST /namespace-wrapper), which is
 * answered here, now or later. args is borrowed: [method, ...parameters]. */
bool task_runner_knows(const struct task_runner *runner, const char *secret);
void task_runner_wrapper(struct task_runner *runner, struct json_object *args,
                         struct http_exchange *exchange);

#endif
