/*
 * Answers of handlers.
 */
#include "node/page/api_state.h"

#include "base/check.h"
#include "base/error.h"
#include "base/memory.h"
#include "page/page_headers.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static void send_copy(struct http_exchange *exchange, unsigned http_status,
                      struct bytes json)
{
    page_headers(exchange, PAGE_DONT_KEEP);
    http_answer(exchange, http_status, "application/json", json);
}

/* Keep the answer for whoever sends the order again, and give it to those who
 * have done so meanwhile. */
static void keep(struct api_repeat_entry *entry, unsigned http_status,
                 struct bytes json)
{
    entry->is_done = true;
    entry->http_status = http_status;
    buffer_bytes(&entry->answer, json);
    while (entry->waiting) {
        struct api_request *request = entry->waiting;

        entry->waiting = request->waiting;
        send_copy(request->exchange, http_status, json);
        api_request_end(request);
    }
}

/* Every answer goes through here. The body may have a secret, and is
 * overwritten before anybody hears of the answer. */
static void answer(struct api_request *request, unsigned http_status,
                   struct buffer *json)
{
    struct api *api = request->api;

    CHECK_MAGIC(api, API_MAGIC);
    if (!json->size)
        buffer_text(json, "{}");
    api_take_body(request, NULL);
    api_forget_status(api);
    if (request->entry)
        keep(request->entry, http_status, buffer_view(json));
    if (request->exchange) {
        page_headers(request->exchange, PAGE_DONT_KEEP);
        http_answer_buffer(request->exchange, http_status, "application/json",
                           json);
    }
    buffer_free(json);
    api_request_end(request);
}

void api_answer(struct api_request *request, struct buffer *json)
{
    answer(request, 200, json);
}

void api_answer_text(struct api_request *request, const char *type,
                     struct buffer *text)
{
    CHECK_MAGIC(request->api, API_MAGIC);
    CHECK(!request->entry);
    if (request->exchange) {
        page_headers(request->exchange, PAGE_DONT_KEEP);
        http_answer_buffer(request->exchange, 200, type, text);
    }
    buffer_free(text);
    api_request_end(request);
}

void api_answer_job(struct api_request *request, const char *kind,
                    const char *about)
{
    struct buffer json = {0};
    struct json_writer writer = json_writer_make(&json);
    char *id = mem_format("%s-%s", kind, about);

    json_open_object(&writer);
    json_field_text(&writer, "job", id);
    json_close_object(&writer);
    free(id);
    answer(request, 202, &json);
}

static void refuse(struct api_request *request, unsigned http_status,
                   const char *code, const char *field, const char *message)
{
    struct buffer json = {0};
    struct json_writer writer = json_writer_make(&json);

    json_open_object(&writer);
    json_name(&writer, "error");
    json_open_object(&writer);
    json_field_text(&writer, "code", code);
    json_name(&writer, "message");
    json_write_bytes(&writer, bytes_text(message));
    if (field)
        json_field_text(&writer, "field", field);
    json_close_object(&writer);
    json_close_object(&writer);
    answer(request, http_status, &json);
}

void api_refuse(struct api_request *request, unsigned http_status,
                const char *code, const char *field, const char *format, ...)
{
    char message[ERR_TEXT_SIZE];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(message, sizeof(message), format, arguments);
    va_end(arguments);
    refuse(request, http_status, code, field, message);
}

/* What was asked wrongly, what is not there, what can't be now, what the chain
 * refuses, and the node's own trouble. */
static const struct {
    int status;
    unsigned http_status;
    const char *code;
} answers[] = {
    {ERR_INVALID, 400, "form"},        {ERR_RANGE, 400, "form"},
    {ERR_NOT_FOUND, 404, "not_found"}, {ERR_EXISTS, 409, "exists"},
    {ERR_STATE, 409, "not_now"},       {ERR_LIMIT, 409, "limit"},
    {ERR_BUSY, 409, "busy"},           {ERR_LOCKED, 409, "locked"},
    {ERR_DENIED, 403, "denied"},       {ERR_REMOTE, 422, "refused"},
    {ERR_UNSUPPORTED, 501, "missing"}, {ERR_CANCELLED, 503, "stopping"},
    {ERR_CLOSED, 503, "stopping"},     {ERR_NETWORK, 504, "settlement"},
    {ERR_TIMEOUT, 504, "settlement"},
};

void api_answer_error_at(struct api_request *request, int status,
                         const char *field)
{
    unsigned http_status = 500;
    const char *code = "fault";

    CHECK(status < 0);
    for (size_t i = 0; i < sizeof(answers) / sizeof(*answers); i++)
        if (answers[i].status == status) {
            http_status = answers[i].http_status;
            code = answers[i].code;
        }
    refuse(request, http_status, code, field, err_text());
}

void api_answer_error(struct api_request *request, int status)
{
    api_answer_error_at(request, status, NULL);
}

void api_finish(struct api_request *request, int status, struct buffer *json)
{
    if (!status) {
        api_answer(request, json);
        return;
    }
    api_answer_error(request, status);
    buffer_free(json);
}

/* ---- the form of lists ---- */

#define LIMIT_DEFAULT 50
#define LIMIT_MAX 200

const char *api_query(struct api_request *request, const char *name)
{
    return request->exchange ? http_query(request->exchange, name) : NULL;
}

int api_list(struct api_request *request, size_t *limit, const char **before)
{
    const char *text = api_query(request, "limit");

    *before = api_query(request, "before");
    *limit = LIMIT_DEFAULT;
    if (!text)
        return 0;
    char *end;
    unsigned long value = strtoul(text, &end, 10);
    if (*text < '0' || *text > '9' || *end || !value || value > LIMIT_MAX)
        return err_set(ERR_INVALID, "limit is a number from 1 to %d",
                       LIMIT_MAX);
    *limit = value;
    return 0;
}
