/*
 * A task at work: the node's side of one pond-worker process.
 *
 * JavaScript never runs in the node. host_start() spawns a sandboxed
 * process that loads the task's bundle; host_call() runs one of the task's
 * functions there; the task's own wishes (fetch, evidence, chain state ...)
 * arrive as requests at the host's callback and are answered when the node
 * has the answer. Logs, timers and runtime memory need no help of the node.
 *
 * Whatever a worker does - loop, exhaust memory, send garbage, die - ends in
 * a call's error and at last in one events->ended(); the node goes on and
 * starts another worker if it wants one.
 *
 * SIGPIPE is ignored from the first start on, unless the program handles it.
 *
 * Thread: the one of the loop. No call here blocks. Callbacks are never
 * called from inside host_start(), host_call(), host_answer(),
 * host_refuse() or host_stop().
 */
#ifndef POND_RUNTIME_HOST_HOST_H
#define POND_RUNTIME_HOST_HOST_H

#include "base/byte_source.h"
#include "base/bytes.h"
#include "base/log.h"
#include "runtime/host/memory.h"
#include "runtime/wire/confinement.h"
#include <json-c/json.h>
#include <sys/types.h>
#include <uv.h>

struct host;

/* Which limit a call or a worker ran into; its text names it too. */
enum host_limit {
    HOST_LIMIT_NONE,
    /* Wall time: of one call, of loading main.js, or of a script that runs
     * outside any call, such as a timer's. */
    HOST_LIMIT_TIME,
    /* Resident memory of the process. */
    HOST_LIMIT_MEMORY,
    /* The folder holds far more than its limit, so it was not written to as a
     * task does it. */
    HOST_LIMIT_DISK,
    /* What it sent broke the rules of the socket, or it stopped reading. */
    HOST_LIMIT_PROTOCOL,
    /* It made a system call that no task makes, or this machine lacks what is
     * to confine it (host_options.confinement). */
    HOST_LIMIT_SANDBOX,
};

/* 0 in a field means the default named beside it. */
struct host_limits {
    /* Resident memory; host_memory_for(HOST_MEMORY_BASE, source) by
     * default, 48 MiB at least: the engine itself takes about 30. */
    uint64_t memory_bytes;
    /* The largest file in the folder; 256 MiB. */
    uint64_t file_bytes;
    /* All of the folder; 1 GiB. A write beyond it fails with EDQUOT. */
    uint64_t disk_bytes;
    /* Processor time, in percent of one processor; 0 is no limit here. A worker
     * that used more is stopped until it has some again; the time limits of its
     * calls go on. */
    uint32_t cpu_percent;
    /* From the start until ready(), and for a script outside any call;
     * 10,000. */
    uint32_t load_ms;
    /* At the same time; 64, 4,096 at most. */
    uint32_t open_requests;
    /* At the same time; 16, 63 at most. */
    uint32_t open_calls;
    /* 64 KiB and 100 lines, with bursts of ten times as much. */
    uint32_t log_bytes_per_s;
    uint32_t log_lines_per_s;
    /* 30,000; above it, reading pauses and the worker has to wait. */
    uint32_t messages_per_s;
};

/* What a task may take beside its own code, by default. */
#define HOST_MEMORY_BASE (128ull << 20)

/* A limit of resident memory that leaves base bytes to the task, however large
 * its bundle is: the engine takes many times the bundle's size for the text and
 * the code that it makes of it. At most 1 GiB more than base. */
uint64_t host_memory_for(uint64_t base, size_t source_bytes);

struct host_spares;

/* A clock of the task's own: it stands still while the task works, goes on to
 * the next timer where the task only waits, and as the machine's while the task
 * waits for the world outside (fetch, WebSocket). For simulations. */
struct host_clock {
    uint64_t unix_ms; /* what Date says at the beginning */
    /* Of Math.random(), below 2^53; without it that is the engine's. */
    bool has_seed;
    uint64_t seed;
};

