/*
 * What a caller of the HTTP client does with an answer: look up a header, and
 * free the answer. This file does not know libcurl, so it is apart from the
 * client.
 */
#include "net/http_client.h"

#include <stdlib.h>
#include <strings.h>

/* A walk over the lines: few headers are asked for, and most answers have a
 * dozen. The first of several of one name counts. */
struct bytes http_response_header(const struct http_response *response,
                                  const char *name)
{
    const char *at = (const char *)response->headers.data;
    size_t left = response->headers.size, name_size = strlen(name);
    while (left) {
        const char *end = memchr(at, '\n', left);
        size_t size = end ? (size_t)(end - at) + 1 : left;
        if (size > name_size && at[name_size] == ':' &&
            !strncasecmp(at, name, name_size)) {
            struct bytes value =
                bytes_make(at + name_size + 1, size - name_size - 1);
            while (value.size &&
                   (value.data[0] == ' ' || value.data[0] == '\t'))
                value = bytes_make(value.data + 1, value.size - 1);
            /* The line's end, and white space before it. */
            while (value.size && value.data[value.size - 1] <= ' ')
                value.size--;
            return value;
        }
        at += size;
        left -= size;
    }
    return (struct bytes){0};
}

void http_response_free(struct http_response *response)
{
    buffer_free(&response->body);
    buffer_free(&response->headers);
    free(response->url);
    *response = (struct http_response){0};
}
