/*
 * Processes are numbered, and an answer names the number, because request ids
 * begin anew with each process: what was fetched for one would else become the
 * answer to something that its successor asked.
 */
#include "node/task/runner_worker.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/rate.h"
#include "net/http_exchange.h"
#include "node/reach/koii_answer.h"
#include "node/task/backoff.h"
#include "runtime/host/memory.h"
#include "runtime/wire/message.h"

#include <stdlib.h>

/* Runtime memory of a task (runtime/host/memory.h). */
#define MEMORY_BUDGET_BYTES (32u << 20)

/* Bodies of a task's requests under way: two files of the largest size at a
 * time, and room for many small ones. */
#define REQUESTS_BUDGET_BYTES (2ull * MESSAGE_PAYLOAD_MAX)

/* Requests to routes: less by as many calls as duties have under way. */
#define VISITS_MAX (RUNNER_WORKER_CALLS_MAX - 16)

/* What one task may ask a second, on average and at once: no task turns its
 * nodes into a flood, neither for the web nor for the endpoint. */
#define FETCHES_PER_S 50
#define FETCHES_AT_ONCE 500
#define QUESTIONS_PER_S 100
#define QUESTIONS_AT_ONCE 1000

/* Requests of a process of the engine node: open, and a second. Enough for any
 * task, and less than what would keep the loop busy. */
#define OPEN_MAX 128
#define REQUESTS_PER_S 1000
#define REQUESTS_AT_ONCE 5000

/* A request over HTTP that is being answered. */
struct open_request {
    uint64_t id; /* 0: a free place */
    struct http_exchange *exchange;
};

/*
 * Invariants:
 *
 *  1. is_ready only while there is a process that has not been stopped.
 *  2. life grows with every start, and restarts with every pause only: a
 *     process that was stopped and is started later is no restart, but another
 *     life.
 *  3. process and node are not both there; open holds requests only while node
 *     is.
 */
struct runner_worker {
    struct host *process;      /* of the engine pond; NULL: none */
    struct koii_process *node; /* of the engine node; NULL: none */
    struct open_request open[OPEN_MAX];
    uint64_t last_id;
    struct rate requests;
    bool is_ready;
    bool has_functions; /* of a process that is ready */
    uint32_t life;
    uint32_t restarts;
    uint32_t seen_life; /* of the process that has used seen_ms */
    uint64_t seen_ms;
    uint64_t used_ms; /* by those before it */
    unsigned visits;
    struct memory *memory;
    struct fetch_set *open_fetches; /* the process's; NULL before the first */
    struct socket_set *sockets;     /* the same */
    struct rate fetches;
    struct rate questions;
    struct budget budget;
    struct backoff backoff;
    uint64_t started_ms;
    uint64_t ended_ms; /* the last that ended by itself */
};

struct runner_worker *runner_worker_new(void)
{
    struct runner_worker *worker = mem_zero(1, sizeof(*worker));
    uint64_t now_ms = clock_monotonic_ms();

    worker->memory = memory_new(MEMORY_BUDGET_BYTES);
    worker->fetches = rate_make(FETCHES_PER_S, FETCHES_AT_ONCE, now_ms);
    worker->questions = rate_make(QUESTIONS_PER_S, QUESTIONS_AT_ONCE, now_ms);
    worker->requests = rate_make(REQUESTS_PER_S, REQUESTS_AT_ONCE, now_ms);
    worker->budget = (struct budget){.name = "this task's requests",
                                     .limit_bytes = REQUESTS_BUDGET_BYTES};
    return worker;
}

void runner_worker_free(struct runner_worker *worker)
{
    CHECK(!worker->process && !worker->node && !worker->visits);
    memory_free(worker->memory);
    free(worker);
}

struct memory *runner_worker_memory(const struct runner_worker *worker)
{
    return worker->memory;
}

/* ---- the process ---- */

int runner_worker_start(struct runner_worker *worker, uv_loop_t *loop,
                        const struct host_options *options,
                        const struct host_events *events, void *user)
{
    struct host_options own = *options;

    CHECK(!worker->process && !worker->node && !worker->is_ready);
    own.memory = worker->memory;
    own.limits.open_calls = RUNNER_WORKER_CALLS_MAX;
    worker->life++;
    worker->started_ms = clock_monotonic_ms();
    return host_start(loop, &own, events, user, &worker->process);
}

int runner_worker_start_node(struct runner_worker *worker, uv_loop_t *loop,
                             const struct koii_launch *launch,
                             const struct koii_events *events, void *user)
{
    CHECK(!worker->process && !worker->node && !worker->is_ready);
    worker->life++;
    worker->started_ms = clock_monotonic_ms();
    return koii_process_start(loop, launch, events, user, &worker->node);
}

