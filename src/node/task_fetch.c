/*
 * fetch() of a task, carried out by the node: http and https, under the
 * network rule of the operator, with limits of size, time and rate.
 */
#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "node/task_host.h"

#include <stdlib.h>

/* As the Fetch standard counts them. */
#define REDIRECTS_MAX 20

#define FETCH_LIMIT_BYTES (32u << 20)
#define FETCH_TIMEOUT_MS 30000
#define HEADERS_MAX 100

/* Requests a second, on average and at once: no task turns its nodes into a
 * flood. */
#define FETCHES_PER_S 50
#define FETCHES_AT_ONCE 500

struct header_list {
    const char *lines[HEADERS_MAX + 1];
    size_t count;
};

static void headers_free(struct header_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        free((char *)list->lines[i]);
}

static bool is_plain(const char *text)
{
    return !strpbrk(text, "\r\n");
}

/* [[name, value], …]. A line break would smuggle in another header. */
static int take_headers(struct json_object *pairs, struct header_list *list)
{
    size_t count = json_object_array_length(pairs);

    if (count > HEADERS_MAX)
        return err_set(ERR_LIMIT, "more than %d headers", HEADERS_MAX);
    for (size_t i = 0; i < count; i++) {
        struct json_object *pair = json_object_array_get_idx(pairs, i);
        const char *name, *value;

        if (!json_object_is_type(pair, json_type_array) ||
            json_object_array_length(pair) != 2)
            return err_set(ERR_INVALID, "a header is a name and a value");
        name = json_object_get_string(json_object_array_get_idx(pair, 0));
        value = json_object_get_string(json_object_array_get_idx(pair, 1));
        if (!name || !value || !*name || strpbrk(name, ": ") ||
            !is_plain(name) || !is_plain(value))
            return err_set(ERR_INVALID, "a header's name or value has "
                                        "characters that can't be in it");
        list->lines[list->count++] = mem_format("%s: %s", name, value);
    }
    return 0;
}

/* The answer's header lines as pairs, names in lower case (Fetch standard). */
static void write_headers(struct json_writer *writer, struct bytes lines)
{
    struct bytes left = lines;

    json_open_array(writer);
    while (left.size) {
        const uint8_t *end = memchr(left.data, '\n', left.size);
        size_t size = end ? (size_t)(end + 1 - left.data) : left.size;
        struct bytes line = bytes_trim_right(
            bytes_trim_right(bytes_make(left.data, size), '\n'), '\r');
        const uint8_t *colon =
            line.size ? memchr(line.data, ':', line.size) : NULL;

        left = bytes_make(left.data + size, left.size - size);
        if (!colon)
            continue;
        char *name = mem_format("%.*s", (int)(colon - line.data), line.data);
        struct bytes value =
            bytes_make(colon + 1, line.size - (size_t)(colon + 1 - line.data));

        for (char *at = name; *at; at++)
            if (*at >= 'A' && *at <= 'Z')
                *at += 'a' - 'A';
        while (value.size && (value.data[0] == ' ' || value.data[0] == '\t'))
            value = bytes_make(value.data + 1, value.size - 1);
        json_open_array(writer);
        json_write_text(writer, name);
        json_write_bytes(writer, value);
        json_close_array(writer);
        free(name);
    }
    json_close_array(writer);
}

static void on_response(void *user, int rc, struct http_response *response)
{
    struct host_ask *ask = user;
    struct buffer json = {0};
    struct json_writer writer = json_writer_make(&json);

    if (!runner_arrived(ask->runner)) {
        free(ask);
        return;
    }
    if (rc == 0 && ask->is_redirect_error && response->status / 100 == 3)
        rc = err_set(ERR_DENIED, "%.200s: redirected", response->url);
    if (rc < 0) {
        host_ask_refuse(ask, rc);
        return;
    }
    json_open_object(&writer);
    json_field_u64(&writer, "status", response->status);
    json_field_text(&writer, "statusText", "");
    json_field_text(&writer, "url", response->url);
    json_name(&writer, "headers");
    write_headers(&writer, buffer_view(&response->headers));
    json_close_object(&writer);
    host_ask_answer(ask, buffer_view(&json), buffer_view(&response->body));
    buffer_free(&json);
}

static int start(struct host_ask *ask, struct json_object *what,
                 struct bytes body, struct header_list *headers)
{
    struct task_runner *runner = ask->runner;
    struct http_request request = {
        .method = "GET",
        .body = body.size ? body : (struct bytes){0},
        .headers = headers->lines,
        .limit_bytes = FETCH_LIMIT_BYTES,
        .timeout_ms = FETCH_TIMEOUT_MS,
        .redirects_max = REDIRECTS_MAX,
    };
    struct json_object *pairs;
    const char *redirect;
    int rc;

    if ((rc = json_get_text(what, "url", &request.url)) < 0)
        return rc;
    if (strncmp(request.url, "http://", 7) != 0 &&
        strncmp(request.url, "https://", 8) != 0)
        return err_set(ERR_INVALID, "only http and https can be fetched");
    (void)json_get_text(what, "method", &request.method);
    if (strspn(request.method, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") !=
            strlen(request.method) ||
        strlen(request.method) > 16 || !strcmp(request.method, "CONNECT"))
        return err_set(ERR_INVALID, "\"%.20s\" is no method to fetch with",
                       request.method);
    if (json_get_array(what, "headers", &pairs) == 0 &&
        (rc = take_headers(pairs, headers)) < 0)
        return rc;
    if (json_get_text(what, "redirect", &redirect) == 0 &&
        strcmp(redirect, "follow") != 0) {
        request.redirects_max = 0;
        ask->is_redirect_error = !strcmp(redirect, "error");
    }
    http_client_start(runner->parts->task_http, &request, on_response, ask);
    runner_depart(runner);
    return 0;
}

void host_fetch(struct host_ask *ask, struct json_object *params,
                struct bytes payload)
{
    struct task_runner *runner = ask->runner;
    struct json_object *what = json_object_array_get_idx(params, 0);
    struct header_list headers = {0};
    uint64_t now_ms = clock_monotonic_ms();
    int rc;

    if (!runner->fetches.burst)
        runner->fetches = rate_make(FETCHES_PER_S, FETCHES_AT_ONCE, now_ms);
    if (!json_object_is_type(what, json_type_object))
        rc = err_set(ERR_INVALID, "fetch takes an object");
    else if (!rate_take(&runner->fetches, now_ms, 1))
        rc = err_set(ERR_LIMIT, "more than %d fetches a second", FETCHES_PER_S);
    else
        rc = start(ask, what, payload, &headers);
    headers_free(&headers);
    if (rc < 0)
        host_ask_refuse(ask, rc);
}
