/*
 * In the place of runtime/host/host.c: a worker whose calls take their time,
 * and end with it.
 */
#include "node_days_internal.h"

#include "base/check.h"
#include "base/error.h"
#include "base/memory.h"
#include "runtime/host/host.h"
#include "runtime/host/host_spare.h"

#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>

struct host {
    struct host_events events;
    void *user;
    bool is_stopping, is_dead;
};

struct call {
    struct host *host;
    struct call *next;
    uint64_t request; /* it waits for the answer to this; 0: for none */
    char *function, *args;
    host_callback callback;
    void *user;
    bool is_over;
};

static struct host *worker;
static struct call *calls;

static void end_call(struct call *call, int status, const char *json)
{
    const struct host_result result = {
        .status = status,
        .json = json,
        .text = status ? "the worker ended" : NULL,
        .stack = "",
    };
    struct call **at = &calls;

    while (*at != call)
        at = &(*at)->next;
    *at = call->next;
    call->is_over = true;
    call->callback(call->user, &result);
}

/* From its event, which comes in any case, or with its request. */
static void free_call(struct call *call)
{
    free(call->function);
    free(call->args);
    free(call);
}

/* Equal shares for all whose submission was not voted down. */
static void distribute(struct json_object *args, struct buffer *out)
{
    struct json_object *list = json_object_array_get_idx(args, 0);
    size_t count = json_object_array_length(list), good = 0;
    const char *key;
    int64_t votes;

    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < count; i++) {
            struct json_object *at = json_object_array_get_idx(list, i);

            CHECK(!json_get_i64(at, "votes", &votes));
            CHECK(!json_get_text(at, "publicKey", &key));
            if (votes < 0)
                continue;
            if (pass)
                buffer_format(out, "%s\"%s\":%" PRIu64, out->size ? "," : "{",
                              key, (uint64_t)CHAIN_BOUNTY / good);
            good += !pass;
        }
    }
    buffer_text(out, out->size ? "}" : "{}");
}

/* The task's proof is the CID of its evidence. Made anew after a restart it is
 * another one. */
static void put_evidence(struct call *call)
{
    static uint64_t requests;
    struct host *host = call->host;
    struct json_object *params = NULL;
    struct buffer evidence = {0}, text = {0};

    buffer_format(&evidence, "round %" PRIu64 " in life %" PRIu64,
                  chain_round_of(&life.days->chain), life.days->lives);
    buffer_format(&text, "[{\"size\":%zu}]", evidence.size);
    CHECK(!json_parse(buffer_view(&text), &params));
    call->request = ++requests;
    host->events.request(host->user, host, call->request, "storagePut", params,
                         buffer_view(&evidence));
    json_object_put(params);
    buffer_free(&text);
    buffer_free(&evidence);
}

static void on_called(void *user)
{
    struct call *call = user;
    struct json_object *args = NULL;
    struct buffer text = {0};

    if (!call->is_over)
        life_step();
    if (call->is_over) {
        free_call(call);
        return;
    }
    life.days->worker_calls++;
    if (!strcmp(call->function, "submission")) {
        put_evidence(call);
        return;
    }
    CHECK(!json_parse(bytes_text(call->args), &args));
    if (!strcmp(call->function, "audit"))
        buffer_text(&text, strcmp(json_object_get_string(
                                      json_object_array_get_idx(args, 0)),
                                  "wrong") != 0
                               ? "true"
                               : "false");
    else if (!strcmp(call->function, "distribution"))
        distribute(args, &text);
    else
        buffer_text(&text, "null");
    json_object_put(args);
    end_call(call, 0, buffer_string(&text));
    free_call(call);
    buffer_free(&text);
}

/* What is under way ends before the worker does. */
void life_end_worker(void *user)
{
    struct host *gone = worker;
    struct host_end end = {.status = ERR_CLOSED,
                           .exit_code = -1,
                           .signal = SIGKILL,
                           .text = "killed by SIGKILL"};

    if (!gone || gone->is_dead)
        return;
    if (gone->is_stopping)
        end = (struct host_end){.stopped = true, .text = "stopped"};
    gone->is_dead = true;
    worker = NULL;
    while (calls) {
        struct call *call = calls;

        end_call(call, ERR_CLOSED, NULL);
        if (call->request)
            free_call(call);
    }
    gone->events.ended(gone->user, gone, &end);
}

static void on_ready(void *user)
{
    static const struct confinement sandbox = {
        .no_new_privileges = true, .seccomp = true, .landlock = true};
    const struct host_ready ready = {.sandbox = &sandbox};
    struct host *host = user;

    if (!host->is_dead && !host->is_stopping)
        host->events.ready(host->user, host, &ready);
}

int host_start(uv_loop_t *loop, const struct host_options *options,
               const struct host_events *events, void *user, struct host **out)
{
    struct host *host = mem_zero(1, sizeof(*host));

    CHECK(!worker);
    host->events = *events;
    host->user = user;
    worker = *out = host;
    loop_after(30, on_ready, host);
    return 0;
}

int host_call_bytes(struct host *host, const char *function, const char *args,
                    struct bytes payload, uint32_t limit_ms,
                    host_callback callback, void *user)
{
    struct call *call = mem_zero(1, sizeof(*call));

    life_step();
    call->host = host;
    call->function = mem_text(function);
    call->args = mem_text(args);
    call->callback = callback;
    call->user = user;
    call->next = calls;
    calls = call;
    loop_after(5 + life_random(300), on_called, call);
    return 0;
}

int host_call_coming(struct host *host, const char *function, const char *args,
                     const struct byte_source *body, uint32_t limit_ms,
                     host_callback callback, void *user)
{
    return host_call_bytes(host, function, args, (struct bytes){0}, limit_ms,
                           callback, user);
}

int host_call(struct host *host, const char *function, const char *args,
              uint32_t limit_ms, host_callback callback, void *user)
{
    return host_call_bytes(host, function, args, (struct bytes){0}, limit_ms,
                           callback, user);
}

static void end_request(uint64_t request_id, int status, const char *json)
{
    struct call *call = calls;

    while (call && call->request != request_id)
        call = call->next;
    CHECK(call);
    end_call(call, status, json);
    free_call(call);
}

void host_answer(struct host *host, uint64_t request_id, struct bytes result,
                 struct bytes payload)
{
    struct buffer json = {0};

    life_step();
    buffer_bytes(&json, result);
    end_request(request_id, 0, buffer_string(&json));
    buffer_free(&json);
}

void host_refuse(struct host *host, uint64_t request_id, int code,
                 const char *text)
{
    end_request(request_id, ERR_REMOTE, NULL);
}

void host_stop(struct host *host)
{
    host->is_stopping = true;
    loop_after(0, life_end_worker, NULL);
}

void host_kill(struct host *host, const char *reason)
{
    host_stop(host);
}

uint64_t host_memory_for(uint64_t base, size_t source_bytes)
{
    return base;
}

pid_t host_pid(const struct host *host)
{
    return 1;
}

void host_limit_cpu(struct host *host, uint32_t percent)
{
}

void host_statistics(const struct host *host, struct host_statistics *out)
{
    *out = (struct host_statistics){0};
}
