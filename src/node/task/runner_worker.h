/*
 * The place of a task's worker, which one process after the other takes: the
 * calls into it, the answers to it, and what it may have and ask for. What
 * comes of its events is decided above (task_start.c).
 *
 * What outlives the single process is here, because a task that is restarted
 * must not get everything anew: runtime memory (its sessions), the rates of
 * what it asks for, the budget of what its requests hold in the node's memory.
 *
 * Thread: the loop's.
 */
#ifndef POND_NODE_TASK_RUNNER_WORKER_H
#define POND_NODE_TASK_RUNNER_WORKER_H

#include "base/budget.h"
#include "node/reach/fetch_set.h"
#include "node/reach/socket_set.h"
#include "runtime/host/host.h"
#include "runtime/koii/koii_process.h"

#include <stdbool.h>

struct http_exchange;
struct memory;
struct runner_worker;

/* Calls into a process at the same time: duties and requests to routes. */
#define RUNNER_WORKER_CALLS_MAX 48

/* Without a process. */
struct runner_worker *runner_worker_new(void);
/* The process is gone (CHECKed). */
void runner_worker_free(struct runner_worker *worker);

/* The task's runtime memory, which outlives its processes. */
struct memory *runner_worker_memory(const struct runner_worker *worker);

/* ---- the process ---- */

/* Take the place. There is no other process (CHECKed). The memory and the limit
 * of calls in options are set here. As host_start(). */
int runner_worker_start(struct runner_worker *worker, uv_loop_t *loop,
                        const struct host_options *options,
                        const struct host_events *events, void *user);

/* The same for a process of the engine node. There are no calls into that: what
 * it is to do it is told by triggers. */
int runner_worker_start_node(struct runner_worker *worker, uv_loop_t *loop,
                             const struct koii_launch *launch,
                             const struct koii_events *events, void *user);

/* That process; NULL if there is none, or one of the engine pond. */
struct koii_process *runner_worker_node(const struct runner_worker *worker);

/* setup() is over: calls may be made until the process is stopped or ends.
 * has_functions: main.js has called initializeTaskManager(). */
void runner_worker_set_ready(struct runner_worker *worker, bool has_functions);

/* Ask it to end, or end it at once; nothing if there is none. It stays until
 * runner_worker_ended(). No call may be made from here on. */
void runner_worker_stop(struct runner_worker *worker);
void runner_worker_kill(struct runner_worker *worker, const char *reason);

/* From the ended() event of this process (CHECKed): the place is free. */
void runner_worker_ended(struct runner_worker *worker,
                         const struct host *process);

/* The same of a process of the engine node. Its requests that are not answered
 * yet are refused. */
void runner_worker_node_ended(struct runner_worker *worker,
                              const struct koii_process *process);

/* The process that ended is to be replaced: the pause before that, in ms.
 * Counts as a restart. */
uint64_t runner_worker_pause_ms(struct runner_worker *worker);

bool runner_worker_is_there(const struct runner_worker *worker);
bool runner_worker_is_ready(const struct runner_worker *worker);

struct runner_worker_figures {
    pid_t pid;               /* 0: no process */
    uint64_t resident_bytes; /* the watcher's last figure; 0: no process */
    uint32_t restarts;       /* of processes that had ended by themselves */
    uint32_t ends;           /* of those, in a row (backoff.h) */
    uint64_t end_age_ms;     /* since the last of them */
    uint64_t age_ms;         /* of the process; 0: none */
    bool is_ready;
    bool has_functions; /* once it is ready */
};
struct runner_worker_figures
runner_worker_figures(const struct runner_worker *worker);

/* Another limit of processor time of the process that is there, if one is. */
void runner_worker_limit_cpu(struct runner_worker *worker, uint32_t percent);

/* Processor time that the processes of this place have used so far, one after
 * the other, ms; of one that is gone, up to the last call of this. */
uint64_t runner_worker_cpu_ms(struct runner_worker *worker);

/* ---- calls into it ---- */

/* As host_call(); ERR_STATE while it is not ready. */
int runner_worker_call(struct runner_worker *worker, const char *function,
                       const char *args, uint32_t limit_ms,
                       host_callback callback, void *user);

/* A request to the task's routes, "route" of host_call_bytes() or, with coming,
 * of host_call_coming(). Fewer of these are let in than there may be calls,
 * because strangers' requests must not keep a task from its rounds: ERR_BUSY.
 * After 0 the callback comes, and has to call runner_worker_visit_over(). */
int runner_worker_visit(struct runner_worker *worker, const char *args,
                        struct bytes body, const struct byte_source *coming,
                        uint32_t limit_ms, host_callback callback, void *user);
void runner_worker_visit_over(struct runner_worker *worker);

/* ---- what it asks for ---- */

/* The number of the process. A request's id means something to that process
 * only, so an answer names both; it is dropped if another one is there. */
uint32_t runner_worker_life(const struct runner_worker *worker);

/* As host_answer() and host_refuse(). */
void runner_worker_answer(struct runner_worker *worker, uint32_t life,
                          uint64_t request_id, struct bytes json,
                          struct bytes payload);
void runner_worker_refuse(struct runner_worker *worker, uint32_t life,
                          uint64_t request_id, int code, const char *text);

/* For an answer that another process writes to a request of the engine node's
 * process: http_connection(), and then its end, http_answer_written().
 * ERR_CLOSED: the request or its process is gone. */
int runner_worker_connection(struct runner_worker *worker, uint32_t life,
                             uint64_t request_id, int *socket);
void runner_worker_answer_written(struct runner_worker *worker, uint32_t life,
                                  uint64_t request_id);

/* A request that the process of the engine node has made over HTTP: the number
 * to answer it by, or 0 if too many are open or come too fast; then the
 * exchange is not taken. An answer has the form of Koii's node: {"response":
 * json}, or status 422 and {"message": text}. */
uint64_t runner_worker_take_request(struct runner_worker *worker,
                                    struct http_exchange *exchange);

/* May it fetch once more, or ask the chain so many questions? ERR_LIMIT: too
 * often, nothing is counted then. */
int runner_worker_take_fetch(struct runner_worker *worker);
int runner_worker_take_questions(struct runner_worker *worker, unsigned count);

/* The fetches and the WebSockets of the process that is there (CHECKed). Gone
 * with it. */
struct fetch_set *runner_worker_fetches(struct runner_worker *worker);
struct socket_set *runner_worker_sockets(struct runner_worker *worker);

/* Of the bytes of its requests under way. Valid as long as the place. */
struct budget *runner_worker_budget(struct runner_worker *worker);

/* Drop what has expired in its runtime memory. */
void runner_worker_expire_memory(struct runner_worker *worker);

#endif
