/*
 * What a node does with a worker: start it, call its functions, stop it.
 * host_process.c has the process and its socket, host_message.c reads what the
 * worker says.
 *
 * Each task has a process and not a thread, because a task is a stranger's
 * program. Its memory, its time and its crash must be its own, and only the
 * kernel can promise that. A process also ends with everything that it holds,
 * so nothing has to be cleaned up after a task.
 *
 * All of it is asynchronous and on one thread, the node's loop. A call is a
 * message out and a message in. A call that does not return within its time
 * ends with the worker, because a script that was stopped half way can not be
 * trusted.
 */
#include "runtime/host/host.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"
#include "runtime/host/host_state.h"
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* From host_stop() until it is killed: enough to send what is queued. */
#define STOP_MS 2000

/* Starting */

/* The worker enforces these limits if it can, so that the errors reach the
 * task's code. The node enforces them again. */
static void write_limits(struct json_writer *writer,
                         const struct host_limits *limits)
{
    json_open_object(writer);
    json_field_u64(writer, "memory_bytes", limits->memory_bytes);
    json_field_u64(writer, "file_bytes", limits->file_bytes);
    json_field_u64(writer, "disk_bytes", limits->disk_bytes);
    json_field_u64(writer, "load_ms", limits->load_ms);
    json_field_u64(writer, "open_requests", limits->open_requests);
    json_field_u64(writer, "log_lines_per_s", limits->log_lines_per_s);
    json_field_u64(writer, "log_bytes_per_s", limits->log_bytes_per_s);
    json_close_object(writer);
}

/* The library distinguishes null from "": an account that the node does not
 * have is null. */
static void write_text(struct json_writer *writer, const char *name,
                       const char *text)
{
    if (text)
        json_field_text(writer, name, text);
    else
        json_field_null(writer, name);
}

static void write_clock(struct json_writer *writer,
                        const struct host_clock *clock)
{
    json_name(writer, "clock");
    json_open_object(writer);
    json_field_u64(writer, "unix_ms", clock->unix_ms);
    if (clock->has_seed)
        json_field_u64(writer, "seed", clock->seed);
    else
        json_field_null(writer, "seed");
    json_close_object(writer);
}

/* main.js is the payload, so the worker needs no file, and the code that runs
 * is the code that the node verified. */
static void send_start(struct host *worker, const struct host_options *options,
                       const char *folder)
{
    struct buffer head = {0};
    struct json_writer writer = json_writer_make(&head);
    /* Checked to be an object, so it can be put in as it is. */
    const char *variables = options->variables ? options->variables : "{}";
    const char *version =
        options->node_version ? options->node_version : POND_VERSION;
    json_open_object(&writer);
    json_field_text(&writer, "type", "start");
    write_text(&writer, "folder", folder);
    json_name(&writer, "limits");
    write_limits(&writer, &worker->limits);
    json_field_text(&writer, "confinement",
                    confinement_name(options->confinement));
    json_name(&writer, "variables");
    json_write_raw(&writer, bytes_text(variables));
    json_name(&writer, "task");
    json_open_object(&writer);
    write_text(&writer, "id", options->task_id);
    write_text(&writer, "name", options->task_name);
    write_text(&writer, "main_account", options->main_account);
    write_text(&writer, "staking_account", options->staking_account);
    write_text(&writer, "rpc_url", options->rpc_url);
    write_text(&writer, "node_version", version);
    json_close_object(&writer);
    if (options->clock)
        write_clock(&writer, options->clock);
    json_close_object(&writer);
    host_send(worker, buffer_view(&head), options->source);
    buffer_free(&head);
}

