#include "bed.h"
#include "base/base58.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

static void on_ready(void *user, struct host *worker,
                     const struct host_ready *ready)
{
    struct bed *bed = user;
    bed->ready = true;
    bed->start_ms = ready->start_ms;
    bed->sandbox = *ready->sandbox;
}

static void on_log(void *user, struct host *worker, enum log_level level,
                   const char *text)
{
    static const char *const names[] = {"error", "warn", "info", "debug"};
    struct bed *bed = user;
    buffer_format(&bed->log, "%s %s\n", names[level], text);
}

static void on_ended(void *user, struct host *worker,
                     const struct host_end *end)
{
    struct bed *bed = user;
    bed->ended = true;
    bed->worker = NULL;
    bed->end_status = end->status;
    bed->end_limit = end->limit;
    free(bed->end_text); /* of a worker before this one */
    bed->end_text = mem_text(end->text);
}

static void on_cancelled(void *user, struct host *worker, uint64_t id)
{
    struct bed *bed = user;
    bed->cancelled++;
    host_refuse(worker, id, ERR_CANCELLED, "cancelled");
    bed->held = 0;
}

/* "name=VALUE" of a URL's query in new memory, or NULL. */
static char *query_value(const char *url, const char *name)
{
    const char *at = strchr(url, '?');
    size_t size = strlen(name);
    while (at) {
        at++;
        if (!strncmp(at, name, size) && at[size] == '=')
            return mem_format("%.*s", (int)strcspn(at + size + 1, "&"),
                              at + size + 1);
        at = strchr(at, '&');
    }
    return NULL;
}

/* [[name, value], ...]: what the test asks for by "?location=", whose %XX are
 * the bytes of the wire, the request's method and three headers more. */
static void write_page_headers(struct json_writer *writer, const char *url,
                               const char *method)
{
    char *location = query_value(url, "location");
    json_open_array(writer);
    if (location) {
        struct buffer text = {0};
        json_open_array(writer);
        json_write_text(writer, "location");
        for (const char *at = location; *at; at++) {
            unsigned byte = (unsigned char)*at;
            if (*at == '%' && sscanf(at + 1, "%2x", &byte) == 1)
                at += 2;
            if (byte >= 0x80)
                buffer_u8(&text, (uint8_t)(0xc0 | byte >> 6));
            buffer_u8(&text,
                      (uint8_t)(byte < 0x80 ? byte : 0x80 | (byte & 0x3f)));
        }
        json_write_bytes(writer, buffer_view(&text));
        json_close_array(writer);
        buffer_free(&text);
    }
    json_open_array(writer);
    json_write_text(writer, "x-method");
    json_write_text(writer, method);
    json_close_array(writer);
    json_write_raw(writer, bytes_text("[\"content-type\",\"text/plain\"],"
                                      "[\"x-twice\",\"a\"],"
                                      "[\"x-twice\",\"b\"],"
                                      "[\"x-bytes\",\"\\u00e9\\u00ff\"]"));
    json_close_array(writer);
    free(location);
}

/* What a page at that URL would be: "?status=" and "?location=" say what it
 * answers, and the answer's body is the request as the node saw it: for a path
 * of "/json" all of it, else its method, URL and body. */
static void answer_fetch(struct host *worker, uint64_t id,
                         struct json_object *params, struct bytes payload)
{
    struct json_object *request = json_object_array_get_idx(params, 0);
    const char *url, *method;
    struct buffer body = {0}, head = {0};
    CHECK(!json_get_text(request, "url", &url));
    CHECK(!json_get_text(request, "method", &method));
    if (strstr(url, "unreachable")) {
        host_refuse(worker, id, ERR_NETWORK, "no route to that host");
        return;
    }
    char *status = query_value(url, "status");
    struct json_writer writer = json_writer_make(&head);
    json_open_object(&writer);
    json_field_u64(&writer, "status", status ? strtoul(status, NULL, 10) : 200);
    json_field_text(&writer, "statusText", "Of course");
    json_name(&writer, "headers");
    write_page_headers(&writer, url, method);
    json_close_object(&writer);
    if (strstr(url, "/json")) {
        json_object_object_add(
            request, "text",
            json_object_new_string_len((const char *)payload.data,
                                       (int)payload.size));
        json_text(request, &body);
    } else {
        buffer_format(&body, "%s %s ", method, url);
        buffer_bytes(&body, payload);
    }
    host_answer(worker, id, buffer_view(&head), buffer_view(&body));
    buffer_free(&head);
    buffer_free(&body);
    free(status);
}

