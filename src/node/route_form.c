/*
 * What a client sends goes to the task undecoded, and what the task answers
 * goes to the client byte for byte: paths, queries and bodies are taken apart
 * in the worker (runtime/js/koii), as Express does it. Header values and
 * targets are bytes, and travel in JSON as one character a byte.
 *
 * Everything a task says is a stranger's: what would break the answer is left
 * out of it.
 */
#include "node/route_form.h"

#include "base/check.h"
#include "base/error.h"
#include "base/json.h"
#include "base/latin1.h"

#include <inttypes.h>
#include <stdlib.h>
#include <strings.h>

/* ---- the request ---- */

/* Bytes of the wire as a JSON text of one character a byte. */
static void write_wire_text(struct json_writer *writer, const char *wire)
{
    struct buffer text = {0};

    latin1_to_utf8(bytes_text(wire), &text);
    json_write_bytes(writer, buffer_view(&text));
    buffer_free(&text);
}

/* What the client sent, undecoded: paths, queries and bodies are taken apart in
 * the worker, as Express does it. The body travels beside this. */
void route_form_request(struct http_exchange *exchange, const char *target,
                        bool is_coming, struct buffer *out)
{
    struct json_writer writer = json_writer_make(out);
    size_t count;
    const struct http_header *headers = http_headers(exchange, &count);

    json_open_object(&writer);
    json_field_text(&writer, "method", http_method(exchange));
    json_name(&writer, "target");
    write_wire_text(&writer, target);
    json_name(&writer, "headers");
    json_open_array(&writer);
    for (size_t i = 0; i < count; i++) {
        json_open_array(&writer);
        write_wire_text(&writer, headers[i].name);
        write_wire_text(&writer, headers[i].value);
        json_close_array(&writer);
    }
    json_close_array(&writer);
    json_field_text(&writer, "address", http_client_address(exchange));
    if (is_coming)
        json_field_bool(&writer, "coming", true);
    json_close_object(&writer);
}

/* ---- the answer ---- */

/* A text of the task as the bytes of a header: false for what can't be in one.
 * The task's words are a stranger's. */
static bool header_bytes(struct json_object *value, struct buffer *out)
{
    buffer_clear(out);
    if (!json_object_is_type(value, json_type_string))
        return false;
    struct bytes text = bytes_make(json_object_get_string(value),
                                   (size_t)json_object_get_string_len(value));
    if (latin1_from_utf8(text, out))
        return false;
    for (size_t i = 0; i < out->size; i++)
        if (!out->data[i] || out->data[i] == '\r' || out->data[i] == '\n')
            return false;
    return true;
}

/* What the server says itself: how long its answer is and how it ends. */
static bool is_servers(const char *name)
{
    return !strcasecmp(name, "content-length") ||
           !strcasecmp(name, "transfer-encoding") ||
           !strcasecmp(name, "connection");
}

/* [[name, value], ...]. What would break the answer is left out. A task that
 * says who may read its answer is believed; otherwise any page may. */
static void add_headers(struct http_exchange *exchange,
                        struct json_object *headers)
{
    struct buffer name = {0}, value = {0};
    bool has_origin = false;

    for (size_t i = 0; i < json_object_array_length(headers); i++) {
        struct json_object *pair = json_object_array_get_idx(headers, i);

        if (!json_object_is_type(pair, json_type_array) ||
            !header_bytes(json_object_array_get_idx(pair, 0), &name) ||
            !header_bytes(json_object_array_get_idx(pair, 1), &value) ||
            is_servers(buffer_string(&name)))
            continue;
        if (!strcasecmp(buffer_string(&name), "access-control-allow-origin"))
            has_origin = true;
        http_answer_header(exchange, buffer_string(&name),
                           buffer_string(&value));
    }
    if (!has_origin)
        http_answer_any_origin(exchange);
    buffer_free(&name);
    buffer_free(&value);
}

/* The length that a task gives its answer. */
static uint64_t length_of(struct json_object *headers)
{
    struct buffer name = {0}, value = {0};
    uint64_t length = HTTP_SIZE_UNKNOWN;

    for (size_t i = 0; i < json_object_array_length(headers); i++) {
        struct json_object *pair = json_object_array_get_idx(headers, i);

        if (json_object_is_type(pair, json_type_array) &&
            header_bytes(json_object_array_get_idx(pair, 0), &name) &&
            header_bytes(json_object_array_get_idx(pair, 1), &value) &&
            !strcasecmp(buffer_string(&name), "content-length"))
            length = strtoull(buffer_string(&value), NULL, 10);
    }
    buffer_free(&name);
    buffer_free(&value);
    return length;
}

/* Never read: the server sends the head alone. */
static ssize_t read_nothing(void *user, uint64_t position, uint8_t *into,
                            size_t room)
{
    return err_set(ERR_STATE, "the answer to HEAD has no body");
}

/* A HEAD route may say how long the answer to GET would be. */
static void answer_head(struct http_exchange *exchange, unsigned status,
                        uint64_t length)
{
    const struct http_source source = {.read = read_nothing};

    http_answer_stream(exchange, status, NULL, length, source);
}

/* A status that HTTP does not know, or headers that are no list, are the task's
 * fault. */
static int parse_head(const char *head, struct json_object **tree,
                      uint64_t *status, struct json_object **headers)
{
    int result = json_parse(bytes_text(head), tree);

    if (!result)
        result = json_get_u64(*tree, "status", status);
    if (!result)
        result = json_get_array(*tree, "headers", headers);
    if (!result && (*status < 200 || *status > 999))
        result = err_set(ERR_RANGE, "a status of %" PRIu64, *status);
    return result;
}

/* RFC 9110, 6.4.1. */
static bool has_no_body(const struct http_exchange *exchange, unsigned status)
{
    return http_method_is(exchange, "HEAD") || status == 204 || status == 304;
}

static void answer(struct http_exchange *exchange, unsigned status,
                   uint64_t length, struct bytes body, struct http_flow *rest)
{
    bool is_bare = has_no_body(exchange, status);

    if (rest && is_bare)
        http_flow_drop(rest);
    if (rest && !is_bare)
        http_answer_flow(exchange, status, NULL, length, rest);
    else if (http_method_is(exchange, "HEAD") && length != HTTP_SIZE_UNKNOWN &&
             length > body.size)
        answer_head(exchange, status, length);
    else
        http_answer(exchange, status, NULL, body);
}

int route_form_answer(struct http_exchange *exchange, const char *head,
                      struct bytes body, struct http_flow *rest)
{
    struct json_object *tree = NULL, *headers;
    uint64_t code;

    CHECK(exchange && head);
    int status = parse_head(head, &tree, &code, &headers);
    if (!status) {
        add_headers(exchange, headers);
        answer(exchange, (unsigned)code, length_of(headers), body, rest);
    } else if (rest) {
        http_flow_drop(rest);
    }
    json_object_put(tree);
    return status;
}