/* All are copied but memory and spares. */
struct host_options {
    /* The path of pond-worker. */
    const char *program;
    /* The task's key in base58, and its name. */
    const char *task_id;
    const char *task_name;
    /* The task's own folder; made if absent, NULL for none. The only place
     * where the worker can touch files. */
    const char *folder;
    /* Where this machine has less, the worker ends before the task's first
     * line runs. */
    enum confinement_wanted confinement;
    /* main.js: a CommonJS bundle in UTF-8, at most MESSAGE_PAYLOAD_MAX. */
    struct bytes source;
    /* A JSON object of name and text, the task's process.env; NULL: none. */
    const char *variables;
    /* Public keys in base58 or NULL: what the task sees as
     * MAIN_ACCOUNT_PUBKEY and from getSubmitterAccount(). */
    const char *main_account;
    const char *staking_account;
    /* K2_NODE_URL, or NULL. */
    const char *rpc_url;
    /* NULL: this program's own version. */
    const char *node_version;
    struct host_limits limits;
    /* Of the same loop: a worker that is ready already, if it fits
     * (host_spare.h). NULL: the start is a new process'. */
    struct host_spares *spares;
    /* NULL: the machine's. */
    const struct host_clock *clock;
    /* What storeGet() and storeSet() work on. The caller's; it must outlive
     * the worker, and may serve the one that replaces it. */
    struct memory *memory;
};

struct host_ready {
    /* What the process could put in place on this machine. */
    const struct confinement *sandbox;
    /* From host_start() until now. */
    uint32_t start_ms;
    /* An array of texts: those of the six functions that the task has. */
    struct json_object *functions;
};

struct host_end {
    /* 0: stopped as asked, or process.exit(0). ERR_TIMEOUT or ERR_LIMIT: see
     * limit. ERR_CLOSED: anything else. */
    int status;
    enum host_limit limit;
    /* What the process gave back, -1 if a signal ended it. Koii's nodes start
     * a task again after 0 and stop it after 1. */
    int exit_code;
    /* 0 if none did. */
    int signal;
    /* host_stop() had asked for it. */
    bool stopped;
    /* What happened, in words for people; the text names the limit. */
    const char *text;
};

struct host_events {
    /* main.js was loaded and setup may be called. NULL is allowed. */
    void (*ready)(void *user, struct host *worker,
                  const struct host_ready *ready);

    /* The task wants something: see "Requests". Answer each exactly once,
     * here or later, with host_answer() or host_refuse(); after ended()
     * no more. params and payload are valid during the callback. NULL: every
     * request is refused. */
    void (*request)(void *user, struct host *worker, uint64_t request_id,
                    const char *method, struct json_object *params,
                    struct bytes payload);

    /* The task no longer wants the answer (an AbortSignal). The request must
     * still be answered; host_refuse() will do. NULL is allowed. */
    void (*cancelled)(void *user, struct host *worker, uint64_t request_id);

    /* A line of the task's log, within the log limits, valid UTF-8 without
     * control characters but tab. NULL is allowed. */
    void (*log)(void *user, struct host *worker, enum log_level level,
                const char *text);

    /* The process is gone; open calls have had their errors. Called exactly
     * once; the worker is freed when it returns. NULL is allowed. */
    void (*ended)(void *user, struct host *worker, const struct host_end *end);
};

/* Start a worker. On an error nothing was started and nothing is called.
 * ERR_NOT_FOUND: no such program; ERR_LIMIT: source too large. */
int host_start(uv_loop_t *loop, const struct host_options *options,
               const struct host_events *events, void *user, struct host **out);

