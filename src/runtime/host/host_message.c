/*
 * What a worker says, which may be anything: a task that found a hole in its
 * engine writes these bytes. So each field is checked, a message that is not
 * understood ends the worker, and what the node holds for a worker is bounded.
 *
 * The bounds: a head is at most MESSAGE_HEAD_TO_NODE_MAX, calls and requests
 * are counted against their limits, log lines and messages against their rates,
 * and an error's texts are cut. Within the bounds the worker is believed,
 * because it speaks only for its task.
 *
 * There is no answer "bad message". Both ends are one build, so a wrong message
 * is no misunderstanding, and another try would only help an attacker.
 */
#include "base/check.h"
#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "runtime/host/host_state.h"
#include <inttypes.h>
#include <stdlib.h>

/* Bytes of a task's error that are kept, of message and stack each: they go
 * into logs and reports. */
#define ERROR_TEXT_MAX 8192

/* A worker of this build makes no such mistake, so an attacker is in control of
 * it, and the worker ends. */
static void broke_rules(struct host *worker, const char *what)
{
    host_kill_for(worker, HOST_LIMIT_PROTOCOL,
                  "the worker broke the rules of its socket: %s", what);
}

/* hello */

/* False, and the worker is killed, if it did not report a layer that the node
 * wants. */
static bool is_confined(struct host *worker)
{
    const char *missing =
        confinement_missing(&worker->sandbox, worker->confinement);
    if (!missing)
        return true;
    host_kill_for(worker, HOST_LIMIT_SANDBOX,
                  "the task can't be confined: this machine has no %s; `pond "
                  "doctor` says what to do",
                  missing);
    return false;
}

/* The message may come again; only what it said before ready() is handed on. A
 * worker that lies here only makes the node's log wrong: the kernel protects
 * the node, not this message. An honest worker that misses a layer waits until
 * it is ended here. */
static void on_hello(struct host *worker, struct json_object *head)
{
    struct json_object *report;
    if (json_get_object(head, "sandbox", &report)) {
        broke_rules(worker, err_text());
        return;
    }
    confinement_read(report, &worker->sandbox);
    is_confined(worker);
}

/* ready, failed */

/* Once, and only while loading. While it is being stopped the race is lost
 * without harm. */
static void on_ready(struct host *worker, struct json_object *head,
                     uint64_t now_ms)
{
    struct host_ready ready = {.sandbox = &worker->sandbox};
    if (worker->phase == HOST_STOPPING)
        return;
    if (worker->phase != HOST_STARTING ||
        json_get_array(head, "functions", &ready.functions)) {
        broke_rules(worker, "ready at the wrong time");
        return;
    }
    /* Also one that reported nothing. */
    if (!is_confined(worker))
        return;
    /* Before the callback, which may call functions. */
    worker->phase = HOST_READY;
    worker->loaded = true;
    ready.start_ms = (uint32_t)(now_ms - worker->started_ms);
    /* Calls made so far begin to count now. */
    for (struct host_open_call *call = worker->calls; call; call = call->next)
        call->began_ms = now_ms;
    if (worker->events.ready)
        worker->events.ready(worker->user, worker, &ready);
}

/* A text field as it is: a task's texts may hold a NUL. False if none. */
static bool take_text(struct json_object *object, const char *name,
                      struct bytes *text)
{
    struct json_object *value = json_object_object_get(object, name);
    if (!json_object_is_type(value, json_type_string))
        return false;
    *text = bytes_make(json_object_get_string(value),
                       (size_t)json_object_get_string_len(value));
    return true;
}

/* Control characters could steer the reader's terminal. */
static bool is_shown(uint8_t byte)
{
    return byte >= 0x20 ? byte != 0x7f : byte == '\t';
}

/* A text field up to a NUL, cut to what is kept; "" if it is not a text. */
static char *copy_text(struct json_object *object, const char *name)
{
    struct bytes text = bytes_make(NULL, 0);
    take_text(object, name, &text);
    size_t size = text.size;
    if (size > ERROR_TEXT_MAX) {
        size = ERROR_TEXT_MAX;
        /* Cut before a character, not inside of it. */
        while (size && (text.data[size] & 0xc0) == 0x80)
            size--;
    }
    char *copy = mem_alloc(size + 1);
    size_t used = 0;
    for (size_t i = 0; i < size && text.data[i]; i++)
        if (is_shown(text.data[i]) || text.data[i] == '\n')
            copy[used++] = (char)text.data[i];
    copy[used] = 0;
    return copy;
}

/* The worker sits there without a task; it is ended for the task's fault, not
 * for its own. */
static void on_failed(struct host *worker, struct json_object *head)
{
    struct json_object *error = NULL;
    if (worker->phase != HOST_STARTING) {
        broke_rules(worker, "failed after it was ready");
        return;
    }
    json_get_object(head, "error", &error);
    char *text = copy_text(error, "message");
    char *stack = copy_text(error, "stack");
    host_kill_for(worker, HOST_LIMIT_NONE,
                  "main.js could not be loaded: %s%s%s", text,
                  *stack ? "\n" : "", stack);
    free(stack);
    free(text);
}