struct koii_process *runner_worker_node(const struct runner_worker *worker)
{
    return worker->node;
}

void runner_worker_set_ready(struct runner_worker *worker, bool has_functions)
{
    CHECK((worker->process || worker->node) && !worker->is_ready);
    worker->is_ready = true;
    worker->has_functions = has_functions;
}

void runner_worker_stop(struct runner_worker *worker)
{
    worker->is_ready = false;
    if (worker->process)
        host_stop(worker->process);
    if (worker->node)
        koii_process_stop(worker->node);
}

void runner_worker_kill(struct runner_worker *worker, const char *reason)
{
    worker->is_ready = false;
    if (worker->process)
        host_kill(worker->process, reason);
    if (worker->node)
        koii_process_kill(worker->node, reason);
}

void runner_worker_ended(struct runner_worker *worker,
                         const struct host *process)
{
    CHECK(process && worker->process == process);
    worker->process = NULL;
    worker->is_ready = false;
    fetch_set_close(worker->open_fetches);
    worker->open_fetches = NULL;
    socket_set_close(worker->sockets);
    worker->sockets = NULL;
}

uint64_t runner_worker_pause_ms(struct runner_worker *worker)
{
    CHECK(!worker->process && !worker->node);
    worker->restarts++;
    worker->ended_ms = clock_monotonic_ms();
    return backoff_next_ms(&worker->backoff, worker->started_ms,
                           clock_monotonic_ms());
}

bool runner_worker_is_there(const struct runner_worker *worker)
{
    return worker->process || worker->node;
}

bool runner_worker_is_ready(const struct runner_worker *worker)
{
    return worker->is_ready;
}

struct runner_worker_figures
runner_worker_figures(const struct runner_worker *worker)
{
    struct host_statistics statistics = {0};

    if (worker->process)
        host_statistics(worker->process, &statistics);
    if (worker->node)
        statistics.resident_bytes = koii_process_resident(worker->node);
    return (struct runner_worker_figures){
        .pid = worker->process ? host_pid(worker->process)
               : worker->node  ? koii_process_id(worker->node)
                               : 0,
        .resident_bytes = statistics.resident_bytes,
        .restarts = worker->restarts,
        .ends = worker->backoff.ends,
        .end_age_ms = clock_monotonic_ms() - worker->ended_ms,
        .age_ms = runner_worker_is_there(worker)
                      ? clock_monotonic_ms() - worker->started_ms
                      : 0,
        .is_ready = worker->is_ready,
        .has_functions = worker->is_ready && worker->has_functions,
    };
}

void runner_worker_limit_cpu(struct runner_worker *worker, uint32_t percent)
{
    if (worker->process)
        host_limit_cpu(worker->process, percent);
    if (worker->node)
        koii_process_limit_cpu(worker->node, percent);
}

uint64_t runner_worker_cpu_ms(struct runner_worker *worker)
{
    struct host_statistics statistics = {0};

    if (worker->process)
        host_statistics(worker->process, &statistics);
    if (worker->node)
        statistics.cpu_ms = koii_process_cpu_ms(worker->node);
    if (worker->seen_life != worker->life) {
        worker->used_ms += worker->seen_ms;
        worker->seen_ms = 0;
        worker->seen_life = worker->life;
    }
    if (statistics.cpu_ms > worker->seen_ms)
        worker->seen_ms = statistics.cpu_ms;
    return worker->used_ms + worker->seen_ms;
}

/* ---- calls into it ---- */

int runner_worker_call(struct runner_worker *worker, const char *function,
                       const char *args, uint32_t limit_ms,
                       host_callback callback, void *user)
{
    if (!worker->is_ready || !worker->process)
        return err_set(ERR_STATE, "the worker is not ready");
    return host_call(worker->process, function, args, limit_ms, callback, user);
}

int runner_worker_visit(struct runner_worker *worker, const char *args,
                        struct bytes body, const struct byte_source *coming,
                        uint32_t limit_ms, host_callback callback, void *user)
{
    if (!worker->is_ready || !worker->process)
        return err_set(ERR_STATE, "the task is not running");
    if (worker->visits == VISITS_MAX)
        return err_set(ERR_BUSY, "the task has %d requests under way",
                       VISITS_MAX);
    int status = coming ? host_call_coming(worker->process, "route", args,
                                           coming, limit_ms, callback, user)
                        : host_call_bytes(worker->process, "route", args, body,
                                          limit_ms, callback, user);
    if (!status)
        worker->visits++;
    return status;
}

void runner_worker_visit_over(struct runner_worker *worker)
{
    CHECK(worker->visits > 0);
    worker->visits--;
}