/* How a call ended. */
struct host_result {
    /* 0, or
     *   ERR_REMOTE     the task threw
     *   ERR_TIMEOUT    the time limit
     *   ERR_LIMIT      the worker ended, because of its memory or what it sent
     *   ERR_CLOSED     the worker ended for another reason
     *   ERR_RANGE      the function returned a value that it must not return
     *   ERR_UNSUPPORTED  the task threw what says that it needs another engine,
     *                  or main.js is a bundle that carries Koii's modules
     *   ERR_NOT_FOUND  the task has no such function
     *   ERR_STATE      it has none at all: main.js did not call
     *                  initializeTaskManager() */
    int status;
    /* The limit that was passed, if one was. */
    enum host_limit limit;
    /* The value as JSON, or "null" without a value; NULL if status is not 0. */
    const char *json;
    /* Bytes beside the value; none but for route. */
    struct bytes payload;
    /* Else: what happened, naming the limit. NULL with status 0. */
    const char *text;
    /* Else: where in main.js, a line a frame; "" if that is not known. */
    const char *stack;
    /* From when the worker was ready for the call; with a clock of its own,
     * also what it has waited on that. */
    uint32_t taken_ms;
};

/* Everything is valid during the callback only. */
typedef void (*host_callback)(void *user, const struct host_result *result);

/*
 * Run a function of the task. Calls made before ready() wait for it. Several
 * may be under way. Each ends at limit_ms (≥ 1) of wall time, and the worker
 * with it, because a task that does not return can't be interrupted otherwise.
 * args is a JSON array:
 *
 *     setup         []
 *     task          [round]
 *     submission    [round]                       -> text, ≤ 512 bytes UTF-8
 *     audit         [submission, round, submitter] -> true or false
 *     distribution  [submitters, bounty, round]   -> {key: integer, ...}
 *         submitters: [{"publicKey", "votes", "stake"}, ...]; a list that
 *         fails Koii's safety check comes back with every value 0
 *     routes        []                   -> ["GET /path", ...] now registered
 *     route         [{"method", "target", "headers": [[name, value], ...],
 *                     "address", "version", "coming"}], payload: the body
 *                  -> {"status", "headers": [[name, value], ...]},
 *                     payload: the body
 *         One HTTP request to the task's routes. Target and headers are what
 *         the client sent: characters are bytes (U+0000 to U+00FF). A path
 *         that no handler matches gives status 404.
 *
 * ERR_LIMIT: too many open calls; ERR_CLOSED: the worker is ending.
 */
int host_call(struct host *worker, const char *function, const char *args,
              uint32_t limit_ms, host_callback callback, void *user);

/* As above with bytes beside the arguments, at most MESSAGE_PAYLOAD_MAX:
 * ERR_LIMIT. They are copied. */
int host_call_bytes(struct host *worker, const char *function, const char *args,
                    struct bytes payload, uint32_t limit_ms,
                    host_callback callback, void *user);

/* As above with a body that is still coming, for route: "coming" in its
 * arguments says so. The worker reads it by requests of its own; while it waits
 * for a piece the call's time stands, and with each piece it begins anew. body
 * is copied, and not used once the callback has been called. */
int host_call_coming(struct host *worker, const char *function,
                     const char *args, const struct byte_source *body,
                     uint32_t limit_ms, host_callback callback, void *user);

/* Only for a worker with a clock of its own (CHECKed): the clock goes on to
 * clock_ms after its beginning, unless it is later, with all timers that are
 * due by then. Calls that are made from now on wait for that, and then wait no
 * longer than limit_ms of that clock, else they end with ERR_TIMEOUT; the
 * worker goes on. */
void host_advance(struct host *worker, uint64_t clock_ms, uint32_t limit_ms);

