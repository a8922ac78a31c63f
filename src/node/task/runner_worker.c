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
#include "node/task/backoff.h"
#include "runtime/host/memory.h"
#include "runtime/wire/message.h"
#include "runtime/wire/rate.h"

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

/*
 * Invariants:
 *
 *  1. is_ready only while there is a process that has not been stopped.
 *  2. life grows with every start, and restarts with every pause only: a
 * process that was stopped and is started later is no restart, but another
 * life.
 */
struct runner_worker {
    struct host *process; /* NULL: none */
    bool is_ready;
    bool has_functions; /* of a process that is ready */
    uint32_t life;
    uint32_t restarts;
    unsigned visits;
    struct memory *memory;
    struct fetch_set *open_fetches; /* the process's; NULL before the first */
    struct rate fetches;
    struct rate questions;
    struct budget budget;
    struct backoff backoff;
    uint64_t started_ms;
};

struct runner_worker *runner_worker_new(void)
{
    struct runner_worker *worker = mem_zero(1, sizeof(*worker));
    uint64_t now_ms = clock_monotonic_ms();

    worker->memory = memory_new(MEMORY_BUDGET_BYTES);
    worker->fetches = rate_make(FETCHES_PER_S, FETCHES_AT_ONCE, now_ms);
    worker->questions = rate_make(QUESTIONS_PER_S, QUESTIONS_AT_ONCE, now_ms);
    worker->budget = (struct budget){.name = "this task's requests",
                                     .limit_bytes = REQUESTS_BUDGET_BYTES};
    return worker;
}

void runner_worker_free(struct runner_worker *worker)
{
    CHECK(!worker->process && !worker->visits);
    memory_free(worker->memory);
    free(worker);
}

/* ---- the process ---- */

int runner_worker_start(struct runner_worker *worker, uv_loop_t *loop,
                        const struct host_options *options,
                        const struct host_events *events, void *user)
{
    struct host_options own = *options;

    CHECK(!worker->process && !worker->is_ready);
    own.memory = worker->memory;
    own.limits.open_calls = RUNNER_WORKER_CALLS_MAX;
    worker->life++;
    worker->started_ms = clock_monotonic_ms();
    return host_start(loop, &own, events, user, &worker->process);
}

void runner_worker_set_ready(struct runner_worker *worker, bool has_functions)
{
    CHECK(worker->process && !worker->is_ready);
    worker->is_ready = true;
    worker->has_functions = has_functions;
}

void runner_worker_stop(struct runner_worker *worker)
{
    worker->is_ready = false;
    if (worker->process)
        host_stop(worker->process);
}

void runner_worker_kill(struct runner_worker *worker, const char *reason)
{
    worker->is_ready = false;
    if (worker->process)
        host_kill(worker->process, reason);
}

void runner_worker_ended(struct runner_worker *worker,
                         const struct host *process)
{
    CHECK(process && worker->process == process);
    worker->process = NULL;
    worker->is_ready = false;
    fetch_set_close(worker->open_fetches);
    worker->open_fetches = NULL;
}

uint64_t runner_worker_pause_ms(struct runner_worker *worker)
{
    CHECK(!worker->process);
    worker->restarts++;
    return backoff_next_ms(&worker->backoff, worker->started_ms,
                           clock_monotonic_ms());
}

bool runner_worker_is_there(const struct runner_worker *worker)
{
    return worker->process != NULL;
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
    return (struct runner_worker_figures){
        .pid = worker->process ? host_pid(worker->process) : 0,
        .resident_bytes = statistics.resident_bytes,
        .restarts = worker->restarts,
        .is_ready = worker->is_ready,
        .has_functions = worker->is_ready && worker->has_functions,
    };
}

/* ---- calls into it ---- */

int runner_worker_call(struct runner_worker *worker, const char *function,
                       const char *args, uint32_t limit_ms,
                       host_callback callback, void *user)
{
    if (!worker->is_ready)
        return err_set(ERR_STATE, "the worker is not ready");
    return host_call(worker->process, function, args, limit_ms, callback, user);
}

int runner_worker_visit(struct runner_worker *worker, const char *args,
                        struct bytes body, uint32_t limit_ms,
                        host_callback callback, void *user)
{
    if (!worker->is_ready)
        return err_set(ERR_STATE, "the task is not running");
    if (worker->visits == VISITS_MAX)
        return err_set(ERR_BUSY, "the task has %d requests under way",
                       VISITS_MAX);
    int status = host_call_bytes(worker->process, "route", args, body, limit_ms,
                                 callback, user);
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
}

void runner_worker_refuse(struct runner_worker *worker, uint32_t life,
                          uint64_t request_id, int code, const char *text)
{
    if (worker->process && worker->life == life)
        host_refuse(worker->process, request_id, code, text);
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

struct budget *runner_worker_budget(struct runner_worker *worker)
{
    return &worker->budget;
}

void runner_worker_expire_memory(struct runner_worker *worker)
{
    memory_expire(worker->memory, clock_monotonic_ms());
}
