/*
 * Between the worker's JSON and libcurl's request, and back.
 *
 * Apart from the network rule (node/reach/network_rules.h), which the HTTP
 * client asks about each address, everything that keeps a task's fetch() within
 * bounds stands here: schemes, methods, headers, sizes, time, redirects. It is
 * a module of its own because a node and a simulation must refuse the same
 * things. Pure: nothing is sent from here.
 */
#include "node/reach/fetch_form.h"
#include "base/check.h"

#include "base/error.h"
#include "base/memory.h"

#include <stdlib.h>

/* As the Fetch standard counts them. */
#define REDIRECTS_MAX 20

/* Of the answer, unpacked: half of what a message to the worker can carry. And
 * the time for all of it, redirects included. */
#define FETCH_LIMIT_BYTES (32u << 20)
#define FETCH_TIMEOUT_MS 30000

/* The request borrows from the form, so it goes after the call was started. */
void fetch_form_free(struct fetch_form *form)
{
    CHECK(form);
    for (size_t i = 0; i < form->header_count; i++)
        free((char *)form->headers[i]);
    form->header_count = 0;
}

/* In one line. */
static bool is_plain(const char *text)
{
    return !strpbrk(text, "\r\n");
}

/* [[name, value], …]. A line break would smuggle in another header. What was
 * made before an error is freed with the form. */
static int take_headers(struct json_object *pairs, struct fetch_form *form)
{
    size_t count = json_object_array_length(pairs);

    if (count > FETCH_FORM_HEADERS_MAX)
        return err_set(ERR_LIMIT, "more than %d headers",
                       FETCH_FORM_HEADERS_MAX);
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
        form->headers[form->header_count++] = mem_format("%s: %s", name, value);
    }
    return 0;
}

/* The answer's header lines as pairs, names in lower case (Fetch standard). A
 * header that comes twice stands there twice, as Headers of the Fetch standard
 * want it. */
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

/* Everything in it comes from a task, which is a stranger's program. CONNECT
 * would make a tunnel of the client, past everything that is checked here. */
int fetch_form_request(struct json_object *what, struct bytes body,
                       struct fetch_form *form)
{
    CHECK(form);
    struct http_request *request = &form->request;
    struct json_object *pairs;
    const char *redirect;
    int status;

    *form = (struct fetch_form){
        .request = {.method = "GET",
                    .body = body.size ? body : (struct bytes){0},
                    .headers = form->headers,
                    .limit_bytes = FETCH_LIMIT_BYTES,
                    .timeout_ms = FETCH_TIMEOUT_MS,
                    .redirects_max = REDIRECTS_MAX}};
    if (!json_object_is_type(what, json_type_object))
        return err_set(ERR_INVALID, "fetch takes an object");
    if ((status = json_get_text(what, "url", &request->url)) < 0)
        return status;
    if (strncmp(request->url, "http://", 7) != 0 &&
        strncmp(request->url, "https://", 8) != 0)
        return err_set(ERR_INVALID, "only http and https can be fetched");
    (void)json_get_text(what, "method", &request->method);
    if (!*request->method ||
        strspn(request->method, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") !=
            strlen(request->method) ||
        strlen(request->method) > 16 || !strcmp(request->method, "CONNECT"))
        return err_set(ERR_INVALID, "\"%.20s\" is no method to fetch with",
                       request->method);
    if (json_get_array(what, "headers", &pairs) == 0 &&
        (status = take_headers(pairs, form)) < 0)
        return status;
    if (json_get_text(what, "redirect", &redirect) == 0 &&
        strcmp(redirect, "follow") != 0) {
        request->redirects_max = 0;
        form->is_redirect_error = !strcmp(redirect, "error");
    }
    return 0;
}

/* The body travels beside the JSON, not in it. statusText is empty: HTTP/2 has
 * none, and nobody should count on it. */
int fetch_form_answer(const struct http_response *response,
                      bool is_redirect_error, struct buffer *json)
{
    CHECK(response && json);
    struct json_writer writer = json_writer_make(json);

    if (is_redirect_error && response->status / 100 == 3)
        return err_set(ERR_DENIED, "%.200s: redirected", response->url);
    json_open_object(&writer);
    json_field_u64(&writer, "status", response->status);
    json_field_text(&writer, "statusText", "");
    json_field_text(&writer, "url", response->url);
    json_name(&writer, "headers");
    write_headers(&writer, buffer_view(&response->headers));
    json_close_object(&writer);
    return 0;
}