/*
 * Requests. The namespaceWrapper's methods have Koii's server names and order
 * of arguments (params is the array after the name), so that one dispatch table
 * serves both engines:
 *
 *   method                       params                     answer (JSON)
 *   getTaskState                 [options]                  state object
 *   getTaskStateById             [taskId, options, type]    state object
 *   getTaskSubmissionInfo        [round]                    object or null
 *   getTaskDistributionInfo      [round]                    object or null
 *   getRound                     []                         number
 *   getCurrentSlot               []                         number
 *   getAverageSlotTime           []                         number, ms
 *   getRpcUrl                    []                         text
 *   getNodes                     [url]                      array
 *   getProgramAccounts           []                         array
 *   signData                     ["main" or "staking"], payload: a JSON text
 *                                base58 text: signature (64 bytes) followed by
 *                                the payload
 *   logger                       [level, message, action]   true
 *   sendTransaction              [from, to, amount]         signature text
 *   claimReward                  [stakePot, beneficiary]    signature text
 *   checkSubmissionAndUpdateRound [value, round]            null
 *   auditSubmission              [candidate, isValid, round]  null
 *   distributionListAuditSubmission [candidate, isValid, round] null
 *   uploadDistributionList       [list, round]              true or false
 *   distributionListSubmissionOnChain [round]               signature text
 *   getDistributionList          [candidate or account, round]
 *                                text, the list as JSON; or null
 *   payloadTrigger               [round]                    null
 *
 * Pond's own, with a payload in one direction:
 *
 *   fetch       [{"url", "method", "headers": [[name, value], ...],
 *                 "body": whether there is one}], payload: the body
 *               -> {"status", "statusText",
 *                   "headers": [[name, value], ...], "stream": number},
 *                   payload: what has come of the body. stream: there is more.
 *                   Or {"error": {"code", "message"}}, as Node names it.
 *               One request and its answer: the worker follows redirects.
 *               Characters of values are bytes (U+0000 to U+00FF).
 *   fetchRead   [stream]
 *               -> {"done": whether the body has ended} or {"error"},
 *                   payload: the next piece of the body, which may be empty
 *   fetchCancel [stream]                                    -> null
 *   webSocketOpen [{"url", "protocols": [text, ...]}]
 *               -> {"socket", "protocol"} once it is open, or its end
 *   webSocketRead [socket]
 *               -> {"kind": "text" or "binary"}, payload: the next message; or
 *                  {"kind": "close", "code", "reason", "clean", "error"}
 *   webSocketSend [socket, whether binary], payload: the message  -> null
 *   webSocketClose [socket, code, reason]                         -> null
 *   storagePut  [{"size"}], payload: one file's bytes        -> CID text
 *               [{"files": [{"path", "size"}, ...]}], payload: the files one
 *               after the other; paths are relative, of plain names
 *                                                -> CID text of the folder
 *   storageGet  [cid, path]  path "" for the thing itself -> null, payload
 *
 * Served here, never seen by the host: storeGet [key], storeSet [key, value,
 * {"ttlMs", "cache", "sliding"}], storeRemove [key], storeKeys [prefix];
 * bodyRead [call] -> {"done": true} after the last piece, {"failed": true} if
 * the body broke off, else {}; payload: the next piece of the body of
 * host_call_coming().
 */

/* result: JSON text; both are copied. */
void host_answer(struct host *worker, uint64_t request_id, struct bytes result,
                 struct bytes payload);

/* The task's promise is rejected with Error(text); code an ERR_*, seen by the
 * task as error.code in its words ("not found"). */
void host_refuse(struct host *worker, uint64_t request_id, int code,
                 const char *text);

/* Ask it to end; killed if it is still there after two seconds. ended() will
 * come. */
void host_stop(struct host *worker);

/* End it at once; reason is the text of open calls and of ended(). */
void host_kill(struct host *worker, const char *reason);

/* Another limit of processor time from now on (limits.cpu_percent). */
void host_limit_cpu(struct host *worker, uint32_t percent);

pid_t host_pid(const struct host *worker);

struct host_statistics {
    /* The value of at most 250 ms ago; 0 before the first look. */
    uint64_t resident_bytes;
    /* Processor time since the process's start; 0 once it is gone. */
    uint64_t cpu_ms;
    /* Since the start. */
    uint64_t calls;
    uint64_t requests;
    uint64_t log_lines_dropped;
};
void host_statistics(const struct host *worker, struct host_statistics *out);

#endif