/* What can be wrong from outside; the rest is the caller's mistake. */
static int check_options(const struct host_options *options)
{
    struct json_object *variables = NULL;
    CHECK(options->program && options->task_id && options->memory);
    if (options->source.size > MESSAGE_PAYLOAD_MAX)
        return err_set(ERR_LIMIT,
                       "a task of %zu bytes is above the limit of %u MB",
                       options->source.size, MESSAGE_PAYLOAD_MAX >> 20);
    if (access(options->program, X_OK))
        return err_set(ERR_NOT_FOUND, "there is no worker program at %s",
                       options->program);
    if (!options->variables)
        return 0;
    int status = json_parse(bytes_text(options->variables), &variables);
    if (!status && !json_object_is_type(variables, json_type_object))
        status = err_set(ERR_INVALID, "task variables must be a JSON object");
    json_object_put(variables);
    return status;
}

/* The worker gets its descriptor, its limits and its source, and nothing of
 * the node's environment. */
int host_start(uv_loop_t *loop, const struct host_options *options,
               const struct host_events *events, void *user, struct host **out)
{
    struct host_limits limits = options->limits;
    int status = host_limits_fill(&limits, options->source.size);
    if (!status)
        status = check_options(options);
    if (!status && options->folder)
        /* Before the worker starts: in its sandbox it could not. */
        status = file_make_folder(options->folder, 0700);
    if (status)
        return status;
    /* It runs in /: relative paths become absolute ones. */
    char *program = realpath(options->program, NULL);
    char *folder = options->folder ? realpath(options->folder, NULL) : NULL;
    if (!program || (options->folder && !folder)) {
        status = err_errno("can't find %s",
                           program ? options->folder : options->program);
    } else {
        uint64_t now_ms = clock_monotonic_ms();
        *out = options->spares ? host_spare_take(options->spares, program,
                                                 folder, limits.memory_bytes)
                               : NULL;
        bool is_spare = *out;
        if (is_spare)
            host_set_up(*out, &limits, options->memory, events, user, now_ms);
        else
            *out = host_new(&limits, options->memory, events, user, now_ms);
        (*out)->confinement = options->confinement;
        (*out)->source_bytes = options->source.size;
        (*out)->has_clock = options->clock != NULL;
        status = is_spare ? 0 : host_launch(*out, loop, program);
        if (!status)
            send_start(*out, options, folder);
    }
    free(program);
    free(folder);
    return status;
}

/* Calling and stopping */

/* args is JSON that the node made; it is not parsed here. */
static void send_call(struct host *worker, const struct host_open_call *call,
                      const char *args, struct bytes payload)
{
    struct buffer head = {0};
    struct json_writer writer = json_writer_make(&head);
    json_open_object(&writer);
    json_field_text(&writer, "type", "call");
    json_field_u64(&writer, "id", call->id);
    json_field_text(&writer, "function", call->function);
    json_name(&writer, "args");
    json_write_raw(&writer, bytes_text(args));
    json_field_u64(&writer, "limit_ms", call->limit_ms);
    json_close_object(&writer);
    host_send(worker, buffer_view(&head), payload);
    buffer_free(&head);
}

/* Calls go out at once even if main.js is still loading: the worker takes them
 * up in order, and their time begins when it is ready. */