/* ---- what it asks for ---- */

/* The exchange of an open request, whose place is free then; NULL if it has
 * been answered. */
static struct http_exchange *take_open(struct runner_worker *worker,
                                       uint64_t id)
{
    for (size_t i = 0; i < OPEN_MAX; i++)
        if (worker->open[i].id == id) {
            worker->open[i].id = 0;
            return worker->open[i].exchange;
        }
    return NULL;
}

static void answer_node(struct runner_worker *worker, uint64_t id,
                        struct bytes json)
{
    struct http_exchange *exchange = take_open(worker, id);
    struct buffer body = {0};

    if (!exchange)
        return;
    buffer_text(&body, "{\"response\":");
    buffer_bytes(&body, json);
    buffer_text(&body, "}");
    http_answer_any_origin(exchange);
    http_answer_buffer(exchange, 200, "application/json", &body);
}

static void refuse_node(struct runner_worker *worker, uint64_t id,
                        const char *text)
{
    struct http_exchange *exchange = take_open(worker, id);

    if (exchange)
        koii_answer_message(exchange, 422, text);
}

int runner_worker_connection(struct runner_worker *worker, uint32_t life,
                             uint64_t request_id, int *socket)
{
    for (size_t i = 0; i < OPEN_MAX && worker->life == life; i++)
        if (worker->open[i].id == request_id)
            return http_connection(worker->open[i].exchange, socket);
    return err_set(ERR_CLOSED, "the task has ended");
}

void runner_worker_answer_written(struct runner_worker *worker, uint32_t life,
                                  uint64_t request_id)
{
    struct http_exchange *exchange =
        worker->life == life ? take_open(worker, request_id) : NULL;

    if (exchange)
        http_answer_written(exchange);
}

uint64_t runner_worker_take_request(struct runner_worker *worker,
                                    struct http_exchange *exchange)
{
    CHECK(worker->node);
    if (!rate_take(&worker->requests, clock_monotonic_ms(), 1))
        return 0;
    for (size_t i = 0; i < OPEN_MAX; i++)
        if (!worker->open[i].id) {
            worker->open[i].id = ++worker->last_id;
            worker->open[i].exchange = exchange;
            return worker->last_id;
        }
    return 0;
}

void runner_worker_node_ended(struct runner_worker *worker,
                              const struct koii_process *process)
{
    CHECK(process && worker->node == process);
    for (size_t i = 0; i < OPEN_MAX; i++)
        if (worker->open[i].id)
            refuse_node(worker, worker->open[i].id, "the task has ended");
    worker->node = NULL;
    worker->is_ready = false;
}

uint32_t runner_worker_life(const struct runner_worker *worker)
{
    return worker->life;
}

void runner_worker_answer(struct runner_worker *worker, uint32_t life,
                          uint64_t request_id, struct bytes json,
                          struct bytes payload)
{
    if (worker->process && worker->life == life)
        host_answer(worker->process, request_id, json, payload);
    else if (worker->node && worker->life == life)
        answer_node(worker, request_id, json);
}

void runner_worker_refuse(struct runner_worker *worker, uint32_t life,
                          uint64_t request_id, int code, const char *text)
{
    if (worker->process && worker->life == life)
        host_refuse(worker->process, request_id, code, text);
    else if (worker->node && worker->life == life)
        refuse_node(worker, request_id, text);
}

int runner_worker_take_fetch(struct runner_worker *worker)
{
    return rate_take(&worker->fetches, clock_monotonic_ms(), 1)
               ? 0
               : err_set(ERR_LIMIT, "more than %d fetches a second",
                         FETCHES_PER_S);
}

int runner_worker_take_questions(struct runner_worker *worker, unsigned count)
{
    return !count || rate_take(&worker->questions, clock_monotonic_ms(), count)
               ? 0
               : err_set(ERR_LIMIT,
                         "more than %d questions to the chain a second",
                         QUESTIONS_PER_S);
}

struct fetch_set *runner_worker_fetches(struct runner_worker *worker)
{
    CHECK(worker->process);
    if (!worker->open_fetches)
        worker->open_fetches = fetch_set_new();
    return worker->open_fetches;
}

struct socket_set *runner_worker_sockets(struct runner_worker *worker)
{
    CHECK(worker->process);
    if (!worker->sockets)
        worker->sockets = socket_set_new();
    return worker->sockets;
}

struct budget *runner_worker_budget(struct runner_worker *worker)
{
    return &worker->budget;
}

void runner_worker_expire_memory(struct runner_worker *worker)
{
    memory_expire(worker->memory, clock_monotonic_ms());
}