/* Which key was asked for and what it was to sign, instead of a signature. */
static void answer_sign(struct host *worker, uint64_t id,
                        struct json_object *params, struct bytes payload)
{
    struct buffer message = {0}, text = {0};
    buffer_format(&message, "%s ",
                  json_object_get_string(json_object_array_get_idx(params, 0)));
    buffer_bytes(&message, payload);
    buffer_u8(&text, '"');
    base58_encode(buffer_view(&message), &text);
    buffer_u8(&text, '"');
    host_answer(worker, id, buffer_view(&text), bytes_make(NULL, 0));
    buffer_free(&message);
    buffer_free(&text);
}

/* What the chain has from round 98 on: five nodes submitted, and in 99 four of
 * them; the payout of round 101 failed. */
static bool answer_round(struct host *worker, uint64_t id, const char *method,
                         struct json_object *params)
{
    static const char *const nodes[] = {"AAAA1", "BBBB22", "CCCC333",
                                        "DDDD4444", "EEEE5"};
    uint64_t round = 0;
    struct buffer text = {0};
    bool is_list = !strcmp(method, "getTaskDistributionInfo");
    if ((!is_list && strcmp(method, "getTaskSubmissionInfo") != 0) ||
        !json_is_u64(json_object_array_get_idx(params, 0), &round) ||
        round < 90)
        return false;
    if (is_list) {
        buffer_text(&text, round == 101
                               ? "{\"distributions_audit_record\":{\"101\":"
                                 "\"PayoutFailed\"},"
                                 "\"distribution_rewards_submission\":"
                                 "{\"101\":{\"BBBB22\":{}}}}"
                               : "{\"distributions_audit_record\":{}}");
    } else {
        size_t count = round == 99 ? 4 : 5;
        buffer_format(&text, "{\"submissions\":{\"%u\":{",
                      round < 98 ? 0 : (unsigned)round);
        for (size_t i = 0; i < count; i++)
            buffer_format(&text,
                          "%s\"%s\":{\"submission_value\":\"%s of %u\","
                          "\"slot\":%zu,\"round\":%u}",
                          i ? "," : "", nodes[i], nodes[i], (unsigned)round,
                          (size_t)round * 10 + strlen(nodes[i]),
                          (unsigned)round);
        buffer_text(&text, "}}}");
    }
    host_answer(worker, id, buffer_view(&text), bytes_make(NULL, 0));
    buffer_free(&text);
    return true;
}

static void on_request(void *user, struct host *worker, uint64_t id,
                       const char *method, struct json_object *params,
                       struct bytes payload)
{
    struct bed *bed = user;
    struct buffer text = {0};
    bed->requests++;
    if (!strcmp(method, "fetch")) {
        if (strstr(json_object_to_json_string(params), "hold"))
            bed->held = id;
        else
            answer_fetch(worker, id, params, payload);
        return;
    }
    if (answer_round(worker, id, method, params)) {
        /* of a round that has something */
    } else if (!strcmp(method, "getRound")) {
        host_answer(worker, id, bytes_text("7"), bytes_make(NULL, 0));
    } else if (!strcmp(method, "logger")) {
        host_answer(worker, id, bytes_text("true"), bytes_make(NULL, 0));
    } else if (!strcmp(method, "signData")) {
        answer_sign(worker, id, params, payload);
    } else if (!strcmp(method, "storagePut")) {
        /* What arrived, as a name that the test can look at. */
        buffer_format(&text, "\"cid-of-%zu-bytes\"", payload.size);
        host_answer(worker, id, buffer_view(&text), bytes_make(NULL, 0));
    } else if (!strcmp(method, "storageGet")) {
        host_answer(worker, id, bytes_make(NULL, 0),
                    bytes_text("evidence \xe2\x82\xac"));
    } else if (!strcmp(method, "echo") || !strcmp(method, "getTaskState")) {
        json_text(params, &text);
        host_answer(worker, id, buffer_view(&text), payload);
    } else {
        host_refuse(worker, id, ERR_UNSUPPORTED, "no such request");
    }
    buffer_free(&text);
}

static const struct host_events host = {
    .ready = on_ready,
    .request = on_request,
    .cancelled = on_cancelled,
    .log = on_log,
    .ended = on_ended,
};

/* One at a time. A failed check leaves its function and with it a bed, whose
 * process is still known to libuv: the end of that process would be written
 * into memory that is gone. So the program ends with its failed test. */
static bool is_open;

void bed_open(struct bed *bed)
{
    char folder[] = "/tmp/pond-runtime-XXXXXX";
    if (is_open) {
        print_error("the tests after the failed one are left out, because "
                    "its worker is still there\n");
        fflush(NULL);
        _exit(1);
    }
    is_open = true;
    memset(bed, 0, sizeof(*bed));
    assert_int_equal(uv_loop_init(&bed->loop), 0);
    bed->memory = memory_new(1u << 20);
    assert_non_null(mkdtemp(folder));
    bed->folder = mem_text(folder);
}