/* result */

/* What a call can fail with besides the task's own error; the words are
 * err_name()'s. */
static const struct {
    const char *code;
    int status;
} call_codes[] = {
    {"range", ERR_RANGE},
    {"not found", ERR_NOT_FOUND},
    {"not possible now", ERR_STATE},
    {"unsupported", ERR_UNSUPPORTED},
};

/* What the task threw, or the time limit, which the worker saw and reports
 * with the place its script was at. */
static void fail_call(struct host *worker, struct host_open_call *call,
                      struct json_object *error, struct host_result *result)
{
    struct buffer time_text = {0};
    const char *limit, *code;
    char *text = copy_text(error, "message");
    char *stack = copy_text(error, "stack");
    result->status = ERR_REMOTE;
    result->text = text;
    result->stack = stack;
    if (!json_get_text(error, "code", &code))
        for (size_t i = 0; i < sizeof(call_codes) / sizeof(call_codes[0]); i++)
            if (!strcmp(code, call_codes[i].code))
                result->status = call_codes[i].status;
    /* Elsewhere a call that took too long ends with its worker. */
    if (worker->has_clock && !json_get_text(error, "code", &code) &&
        !strcmp(code, err_name(ERR_TIMEOUT))) {
        result->status = ERR_TIMEOUT;
        result->limit = HOST_LIMIT_TIME;
    }
    if (!json_get_text(error, "limit", &limit) && !strcmp(limit, "time")) {
        host_time_text(call, &time_text);
        result->status = ERR_TIMEOUT;
        result->limit = HOST_LIMIT_TIME;
        result->text = buffer_string(&time_text);
        host_kill_for(worker, HOST_LIMIT_TIME, "%s", result->text);
    }
    host_end_call(worker, call, result);
    buffer_free(&time_text);
    free(stack);
    free(text);
}

/* The value is written anew, so that the caller gets well-formed JSON of
 * bounded depth. */
static void on_result(struct host *worker, struct json_object *head,
                      struct bytes payload, uint64_t now_ms)
{
    uint64_t id, waited_ms;
    bool ok;
    struct json_object *error = NULL;
    if (json_get_u64(head, "id", &id) || json_get_bool(head, "ok", &ok)) {
        broke_rules(worker, err_text());
        return;
    }
    struct host_open_call *call = worker->calls;
    while (call && call->id != id)
        call = call->next;
    if (!call) {
        broke_rules(worker, "a result for no call");
        return;
    }
    struct host_result result = {.stack = ""};
    /* A result before ready can't be, but costs nothing to allow for. */
    if (call->began_ms)
        result.taken_ms = (uint32_t)(now_ms - call->began_ms);
    if (worker->has_clock && !json_get_u64(head, "waited_ms", &waited_ms))
        result.taken_ms = waited_ms < UINT32_MAX - result.taken_ms
                              ? result.taken_ms + (uint32_t)waited_ms
                              : UINT32_MAX;
    if (!ok) {
        json_get_object(head, "error", &error);
        if (error)
            fail_call(worker, call, error, &result);
        else
            broke_rules(worker, "a failure without an error");
        return;
    }
    struct buffer text = {0};
    /* Absent is null: a function without a return value. */
    json_text(json_object_object_get(head, "result"), &text);
    result.json = buffer_string(&text);
    result.payload = payload;
    host_end_call(worker, call, &result);
    buffer_free(&text);
}

/* log */

/* An unknown level is a plain line, not a fault. */
static enum log_level level_of(const char *name)
{
    if (!strcmp(name, "error"))
        return LOG_ERROR;
    if (!strcmp(name, "warn"))
        return LOG_WARN;
    return strcmp(name, "debug") ? LOG_INFO : LOG_DEBUG;
}

/* To the host, if it wants to know. */
static void log_text(struct host *worker, enum log_level level,
                     const char *text)
{
    if (worker->events.log)
        worker->events.log(worker->user, worker, level, text);
}

/* Dropped lines are counted, and the count is logged before the next line that
 * passes, so a reader knows that lines are missing and where. */
static void log_line(struct host *worker, enum log_level level,
                     struct bytes line, uint64_t now_ms)
{
    struct buffer clean = {0};
    /* A line above the burst could never pass: not asked, so that it doesn't
     * use up a line of the other rate. */
    if (line.size > worker->log_bytes.burst ||
        !rate_take(&worker->log_lines, now_ms, 1) ||
        !rate_take(&worker->log_bytes, now_ms, line.size)) {
        worker->log_lines_dropped++;
        worker->log_lines_dropped_all++;
        return;
    }
    if (worker->log_lines_dropped) {
        buffer_format(&clean, "%" PRIu64 " lines above the log rate dropped",
                      worker->log_lines_dropped);
        worker->log_lines_dropped = 0;
        log_text(worker, LOG_WARN, buffer_string(&clean));
        buffer_clear(&clean);
    }
    for (size_t i = 0; i < line.size; i++)
        if (is_shown(line.data[i]))
            buffer_u8(&clean, line.data[i]);
    log_text(worker, level, buffer_string(&clean));
    buffer_free(&clean);
}

