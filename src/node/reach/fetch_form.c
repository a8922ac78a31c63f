/*
 * Between the worker's JSON and libcurl's request, and back.
 *
 * Apart from the network rule (net/address_rule.h), which the HTTP
 * client asks about each address, everything that keeps a task's fetch() within
 * bounds stands here: schemes, methods, headers, sizes, time. It is a module of
 * its own because a node and a simulation must refuse the same things. Pure:
 * nothing is sent from here.
 *
 * Redirects are answers like others here. The worker follows them
 * (runtime/js/fetch.js), because the Fetch standard's steps need the standard's
 * URL parser, and each hop comes back as a request under all of these rules.
 *
 * Header values are bytes on the wire and characters U+0000 to U+00FF in
 * JavaScript, one for each byte (the standard's "isomorphic" decoding).
 */
#include "node/reach/fetch_form.h"
#include "base/check.h"

#include "base/error.h"
#include "base/latin1.h"
#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

/* Of the answer, unpacked: as much as a task's file may have. It comes in
 * pieces, so the node never holds it. */
#define FETCH_LIMIT_BYTES (256u << 20)

/* Of silence, and of a whole answer. */
#define FETCH_SILENCE_MS 30000
#define FETCH_TIMEOUT_MS (15u * 60 * 1000)

/* The longest registered one has 18 characters (UPDATEREDIRECTREF). */
#define METHOD_SIZE_MAX 64

/* The request borrows from the form, so it goes after the call was started. */
void fetch_form_free(struct fetch_form *form)
{
    CHECK(form);
    for (size_t i = 0; i < form->header_count; i++)
        free((char *)form->headers[i]);
    form->header_count = 0;
}

/* The characters of methods and header names (RFC 9110, 5.6.2). */
static bool is_token(const char *text)
{
    static const char characters[] = "!#$%&'*+-.^_`|~0123456789"
                                     "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                     "abcdefghijklmnopqrstuvwxyz";

    return *text && text[strspn(text, characters)] == '\0';
}

/* One byte for each character, appended. False for a character above U+00FF,
 * a NUL and a line break: the last would smuggle in another header. */
static bool append_value(struct bytes utf8, struct buffer *out)
{
    for (size_t i = 0; i < utf8.size; i++)
        if (utf8.data[i] == '\0' || utf8.data[i] == '\r' ||
            utf8.data[i] == '\n')
            return false;
    return latin1_from_utf8(utf8, out) == 0;
}

/* "name: value" in new memory, or NULL if the pair is no header. */
static char *make_header(struct json_object *pair)
{
    struct json_object *name, *value;
    struct buffer line = {0};
    char *header = NULL;

    if (!json_object_is_type(pair, json_type_array) ||
        json_object_array_length(pair) != 2)
        return NULL;
    name = json_object_array_get_idx(pair, 0);
    value = json_object_array_get_idx(pair, 1);
    if (!json_object_is_type(name, json_type_string) ||
        !json_object_is_type(value, json_type_string) ||
        (int)strlen(json_object_get_string(name)) !=
            json_object_get_string_len(name) ||
        !is_token(json_object_get_string(name)))
        return NULL;
    buffer_format(&line, "%s: ", json_object_get_string(name));
    if (append_value(bytes_make((const uint8_t *)json_object_get_string(value),
                                (size_t)json_object_get_string_len(value)),
                     &line))
        header = mem_text(buffer_string(&line));
    buffer_free(&line);
    return header;
}

/* Headers that say where a message ends are libcurl's to write. Calls of many
 * tasks share connections, and a task that lied there would have its own text
 * read as another task's request. A length that is true is left out; Node
 * refuses the same headers. */
static int check_framing(const char *header, size_t body_size, bool *is_ours)
{
    static const char *const never[] = {
        "Expect:", "Keep-Alive:", "Transfer-Encoding:", "Upgrade:"};
    const char *value = strchr(header, ':') + 2;
    bool is_true = true;

    *is_ours = false;
    for (size_t i = 0; i < sizeof(never) / sizeof(*never); i++)
        if (!strncasecmp(header, never[i], strlen(never[i])))
            is_true = false;
    if (!strncasecmp(header, "Connection:", 11)) {
        *is_ours = true;
        is_true =
            !strcasecmp(value, "close") || !strcasecmp(value, "keep-alive");
    } else if (!strncasecmp(header, "Content-Length:", 15)) {
        char size[24];

        *is_ours = true;
        snprintf(size, sizeof(size), "%zu", body_size);
        is_true = !strcmp(value, size);
    }
    return is_true ? 0
                   : err_set(ERR_INVALID,
                             "fetch can't send the header \"%.60s\"", header);
}

/* [[name, value], …]. What was made before an error is freed with the form. */
static int take_headers(struct json_object *pairs, size_t body_size,
                        struct fetch_form *form)
{
    size_t count = json_object_array_length(pairs);

    if (count > FETCH_FORM_HEADERS_MAX)
        return err_set(ERR_LIMIT, "more than %d headers",
                       FETCH_FORM_HEADERS_MAX);
    for (size_t i = 0; i < count; i++) {
        char *header = make_header(json_object_array_get_idx(pairs, i));

        if (!header)
            return err_set(ERR_INVALID,
                           "a header is a name and a value of characters that "
                           "can be in them");
        bool is_ours;
        int status = check_framing(header, body_size, &is_ours);

        if (status || is_ours)
            free(header);
        else
            form->headers[form->header_count++] = header;
        if (status)
            return status;
    }
    return 0;
}

/* Without the spaces and tabs around it (RFC 9110, 5.5). */
static struct bytes trim_value(struct bytes value)
{
    while (value.size && (value.data[0] == ' ' || value.data[0] == '\t'))
        value = bytes_make(value.data + 1, value.size - 1);
    while (value.size && (value.data[value.size - 1] == ' ' ||
                          value.data[value.size - 1] == '\t'))
        value.size--;
    return value;
}