static int begin_call(struct host *worker, const char *function,
                      const char *args, struct bytes payload,
                      const struct byte_source *body, uint32_t limit_ms,
                      host_callback callback, void *user)
{
    CHECK_MAGIC(worker, HOST_MAGIC);
    CHECK(limit_ms >= 1 && callback);
    if (worker->phase >= HOST_STOPPING || worker->exited)
        return err_set(ERR_CLOSED, "the worker is ending");
    if (worker->call_count == worker->limits.open_calls)
        return err_set(ERR_LIMIT, "limit of %" PRIu32 " open calls",
                       worker->limits.open_calls);
    /* Half, as in host_answer(): the rest of the head needs room. */
    if (strlen(args) > MESSAGE_HEAD_MAX / 2)
        return err_set(ERR_LIMIT,
                       "arguments of %zu bytes are above the limit "
                       "of %u MB",
                       strlen(args), MESSAGE_HEAD_MAX >> 21);
    if (payload.size > MESSAGE_PAYLOAD_MAX)
        return err_set(ERR_LIMIT, "%zu bytes are above the limit of %u MB",
                       payload.size, MESSAGE_PAYLOAD_MAX >> 20);
    struct host_open_call *call = mem_zero(1, sizeof(*call));
    uint64_t now_ms = clock_monotonic_ms();
    call->worker = worker;
    if (body)
        call->body = *body;
    call->id = ++worker->call_id_last;
    call->function = mem_text(function);
    call->limit_ms = limit_ms;
    /* While it loads, load_ms counts and not the call's own time. */
    call->began_ms = worker->phase == HOST_READY ? now_ms : 0;
    call->callback = callback;
    call->user = user;
    call->next = worker->calls;
    worker->calls = call;
    worker->call_count++;
    send_call(worker, call, args, payload);
    /* Tests and fuzzing attach no loop, and then there is no timer. */
    if (worker->loop)
        host_arm(worker, now_ms);
    return 0;
}

int host_call_bytes(struct host *worker, const char *function, const char *args,
                    struct bytes payload, uint32_t limit_ms,
                    host_callback callback, void *user)
{
    return begin_call(worker, function, args, payload, NULL, limit_ms, callback,
                      user);
}

int host_call_coming(struct host *worker, const char *function,
                     const char *args, const struct byte_source *body,
                     uint32_t limit_ms, host_callback callback, void *user)
{
    CHECK(body && body->read && body->cancel);
    return begin_call(worker, function, args, (struct bytes){0}, body, limit_ms,
                      callback, user);
}

/* Most calls have arguments only. */
int host_call(struct host *worker, const char *function, const char *args,
              uint32_t limit_ms, host_callback callback, void *user)
{
    return host_call_bytes(worker, function, args, (struct bytes){0}, limit_ms,
                           callback, user);
}

void host_advance(struct host *worker, uint64_t clock_ms, uint32_t limit_ms)
{
    struct buffer head = {0};
    CHECK_MAGIC(worker, HOST_MAGIC);
    CHECK(worker->has_clock);
    buffer_format(&head,
                  "{\"type\":\"clock\",\"at_ms\":%" PRIu64
                  ",\"limit_ms\":%" PRIu32 "}",
                  clock_ms, limit_ms);
    host_send(worker, buffer_view(&head), bytes_make(NULL, 0));
    buffer_free(&head);
}

/* A task has no say in it and no cleaning up to do: what it wanted to keep is
 * in runtime memory or in its folder already. */
void host_stop(struct host *worker)
{
    CHECK_MAGIC(worker, HOST_MAGIC);
    if (worker->phase >= HOST_STOPPING)
        return;
    host_send(worker, bytes_text("{\"type\":\"stop\"}"), bytes_make(NULL, 0));
    worker->phase = HOST_STOPPING;
    /* Also the sign that its end was asked for: see describe_exit(). */
    worker->stop_by_ms = clock_monotonic_ms() + STOP_MS;
}

/* The reason is the node's own, which only the node can know. */
void host_kill(struct host *worker, const char *reason)
{
    host_kill_for(worker, HOST_LIMIT_NONE, "%s", reason);
}

/* For metrics, and for tests that kill it. */
pid_t host_pid(const struct host *worker)
{
    return worker->process.pid;
}

/* Since the start, but for resident_bytes: that is of the last look. */
void host_statistics(const struct host *worker, struct host_statistics *out)
{
    CHECK_MAGIC(worker, HOST_MAGIC);
    *out = (struct host_statistics){
        .resident_bytes = worker->resident_bytes,
        .cpu_ms = host_processor_ms(worker),
        .calls = worker->call_id_last,
        .requests = worker->request_total,
        .log_lines_dropped = worker->log_lines_dropped_all,
    };
}