/* One message may hold many lines, a stack for instance: each counts. */
static void on_log(struct host *worker, struct json_object *head,
                   uint64_t now_ms)
{
    const char *level;
    struct bytes text;
    if (json_get_text(head, "level", &level) ||
        !take_text(head, "text", &text)) {
        broke_rules(worker, "a log message without level and text");
        return;
    }
    for (;;) {
        const uint8_t *end =
            text.size ? memchr(text.data, '\n', text.size) : NULL;
        size_t size = end ? (size_t)(end - text.data) : text.size;
        log_line(worker, level_of(level), bytes_make(text.data, size), now_ms);
        if (!end)
            return;
        text = bytes_make(end + 1, text.size - size - 1);
    }
}

/* request, cancel */

/* The request is noted as open before it is handed on, because it may be
 * answered at once. */
static void on_request(struct host *worker, struct json_object *head,
                       struct bytes payload, uint64_t now_ms)
{
    uint64_t id;
    size_t place;
    const char *method;
    struct json_object *params;
    if (json_get_u64(head, "id", &id) ||
        json_get_text(head, "method", &method) ||
        json_get_array(head, "params", &params)) {
        broke_rules(worker, err_text());
        return;
    }
    if (host_find_request(worker, id, &place)) {
        broke_rules(worker, "a request's number used twice");
        return;
    }
    if (worker->request_count == worker->limits.open_requests) {
        broke_rules(worker, "more open requests than its limit");
        return;
    }
    /* There is room: just compared with the limit. */
    worker->requests[worker->request_count++] = id;
    worker->request_total++;
    if (host_body_request(worker, id, method, params))
        return;
    if (host_store_request(worker, id, method, params, now_ms))
        return;
    if (worker->events.request)
        worker->events.request(worker->user, worker, id, method, params,
                               payload);
    else
        host_refuse(worker, id, ERR_UNSUPPORTED,
                    "this node answers no requests");
}

/* This is only a wish: the request stays open until the host has answered. */
static void on_cancel(struct host *worker, struct json_object *head)
{
    uint64_t id;
    size_t place;
    if (json_get_u64(head, "id", &id)) {
        broke_rules(worker, err_text());
        return;
    }
    /* Its answer may just be under way. */
    if (host_find_request(worker, id, &place) && worker->events.cancelled)
        worker->events.cancelled(worker->user, worker, id);
}

/* In the order of how often they come. */
static void take_message(struct host *worker, const struct message *message,
                         uint64_t now_ms)
{
    struct json_object *head = NULL;
    const char *type;
    if (json_check_values(message->head, MESSAGE_VALUES_TO_NODE_MAX) ||
        json_parse(message->head, &head) || json_get_text(head, "type", &type))
        broke_rules(worker, err_text());
    else if (worker->phase == HOST_SPARE)
        broke_rules(worker, "a message before there is a task");
    else if (!strcmp(type, "log"))
        on_log(worker, head, now_ms);
    else if (!strcmp(type, "request"))
        on_request(worker, head, message->payload, now_ms);
    else if (!strcmp(type, "result"))
        on_result(worker, head, message->payload, now_ms);
    else if (!strcmp(type, "cancel"))
        on_cancel(worker, head);
    else if (!strcmp(type, "ready"))
        on_ready(worker, head, now_ms);
    else if (!strcmp(type, "hello"))
        on_hello(worker, head);
    else if (!strcmp(type, "failed"))
        on_failed(worker, head);
    else
        broke_rules(worker, "a message of an unknown type");
    /* head is NULL, which is allowed, if the message could not be parsed. */
    json_object_put(head);
}

/* A callback may kill the worker between two messages; the rest is then not
 * looked at. */
void host_continue(struct host *worker, uint64_t now_ms)
{
    CHECK_MAGIC(worker, HOST_MAGIC);
    worker->paused = false;
    while (worker->phase != HOST_KILLED && !worker->paused) {
        struct message message;
        bool more;
        if (message_reader_next(&worker->reader, &message, &more)) {
            broke_rules(worker, err_text());
            return;
        }
        if (!more)
            return;
        /* Taken although it is one too many: it was read already. */
        worker->paused = !rate_force(&worker->messages, now_ms, 1);
        take_message(worker, &message, now_ms);
    }
}

/* While paused, bytes that were read already wait in the reader. They are at
 * most those of one read, because the socket is not read meanwhile. */
void host_receive(struct host *worker, struct bytes bytes, uint64_t now_ms)
{
    message_reader_add(&worker->reader, bytes);
    if (!worker->paused)
        host_continue(worker, now_ms);
}
