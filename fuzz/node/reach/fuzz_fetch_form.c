/*
 * A task's fetch() and a server's header lines. The input is both: the JSON of
 * a worker's request up to the first NUL, and the lines of an answer after it.
 *
 * What goes out is one line a header, of bytes that can stand in it, with
 * nothing that says where a message ends. What comes back is JSON of UTF-8
 * whatever the server sent.
 */
#include "base/check.h"
#include "node/reach/fetch_form.h"
#include <strings.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_request(const struct http_request *request)
{
    CHECK(!strncmp(request->url, "http", 4));
    CHECK(*request->method && !strpbrk(request->method, " \r\n"));
    for (const char *const *at = request->headers; *at; at++) {
        CHECK(!strpbrk(*at, "\r\n") && strstr(*at, ": "));
        CHECK(strncasecmp(*at, "Transfer-Encoding:", 18) != 0);
        CHECK(strncasecmp(*at, "Content-Length:", 15) != 0);
    }
}

static void ask(struct bytes text)
{
    struct fetch_form form = {0};
    struct json_object *what;
    if (json_parse(text, &what))
        return;
    if (!fetch_form_request(what, bytes_text("body"), &form))
        check_request(&form.request);
    fetch_form_free(&form);
    json_object_put(what);
}

static void answer(struct bytes lines)
{
    struct http_response response = {.status = 200};
    struct buffer json = {0};
    struct json_object *value;
    buffer_bytes(&response.headers, lines);
    fetch_form_answer(&response, NULL, &json);
    CHECK(!json_parse(buffer_view(&json), &value));
    json_object_put(value);
    buffer_free(&json);
    http_response_free(&response);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *end = size ? memchr(data, 0, size) : NULL;
    size_t first = end ? (size_t)(end - data) : size;
    ask(bytes_make(data, first));
    answer(end ? bytes_make(end + 1, size - first - 1)
               : bytes_make(data, size));
    return 0;
}
