/*
 * A worker as its node has it, made and freed; and the words for the limits
 * that more than one part finds it at.
 */
#include "runtime/host/host_state.h"
#include "base/check.h"
#include "base/memory.h"
#include <inttypes.h>
#include <stdlib.h>

/* Seconds' worth at once: a stack and the lines around it come together. */
#define LOG_BURST 10

void host_set_up(struct host *worker, const struct host_limits *limits,
                 struct memory *memory, const struct host_events *events,
                 void *user, uint64_t now_ms)
{
    CHECK_MAGIC(worker, HOST_MAGIC);
    CHECK(!worker->calls && !worker->request_count);
    worker->phase = HOST_STARTING;
    worker->events = *events;
    worker->user = user;
    worker->limits = *limits;
    worker->memory = memory;
    /* Until there is a process to be confined. */
    worker->share = cpu_share_make(limits->cpu_percent, now_ms);
    worker->confinement = CONFINEMENT_ANY;
    worker->started_ms = now_ms;
    free(worker->requests);
    worker->requests = mem_zero(limits->open_requests, sizeof(uint64_t));
    worker->log_lines = rate_make(limits->log_lines_per_s,
                                  LOG_BURST * limits->log_lines_per_s, now_ms);
    worker->log_bytes = rate_make(limits->log_bytes_per_s,
                                  LOG_BURST * limits->log_bytes_per_s, now_ms);
    /* A burst of one second: a message costs a parse, not only a line. */
    worker->messages =
        rate_make(limits->messages_per_s, limits->messages_per_s, now_ms);
}

/* The worker has no process yet. Tests and fuzzing feed such a worker. */
struct host *host_new(const struct host_limits *limits, struct memory *memory,
                      const struct host_events *events, void *user,
                      uint64_t now_ms)
{
    struct host *worker = mem_zero(1, sizeof(*worker));
    worker->magic = HOST_MAGIC;
    worker->statm = -1;
    /* The tighter of the two: this side parses what it gets. */
    worker->reader.head_max = MESSAGE_HEAD_TO_NODE_MAX;
    host_set_up(worker, limits, memory, events, user, now_ms);
    return worker;
}

/* The calls must have ended before. */
void host_free(struct host *worker)
{
    CHECK_MAGIC(worker, HOST_MAGIC);
    CHECK(!worker->calls);
    message_reader_free(&worker->reader);
    buffer_free(&worker->error_text);
    free(worker->requests);
    free(worker->reason);
    worker->magic = 0;
    free(worker);
}

/* Node and simulation have the same name for the option that raises the limit.
 * If the worker was never ready, its bundle took the memory. */
void host_memory_text(const struct host *worker, struct buffer *out)
{
    buffer_format(out, "the task passed its memory limit of %" PRIu64 " MB",
                  worker->limits.memory_bytes >> 20);
    if (!worker->loaded)
        buffer_format(out, " while its main.js of %.1f MB was loaded",
                      (double)worker->source_bytes / (1 << 20));
    buffer_text(out, "; --worker-memory MIB raises it");
}

/* One place for the words, for two clocks find the same thing. */
void host_time_text(const struct host_open_call *call, struct buffer *out)
{
    buffer_format(out, "%s() ran longer than its time limit of %" PRIu32 " ms",
                  call->function, call->limit_ms);
}