void bed_keep(struct bed *bed)
{
    assert_true(is_open && !bed->ended);
    is_open = false;
}

/* In the line of the source's first, whose number stays. */
static const char rest_of_six[] =
    "{ const manager = require('@_koii/task-manager');"
    "const { initializeTaskManager } = manager;"
    "manager.initializeTaskManager = (some) => initializeTaskManager({"
    "setup() {}, task() {}, submission() {}, audit() {}, distribution() {},"
    "routes() {}, ...some }); }";

struct host_options bed_options(struct bed *bed, const char *source)
{
    buffer_clear(&bed->source);
    if (strstr(source, "initializeTaskManager("))
        buffer_text(&bed->source, rest_of_six);
    buffer_text(&bed->source, source);
    return (struct host_options){
        .program = POND_WORKER,
        .task_id = "Task1111111111111111111111111111111111111111",
        .task_name = "test",
        .folder = bed->folder,
        /* Machines without Landlock run the tests, too. */
        .confinement = CONFINEMENT_ANY,
        .source = buffer_view(&bed->source),
        .variables = "{\"COLOUR\":\"blue\"}",
        .main_account = "Main1111111111111111111111111111111111111111",
        .staking_account = "Stake111111111111111111111111111111111111111",
        .memory = bed->memory,
        .limits.memory_bytes = (uint64_t)BED_MEMORY_MB << 20,
    };
}

void bed_start_with(struct bed *bed, const struct host_options *options)
{
    if (host_start(&bed->loop, options, &host, bed, &bed->worker))
        fail_msg("%s", err_text());
}

void bed_start(struct bed *bed, const char *source)
{
    bed_open(bed);
    struct host_options options = bed_options(bed, source);
    bed_start_with(bed, &options);
}

/* Wakes the loop so that a wait can end in time. */
static void wake(uv_timer_t *timer)
{
}

void bed_run(struct bed *bed, const bool *flag)
{
    uint64_t end_ms = clock_monotonic_ms() + BED_WAIT_MS;
    uv_timer_t timer;
    uv_timer_init(&bed->loop, &timer);
    uv_timer_start(&timer, wake, 50, 50);
    while (!*flag && clock_monotonic_ms() < end_ms)
        uv_run(&bed->loop, UV_RUN_ONCE);
    bool in_time = *flag;
    uv_close((uv_handle_t *)&timer, NULL);
    uv_run(&bed->loop, UV_RUN_NOWAIT);
    if (!in_time)
        fail_msg("nothing happened in time; log: %s end: %s",
                 buffer_string(&bed->log), bed->end_text);
}

static char *copy_or_null(const char *text)
{
    return text ? mem_text(text) : NULL;
}

static void on_result(void *user, const struct host_result *result)
{
    struct bed_result *copy = user;
    copy->done = true;
    copy->status = result->status;
    copy->limit = result->limit;
    copy->json = copy_or_null(result->json);
    buffer_bytes(&copy->payload, result->payload);
    copy->text = copy_or_null(result->text);
    copy->stack = copy_or_null(result->stack);
}

void bed_begin(struct bed *bed, const char *function, const char *args,
               uint32_t limit_ms, struct bed_result *result)
{
    memset(result, 0, sizeof(*result));
    if (host_call(bed->worker, function, args, limit_ms, on_result, result))
        fail_msg("%s", err_text());
}

struct bed_result bed_call(struct bed *bed, const char *function,
                           const char *args, uint32_t limit_ms)
{
    struct bed_result result;
    bed_begin(bed, function, args, limit_ms, &result);
    bed_run(bed, &result.done);
    return result;
}

struct bed_result bed_call_bytes(struct bed *bed, const char *function,
                                 const char *args, struct bytes payload,
                                 uint32_t limit_ms)
{
    struct bed_result result = {0};
    if (host_call_bytes(bed->worker, function, args, payload, limit_ms,
                        on_result, &result))
        fail_msg("%s", err_text());
    bed_run(bed, &result.done);
    return result;
}

void bed_result_free(struct bed_result *result)
{
    free(result->json);
    buffer_free(&result->payload);
    free(result->text);
    free(result->stack);
}

void bed_wait_end(struct bed *bed)
{
    bed_run(bed, &bed->ended);
}

void bed_close(struct bed *bed)
{
    if (!bed->ended) {
        host_stop(bed->worker);
        bed_wait_end(bed);
    }
    uv_run(&bed->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&bed->loop), 0);
    assert_int_equal(file_remove_tree(bed->folder), 0);
    memory_free(bed->memory);
    buffer_free(&bed->log);
    buffer_free(&bed->source);
    free(bed->folder);
    free(bed->end_text);
    is_open = false;
}

bool bed_log_has(struct bed *bed, const char *text)
{
    return strstr(buffer_string(&bed->log), text) != NULL;
}
