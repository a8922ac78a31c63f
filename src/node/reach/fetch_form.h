/*
 * A task's fetch() between JSON and HTTP: what the worker asks for becomes a
 * request within limits, and the answer becomes what the worker reads
 * (runtime/host/host.h, "fetch").
 *
 * Thread: any; a form belongs to one call.
 */
#ifndef POND_NODE_REACH_FETCH_FORM_H
#define POND_NODE_REACH_FETCH_FORM_H

#include "base/json.h"
#include "net/http_client.h"

#define FETCH_FORM_HEADERS_MAX 100

/* request.headers points into the form itself, so a form must not be moved. */
struct fetch_form {
    struct http_request request; /* borrows from what it was made of */
    const char *headers[FETCH_FORM_HEADERS_MAX + 1]; /* owned */
    size_t header_count;
};

/* what: {url, method, headers, body}, where body says whether there is one, be
 * it empty. http and https only; ERR_INVALID, ERR_LIMIT. Free the form in any
 * case, once the call was started. */
int fetch_form_request(struct json_object *what, struct bytes body,
                       struct fetch_form *form);
void fetch_form_free(struct fetch_form *form);

/* Append the answer without its body. stream: the number by which the rest of
 * the body is read; NULL if there is no rest. */
void fetch_form_answer(const struct http_response *response,
                       const uint64_t *stream, struct buffer *json);

#endif