/* A run of bytes as a JSON string of one character a byte. */
static void write_characters(struct json_writer *writer, struct bytes value)
{
    struct buffer text = {0};

    latin1_to_utf8(value, &text);
    json_write_bytes(writer, buffer_view(&text));
    buffer_free(&text);
}

/* The next line without its end; empty lines and the end of all give false. */
static bool next_line(struct bytes *left, struct bytes *line)
{
    const uint8_t *end =
        left->size ? memchr(left->data, '\n', left->size) : NULL;
    size_t size = end ? (size_t)(end + 1 - left->data) : left->size;

    *line = bytes_trim_right(
        bytes_trim_right(bytes_make(left->data, size), '\n'), '\r');
    *left = bytes_make(left->data + size, left->size - size);
    return line->size > 0;
}

/* The words after the number of a status line, "HTTP/1.1 404 Not Found".
 * HTTP/2 has none. */
static struct bytes reason_of(struct bytes status_line)
{
    struct bytes left = status_line;

    for (int spaces = 0; spaces < 2; spaces++) {
        const uint8_t *space =
            left.size ? memchr(left.data, ' ', left.size) : NULL;

        if (!space)
            return (struct bytes){0};
        left =
            bytes_make(space + 1, (size_t)(left.data + left.size - space) - 1);
    }
    return trim_value(left);
}

/* The next header, its value with the lines that continue it (RFC 9112, 5.2).
 * False at the end. *name is the caller's to free; NULL for a line that is no
 * header, because libcurl lets those through. */
static bool next_header(struct bytes *lines, char **name, struct buffer *value)
{
    struct bytes line;

    if (!next_line(lines, &line))
        return false;
    const uint8_t *colon = memchr(line.data, ':', line.size);
    size_t size = colon ? (size_t)(colon - line.data) : 0;

    *name = colon ? mem_format("%.*s", (int)size, line.data) : NULL;
    if (*name && !is_token(*name)) {
        free(*name);
        *name = NULL;
    }
    buffer_clear(value);
    if (colon)
        buffer_bytes(value,
                     trim_value(bytes_make(colon + 1, line.size - size - 1)));
    while (lines->size && (*lines->data == ' ' || *lines->data == '\t') &&
           next_line(lines, &line)) {
        buffer_u8(value, ' ');
        buffer_bytes(value, trim_value(line));
    }
    return true;
}

/* Header lines as pairs, names in lower case (Fetch standard). A header that
 * comes twice stands there twice, as the standard's Headers want it. */
static void write_headers(struct json_writer *writer, struct bytes lines)
{
    struct buffer value = {0};
    char *name;

    json_open_array(writer);
    while (next_header(&lines, &name, &value)) {
        if (!name)
            continue;
        for (char *at = name; *at; at++)
            if (*at >= 'A' && *at <= 'Z')
                *at += 'a' - 'A';
        json_open_array(writer);
        json_write_text(writer, name);
        write_characters(writer, trim_value(buffer_view(&value)));
        json_close_array(writer);
        free(name);
    }
    json_close_array(writer);
    buffer_free(&value);
}

/* Methods are tokens, in the case they are given in (Fetch standard). CONNECT
 * would make a tunnel of the client, past everything that is checked here. */
static bool is_method(const char *method)
{
    return strlen(method) <= METHOD_SIZE_MAX && is_token(method) &&
           strcasecmp(method, "CONNECT") != 0 &&
           strcasecmp(method, "TRACE") != 0 && strcasecmp(method, "TRACK") != 0;
}

/* Everything in it comes from a task, which is a stranger's program. */
int fetch_form_request(struct json_object *what, struct bytes body,
                       struct fetch_form *form)
{
    CHECK(form);
    struct http_request *request = &form->request;
    struct json_object *pairs;
    bool has_body = false;
    int status;

    *form = (struct fetch_form){.request = {.method = "GET",
                                            .headers = form->headers,
                                            .limit_bytes = FETCH_LIMIT_BYTES,
                                            .silence_ms = FETCH_SILENCE_MS,
                                            .timeout_ms = FETCH_TIMEOUT_MS}};
    if (!json_object_is_type(what, json_type_object))
        return err_set(ERR_INVALID, "fetch takes an object");
    if ((status = json_get_text(what, "url", &request->url)))
        return status;
    if (strncmp(request->url, "http://", 7) != 0 &&
        strncmp(request->url, "https://", 8) != 0)
        return err_set(ERR_INVALID, "only http and https can be fetched");
    (void)json_get_text(what, "method", &request->method);
    if (!is_method(request->method))
        return err_set(ERR_INVALID, "\"%.20s\" is not a method to fetch with",
                       request->method);
    (void)json_get_bool(what, "body", &has_body);
    if (has_body)
        request->body = body.size ? body : bytes_text("");
    if (json_get_array(what, "headers", &pairs) == 0)
        return take_headers(pairs, request->body.size, form);
    return 0;
}

/* The body travels beside the JSON, not in it. */
void fetch_form_answer(const struct http_response *response,
                       const uint64_t *stream, struct buffer *json)
{
    CHECK(response && json);
    struct json_writer writer = json_writer_make(json);
    struct bytes lines = buffer_view(&response->headers), first;

    (void)next_line(&lines, &first);
    json_open_object(&writer);
    json_field_u64(&writer, "status", response->status);
    json_name(&writer, "statusText");
    write_characters(&writer, reason_of(first));
    json_name(&writer, "headers");
    write_headers(&writer, lines);
    if (stream)
        json_field_u64(&writer, "stream", *stream);
    json_close_object(&writer);
}
